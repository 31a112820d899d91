"""Rows of anything under heads, as the small tables show them: they come and go at the end and change in place."""

from collections.abc import Sequence
from typing import Generic, NamedTuple, TypeVar

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from guardian.ui.text import plain_tip

Index = QModelIndex | QPersistentModelIndex
NOWHERE = QModelIndex()
Row = TypeVar("Row")


class Column(NamedTuple):
    """One column: its head, already in the user's language; its width in the pictures (0 takes what is left), and its side.

    `spared` columns are left out where room is short; `spoken` is the head for those who cannot see an empty one.
    """

    word: str
    width: int
    right: bool = False
    spared: bool = False
    spoken: str = ""


class RowsModel(QAbstractTableModel, Generic[Row]):
    """Rows of anything under heads; a subclass gives the text of a cell."""

    def __init__(self, columns: Sequence[Column], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.columns = tuple(columns)
        self.rows: tuple[Row, ...] = ()

    def text(self, row: Row, column: int) -> str:
        """What a cell shows."""
        raise NotImplementedError

    def hint(self, row: Row, column: int) -> str:
        """What its tooltip says."""
        return self.text(row, column)

    def texts(self, row: int) -> tuple[str, ...]:
        """All texts of a row."""
        return tuple(self.text(self.rows[row], column) for column in range(len(self.columns)))

    def show_rows(self, rows: Sequence[Row]) -> None:
        """Show these rows; they come and go at the end, the others change in place."""
        made, before = tuple(rows), len(self.rows)
        if made == self.rows:
            return
        if len(made) < before:
            self.beginRemoveRows(NOWHERE, len(made), before - 1)
            self.rows = self.rows[: len(made)]
            self.endRemoveRows()
        elif len(made) > before:
            self.beginInsertRows(NOWHERE, before, len(made) - 1)
            self.rows = (*self.rows, *made[before:])
            self.endInsertRows()
        self.rows = made
        self.tell_changed()

    def replace_rows(self, rows: Sequence[Row]) -> None:
        """Show other rows, of which none is one of those before."""
        self.beginResetModel()
        self.rows = tuple(rows)
        self.endResetModel()

    def tell_changed(self, first: int = 0, last: int | None = None) -> None:
        """Have rows painted again."""
        last = len(self.rows) - 1 if last is None else last
        if last >= first:
            self.dataChanged.emit(self.index(first, 0), self.index(last, len(self.columns) - 1))

    def rowCount(self, parent: Index = NOWHERE) -> int:
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index = NOWHERE) -> int:
        return 0 if parent.isValid() else len(self.columns)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid():
            return None
        row, column = self.rows[index.row()], index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return self.text(row, column)
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain_tip(self.hint(row, column))
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignRight if self.columns[column].right else Qt.AlignmentFlag.AlignLeft
            return int(side | Qt.AlignmentFlag.AlignVCenter)
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return self.columns[section].spoken or self.columns[section].word
        return None
