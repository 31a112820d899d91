"""What the kernel may promise in each mode, beside what it has promised already."""

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from guardian.model.commit import Commit, limit_at
from guardian.model.verdict import State
from guardian.protocol.i18n import _, sentences
from guardian.protocol.quantities import GIB, KIB, UNKNOWN, format_bytes, format_gib
from guardian.ui.axis import round_ticks, tick_text
from guardian.ui.button import paint_focus_ring
from guardian.ui.chart import Chart
from guardian.ui.patterns import tinted_hatch
from guardian.ui.scheme import Scheme
from guardian.ui.tokens import CURVE_LINE, GAP, GAP_SMALL, GAP_TINY
from guardian.ui.type_scale import TextRole, font_for, text_scale

_MODES = (0, 1, 2)
_BAR, _STEP = 28, 42
_LEFT = 88
_BEYOND = 1.04


class CommitChart(Chart):
    """Bars of the three modes on one scale; the promises are an upright line, and what is too little is red."""

    def __init__(self, scheme: Scheme, parent: QWidget | None = None) -> None:
        super().__init__(scheme, _("What each mode may promise, GiB"), parent)
        self._commit: Commit | None = None
        self._ratio = 50
        self._guesses = False
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_commit(self, commit: Commit, ratio: int, *, guesses: bool) -> None:
        """Show a machine's promises with another ratio for mode 2; `guesses` where mode 0 looks at what is free (before 5.2)."""
        if (commit, ratio, guesses) != (self._commit, self._ratio, self._guesses):
            self._commit, self._ratio, self._guesses = commit, ratio, guesses
            self.update()

    # Numbers

    def _limit(self, commit: Commit) -> int:
        """What mode 2 would promise at most, with the ratio that is looked at or the size that is set."""
        facts = commit.facts
        if facts.kbytes and self._ratio == facts.ratio:
            return facts.kbytes * KIB + facts.swap
        return limit_at(facts, self._ratio)

    def _missing(self, commit: Commit) -> int:
        """How much mode 2 lacks to grant anything at all; 0 where it grants."""
        allowed = self._limit(commit) - commit.facts.admin_reserve_kbytes * KIB
        return max(0, commit.promised - allowed) if allowed <= commit.promised else 0

    def _name(self, commit: Commit, mode: int) -> str:
        facts = commit.facts
        name = _("Mode {mode}").format(mode=mode)
        if mode == 2:
            limit = f"{self._ratio} %" if not facts.kbytes or self._ratio != facts.ratio else format_bytes(facts.kbytes * KIB, 1)
            name = _("Mode 2, {limit}").format(limit=limit)
        return _("{mode}, now").format(mode=name) if mode == facts.mode else name

    def _words(self, commit: Commit, mode: int) -> str:
        if mode == 0:
            words = _("about {size} could be had") if self._guesses else _("one request up to {size} is granted")
            return words.format(size=format_bytes(commit.largest, 1))
        if mode == 1:
            return _("every request is granted")
        return _("limit {size}").format(size=format_bytes(self._limit(commit), 1))

    def describe(self) -> str:
        commit = self._commit
        if commit is None:
            return ""
        missing = self._missing(commit)
        said = _("{size} are promised now.").format(size=format_bytes(commit.promised, 1))
        modes = [_("{mode}: {words}.").format(mode=self._name(commit, mode), words=self._words(commit, mode)) for mode in _MODES]
        lacks = _("That is {size} too little.").format(size=format_bytes(missing, 1)) if missing else ""
        return sentences(said, *modes, lacks)

    def columns(self) -> tuple[str, ...]:
        return (_("Mode"), _("At most, GiB"), _("Left to promise, GiB"), _("What it means"))

    def rows(self) -> list[tuple[str, ...]]:
        commit = self._commit
        if commit is None:
            return []
        limits = (commit.largest, None, self._limit(commit))
        left = limits[2] or 0
        lefts = (UNKNOWN, UNKNOWN, format_gib(left - commit.promised - commit.facts.admin_reserve_kbytes * KIB))
        rows = [
            (
                self._name(commit, mode),
                UNKNOWN if limits[mode] is None else format_gib(limits[mode]),
                lefts[mode],
                self._words(commit, mode),
            )
            for mode in _MODES
        ]
        return [*rows, (_("promised now"), format_gib(commit.promised), UNKNOWN, "")]

    # The cursor goes from bar to bar

    def cursor_count(self) -> int:
        return len(_MODES) if self._commit is not None else 0

    def cursor_at(self, index: int) -> QPointF:
        return QPointF(self._left() + GAP, self._top() + index * self._step() + self._bar() / 2)

    def cursor_text(self, index: int) -> str:
        commit = self._commit
        return (
            ""
            if commit is None
            else _("{mode}: {words}.").format(mode=self._name(commit, index), words=self._words(commit, index))
        )

    # The picture

    def _bar(self) -> float:
        return _BAR * text_scale()

    def _step(self) -> float:
        return _STEP * text_scale()

    def _left(self) -> float:
        metrics = QFontMetrics(font_for(TextRole.HEADING))
        names = [self._name(self._commit, mode) for mode in _MODES] if self._commit is not None else []
        return max(_LEFT * text_scale(), max((metrics.horizontalAdvance(name) for name in names), default=0) + GAP)

    def _top(self) -> float:
        return float(QFontMetrics(font_for(TextRole.AXIS_STRONG)).height() + GAP_SMALL)

    def sizeHint(self) -> QSize:
        axis = QFontMetrics(font_for(TextRole.AXIS)).height()
        return QSize(420, round(self._top() + 2 * self._step() + self._bar() + axis + 2 * GAP_SMALL))

    def minimumSizeHint(self) -> QSize:
        return QSize(300, self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        if self._commit is not None:
            self._paint(painter, self._commit)
        if self.hasFocus():
            paint_focus_ring(painter, QRectF(self.rect()).adjusted(4, 4, -4, -4), self.scheme.tokens, 1)
        painter.end()

    def _paint(self, painter: QPainter, commit: Commit) -> None:
        tokens, left, top = self.scheme.tokens, self._left(), self._top()
        ticks = round_ticks(self._most(commit) * _BEYOND)
        width, scale = self.width() - left - GAP, self._scale(commit)
        bottom = top + 2 * self._step() + self._bar() + GAP_SMALL
        painter.setFont(font_for(TextRole.AXIS))
        shown = [tick for tick in ticks if tick * scale <= width]
        for tick in shown:
            x = round(left + tick * scale) + 0.5
            painter.setPen(QPen(tokens.grid, 1))
            painter.drawLine(QPointF(x, top - GAP_TINY), QPointF(x, bottom))
            unit = _("GiB") if tick == shown[-1] else ""
            text = " ".join(filter(None, (tick_text(tick, ticks), unit)))
            painter.setPen(tokens.text2)
            wide = painter.fontMetrics().horizontalAdvance(text)
            at = min(x - wide / 2, self.width() - wide)
            painter.drawText(QPointF(at, bottom + painter.fontMetrics().ascent() + 2), text)
        ends = (commit.largest / GIB * scale, width, self._limit(commit) / GIB * scale)
        for mode in _MODES:
            self._paint_mode(painter, commit, mode, QRectF(left, top + mode * self._step(), ends[mode], self._bar()))
        self._paint_missing(painter, commit, scale, QRectF(left, top + 2 * self._step(), ends[2], self._bar()))
        self._paint_promised(painter, commit, left + commit.promised / GIB * scale, bottom)

    def _paint_mode(self, painter: QPainter, commit: Commit, mode: int, bar: QRectF) -> None:
        tokens, now = self.scheme.tokens, mode == commit.facts.mode
        painter.setFont(font_for(TextRole.HEADING if now else TextRole.BODY))
        painter.setPen(tokens.text)
        name = QRectF(0, bar.top(), bar.left() - GAP_TINY, bar.height())
        painter.drawText(name, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), self._name(commit, mode))
        painter.setPen(QPen(tokens.control, 1))
        painter.setBrush(tokens.alt)
        painter.drawRect(
            QRectF(round(bar.left()) + 0.5, round(bar.top()) + 0.5, max(1.0, round(bar.width())), round(bar.height()) - 1)
        )
        self._put_words(painter, commit, self._words(commit, mode), bar)

    def _put_words(self, painter: QPainter, commit: Commit, text: str, bar: QRectF) -> None:
        """Write into a bar, beside the upright line where that would go through the words."""
        painter.setFont(font_for(TextRole.AXIS))
        painter.setPen(self.scheme.tokens.text)
        wide = painter.fontMetrics().horizontalAdvance(text)
        at, line = bar.left() + GAP_SMALL, bar.left() + commit.promised / GIB * self._scale(commit)
        if at - GAP_TINY < line < at + wide + GAP_TINY:
            at = line + GAP_SMALL if line + GAP_SMALL + wide < self.width() else max(bar.left() + 2, line - GAP_SMALL - wide)
        painter.drawText(QRectF(at, bar.top(), wide + 1, bar.height()), int(Qt.AlignmentFlag.AlignVCenter), text)

    def _scale(self, commit: Commit) -> float:
        """Pixels of a GiB."""
        return (self.width() - self._left() - GAP) / (self._most(commit) * _BEYOND * _BEYOND)

    def _most(self, commit: Commit) -> float:
        return max(self._limit(commit), commit.largest, commit.promised, 1) / GIB

    def _paint_missing(self, painter: QPainter, commit: Commit, scale: float, bar: QRectF) -> None:
        """The part that mode 2 lacks, red; nothing where it grants."""
        missing, tokens = self._missing(commit), self.scheme.tokens
        if not missing:
            return
        red = tokens.states[State.CRITICAL].colour
        box = QRectF(round(bar.right()) + 0.5, round(bar.top()) + 0.5, max(2.0, missing / GIB * scale), round(bar.height()) - 1)
        painter.setPen(QPen(red, 1))
        painter.setBrushOrigin(box.topLeft())
        painter.setBrush(tinted_hatch(tokens, red, self.devicePixelRatioF()))
        painter.drawRect(box)
        text = _("{size} too little").format(size=format_bytes(missing, 1))
        painter.setFont(font_for(TextRole.AXIS_STRONG))
        painter.setPen(red)
        wide = painter.fontMetrics().horizontalAdvance(text)
        at = min(box.right() + GAP_SMALL, self.width() - wide)
        painter.drawText(QRectF(at, bar.top(), wide + 1, bar.height()), int(Qt.AlignmentFlag.AlignVCenter), text)

    def _paint_promised(self, painter: QPainter, commit: Commit, x: float, bottom: float) -> None:
        tokens = self.scheme.tokens
        painter.setFont(font_for(TextRole.AXIS_STRONG))
        metrics = painter.fontMetrics()
        text = _("promised now {size}").format(size=format_bytes(commit.promised, 1))
        wide = metrics.horizontalAdvance(text)
        painter.setPen(tokens.text)
        painter.drawText(QPointF(min(max(0.0, x - wide + GAP_TINY), self.width() - wide), metrics.ascent()), text)
        painter.setPen(QPen(tokens.text, CURVE_LINE))
        painter.drawLine(QPointF(x, metrics.height() + 1), QPointF(x, bottom))
