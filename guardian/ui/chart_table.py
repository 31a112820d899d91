"""The table behind a chart: the same data, newest first, to be read and copied."""

from PySide6.QtCore import QAbstractTableModel, Qt
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QHeaderView, QTableView, QWidget

from guardian.ui.flat_table import lay_flat
from guardian.ui.table_rows import NOWHERE, Index


class ChartRows(QAbstractTableModel):
    """Rows of a chart; new ones come in on top, old ones leave at the end, so that a selection stays on its row."""

    def __init__(self, columns: tuple[str, ...], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._columns = columns
        self._rows: list[tuple[str, ...]] = []

    def show_rows(self, rows: list[tuple[str, ...]]) -> None:
        """Show rows, newest first, each known by its first cell."""
        old = self._rows
        fresh = next((at for at, row in enumerate(rows) if old and row[0] == old[0][0]), None)
        if fresh is None:
            self.beginResetModel()
            self._rows = rows
            self.endResetModel()
            return
        if fresh:
            self.beginInsertRows(NOWHERE, 0, fresh - 1)
            self._rows = rows[:fresh] + old
            self.endInsertRows()
        if len(self._rows) > len(rows):
            self.beginRemoveRows(NOWHERE, len(rows), len(self._rows) - 1)
            self._rows = self._rows[: len(rows)]
            self.endRemoveRows()
        elif len(rows) > len(self._rows):
            self.beginInsertRows(NOWHERE, len(self._rows), len(rows) - 1)
            self._rows = self._rows + rows[len(self._rows) :]
            self.endInsertRows()
        changed = [at for at, (now, before) in enumerate(zip(rows, self._rows, strict=True)) if now != before]
        self._rows = rows
        for at in changed:
            self.dataChanged.emit(self.index(at, 0), self.index(at, len(self._columns) - 1))

    def rowCount(self, parent: Index = NOWHERE) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = NOWHERE) -> int:
        return 0 if parent.isValid() else len(self._columns)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if role == Qt.ItemDataRole.DisplayRole:
            return self._rows[index.row()][index.column()]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignLeft if index.column() == 0 else Qt.AlignmentFlag.AlignRight
            return int(side | Qt.AlignmentFlag.AlignVCenter)
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return self._columns[section]
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignLeft if section == 0 else Qt.AlignmentFlag.AlignRight
            return int(side | Qt.AlignmentFlag.AlignVCenter)
        return None


class ChartTable(QTableView):
    """A view of `ChartRows` whose selected rows can be copied."""

    def __init__(self, model: ChartRows, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setModel(model)
        lay_flat(self, name)
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.horizontalHeader().setHighlightSections(False)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy_selection()
        else:
            super().keyPressEvent(event)

    def copy_selection(self) -> None:
        """Put the selected rows on the clipboard, columns parted by tabs."""
        model = self.model()
        rows = sorted(index.row() for index in self.selectionModel().selectedRows())
        lines = ["\t".join(str(model.index(row, column).data()) for column in range(model.columnCount())) for row in rows]
        QGuiApplication.clipboard().setText("\n".join(lines))
