"""The short list of who would be ended, were one adjustment another."""

from PySide6.QtCore import QObject, QRect, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QResizeEvent
from PySide6.QtWidgets import QWidget

from guardian.kernel.process import ProcessKey
from guardian.protocol.i18n import _
from guardian.protocol.printable import printable
from guardian.protocol.quantities import UNKNOWN, format_gib
from guardian.ui.flat_table import FlatTable, RowPainter
from guardian.ui.scheme import Scheme
from guardian.ui.table_rows import Column, RowsModel
from guardian.ui.tokens import GAP_TINY, ROW_HEIGHT
from guardian.ui.type_scale import TextRole, font_for
from guardian.ui.what_if_ranking import Place

RANK, PROGRAM, POINTS, WAS = range(4)


def _columns() -> tuple[Column, ...]:
    return (
        Column(_("#"), 36, right=True),
        Column(_("Program"), 0),
        Column(_("Points, GiB"), 56, right=True),
        Column(_("Now"), 72, right=True),
    )


class WhatIfModel(RowsModel[Place]):
    """Rank, program with PID, points, and the rank it has now."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(_columns(), parent)
        self._page_size = 4096
        self.own: ProcessKey | None = None

    def show_places(self, places: tuple[Place, ...], own: ProcessKey | None, page_size: int) -> None:
        """Show these lines, with that of `own` standing out."""
        others = (own, page_size) != (self.own, self._page_size)
        self.own, self._page_size = own, page_size
        self.show_rows(places)
        if others:
            self.tell_changed()

    def text(self, row: Place, column: int) -> str:
        if column == RANK:
            return UNKNOWN if row.rank is None else str(row.rank)
        if column == PROGRAM:
            return f"{printable(row.victim.process.name)} {row.victim.process.pid}"
        if column == POINTS:
            badness = row.victim.badness
            return format_gib(None if badness is None else badness * self._page_size)
        return _("never") if row.was is None else _("was {rank}").format(rank=row.was)


class _Lines(RowPainter[Place]):
    """Paints the list: ranks strong, PIDs and "was" in quieter colours."""

    def __init__(self, scheme: Scheme, model: WhatIfModel, view: "WhatIfList") -> None:
        super().__init__(scheme, model, view)
        self._places = model

    def is_marked(self, row: Place) -> bool:
        return row.victim.process.key == self._places.own

    def role_of(self, row: Place, column: int) -> TextRole:
        return {RANK: TextRole.HEADING, WAS: TextRole.NOTE}.get(column, TextRole.BODY)

    def colour_of(self, row: Place, column: int, text: str) -> QColor:
        return self.scheme.tokens.text2 if column == WAS else self.scheme.tokens.text

    def put_text(self, painter: QPainter, inner: QRect, row: Place, column: int) -> None:
        if column == PROGRAM:
            name, _space, pid = self.model.text(row, column).rpartition(" ")
            self._write_program(painter, inner, name, pid)
        else:
            super().put_text(painter, inner, row, column)

    def _write(self, painter: QPainter, rect: QRect, text: str, role: TextRole, colour: QColor, side: Qt.AlignmentFlag) -> int:
        painter.setFont(font_for(role))
        painter.setPen(colour)
        shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, max(0, rect.width()))
        painter.drawText(rect, int(side | Qt.AlignmentFlag.AlignVCenter), shown)
        return painter.fontMetrics().horizontalAdvance(shown)

    def _write_program(self, painter: QPainter, rect: QRect, name: str, pid: str) -> None:
        tokens, lead = self.scheme.tokens, Qt.AlignmentFlag.AlignLeading
        painter.setFont(font_for(TextRole.BODY))
        kept = painter.fontMetrics().horizontalAdvance(f" {pid}")
        mirrored = painter.layoutDirection() == Qt.LayoutDirection.RightToLeft
        room = rect.adjusted(kept, 0, 0, 0) if mirrored else rect.adjusted(0, 0, -kept, 0)
        taken = self._write(painter, room, name, TextRole.BODY, tokens.text, lead) + GAP_TINY
        room = rect.adjusted(0, 0, -taken, 0) if mirrored else rect.adjusted(taken, 0, 0, 0)
        self._write(painter, room, pid, TextRole.BODY, tokens.text3, lead)


class WhatIfList(FlatTable):
    """Shows a `WhatIfModel`; `room_changed` tells that more or fewer rows fit now."""

    room_changed = Signal()

    def __init__(self, scheme: Scheme, model: WhatIfModel, parent: QWidget | None = None) -> None:
        super().__init__(scheme, model, _("Who would be ended then"), parent=parent)
        self.head.setVisible(False)
        self.setItemDelegate(_Lines(scheme, model, self))
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMinimumHeight(2 * ROW_HEIGHT)

    def rows_that_fit(self) -> int:
        """How many rows can be seen at once, at least two."""
        return max(2, self.viewport().height() // max(1, self.verticalHeader().defaultSectionSize()))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.room_changed.emit()
