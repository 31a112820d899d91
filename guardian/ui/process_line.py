"""One line of the table and what its cells show."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from guardian.fields import BY_NAME, NO_EXTRAS, Extras, Field, Row, counted_of, points_of
from guardian.kernel.process import ProcessKey
from guardian.model.victim import Victim
from guardian.protocol.i18n import _, ngettext
from guardian.protocol.quantities import UNKNOWN, format_adjustment, format_bytes
from guardian.ui.columns import BAR, NAME, PID
from guardian.ui.process_tree import AT_TOP, LineId, Place

# Bars are told apart in steps of this many; finer ones no screen shows.
_STEPS = 512


class QuietText(str):
    """A cell's text that says nothing worth looking at: zero, or "ends alone"."""

    __slots__ = ()


class NameCell(NamedTuple):
    """The program's cell: its name, where it stands, and what is drawn beside it."""

    text: str
    place: tuple[int, int, bool]
    shielded: bool
    ended: str

    def __str__(self) -> str:
        return _("{name}, ended {time}").format(name=self.text, time=self.ended) if self.ended else self.text


class BarCell(NamedTuple):
    """The bar of points: ends of its memory and of its adjustment as fractions of the column, and the same in words."""

    memory: float
    adjustment: float
    text: str

    def __str__(self) -> str:
        return self.text


Cell = str | NameCell | BarCell


class Line:
    """A process or a group in the table; the same object for as long as it is shown, so that rows and selection stay.

    `ended` is the time of day at which it was found gone, "" while it lives.
    """

    __slots__ = ("cells", "ended", "id", "made_of", "place", "stamp", "victim")

    def __init__(self, line_id: LineId, victim: Victim, place: Place = AT_TOP) -> None:
        self.id = line_id
        self.victim = victim
        self.place = place
        self.ended = ""
        self.cells: tuple[Cell, ...] = ()
        self.made_of: tuple[object, ...] = ()
        self.stamp = -1

    @property
    def key(self) -> ProcessKey | None:
        """The process's identity, None for a group."""
        return self.id if isinstance(self.id, ProcessKey) else None


class Surroundings(NamedTuple):
    """What a line's cells need beyond its victim.

    `widest` is the number of bytes that fill the bar's column; `boot_time` seconds since the epoch.
    """

    page_size: int = 4096
    growth: Mapping[ProcessKey, float] = {}
    extras: Mapping[ProcessKey, Extras] = {}
    boot_time: float | None = None
    ticks_per_second: int = 100
    widest: float = 1.0


def row_for(victim: Victim, around: Surroundings, members: Sequence[Victim] = ()) -> Row:
    """A victim as a row that every field can read; the growth of a group is the sum of its members'."""
    key = victim.process.key
    if members:
        known = [around.growth[member.process.key] for member in members if member.process.key in around.growth]
        return Row(victim, around.page_size, sum(known) if known else None)
    started = None if around.boot_time is None else around.boot_time + key.start_ticks / around.ticks_per_second
    return Row(victim, around.page_size, around.growth.get(key), started, around.extras.get(key, NO_EXTRAS))


def cells_of(line: Line, fields: Sequence[Field], around: Surroundings) -> tuple[Cell, ...]:
    """What each cell of the line shows."""
    row = row_for(line.victim, around, line.place.members)
    cells: list[Cell] = []
    for field in fields:
        if field.name == NAME:
            cells.append(_name_cell(line, row))
        elif field.name == BAR:
            cells.append(_bar_cell(line, around))
        elif field.name == PID and line.key is None:
            cells.append(UNKNOWN)
        else:
            value = field.value(row)
            text = field.text(value)
            cells.append(QuietText(text) if value == field.quiet and value is not None else text)
    return tuple(cells)


def _name_cell(line: Line, row: Row) -> NameCell:
    text = BY_NAME[NAME].cell(row)
    place, adj = line.place, line.victim.process.oom_score_adj
    if place.members:
        text = _("{name} × {count}").format(name=text, count=len(place.members))
    shielded = adj is not None and adj < 0 and line.victim.rank is not None
    return NameCell(text, (place.depth, place.below, place.open), shielded, line.ended)


def _bar_cell(line: Line, around: Surroundings) -> BarCell:
    # A group's bar is that of its first member, as are its points; sums of points mean nothing to the kernel.
    row = Row(line.place.members[0] if line.place.members else line.victim, around.page_size)
    points, memory = points_of(row), counted_of(row)
    if memory is None:
        return BarCell(0.0, 0.0, UNKNOWN)
    length = _fraction(memory, around.widest)
    end = length if points is None else max(length, _fraction(points, around.widest))
    if points is None:
        return BarCell(length, end, _("{memory} of memory, no points").format(memory=format_bytes(memory)))
    words = _("{memory} of memory, {adjustment} from the adjustment {adj}").format(
        memory=format_bytes(memory),
        adjustment=format_bytes(points - memory, sign=True),
        adj=format_adjustment(line.victim.process.oom_score_adj),
    )
    return BarCell(length, end, words)


def _fraction(size: float, widest: float) -> float:
    return round(min(1.0, max(0.0, size / widest)) * _STEPS) / _STEPS


def spoken_name(cell: NameCell) -> str:
    """The program's cell for a screen reader, which sees neither indent nor shield."""
    words = [str(cell)]
    if cell.shielded:
        words.append(_("protected"))
    depth, below, is_open = cell.place
    if depth:
        words.append(_("level {level}").format(level=depth + 1))
    if below:
        words.append(_("open") if is_open else _("closed"))
        words.append(ngettext("{count} below", "{count} below", below).format(count=below))
    return ", ".join(words)
