"""The palette of native widgets, built from the tokens and from what the system's own palette may keep."""

from PySide6.QtGui import QColor, QPalette

from guardian.ui.contrast import AA, contrast_ratio
from guardian.ui.tokens import Tokens

# The window may stand off the surface no more than this, or cards and rail would part in two schemes.
_NEAR = 1.35


def _reaches(candidate: QColor, own: QColor, *others: QColor) -> bool:
    """Whether a colour is at least as far from each of `others` as our own is."""
    return all(contrast_ratio(candidate, other) >= contrast_ratio(own, other) - 0.05 for other in others)


def adopt(tokens: Tokens, system: QPalette) -> Tokens:
    """The tokens with the system's own colours in every role where they are as readable as ours."""
    role = QPalette.ColorRole
    texts = (tokens.text, tokens.text2, tokens.text3)
    window, surface, text = (system.color(each) for each in (role.Window, role.Base, role.Text))
    select, accent = system.color(role.Highlight), system.color(getattr(role, "Accent", role.Highlight))
    near = window.lightnessF() <= tokens.surface.lightnessF() and contrast_ratio(window, tokens.surface) <= _NEAR
    return tokens._replace(
        window=window if near and min(contrast_ratio(window, each) for each in texts) >= AA else tokens.window,
        surface=surface if _reaches(surface, tokens.surface, *texts) else tokens.surface,
        text=text if _reaches(text, tokens.text, tokens.surface) else tokens.text,
        select=select if _reaches(select, tokens.select, tokens.text) else tokens.select,
        accent=accent if _reaches(accent, tokens.accent, tokens.surface, tokens.on_accent) else tokens.accent,
    )


def build_palette(tokens: Tokens, system: QPalette | None = None) -> QPalette:
    """A palette of the tokens; with `system`, its own colours stay where they are as readable."""
    kept = adopt(tokens, system) if system is not None else tokens
    palette = QPalette()
    role, group = QPalette.ColorRole, QPalette.ColorGroup
    for target, colour in (
        (role.Window, kept.window), (role.WindowText, kept.text), (role.Base, kept.surface), (role.AlternateBase, tokens.alt),
        (role.Text, kept.text), (role.PlaceholderText, tokens.text3), (role.Button, tokens.raised), (role.ButtonText, kept.text),
        (role.BrightText, tokens.critical), (role.ToolTipBase, tokens.raised), (role.ToolTipText, kept.text),
        (role.Highlight, kept.select), (role.HighlightedText, tokens.text), (role.Link, kept.accent),
        (role.LinkVisited, kept.accent), (role.Light, tokens.raised), (role.Midlight, tokens.alt), (role.Mid, tokens.control),
        (role.Dark, tokens.control), (role.Shadow, tokens.text3),
    ):  # fmt: skip
        palette.setColor(target, colour)
    if hasattr(role, "Accent"):
        palette.setColor(role.Accent, kept.accent)
    for target in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(group.Disabled, target, tokens.text3)
    return palette
