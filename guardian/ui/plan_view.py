"""The table of plans on screen."""

from PySide6.QtCore import QEvent, QItemSelection, QModelIndex, QPersistentModelIndex, QRect, QRectF, Qt, Signal, Slot
from PySide6.QtGui import QColor, QFocusEvent, QKeyEvent, QPainter, QResizeEvent
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
from guardian.policy.protection import PlanRow, Stand
from guardian.protocol.i18n import _
from guardian.protocol.quantities import UNKNOWN
from guardian.ui.icons import icon_pixmap
from guardian.ui.plan_model import COLUMNS, HELD, MATCHES, TITLE, WISH, PlanModel
from guardian.ui.plan_words import TROUBLED
from guardian.ui.scheme import Scheme
from guardian.ui.shapes import paint_state
from guardian.ui.table_head import TableHead
from guardian.ui.tokens import FOCUS_LINE, GAP_SMALL, GAP_TINY, ROW_HEIGHT
from guardian.ui.type_scale import TextRole, font_changed, font_for

Index = QModelIndex | QPersistentModelIndex
_QUIET = frozenset((UNKNOWN,))
_DIGIT = 8.0
_SHAPE = 14


class _PlanPainter(QStyledItemDelegate):
    """Paints one cell: names strong, wishes with their drawing, what is held with its shape."""

    def __init__(self, scheme: Scheme, model: PlanModel, view: QTableView) -> None:
        super().__init__(view)
        self._scheme, self._plans, self._view = scheme, model, view

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        tokens, column = self._scheme.tokens, index.column()
        rect: QRect = option.rect
        row, text = self._plans.rows[index.row()], str(index.data())
        if self._view.selectionModel().isRowSelected(index.row()):
            painter.fillRect(rect, tokens.select)
        painter.fillRect(rect.left(), rect.bottom(), rect.width(), 1, tokens.grid)
        inner = rect.adjusted(GAP_SMALL, 0, -GAP_SMALL, -1)
        colour = tokens.text3 if text in _QUIET else tokens.text2 if column == MATCHES else tokens.text
        if column == WISH:
            inner = self._put_drawing(painter, inner, "sacrifice" if (row.adj or 0) > 0 else "protect", tokens.text)
        elif column == HELD:
            inner, colour = self._put_stand(painter, inner, row)
        painter.setFont(font_for(TextRole.HEADING if column == TITLE else TextRole.BODY))
        painter.setPen(colour)
        mode = Qt.TextElideMode.ElideMiddle if column == MATCHES and text.startswith("/") else Qt.TextElideMode.ElideRight
        side = Qt.AlignmentFlag.AlignRight if COLUMNS[column].right else Qt.AlignmentFlag.AlignLeft
        shown = painter.fontMetrics().elidedText(text, mode, inner.width())
        painter.drawText(inner, int(side | Qt.AlignmentFlag.AlignVCenter), shown)

    def _put_drawing(self, painter: QPainter, inner: QRect, name: str, colour: QColor) -> QRect:
        ratio = painter.device().devicePixelRatioF()
        mirrored = self._view.layoutDirection() == Qt.LayoutDirection.RightToLeft
        left = inner.right() - _SHAPE if mirrored else inner.left()
        painter.drawPixmap(left, inner.center().y() - _SHAPE // 2, icon_pixmap(name, colour, _SHAPE, ratio))
        taken = _SHAPE + GAP_TINY + 2
        return inner.adjusted(0, 0, -taken, 0) if mirrored else inner.adjusted(taken, 0, 0, 0)

    def _put_stand(self, painter: QPainter, inner: QRect, row: PlanRow) -> tuple[QRect, QColor]:
        tokens = self._scheme.tokens
        if row.stand is Stand.WAITING:
            return inner, tokens.text3
        if row.stand in TROUBLED:
            colour = tokens.states[State.WARNING].colour
            mirrored = self._view.layoutDirection() == Qt.LayoutDirection.RightToLeft
            left = inner.right() - _SHAPE if mirrored else inner.left()
            paint_state(painter, QRectF(left, inner.center().y() - _SHAPE / 2, _SHAPE, _SHAPE), State.WARNING, colour)
            taken = _SHAPE + GAP_TINY + 2
            return inner.adjusted(0, 0, -taken, 0) if mirrored else inner.adjusted(taken, 0, 0, 0), tokens.text
        return self._put_drawing(painter, inner, "check", tokens.states[State.CALM].colour), tokens.text


class PlanView(QTableView):
    """Shows a `PlanModel`; `chosen` tells of another plan in front, `edit_asked` of Enter or a double click."""

    chosen = Signal()
    edit_asked = Signal()
    remove_asked = Signal()

    def __init__(self, scheme: Scheme, model: PlanModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._scheme, self._plans = scheme, model
        self._narrow = False
        self._head = TableHead(scheme, self)
        self._head.setSectionsClickable(False)
        self.setHorizontalHeader(self._head)
        self.setModel(model)
        self.setItemDelegate(_PlanPainter(scheme, model, self))
        self.setAccessibleName(_("Plans"))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setCornerButtonEnabled(False)
        self.verticalHeader().setVisible(False)
        self._head.set_lines([(_(column.word), "", column.right) for column in COLUMNS])
        self._head.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self._take_fonts()
        self.doubleClicked.connect(self._ask_edit)
        scheme.changed.connect(self._repaint)

    @Slot()
    def _repaint(self) -> None:
        self.viewport().update()

    @Slot()
    def _ask_edit(self) -> None:
        self.edit_asked.emit()

    def _take_fonts(self) -> None:
        self.setFont(font_for(TextRole.BODY))
        rows = self.verticalHeader()
        height = max(ROW_HEIGHT, self.fontMetrics().height() + GAP_TINY)
        rows.setMinimumSectionSize(height)
        rows.setDefaultSectionSize(height)

    def set_narrow(self, *, narrow: bool) -> None:
        """Without what can be spared where room is short."""
        if narrow != self._narrow:
            self._narrow = narrow
            for section, column in enumerate(COLUMNS):
                self.setColumnHidden(section, narrow and column.spared)
        self._spread()

    def _spread(self) -> None:
        """Give each column its width; what is left or missing goes to or comes from what a plan matches."""
        scale = max(1.0, self.fontMetrics().horizontalAdvance("0") / _DIGIT)
        widths = {
            section: max(round(column.width * scale), self._head.width_for(_(column.word), ""))
            for section, column in enumerate(COLUMNS)
            if not self.isColumnHidden(section)
        }
        left = self.viewport().width() - sum(widths.values())
        widths[MATCHES] = max(round(80 * scale), widths[MATCHES] + left)
        for section, width in widths.items():
            self._head.resizeSection(section, width)

    def current_row(self) -> PlanRow | None:
        """The selected plan."""
        rows = self.selectionModel().selectedRows()
        return self._plans.rows[rows[0].row()] if rows else None

    def choose(self, row_id: str) -> bool:
        """Select a plan; False where it is not there."""
        at = self._plans.row_of(row_id)
        if at is not None:
            self.selectRow(at)
        return at is not None

    def wanted_height(self) -> int:
        """As high as all its rows and the head."""
        return self._head.sizeHint().height() + self.verticalHeader().defaultSectionSize() * max(1, self._plans.rowCount())

    def selectionChanged(self, selected: QItemSelection, deselected: QItemSelection) -> None:
        super().selectionChanged(selected, deselected)
        self.viewport().update()
        self.chosen.emit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._spread()

    def event(self, event: QEvent) -> bool:
        if font_changed(event):
            self._take_fonts()
            self._spread()
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.edit_asked.emit()
        elif event.key() == Qt.Key.Key_Delete:
            self.remove_asked.emit()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: object) -> None:
        super().paintEvent(event)  # type: ignore[arg-type] # QPaintEvent, which the override need not name
        row = self.currentIndex().row()
        if self.hasFocus() and row >= 0:
            painter = QPainter(self.viewport())
            painter.setPen(self._scheme.tokens.accent)
            pen = painter.pen()
            pen.setWidthF(FOCUS_LINE)
            painter.setPen(pen)
            box = QRectF(0, self.rowViewportPosition(row), self.viewport().width(), self.rowHeight(row) - 1)
            painter.drawRect(box.adjusted(1, 1, -1, -1))
            painter.end()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.viewport().update()
