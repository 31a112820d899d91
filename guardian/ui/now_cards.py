"""The lower part of page Now: four cards side by side in a wide window, two with two tabs each in a narrow one."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSplitter, QVBoxLayout, QWidget

from guardian.model.verdict import State, Verdict
from guardian.protocol.i18n import _
from guardian.sampling.history import History, HistoryPoint
from guardian.ui.area_card import AreaCard
from guardian.ui.chart import Chart
from guardian.ui.chart_card import ChartCard
from guardian.ui.grower_card import GrowerCard
from guardian.ui.killer_cards import KillerCard
from guardian.ui.room_chart import RoomChart
from guardian.ui.scheme import Scheme
from guardian.ui.splitter import GapSplitter
from guardian.ui.tabbed_card import TabbedCard
from guardian.ui.tokens import CARD_GAP
from guardian.ui.type_scale import TextRole
from guardian.ui.verdict_words import record_words
from guardian.ui.words import ElidedWords

_RIGHT_WIDTH = 380
_GROWERS_FROM = frozenset((State.WATCH, State.WARNING, State.CRITICAL))


class NowCards(QWidget):
    """Memory over ten minutes and room left; who grows and who would be ended next."""

    def __init__(self, scheme: Scheme, history: History, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._narrow = False
        self._state = State.NO_DATA
        self.area = AreaCard(scheme, history)
        self.room_chart = RoomChart(scheme, _("Room left"), history)
        self.room = ChartCard(scheme, self.room_chart, _("GiB, memory and swap"))
        self._record = ElidedWords(scheme, "", TextRole.NOTE, "text2")
        # Before the link, which stays last.
        self.room.head.insertWidget(self.room.head.count() - 1, self._record)
        self.growers, self.killers = GrowerCard(scheme), KillerCard(scheme)
        self.splitter = GapSplitter(Qt.Orientation.Horizontal)
        self.upright = GapSplitter(Qt.Orientation.Vertical)
        self._right = QWidget()
        stacked = QVBoxLayout(self._right)
        stacked.setContentsMargins(0, 0, 0, 0)
        stacked.setSpacing(CARD_GAP)
        self._tabs = (TabbedCard(scheme), TabbedCard(scheme))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.splitter)
        self._arrange_wide()

    # Arrangement

    def set_narrow(self, *, narrow: bool) -> None:
        """Change between four cards and two with tabs."""
        if narrow == self._narrow:
            return
        self._narrow = narrow
        if narrow:
            self._arrange_narrow()
        else:
            for tab in self._tabs:
                tab.give_back()
                tab.setParent(None)
            self._arrange_wide()

    def _arrange_wide(self) -> None:
        self.upright.addWidget(self.area)
        self.upright.addWidget(self.room)
        self.upright.setSizes([248, 242])
        right = self._right.layout()
        if isinstance(right, QVBoxLayout):
            right.addWidget(self.growers)
            right.addWidget(self.killers, 1)
        self.splitter.addWidget(self.upright)
        self.splitter.addWidget(self._right)
        for one in (self.area, self.room, self.upright, self._right):
            one.show()
        self.splitter.set_fixed_end(_RIGHT_WIDTH)
        self._show_growers()
        self.killers.show()

    def _arrange_narrow(self) -> None:
        left, right = self._tabs
        for one in (self.area, self.room, self.growers, self.killers):
            one.setParent(None)
        for empty in (self.upright, self._right):
            empty.setParent(None)
        left.hold([(self.room, _("Room left")), (self.area, _("Memory over ten minutes"))])
        right.hold([(self.killers, _("Ended next")), (self.growers, _("Who grows"))])
        for tab in self._tabs:
            self.splitter.addWidget(tab)
            tab.show()
        self.splitter.setSizes([358, 358])

    def _show_growers(self) -> None:
        """In the wide window the card is there from watch on; the narrow one has a tab for it at all times."""
        if not self._narrow:
            self.growers.setVisible(self._state in _GROWERS_FROM)

    def panes(self) -> tuple[QWidget, ...]:
        """The parts that F6 goes through."""
        return self._tabs if self._narrow else (self.area, self.room, self.growers, self.killers)

    def chart_in_front(self) -> Chart:
        """The chart that an export means: the one with the focus, else memory over ten minutes."""
        room = self.room.chart
        return room if room.hasFocus() or (self._narrow and room.isVisible()) else self.area.chart

    # Values

    def add(self, point: HistoryPoint) -> None:
        """Take in the newest point of the history."""
        self.area.area.add(point)
        self.area.refresh_table()
        self.room_chart.add(point)
        self.room.refresh_table()

    def show_verdict(self, verdict: Verdict | None) -> None:
        """Show the forecast and the next victims of a verdict."""
        self._state = verdict.state if verdict is not None else State.NO_DATA
        self.room_chart.show_verdict(verdict)
        self.killers.show_verdict(verdict)
        self._record.setText("" if self._narrow else record_words(verdict))
        self._show_growers()

    def fade(self, at: float | None) -> None:
        """Show that nothing came since `at` (seconds since the epoch); None: the data are fresh."""
        self.area.area.fade(at)
        self.room_chart.fade(at)

    def splitters(self) -> dict[str, QSplitter]:
        """The splitters by the name under which they are remembered."""
        return {"now_across": self.splitter, "now_upright": self.upright}
