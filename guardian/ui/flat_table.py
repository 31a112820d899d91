"""What the small tables share on screen: painted cells, and a flat view that follows the font."""

from collections.abc import Sequence
from typing import Generic

from PySide6.QtCore import (
    QEvent,
    QRect,
    QRectF,
    QSize,
    Qt,
    Slot,
)
from PySide6.QtGui import QColor, QFocusEvent, QGuiApplication, QKeyEvent, QKeySequence, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHeaderView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from guardian.protocol.quantities import UNKNOWN
from guardian.ui.export import rows_as_text
from guardian.ui.scheme import Scheme
from guardian.ui.table_head import TableHead
from guardian.ui.table_rows import Index, Row, RowsModel
from guardian.ui.tokens import FOCUS_LINE, GAP_SMALL, GAP_TINY, ROW_HEIGHT
from guardian.ui.type_scale import TextRole, font_changed, font_for

_DIGIT = 8.0
_LEAST_WIDTH = 60
_MOST_ROWS = 64
_ZEROS = frozenset((UNKNOWN, "0.0", "0"))


class RowPainter(QStyledItemDelegate, Generic[Row]):
    """Paints a cell: `select` behind a chosen row, a line below each, its text in the colour and font a subclass gives."""

    def __init__(self, scheme: Scheme, model: RowsModel[Row], view: QTableView) -> None:
        super().__init__(view)
        self.scheme, self.model, self.view = scheme, model, view

    def is_marked(self, row: Row) -> bool:
        """Whether a row stands out though it is not selected."""
        return False

    def colour_of(self, row: Row, column: int, text: str) -> QColor:
        """The colour of a text; zero and unknown are in `text3`."""
        return self.scheme.tokens.text3 if text in _ZEROS else self.scheme.tokens.text

    def role_of(self, row: Row, column: int) -> TextRole:
        """The kind of font of a cell."""
        return TextRole.BODY

    def put_before(self, painter: QPainter, inner: QRect, row: Row, column: int) -> QRect:
        """Paint what stands before the text; the room that is left for the text."""
        return inner

    def is_lined(self, row: int) -> bool:
        """Whether a line is below a row."""
        return True

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        tokens, rect, column = self.scheme.tokens, option.rect, index.column()
        row = self.model.rows[index.row()]
        if self.is_marked(row) or self.view.selectionModel().isRowSelected(index.row()):
            painter.fillRect(rect, tokens.select)
        if self.is_lined(index.row()):
            painter.fillRect(rect.left(), rect.bottom(), rect.width(), 1, tokens.grid)
        self.put_text(painter, rect.adjusted(GAP_SMALL, 0, -GAP_SMALL, -1), row, column)

    def put_text(self, painter: QPainter, inner: QRect, row: Row, column: int) -> None:
        """Paint the text of a cell; a path is cut in its middle, all else at its end."""
        inner, text = self.put_before(painter, inner, row, column), self.model.text(row, column)
        painter.setFont(font_for(self.role_of(row, column)))
        painter.setPen(self.colour_of(row, column, text))
        mode = Qt.TextElideMode.ElideMiddle if text.startswith("/") else Qt.TextElideMode.ElideRight
        side = Qt.AlignmentFlag.AlignRight if self.model.columns[column].right else Qt.AlignmentFlag.AlignLeft
        shown = painter.fontMetrics().elidedText(text, mode, inner.width())
        painter.drawText(inner, int(side | Qt.AlignmentFlag.AlignVCenter), shown)


def lay_flat(view: QTableView, name: str) -> None:
    """A table that lies flat in a card: no frame, no grid, no cell is edited, Tab leaves it."""
    view.setAccessibleName(name)
    view.setFrameShape(QFrame.Shape.NoFrame)
    view.setShowGrid(False)
    view.setWordWrap(False)
    view.setTabKeyNavigation(False)
    view.setCornerButtonEnabled(False)
    view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    view.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    view.verticalHeader().setVisible(False)


class FlatTable(QTableView):
    """Shows a `RowsModel`; `selects`: one row can be selected.  Rows and columns follow the font, the focus has its ring."""

    def __init__(
        self, scheme: Scheme, model: RowsModel[Row], name: str, *, selects: bool = False, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._scheme, self._rows_shown = scheme, model
        self.head = TableHead(scheme, self)
        self.head.setSectionsClickable(False)
        self.setHorizontalHeader(self.head)
        self.setModel(model)
        lay_flat(self, name)
        one, none = QAbstractItemView.SelectionMode.SingleSelection, QAbstractItemView.SelectionMode.NoSelection
        self.setSelectionMode(one if selects else none)
        self.head.set_lines([(column.word, "", column.right) for column in model.columns])
        self.head.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self._take_fonts()
        for changed in (model.rowsInserted, model.rowsRemoved, model.modelReset):
            changed.connect(self._take_focus_or_not)
        self._take_focus_or_not()
        scheme.changed.connect(self._repaint)

    @Slot()
    def _take_focus_or_not(self) -> None:
        """Without rows there is nothing to go to."""
        some = bool(self._rows_shown.rows)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus if some else Qt.FocusPolicy.NoFocus)

    @Slot()
    def _repaint(self) -> None:
        self.viewport().update()

    def _take_fonts(self) -> None:
        self.setFont(font_for(TextRole.BODY))
        rows = self.verticalHeader()
        height = max(ROW_HEIGHT, self.fontMetrics().height() + GAP_TINY)
        rows.setMinimumSectionSize(height)
        rows.setDefaultSectionSize(height)

    @property
    def text_scale(self) -> float:
        """How much larger the text is than in the pictures, at least 1."""
        return max(1.0, self.fontMetrics().horizontalAdvance("0") / _DIGIT)

    def height_of(self, rows: int) -> int:
        """How high the table is with so many rows."""
        head = 0 if self.head.isHidden() else self.head.sizeHint().height()
        return head + self.verticalHeader().defaultSectionSize() * rows

    def spread(self) -> None:
        """Give each column its width."""
        widths = fitting_widths([column.width for column in self._rows_shown.columns], self.viewport().width(), self.text_scale)
        for section, width in enumerate(widths):
            self.head.resizeSection(section, width)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.spread()

    def event(self, event: QEvent) -> bool:
        if font_changed(event):
            self._take_fonts()
            self.spread()
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self.hasFocus():
            row = self.currentIndex().row()
            whole = QRectF(self.viewport().rect())
            top, height = (self.rowViewportPosition(row), self.rowHeight(row) - 1) if row >= 0 else (0, int(whole.height()))
            painter = QPainter(self.viewport())
            painter.setPen(QPen(self._scheme.tokens.accent, FOCUS_LINE))
            painter.drawRect(QRectF(0, top, whole.width(), height).adjusted(1, 1, -1, -1))
            painter.end()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self._repaint()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._repaint()


class FittedTable(FlatTable):
    """As high as its rows, and scrolls where there is less; Ctrl+C copies the row that the focus is on."""

    def __init__(self, scheme: Scheme, model: RowsModel[Row], name: str, parent: QWidget | None = None) -> None:
        super().__init__(scheme, model, name, parent=parent)
        model.modelReset.connect(self._fit)

    @Slot()
    def _fit(self) -> None:
        self.spread()
        self.updateGeometry()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        row = self.currentIndex().row()
        if event.matches(QKeySequence.StandardKey.Copy) and 0 <= row < len(self._rows_shown.rows):
            QGuiApplication.clipboard().setText(rows_as_text([self._rows_shown.texts(row)]))
        else:
            super().keyPressEvent(event)

    def sizeHint(self) -> QSize:
        return QSize(320, self.height_of(min(_MOST_ROWS, len(self._rows_shown.rows))))

    def minimumSizeHint(self) -> QSize:
        return QSize(200, self.height_of(2))


def fitting_widths(widths: Sequence[int], room: int, scale: float) -> list[int]:
    """Column widths in a larger text; those of 0 share what is left, but never less than 60 px."""
    fixed = [round(width * scale) for width in widths]
    loose = sum(1 for width in widths if not width)
    return [width or max(_LEAST_WIDTH, (room - sum(fixed)) // max(1, loose)) for width in fixed]
