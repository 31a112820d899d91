"""The table of plans on screen."""

from PySide6.QtCore import QItemSelection, QRect, QRectF, Qt, Signal, Slot
from PySide6.QtGui import QColor, QKeyEvent, QPainter
from PySide6.QtWidgets import QWidget

from guardian.model.verdict import State
from guardian.policy.protection import PlanRow, Stand
from guardian.protocol.i18n import _
from guardian.protocol.quantities import UNKNOWN
from guardian.ui.flat_table import FlatTable, RowPainter
from guardian.ui.icons import icon_pixmap
from guardian.ui.plan_model import HELD, MATCHES, TITLE, WISH, PlanModel
from guardian.ui.plan_words import TROUBLED
from guardian.ui.scheme import Scheme
from guardian.ui.shapes import paint_state
from guardian.ui.tokens import GAP_TINY
from guardian.ui.type_scale import TextRole

_SHAPE = 14
_LEAST_MATCHES = 80


class _PlanPainter(RowPainter[PlanRow]):
    """Paints one cell: names strong, wishes with their drawing, what is held with its shape."""

    def role_of(self, row: PlanRow, column: int) -> TextRole:
        return TextRole.HEADING if column == TITLE else TextRole.BODY

    def colour_of(self, row: PlanRow, column: int, text: str) -> QColor:
        tokens = self.scheme.tokens
        if text == UNKNOWN or (column == HELD and row.stand is Stand.WAITING):
            return tokens.text3
        return tokens.text2 if column == MATCHES else tokens.text

    def put_before(self, painter: QPainter, inner: QRect, row: PlanRow, column: int) -> QRect:
        tokens = self.scheme.tokens
        if column == WISH:
            return self._put_drawing(painter, inner, "sacrifice" if (row.adj or 0) > 0 else "protect", tokens.text)
        if column != HELD or row.stand is Stand.WAITING:
            return inner
        if row.stand not in TROUBLED:
            return self._put_drawing(painter, inner, "check", tokens.states[State.CALM].colour)
        left, rest = self._parted(inner)
        shape = QRectF(left, inner.center().y() - _SHAPE / 2, _SHAPE, _SHAPE)
        paint_state(painter, shape, State.WARNING, tokens.states[State.WARNING].colour)
        return rest

    def _put_drawing(self, painter: QPainter, inner: QRect, name: str, colour: QColor) -> QRect:
        left, rest = self._parted(inner)
        ratio = painter.device().devicePixelRatioF()
        painter.drawPixmap(left, inner.center().y() - _SHAPE // 2, icon_pixmap(name, colour, _SHAPE, ratio))
        return rest

    def _parted(self, inner: QRect) -> tuple[int, QRect]:
        """Where a drawing begins, and the room beside it."""
        taken = _SHAPE + GAP_TINY + 2
        if self.view.layoutDirection() == Qt.LayoutDirection.RightToLeft:
            return inner.right() - _SHAPE, inner.adjusted(0, 0, -taken, 0)
        return inner.left(), inner.adjusted(taken, 0, 0, 0)


class PlanView(FlatTable):
    """Shows a `PlanModel`; `chosen` tells of another plan in front, `edit_asked` of Enter or a double click."""

    chosen = Signal()
    edit_asked = Signal()
    remove_asked = Signal()

    def __init__(self, scheme: Scheme, model: PlanModel, parent: QWidget | None = None) -> None:
        self._plans, self._narrow = model, False
        super().__init__(scheme, model, _("Plans"), selects=True, parent=parent)
        self.setItemDelegate(_PlanPainter(scheme, model, self))
        self.doubleClicked.connect(self._ask_edit)

    @Slot()
    def _ask_edit(self) -> None:
        self.edit_asked.emit()

    def set_narrow(self, *, narrow: bool) -> None:
        """Without what can be spared where room is short."""
        if narrow != self._narrow:
            self._narrow = narrow
            for section, column in enumerate(self._plans.columns):
                self.setColumnHidden(section, narrow and column.spared)
        self.spread()

    def spread(self) -> None:
        """Give each column its width; what is left or missing goes to or comes from what a plan matches."""
        widths = {
            section: max(round(column.width * self.text_scale), self.head.width_for(column.word, ""))
            for section, column in enumerate(self._plans.columns)
            if not self.isColumnHidden(section)
        }
        left = self.viewport().width() - sum(widths.values())
        widths[MATCHES] = max(round(_LEAST_MATCHES * self.text_scale), widths[MATCHES] + left)
        for section, width in widths.items():
            self.head.resizeSection(section, width)

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
        return self.height_of(max(1, self._plans.rowCount()))

    def selectionChanged(self, selected: QItemSelection, deselected: QItemSelection) -> None:
        super().selectionChanged(selected, deselected)
        self.viewport().update()
        self.chosen.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.edit_asked.emit()
        elif event.key() == Qt.Key.Key_Delete:
            self.remove_asked.emit()
        else:
            super().keyPressEvent(event)
