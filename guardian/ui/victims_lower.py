"""The lower part of page Victims: why the selected process stands where it does, what if, and what can be done."""

from collections.abc import Sequence

from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from guardian.protocol.i18n import _
from guardian.protocol.printable import printable
from guardian.sampling.snapshot import Snapshot
from guardian.ui.act_desk import ActDesk
from guardian.ui.card import HeadedCard
from guardian.ui.chart_card import ChartCard
from guardian.ui.origin_panel import OriginPanel
from guardian.ui.process_details import ProcessDetails
from guardian.ui.process_line import Line
from guardian.ui.process_reader import ReadingThread
from guardian.ui.scheme import Scheme
from guardian.ui.score_parts import place_words
from guardian.ui.tabbed_card import TabbedCard
from guardian.ui.tokens import CARD_GAP
from guardian.ui.type_scale import TextRole
from guardian.ui.waterfall import Waterfall
from guardian.ui.what_if_panel import WhatIfPanel
from guardian.ui.words import Words

_WHY_WIDTH, _WHAT_IF_WIDTH, _ACTS_WIDTH = 408, 308, 248


class WhyCard(ChartCard):
    """The waterfall under the name, PID and place of its process."""

    def __init__(self, scheme: Scheme, parent: QWidget | None = None) -> None:
        self.waterfall = Waterfall(scheme)
        super().__init__(scheme, self.waterfall, "", parent)
        self._pid = Words(scheme, "", TextRole.BODY, "text3")
        self.head.insertWidget(self.head.indexOf(self.heading) + 1, self._pid)

    def show_line(self, line: Line | None, snapshot: Snapshot | None) -> None:
        """Show the score of a line, or what to do where none is selected."""
        self.waterfall.show_line(line, snapshot)
        if line is None:
            name, pid, note = self.waterfall.heading, "", ""
        else:
            victim = line.place.members[0] if line.place.members else line.victim
            name, pid = printable(victim.process.name), str(victim.process.pid)
            note = _("ended {time}").format(time=line.ended) if line.ended else place_words(victim)
        self.heading.show_text(name)
        self._pid.show_text(pid)
        self.note.show_text(note)
        self.refresh_table()


class VictimsLower(QStackedWidget):
    """Three cards side by side, or as tabs where there is no room; the details of a process in their place."""

    def __init__(self, scheme: Scheme, thread: ReadingThread, desk: ActDesk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.why = WhyCard(scheme)
        self.what_if = WhatIfPanel(scheme)
        self.acts = OriginPanel(scheme, desk)
        self.details = ProcessDetails(scheme, thread)
        self._tabs = TabbedCard(scheme)
        self._narrow = False
        self._side_by_side = QWidget()
        self._row = QHBoxLayout(self._side_by_side)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(CARD_GAP)
        self._put_side_by_side()
        cards = QWidget()
        within = QVBoxLayout(cards)
        within.setContentsMargins(0, 0, 0, 0)
        within.addWidget(self._side_by_side)
        within.addWidget(self._tabs)
        self._tabs.hide()
        self.addWidget(cards)
        self.addWidget(self.details)

    def _cards(self) -> tuple[tuple[HeadedCard, str], ...]:
        return (self.why, _("Why")), (self.what_if, _("What if")), (self.acts, _("Acts"))

    def _put_side_by_side(self) -> None:
        self._row.addWidget(self.why, _WHY_WIDTH)
        self._row.addWidget(self.what_if, _WHAT_IF_WIDTH)
        self._row.addWidget(self.acts)
        self.acts.setFixedWidth(_ACTS_WIDTH)

    def set_narrow(self, narrow: bool) -> None:
        """Tabs instead of cards side by side, or back."""
        if narrow == self._narrow:
            return
        self._narrow = narrow
        if narrow:
            for card, _word in self._cards():
                self._row.removeWidget(card)
            self.acts.setMinimumWidth(0)
            self.acts.setMaximumWidth(16777215)
            self._tabs.hold(self._cards())
        else:
            self._tabs.give_back()
            self._put_side_by_side()
            for card, _word in self._cards():
                card.show()
        self._tabs.setVisible(narrow)
        self._side_by_side.setVisible(not narrow)

    @property
    def shows_details(self) -> bool:
        """Whether the details are in front."""
        return self.currentWidget() is self.details

    def show_details(self, line: Line, snapshot: Snapshot) -> None:
        """Put the details of a line in front."""
        self.details.show_process(line, snapshot)
        self.setCurrentWidget(self.details)

    def leave_details(self) -> None:
        """Put the cards in front again."""
        self.setCurrentIndex(0)

    def show_lines(self, lines: Sequence[Line], current: Line | None, snapshot: Snapshot | None) -> None:
        """Explain the current one of the selected lines."""
        self.why.show_line(current, snapshot)
        self.what_if.show_line(current, snapshot)
        self.acts.show_lines(lines, current, snapshot)

    def panes(self) -> tuple[QWidget, ...]:
        """The parts that F6 goes through."""
        if self.shows_details:
            return (self.details,)
        return (self._tabs,) if self._narrow else (self.why, self.what_if, self.acts)
