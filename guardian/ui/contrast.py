"""How far two colours lie apart for the eye, as WCAG counts it.

Source: WCAG 2.2, "relative luminance" and "contrast ratio".
"""

from PySide6.QtGui import QColor

AA = 4.5


def luminance(colour: QColor) -> float:
    """Relative luminance, 0 black to 1 white."""

    def linear(channel: float) -> float:
        return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4

    return 0.2126 * linear(colour.redF()) + 0.7152 * linear(colour.greenF()) + 0.0722 * linear(colour.blueF())


def contrast_ratio(one: QColor, other: QColor) -> float:
    """Contrast of two opaque colours, 1 (none) to 21 (black on white)."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)
