"""The mark before words: a state's shape, or a small drawing."""

from PySide6.QtCore import QRectF, Slot
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from guardian.model.verdict import State
from guardian.ui.icons import icon_pixmap
from guardian.ui.scheme import Scheme
from guardian.ui.shapes import paint_state
from guardian.ui.tokens import ICON_SIZE


class Mark(QWidget):
    """16 px, `drop` px below the top, so that it stands beside the first line; a drawing is in the colour of token `colour`."""

    def __init__(
        self, scheme: Scheme, shape: State | str, *, drop: int = 0, colour: str = "text2", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._scheme, self.shape, self._drop, self._colour = scheme, shape, drop, colour
        self.setFixedSize(ICON_SIZE, ICON_SIZE + drop)
        scheme.changed.connect(self._repaint)

    @Slot()
    def _repaint(self) -> None:
        self.update()

    def show_shape(self, shape: State | str) -> None:
        """Show another."""
        if shape != self.shape:
            self.shape = shape
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, tokens = QPainter(self), self._scheme.tokens
        if isinstance(self.shape, State):
            paint_state(painter, QRectF(0, self._drop, ICON_SIZE, ICON_SIZE), self.shape, tokens.states[self.shape].colour)
        elif self.shape:
            drawing = icon_pixmap(self.shape, getattr(tokens, self._colour), ICON_SIZE, self.devicePixelRatioF())
            painter.drawPixmap(0, self._drop, drawing)
        painter.end()
