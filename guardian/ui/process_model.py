"""The table of processes as Qt sees it: lines that follow snapshots in place.

It orders, filters and nests by itself; a QSortFilterProxyModel on top would cost four times the update, and a reset would lose
selection and place.  Only cells that changed, and that somebody can see, are announced.
"""

import time
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal

from guardian.fields import Field, Row
from guardian.model.victim import Victim
from guardian.protocol.i18n import _
from guardian.sampling.snapshot import Snapshot
from guardian.ui.columns import chosen_columns, default_columns, head_name
from guardian.ui.process_line import Cell, Line, NameCell, Surroundings, cells_of, row_for, spoken_name
from guardian.ui.process_order import Laid, Order, ProcessOrder
from guardian.ui.process_tree import AT_TOP, Arrangement, LineId
from guardian.ui.victims_filter import VictimsFilter

Index = QModelIndex | QPersistentModelIndex

_NOWHERE = QModelIndex()
_DISPLAY, _TOOLTIP, _ALIGNMENT, _SPOKEN = (
    int(role)
    for role in (
        Qt.ItemDataRole.DisplayRole,
        Qt.ItemDataRole.ToolTipRole,
        Qt.ItemDataRole.TextAlignmentRole,
        Qt.ItemDataRole.AccessibleTextRole,
    )
)
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter

# From so many changed cells on, one announcement of the whole range costs less than one for each.
_ONE_BY_ONE = 160


class ProcessModel(QAbstractTableModel):
    """Processes of the newest snapshot, one line each, in the wanted order.

    `on_screen` gives the rows that a view shows; cells of others are read when they come into view, so their changes are not
    announced.  Without it every row counts as seen.
    """

    lines_changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.on_screen: Callable[[], range] | None = None
        self._fields: tuple[Field, ...] = chosen_columns(default_columns())
        self._laying = ProcessOrder()
        self._around = Surroundings()
        self._snapshot: Snapshot | None = None
        self._lines: list[Line] = []
        self._by_id: dict[LineId, Line] = {}
        self._kept: frozenset[LineId] = frozenset()
        self._held = False
        self._laid = Laid({}, {}, {})
        self._stamp = 0
        self._seen: dict[int, tuple[Cell, ...]] = {}

    def rowCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self._lines)

    def columnCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self._fields)

    def data(self, index: Index, role: int = _DISPLAY) -> Any:  # noqa: ANN401 - Qt's own signature
        if not index.isValid():
            return None
        row, column = index.row(), index.column()
        if role in (_DISPLAY, _TOOLTIP):
            return str(self.cells(row)[column])
        if role == _ALIGNMENT:
            return _RIGHT if self._fields[column].align == "right" else _LEFT
        if role == _SPOKEN:
            cell = self.cells(row)[column]
            return spoken_name(cell) if isinstance(cell, NameCell) else str(cell)
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = _DISPLAY) -> Any:  # noqa: ANN401 - Qt's own
        if orientation != Qt.Orientation.Horizontal or not 0 <= section < len(self._fields):
            return None
        field = self._fields[section]
        if role in (_DISPLAY, _SPOKEN):
            return head_name(field)
        if role == _TOOLTIP:
            return _(field.hint) if field.hint else None
        return None

    @property
    def fields(self) -> tuple[Field, ...]:
        """The columns, left to right."""
        return self._fields

    @property
    def order(self) -> Order:
        """How lines are sorted, arranged and filtered."""
        return self._laying.order

    @property
    def snapshot(self) -> Snapshot | None:
        """What is shown; None before the first."""
        return self._snapshot

    @property
    def surroundings(self) -> Surroundings:
        """What cells are made of besides victims."""
        return self._around

    @property
    def matching(self) -> int:
        """How many living processes the lines stand for, members of groups counted once."""
        lines = [self._brought_up(line) for line in self._lines if not line.ended]
        if self.order.arrangement is not Arrangement.BY_APP:
            return len(lines)
        return sum(len(line.place.members) or 1 for line in lines if line.place.depth == 0)

    def line(self, row: int) -> Line:
        """The line in a row, with what is known of it now."""
        return self._brought_up(self._lines[row])

    def _brought_up(self, line: Line) -> Line:
        """A line with victim and place of the present snapshot; those that nobody looks at need none."""
        victim = self._laid.shown.get(line.id)
        if victim is not None:
            line.victim, line.place, line.ended = victim, self._laid.places.get(line.id, AT_TOP), ""
        return line

    def row_of(self, line_id: LineId) -> int | None:
        """In which row a process or group stands; None where it does not."""
        line = self._by_id.get(line_id)
        return None if line is None else self._lines.index(line)

    def cells(self, row: int) -> tuple[Cell, ...]:
        """What the cells of a row show now."""
        line = self.line(row)
        if line.stamp != self._stamp:
            line.stamp = self._stamp
            around, key = self._around, line.victim.process.key
            made_of = (line.victim, around.growth.get(key), around.extras.get(key), line.place, line.ended, self._look)
            # Groups grow with members that they do not hold themselves.
            if made_of != line.made_of or line.place.members:
                line.made_of = made_of
                line.cells = cells_of(line, self._fields, around)
        return line.cells

    @property
    def _look(self) -> tuple[object, ...]:
        """What all cells depend on."""
        return self._around.widest, self._around.boot_time, self._fields

    def rows(self) -> list[Row]:
        """All lines as rows of values, in the order shown."""
        lines = map(self._brought_up, self._lines)
        return [row_for(line.victim, self._around, line.place.members) for line in lines]

    def show(self, snapshot: Snapshot) -> None:
        """Follow a snapshot: the dead go (selected ones stay, marked), changed cells are announced, new ones join.

        A snapshot without a table leaves the lines as they are.
        """
        if snapshot.sample.processes is None:
            return
        self._snapshot = snapshot
        page_size = snapshot.domain.page_size
        self._around = self._around._replace(
            page_size=page_size, growth=snapshot.growth, widest=_widest(snapshot.victims, page_size, self._around.widest)
        )
        self._follow()

    def learn(self, **known: Any) -> None:
        """Take over what was read besides the snapshot: `extras`, `boot_time`."""
        self._around = self._around._replace(**known)
        self._follow()

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sort by a column; unknown values are last both ways."""
        self.sort_by(self._fields[column].name, descending=order == Qt.SortOrder.DescendingOrder)

    def sort_by(self, name: str, *, descending: bool) -> None:
        """Sort by the column of that name, shown or not."""
        self._rearrange(self.order._replace(sort=name, descending=descending))

    def arrange(self, arrangement: Arrangement) -> None:
        """Lay the processes out one by one, as a tree, or by application."""
        self._rearrange(self.order._replace(arrangement=arrangement))

    def set_filter(self, wanted: VictimsFilter) -> None:
        """Show only what is wanted."""
        self._rearrange(self.order._replace(wanted=wanted))

    def toggle(self, row: int) -> bool:
        """Open or close what lies below a line; False where nothing does."""
        line = self.line(row)
        if not line.place.below:
            return False
        self._laying.set_open(line.id, is_open=not line.place.open)
        self._follow(resort=True)
        return True

    def hold(self, held: bool) -> None:
        """Let the order stand still while values go on: none moves, none goes, new ones come at the end."""
        if held != self._held:
            self._held = held
            if not held:
                self._follow()

    def keep(self, ids: Collection[LineId]) -> None:
        """Lines to keep after their process ended: the selected ones.  Others that ended go."""
        self._kept = frozenset(ids)
        if any(line.ended and line.id not in self._kept for line in self._lines):
            self._follow()

    def set_columns(self, names: Sequence[str]) -> None:
        """Choose the columns; those that stay are not touched."""
        wanted = chosen_columns(names)
        for column in range(len(self._fields) - 1, -1, -1):
            if self._fields[column] not in wanted:
                self.beginRemoveColumns(_NOWHERE, column, column)
                self._set_fields(self._fields[:column] + self._fields[column + 1 :])
                self.endRemoveColumns()
        for column, field in enumerate(wanted):
            if field not in self._fields:
                self.beginInsertColumns(_NOWHERE, column, column)
                self._set_fields((*self._fields[:column], field, *self._fields[column:]))
                self.endInsertColumns()

    def _set_fields(self, fields: tuple[Field, ...]) -> None:
        self._fields = fields
        self._stamp += 1
        self._seen.clear()

    def _rearrange(self, order: Order) -> None:
        if order != self._laying.order:
            self._laying.order = order
            self._follow(resort=True)

    def _follow(self, *, resort: bool = False) -> None:
        """Bring the lines in step with the snapshot; `resort` moves them even while the order is held."""
        if self._snapshot is None:
            return
        held = self._held and not resort
        laid = self._laying.lay_out(self._snapshot.victims, self._around)
        same, moved = self._by_id.keys() == laid.shown.keys(), False
        for line_id in () if same else self._by_id.keys() - laid.shown.keys():
            # What is gone keeps its last values.
            self._brought_up(self._by_id[line_id])
        self._laid = laid
        if not same:
            moved = self._take_out(laid, held=held) | self._take_in(laid)
        self._stamp += 1
        if not held:
            moved |= self._put_in_order(laid)
        self._announce(all_at_once=moved)
        self.lines_changed.emit()

    def _take_out(self, laid: Laid, *, held: bool) -> bool:
        """Remove the lines of what is gone or no longer wanted; mark the ended ones that stay."""
        missing = self._by_id.keys() - laid.shown.keys()
        if not missing:
            return False
        staying = set()
        for line_id in missing:
            line = self._by_id[line_id]
            ended = line.key is not None and line_id not in laid.living
            if ended and not line.ended and self._snapshot is not None:
                line.ended = time.strftime("%H:%M", time.localtime(self._snapshot.sample.time))
            if held or (ended and line_id in self._kept):
                staying.add(line_id)
        gone = missing - staying
        for first, last in _runs_from_the_end([row for row, line in enumerate(self._lines) if line.id in gone]):
            self.beginRemoveRows(_NOWHERE, first, last)
            for line in self._lines[first : last + 1]:
                del self._by_id[line.id]
            del self._lines[first : last + 1]
            self.endRemoveRows()
        return bool(gone)

    def _take_in(self, laid: Laid) -> bool:
        """Append lines for what is new."""
        missing = laid.shown.keys() - self._by_id.keys()
        if not missing:
            return False
        new = [Line(line_id, laid.shown[line_id]) for line_id in laid.shown if line_id in missing]
        self.beginInsertRows(_NOWHERE, len(self._lines), len(self._lines) + len(new) - 1)
        self._lines += new
        self._by_id.update((line.id, line) for line in new)
        self.endInsertRows()
        return True

    def _put_in_order(self, laid: Laid) -> bool:
        """Order the lines as laid out, ended ones where they stood; True where Qt had to be told of moved rows."""
        ordered = list(map(self._by_id.__getitem__, laid.shown))
        if len(ordered) < len(self._lines):
            for row, line in enumerate(self._lines):
                if line.id not in laid.shown:
                    ordered.insert(min(row, len(ordered)), line)
        before = self._lines
        if ordered == before:
            return False
        held = [index.row() for index in self.persistentIndexList()]
        # A selection of several rows is held by its corners alone, so nothing between them may move unnoticed.
        first, last = min(held, default=0), max(held, default=-1) + 1
        if ordered[first:last] == before[first:last]:
            # Nobody holds on to a row that moves: for the view it is rows whose cells changed.
            self._lines = ordered
            return False
        self.layoutAboutToBeChanged.emit()
        rows = {line.id: row for row, line in enumerate(ordered)}
        indexes = self.persistentIndexList()
        self._lines = ordered
        moved = [self.index(rows[before[index.row()].id], index.column()) for index in indexes]
        self.changePersistentIndexList(indexes, moved)
        self.layoutChanged.emit()
        return True

    def _announce(self, *, all_at_once: bool) -> None:
        """Tell of cells on screen that show something else than before."""
        count = len(self._lines)
        rows = range(count) if self.on_screen is None else self.on_screen()
        rows = range(max(0, rows.start), min(count, rows.stop))
        before, self._seen = self._seen, {row: self.cells(row) for row in rows}
        changed = [
            (row, column)
            for row, cells in self._seen.items()
            if (was := before.get(row)) != cells
            for column in range(len(cells))
            if was is None or was[column] != cells[column]
        ]
        if not changed:
            return
        if all_at_once or len(changed) > _ONE_BY_ONE:
            self.dataChanged.emit(self.index(rows.start, 0), self.index(rows.stop - 1, len(self._fields) - 1))
            return
        for row, column in changed:
            index = self.index(row, column)
            self.dataChanged.emit(index, index)


def _runs_from_the_end(rows: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Rising row numbers as runs (first, last), the last run first."""
    last = None
    for place in range(len(rows) - 1, -1, -1):
        if last is None:
            last = rows[place]
        if place == 0 or rows[place - 1] != rows[place] - 1:
            yield rows[place], last
            last = None


def _widest(victims: Sequence[Victim], page_size: int, before: float) -> float:
    """The bytes that fill the bar: the most points; kept while they change by less than a tenth, so that bars stand still."""
    most = max((victim.badness or 0 for victim in victims[:16]), default=0) * page_size
    return float(before if before * 0.9 <= most <= before else max(1, most))
