"""A small table of texts that lies flat in a card: as high as its rows, or as the room that is left."""

from collections.abc import Sequence
from typing import NamedTuple

from PySide6.QtCore import QEvent, QSize, Qt, Slot
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QWidget

from guardian.model.verdict import State
from guardian.ui.flat_table import FlatTable, RowPainter
from guardian.ui.scheme import Scheme
from guardian.ui.table_rows import Column, RowsModel
from guardian.ui.type_scale import TextRole, font_changed

TextColumn = Column


class TextCell(NamedTuple):
    """One text: `quiet` in `text2`, `amiss` in the warning's colour, and `strong` then."""

    text: str
    quiet: bool = False
    amiss: bool = False
    strong: bool = True


TextRow = Sequence[TextCell]


class TextModel(RowsModel[TextRow]):
    """Rows of texts under their heads."""

    def text(self, row: TextRow, column: int) -> str:
        return row[column].text


class _TextPainter(RowPainter[TextRow]):
    def is_lined(self, row: int) -> bool:
        return row < len(self.model.rows) - 1

    def role_of(self, row: TextRow, column: int) -> TextRole:
        return TextRole.HEADING if row[column].amiss and row[column].strong else TextRole.BODY

    def colour_of(self, row: TextRow, column: int, text: str) -> QColor:
        tokens = self.scheme.tokens
        return tokens.states[State.WARNING].colour if row[column].amiss else tokens.text2 if row[column].quiet else tokens.text


class TextTable(FlatTable):
    """Shows a `TextModel`; `headed` with its heads.  It takes the height of its rows and scrolls where there is less."""

    def __init__(
        self, scheme: Scheme, model: TextModel, name: str, *, headed: bool = True, parent: QWidget | None = None
    ) -> None:
        super().__init__(scheme, model, name, parent=parent)
        self.head.setVisible(headed)
        self.setItemDelegate(_TextPainter(scheme, model, self))
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        model.rowsInserted.connect(self._fit)
        model.rowsRemoved.connect(self._fit)
        self._fit()

    @Slot()
    def _fit(self) -> None:
        self.setMaximumHeight(self.sizeHint().height())
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        return QSize(200, self.height_of(self.model().rowCount()))

    def minimumSizeHint(self) -> QSize:
        return QSize(120, self.height_of(min(2, self.model().rowCount())))

    def event(self, event: QEvent) -> bool:
        done = super().event(event)
        if font_changed(event):
            self._fit()
        return done
