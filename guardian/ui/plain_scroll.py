"""What has no room in a card or page is scrolled to, by keyboard too."""

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QFocusEvent, QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QFrame, QScrollArea, QWidget

from guardian.ui.tokens import FOCUS_LINE


class PlainScroll(QScrollArea):
    """Scrolls `inside` up and down; no frame, and the ground of what it lies in.

    Without `takes_focus` Tab goes past it, to the controls in it; with it the arrow keys scroll.
    """

    def __init__(self, inside: QWidget, *, takes_focus: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWidget(inside)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus if takes_focus else Qt.FocusPolicy.NoFocus)
        # A scroll area fills its widget's ground otherwise.
        self.viewport().setAutoFillBackground(False)
        inside.setAutoFillBackground(False)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self.hasFocus():
            painter = QPainter(self.viewport())
            painter.setPen(QPen(self.palette().color(QPalette.ColorRole.Link), FOCUS_LINE))
            painter.drawRect(QRectF(self.viewport().rect()).adjusted(1, 1, -1, -1))
            painter.end()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.viewport().update()
