"""Paints the cells of the table of processes: texts in their columns, programs with their branch, points as a bar.

The view calls it for each cell that needs paint.  A delegate would do the same at five times the cost: most of its time goes
into options, indexes and shaping texts that were shaped a second ago.
"""

from typing import NamedTuple

from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QFont, QFontMetrics, QPainter, QPen, QPixmap, QPolygonF, QStaticText

from guardian.fields import Field
from guardian.protocol.i18n import _
from guardian.ui.columns import DEFAULT_SORT, RANK
from guardian.ui.icons import icon_pixmap
from guardian.ui.patterns import hatch_brush
from guardian.ui.process_line import BarCell, Cell, Line, NameCell, QuietText
from guardian.ui.scheme import Scheme
from guardian.ui.tokens import GAP_SMALL, GAP_TINY, ROW_HEIGHT, SMALL_BAR_HEIGHT, Tokens
from guardian.ui.type_scale import TextRole, font_for

INDENT = 16
_SHIELD = 13
_PROGRAMS = 2
_PATHS = frozenset({"command_line", "cgroup"})
_MOST_TEXTS = 2048


class _Ink(NamedTuple):
    """What is drawn with, made once per scheme and pixel ratio."""

    tokens: Tokens
    ratio: float
    hatch: QBrush
    shield: QPixmap


class _Face:
    """One font with the texts that were shaped in it."""

    def __init__(self, font: QFont) -> None:
        self.font = font
        self.metrics = QFontMetrics(font)
        self.height = self.metrics.height()
        self._shaped: dict[tuple[str, int], tuple[QStaticText, int]] = {}

    def shaped(self, text: str, room: int, mode: Qt.TextElideMode) -> tuple[QStaticText, int]:
        """The text, cut where it is wider than `room`, ready to draw, and its width."""
        # A number fits or is cut alike in every room it is given; only the widths of columns tell them apart.
        found = self._shaped.get((text, room))
        if found is None:
            if len(self._shaped) > _MOST_TEXTS:
                self._shaped.clear()
            advance = self.metrics.horizontalAdvance(text)
            shown = text if advance <= room else self.metrics.elidedText(text, mode, room)
            static = QStaticText(shown)
            static.setTextFormat(Qt.TextFormat.PlainText)
            static.setPerformanceHint(QStaticText.PerformanceHint.AggressiveCaching)
            static.prepare(font=self.font)
            found = self._shaped[text, room] = (static, min(advance, self.metrics.horizontalAdvance(shown)))
        return found


def branch_rect(cell: QRect, depth: int) -> QRect:
    """Where a click opens or closes a branch: from the cell's edge to the end of its arrow."""
    return QRect(cell.left(), cell.top(), GAP_SMALL + (depth + 1) * INDENT, cell.height())


class ProcessPainter:
    """Paints cells; `mirrored` where the language runs from right to left, `bar_shown` where there is a column for the bar."""

    def __init__(self, scheme: Scheme) -> None:
        self._scheme = scheme
        self._ink: _Ink | None = None
        self.mirrored = False
        self.bar_shown = True
        self.take_fonts()

    def take_fonts(self) -> None:
        """Follow the application's font."""
        self._body, self._strong = _Face(font_for(TextRole.BODY)), _Face(font_for(TextRole.HEADING))

    @property
    def row_height(self) -> int:
        """Height of every row."""
        return max(ROW_HEIGHT, self._body.height + GAP_TINY)

    def _inked(self, painter: QPainter) -> _Ink:
        tokens, ratio = self._scheme.tokens, painter.device().devicePixelRatioF()
        if self._ink is None or self._ink.tokens is not tokens or self._ink.ratio != ratio:
            shield = icon_pixmap("protect", tokens.text2, _SHIELD, ratio)
            self._ink = _Ink(tokens, ratio, hatch_brush(tokens, ratio), shield)
        return self._ink

    def paint_cell(self, painter: QPainter, rect: QRect, field: Field, line: Line, cell: Cell) -> None:
        """Paint what a cell shows, without its background."""
        left, top, width, height = rect.left() + GAP_SMALL, rect.top(), rect.width() - 2 * GAP_SMALL, rect.height() - 1
        tokens = self._scheme.tokens
        if isinstance(cell, BarCell):
            if line.ended:
                # Who has ended has no points; where the bar was there is room to say since when.
                self._write(painter, self._body, tokens.text3, _ended_words(line.ended), QRect(left, top, width, height))
            else:
                self._paint_bar(painter, QRect(left, top, width, height), cell)
        elif isinstance(cell, NameCell):
            self._paint_name(painter, QRect(left, top, width, height), line, cell)
        else:
            quiet = line.ended or isinstance(cell, QuietText) or field.name == RANK
            face = self._strong if field.name == DEFAULT_SORT and not line.ended else self._body
            mode = Qt.TextElideMode.ElideMiddle if field.name in _PATHS else Qt.TextElideMode.ElideRight
            text, advance = face.shaped(cell, width, mode)
            if (field.align == "right") != self.mirrored:
                left += width - advance
            painter.setPen(tokens.text3 if quiet else tokens.text)
            painter.setFont(face.font)
            painter.drawStaticText(left, top + (height - face.height) // 2, text)
            if line.ended:
                painter.fillRect(left, top + height // 2 + 1, advance, 1, tokens.text3)

    def _write(self, painter: QPainter, face: _Face, colour: QColor, text: str, room: QRect) -> None:
        """Write at the side where reading begins, and take the text's width off the room."""
        static, advance = face.shaped(text, max(0, room.width()), Qt.TextElideMode.ElideRight)
        painter.setPen(colour)
        painter.setFont(face.font)
        left = room.right() + 1 - advance if self.mirrored else room.left()
        painter.drawStaticText(left, room.top() + (room.height() - face.height) // 2, static)
        self._take(room, advance)

    def _take(self, room: QRect, width: int) -> None:
        """Take `width` off the side where reading begins."""
        if self.mirrored:
            room.setRight(room.right() - width)
        else:
            room.setLeft(room.left() + width)

    def _paint_name(self, painter: QPainter, room: QRect, line: Line, cell: NameCell) -> None:
        depth, below, is_open = cell.place
        tokens = self._scheme.tokens
        if depth or below:
            self._take(room, depth * INDENT)
            if below:
                self._paint_arrow(painter, room, is_open, tokens.text2)
            self._take(room, INDENT)
        note = f"  {_ended_words(cell.ended)}" if cell.ended and not self.bar_shown else ""
        kept = _SHIELD + GAP_TINY if cell.shielded else 0
        if note:
            # Where both do not fit, the name gets the larger part.
            kept = min(self._body.metrics.horizontalAdvance(note), room.width() * 2 // 5)
        for_name = room.adjusted(kept, 0, 0, 0) if self.mirrored else room.adjusted(0, 0, -kept, 0)
        before = QRect(for_name)
        self._write(painter, self._body, tokens.text3 if line.ended else tokens.text, cell.text, for_name)
        advance = before.width() - for_name.width()
        if line.ended:
            left = before.right() + 1 - advance if self.mirrored else before.left()
            painter.fillRect(left, room.center().y() + 2, advance, 1, tokens.text3)
        self._take(room, advance)
        if note:
            self._write(painter, self._body, tokens.text3, note, room)
        elif cell.shielded and not line.ended:
            self._take(room, GAP_TINY)
            left = room.right() + 1 - _SHIELD if self.mirrored else room.left()
            painter.drawPixmap(QPoint(left, room.center().y() - _SHIELD // 2 + 1), self._inked(painter).shield)

    def _paint_bar(self, painter: QPainter, rect: QRect, cell: BarCell) -> None:
        if not cell.memory and cell.adjustment <= 0:
            return
        ink = self._inked(painter)
        top, height = rect.center().y() - SMALL_BAR_HEIGHT // 2 + 1, SMALL_BAR_HEIGHT - 1
        memory, end = max(1, round(cell.memory * rect.width())), round(cell.adjustment * rect.width())
        left = rect.right() + 1 - memory if self.mirrored else rect.left()
        painter.fillRect(left, top, memory, height, ink.tokens.layers[_PROGRAMS].fill)
        if end - memory < 2:
            return
        hatched = QRectF(rect.right() + 1 - end if self.mirrored else rect.left() + memory, top, end - memory, height)
        painter.setBrushOrigin(hatched.topLeft())
        painter.fillRect(hatched, ink.hatch)
        painter.setPen(QPen(ink.tokens.text2, 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(hatched.adjusted(0.5, 0.5, -0.5, -0.5))

    def _paint_arrow(self, painter: QPainter, room: QRect, is_open: bool, colour: QColor) -> None:
        middle = QPointF(room.right() - 6 if self.mirrored else room.left() + 6, room.center().y() + 0.5)
        points = [(-4.0, -2.0), (0.0, 2.0), (4.0, -2.0)] if is_open else [(-2.0, -4.0), (2.0, 0.0), (-2.0, 4.0)]
        side = -1 if self.mirrored else 1
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(colour, 1.5))
        painter.drawPolyline(QPolygonF([QPointF(middle.x() + side * x, middle.y() + y) for x, y in points]))
        painter.restore()


def _ended_words(time: str) -> str:
    return _("ended {time}").format(time=time)
