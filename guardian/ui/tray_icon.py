"""The tray's icon: one outline per state, in one colour, the panel's own where the icon theme knows ours.

Source: Icon Theme Specification; the project's look, "Notifications and tray".
"""

from PySide6.QtGui import QColor, QIcon

from guardian.model.verdict import State
from guardian.ui.shapes import state_icon

TRAY_SIZES = (16, 22, 24, 32, 44, 48, 64)
_THEME_NAME = "io.github.oomguardian.App-{state}-symbolic"
_ON_DARK, _ON_LIGHT = "#F2F4F6", "#2B2F33"


def theme_name(state: State) -> str:
    """The symbolic icon's name in the icon theme, where a package installed it."""
    return _THEME_NAME.format(state=state.value.replace(" ", "-"))


def tray_icon(state: State, dark_panel: bool) -> QIcon:
    """The state's icon: the theme's symbolic one, which panels paint in their own foreground, else painted for the panel."""
    name = theme_name(state)
    if QIcon.hasThemeIcon(name):
        return QIcon.fromTheme(name)
    return state_icon(state, QColor(_ON_DARK if dark_panel else _ON_LIGHT), TRAY_SIZES)
