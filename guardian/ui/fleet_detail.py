"""The chosen machine: its state, who will end what, what grows, and its room beside the words; or the minutes before its kill."""

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from guardian.adapters.fleet_source import MinutesBefore
from guardian.model.verdict import State
from guardian.policy import fleet_words as words
from guardian.policy.fleet import Machine
from guardian.protocol.i18n import _
from guardian.protocol.printable import printable
from guardian.ui.button import Link
from guardian.ui.card import Card
from guardian.ui.chart_card import ChartCard
from guardian.ui.fleet_chart import FleetRoomChart
from guardian.ui.scheme import Scheme
from guardian.ui.tokens import GAP_SMALL, GAP_TINY, GAP_WIDE
from guardian.ui.type_scale import TextRole, text_scale
from guardian.ui.words import ElidedWords

_CHART_WIDTH, _NARROW_CHART_WIDTH, _MOST_CHART = 372, 280, 0.6
_COLOURED = {State.CRITICAL: "critical", State.WARNING: "warning"}


class _PlainChartCard(ChartCard):
    """A chart with heading and table, without a frame of its own: it lies in a card."""

    def paint_frame(self, painter: QPainter) -> None:
        """None."""


class FleetDetail(Card):
    """The card below the table; `minutes_wanted` asks for the minutes before the last kill of the machine that is shown."""

    minutes_wanted = Signal()

    def __init__(self, scheme: Scheme, parent: QWidget | None = None) -> None:
        super().__init__(scheme, parent)
        self.machine: Machine | None = None
        self._asked = 0.0
        self._minutes: MinutesBefore | None = None
        self.name = ElidedWords(scheme, "", TextRole.HEADING, least=80)
        self.state = ElidedWords(scheme, "", TextRole.HEADING)
        self.outlook, self.growth = ElidedWords(scheme), ElidedWords(scheme, colour="text2")
        self.system = ElidedWords(scheme, "", TextRole.NOTE, "text2")
        self.turn = Link(scheme, _("Last kill"))
        self.turn.clicked.connect(self._turn)
        self.chart = FleetRoomChart(scheme, _("Room left"))
        self.chart_card = _PlainChartCard(scheme, self.chart)
        self.chart_card.body.setContentsMargins(0, 0, 0, 0)
        self.chart_card.head.insertWidget(self.chart_card.head.count() - 1, self.turn)
        self.chart_card.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        self._lay_out()
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self.setAccessibleName(_("The chosen machine"))
        self.show_machine(None, 0.0)

    def _lay_out(self) -> None:
        title = QHBoxLayout()
        title.setSpacing(GAP_SMALL)
        title.addWidget(self.name)
        title.addWidget(self.state)
        title.addStretch(1)
        column = QVBoxLayout()
        column.setSpacing(GAP_TINY)
        column.addLayout(title)
        for widget in (self.outlook, self.growth, self.system):
            column.addWidget(widget)
        column.addStretch(1)
        across = QHBoxLayout()
        across.setSpacing(GAP_WIDE)
        across.addLayout(column, 1)
        across.addWidget(self.chart_card)
        self.body.addLayout(across)
        self.set_narrow(narrow=False)

    def set_narrow(self, *, narrow: bool) -> None:
        """Give the chart its width of the pictures, or less; large letters need more, but leave room for the words."""
        wanted = round((_NARROW_CHART_WIDTH if narrow else _CHART_WIDTH) * text_scale())
        self.chart_card.setFixedWidth(max(_NARROW_CHART_WIDTH, min(wanted, round(self.width() * _MOST_CHART))))

    @property
    def shows_minutes(self) -> bool:
        """Whether the minutes before a kill are shown instead of now."""
        return self._minutes is not None

    def show_machine(self, machine: Machine | None, asked: float) -> None:
        """Show a machine as it was at `asked`; the minutes of the same one stay."""
        if machine is None or self.machine is None or machine.identity != self.machine.identity:
            self._minutes = None
        self.machine, self._asked = machine, asked
        self._show()

    def show_minutes(self, machine: Machine, minutes: MinutesBefore | str | None) -> None:
        """Show the minutes before a machine's last kill, or the sentence why there are none."""
        if self.machine is None or machine.identity != self.machine.identity:
            return
        if isinstance(minutes, MinutesBefore):
            self._minutes = minutes
            self._show()
        else:
            self.growth.show_text(minutes or _("No kill is known of it."))

    @Slot()
    def back_to_now(self) -> None:
        """Show the machine as it is."""
        self._minutes = None
        self._show()

    @Slot()
    def _turn(self) -> None:
        if self.shows_minutes:
            self.back_to_now()
        else:
            self.minutes_wanted.emit()

    def _show(self) -> None:
        machine = self.machine
        self.setVisible(machine is not None)
        if machine is None:
            self.chart.clear()
            return
        self.name.show_text(printable(machine.name))
        self.state.show_text(words.since_words(machine, self._asked))
        self.state.set_colour(_COLOURED.get(machine.state, "text2"))
        self.system.show_text(words.machine_words(machine))
        self.turn.setVisible(machine.last_kill is not None)
        self.turn.setText(_("Now") if self.shows_minutes else _("Last kill"))
        self.turn.setAccessibleName(_("Room now") if self.shows_minutes else _("Minutes before the last kill"))
        self.turn.updateGeometry()
        if self._minutes is not None:
            self._show_minutes(self._minutes)
        else:
            self.outlook.show_text(words.outlook_words(machine))
            self.growth.show_text(words.growth_words(machine))
            self._name_chart(_("Room left"))
            self.chart_card.note.show_text(words.room_words(machine))
            self.chart.show_now(machine, self._asked)
        for line in (self.outlook, self.growth):
            line.setVisible(bool(line.text()))
        self.chart_card.refresh_table()

    def _show_minutes(self, minutes: MinutesBefore) -> None:
        self.outlook.show_text(words.kill_words(minutes.kill, self._asked))
        self.growth.show_text("" if minutes.room else _("The server has no values of the minutes before it."))
        self._name_chart(_("Room before the last kill"))
        self.chart_card.note.show_text("")
        self.chart.show_minutes(minutes)

    def _name_chart(self, heading: str) -> None:
        self.chart_card.heading.show_text(heading)
        if heading != self.chart.heading:
            self.chart.heading = heading
            self.chart.setAccessibleName(heading)
