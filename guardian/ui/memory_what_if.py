"""More memory, on paper: so much more RAM, swap or zram, and what room, forecast and ranking would be."""

from PySide6.QtCore import QRectF, QSize, Qt, Slot
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from guardian.model.more_memory import Machine, More, RoomOnPaper, room_with
from guardian.model.verdict import Verdict
from guardian.model.what_if import what_if
from guardian.policy.paper_words import cost_lines, forecast_line, ranking_line, ratio_line, room_line
from guardian.protocol.i18n import _
from guardian.protocol.quantities import GIB, format_bytes
from guardian.sampling.snapshot import Snapshot
from guardian.ui.card import HeadedCard
from guardian.ui.inputs import NumberField
from guardian.ui.patterns import hatch_brush
from guardian.ui.scheme import Scheme
from guardian.ui.tokens import BAR_HEIGHT, CURVE_LINE, GAP, GAP_SMALL, GAP_TINY
from guardian.ui.type_scale import TextRole, font_for
from guardian.ui.words import Words

MOST_GIB = 4096
_SMALL = 18
_EACH_SECONDS = 5.0


class PaperBars(QWidget):
    """Room now and then as two bars; what is gained is hatched, and a line spans what is only assumed."""

    def __init__(self, scheme: Scheme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._scheme = scheme
        self._paper: RoomOnPaper | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(_("Room now and then"))
        scheme.changed.connect(self._repaint)

    @Slot()
    def _repaint(self) -> None:
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(240, 2 * BAR_HEIGHT + GAP_SMALL)

    def show_paper(self, paper: RoomOnPaper) -> None:
        """Show a room on paper."""
        self.setAccessibleDescription(room_line(paper))
        if paper != self._paper:
            self._paper = paper
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        paper, painter = self._paper, QPainter(self)
        if paper is not None:
            painter.setFont(font_for(TextRole.NOTE))
            metrics = QFontMetrics(painter.font())
            words = (_("Now"), _("Then"))
            left = max(metrics.horizontalAdvance(word) for word in words) + GAP
            values = (format_bytes(paper.now), format_bytes(paper.would))
            right = max(metrics.horizontalAdvance(value) for value in values) + GAP_SMALL
            scale = max(1.0, self.width() - left - right) / max(paper.now, paper.high, 1)
            for at, (word, value, size) in enumerate(zip(words, values, (paper.now, paper.would), strict=True)):
                row = QRectF(0, at * (BAR_HEIGHT + GAP_SMALL), self.width(), BAR_HEIGHT)
                self._paint_row(painter, row, word, value, QRectF(left, row.top(), size * scale, row.height()))
            if paper.low != paper.high:
                self._paint_span(painter, left + paper.low * scale, left + paper.high * scale)
        painter.end()

    def _paint_row(self, painter: QPainter, row: QRectF, word: str, value: str, bar: QRectF) -> None:
        tokens, paper = self._scheme.tokens, self._paper
        assert paper is not None
        middle = int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft)
        painter.setPen(tokens.text2)
        painter.drawText(row, middle, word)
        kept = min(bar.width(), bar.width() * paper.now / max(paper.would, 1) if bar.top() > 0 else bar.width())
        painter.fillRect(QRectF(bar.left(), bar.top(), kept, bar.height()), tokens.layers[-1].fill)
        if bar.width() > kept:
            painter.fillRect(bar.adjusted(kept, 0, 0, 0), hatch_brush(tokens, self.devicePixelRatioF()))
        painter.setPen(QPen(tokens.control, 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(bar.adjusted(0.5, 0.5, -0.5, -0.5))
        painter.setPen(tokens.text)
        reach = bar.right() if bar.top() == 0 else max(bar.right(), self._span_end(bar))
        painter.drawText(QRectF(reach + GAP_TINY + 2, row.top(), row.width(), row.height()), middle, value)

    def _span_end(self, bar: QRectF) -> float:
        """Where the line of what is assumed ends, so that the value stands beside it."""
        paper = self._paper
        assert paper is not None
        return bar.left() + bar.width() * paper.high / max(paper.would, 1) if paper.low != paper.high else 0.0

    def _paint_span(self, painter: QPainter, start: float, end: float) -> None:
        painter.setPen(QPen(self._scheme.tokens.text, CURVE_LINE))
        middle, tall = BAR_HEIGHT * 1.5 + GAP_SMALL, 4
        painter.drawLine(round(start), round(middle), round(end), round(middle))
        for x in (start, end):
            painter.drawLine(round(x), round(middle - tall), round(x), round(middle + tall))


class MemoryWhatIf(HeadedCard):
    """Three numbers of GiB, and what they would come to; nothing is changed."""

    def __init__(self, scheme: Scheme, parent: QWidget | None = None) -> None:
        super().__init__(scheme, _("More memory, on paper"), _("nothing is changed"), parent)
        self._snapshot: Snapshot | None = None
        self._verdict: Verdict | None = None
        self._shown_at = float("-inf")
        self.fields: dict[str, NumberField] = {}
        row = QHBoxLayout()
        row.setSpacing(GAP_SMALL)
        for name, word in (("ram", _("RAM")), ("swap", _("Swap on a disk")), ("zram", _("zram"))):
            field = NumberField(scheme, 0, MOST_GIB)
            field.setAccessibleName(_("{kind} more, in GiB").format(kind=word))
            field.setKeyboardTracking(True)
            field.valueChanged.connect(self._show)
            label = Words(scheme, word, TextRole.BODY, "text2")
            label.setBuddy(field)
            row.addWidget(label)
            row.addWidget(field)
            row.addWidget(Words(scheme, _("GiB"), TextRole.BODY, "text2"))
            row.addSpacing(GAP_SMALL)
            self.fields[name] = field
        row.addStretch(1)
        self.bars = PaperBars(scheme)
        self.answer = Words(scheme, "", TextRole.HEADING)
        self.more = Words(scheme, "", TextRole.BODY, "text2")
        self.body.addLayout(row)
        self.body.addSpacing(GAP_TINY)
        self.body.addWidget(self.bars)
        self.body.addSpacing(GAP_TINY)
        for words in (self.answer, self.more):
            words.setWordWrap(True)
            words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            self.body.addWidget(words)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self._show()

    @property
    def wished(self) -> More:
        """What is to be added, in bytes."""
        return More(**{name: field.value() * GIB for name, field in self.fields.items()})

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Reckon with a new sample, now and then."""
        first = self._snapshot is None
        self._snapshot = snapshot
        if first or abs(snapshot.sample.monotonic - self._shown_at) >= _EACH_SECONDS:
            self._show()

    def show_verdict(self, verdict: Verdict | None) -> None:
        """Reckon with a new forecast."""
        self._verdict = verdict

    @Slot()
    def _show(self) -> None:
        snapshot, more = self._snapshot, self.wished
        if snapshot is None:
            self.answer.show_text(_("Measuring"))
            return
        sample = snapshot.sample
        self._shown_at = sample.monotonic
        paper = room_with(Machine(sample.memory, sample.page_size, sample.zones, sample.swaps, sample.zram), more)
        self.bars.show_paper(paper)
        if not any(more):
            self.answer.show_text(_("Room is {size} now.").format(size=format_bytes(paper.now)))
            self.more.show_text(_("Enter how much more there would be."))
            return
        verdict = self._verdict
        left = verdict.seconds_left if verdict is not None and verdict.group is None else None
        ratio = (ratio_line(paper.ratio),) if more.zram else ()
        self.answer.show_text(room_line(paper))
        lines = (forecast_line(left, paper), self._ranking(snapshot, more), *ratio, *cost_lines(more))
        self.more.show_text("\n".join(filter(None, lines)))

    def _ranking(self, snapshot: Snapshot, more: More) -> str:
        """Who would be first; empty where the sample has no table."""
        sample = snapshot.sample
        if sample.processes is None:
            return ""
        would = what_if(sample.processes, snapshot.domain, snapshot.era, extra_bytes=more.weight, cgroups=sample.cgroups)
        return ranking_line(snapshot.victims, would)
