"""The picture of room left, in pyqtgraph: the curve up to "now", and ahead of it the forecast or the words that there is none."""

from typing import NamedTuple

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QFontMetrics, QPen, QPolygonF, QResizeEvent
from PySide6.QtWidgets import QGraphicsPolygonItem

from guardian.model.verdict import State
from guardian.protocol.i18n import _
from guardian.protocol.quantities import GIB, MINUS, format_bytes, format_span
from guardian.ui.axis import round_ticks, tick_text
from guardian.ui.composition_area import PLOT_LEFT
from guardian.ui.patterns import mix
from guardian.ui.plotting import BarePlot, line_pen, pg
from guardian.ui.tokens import CURVE_LINE, FADED, Tokens
from guardian.ui.type_scale import TextRole, font_for

_RIGHT = 24
# How far the words of the outermost marks may reach beyond the axis.
_OVERHANG = 40
# A little more than the marks at both ends, so that these are drawn.
_EDGE = 0.5

# Where each text hangs on its point: (0, 0) is the text's upper left corner.
_ANCHORS = {"now": (0, 0), "room": (-0.1, 0), "limit": (0, 1), "none": (0.5, 0.5), "span": (1, 1), "until": (1, 0.2)}
_FONTS = {"room": TextRole.AXIS_STRONG, "span": TextRole.FORECAST}


class RoomView(NamedTuple):
    """All that the picture shows.

    `times` are seconds before the newest point (0 and less), `rooms` bytes.  `past` and `ahead` are the seconds on both sides of
    now, `top` is in GiB.  `now` and `none` are words (none: why there is no forecast).  `forecast` is (earliest, likeliest,
    latest) in seconds, `until` what happens then, `until_short` the same for a narrow chart.
    """

    times: list[float]
    rooms: list[float]
    past: float
    ahead: float
    top: float
    now: str
    none: str
    forecast: tuple[float, float, float] | None
    until: str
    until_short: str


def moment_text(seconds: float) -> str:
    """A place on the axis: "−4 min", "+2 min"."""
    minutes = round(seconds / 60)
    return _("{count} min").format(count=f"{MINUS if minutes < 0 else '+'}{abs(minutes)}")


class RoomPlot(BarePlot):
    """The plot of room left; only values change after it was made."""

    _shown: RoomView | None = None

    def __init__(self) -> None:
        super().__init__()
        self._frame: tuple[object, ...] | None = None
        self._forecast: tuple[object, ...] | None = ()
        self._add_parts()

    def _add_parts(self) -> None:
        """Make the plot's parts once; later only their values change."""
        curve = pg.PlotCurveItem
        self._grid, self._cone = curve(connect="pairs"), QGraphicsPolygonItem()
        self._edges, self._median, self._bracket = curve(connect="pairs"), curve(), curve(connect="pairs")
        self._leader, self._limit, self._now, self._curve, self._cursor = (curve() for _part in range(5))
        self._dot = pg.ScatterPlotItem(size=7)
        for part in (
            self._leader, self._grid, self._cone, self._edges, self._limit, self._now, self._curve, self._median,
            self._bracket, self._dot, self._cursor,
        ):  # fmt: skip
            self.view.addItem(part, ignoreBounds=True)
        self._words = {name: pg.TextItem(anchor=anchor) for name, anchor in _ANCHORS.items()}
        for words in self._words.values():
            self.view.addItem(words, ignoreBounds=True)

    def follow_scheme(self, tokens: Tokens, *, faded: bool) -> None:
        """Take the colours and fonts in force; `faded` when the data lie back."""
        self._frame, self._forecast = None, ()
        self.setBackground(tokens.surface)
        for axis in (self.left, self.bottom):
            axis.setPen(line_pen(tokens.control if axis is self.bottom else tokens.surface))
            axis.setTextPen(line_pen(tokens.text2))
            axis.setTickFont(font_for(TextRole.AXIS))
            axis.setStyle(tickLength=4 if axis is self.bottom else 0, tickTextOffset=5, hideOverlappingLabels=_OVERHANG)
        self.left.setWidth(max(PLOT_LEFT, self.fontMetrics().horizontalAdvance("00.0") + 12))
        critical, dotted = tokens.states[State.CRITICAL], Qt.PenStyle.DotLine
        self._grid.setPen(line_pen(tokens.grid))
        self._now.setPen(line_pen(tokens.control))
        self._cursor.setPen(line_pen(tokens.text, 1, dotted))
        self._curve.setPen(line_pen(mix(tokens.text, tokens.surface, FADED if faded else 1.0), CURVE_LINE))
        self._dot.setBrush(tokens.text)
        self._dot.setPen(None)
        self._limit.setPen(line_pen(tokens.critical, 1, dotted))
        self._edges.setPen(line_pen(critical.colour))
        self._leader.setPen(line_pen(critical.colour))
        self._median.setPen(line_pen(critical.colour, CURVE_LINE, Qt.PenStyle.DashLine))
        self._bracket.setPen(line_pen(critical.colour, CURVE_LINE))
        self._cone.setPen(QPen(Qt.PenStyle.NoPen))
        self._cone.setBrush(critical.tint)
        for name, words in self._words.items():
            words.setFont(font_for(_FONTS.get(name, TextRole.AXIS)))
            words.setColor(tokens.critical if name == "span" else tokens.text if name == "room" else tokens.text2)

    def show_room(self, view: RoomView) -> None:
        """Show values; axes, grid and fixed words are made anew only when they change."""
        self._shown = view
        frame = (view.past, view.ahead, view.top, view.now, view.none, self.size())
        if frame != self._frame:
            self._frame = frame
            self._show_frame(view)
        if view.rooms:
            last = view.rooms[-1]
            self._curve.setData(view.times, [room / GIB for room in view.rooms])
            self._dot.setData([0], [last / GIB])
            words = self._words["room"]
            words.setText(format_bytes(last, 1))
            # Beside the end of the curve, on the side where it does not run.
            words.setAnchor((-0.1, 1.0 if last / GIB < view.top / 2 else -0.1))
            words.setPos(0, last / GIB)
        forecast = (view.forecast, view.rooms[-1:], view.top, view.until, self.size()) if view.forecast else None
        if forecast != self._forecast:
            self._forecast = forecast
            self._show_forecast(view)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._shown is not None:
            self.show_room(self._shown)

    def show_cursor(self, seconds: float | None, top: float) -> None:
        """Show a dotted line at a moment, or none."""
        self._cursor.setData(*(([], []) if seconds is None else ([seconds, seconds], [0, top])))

    def place_of(self, seconds: float, room: float) -> QPointF:
        """Where a moment and its room (GiB) lie on the widget."""
        return QPointF(self.mapFromScene(self.view.mapViewToScene(QPointF(seconds, room))))

    def moment_at(self, x: float) -> float:
        """Seconds from now of a pixel column."""
        return float(self.view.mapSceneToView(QPointF(self.mapToScene(int(x), 0))).x())

    def _show_frame(self, view: RoomView) -> None:
        past, ahead, top = view.past, view.ahead, view.top
        self.cells.setContentsMargins(0, 8, self._right, 0)
        ticks = round_ticks(top)
        self.view.setXRange(-past - _EDGE, ahead + _EDGE, padding=0)
        self.view.setYRange(0, top, padding=0)
        self.left.setTicks([[(value, tick_text(value, ticks)) for value in ticks]])
        step = self._mark_step(view)
        marks = [*range(-int(past) // step * step, 0, step), *range(step, int(ahead) + 1, step)]
        self.bottom.setTicks([[(at, moment_text(at)) for at in marks if at >= -past]])
        self._grid.setData([x for _v in ticks[1:] for x in (-past, ahead)], [v for value in ticks[1:] for v in (value, value)])
        self._limit.setData([-past, ahead], [0, 0])
        self._now.setData([0, 0], [0, top])
        for name, text, at in (
            ("now", view.now, (0, top)),
            ("limit", _("the kernel acts at about 0"), (-past, 0)),
            ("none", view.none, (ahead / 2, top / 2)),
        ):
            self._words[name].setText(text)
            self._words[name].setPos(*at)
        room = (self.width() - PLOT_LEFT - self._right) * ahead / (past + ahead)
        needed = QFontMetrics(font_for(TextRole.AXIS)).horizontalAdvance(view.none) + 12
        self._words["none"].setTextWidth(-1 if needed < room else room)

    @property
    def _right(self) -> int:
        """Room for the half of the last mark's words that stands beyond the axis."""
        words = QFontMetrics(font_for(TextRole.AXIS)).horizontalAdvance(moment_text(300))
        return max(_RIGHT, words // 2 + 4)

    def _mark_step(self, view: RoomView) -> int:
        """Seconds between the time axis's marks, so that their words do not touch."""
        room = max(1, self.width() - PLOT_LEFT - self._right)
        word = QFontMetrics(font_for(TextRole.AXIS)).horizontalAdvance(moment_text(-view.past)) + 4
        needed = word / room * (view.past + view.ahead)
        return next((step for step in (60, 120, 300) if step >= needed), 600)

    def _show_forecast(self, view: RoomView) -> None:
        if view.forecast is None or not view.rooms:
            for part in (self._edges, self._median, self._bracket, self._leader):
                part.setData([], [])
            self._cone.setPolygon(QPolygonF())
            self._words["span"].setText("")
            self._words["until"].setText("")
            return
        early, likely, late = view.forecast
        room, top = view.rooms[-1] / GIB, view.top
        self._cone.setPolygon(QPolygonF([QPointF(0, room), QPointF(early, 0), QPointF(late, 0)]))
        self._edges.setData([0, early, 0, late], [room, 0, room, 0])
        self._median.setData([0, likely], [room, 0])
        tall, shown, high = top * 0.025, min(late, view.ahead), top * 0.6
        middle, inside = (early + shown) / 2, early < view.ahead
        bracket = ([early, shown, early, early, shown, shown], [0, 0, 0, tall, 0, tall])
        leader = ([middle, middle], [tall, high - 2 * self._line_height(top)])
        # What lies beyond the axis is said in words alone.
        self._bracket.setData(*(bracket if inside else ([], [])))
        self._leader.setData(*(leader if inside else ([], [])))
        room_ahead = (self.width() - PLOT_LEFT - self._right) * view.ahead / (view.past + view.ahead)
        words = QFontMetrics(font_for(TextRole.AXIS)).horizontalAdvance(view.until)
        until = view.until if words < room_ahead else view.until_short
        for name, text in (("span", format_span(early, late)), ("until", until)):
            self._words[name].setText(text)
            self._words[name].setPos(view.ahead, high)

    def _line_height(self, top: float) -> float:
        """The height of a line of small text in the chart's own unit."""
        line = QFontMetrics(font_for(TextRole.AXIS)).height()
        return line / max(1.0, float(self.height()) - 2.5 * line) * top
