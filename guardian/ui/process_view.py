"""The table of processes on screen: rows that stand still under the pointer, chosen and acted on by keyboard alike."""

from PySide6.QtCore import (
    QEvent,
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QPoint,
    QRect,
    QRectF,
    Qt,
    QTimer,
    Signal,
    Slot,
)
from PySide6.QtGui import (
    QContextMenuEvent,
    QFocusEvent,
    QHideEvent,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractItemView, QTableView, QWidget

from guardian.protocol.i18n import _
from guardian.ui.columns import BAR, NAME
from guardian.ui.flat_table import lay_flat
from guardian.ui.process_columns import ProcessColumns
from guardian.ui.process_line import Cell, Line
from guardian.ui.process_model import Index, ProcessModel
from guardian.ui.process_painter import ProcessPainter, branch_rect
from guardian.ui.process_tree import LineId
from guardian.ui.scheme import Scheme
from guardian.ui.table_head import TableHead
from guardian.ui.tokens import FOCUS_LINE
from guardian.ui.type_scale import TextRole, font_changed, font_for

_NOWHERE = QModelIndex()
_ROWS = QItemSelectionModel.SelectionFlag.Rows
_SELECT = QItemSelectionModel.SelectionFlag.ClearAndSelect | _ROWS


class ProcessView(QTableView):
    """Shows a `ProcessModel`.

    `chosen` tells that the selection is another one; `order_held` that the order stands still, because the pointer is over
    the table or a menu is open.  `sort_asked` carries the column's name.  The other signals ask for what keys and clicks want.
    """

    chosen = Signal()
    order_held = Signal(bool)
    sort_asked = Signal(str)
    details_asked = Signal()
    pause_asked = Signal()
    menu_asked = Signal(QPoint)
    copy_asked = Signal()
    copy_pid_asked = Signal()

    def __init__(self, scheme: Scheme, model: ProcessModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._scheme, self._processes = scheme, model
        self._pointer_inside = self._menu_open = self._held = False
        self._cells = ProcessPainter(scheme)
        self._head = TableHead(scheme, self)
        self._set_up()
        self.columns = ProcessColumns(self, self._head, model)
        self._head.sectionClicked.connect(self._sort_clicked)
        scheme.changed.connect(self._repaint)

    def _set_up(self) -> None:
        self.setHorizontalHeader(self._head)
        self.setModel(self._processes)
        self._processes.on_screen = self.rows_on_screen
        lay_flat(self, _("Processes, ranked by who would be ended first"))
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self._take_fonts()

    @Slot()
    def _repaint(self) -> None:
        self.viewport().update()

    def _take_fonts(self) -> None:
        self.setFont(font_for(TextRole.BODY))
        self._cells.take_fonts()
        rows = self.verticalHeader()
        rows.setMinimumSectionSize(self._cells.row_height)
        rows.setDefaultSectionSize(self._cells.row_height)

    @Slot(int)
    def _sort_clicked(self, section: int) -> None:
        self.sort_asked.emit(self._processes.fields[section].name)

    # Rows and selection

    def rows_on_screen(self) -> range:
        """The rows that somebody can see."""
        if not self.isVisible():
            return range(0)
        first, last = self.rowAt(0), self.rowAt(self.viewport().height() - 1)
        return range(max(0, first), (last if last >= 0 else self._processes.rowCount() - 1) + 1)

    def chosen_lines(self) -> list[Line]:
        """The selected lines, top to bottom."""
        rows = sorted(index.row() for index in self.selectionModel().selectedRows())
        return [self._processes.line(row) for row in rows]

    def chosen_cells(self) -> list[tuple[Cell, ...]]:
        """What the cells of the selected lines show, top to bottom."""
        rows = sorted(index.row() for index in self.selectionModel().selectedRows())
        return [self._processes.cells(row) for row in rows]

    def current_line(self) -> Line | None:
        """The line that the lower part explains: the current one if it is selected, else the first selected."""
        lines = self.chosen_lines()
        index = self.currentIndex()
        current = self._processes.line(index.row()) if index.isValid() else None
        return current if current in lines else lines[0] if lines else None

    def choose(self, line_id: LineId) -> bool:
        """Select one line and bring it into view; False where it is not in the table."""
        row = self._processes.row_of(line_id)
        if row is None:
            return False
        index = self._processes.index(row, 0)
        self.selectionModel().setCurrentIndex(index, _SELECT)
        self.scrollTo(index)
        return True

    def selectionChanged(self, selected: QItemSelection, deselected: QItemSelection) -> None:
        super().selectionChanged(selected, deselected)
        # Rows may not go while the selection is on its way; the model learns of it after.
        QTimer.singleShot(0, self, self._tell_selection)

    def currentChanged(self, current: Index, previous: Index) -> None:
        super().currentChanged(current, previous)
        # The focus ring runs round the whole row.
        self.viewport().update()

    @Slot()
    def _tell_selection(self) -> None:
        self._processes.keep({line.id for line in self.chosen_lines()})
        self.chosen.emit()

    # Standing still

    @property
    def is_held(self) -> bool:
        """Whether the order stands still."""
        return self._held

    def hold_for_menu(self, is_open: bool) -> None:
        """Hold the order while a menu of the table is open."""
        self._menu_open = is_open
        self._update_hold()

    def _update_hold(self) -> None:
        held = self._pointer_inside or self._menu_open
        if held != self._held:
            self._held = held
            self._processes.hold(held)
            self.order_held.emit(held)

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Enter:
            self._pointer_inside = True
            self._update_hold()
        elif event.type() == QEvent.Type.Leave:
            self._pointer_inside = False
            self._update_hold()
        return super().viewportEvent(event)

    def hideEvent(self, event: QHideEvent) -> None:
        self._pointer_inside = False
        self._update_hold()
        super().hideEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.columns.fit_soon()

    def event(self, event: QEvent) -> bool:
        if font_changed(event):
            self._take_fonts()
            self.columns.fit_soon()
        return super().event(event)

    # Keys and clicks

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, modifiers = event.key(), event.modifiers()
        plain = not modifiers & ~Qt.KeyboardModifier.KeypadModifier
        if key == Qt.Key.Key_Space and plain:
            self.pause_asked.emit()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and (plain or modifiers == Qt.KeyboardModifier.AltModifier):
            self.details_asked.emit()
        elif event.matches(QKeySequence.StandardKey.Copy):
            self.copy_asked.emit()
        elif key == Qt.Key.Key_C and modifiers == Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier:
            self.copy_pid_asked.emit()
        elif key == Qt.Key.Key_F10 and modifiers == Qt.KeyboardModifier.ShiftModifier:
            self.menu_asked.emit(self._menu_place())
        elif not (key in (Qt.Key.Key_Left, Qt.Key.Key_Right) and plain and self._turn_branch(key)):
            super().keyPressEvent(event)

    def _turn_branch(self, key: int) -> bool:
        """Open or close the current line's branch with → and ←; ← on a closed one goes to its parent."""
        index = self.currentIndex()
        if not index.isValid():
            return False
        mirrored = self.layoutDirection() == Qt.LayoutDirection.RightToLeft
        opens = (key == Qt.Key.Key_Right) != mirrored
        place = self._processes.line(index.row()).place
        if place.below and place.open != opens:
            return self._processes.toggle(index.row())
        if not opens and place.depth:
            for row in range(index.row() - 1, -1, -1):
                if self._processes.line(row).place.depth < place.depth:
                    self.selectionModel().setCurrentIndex(self._processes.index(row, index.column()), _SELECT)
                    return True
        return False

    def mousePressEvent(self, event: QMouseEvent) -> None:
        index = self.indexAt(event.position().toPoint())
        if event.button() == Qt.MouseButton.LeftButton and self._in_arrow(index, event.position().toPoint()):
            self._processes.toggle(index.row())
            return
        super().mousePressEvent(event)

    def _in_arrow(self, index: QModelIndex, at: QPoint) -> bool:
        if not index.isValid() or self._processes.fields[index.column()].name != NAME:
            return False
        place = self._processes.line(index.row()).place
        if not place.below:
            return False
        cell = self.visualRect(index)
        arrow = branch_rect(cell, place.depth)
        if self.layoutDirection() == Qt.LayoutDirection.RightToLeft:
            arrow.moveRight(cell.right())
        return arrow.contains(at)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        index = self.indexAt(event.position().toPoint())
        if index.isValid() and event.button() == Qt.MouseButton.LeftButton:
            if self._in_arrow(index, event.position().toPoint()):
                self._processes.toggle(index.row())
            else:
                self.details_asked.emit()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if event.reason() == QContextMenuEvent.Reason.Keyboard:
            self.menu_asked.emit(self._menu_place())
            return
        index = self.indexAt(self.viewport().mapFromGlobal(event.globalPos()))
        if index.isValid() and not self.selectionModel().isSelected(index):
            self.selectionModel().setCurrentIndex(index, _SELECT)
        self.menu_asked.emit(event.globalPos())

    def _menu_place(self) -> QPoint:
        """Where a menu asked for by key opens: below the current row."""
        rect = self.visualRect(self.currentIndex())
        return self.viewport().mapToGlobal(rect.bottomLeft() if rect.isValid() else QPoint(0, 0))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the cells in the event's region.

        Not by way of QTableView: its options, styles and delegates cost more than all the rest of an update.
        """
        painter = QPainter(self.viewport())
        self._cells.mirrored = self.layoutDirection() == Qt.LayoutDirection.RightToLeft
        self._cells.bar_shown = any(field.name == BAR for field in self._processes.fields)
        painter.fillRect(event.rect(), self._scheme.tokens.surface)
        wanted: dict[int, set[int]] = {}
        for rect in event.region():  # type: ignore[attr-defined] # the stubs lack QRegion.__iter__
            for row in self._rows_in(rect):
                wanted.setdefault(row, set()).update(self._sections_in(rect))
        lefts = [self.columnViewportPosition(section) for section in range(len(self._processes.fields))]
        widths = [self.columnWidth(section) for section in range(len(self._processes.fields))]
        for row, sections in wanted.items():
            self._paint_row(painter, row, sections, lefts, widths)
        self._paint_ring(painter)
        painter.end()

    def _rows_in(self, rect: QRect) -> range:
        first, last = self.rowAt(rect.top()), self.rowAt(rect.bottom())
        count = self._processes.rowCount()
        return range(0) if first < 0 else range(first, (last if last >= 0 else count - 1) + 1)

    def _sections_in(self, rect: QRect) -> range:
        ends = self._head.logicalIndexAt(rect.left()), self._head.logicalIndexAt(rect.right())
        # Beyond the last column there is none.
        return range(len(self._processes.fields)) if -1 in ends else range(min(ends), max(ends) + 1)

    def _paint_row(self, painter: QPainter, row: int, sections: set[int], lefts: list[int], widths: list[int]) -> None:
        """Paint some cells of a row."""
        line, cells, fields = self._processes.line(row), self._processes.cells(row), self._processes.fields
        tokens, top, height = self._scheme.tokens, self.rowViewportPosition(row), self.rowHeight(row)
        chosen = self.selectionModel().isRowSelected(row, _NOWHERE)
        for section in sections:
            left, width = lefts[section], widths[section]
            if chosen:
                painter.fillRect(left, top, width, height, tokens.select)
            painter.fillRect(left, top + height - 1, width, 1, tokens.grid)
            self._cells.paint_cell(painter, QRect(left, top, width, height), fields[section], line, cells[section])

    def _paint_ring(self, painter: QPainter) -> None:
        """The focus ring runs round the whole current row."""
        index = self.currentIndex()
        if index.isValid() and self.hasFocus():
            row = QRectF(0, self.rowViewportPosition(index.row()), self.viewport().width(), self.rowHeight(index.row()) - 1)
            painter.setPen(QPen(self._scheme.tokens.accent, FOCUS_LINE))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(row.adjusted(1, 1, -1, -1))

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.viewport().update()
