"""The table of machines: its columns, and the rows of one page in the server's order, or in the one that is held."""

from collections.abc import Callable
from typing import NamedTuple

from PySide6.QtCore import QObject

from guardian.model.verdict import State
from guardian.policy import fleet_words as words
from guardian.policy.fleet import Identity, Machine, MachinePage
from guardian.policy.headline import state_word
from guardian.protocol.i18n import N_, _
from guardian.protocol.printable import printable
from guardian.protocol.quantities import format_gib, format_percent
from guardian.ui.composition_bar import layer_value
from guardian.ui.table_rows import Column, RowsModel
from guardian.ui.tokens import LIGHT


class FleetColumn(NamedTuple):
    """A column: stable name, head, unit below it, width in the pictures, text of a cell, and whether it stands at the right."""

    name: str
    word: str
    unit: str
    width: int
    text: Callable[[Machine, float], str]
    right: bool = False


def bar_words(machine: Machine) -> str:
    """The layers that are known, in GiB."""
    known = [(layer, size) for layer, size in zip(LIGHT.layers, machine.layers, strict=True) if size is not None]
    parts = [_("{layer} {size} GiB").format(layer=_(layer.word), size=layer_value(size)) for layer, size in known]
    return ", ".join(parts) if parts else _("not known here")


def trend_words(machine: Machine) -> str:
    """The room of the last minutes, first and last."""
    if len(machine.lately) < 2:
        return _("not known here")
    first, last = machine.lately[0].value, machine.lately[-1].value
    return _("from {before} to {after} GiB").format(before=format_gib(first, 1), after=format_gib(last, 1))


COLUMNS = (
    FleetColumn("state", N_("State"), "", 92, lambda one, _asked: state_word(one.state)),
    FleetColumn("machine", N_("Machine"), "", 0, lambda one, _asked: printable(one.name)),
    FleetColumn("room", N_("Room"), N_("GiB"), 68, lambda one, _asked: format_gib(one.room, 1), right=True),
    FleetColumn("ram", N_("RAM"), N_("GiB"), 60, lambda one, _asked: format_gib(one.memory, 0), right=True),
    FleetColumn("bar", N_("Where memory is"), N_("share of RAM"), 184, lambda one, _asked: bar_words(one)),
    FleetColumn("trend", N_("Room"), N_("10 min"), 112, lambda one, _asked: trend_words(one)),
    FleetColumn("swap", N_("Swap"), N_("used"), 60, lambda one, _asked: format_percent(one.swap_used), right=True),
    FleetColumn("pressure", N_("Pressure"), N_("10 s"), 72, lambda one, _asked: words.pressure_words(one.pressure), right=True),
    FleetColumn("forecast", N_("Forecast"), "", 116, words.forecast_words),
    FleetColumn("next", N_("Next"), N_("kernel"), 88, lambda one, _asked: words.next_words(one)),
    FleetColumn("ends", N_("Ends"), N_("with it"), 64, lambda one, _asked: words.ends_words(one), right=True),
    FleetColumn("kill", N_("Last kill"), "", 76, words.last_kill_words, right=True),
)
PLACE_OF = {column.name: at for at, column in enumerate(COLUMNS)}
# What a silent machine has nothing to say of, not even that it is unknown.
_BLANK = frozenset((PLACE_OF["next"], PLACE_OF["ends"]))


def unit_of(column: FleetColumn) -> str:
    """The line below a head."""
    return _(column.unit) if column.unit else ""


class FleetModel(RowsModel[Machine]):
    """The machines of one page.  `held` keeps the order of those that stay."""

    def __init__(self, parent: QObject | None = None) -> None:
        spoken = [", ".join(filter(None, (_(one.word), unit_of(one)))) for one in COLUMNS]
        heads = zip(COLUMNS, spoken, strict=True)
        super().__init__([Column(_(one.word), one.width, one.right, spoken=said) for one, said in heads], parent)
        self.asked = 0.0
        self.held = False

    def show_page(self, page: MachinePage) -> None:
        """Show the machines of a page."""
        machines = page.machines
        if self.held and self.rows:
            before = {machine.identity: at for at, machine in enumerate(self.rows)}
            machines = tuple(sorted(machines, key=lambda one: before.get(one.identity, len(before))))
        self.asked = page.asked or self.asked
        if [one.identity for one in machines] == [one.identity for one in self.rows]:
            self.rows = machines
            self.tell_changed()
        else:
            self.replace_rows(machines)

    def row_of(self, identity: Identity) -> int | None:
        """The row of a machine, None where it is not on the page."""
        return next((row for row, one in enumerate(self.rows) if one.identity == identity), None)

    def text(self, row: Machine, column: int) -> str:
        if row.state is State.NO_DATA and column in _BLANK:
            return ""
        return COLUMNS[column].text(row, self.asked)

    def hint(self, row: Machine, column: int) -> str:
        return printable(row.instance) if column == PLACE_OF["machine"] else self.text(row, column)
