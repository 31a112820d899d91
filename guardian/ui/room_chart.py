"""Room left: measured for the last minutes, and ahead of "now" the forecast, or the words that there is none."""

from typing import Any

from PySide6.QtCore import QPointF, Qt, Slot
from PySide6.QtGui import QColor, QFontMetrics, QPen, QPolygonF, QResizeEvent
from PySide6.QtWidgets import QGraphicsPolygonItem, QVBoxLayout, QWidget

from guardian.model.verdict import State, Verdict
from guardian.protocol.i18n import _
from guardian.protocol.quantities import GIB, MINUS, UNKNOWN, format_bytes, format_gib, format_percent, format_span
from guardian.sampling.history import History, HistoryPoint
from guardian.ui.axis import round_ticks, tick_text
from guardian.ui.chart import Chart
from guardian.ui.composition_area import PLOT_LEFT
from guardian.ui.patterns import mix
from guardian.ui.plotting import pg
from guardian.ui.recent import recent
from guardian.ui.scheme import Scheme
from guardian.ui.text import format_clock
from guardian.ui.tokens import CURVE_LINE, FADED
from guardian.ui.type_scale import TextRole, font_for
from guardian.ui.verdict_words import acts_first, killer_in_sentence

PAST, AHEAD = 600.0, 300.0
_NEAR = 300.0
_HEADROOM = 1.1
_RIGHT = 24
# How far the words of the outermost marks may reach beyond the axis.
_OVERHANG = 40
# A little more than the marks at both ends, so that these are drawn.
_EDGE = 0.5


_FORECAST_FROM = frozenset((State.WATCH, State.WARNING, State.CRITICAL))


def moment_text(seconds: float) -> str:
    """A place on the axis: "−4 min", "+2 min"."""
    minutes = round(seconds / 60)
    return _("{count} min").format(count=f"{MINUS if minutes < 0 else '+'}{abs(minutes)}")


def _pen(colour: QColor, width: float = 1.0, style: Qt.PenStyle = Qt.PenStyle.SolidLine) -> QPen:
    pen = QPen(colour, width, style)
    pen.setCosmetic(True)
    return pen


class RoomChart(Chart):
    """Room in GiB, memory and swap together."""

    def __init__(self, scheme: Scheme, heading: str, history: History, parent: QWidget | None = None) -> None:
        super().__init__(scheme, heading, parent)
        self._history = history
        self._verdict: Verdict | None = None
        self._silent_since: float | None = None
        self._span = (PAST, AHEAD)
        self._frame: tuple[object, ...] | None = None
        self._drawn_forecast: tuple[object, ...] | None = ()
        self.setMinimumSize(240, 120)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        self._build()
        layout.addWidget(self._plot)
        self.follow_scheme()

    def _build(self) -> None:
        """Make the plot's parts once; later only their values change."""
        self._plot: Any = pg.PlotWidget(self)
        self._plot.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._plot.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._plot.setFrameShape(self._plot.Shape.NoFrame)
        item = self._plot.getPlotItem()
        item.setMenuEnabled(False)
        item.hideButtons()
        item.setMouseEnabled(x=False, y=False)
        item.layout.setContentsMargins(0, 8, _RIGHT, 0)
        self._left, self._bottom = item.getAxis("left"), item.getAxis("bottom")
        view = item.getViewBox()
        view.setDefaultPadding(0.0)
        view.disableAutoRange()
        self._grid = pg.PlotCurveItem(connect="pairs")
        self._cone = QGraphicsPolygonItem()
        self._edges = pg.PlotCurveItem(connect="pairs")
        self._median = pg.PlotCurveItem()
        self._bracket = pg.PlotCurveItem(connect="pairs")
        self._leader = pg.PlotCurveItem()
        self._limit = pg.PlotCurveItem()
        self._now = pg.PlotCurveItem()
        self._curve = pg.PlotCurveItem()
        self._dot = pg.ScatterPlotItem(size=7)
        self._cursor = pg.PlotCurveItem()
        item.addItem(self._leader, ignoreBounds=True)
        for part in (self._grid, self._cone, self._edges, self._limit, self._now, self._curve, self._median, self._bracket):
            item.addItem(part, ignoreBounds=True)
        item.addItem(self._dot, ignoreBounds=True)
        item.addItem(self._cursor, ignoreBounds=True)
        self._words = {name: pg.TextItem(anchor=anchor) for name, anchor in _ANCHORS.items()}
        for words in self._words.values():
            item.addItem(words, ignoreBounds=True)

    # Data

    def add(self, point: HistoryPoint) -> None:
        """Take in the newest point of the history."""
        self._show_curve(point)

    def show_verdict(self, verdict: Verdict | None) -> None:
        """Show the forecast of a verdict."""
        self._verdict = verdict
        self._show_all()

    def fade(self, at: float | None) -> None:
        """Show that nothing came since `at`; None: the data are fresh."""
        if at != self._silent_since:
            self._silent_since = at
            self.follow_scheme()

    def describe(self) -> str:
        last = self._history.last()
        if last is None:
            return _("Not measured yet")
        room = _("Room {size}").format(size=format_bytes(last.room))
        left = self._forecast()
        if left is None or self._verdict is None or self._verdict.shrinking is None:
            return _("{room}, no trend").format(room=room)
        return _("{room}, falling {rate} per minute, first limit in {span}").format(
            room=room, rate=format_bytes(self._verdict.shrinking * 60), span=format_span(left[0], left[2])
        )

    def columns(self) -> tuple[str, ...]:
        return (_("Time"), _("Room, GiB"), _("Swap used, GiB"), _("Pressure, some"), _("Pressure, full"))

    def rows(self) -> list[tuple[str, ...]]:
        return [
            (
                format_clock(point.time),
                format_gib(point.room),
                UNKNOWN if point.swap_used is None else format_gib(point.swap_used),
                format_percent(point.pressure_some, 1),
                format_percent(point.pressure_full, 1),
            )
            for point in reversed(list(self._history.points(PAST)))
        ]

    # Cursor

    def cursor_count(self) -> int:
        return len(self._shown_points())

    def _shown_points(self) -> list[HistoryPoint]:
        return list(self._history.points(self._span[0]))

    def cursor_at(self, index: int) -> QPointF:
        points = self._shown_points()
        view = self._plot.getPlotItem().getViewBox()
        scene = view.mapViewToScene(QPointF(points[index].monotonic - points[-1].monotonic, points[index].room / GIB))
        at: QPointF = QPointF(self._plot.mapFromScene(scene))
        return at

    def cursor_index_at(self, x: float) -> int | None:
        points = self._shown_points()
        if not points:
            return None
        view = self._plot.getPlotItem().getViewBox()
        moment = view.mapSceneToView(self._plot.mapToScene(int(x), 0)).x() + points[-1].monotonic
        if not points[0].monotonic - 5 <= moment <= points[-1].monotonic + 5:
            return None
        return min(range(len(points)), key=lambda at: abs(points[at].monotonic - moment))

    def cursor_text(self, index: int) -> str:
        point = self._shown_points()[index]
        lines = [format_clock(point.time), _("Room {size} GiB").format(size=format_gib(point.room))]
        if point.pressure_some is not None:
            lines.append(_("Pressure {share}").format(share=format_percent(point.pressure_some, 1)))
        return "\n".join(lines)

    def show_cursor(self, index: int | None) -> None:
        points = self._shown_points()
        if index is None or not points:
            self._cursor.setData([], [])
        else:
            at = points[index].monotonic - points[-1].monotonic
            self._cursor.setData([at, at], [0, self._top()])
        super().show_cursor(index)

    # Showing

    @Slot()
    def follow_scheme(self) -> None:
        self._frame, self._drawn_forecast = None, ()
        tokens = self.scheme.tokens
        axis_font = font_for(TextRole.AXIS)
        fade = FADED if self._silent_since is not None else 1.0
        self._plot.setBackground(tokens.surface)
        for axis in (self._left, self._bottom):
            axis.setPen(_pen(tokens.control))
            axis.setTextPen(_pen(tokens.text2))
            axis.setTickFont(axis_font)
            axis.setStyle(tickLength=4 if axis is self._bottom else 0, tickTextOffset=5, hideOverlappingLabels=_OVERHANG)
        self._left.setWidth(max(PLOT_LEFT, self.fontMetrics().horizontalAdvance("00.0") + 12))
        self._left.setPen(_pen(tokens.surface))
        self._grid.setPen(_pen(tokens.grid))
        self._now.setPen(_pen(tokens.control))
        self._cursor.setPen(_pen(tokens.text, 1, Qt.PenStyle.DotLine))
        self._curve.setPen(_pen(mix(tokens.text, tokens.surface, fade), CURVE_LINE))
        self._dot.setBrush(tokens.text)
        self._dot.setPen(None)
        critical = tokens.states[State.CRITICAL]
        self._limit.setPen(_pen(tokens.critical, 1, Qt.PenStyle.DotLine))
        self._edges.setPen(_pen(critical.colour))
        self._median.setPen(_pen(critical.colour, CURVE_LINE, Qt.PenStyle.DashLine))
        self._bracket.setPen(_pen(critical.colour, CURVE_LINE))
        self._leader.setPen(_pen(critical.colour))
        self._cone.setPen(QPen(Qt.PenStyle.NoPen))
        self._cone.setBrush(critical.tint)
        for name, words in self._words.items():
            words.setFont(font_for(_FONTS.get(name, TextRole.AXIS)))
            words.setColor(tokens.critical if name == "span" else tokens.text if name == "room" else tokens.text2)
        self._show_all()

    def _top(self) -> float:
        rooms = [room for room in recent(self._history, "room", self._span[0])[1] if room is not None]
        return round_ticks(max(rooms, default=4 * GIB) / GIB * _HEADROOM)[-1]

    def _forecast(self) -> tuple[float, float, float] | None:
        """Seconds left, where they are told: while calm a fall of some seconds is no trend."""
        verdict = self._verdict
        if verdict is None or self._silent_since is not None or verdict.state not in _FORECAST_FROM:
            return None
        return verdict.seconds_left

    def _show_all(self) -> None:
        left = self._forecast()
        self._span = (_NEAR, AHEAD) if left is not None and left[0] <= AHEAD else (PAST, AHEAD)
        last = self._history.last()
        self._show_curve(last)
        self._show_forecast(left, last)

    def _show_frame(self, top: float) -> None:
        """Axes, grid and fixed words; made anew only when one of what they depend on is another."""
        frame = (self._span, top, self.size(), self._silent_since, self._verdict is None, self._forecast() is None)
        if frame == self._frame:
            return
        self._frame = frame
        past, ahead = self._span
        ticks = round_ticks(top)
        item = self._plot.getPlotItem()
        item.setXRange(-past - _EDGE, ahead + _EDGE, padding=0)
        item.setYRange(0, top, padding=0)
        self._left.setTicks([[(value, tick_text(value, ticks)) for value in ticks]])
        step = self._mark_step()
        marks = [*range(-int(past) // step * step, 0, step), *range(step, int(ahead) + 1, step)]
        self._bottom.setTicks([[(at, moment_text(at)) for at in marks if at >= -past]])
        self._grid.setData([x for _v in ticks[1:] for x in (-past, ahead)], [v for value in ticks[1:] for v in (value, value)])
        self._limit.setData([-past, ahead], [0, 0])
        self._now.setData([0, 0], [0, top])
        self._place_fixed_words(top)

    def _show_curve(self, last: HistoryPoint | None) -> None:
        top = self._top()
        self._show_frame(top)
        if last is None:
            return
        times, rooms = recent(self._history, "room", self._span[0])
        self._curve.setData(times, [(room or 0) / GIB for room in rooms])
        self._dot.setData([0], [last.room / GIB])
        self._words["room"].setText(format_bytes(last.room, 1))
        # Beside the end of the curve, on the side where it does not run.
        self._words["room"].setAnchor((-0.1, 1.0 if last.room / GIB < top / 2 else -0.1))
        self._words["room"].setPos(0, last.room / GIB)

    def _mark_step(self) -> int:
        """Seconds between the time axis's marks, so that their words do not touch."""
        span = sum(self._span)
        room = max(1, self.width() - PLOT_LEFT - _RIGHT)
        needed = (QFontMetrics(font_for(TextRole.AXIS)).horizontalAdvance(moment_text(-self._span[0])) + 4) / room * span
        return next((step for step in (60, 120, 300) if step >= needed), 600)

    def _place_fixed_words(self, top: float) -> None:
        words = self._words
        words["now"].setText(_("now") if self._silent_since is None else format_clock(self._silent_since))
        words["now"].setPos(0, top)
        words["limit"].setText(_("the kernel acts at about 0"))
        words["limit"].setPos(-self._span[0], 0)
        if self._silent_since is not None:
            none = _("no data, so no forecast")
        else:
            none = _("no trend, so no forecast") if self._verdict is not None else ""
        words["none"].setText(none if self._forecast() is None else "")
        words["none"].setPos(self._span[1] / 2, top / 2)
        ahead = (self.width() - PLOT_LEFT - _RIGHT) * self._span[1] / sum(self._span)
        needed = QFontMetrics(font_for(TextRole.AXIS)).horizontalAdvance(none) + 12
        words["none"].setTextWidth(-1 if needed < ahead else ahead)

    def _show_forecast(self, left: tuple[float, float, float] | None, last: HistoryPoint | None) -> None:
        forecast = None if left is None or last is None else (left, last.room, self._top())
        if forecast == self._drawn_forecast:
            return
        self._drawn_forecast = forecast
        parts = (self._edges, self._median, self._bracket, self._leader)
        if left is None or last is None or self._verdict is None:
            for part in parts:
                part.setData([], [])
            self._cone.setPolygon(QPolygonF())
            self._words["span"].setText("")
            self._words["until"].setText("")
            return
        early, likely, late = left
        room, top = last.room / GIB, self._top()
        self._cone.setPolygon(QPolygonF([QPointF(0, room), QPointF(early, 0), QPointF(late, 0)]))
        self._edges.setData([0, early, 0, late], [room, 0, room, 0])
        self._median.setData([0, likely], [room, 0])
        tall = top * 0.025
        shown = min(late, self._span[1])
        self._bracket.setData([early, shown, early, early, shown, shown], [0, 0, 0, tall, 0, tall])
        first = acts_first(self._verdict.next_victims)
        self._words["span"].setText(format_span(early, late))
        until = _("until {killer} acts (4 in 5)").format(killer=killer_in_sentence(first.killer if first else "kernel"))
        self._words["until"].setText(until)
        high, middle = top * 0.6, (early + shown) / 2
        self._leader.setData([middle, middle], [tall, high - 2 * self._line_height(top)])
        self._words["span"].setPos(self._span[1], high)
        self._words["until"].setPos(self._span[1], high)

    def _line_height(self, top: float) -> float:
        """The height of a line of small text in the chart's own unit."""
        pixels = max(1.0, float(self._plot.getPlotItem().getViewBox().height()))
        return QFontMetrics(font_for(TextRole.AXIS)).height() / pixels * top

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._show_all()


# Where each text hangs on its point: (0, 0) is the text's upper left corner.
_ANCHORS = {
    "now": (0, 0),
    "room": (-0.1, 0),
    "limit": (0, 1),
    "none": (0.5, 0.5),
    "span": (1, 1),
    "until": (1, 0.2),
}
_FONTS = {"room": TextRole.AXIS_STRONG, "span": TextRole.FORECAST}
