"""What a killer had to choose from, ranked again: the one that was ended stands out."""

from collections.abc import Sequence

from PySide6.QtCore import QAbstractTableModel, QEvent, QModelIndex, QObject, QPersistentModelIndex, QSize, Qt, Slot
from PySide6.QtGui import QFont, QGuiApplication, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QFrame, QHeaderView, QTableView, QWidget

from guardian.model.history import Candidate
from guardian.protocol.i18n import N_, _
from guardian.protocol.printable import printable
from guardian.protocol.quantities import UNKNOWN, format_adjustment, format_gib
from guardian.ui.export import rows_as_text
from guardian.ui.kill_list import RowPainter, fitting_widths
from guardian.ui.scheme import Scheme
from guardian.ui.table_head import TableHead
from guardian.ui.tokens import GAP_TINY, ROW_HEIGHT
from guardian.ui.type_scale import TextRole, font_changed, font_for

Index = QModelIndex | QPersistentModelIndex
_NOWHERE = QModelIndex()
_DIGIT = 8.0
_LEAST_NAME = 96
# Head, width, whether at the right.
HEADS: tuple[tuple[str, int, bool], ...] = (
    ("#", 36, True),
    (N_("Program"), 0, False),
    (N_("PID"), 64, True),
    (N_("Points GiB"), 92, True),
    (N_("Memory GiB"), 104, True),
    (N_("Swap GiB"), 84, True),
    (N_("Adjust"), 60, True),
    ("", 60, False),
)
_PID, _POINTS, _SWAP, _ADJUST = 2, 3, 5, 6


def candidate_cells(one: Candidate, page_size: int | None) -> tuple[str, ...]:
    """The texts of a row; points are pages of that size, or bare numbers where it is None."""
    points = None if one.points is None else str(one.points)
    return (
        UNKNOWN if one.rank is None else str(one.rank),
        printable(one.name),
        str(one.pid),
        (points or UNKNOWN) if page_size is None else format_gib(None if one.points is None else one.points * page_size),
        format_gib(one.memory),
        format_gib(one.swap),
        UNKNOWN if one.adjustment is None else format_adjustment(one.adjustment),
        _("ended") if one.ended else "",
    )


class CandidateModel(QAbstractTableModel):
    """The rows of one kill."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.candidates: tuple[Candidate, ...] = ()
        self._page_size: int | None = 4096

    def show_candidates(self, candidates: Sequence[Candidate], page_size: int | None = 4096) -> None:
        """Show these, first in rank first; points are pages of `page_size`, or bare numbers where it is None."""
        self.beginResetModel()
        self.candidates, self._page_size = tuple(candidates), page_size
        self.endResetModel()

    def cells(self, row: int) -> tuple[str, ...]:
        """The texts of a row."""
        return candidate_cells(self.candidates[row], self._page_size)

    def rowCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self.candidates)

    def columnCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(HEADS)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid():
            return None
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return self.cells(index.row())[index.column()]
        if role == Qt.ItemDataRole.TextAlignmentRole and HEADS[index.column()][2]:
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return _(HEADS[section][0]) if HEADS[section][0] else _("Outcome")
        return None


class _CandidatePainter(RowPainter):
    def __init__(self, scheme: Scheme, view: QTableView, model: CandidateModel) -> None:
        super().__init__(scheme, view)
        self._rows = model

    def is_marked(self, index: Index) -> bool:
        return self._rows.candidates[index.row()].ended

    def is_quiet(self, index: Index) -> bool:
        return index.column() in (0, 2)

    def font_of(self, index: Index) -> QFont:
        return font_for(TextRole.HEADING if index.column() == _POINTS else TextRole.BODY)


class CandidateTable(QTableView):
    """The table; it takes the height of its rows and scrolls where there is less."""

    def __init__(self, scheme: Scheme, model: CandidateModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows = model
        self._head = TableHead(scheme, self)
        self._head.setSectionsClickable(False)
        self.setHorizontalHeader(self._head)
        self.setModel(model)
        self.setItemDelegate(_CandidatePainter(scheme, self, model))
        self.setAccessibleName(_("Ranked again"))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.verticalHeader().setVisible(False)
        self._head.set_lines([(_(word) if word else "", "", right) for word, _width, right in HEADS])
        self._head.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self._take_fonts()
        scheme.changed.connect(self._repaint)
        model.modelReset.connect(self._fit)

    @Slot()
    def _fit(self) -> None:
        self._spread()
        self.updateGeometry()

    @Slot()
    def _repaint(self) -> None:
        self.viewport().update()

    def _take_fonts(self) -> None:
        self.setFont(font_for(TextRole.BODY))
        rows = self.verticalHeader()
        height = max(ROW_HEIGHT, self.fontMetrics().height() + GAP_TINY)
        rows.setMinimumSectionSize(height)
        rows.setDefaultSectionSize(height)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        row = self.currentIndex().row()
        copies = event.keyCombination().toCombined() == (Qt.Modifier.CTRL | Qt.Key.Key_C).toCombined()
        if copies and 0 <= row < len(self._rows.candidates):
            QGuiApplication.clipboard().setText(rows_as_text([self._rows.cells(row)]))
        else:
            super().keyPressEvent(event)

    def sizeHint(self) -> QSize:
        rows = self.verticalHeader().defaultSectionSize() * min(64, self._rows.rowCount())
        return QSize(320, self._head.sizeHint().height() + rows)

    def minimumSizeHint(self) -> QSize:
        return QSize(200, self._head.sizeHint().height() + 2 * self.verticalHeader().defaultSectionSize())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._spread()

    def _spread(self) -> None:
        room = self.viewport().width()
        scale = max(1.0, self.fontMetrics().horizontalAdvance("0") / _DIGIT)
        widths = fitting_widths([width for _word, width, _right in HEADS], room, scale)
        unknown = [_POINTS, _SWAP, _ADJUST] if not any(one.points for one in self._rows.candidates) else []
        widths[1] = _LEAST_NAME
        needed = sum(widths)
        # Swap and PID are what can be done without where there is no room.
        for spared in (_POINTS, _ADJUST, _SWAP, _PID):
            hidden = spared in unknown or (spared in (_SWAP, _PID) and needed > room)
            self.setColumnHidden(spared, hidden)
            if hidden:
                needed -= widths[spared]
                widths[spared] = 0
        widths[1] = max(_LEAST_NAME, room - sum(widths) + widths[1])
        for section, width in enumerate(widths):
            self._head.resizeSection(section, width)

    def event(self, event: QEvent) -> bool:
        if font_changed(event):
            self._take_fonts()
            self._spread()
        return super().event(event)
