"""The card of the stacked area, with the key to its line in the head."""

from PySide6.QtCore import QSize, Slot
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from guardian.protocol.i18n import _
from guardian.sampling.history import History
from guardian.ui.chart_card import ChartCard
from guardian.ui.composition_area import CompositionArea
from guardian.ui.scheme import Scheme
from guardian.ui.type_scale import TextRole
from guardian.ui.words import ElidedWords


class _LineKey(QWidget):
    """A short piece of the line that the words beside it explain."""

    def __init__(self, scheme: Scheme) -> None:
        super().__init__()
        self._scheme = scheme
        self.setFixedSize(QSize(16, 16))
        scheme.changed.connect(self._repaint)

    @Slot()
    def _repaint(self) -> None:
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(0, self.height() // 2, self.width(), 2, self._scheme.tokens.text)
        painter.end()


class AreaCard(ChartCard):
    """Memory over ten minutes."""

    def __init__(self, scheme: Scheme, history: History, parent: QWidget | None = None) -> None:
        self.area = CompositionArea(scheme, _("Memory over ten minutes"), history)
        super().__init__(scheme, self.area, _("GiB"), parent)
        at = self.head.count() - 1
        self.head.insertWidget(at, _LineKey(scheme))
        self.head.insertWidget(at + 1, ElidedWords(scheme, _("above: can be freed, or free"), TextRole.NOTE, "text2"))
