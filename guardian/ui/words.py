"""Text on the window: labels that keep their colour through a change of scheme and their size through a change of font."""

from PySide6.QtCore import QEvent, QSize, Qt, Slot
from PySide6.QtGui import QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from guardian.ui.scheme import Scheme
from guardian.ui.text import plain_tip
from guardian.ui.type_scale import TextRole, font_changed, keep_font, text_scale


class Words(QLabel):
    """A text of one role in the colour of one token (`text`, `text2`, `text3`, `accent`…); never rich text."""

    def __init__(
        self, scheme: Scheme, text: str = "", role: TextRole = TextRole.BODY, colour: str = "text", parent: QWidget | None = None
    ) -> None:
        super().__init__(text, parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self._scheme, self._role, self._colour = scheme, role, colour
        keep_font(self, role)
        self._follow_scheme()
        scheme.changed.connect(self._follow_scheme)

    def set_colour(self, colour: str) -> None:
        """Choose another token for the text."""
        if colour != self._colour:
            self._colour = colour
            self._follow_scheme()

    def show_text(self, text: str) -> None:
        """Show a text; nothing is painted where it is the same."""
        if text != self.text():
            self.setText(text)

    @Slot()
    def _follow_scheme(self) -> None:
        palette = QPalette(self.palette())
        palette.setColor(QPalette.ColorRole.WindowText, getattr(self._scheme.tokens, self._colour))
        self.setPalette(palette)

    def event(self, event: QEvent) -> bool:
        if font_changed(event):
            keep_font(self, self._role)
        return super().event(event)


class ElidedWords(Words):
    """Words on one line that are cut with "…" where room is short; the whole text is then the tooltip.

    They keep `least` pixels (of the usual text size) while their neighbours still have something to give.
    """

    def __init__(
        self,
        scheme: Scheme,
        text: str = "",
        role: TextRole = TextRole.BODY,
        colour: str = "text",
        parent: QWidget | None = None,
        middle: bool = False,
        least: int = 0,
    ) -> None:
        super().__init__(scheme, text, role, colour, parent)
        self._least = least
        self._mode = Qt.TextElideMode.ElideMiddle if middle else Qt.TextElideMode.ElideRight
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)

    def sizeHint(self) -> QSize:
        # A label's own hint may be a pixel short of what the text then takes.
        hint = super().sizeHint()
        return QSize(max(hint.width(), self.fontMetrics().horizontalAdvance(self.text()) + 2), hint.height())

    def minimumSizeHint(self) -> QSize:
        metrics = self.fontMetrics()
        whole = metrics.horizontalAdvance(self.text()) + 1
        width = min(whole, max(round(self._least * text_scale()), metrics.horizontalAdvance("M…")))
        return QSize(width, super().minimumSizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setPen(self.palette().color(QPalette.ColorRole.WindowText))
        shown = self.fontMetrics().elidedText(self.text(), self._mode, self.width())
        painter.drawText(self.rect(), int(self.alignment()), shown)
        painter.end()
        tip = plain_tip(self.text()) if shown != self.text() else ""
        if tip != self.toolTip():
            self.setToolTip(tip)
