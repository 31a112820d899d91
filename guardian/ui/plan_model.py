"""The table of plans: whom, what is wished, and what the machine says when read back."""

from collections.abc import Sequence
from typing import NamedTuple

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from guardian.policy.protection import PlanRow, title_of
from guardian.protocol.i18n import N_, _
from guardian.protocol.printable import printable
from guardian.protocol.quantities import UNKNOWN, format_adjustment, format_bytes
from guardian.ui.plan_words import held_words, lasts_words, matches_words, wish_words

Index = QModelIndex | QPersistentModelIndex
_NOWHERE = QModelIndex()
TITLE, MATCHES, WISH, ADJUST, OOMD, ON_KILL, RESERVED, HELD, LASTS = range(9)


class PlanColumn(NamedTuple):
    """One column: its head, width in the pictures, and whether it stands at the right; `spared` where room is short."""

    word: str
    width: int
    right: bool = False
    spared: bool = False


COLUMNS = (
    PlanColumn(N_("Plan for"), 136),
    PlanColumn(N_("Matches"), 200),
    PlanColumn(N_("Wish"), 96),
    PlanColumn(N_("Adjust"), 64, right=True),
    PlanColumn("systemd-oomd", 104),
    PlanColumn(N_("On kill"), 84, spared=True),
    PlanColumn(N_("Reserved"), 88, right=True, spared=True),
    PlanColumn(N_("Held"), 104),
    PlanColumn(N_("Lasts"), 112),
)


class PlanModel(QAbstractTableModel):
    """Plans in their own order; rows are kept by the plan's id, so that the selection stays."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.rows: tuple[PlanRow, ...] = ()

    def show_rows(self, rows: Sequence[PlanRow]) -> None:
        """Show these plans: what is gone goes, what is new comes, the rest changes in place."""
        wanted = [row.id for row in rows]
        for at in range(len(self.rows) - 1, -1, -1):
            if self.rows[at].id not in wanted:
                self.beginRemoveRows(_NOWHERE, at, at)
                self.rows = self.rows[:at] + self.rows[at + 1 :]
                self.endRemoveRows()
        for at, row in enumerate(rows):
            if at < len(self.rows) and self.rows[at].id == row.id:
                self._change(at, row)
                continue
            self._take_out(row.id)
            self.beginInsertRows(_NOWHERE, at, at)
            self.rows = (*self.rows[:at], row, *self.rows[at:])
            self.endInsertRows()

    def _take_out(self, row_id: str) -> None:
        old = self.row_of(row_id)
        if old is not None:
            self.beginRemoveRows(_NOWHERE, old, old)
            self.rows = self.rows[:old] + self.rows[old + 1 :]
            self.endRemoveRows()

    def _change(self, at: int, row: PlanRow) -> None:
        if self.rows[at] != row:
            before = [self._text(self.rows[at], column) for column in range(len(COLUMNS))]
            self.rows = (*self.rows[:at], row, *self.rows[at + 1 :])
            if before != [self._text(row, column) for column in range(len(COLUMNS))]:
                self.dataChanged.emit(self.index(at, 0), self.index(at, len(COLUMNS) - 1))

    def row_of(self, row_id: str) -> int | None:
        """Where a plan stands, None where it is not there."""
        return next((at for at, row in enumerate(self.rows) if row.id == row_id), None)

    def rowCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(COLUMNS)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid():
            return None
        row, column = self.rows[index.row()], index.column()
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return self._text(row, column)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignRight if COLUMNS[column].right else Qt.AlignmentFlag.AlignLeft
            return side | Qt.AlignmentFlag.AlignVCenter
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return _(COLUMNS[section].word)
        return None

    def _text(self, row: PlanRow, column: int) -> str:
        wish = row.wish
        if column == ADJUST:
            return UNKNOWN if row.adj is None else format_adjustment(row.adj)
        if column == RESERVED:
            return UNKNOWN if wish.memory_low is None else format_bytes(wish.memory_low)
        texts = {
            TITLE: printable(title_of(row)),
            MATCHES: matches_words(row),
            WISH: wish_words(row),
            OOMD: wish.managed_oom_preference or UNKNOWN,
            ON_KILL: wish.oom_policy or UNKNOWN,
            HELD: held_words(row),
            LASTS: lasts_words(row),
        }
        return texts[column]
