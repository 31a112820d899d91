"""Room left: what is known of it, and its picture, which is loaded after the window's first paint."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, QTimer, Slot
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from guardian.model.verdict import State, Verdict
from guardian.policy.headline import first_to_act
from guardian.protocol.i18n import _, close_up
from guardian.protocol.quantities import GIB, UNKNOWN, format_bytes, format_gib, format_percent, format_span
from guardian.sampling.history import History, HistoryPoint
from guardian.ui.axis import round_ticks
from guardian.ui.chart import Chart
from guardian.ui.recent import recent
from guardian.ui.scheme import Scheme
from guardian.ui.text import format_clock
from guardian.ui.verdict_words import killer_in_sentence

if TYPE_CHECKING:
    from guardian.ui.room_plot import RoomPlot

PAST, AHEAD = 600.0, 300.0
_NEAR = 300.0
_HEADROOM = 1.1
_FORECAST_FROM = frozenset((State.WATCH, State.WARNING, State.CRITICAL))


class RoomChart(Chart):
    """Room in GiB, memory and swap together."""

    def __init__(self, scheme: Scheme, heading: str, history: History, parent: QWidget | None = None) -> None:
        self._plot: RoomPlot | None = None
        super().__init__(scheme, heading, parent)
        self._history = history
        self._verdict: Verdict | None = None
        self._silent_since: float | None = None
        self.setMinimumSize(240, 120)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(2, 2, 2, 2)

    def plot(self) -> "RoomPlot":
        """The picture; loading it takes half a second the first time."""
        if self._plot is None:
            from guardian.ui.room_plot import RoomPlot

            self._plot = RoomPlot()
            layout = self.layout()
            assert layout is not None
            layout.addWidget(self._plot)
            # What is shown depends on the size, which the plot would else have only later.
            layout.activate()
            self.follow_scheme()
        return self._plot

    @Slot()
    def _load(self) -> None:
        self.plot()

    # Data

    def add(self, point: HistoryPoint) -> None:
        """Take in the newest point of the history."""
        self._show()

    def show_verdict(self, verdict: Verdict | None) -> None:
        """Show the forecast of a verdict."""
        self._verdict = verdict
        self._show()

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
        return list(self._history.points(self._past()))

    def cursor_at(self, index: int) -> QPointF:
        points = self._shown_points()
        return self.plot().place_of(points[index].monotonic - points[-1].monotonic, points[index].room / GIB)

    def cursor_index_at(self, x: float) -> int | None:
        points = self._shown_points()
        if not points:
            return None
        moment = self.plot().moment_at(x) + points[-1].monotonic
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
        at = None if index is None or not points else points[index].monotonic - points[-1].monotonic
        self.plot().show_cursor(at, self._top())
        super().show_cursor(index)

    # Showing

    @Slot()
    def follow_scheme(self) -> None:
        self.update()
        if self._plot is not None:
            self._plot.follow_scheme(self.scheme.tokens, faded=self._silent_since is not None)
            self._show()

    def _forecast(self) -> tuple[float, float, float] | None:
        """Seconds left, where they are told: while calm a fall of some seconds is no trend."""
        verdict = self._verdict
        if verdict is None or self._silent_since is not None or verdict.state not in _FORECAST_FROM:
            return None
        if verdict.group is not None:
            # It is about the limit of one group, not about the machine's room.
            return None
        return verdict.seconds_left

    def _past(self) -> float:
        """Seconds of the past on the axis: fewer where the forecast is near."""
        left = self._forecast()
        return _NEAR if left is not None and left[0] <= AHEAD else PAST

    def _top(self) -> float:
        """The axis's upper end in GiB."""
        rooms = [room for room in recent(self._history, "room", self._past())[1] if room is not None]
        return round_ticks(max(rooms, default=4 * GIB) / GIB * _HEADROOM)[-1]

    def _show(self) -> None:
        if self._plot is None:
            return
        from guardian.ui.room_plot import RoomView

        times, rooms = recent(self._history, "room", self._past())
        verdict, silent = self._verdict, self._silent_since
        first = first_to_act(verdict) if verdict is not None else None
        killer = killer_in_sentence(first.killer if first else "kernel")
        none = _("no data, so no forecast") if silent is not None else _("no trend, so no forecast")
        view = RoomView(
            times=times,
            rooms=[room or 0.0 for room in rooms],
            past=self._past(),
            ahead=AHEAD,
            top=self._top(),
            now=_("now") if silent is None else format_clock(silent),
            none="" if verdict is None or self._forecast() is not None else none,
            forecast=self._forecast(),
            until=close_up(_("until {killer} acts (4 in 5)").format(killer=killer)),
            until_short=close_up(_("until {killer} acts").format(killer=killer)),
        )
        self._plot.show_room(view)

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._plot is None:
            QTimer.singleShot(0, self, self._load)
        if self.hasFocus():
            painter = QPainter(self)
            self.paint_focus(painter)
            painter.end()

    def draw(self, painter: QPainter, rect: QRectF) -> None:
        painter.translate(rect.topLeft())
        self.plot().render(painter, rect, self.rect())
