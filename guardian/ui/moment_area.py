"""Memory in the minutes before a kill: the same stacked layers as on page Now, at past times."""

from collections.abc import Sequence

from PySide6.QtCore import QDateTime, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from guardian.model.history import Moment
from guardian.protocol.i18n import _
from guardian.protocol.quantities import GIB, MINUS, format_gib
from guardian.sampling.history import HistoryPoint
from guardian.ui.axis import round_ticks, tick_text
from guardian.ui.chart import Chart
from guardian.ui.composition_bar import layer_sizes, layer_value
from guardian.ui.layer_columns import LayerColumns
from guardian.ui.scheme import Scheme
from guardian.ui.text import format_clock
from guardian.ui.tokens import GAP_TINY
from guardian.ui.type_scale import TextRole, font_for

_LEFT, _RIGHT, _TOP, _BOTTOM, _TICK, _MARKS = 44, 18, 8, 22, 4, 5
# Earlier than this no machine told the time: the clock of a recording counts from its start.
_CLOCK_OF_DAY = 1e8
_SHORT = 300.0


class MomentArea(Chart):
    """The layers of kept moments, the kill at the right edge."""

    def __init__(self, scheme: Scheme, heading: str, parent: QWidget | None = None) -> None:
        super().__init__(scheme, heading, parent)
        self._moments: tuple[Moment, ...] = ()
        self._picture: LayerColumns | None = None

    # Data

    def show_moments(self, moments: Sequence[Moment]) -> None:
        """Show these, oldest first."""
        self._moments, self._picture, self.cursor_index = tuple(moments), None, None
        self.update()

    @property
    def span(self) -> float:
        """Seconds from the first moment to the last."""
        return max(1.0, self._moments[-1].time - self._moments[0].time) if self._moments else 1.0

    def describe(self) -> str:
        if not self._moments:
            return _("Not kept")
        first, last = self._moments[0].composition, self._moments[-1].composition
        words = _("Programs went from {before} to {after} GiB, free and clean cache from {room_before} to {room_after} GiB")
        return words.format(
            before=format_gib(first.programs, 1),
            after=format_gib(last.programs, 1),
            room_before=format_gib(first.free + first.clean, 1),
            room_after=format_gib(last.free + last.clean, 1),
        )

    def columns(self) -> tuple[str, ...]:
        return (_("Time"), *(_(layer.word) for layer in self.scheme.tokens.layers))

    def rows(self) -> list[tuple[str, ...]]:
        return [(self._time(one), *map(layer_value, layer_sizes(one.composition))) for one in reversed(self._moments)]

    def _time(self, moment: Moment) -> str:
        if moment.time > _CLOCK_OF_DAY:
            return format_clock(moment.time)
        return _("{count} s").format(count=f"{moment.time:.1f}")

    # Cursor

    def cursor_count(self) -> int:
        return len(self._moments)

    def cursor_at(self, index: int) -> QPointF:
        plot, last = self._plot(), self._moments[-1].time
        return QPointF(plot.right() - (last - self._moments[index].time) / self.span * plot.width(), plot.center().y())

    def cursor_index_at(self, x: float) -> int | None:
        plot = self._plot()
        if not self._moments or not plot.left() <= x <= plot.right():
            return None
        return min(range(len(self._moments)), key=lambda at: abs(self.cursor_at(at).x() - x))

    def cursor_text(self, index: int) -> str:
        moment = self._moments[index]
        layers = zip(self.scheme.tokens.layers, layer_sizes(moment.composition), strict=True)
        lines = [f"{_(layer.word)}  {layer_value(size)}" for layer, size in layers]
        return "\n".join((self._time(moment), *reversed(lines)))

    # Painting

    def sizeHint(self) -> QSize:
        return QSize(480, 140)

    def minimumSizeHint(self) -> QSize:
        return QSize(220, 104)

    def _plot(self) -> QRect:
        return self.rect().adjusted(_LEFT, _TOP, -_RIGHT, -max(_BOTTOM, self.fontMetrics().height() + 6))

    def _ticks(self) -> list[float]:
        total = max((one.composition.total for one in self._moments), default=16 * GIB)
        return round_ticks(total / GIB)

    def picture(self) -> LayerColumns:
        """The painted columns; made anew where size, scheme or scale changed."""
        ratio = self.devicePixelRatioF()
        size = (self._plot().size() * ratio).expandedTo(QSize(1, 1))
        top = self._ticks()[-1] * GIB
        if self._picture is None or not self._picture.fits(self.scheme.tokens, size, top, ratio, faded=False):
            self._picture = LayerColumns(self.scheme.tokens, size, self.span, top, ratio)
            self._picture.fill(_point(one) for one in self._moments)
        return self._picture

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        plot = self._plot()
        if self._moments and plot.width() > 0 and plot.height() > 0:
            pixmap = self.picture().pixmap
            painter.drawPixmap(QRectF(plot), pixmap, QRectF(pixmap.rect()))
        self._draw_axes(painter, plot)
        self.paint_cursor(painter, plot.top(), plot.bottom())
        painter.end()

    def _draw_axes(self, painter: QPainter, plot: QRect) -> None:
        tokens, ticks = self.scheme.tokens, self._ticks()
        painter.setFont(font_for(TextRole.AXIS))
        painter.setPen(tokens.text2)
        height = painter.fontMetrics().height()
        right = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        for value in ticks:
            y = round(plot.bottom() + 1 - value / ticks[-1] * plot.height())
            painter.fillRect(plot.left() - _TICK, y, _TICK, 1, tokens.control)
            painter.drawText(QRect(0, y - height // 2, plot.left() - _TICK - GAP_TINY, height), right, tick_text(value, ticks))
        base = plot.bottom() + 1
        painter.fillRect(plot.left(), base, plot.width(), 1, tokens.control)
        if not self._moments:
            return
        for mark in range(_MARKS + 1):
            away = self.span * (1 - mark / _MARKS)
            x = round(plot.left() + plot.width() * mark / _MARKS)
            painter.fillRect(x, base, 1, _TICK, tokens.control)
            text = self._mark(away)
            wide = painter.fontMetrics().horizontalAdvance(text)
            left = min(max(0, x - wide // 2), self.width() - wide - 1)
            painter.drawText(QRect(left, base + _TICK, wide + 2, height), 0, text)

    def _mark(self, away: float) -> str:
        """A moment on the axis: the time of day, or seconds before the end where no clock is known."""
        when = self._moments[-1].time - away
        if when > _CLOCK_OF_DAY:
            pattern = "HH:mm:ss" if self.span < _SHORT else "HH:mm"
            return QDateTime.fromMSecsSinceEpoch(int(when * 1000)).toString(pattern)
        return _("{count} s").format(count="0" if away < 0.05 else f"{MINUS}{away:.3g}")


def _point(moment: Moment) -> HistoryPoint:
    used = None if moment.swap_total is None or moment.swap_free is None else moment.swap_total - moment.swap_free
    return HistoryPoint(
        moment.time,
        moment.time,
        moment.composition,
        moment.room or 0,
        used,
        moment.swap_total,
        moment.pressure_some,
        moment.pressure_full,
    )
