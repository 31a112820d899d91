"""The score of one process as a waterfall: every term of its badness on one scale, from private memory to points."""

import math

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QBrush, QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from guardian.protocol.i18n import _
from guardian.protocol.printable import printable
from guardian.protocol.quantities import GIB, MIB, format_mib, format_number
from guardian.sampling.snapshot import Snapshot
from guardian.ui.chart import Chart
from guardian.ui.patterns import hatch_brush, layer_brush
from guardian.ui.process_line import Line
from guardian.ui.scheme import Scheme
from guardian.ui.score_parts import Part, Score, score_of, score_sentence
from guardian.ui.tokens import FOCUS_LINE, GAP_SMALL, GAP_TINY
from guardian.ui.type_scale import TextRole, font_for

_BAR = 14
_LEAST = 1.5
_ROW, _SMALLEST_ROW = 30, 18
# Room at both sides for the focus ring.
_SIDE = 4


class Waterfall(Chart):
    """All parts of a score, each tied to the next, on one scale that begins at 0."""

    def __init__(self, scheme: Scheme, parent: QWidget | None = None) -> None:
        super().__init__(scheme, _("Points"), parent)
        self._score: Score | None = None
        self._sentence = _("Select a process to see why it stands where it does.")
        self._rows: tuple[tuple[str, str], ...] = ()

    @property
    def score(self) -> Score | None:
        """What is drawn; None while there is nothing to draw."""
        return self._score

    def show_line(self, line: Line | None, snapshot: Snapshot | None) -> None:
        """Show the score of a line (a group's is that of its first member); None shows what to do."""
        if line is None or snapshot is None:
            score, sentence = None, _("Select a process to see why it stands where it does.")
            heading = _("Points")
        else:
            victim = line.place.members[0] if line.place.members else line.victim
            score = score_of(victim.process, snapshot.domain, snapshot.era)
            sentence = score_sentence(victim, score, snapshot.domain.page_size)
            heading = _("Points of {name} ({pid})").format(name=printable(victim.process.name), pid=victim.process.pid)
        if heading != self.heading:
            self.heading = heading
            self.setAccessibleName(heading)
        if score != self._score or sentence != self._sentence:
            self._score, self._sentence = score, sentence
            self.update()

    def describe(self) -> str:
        return self._sentence

    def columns(self) -> tuple[str, ...]:
        return _("Part"), "MiB"

    def rows(self) -> list[tuple[str, ...]]:
        if self._score is None:
            return []
        parts: list[tuple[str, ...]] = [(part.word, _signed(part)) for part in self._score.parts]
        return [*parts, (_("Points"), format_mib(self._score.points))]

    # The cursor goes from part to part

    def cursor_count(self) -> int:
        return 0 if self._score is None else len(self._score.parts) + 1

    def cursor_at(self, index: int) -> QPointF:
        top, pitch = self._rows_from()
        return QPointF(self._plot().left() + _SIDE, top + (index + 0.8) * pitch)

    def cursor_text(self, index: int) -> str:
        word, size = self.rows()[index]
        return f"{word}: {size} MiB"

    def cursor_index_at(self, x: float) -> int | None:
        top, pitch = self._rows_from()
        index = int((self._hover_at.y() - top) // pitch)
        return index if 0 <= index < self.cursor_count() else None

    def sizeHint(self) -> QSize:
        return QSize(396, 270)

    def minimumSizeHint(self) -> QSize:
        return QSize(260, 9 * self._least_row())

    def _least_row(self) -> int:
        """A row is never lower than its words."""
        return max(_SMALLEST_ROW, QFontMetrics(font_for(TextRole.NOTE)).height())

    # Where things lie

    def _width(self) -> int:
        return max(0, self.width() - 2 * _SIDE)

    def _columns_width(self) -> tuple[int, int]:
        """Widths of the words at the left and of the numbers at the right."""
        metrics, strong = QFontMetrics(font_for(TextRole.NOTE)), QFontMetrics(font_for(TextRole.NOTE_STRONG))
        rows = self.rows()
        words = max((strong.horizontalAdvance(row[0]) for row in rows), default=0)
        numbers = max((strong.horizontalAdvance(f"{row[1]} MiB") for row in rows), default=0)
        return min(max(words, metrics.horizontalAdvance("M" * 8)), self._width() // 2), numbers

    def _plot(self) -> QRectF:
        words, numbers = self._columns_width()
        left, right = words + GAP_SMALL, self._width() - numbers - GAP_SMALL
        return QRectF(left, 0, max(20, right - left), max(10, self.height() - self._axis_height()))

    @staticmethod
    def _axis_height() -> int:
        return QFontMetrics(font_for(TextRole.AXIS)).height() + GAP_TINY

    def _rows_from(self) -> tuple[float, float]:
        """Top of the first row and the distance of rows."""
        count = max(1, self.cursor_count())
        least = self._least_row()
        pitch = min(max(_ROW, least), max(least, (self.height() - self._axis_height()) / (count + 0.5)))
        return 0.0, pitch

    def _ticks(self, score: Score, plot: QRectF) -> tuple[float, float, list[float], float]:
        """Lowest and highest value of the scale, its round marks, and the unit they are in."""
        low, high = float(score.lowest), float(max(score.highest, score.lowest + MIB))
        unit = GIB if max(high, -low) >= 2 * GIB else MIB
        most = min(5.0, max(2.0, plot.width() / (4 * QFontMetrics(font_for(TextRole.AXIS)).horizontalAdvance("0"))))
        step = _round_step((high - low) / unit / most) * unit
        marks = [step * at for at in range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1)]
        return low, high, marks, float(unit)

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        self.draw(painter, QRectF(self.rect()))
        painter.end()

    def draw(self, painter: QPainter, rect: QRectF) -> None:
        painter.save()
        painter.translate(rect.left() + _SIDE, rect.top())
        tokens = self.scheme.tokens
        if self._score is None:
            painter.setFont(font_for(TextRole.BODY))
            painter.setPen(tokens.text2)
            wrapped = int(Qt.AlignmentFlag.AlignLeading | Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap)
            painter.drawText(QRectF(0, GAP_SMALL, self._width(), self.height()), wrapped, self._sentence)
        else:
            self._draw_score(painter, self._score)
        painter.restore()
        if self.hasFocus():
            painter.setPen(QPen(tokens.accent, FOCUS_LINE))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(rect.adjusted(1, 1, -1, -1))

    def _draw_score(self, painter: QPainter, score: Score) -> None:
        plot = self._plot()
        low, high, marks, unit = self._ticks(score, plot)

        def x(value: float) -> float:
            return plot.left() + (value - low) / (high - low) * plot.width()

        top, pitch = self._rows_from()
        bottom = top + (len(score.parts) + 1) * pitch + GAP_SMALL
        self._draw_grid(painter, [(x(mark), mark / unit) for mark in marks], bottom, "GiB" if unit == GIB else "MiB")
        for at, part in enumerate(score.parts):
            begins_group = part.layer is None and (at == 0 or score.parts[at - 1].layer is not None)
            y = top + at * pitch
            if begins_group:
                self._draw_line(painter, y + 1)
            self._draw_part(painter, part, x(part.start), x(part.end), y + pitch / 2)
            self._draw_tie(painter, x(part.end), y + pitch / 2, pitch, through=not part.size)
            self._draw_words(painter, part.word, _signed(part), y, pitch, strong=False)
        y = top + len(score.parts) * pitch
        self._draw_line(painter, y + 1)
        painter.setPen(QPen(self.scheme.tokens.text, 1.5))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(_bar(x(0), x(score.points), y + pitch / 2).adjusted(0.5, 0.5, -0.5, -0.5))
        self._draw_words(painter, _("Points"), format_mib(score.points), y, pitch, strong=True)

    def _draw_grid(self, painter: QPainter, marks: list[tuple[float, float]], bottom: float, unit: str) -> None:
        tokens = self.scheme.tokens
        painter.setFont(font_for(TextRole.AXIS))
        metrics = painter.fontMetrics()
        digits = 0 if all(abs(value - round(value)) < 1e-6 for _x, value in marks) else 1
        for at, (x, value) in enumerate(marks):
            painter.setPen(QPen(tokens.grid, 1))
            painter.drawLine(QPointF(round(x) + 0.5, 0), QPointF(round(x) + 0.5, bottom))
            text = format_number(value, digits)
            left = x - metrics.horizontalAdvance(text) / 2
            painter.setPen(tokens.text2)
            shown = f"{text} {unit}" if at == len(marks) - 1 else text
            painter.drawText(QPointF(left, bottom + metrics.ascent() + GAP_TINY), shown)

    def _draw_line(self, painter: QPainter, y: float) -> None:
        painter.setPen(QPen(self.scheme.tokens.border, 1))
        painter.drawLine(QPointF(0, round(y) + 0.5), QPointF(self._width(), round(y) + 0.5))

    def _draw_part(self, painter: QPainter, part: Part, start: float, end: float, middle: float) -> None:
        tokens, ratio = self.scheme.tokens, self.devicePixelRatioF()
        bar = _bar(start, end, middle)
        hatched = part.layer is None
        brush: QBrush = hatch_brush(tokens, ratio) if part.layer is None else layer_brush(tokens, part.layer, ratio)
        if not part.size:
            return
        painter.setBrushOrigin(bar.topLeft())
        painter.fillRect(bar, brush)
        if hatched and bar.width() > 2:
            painter.setPen(QPen(tokens.text2, 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(bar.adjusted(0.5, 0.5, -0.5, -0.5))

    def _draw_tie(self, painter: QPainter, x: float, middle: float, pitch: float, *, through: bool) -> None:
        """Tie a part to the next by a line; where it is nothing itself, the line goes through its row."""
        painter.setPen(QPen(self.scheme.tokens.control, 1))
        column = round(x) - 0.5
        above = -_BAR / 2 if through else _BAR / 2
        painter.drawLine(QPointF(column, middle + above), QPointF(column, middle + pitch - _BAR / 2))

    def _draw_words(self, painter: QPainter, word: str, size: str, y: float, pitch: float, *, strong: bool) -> None:
        painter.setFont(font_for(TextRole.NOTE_STRONG if strong else TextRole.NOTE))
        painter.setPen(self.scheme.tokens.text)
        metrics, words = painter.fontMetrics(), self._columns_width()[0]
        shown = metrics.elidedText(word, Qt.TextElideMode.ElideRight, words)
        middle = int(Qt.AlignmentFlag.AlignVCenter)
        painter.drawText(QRectF(0, y, words, pitch), middle | int(Qt.AlignmentFlag.AlignLeading), shown)
        painter.drawText(QRectF(0, y, self._width(), pitch), middle | int(Qt.AlignmentFlag.AlignTrailing), f"{size} MiB")


def _signed(part: Part) -> str:
    return format_mib(part.size, sign=True)


def _bar(start: float, end: float, middle: float) -> QRectF:
    """A bar from one value to another, wide enough to be seen."""
    left, width = min(start, end), max(_LEAST, abs(end - start))
    return QRectF(left, round(middle - _BAR / 2), width, _BAR)


def _round_step(least: float) -> float:
    """The smallest of 1, 2, 5 times a power of ten that is at least `least`; never below 1, so that marks are whole numbers."""
    if least <= 1:
        return 1.0
    power = 10.0 ** math.floor(math.log10(least))
    return next(factor * power for factor in (1.0, 2.0, 5.0, 10.0) if factor * power >= least - 1e-9)
