"""The head of page History's timeline: its key, and the choice of killer, time and start of the machine."""

from collections.abc import Sequence

from PySide6.QtCore import QDateTime, QLocale, QPointF, QSize, Signal, Slot
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from guardian.protocol.i18n import _
from guardian.ui.history_filter import DAY, HistoryFilter
from guardian.ui.inputs import Chooser
from guardian.ui.kill_timeline import paint_dot
from guardian.ui.scheme import Scheme
from guardian.ui.tokens import GAP_SMALL, GAP_WIDE, TARGET
from guardian.ui.type_scale import TextRole, font_for

_DOT = 5.0


class TimelineKey(QWidget):
    """What the dots mean."""

    def __init__(self, scheme: Scheme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._scheme = scheme
        self._parts = ((_("one process"), False), (_("a whole group"), True))
        self._size_words = _("larger: more memory freed")
        self.setAccessibleName("; ".join((_("plain: one process"), _("hatched: a whole group"), self._size_words)))
        scheme.changed.connect(self._repaint)

    @Slot()
    def _repaint(self) -> None:
        self.update()

    def sizeHint(self) -> QSize:
        metrics = QFontMetrics(font_for(TextRole.NOTE))
        dots = sum(metrics.horizontalAdvance(word) + round(3 * _DOT) + GAP_WIDE for word, _hatched in self._parts)
        return QSize(dots + metrics.horizontalAdvance(self._size_words) + GAP_SMALL, max(TARGET, metrics.height()))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(font_for(TextRole.NOTE))
        metrics, middle = painter.fontMetrics(), self.height() / 2
        base = middle + (metrics.ascent() - metrics.descent()) / 2
        x = _DOT + 1
        for word, hatched in self._parts:
            paint_dot(painter, self._scheme, QPointF(x, middle), _DOT, hatched=hatched, ratio=self.devicePixelRatioF())
            painter.setPen(self._scheme.tokens.text2)
            painter.drawText(QPointF(x + 2 * _DOT, base), word)
            x += 3 * _DOT + metrics.horizontalAdvance(word) + GAP_WIDE
        painter.setPen(self._scheme.tokens.text2)
        painter.drawText(QPointF(x - _DOT, base), self._size_words)
        painter.end()


class HistoryBar(QWidget):
    """The three choices; `changed` tells that one was made."""

    changed = Signal()

    def __init__(self, scheme: Scheme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._now = 0.0
        self._starts: tuple[float, ...] = ()
        self.killers = Chooser(scheme, _("Killer"), [(_("All killers"), "")])
        self.times = Chooser(scheme, _("Time"), [(_("30 days"), 30), (_("7 days"), 7), (_("24 hours"), 1)])
        self.boots = Chooser(scheme, _("Start of the machine"), [(_("All starts"), -1)])
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GAP_SMALL)
        for chooser in (self.boots, self.times, self.killers):
            row.addWidget(chooser)
            chooser.currentIndexChanged.connect(self.changed)

    def offer(self, lanes: Sequence[str], starts: Sequence[float], now: float) -> None:
        """Offer the killers and starts that there are; a choice that is still there is kept."""
        self._now, self._starts = now, tuple(starts)
        self._fill(self.killers, [(_("All killers"), ""), *((lane, lane) for lane in dict.fromkeys(lanes))])
        said = [
            (QLocale().toString(QDateTime.fromMSecsSinceEpoch(int(start * 1000)), "d MMM HH:mm"), at)
            for at, start in enumerate(starts)
        ]
        entries = [(_("Start of {time}").format(time=text), at) for text, at in reversed(said)]
        self._fill(self.boots, [(_("All starts"), -1), *entries])

    def _fill(self, chooser: Chooser, entries: Sequence[tuple[str, object]]) -> None:
        before = chooser.currentText()
        chooser.blockSignals(True)  # noqa: FBT003 - Qt takes it by place
        chooser.clear()
        for word, value in entries:
            chooser.addItem(word, value)
        chooser.setCurrentIndex(max(0, chooser.findText(before)))
        chooser.blockSignals(False)  # noqa: FBT003 - Qt takes it by place
        chooser.updateGeometry()

    def clear_choices(self) -> None:
        """Want all again."""
        for chooser in (self.boots, self.times, self.killers):
            chooser.setCurrentIndex(0)

    def wanted(self, text: str) -> HistoryFilter:
        """What is chosen, with the words of the search."""
        days = self.times.currentData()
        since = None if days == 30 else self._now - days * DAY
        until = None
        at = self.boots.currentData()
        if isinstance(at, int) and 0 <= at < len(self._starts):
            since = max(since or 0.0, self._starts[at])
            until = self._starts[at + 1] if at + 1 < len(self._starts) else None
        return HistoryFilter(str(self.killers.currentData() or ""), since, until, text)
