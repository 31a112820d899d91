"""When what was ended: thirty days, a lane for each killer, a dot for each kill, a line for each start of the machine."""

import math
import time
from collections.abc import Sequence

from PySide6.QtCore import QDateTime, QLocale, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from guardian.model.history import Kill
from guardian.policy.kill_words import headline, lane_words, when_words
from guardian.protocol.i18n import _, ngettext
from guardian.protocol.quantities import GIB, format_gib
from guardian.ui.chart import Chart
from guardian.ui.scheme import Scheme
from guardian.ui.tokens import CURVE_LINE, EDGE, GAP, GAP_SMALL, GAP_TINY
from guardian.ui.type_scale import TextRole, font_for

DAY = 86400.0
_LANE, _TOP, _BOTTOM, _RIGHT, _TICKS = 29.0, 22.0, 34.0, 24.0, 6
_LEAST_RADIUS, _RADIUS_PER_ROOT = 3.0, 1.9
_MOST_RADIUS = 14.0
_RING = 3.5
_HATCH, _HATCH_LINE = 4.0, 1.5


def dot_radius(freed: int | None) -> float:
    """The radius of a kill's dot: its area grows with the memory that came free."""
    size = max(0, freed or 0) / GIB
    return min(_MOST_RADIUS, _LEAST_RADIUS + _RADIUS_PER_ROOT * math.sqrt(size))


def day_words(when: float) -> str:
    """A day as the axis writes it: "24 Oct"."""
    return QLocale().toString(QDateTime.fromMSecsSinceEpoch(int(when * 1000)), _("d MMM"))


class KillTimeline(Chart):
    """The lanes; `chosen` carries the kill of a dot that was clicked, or to which the cursor went."""

    chosen = Signal(object)

    def __init__(self, scheme: Scheme, days: int = 30, parent: QWidget | None = None) -> None:
        super().__init__(scheme, _("Kills of the last {count} days").format(count=days), parent)
        self._days = days
        self._until = time.time()
        self._span = days * DAY
        self._clockless = False
        self._kills: tuple[Kill, ...] = ()
        self._starts: tuple[float, ...] = ()
        self._lanes: tuple[str, ...] = ()
        self._selected: Kill | None = None
        self.set_lanes(())

    # Data

    def show_kills(self, kills: Sequence[Kill], starts: Sequence[float], until: float, span: float | None = None) -> None:
        """Show these, `until` at the right edge.

        Those without a time have no place, unless none has one (a log that counts from the start): then `until` counts so too.
        """
        self._until, self._span = until, span or self._days * DAY
        self._clockless = bool(kills) and all(kill.time is None for kill in kills)
        self._kills = tuple(kill for kill in kills if self._is_in(kill))
        self._starts = tuple(start for start in starts if 0 <= until - start <= self._span)
        self.set_lanes(tuple(lane_words(kill) for kill in kills))
        self.update()

    def _is_in(self, kill: Kill) -> bool:
        when = self._when(kill)
        return when is not None and 0 <= self._until - when <= self._span

    def _when(self, kill: Kill) -> float | None:
        return kill.seconds if self._clockless else kill.time

    def set_lanes(self, found: Sequence[str]) -> None:
        """The usual killers' lanes, and those of others that were found."""
        usual = (_("Kernel"), _("Kernel, memory limit"), "systemd-oomd", "earlyoom")
        lanes = (*usual, *dict.fromkeys(lane for lane in found if lane not in usual))
        if lanes != self._lanes:
            self._lanes = lanes
            self.updateGeometry()

    def select(self, kill: Kill | None) -> None:
        """Put the ring around one kill."""
        if kill is not self._selected:
            self._selected = kill
            self.update()

    def describe(self) -> str:
        if not self._kills:
            return _("No kill in this time")
        count = len(self._kills)
        told = ngettext("{count} kill", "{count} kills", count).format(count=count)
        starts = ngettext("{count} start of the machine", "{count} starts of the machine", len(self._starts))
        last = headline(self._kills[-1])
        words = _("{kills}, {starts}; the last: {headline}")
        return words.format(kills=told, starts=starts.format(count=len(self._starts)), headline=last)

    def columns(self) -> tuple[str, ...]:
        return (_("When"), _("Ended by"), _("What"), _("Freed, GiB"))

    def rows(self) -> list[tuple[str, ...]]:
        kills = [
            (self._when(kill) or 0.0, when_words(kill), lane_words(kill), headline(kill), format_gib(kill.freed, 1))
            for kill in self._kills
        ]
        starts = [
            (start, QDateTime.fromMSecsSinceEpoch(int(start * 1000)).toString("yyyy-MM-dd HH:mm:ss"), "", _("start"), "")
            for start in self._starts
        ]
        return [row[1:] for row in sorted((*kills, *starts), reverse=True)]

    # Cursor and clicks

    def cursor_count(self) -> int:
        return len(self._kills)

    def cursor_at(self, index: int) -> QPointF:
        return self.place_of(self._kills[index])

    def cursor_index_at(self, x: float) -> int | None:
        near = [(abs(self.place_of(kill).x() - x), at) for at, kill in enumerate(self._kills)]
        return min(near)[1] if near and min(near)[0] <= GAP else None

    def cursor_text(self, index: int) -> str:
        kill = self._kills[index]
        freed = _("{size} GiB came free").format(size=format_gib(kill.freed, 1)) if kill.freed is not None else ""
        return "\n".join(filter(None, (when_words(kill), headline(kill), freed)))

    def kill_at(self, at: QPointF) -> Kill | None:
        """The kill whose dot lies at a point, the target being at least 24 px."""
        for kill in reversed(self._kills):
            away = self.place_of(kill) - at
            if math.hypot(away.x(), away.y()) <= max(GAP, dot_radius(kill.freed)):
                return kill
        return None

    def mousePressEvent(self, event: QMouseEvent) -> None:
        kill = self.kill_at(event.position())
        if kill is not None and event.button() == Qt.MouseButton.LeftButton:
            self.chosen.emit(kill)
        super().mousePressEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        enters = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if enters and self.cursor_index is not None and self.cursor_index < len(self._kills):
            self.chosen.emit(self._kills[self.cursor_index])
            return
        super().keyPressEvent(event)

    # Painting

    def sizeHint(self) -> QSize:
        return QSize(640, round(_TOP + self._lane_height() * len(self._lanes) + _BOTTOM - GAP_TINY))

    def minimumSizeHint(self) -> QSize:
        return QSize(300, self.sizeHint().height())

    def _lane_height(self) -> float:
        return max(_LANE, self.fontMetrics().height() + GAP_SMALL)

    def _plot(self) -> QRectF:
        wide = max((self.fontMetrics().horizontalAdvance(lane) for lane in self._lanes), default=0)
        left = max(125.0, wide + GAP)
        height = self._lane_height() * len(self._lanes)
        return QRectF(left, _TOP - GAP_TINY, max(1.0, self.width() - left - _RIGHT), height)

    def place_of(self, kill: Kill) -> QPointF:
        """Where a kill's dot lies."""
        plot = self._plot()
        lane = self._lanes.index(lane_words(kill))
        return QPointF(self._x(self._when(kill) or 0.0), plot.top() + (lane + 0.5) * self._lane_height())

    def _x(self, when: float) -> float:
        plot = self._plot()
        return plot.right() - (self._until - when) / self._span * plot.width()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._draw_lanes(painter)
        self._draw_axis(painter)
        self._draw_starts(painter)
        for kill in self._kills:
            self._draw_dot(painter, kill)
        self.paint_focus(painter)
        painter.end()

    def _draw_lanes(self, painter: QPainter) -> None:
        tokens, plot, high = self.scheme.tokens, self._plot(), self._lane_height()
        painter.setFont(font_for(TextRole.NOTE))
        for at, lane in enumerate(self._lanes):
            y = plot.top() + (at + 0.5) * high
            painter.fillRect(QRectF(plot.left(), round(y), plot.width(), 1), tokens.grid)
            painter.setPen(tokens.text)
            box = QRectF(GAP_TINY, y - high / 2, plot.left() - GAP_SMALL, high)
            painter.drawText(box, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), lane)

    def _draw_axis(self, painter: QPainter) -> None:
        tokens, plot = self.scheme.tokens, self._plot()
        base = round(plot.bottom()) + 1
        painter.fillRect(QRectF(plot.left(), base, plot.width(), 1), tokens.control)
        painter.setFont(font_for(TextRole.AXIS))
        painter.setPen(tokens.text2)
        for at in range(_TICKS + 1):
            x = round(plot.left() + plot.width() * at / _TICKS)
            painter.fillRect(x, base, 1, GAP_TINY, tokens.control)
            when = self._until - self._span * (1 - at / _TICKS)
            text = self._tick_words(when)
            wide = painter.fontMetrics().horizontalAdvance(text)
            left = min(x - wide // 2, self.width() - wide - 1)
            painter.drawText(QRect(left, base + GAP, wide + 2, painter.fontMetrics().height()), 0, text)

    def _tick_words(self, when: float) -> str:
        if self._clockless:
            return _("{count} s").format(count=f"{max(0.0, when):.0f}")
        if self._span > 2 * DAY:
            return day_words(when)
        return QDateTime.fromMSecsSinceEpoch(int(when * 1000)).toString("HH:mm:ss")

    def _draw_starts(self, painter: QPainter) -> None:
        tokens, plot = self.scheme.tokens, self._plot()
        painter.setFont(font_for(TextRole.AXIS))
        metrics = painter.fontMetrics()
        free_from = float("-inf")
        for start in self._starts:
            x = round(self._x(start)) + 0.5
            painter.setPen(QPen(tokens.control, 1, Qt.PenStyle.DotLine))
            painter.drawLine(QPointF(x, plot.top() - GAP_TINY), QPointF(x, plot.bottom()))
            text = _("start")
            wide = metrics.horizontalAdvance(text)
            left = x + GAP_TINY if x + GAP_TINY + wide < self.width() else x - GAP_TINY - wide
            # Where starts lie close together one word does for all of them.
            if left >= free_from:
                painter.setPen(tokens.text2)
                painter.drawText(QRectF(left, plot.top() - metrics.height(), wide + 2, metrics.height()), 0, text)
                free_from = left + wide + GAP_TINY

    def _draw_dot(self, painter: QPainter, kill: Kill) -> None:
        tokens, at = self.scheme.tokens, self.place_of(kill)
        radius = dot_radius(kill.freed)
        paint_dot(painter, self.scheme, at, radius, hatched=kill.group)
        if kill is self._selected:
            painter.setPen(QPen(tokens.accent, CURVE_LINE))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawEllipse(at, radius + _RING, radius + _RING)


def paint_dot(painter: QPainter, scheme: Scheme, at: QPointF, radius: float, *, hatched: bool) -> None:
    """A dot: plain for one process, hatched and outlined for a group."""
    colour, ground = scheme.tokens.text2, scheme.tokens.surface
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(ground if hatched else colour)
    painter.drawEllipse(at, radius, radius)
    if not hatched:
        return
    outline = QPainterPath()
    outline.addEllipse(at, radius, radius)
    painter.save()
    painter.setClipPath(outline)
    painter.setPen(QPen(colour, _HATCH_LINE))
    for step in range(-round(2 * radius / _HATCH), round(2 * radius / _HATCH) + 1):
        along = step * _HATCH
        painter.drawLine(at + QPointF(along - radius, radius), at + QPointF(along + radius, -radius))
    painter.restore()
    painter.setPen(QPen(colour, EDGE))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawEllipse(at, radius, radius)
