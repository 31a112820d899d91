"""Sizes and weights of text, all relative to the application's font; figures stand in columns."""

from collections.abc import Iterable
from enum import Enum

from PySide6.QtCore import QEvent
from PySide6.QtGui import QFont, QFontInfo
from PySide6.QtWidgets import QApplication, QWidget
from shiboken6 import isValid

_LEAST_AXIS_PX = 11
_USUAL_PX = 13


class TextRole(Enum):
    """What a text is; the value is its size in the application font's and its weight."""

    BODY = (1.0, 400)
    HEADING = (1.0, 600)
    HEADLINE = (1.54, 600)
    KILL_HEADLINE = (1.23, 600)
    NOTE = (0.92, 400)
    NOTE_STRONG = (0.92, 600)
    COLUMN_HEAD = (0.92, 500)
    AXIS = (0.85, 400)
    AXIS_STRONG = (0.85, 600)
    FORECAST = (1.15, 600)


def with_tabular_figures(font: QFont) -> QFont:
    """The font with figures of one width, where Qt (6.7) and the font know how."""
    if hasattr(QFont, "Tag") and hasattr(font, "setFeature"):
        font.setFeature(QFont.Tag("tnum"), 1)
    return font


def font_for(role: TextRole, base: QFont | None = None) -> QFont:
    """The font of a role, from the application's (or `base`) font."""
    font = QFont(base if base is not None else QApplication.font())
    size, weight = role.value
    if font.pointSizeF() > 0:
        font.setPointSizeF(font.pointSizeF() * size)
    else:
        font.setPixelSize(max(1, round(font.pixelSize() * size)))
    if role in (TextRole.AXIS, TextRole.AXIS_STRONG) and QFontInfo(font).pixelSize() < _LEAST_AXIS_PX:
        font.setPixelSize(_LEAST_AXIS_PX)
    font.setWeight(QFont.Weight(weight))
    return with_tabular_figures(font)


def text_scale() -> float:
    """How much larger than the look's 13 px the application's text is; never less than 1."""
    return max(1.0, QFontInfo(QApplication.font()).pixelSize() / _USUAL_PX)


def keep_font(widget: QWidget, role: TextRole) -> None:
    """Give a widget its role's font; to be called again on `font_changed` events."""
    widget.setFont(font_for(role))


def font_changed(event: QEvent) -> bool:
    """Whether the event says that the application's font is another one."""
    return event.type() == QEvent.Type.ApplicationFontChange


class FontEar(QWidget):
    """Never shown: passes on to every widget that the application's font is another one, which Qt tells windows alone."""

    def event(self, event: QEvent) -> bool:
        if font_changed(event):
            _tell(widget for widget in QApplication.allWidgets() if isValid(widget) and not widget.isWindow())
        return super().event(event)


def pass_font_on(window: QWidget) -> None:
    """Tell all widgets of a window that the application's font is another one; Qt itself tells only the window."""
    _tell(window.findChildren(QWidget))


def _tell(widgets: Iterable[QWidget]) -> None:
    for widget in widgets:
        # A page that is laid out anew for larger letters may do without some of its parts.
        if isValid(widget):
            QApplication.sendEvent(widget, QEvent(QEvent.Type.ApplicationFontChange))
