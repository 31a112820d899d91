"""Where memory went over ten minutes: a stacked area of the eight layers, painted a column at a time."""

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt, QTimer, Slot
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QWidget

from guardian.protocol.i18n import _
from guardian.protocol.quantities import GIB, MINUS, format_gib
from guardian.sampling.history import History, HistoryPoint
from guardian.ui.axis import round_ticks, tick_text
from guardian.ui.chart import Chart
from guardian.ui.composition_bar import layer_sizes, layer_value
from guardian.ui.layer_columns import LayerColumns
from guardian.ui.scheme import Scheme
from guardian.ui.text import format_clock
from guardian.ui.tokens import GAP_TINY
from guardian.ui.type_scale import TextRole, font_for

SPAN = 600.0
PLOT_LEFT, _RIGHT, _TOP, _BOTTOM = 42, 20, 8, 24
_TICK = 4
_SETTLE_MS = 120


def minutes_back(minutes: int) -> str:
    """A moment before now as the axis writes it: "−4 min"."""
    return _("{count} min").format(count=f"{MINUS}{minutes}")


class CompositionArea(Chart):
    """The last ten minutes of the composition, "now" at the right edge."""

    def __init__(self, scheme: Scheme, heading: str, history: History, parent: QWidget | None = None) -> None:
        super().__init__(scheme, heading, parent)
        self._history = history
        self._picture: LayerColumns | None = None
        self._faded_at: float | None = None
        self.setMinimumSize(240, 120)
        # While the window is being resized the old picture is stretched; a new one is painted when it comes to rest.
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(_SETTLE_MS)
        self._settle.timeout.connect(self.paint_anew)

    # Data

    def add(self, point: HistoryPoint) -> None:
        """Take in the newest point of the history, painting no more than its columns."""
        picture = self._picture
        if picture is None or not (self._settle.isActive() or self._fits(picture)):
            self._picture = None
        else:
            picture.add(point)
        self.update(self._plot().adjusted(0, 0, _RIGHT, 0))

    def fade(self, at: float | None) -> None:
        """Show that nothing came since `at` (seconds since the epoch); None: the data are fresh."""
        if at != self._faded_at:
            self._faded_at, self._picture = at, None
            self.update()

    def describe(self) -> str:
        last = self._history.last()
        if last is None:
            return _("Not measured yet")
        used = last.composition.total - last.composition.free - last.composition.clean
        return _("{used} GiB of {total} GiB are in use and cannot be freed at once; {clean} GiB are clean cache").format(
            used=format_gib(used, 1), total=format_gib(last.composition.total, 1), clean=format_gib(last.composition.clean, 1)
        )

    def columns(self) -> tuple[str, ...]:
        return (_("Time"), *(_(layer.word) for layer in self.scheme.tokens.layers))

    def rows(self) -> list[tuple[str, ...]]:
        points = reversed(list(self._history.points(SPAN)))
        return [(format_clock(point.time), *map(layer_value, layer_sizes(point.composition))) for point in points]

    # Cursor

    def cursor_count(self) -> int:
        return sum(1 for _point in self._history.points(SPAN))

    def _cursor_points(self) -> list[HistoryPoint]:
        return list(self._history.points(SPAN))

    def cursor_at(self, index: int) -> QPointF:
        points = self._cursor_points()
        plot = self._plot()
        away = points[-1].monotonic - points[index].monotonic
        return QPointF(plot.right() - away / SPAN * plot.width(), plot.center().y())

    def cursor_index_at(self, x: float) -> int | None:
        plot, points = self._plot(), self._cursor_points()
        if not points or not plot.left() <= x <= plot.right():
            return None
        wanted = points[-1].monotonic - (plot.right() - x) / plot.width() * SPAN
        return min(range(len(points)), key=lambda at: abs(points[at].monotonic - wanted))

    def cursor_text(self, index: int) -> str:
        point = self._cursor_points()[index]
        layers = zip(self.scheme.tokens.layers, layer_sizes(point.composition), strict=True)
        lines = [f"{_(layer.word)}  {layer_value(size)}" for layer, size in layers]
        return "\n".join((format_clock(point.time), *reversed(lines)))

    # Painting

    def sizeHint(self) -> QSize:
        return QSize(560, 210)

    def resizeEvent(self, event: QResizeEvent) -> None:
        if self._picture is not None:
            self._settle.start()
        super().resizeEvent(event)

    @Slot()
    def paint_anew(self) -> None:
        """Paint everything from the history: its points were not given one by one."""
        self._picture = None
        self.update()

    def _plot(self) -> QRect:
        left = max(PLOT_LEFT, self.fontMetrics().horizontalAdvance("00.0") + 12)
        return self.rect().adjusted(left, _TOP, -_RIGHT, -max(_BOTTOM, self.fontMetrics().height() + 6))

    def _ticks(self) -> list[float]:
        last = self._history.last()
        return round_ticks(last.composition.total / GIB if last is not None else 16.0)

    def _fits(self, picture: LayerColumns) -> bool:
        ratio = self.devicePixelRatioF()
        size = self._plot().size() * ratio
        top = self._ticks()[-1] * GIB
        return picture.fits(self.scheme.tokens, size, top, ratio, faded=self._faded_at is not None)

    def picture(self) -> LayerColumns:
        """The painted columns; made anew from the history where size, scheme or scale changed."""
        if self._picture is None or not (self._settle.isActive() or self._fits(self._picture)):
            self._picture = self.full_picture()
        return self._picture

    def full_picture(self) -> LayerColumns:
        """All columns painted anew from the history."""
        ratio = self.devicePixelRatioF()
        size = (self._plot().size() * ratio).expandedTo(QSize(1, 1))
        faded = self._faded_at is not None
        made = LayerColumns(self.scheme.tokens, size, SPAN, self._ticks()[-1] * GIB, ratio, faded=faded)
        made.fill(self._history.points())
        return made

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        plot = self._plot()
        pixmap = self.picture().pixmap
        painter.drawPixmap(QRectF(plot), pixmap, QRectF(pixmap.rect()))
        if not plot.adjusted(0, 0, _RIGHT, 0).contains(event.rect()):
            self._draw_axes(painter)
        self.paint_cursor(painter, plot.top(), plot.bottom())
        painter.end()

    def draw(self, painter: QPainter, rect: QRectF) -> None:
        plot = self._plot()
        pixmap = self.picture().pixmap
        painter.drawPixmap(QRectF(plot), pixmap, QRectF(pixmap.rect()))
        self._draw_axes(painter)

    def _draw_axes(self, painter: QPainter) -> None:
        tokens, plot = self.scheme.tokens, self._plot()
        painter.setFont(font_for(TextRole.AXIS))
        height = painter.fontMetrics().height()
        ticks = self._ticks()
        right = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        for value in ticks:
            y = round(plot.bottom() + 1 - value / ticks[-1] * plot.height())
            painter.fillRect(plot.left() - _TICK, y, _TICK, 1, tokens.control)
            painter.setPen(tokens.text2)
            box = QRect(0, y - height // 2, plot.left() - _TICK - GAP_TINY, height)
            painter.drawText(box, right, tick_text(value, ticks))
        base = plot.bottom() + 1
        painter.fillRect(plot.left(), base, plot.width(), 1, tokens.control)
        for minutes in range(0, int(SPAN / 60) + 1, 2):
            x = round(plot.right() + 1 - minutes * 60 / SPAN * plot.width())
            painter.fillRect(x, base, 1, _TICK, tokens.control)
            text = minutes_back(minutes) if minutes else self._now_text()
            width = painter.fontMetrics().horizontalAdvance(text)
            left = min(x - width // 2, self.width() - width - 1) if minutes else min(x - width // 2, plot.right() + 1 - width)
            painter.drawText(QRect(left, base + _TICK, width + 2, height), int(Qt.AlignmentFlag.AlignLeft), text)

    def _now_text(self) -> str:
        return _("now") if self._faded_at is None else format_clock(self._faded_at)
