"""The picture of one grower, in pyqtgraph: what it held, and the line of its growth with the band of its interval."""

from PySide6.QtCore import QDateTime, QLocale, QPointF, Qt
from PySide6.QtGui import QFontMetrics, QPen, QPolygonF, QResizeEvent
from PySide6.QtWidgets import QGraphicsPolygonItem

from guardian.model.arithmetic import median
from guardian.protocol.i18n import _
from guardian.protocol.quantities import MIB
from guardian.ui.axis import round_ticks, tick_text
from guardian.ui.growth_chart import GrowthPicture
from guardian.ui.plotting import BarePlot, line_pen, pg
from guardian.ui.tokens import CURVE_LINE, GAP_SMALL, Tokens
from guardian.ui.type_scale import TextRole, font_for

_RIGHT, _HEADROOM = 20, 1.08
_STEPS = (60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400, 21600, 43200, 86400, 172800, 345600)
_DAY = 86400


def moment_text(at: float, step: float) -> str:
    """A mark of the time axis: the time of day, or the day where marks are days apart."""
    return QLocale().toString(QDateTime.fromSecsSinceEpoch(int(at)), "HH:mm" if step < _DAY else _("d MMM"))


class GrowthPlot(BarePlot):
    """The plot; its values are MiB above the lowest of the course."""

    _shown: GrowthPicture | None = None

    def __init__(self) -> None:
        super().__init__()
        self.top = 1.0
        self.cells.setContentsMargins(0, 4, _RIGHT, 0)
        curve = pg.PlotCurveItem
        self._band = QGraphicsPolygonItem()
        self._grid, self._edges = curve(connect="pairs"), curve(connect="pairs")
        self._line, self._curve, self._cursor = curve(), curve(), curve()
        for part in (self._band, self._grid, self._edges, self._line, self._curve, self._cursor):
            self.view.addItem(part, ignoreBounds=True)

    def follow_scheme(self, tokens: Tokens) -> None:
        """Take the colours and fonts in force."""
        self.setBackground(tokens.surface)
        for axis in (self.left, self.bottom):
            axis.setPen(line_pen(tokens.control if axis is self.bottom else tokens.surface))
            axis.setTextPen(line_pen(tokens.text2))
            axis.setTickFont(font_for(TextRole.AXIS))
            axis.setStyle(tickLength=4 if axis is self.bottom else 0, tickTextOffset=5, hideOverlappingLabels=_RIGHT)
        self._grid.setPen(line_pen(tokens.grid))
        self._curve.setPen(line_pen(tokens.text, CURVE_LINE))
        self._line.setPen(line_pen(tokens.accent, CURVE_LINE, Qt.PenStyle.DashLine))
        self._edges.setPen(line_pen(tokens.accent))
        self._band.setPen(QPen(Qt.PenStyle.NoPen))
        self._band.setBrush(tokens.select)
        self._cursor.setPen(line_pen(tokens.text, 1, Qt.PenStyle.DotLine))

    def show_growth(self, view: GrowthPicture) -> None:
        """Show one grower."""
        self._shown = view
        base, (began, _size), (now, last) = view.base, view.course[0], view.course[-1]
        self._curve.setData([at - now for at, _held in view.course], [(held - base) / MIB for _at, held in view.course])
        # The band opens from where the growth is told from, through the middle of all points, and holds what the interval allows.
        inside = [(at, held) for at, held in view.course if at >= view.since]
        foot = median(held - base - view.rate * (at - view.since) for at, held in inside) / MIB
        span = now - view.since
        ends = [foot + rate * span / MIB for rate in (view.lowest, view.rate, view.highest)]
        left = view.since - now
        self._band.setPolygon(QPolygonF([QPointF(left, foot), QPointF(0, ends[0]), QPointF(0, ends[2])]))
        self._edges.setData([left, 0, left, 0], [foot, ends[0], foot, ends[2]])
        self._line.setData([left, 0], [foot, ends[1]])
        highest = max(max(held for _at, held in view.course) - base, last - base) / MIB
        self._show_frame(began - now, now, max(highest, ends[2], 1.0) * _HEADROOM)

    def _show_frame(self, left: float, now: float, highest: float) -> None:
        ticks = round_ticks(highest, 3, 4)
        self.top = ticks[-1]
        self.view.setXRange(left, 0, padding=0)
        self.view.setYRange(0, self.top, padding=0)
        words = [f"+{tick_text(value, ticks)}" if value else "0" for value in ticks]
        self.left.setTicks([list(zip(ticks, words, strict=True))])
        metrics = QFontMetrics(font_for(TextRole.AXIS))
        widest = max(map(metrics.horizontalAdvance, words))
        self.left.setWidth(widest + GAP_SMALL)
        self._grid.setData([x for _value in ticks[1:] for x in (left, 0)], [value for value in ticks[1:] for _end in range(2)])
        room = max(1, self.width() - widest - _RIGHT)
        wanted = 1.5 * metrics.horizontalAdvance("00:00") / room * -left
        step = next((step for step in _STEPS if step >= wanted), _STEPS[-1])
        offset = QDateTime.fromSecsSinceEpoch(int(now)).offsetFromUtc()
        first = -(-(now + left + offset) // step) * step - offset
        marks = [at for at in (first + step * number for number in range(int(-left // step) + 2)) if at <= now]
        self.bottom.setTicks([[(at - now, moment_text(at, step)) for at in marks]])

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._shown is not None:
            self.show_growth(self._shown)

    def show_cursor(self, seconds: float | None) -> None:
        """Show a dotted line at a moment (seconds before the last), or none."""
        self._cursor.setData(*(([], []) if seconds is None else ([seconds, seconds], [0, self.top])))

    def place_of(self, seconds: float, mib: float) -> QPointF:
        """Where a moment and its MiB lie on the widget."""
        return QPointF(self.mapFromScene(self.view.mapViewToScene(QPointF(seconds, mib))))

    def moment_at(self, x: float) -> float:
        """Seconds before the last of a pixel column."""
        return float(self.view.mapSceneToView(QPointF(self.mapToScene(int(x), 0))).x())
