"""A splitter whose handle is the gap between cards, and which can keep its last part's width."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QSplitter, QSplitterHandle, QWidget

from guardian.protocol.i18n import _
from guardian.ui.tokens import CARD_GAP


class GapSplitter(QSplitter):
    """Cards side by side or one above the other; the gap can be dragged."""

    def __init__(self, orientation: Qt.Orientation, parent: QWidget | None = None) -> None:
        super().__init__(orientation, parent)
        self.setHandleWidth(CARD_GAP)
        self.setChildrenCollapsible(False)

    def createHandle(self) -> QSplitterHandle:
        handle = _Gap(self.orientation(), self)
        handle.setAccessibleName(_("Divider"))
        return handle

    def set_fixed_end(self, width: int) -> None:
        """Let the last part keep `width` pixels while the first takes what a resize brings."""
        self.setStretchFactor(0, 1)
        self.setStretchFactor(1, 0)
        self.setSizes([max(1, self.width() - width - CARD_GAP), width])


class _Gap(QSplitterHandle):
    """Nothing is drawn: the gap is the handle."""

    def paintEvent(self, event: QPaintEvent) -> None:
        """Leave the ground as it is."""
