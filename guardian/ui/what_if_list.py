"""The short list of who would be ended, were one adjustment another."""

from PySide6.QtCore import QAbstractTableModel, QEvent, QModelIndex, QObject, QPersistentModelIndex, QRect, Qt, Signal, Slot
from PySide6.QtGui import QColor, QPainter, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHeaderView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from guardian.kernel.process import ProcessKey
from guardian.protocol.i18n import _
from guardian.protocol.printable import printable
from guardian.protocol.quantities import UNKNOWN, format_gib
from guardian.ui.scheme import Scheme
from guardian.ui.tokens import GAP_SMALL, GAP_TINY, ROW_HEIGHT
from guardian.ui.type_scale import TextRole, font_changed, font_for
from guardian.ui.what_if_ranking import Place

Index = QModelIndex | QPersistentModelIndex

_NOWHERE = QModelIndex()
RANK, PROGRAM, POINTS, WAS = range(4)
_SHARES = {RANK: 36, POINTS: 56, WAS: 72}


class WhatIfModel(QAbstractTableModel):
    """Rank, program with PID, points, and the rank it has now."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._places: tuple[Place, ...] = ()
        self._page_size = 4096
        self.own: ProcessKey | None = None

    def show_places(self, places: tuple[Place, ...], own: ProcessKey | None, page_size: int) -> None:
        """Show these lines; rows come and go at the end, the others change in place."""
        before = len(self._places)
        if len(places) < before:
            self.beginRemoveRows(_NOWHERE, len(places), before - 1)
            self._places = self._places[: len(places)]
            self.endRemoveRows()
        elif len(places) > before:
            self.beginInsertRows(_NOWHERE, before, len(places) - 1)
            self._places = places
            self.endInsertRows()
        if places != self._places or own != self.own or before < len(places):
            self._places, self.own, self._page_size = places, own, page_size
            if places:
                self.dataChanged.emit(self.index(0, 0), self.index(len(places) - 1, WAS))

    def place(self, row: int) -> Place:
        """The line in a row."""
        return self._places[row]

    def rowCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self._places)

    def columnCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else 4

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if role != Qt.ItemDataRole.DisplayRole or not index.isValid():
            return None
        place = self._places[index.row()]
        if index.column() == RANK:
            return UNKNOWN if place.rank is None else str(place.rank)
        if index.column() == PROGRAM:
            return f"{printable(place.victim.process.name)} {place.victim.process.pid}"
        if index.column() == POINTS:
            badness = place.victim.badness
            return format_gib(None if badness is None else badness * self._page_size)
        return _("never") if place.was is None else _("was {rank}").format(rank=place.was)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return (_("#"), _("Program"), _("Points, GiB"), _("Now"))[section]
        return None


class _Lines(QStyledItemDelegate):
    """Paints the list: ranks strong, PIDs and "was" in quieter colours."""

    def __init__(self, scheme: Scheme, model: WhatIfModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._scheme, self._model = scheme, model

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        tokens = self._scheme.tokens
        rect: QRect = option.rect
        place = self._model.place(index.row())
        if place.victim.process.key == self._model.own:
            painter.fillRect(rect, tokens.select)
        painter.fillRect(rect.left(), rect.bottom(), rect.width(), 1, tokens.grid)
        inner = rect.adjusted(GAP_TINY, 0, -GAP_SMALL, -1)
        text = str(self._model.data(index))
        if index.column() == PROGRAM:
            name, _space, pid = text.rpartition(" ")
            self._write_program(painter, inner, name, pid)
            return
        role, colour = {
            RANK: (TextRole.HEADING, tokens.text),
            POINTS: (TextRole.BODY, tokens.text),
            WAS: (TextRole.NOTE, tokens.text2),
        }[index.column()]
        self._write(painter, inner, text, role, colour, Qt.AlignmentFlag.AlignTrailing)

    def _write(self, painter: QPainter, rect: QRect, text: str, role: TextRole, colour: QColor, side: Qt.AlignmentFlag) -> int:
        painter.setFont(font_for(role))
        painter.setPen(colour)
        shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, max(0, rect.width()))
        painter.drawText(rect, int(side | Qt.AlignmentFlag.AlignVCenter), shown)
        return painter.fontMetrics().horizontalAdvance(shown)

    def _write_program(self, painter: QPainter, rect: QRect, name: str, pid: str) -> None:
        tokens, lead = self._scheme.tokens, Qt.AlignmentFlag.AlignLeading
        painter.setFont(font_for(TextRole.BODY))
        kept = painter.fontMetrics().horizontalAdvance(f" {pid}")
        mirrored = painter.layoutDirection() == Qt.LayoutDirection.RightToLeft
        room = rect.adjusted(kept, 0, 0, 0) if mirrored else rect.adjusted(0, 0, -kept, 0)
        taken = self._write(painter, room, name, TextRole.BODY, tokens.text, lead) + GAP_TINY
        room = rect.adjusted(0, 0, -taken, 0) if mirrored else rect.adjusted(taken, 0, 0, 0)
        self._write(painter, room, pid, TextRole.BODY, tokens.text3, lead)


class WhatIfList(QTableView):
    """Shows a `WhatIfModel`; `room_changed` tells that more or fewer rows fit now."""

    room_changed = Signal()

    def __init__(self, scheme: Scheme, model: WhatIfModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setModel(model)
        self.setItemDelegate(_Lines(scheme, model, self))
        self.setAccessibleName(_("Who would be ended then"))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.horizontalHeader().setVisible(False)
        self.verticalHeader().setVisible(False)
        self.setMinimumHeight(2 * ROW_HEIGHT)
        self._follow_font()
        scheme.changed.connect(self._repaint)

    @Slot()
    def _repaint(self) -> None:
        self.viewport().update()

    def _follow_font(self) -> None:
        self.setFont(font_for(TextRole.BODY))
        height = max(ROW_HEIGHT, self.fontMetrics().height() + GAP_TINY)
        self.verticalHeader().setMinimumSectionSize(height)
        self.verticalHeader().setDefaultSectionSize(height)
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)

    def rows_that_fit(self) -> int:
        """How many rows can be seen at once, at least two."""
        return max(2, self.viewport().height() // max(1, self.verticalHeader().defaultSectionSize()))

    def event(self, event: QEvent) -> bool:
        if font_changed(event):
            self._follow_font()
        return super().event(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        scale = max(1.0, self.fontMetrics().horizontalAdvance("0") / 8.0)
        taken = 0
        for column, width in _SHARES.items():
            self.setColumnWidth(column, round(width * scale))
            taken += round(width * scale)
        self.setColumnWidth(PROGRAM, max(40, self.viewport().width() - taken))
        self.room_changed.emit()
