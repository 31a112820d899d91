"""Who grows: the fastest programs with what they hold, their growth and their last five minutes."""

from collections import deque
from collections.abc import Sequence

from PySide6.QtCore import QRect, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from guardian.model.verdict import Grower, Verdict
from guardian.protocol.i18n import _
from guardian.protocol.quantities import format_gib, format_growth, format_percent
from guardian.sampling.snapshot import Snapshot
from guardian.ui.button import Link, paint_focus_ring
from guardian.ui.card import HeadedCard
from guardian.ui.scheme import Scheme
from guardian.ui.sparkline import Sparkline
from guardian.ui.tokens import HEAD_HEIGHT, ROW_HEIGHT
from guardian.ui.type_scale import TextRole, font_for, text_scale
from guardian.ui.verdict_words import grower_name
from guardian.ui.words import Words

SPAN = 300.0
_STEP, _LEAST = 5.0, 32 << 20
_MOST_ROWS = 3
_TRAIL_WIDTH, _TRAIL_HEIGHT = 60, 14


class GrowthTrail:
    """Bytes of anon and swap by program name over the last five minutes, a step each five seconds."""

    def __init__(self) -> None:
        self._steps: deque[tuple[float, dict[str, int]]] = deque(maxlen=int(SPAN / _STEP) + 1)

    def add(self, snapshot: Snapshot) -> None:
        """Take in a snapshot that has a table, once a step."""
        now = snapshot.sample.monotonic
        if not snapshot.victims or (self._steps and 0 <= now - self._steps[-1][0] < _STEP - 0.5):
            return
        sums: dict[str, int] = {}
        for victim in snapshot.victims:
            memory = victim.process.memory
            if memory is not None:
                held = memory.rss_anon + memory.swap
                sums[victim.process.name] = sums.get(victim.process.name, 0) + held
        self._steps.append((now, {name: held for name, held in sums.items() if held >= _LEAST}))

    def of(self, name: str) -> list[tuple[float, float]]:
        """Points of (place 0..1 in the five minutes, bytes) of a name, oldest first."""
        if not self._steps:
            return []
        newest = self._steps[-1][0]
        return [(1 - (newest - at) / SPAN, float(sums[name])) for at, sums in self._steps if name in sums and newest - at <= SPAN]


class _Row(Link):
    """One grower; pressed, it is shown among the victims."""

    ROLE = TextRole.BODY

    def __init__(self, scheme: Scheme, parent: QWidget | None = None) -> None:
        super().__init__(scheme, "", parent)
        self.grower: Grower | None = None
        self._first = False
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._curve = Sparkline(scheme, _("Five minutes"), _TRAIL_WIDTH, _TRAIL_HEIGHT, filled=False)
        self._curve.setParent(self)
        self._curve.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def show_grower(self, grower: Grower, trail: Sequence[tuple[float, float]], *, first: bool) -> None:
        """Show one grower with its trail; the first row stands out."""
        self.grower, self._first = grower, first
        words = _("{name}, {memory} GiB, {growth} MiB per minute").format(
            name=grower_name(grower), memory=format_gib(grower.memory, 1), growth=format_growth(grower.growth)
        )
        self.setAccessibleName(words)
        top = max((value for _at, value in trail), default=1.0)
        self._curve.show_values(trail, top * 1.25)
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(240, max(ROW_HEIGHT, self.fontMetrics().height() + 4))

    def resizeEvent(self, event: QResizeEvent) -> None:
        trail = cells(self.rect())[3]
        self._curve.setGeometry(trail.left(), (self.height() - _TRAIL_HEIGHT) // 2, trail.width(), _TRAIL_HEIGHT)
        super().resizeEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens, grower = self._scheme.tokens, self.grower
        painter = QPainter(self)
        if grower is not None:
            if self._first or self.underMouse():
                painter.fillRect(self.rect(), tokens.select if self._first else tokens.alt)
            painter.fillRect(0, self.height() - 1, self.width(), 1, tokens.grid)
            name, memory, growth, _trail = cells(self.rect())
            middle = Qt.AlignmentFlag.AlignVCenter
            painter.setPen(tokens.text)
            text = painter.fontMetrics().elidedText(grower_name(grower), Qt.TextElideMode.ElideRight, name.width())
            painter.drawText(name, int(middle | Qt.AlignmentFlag.AlignLeading), text)
            painter.drawText(memory, int(middle | Qt.AlignmentFlag.AlignTrailing), format_gib(grower.memory, 1))
            painter.setFont(font_for(TextRole.HEADING))
            painter.drawText(growth, int(middle | Qt.AlignmentFlag.AlignTrailing), format_growth(grower.growth))
        if self.hasFocus():
            paint_focus_ring(painter, QRectF(self.rect()).adjusted(4, 4, -4, -4), tokens, 1)
        painter.end()


def cells(row: QRect) -> tuple[QRect, QRect, QRect, QRect]:
    """Where name, memory, growth and trail stand in a row."""
    scale = text_scale()
    trail = QRect(row.right() - 4 - _TRAIL_WIDTH, row.top(), _TRAIL_WIDTH, row.height())
    growth = QRect(trail.left() - 12 - round(76 * scale), row.top(), round(76 * scale), row.height())
    memory = QRect(growth.left() - 12 - round(44 * scale), row.top(), round(44 * scale), row.height())
    return QRect(row.left() + 8, row.top(), memory.left() - row.left() - 8, row.height()), memory, growth, trail


class _Heads(QWidget):
    """The heads over the rows."""

    def __init__(self, scheme: Scheme) -> None:
        super().__init__()
        self._scheme = scheme
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        scheme.changed.connect(self._repaint)

    @Slot()
    def _repaint(self) -> None:
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(240, max(HEAD_HEIGHT - 4, self.fontMetrics().height() + 4))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setFont(font_for(TextRole.COLUMN_HEAD))
        painter.setPen(self._scheme.tokens.text2)
        lead, trail = Qt.AlignmentFlag.AlignLeading, Qt.AlignmentFlag.AlignTrailing
        heads = ((_("Program"), lead), (_("GiB"), trail), (_("MiB/min"), trail), (_("5 min"), lead))
        for rect, (text, side) in zip(cells(self.rect()), heads, strict=True):
            painter.drawText(rect, int(side | Qt.AlignmentFlag.AlignVCenter), text)
        painter.end()


class GrowerCard(HeadedCard):
    """The fastest growers, three at most.  `grower_chosen` carries the ProcessKey of the row that was pressed."""

    grower_chosen = Signal(object)

    def __init__(self, scheme: Scheme, parent: QWidget | None = None) -> None:
        super().__init__(scheme, _("Who grows"), "", parent)
        self._share = Words(scheme, "", TextRole.NOTE, "text2")
        self.add_to_head(self._share)
        self._heads = _Heads(scheme)
        self._rows = [_Row(scheme) for _at in range(_MOST_ROWS)]
        self._none = Words(scheme, _("Nothing grows fast enough to matter."), TextRole.NOTE, "text2")
        self._none.setWordWrap(True)
        inside = QVBoxLayout()
        inside.setSpacing(0)
        inside.addWidget(self._heads)
        for row in self._rows:
            row.clicked.connect(self._choose)
            inside.addWidget(row)
        inside.addWidget(self._none)
        inside.addStretch(1)
        self.body.addLayout(inside)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.show_growers(None, None, GrowthTrail())

    @Slot()
    def _choose(self) -> None:
        row = self.sender()
        if isinstance(row, _Row) and row.grower is not None:
            self.grower_chosen.emit(row.grower.key)

    def show_growers(self, verdict: Verdict | None, snapshot: Snapshot | None, trail: GrowthTrail) -> None:
        """Show the growers of a verdict, each with its trail, and their share of all growth where it is known."""
        growers = verdict.growers[:_MOST_ROWS] if verdict is not None else ()
        for at, row in enumerate(self._rows):
            row.setVisible(at < len(growers))
            if at < len(growers):
                row.show_grower(growers[at], trail.of(growers[at].name), first=at == 0)
        self._heads.setVisible(bool(growers))
        self._none.setVisible(not growers)
        self._share.show_text(_share_words(growers, snapshot))


def _share_words(growers: Sequence[Grower], snapshot: Snapshot | None) -> str:
    """What the shown growers make of all growth: "98 % of the growth"; empty where it cannot be told."""
    if not growers or snapshot is None or not snapshot.growth:
        return ""
    whole = sum(rate for rate in snapshot.growth.values() if rate > 0)
    if whole <= 0:
        return ""
    share = min(1.0, sum(grower.growth for grower in growers) / whole)
    return _("{share} of the growth").format(share=format_percent(share))
