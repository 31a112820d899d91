"""The head of page History's timeline: its key, and the choice of killer and time."""

from collections.abc import Sequence

from PySide6.QtCore import QDateTime, QLocale, QObject, QPointF, QSize, Signal, Slot
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

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
        self._says_size = True
        self.setAccessibleName("; ".join((_("plain: one process"), _("hatched: a whole group"), self._size_words)))
        scheme.changed.connect(self._repaint)

    @Slot()
    def _repaint(self) -> None:
        self.update()

    def show_size_words(self, shown: bool) -> None:
        """Say what a larger dot means, or leave it to the name: where room is short, the counts beside it come first."""
        if shown != self._says_size:
            self._says_size = shown
            self.updateGeometry()
            self.update()

    def sizeHint(self) -> QSize:
        metrics = QFontMetrics(font_for(TextRole.NOTE))
        dots = sum(metrics.horizontalAdvance(word) + round(3 * _DOT) + GAP_WIDE for word, _hatched in self._parts)
        words = metrics.horizontalAdvance(self._size_words) if self._says_size else 0
        return QSize(dots + words + GAP_SMALL, max(TARGET, metrics.height()))

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
            paint_dot(painter, self._scheme, QPointF(x, middle), _DOT, hatched=hatched)
            painter.setPen(self._scheme.tokens.text2)
            painter.drawText(QPointF(x + 2 * _DOT, base), word)
            x += 3 * _DOT + metrics.horizontalAdvance(word) + GAP_WIDE
        if self._says_size:
            painter.setPen(self._scheme.tokens.text2)
            painter.drawText(QPointF(x - _DOT, base), self._size_words)
        painter.end()


class HistoryBar(QObject):
    """The two choices, of a killer and of a time; `changed` tells that one was made.

    A time is the last days, or from one start of the machine to the next.
    """

    changed = Signal()

    def __init__(self, scheme: Scheme, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._now = 0.0
        self._starts: tuple[float, ...] = ()
        self.killers = Chooser(scheme, _("Killer"), [(_("All killers"), "")])
        self.times = Chooser(scheme, _("Time"), self._spans())
        for chooser in (self.killers, self.times):
            chooser.currentIndexChanged.connect(self.changed)

    def _spans(self) -> list[tuple[str, object]]:
        return [(_("30 days"), 30 * DAY), (_("7 days"), 7 * DAY), (_("24 hours"), DAY)]

    def offer(self, lanes: Sequence[str], starts: Sequence[float], now: float) -> None:
        """Offer the killers and starts that there are; a choice that is still there is kept."""
        self._now, self._starts = now, tuple(starts)
        self._fill(self.killers, [(_("All killers"), ""), *((lane, lane) for lane in dict.fromkeys(lanes))])
        said = [QLocale().toString(QDateTime.fromMSecsSinceEpoch(int(start * 1000)), _("d MMM HH:mm")) for start in starts]
        entries = [(_("Start of {time}").format(time=text), at) for at, text in enumerate(said)]
        self._fill(self.times, [*self._spans(), *reversed(entries)])

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
        for chooser in (self.times, self.killers):
            chooser.setCurrentIndex(0)

    @property
    def span(self) -> float | None:
        """Seconds before now that are wanted; None where the start of the machine decides."""
        chosen = self.times.currentData()
        return chosen if isinstance(chosen, float) else None

    def wanted(self, text: str) -> HistoryFilter:
        """What is chosen, with the words of the search."""
        since = until = None
        at = self.times.currentData()
        if self.span is not None and self.times.currentIndex() > 0:
            since = self._now - self.span
        elif isinstance(at, int) and at < len(self._starts):
            since = self._starts[at]
            until = self._starts[at + 1] if at + 1 < len(self._starts) else None
        return HistoryFilter(str(self.killers.currentData() or ""), since, until, text)
