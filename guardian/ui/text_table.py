"""A small table of texts that lies flat in a card: as high as its rows, or as the room that is left."""

from collections.abc import Sequence
from typing import NamedTuple

from PySide6.QtCore import QAbstractTableModel, QEvent, QModelIndex, QObject, QPersistentModelIndex, QRect, QSize, Qt, Slot
from PySide6.QtGui import QPainter, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHeaderView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from guardian.model.verdict import State
from guardian.ui.scheme import Scheme
from guardian.ui.table_head import TableHead
from guardian.ui.tokens import GAP_SMALL, GAP_TINY, ROW_HEIGHT
from guardian.ui.type_scale import TextRole, font_changed, font_for

Index = QModelIndex | QPersistentModelIndex
_NOWHERE = QModelIndex()
_DIGIT = 8.0


class TextColumn(NamedTuple):
    """One column: its head, width in the pictures (0 takes what is left), and whether it stands at the right."""

    word: str
    width: int
    right: bool = False


class TextCell(NamedTuple):
    """One text: `quiet` in `text2`, `amiss` in the warning's colour, and `strong` then."""

    text: str
    quiet: bool = False
    amiss: bool = False
    strong: bool = True


class TextModel(QAbstractTableModel):
    """Rows of texts under their heads."""

    def __init__(self, columns: Sequence[TextColumn], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.columns = tuple(columns)
        self.rows: tuple[tuple[TextCell, ...], ...] = ()

    def show_rows(self, rows: Sequence[Sequence[TextCell]]) -> None:
        """Show these rows; they come and go at the end, the others change in place."""
        made, before = tuple(tuple(row) for row in rows), len(self.rows)
        if made == self.rows:
            return
        if len(made) < before:
            self.beginRemoveRows(_NOWHERE, len(made), before - 1)
            self.rows = self.rows[: len(made)]
            self.endRemoveRows()
        elif len(made) > before:
            self.beginInsertRows(_NOWHERE, before, len(made) - 1)
            self.rows = (*self.rows, *made[before:])
            self.endInsertRows()
        self.rows = made
        if made:
            self.dataChanged.emit(self.index(0, 0), self.index(len(made) - 1, len(self.columns) - 1))

    def rowCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self.columns)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid() or role not in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return None
        return self.rows[index.row()][index.column()].text

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return self.columns[section].word
        return None


class _TextPainter(QStyledItemDelegate):
    def __init__(self, scheme: Scheme, model: TextModel, parent: QObject) -> None:
        super().__init__(parent)
        self._scheme, self._texts = scheme, model

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        tokens, cell = self._scheme.tokens, self._texts.rows[index.row()][index.column()]
        rect: QRect = option.rect
        if index.row() < len(self._texts.rows) - 1:
            painter.fillRect(rect.left(), rect.bottom(), rect.width(), 1, tokens.grid)
        inner = rect.adjusted(GAP_SMALL, 0, -GAP_SMALL, -1)
        painter.setFont(font_for(TextRole.HEADING if cell.amiss and cell.strong else TextRole.BODY))
        painter.setPen(tokens.states[State.WARNING].colour if cell.amiss else tokens.text2 if cell.quiet else tokens.text)
        mode = Qt.TextElideMode.ElideMiddle if cell.text.startswith("/") else Qt.TextElideMode.ElideRight
        side = Qt.AlignmentFlag.AlignRight if self._texts.columns[index.column()].right else Qt.AlignmentFlag.AlignLeft
        shown = painter.fontMetrics().elidedText(cell.text, mode, inner.width())
        painter.drawText(inner, int(side | Qt.AlignmentFlag.AlignVCenter), shown)


class TextTable(QTableView):
    """Shows a `TextModel`; `headed` with its heads.  It takes the height of its rows and scrolls where there is less."""

    def __init__(
        self, scheme: Scheme, model: TextModel, name: str, *, headed: bool = True, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._texts = model
        self._head = TableHead(scheme, self)
        self._head.setSectionsClickable(False)
        self.setHorizontalHeader(self._head)
        self._head.setVisible(headed)
        self.setModel(model)
        self.setItemDelegate(_TextPainter(scheme, model, self))
        self.setAccessibleName(name)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.verticalHeader().setVisible(False)
        self._head.set_lines([(column.word, "", column.right) for column in model.columns])
        self._head.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self._take_fonts()
        model.rowsInserted.connect(self._fit)
        model.rowsRemoved.connect(self._fit)
        scheme.changed.connect(self._repaint)
        self._fit()

    @Slot()
    def _repaint(self) -> None:
        self.viewport().update()

    def _take_fonts(self) -> None:
        self.setFont(font_for(TextRole.BODY))
        rows = self.verticalHeader()
        height = max(ROW_HEIGHT, self.fontMetrics().height() + GAP_TINY)
        rows.setMinimumSectionSize(height)
        rows.setDefaultSectionSize(height)

    @Slot()
    def _fit(self) -> None:
        self.setMaximumHeight(self.sizeHint().height())
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        head = 0 if self._head.isHidden() else self._head.sizeHint().height()
        return QSize(200, head + self.verticalHeader().defaultSectionSize() * self._texts.rowCount())

    def minimumSizeHint(self) -> QSize:
        head = 0 if self._head.isHidden() else self._head.sizeHint().height()
        return QSize(120, head + self.verticalHeader().defaultSectionSize() * min(2, self._texts.rowCount()))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._spread()

    def _spread(self) -> None:
        scale = max(1.0, self.fontMetrics().horizontalAdvance("0") / _DIGIT)
        widths = [round(column.width * scale) for column in self._texts.columns]
        left = self.viewport().width() - sum(widths)
        loose = [at for at, column in enumerate(self._texts.columns) if not column.width]
        for section, width in enumerate(widths):
            self._head.resizeSection(section, max(60, left // len(loose)) if section in loose else width)

    def event(self, event: QEvent) -> bool:
        if font_changed(event):
            self._take_fonts()
            self._spread()
            self._fit()
        return super().event(event)
