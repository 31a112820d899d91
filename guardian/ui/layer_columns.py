"""The picture of the stacked area: columns of layers in a pixmap that is scrolled, so that only new columns are painted.

All lengths are device pixels.  A column's number is counted from the clock's zero, so that textures and old columns stay put.
"""

import math
from collections.abc import Iterable

from PySide6.QtCore import QPointF, QRect, QRectF, QSize
from PySide6.QtGui import QBrush, QPainter, QPixmap, QTransform

from guardian.sampling.history import HistoryPoint
from guardian.ui.axis import stacked_heights
from guardian.ui.composition_bar import CAN_BE_FREED, layer_sizes
from guardian.ui.patterns import layer_brush, mix
from guardian.ui.tokens import BOUND_LINE, FADED, Tokens

# Samples further apart than this were not watched in between: the picture has a gap there.
LONGEST_GAP = 90.0
_LINED = 2.0
_TEXTURE_TURN = 1 << 20


class LayerColumns:
    """A pixmap of the last `span` seconds; `top` is the value in bytes at its upper edge."""

    def __init__(self, tokens: Tokens, size: QSize, span: float, top: float, ratio: float, *, faded: bool = False) -> None:
        self.tokens, self.span, self.top, self.ratio, self.faded = tokens, span, top, ratio, faded
        self.pixmap = QPixmap(size)
        self.pixmap.fill(tokens.surface)
        self.columns_painted = 0
        self._per_second = size.width() / span
        self._newest = 0
        self._last: HistoryPoint | None = None
        self._last_tops: list[float] | None = None
        self._brushes = [self._device_brush(index) for index in range(8)]

    def _device_brush(self, index: int) -> QBrush:
        brush = QBrush(layer_brush(self.tokens, index, self.ratio, self.faded))
        brush.setTransform(QTransform())
        return brush

    def column_of(self, point: HistoryPoint) -> int:
        """The number of the column in which a point lies."""
        return math.floor(point.monotonic * self._per_second)

    def fits(self, tokens: Tokens, size: QSize, top: float, ratio: float, *, faded: bool) -> bool:
        """Whether the picture can go on, or has to be made anew."""
        same = (self.tokens is tokens, self.pixmap.size() == size, self.top == top, self.ratio == ratio, self.faded == faded)
        return all(same)

    def fill(self, points: Iterable[HistoryPoint]) -> None:
        """Paint points, oldest first, as if they had come one by one."""
        known = list(points)
        if not known:
            return
        self._newest = self.column_of(known[-1])
        painter = self._painter()
        for point in known:
            self._paint_since(painter, point)
        painter.end()

    def add(self, point: HistoryPoint) -> None:
        """Scroll to a new point and paint the columns since the one before."""
        newest = self.column_of(point)
        if self._last is not None:
            self._scroll(newest - self._newest)
        self._newest = newest
        painter = self._painter()
        self._paint_since(painter, point)
        painter.end()

    def _painter(self) -> QPainter:
        painter = QPainter(self.pixmap)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        return painter

    def _paint_since(self, painter: QPainter, point: HistoryPoint) -> None:
        """Paint the columns after the last point's up to this one's; those left of the picture are only reckoned."""
        before, column_now = self._last, self.column_of(point)
        if before is None or not 0 < point.monotonic - before.monotonic <= LONGEST_GAP:
            before, self._last_tops = None, None
        # A second sample of the same column replaces the first.
        first = column_now if before is None else min(self.column_of(before) + 1, column_now)
        right = self.pixmap.width() - 1
        for column in range(max(first, self._newest - right - 1), column_now + 1):
            tops = self._tops(before, point, column, column_now)
            self._paint_column(painter, right - (self._newest - column), column, tops)
        self._last = point

    def _scroll(self, by: int) -> None:
        if by <= 0:
            return
        width, height = self.pixmap.width(), self.pixmap.height()
        if by < width:
            self.pixmap.scroll(-by, 0, self.pixmap.rect())
        painter = QPainter(self.pixmap)
        painter.fillRect(QRect(max(0, width - by), 0, min(by, width), height), self.tokens.surface)
        painter.end()

    def _tops(self, before: HistoryPoint | None, point: HistoryPoint, column: int, newest: int) -> list[float]:
        """The upper edge of each layer in a column between two points."""
        sizes = layer_sizes(point.composition)
        if before is not None and column < newest:
            first = self.column_of(before)
            share = (column - first) / (newest - first)
            sizes = [_between(old, new, share) for old, new in zip(layer_sizes(before.composition), sizes, strict=True)]
        height = self.pixmap.height()
        total = point.composition.total
        heights = stacked_heights(sizes, total, height * total / self.top if self.top else 0)
        edge, tops = float(height), []
        for each in heights:
            edge -= each
            tops.append(edge)
        return tops

    def _paint_column(self, painter: QPainter, x: int, column: int, tops: list[float]) -> None:
        self.columns_painted += 1
        height = self.pixmap.height()
        painter.setBrushOrigin(QPointF(x - column % _TEXTURE_TURN, height))
        painter.fillRect(QRectF(x, 0, 1, height), self.tokens.surface)
        for index in range(7, -1, -1):
            painter.fillRect(QRectF(x, tops[index], 1, height - tops[index]), self._brushes[index])
        old = self._last_tops or tops
        for index in range(7):
            lower = tops[index - 1] if index else float(height)
            # The thinnest layers would vanish under their own lines.
            if lower - tops[index] >= _LINED * self.ratio or index == CAN_BE_FREED:
                self._paint_line(painter, x, index, old[index], tops[index])
        self._last_tops = tops

    def _paint_line(self, painter: QPainter, x: int, index: int, old: float, new: float) -> None:
        """The line on top of layer `index`, joined to where it was one column before."""
        tokens = self.tokens
        colour, thick = tokens.surface, 1.0
        if index == CAN_BE_FREED:
            colour, thick = tokens.text, BOUND_LINE
        elif index == CAN_BE_FREED + 1:
            colour = tokens.control
        if self.faded:
            colour = mix(colour, tokens.surface, FADED)
        thick *= self.ratio
        upper, lower = min(old, new), max(old, new)
        painter.fillRect(QRectF(x, upper - thick / 2, 1, lower - upper + thick), colour)


def _between(old: int | None, new: int | None, share: float) -> int | None:
    return new if old is None or new is None else round(old + (new - old) * share)
