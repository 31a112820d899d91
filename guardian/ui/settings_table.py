"""The table of the kernel's settings: name, value, meaning, advice."""

from PySide6.QtCore import QItemSelection, QObject, QRect, Qt, Signal, Slot
from PySide6.QtGui import QColor, QKeyEvent, QPainter
from PySide6.QtWidgets import QWidget

from guardian.model.verdict import State
from guardian.policy.advice import Kind
from guardian.policy.setting_rows import SettingRow
from guardian.protocol.i18n import _
from guardian.ui.flat_table import FlatTable, RowPainter
from guardian.ui.icons import icon_pixmap
from guardian.ui.scheme import Scheme
from guardian.ui.table_rows import Column, Index, RowsModel
from guardian.ui.tokens import GAP_TINY
from guardian.ui.type_scale import TextRole

NAME, NOW, MEANING, ADVICE = range(4)
SHOWN_ROWS = 8
_ICON = 14
_DRAWINGS = {Kind.KEEP: "check", Kind.CHANGE: "add"}


class SettingModel(RowsModel[SettingRow]):
    """The settings in their own order, which never changes."""

    def __init__(self, parent: QObject | None = None) -> None:
        columns = (
            Column(_("Setting"), 216),
            Column(_("Now"), 80, right=True),
            Column(_("Meaning"), 0),
            Column(_("Advice for this machine"), 204),
        )
        super().__init__(columns, parent)

    def text(self, row: SettingRow, column: int) -> str:
        return (row.knob.key, row.shown, row.meaning, row.advice.words)[column]

    def hint(self, row: SettingRow, column: int) -> str:
        return row.advice.reason if column == ADVICE else self.text(row, column)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if role == Qt.ItemDataRole.AccessibleDescriptionRole and index.isValid():
            return self.rows[index.row()].advice.reason
        return super().data(index, role)


class _SettingPainter(RowPainter[SettingRow]):
    """Values strong, meanings quiet, advice with its drawing: a check to keep, a plus to change."""

    def colour_of(self, row: SettingRow, column: int, text: str) -> QColor:
        return self.scheme.tokens.text2 if column == MEANING else self.scheme.tokens.text

    def role_of(self, row: SettingRow, column: int) -> TextRole:
        return TextRole.HEADING if column == NOW else TextRole.BODY

    def put_before(self, painter: QPainter, inner: QRect, row: SettingRow, column: int) -> QRect:
        name = _DRAWINGS.get(row.advice.kind) if column == ADVICE else None
        if name is None:
            return inner
        tokens = self.scheme.tokens
        colour = tokens.accent if row.advice.kind is Kind.CHANGE else tokens.states[State.CALM].colour
        mirrored = self.view.layoutDirection() == Qt.LayoutDirection.RightToLeft
        left = inner.right() - _ICON if mirrored else inner.left()
        drawing = icon_pixmap(name, colour, _ICON, painter.device().devicePixelRatioF())
        painter.drawPixmap(left, inner.center().y() - _ICON // 2, drawing)
        taken = _ICON + GAP_TINY
        return inner.adjusted(0, 0, -taken, 0) if mirrored else inner.adjusted(taken, 0, 0, 0)


class SettingView(FlatTable):
    """Shows a `SettingModel`; `chosen` tells of another one in front, `opened` of Enter or a double click."""

    chosen = Signal()
    opened = Signal()

    def __init__(self, scheme: Scheme, model: SettingModel, parent: QWidget | None = None) -> None:
        self._settings = model
        super().__init__(scheme, model, _("Settings of the kernel"), selects=True, parent=parent)
        self.setItemDelegate(_SettingPainter(scheme, model, self))
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.doubleClicked.connect(self._open)

    @Slot()
    def _open(self) -> None:
        self.opened.emit()

    def current_row(self) -> SettingRow | None:
        """The selected setting."""
        rows = self.selectionModel().selectedRows()
        return self._settings.rows[rows[0].row()] if rows else None

    def choose(self, key: str) -> None:
        """Select a setting; nothing where it is not there."""
        at = next((at for at, row in enumerate(self._settings.rows) if row.knob.key == key), None)
        if at is not None:
            self.selectRow(at)

    def wanted_height(self) -> int:
        """As high as the head and the rows that are seen at once."""
        return self.height_of(SHOWN_ROWS)

    def selectionChanged(self, selected: QItemSelection, deselected: QItemSelection) -> None:
        super().selectionChanged(selected, deselected)
        self.chosen.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.opened.emit()
        else:
            super().keyPressEvent(event)
