"""The room of one machine: its last minutes with the forecast, or those before its last kill."""

from typing import NamedTuple

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from guardian.adapters.fleet_source import MinutesBefore
from guardian.policy.fleet import Machine
from guardian.policy.fleet_words import falling_words
from guardian.policy.prometheus_answer import Point
from guardian.protocol.i18n import _
from guardian.protocol.quantities import MINUS, format_bytes, format_gib
from guardian.ui.chart import Chart
from guardian.ui.patterns import mix
from guardian.ui.scheme import Scheme
from guardian.ui.text import format_clock
from guardian.ui.tokens import CURVE_LINE
from guardian.ui.type_scale import TextRole, font_for

PAST, AHEAD = 600.0, 300.0
_KILL_AHEAD = 120.0
_DOT, _LABEL_GAP, _HEADROOM, _TINT = 4.0, 8, 1.1, 0.18
_EDGE = 4


class _Curve(NamedTuple):
    """What is drawn: points, the moment that is 0 on the axis, seconds to the right of it, and the forecast from there."""

    points: tuple[Point, ...] = ()
    zero: float = 0.0
    ahead: float = AHEAD
    forecast: tuple[float, float] | None = None


class FleetRoomChart(Chart):
    """Room in bytes over time; 0 on the axis is now, or the kill."""

    def __init__(self, scheme: Scheme, heading: str, parent: QWidget | None = None) -> None:
        super().__init__(scheme, heading, parent)
        self._curve = _Curve()
        self._sentence = _("Not measured yet")
        self.at_kill = False

    def show_now(self, machine: Machine, asked: float) -> None:
        """Show the last minutes, and where the room would end."""
        left = machine.forecast
        forecast = (left[0], left[2]) if left is not None else None
        self._show(_Curve(machine.lately, asked, AHEAD, forecast), falling_words(machine), at_kill=False)

    def show_minutes(self, minutes: MinutesBefore) -> None:
        """Show the minutes before a kill."""
        points = minutes.room
        words = _("Not kept")
        if points:
            low = min(point.value for point in points)
            words = _("Room went from {before} to {after} GiB").format(
                before=format_gib(points[0].value, 1), after=format_gib(low, 1)
            )
        self._show(_Curve(points, minutes.kill.time, _KILL_AHEAD), words, at_kill=True)

    def clear(self) -> None:
        """Show nothing."""
        self._show(_Curve(), _("Not measured yet"), at_kill=False)

    def _show(self, curve: _Curve, sentence: str, *, at_kill: bool) -> None:
        if (curve, at_kill) != (self._curve, self.at_kill):
            self._curve, self._sentence, self.at_kill = curve, sentence, at_kill
            if self.cursor_index is not None and self.cursor_index >= len(curve.points):
                self.cursor_index = None
            self.update()

    def describe(self) -> str:
        return self._sentence

    def columns(self) -> tuple[str, ...]:
        return (_("Time"), _("Room, GiB"))

    def rows(self) -> list[tuple[str, ...]]:
        return [(format_clock(point.time), format_gib(point.value)) for point in reversed(self._curve.points)]

    # Cursor

    def cursor_count(self) -> int:
        return len(self._curve.points)

    def cursor_at(self, index: int) -> QPointF:
        return self._place(self._plot(QRectF(self.rect())), self._curve.points[index])

    def cursor_index_at(self, x: float) -> int | None:
        points = self._curve.points
        plot = self._plot(QRectF(self.rect()))
        if not points or not plot.left() <= x <= plot.right():
            return None
        return min(range(len(points)), key=lambda at: abs(self._place(plot, points[at]).x() - x))

    def cursor_text(self, index: int) -> str:
        point = self._curve.points[index]
        return "\n".join((format_clock(point.time), _("Room {size} GiB").format(size=format_gib(point.value))))

    # Painting

    def sizeHint(self) -> QSize:
        return QSize(360, 58)

    def minimumSizeHint(self) -> QSize:
        return QSize(220, 52)

    def _plot(self, rect: QRectF) -> QRectF:
        return rect.adjusted(_EDGE, _EDGE, -_EDGE, -self.fontMetrics().height() - 2)

    def _top(self) -> float:
        return max((point.value for point in self._curve.points), default=1.0) * _HEADROOM or 1.0

    def _x(self, plot: QRectF, away: float) -> float:
        return plot.left() + (away + PAST) / (PAST + self._curve.ahead) * plot.width()

    def _place(self, plot: QRectF, point: Point) -> QPointF:
        y = plot.bottom() - point.value / self._top() * plot.height()
        return QPointF(self._x(plot, point.time - self._curve.zero), y)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        self.draw(painter, QRectF(self.rect()))
        self.paint_cursor(painter, 0, self._plot(QRectF(self.rect())).bottom())
        painter.end()

    def draw(self, painter: QPainter, rect: QRectF) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        tokens, plot = self.scheme.tokens, self._plot(rect)
        painter.fillRect(QRectF(plot.left(), plot.bottom(), plot.width(), 1), tokens.control)
        points = [self._place(plot, point) for point in self._curve.points]
        if points:
            self._draw_forecast(painter, plot, points[-1])
        if self.at_kill:
            painter.setPen(QPen(tokens.critical, 1, Qt.PenStyle.DotLine))
            painter.drawLine(QPointF(self._x(plot, 0), plot.top()), QPointF(self._x(plot, 0), plot.bottom()))
        painter.setPen(QPen(tokens.text, CURVE_LINE))
        painter.drawPolyline(QPolygonF(points))
        if points:
            painter.setBrush(tokens.text)
            painter.drawEllipse(points[-1], _DOT - 1, _DOT - 1)
            self._draw_value(painter, plot, points[-1])
        self._draw_marks(painter, plot)

    def _draw_forecast(self, painter: QPainter, plot: QRectF, now: QPointF) -> None:
        """From now to nothing left, between the earliest and the latest."""
        if self._curve.forecast is None:
            return
        tokens = self.scheme.tokens
        earliest, latest = (QPointF(self._x(plot, away), plot.bottom()) for away in self._curve.forecast)
        painter.save()
        painter.setClipRect(plot)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(mix(tokens.critical, tokens.surface, _TINT))
        painter.drawPolygon(QPolygonF([now, earliest, latest]))
        painter.setPen(QPen(tokens.critical, 1))
        painter.drawLine(now, earliest)
        painter.drawLine(now, latest)
        painter.restore()

    def _draw_value(self, painter: QPainter, plot: QRectF, last: QPointF) -> None:
        painter.setFont(font_for(TextRole.AXIS_STRONG))
        painter.setPen(self.scheme.tokens.text)
        text = format_bytes(self._curve.points[-1].value)
        metrics = painter.fontMetrics()
        left = min(last.x() + _LABEL_GAP, plot.right() - metrics.horizontalAdvance(text))
        base = max(plot.top() + metrics.ascent(), last.y() - _LABEL_GAP)
        painter.drawText(QPointF(left, base), text)

    def _draw_marks(self, painter: QPainter, plot: QRectF) -> None:
        painter.setFont(font_for(TextRole.AXIS))
        painter.setPen(self.scheme.tokens.text2)
        zero = _("kill") if self.at_kill else _("now")
        ahead = _("{count} min").format(count=f"+{round(self._curve.ahead / 60)}")
        past = _("{count} min").format(count=f"{MINUS}{round(PAST / 60)}")
        metrics = painter.fontMetrics()
        marks = ((-PAST, past), (0.0, zero), (self._curve.ahead, ahead))
        # After a kill there is no room for two.
        for away, text in marks[:2] if self.at_kill else marks:
            wide = metrics.horizontalAdvance(text) + 2
            left = min(max(plot.left(), self._x(plot, away) - wide / 2), plot.right() - wide)
            painter.drawText(QRect(round(left), round(plot.bottom()) + 2, wide, metrics.height()), 0, text)
