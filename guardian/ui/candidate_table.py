"""What a killer had to choose from, ranked again: the one that was ended stands out."""

from collections.abc import Sequence

from PySide6.QtCore import QObject
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QWidget

from guardian.model.history import Candidate
from guardian.protocol.i18n import _
from guardian.protocol.printable import printable
from guardian.protocol.quantities import UNKNOWN, format_adjustment, format_gib
from guardian.ui.flat_table import FittedTable, RowPainter, fitting_widths
from guardian.ui.scheme import Scheme
from guardian.ui.table_rows import Column, RowsModel
from guardian.ui.type_scale import TextRole

_LEAST_NAME = 96
_RANK, _NAME, _PID, _POINTS, _MEMORY, _SWAP, _ADJUST, _ENDED = range(8)


def _columns() -> tuple[Column, ...]:
    return (
        Column("#", 36, right=True),
        Column(_("Program"), 0),
        Column(_("PID"), 64, right=True, spared=True),
        Column(_("Points GiB"), 92, right=True),
        Column(_("Memory GiB"), 104, right=True),
        Column(_("Swap GiB"), 84, right=True, spared=True),
        Column(_("Adjust"), 60, right=True),
        Column("", 60, spoken=_("Outcome")),
    )


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


class CandidateModel(RowsModel[Candidate]):
    """The rows of one kill."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(_columns(), parent)
        self._page_size: int | None = 4096

    def show_candidates(self, candidates: Sequence[Candidate], page_size: int | None = 4096) -> None:
        """Show these, first in rank first; points are pages of `page_size`, or bare numbers where it is None."""
        self._page_size = page_size
        self.replace_rows(candidates)

    def text(self, row: Candidate, column: int) -> str:
        return candidate_cells(row, self._page_size)[column]


class _CandidatePainter(RowPainter[Candidate]):
    def is_marked(self, row: Candidate) -> bool:
        return row.ended

    def colour_of(self, row: Candidate, column: int, text: str) -> QColor:
        quiet = column in (_RANK, _PID) and text != UNKNOWN
        return self.scheme.tokens.text2 if quiet else super().colour_of(row, column, text)

    def role_of(self, row: Candidate, column: int) -> TextRole:
        return TextRole.HEADING if column == _POINTS else TextRole.BODY


class CandidateTable(FittedTable):
    """The table; it takes the height of its rows and scrolls where there is less."""

    def __init__(self, scheme: Scheme, model: CandidateModel, parent: QWidget | None = None) -> None:
        self._candidates = model
        super().__init__(scheme, model, _("Ranked again"), parent)
        self.setItemDelegate(_CandidatePainter(scheme, model, self))

    def spread(self) -> None:
        room = self.viewport().width()
        widths = fitting_widths([column.width for column in self._candidates.columns], room, self.text_scale)
        unknown = [_POINTS, _SWAP, _ADJUST] if not any(one.points for one in self._candidates.rows) else []
        widths[_NAME] = _LEAST_NAME
        needed = sum(widths)
        # Swap and PID are what can be done without where there is no room.
        for section in (_POINTS, _ADJUST, _SWAP, _PID):
            hidden = section in unknown or (self._candidates.columns[section].spared and needed > room)
            self.setColumnHidden(section, hidden)
            if hidden:
                needed -= widths[section]
                widths[section] = 0
        widths[_NAME] = max(_LEAST_NAME, room - sum(widths) + widths[_NAME])
        for section, width in enumerate(widths):
            self.head.resizeSection(section, width)
