"""Light or dark, followed live: one object that every widget asks for its colours."""

import os

from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QApplication, QToolTip

from guardian.ui.palette import build_palette
from guardian.ui.tokens import Tokens, for_scheme
from guardian.ui.type_scale import FontEar


def _wants_high_contrast(app: QApplication) -> bool:
    """Whether the desktop asks for high contrast; Qt tells since 6.10."""
    hints = app.styleHints()
    accessibility = getattr(hints, "accessibility", None)
    preference = getattr(accessibility(), "contrastPreference", None) if accessibility else None
    return bool(preference is not None and preference() == Qt.ContrastPreference.HighContrast)


class Scheme(QObject):
    """The scheme in force: follows the desktop's, keeps the application's palette in step.

    `dark` forces one of the two; the environment's DESKTOP_DARK=1 forces dark where nothing else was said.
    """

    changed = Signal()

    def __init__(self, app: QApplication, dark: bool | None = None) -> None:
        super().__init__(app)
        self._app = app
        if dark is None and os.environ.get("DESKTOP_DARK") == "1":
            dark = True
        self._forced = dark
        self._ear = FontEar()
        hints = app.styleHints()
        if dark is not None and hasattr(hints, "setColorScheme"):
            hints.setColorScheme(Qt.ColorScheme.Dark if dark else Qt.ColorScheme.Light)
        self._tokens = self._take_tokens()
        self._apply()
        hints.colorSchemeChanged.connect(self._follow)

    @property
    def tokens(self) -> Tokens:
        """The colours in force."""
        return self._tokens

    @property
    def dark(self) -> bool:
        """Whether the dark scheme is in force."""
        return self._tokens.dark

    def force(self, dark: bool | None) -> None:
        """Choose a scheme against the desktop's, or None to follow it again."""
        self._forced = dark
        hints = self._app.styleHints()
        if hasattr(hints, "setColorScheme"):
            scheme = Qt.ColorScheme
            hints.setColorScheme(scheme.Unknown if dark is None else scheme.Dark if dark else scheme.Light)
        self._follow()

    def _take_tokens(self) -> Tokens:
        dark = self._forced if self._forced is not None else self._app.styleHints().colorScheme() == Qt.ColorScheme.Dark
        return for_scheme(dark, _wants_high_contrast(self._app))

    def _apply(self) -> None:
        # Our own palette hides the desktop's; taking it away for a moment shows it again.
        self._app.setPalette(QPalette())
        palette = build_palette(self._tokens, self._app.palette())
        self._app.setPalette(palette)
        # Tooltips have a palette of their own, which no scheme changes.
        QToolTip.setPalette(palette)

    @Slot()
    def _follow(self) -> None:
        tokens = self._take_tokens()
        if tokens is self._tokens:
            return
        self._tokens = tokens
        self._apply()
        self.changed.emit()
