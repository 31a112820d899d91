"""The three facts of a kill side by side: who caused it, what was ended, how long before it was warned."""

from typing import NamedTuple

from PySide6.QtCore import QRectF, QSize, Qt, Slot
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from guardian.model.history import Kill
from guardian.policy.kill_words import cause_words
from guardian.protocol.i18n import _, ngettext
from guardian.protocol.printable import printable
from guardian.protocol.quantities import format_bytes, format_duration
from guardian.ui.kill_list import what_words
from guardian.ui.scheme import Scheme
from guardian.ui.tokens import GAP_SMALL, GAP_TINY
from guardian.ui.type_scale import TextRole, font_for

_BAR = 3.0
_MOST_NAMES = 4


class Fact(NamedTuple):
    """One fact: its head, the answer, what stands beside it, and a line more."""

    head: str
    answer: str
    beside: str = ""
    more: str = ""


def past_words(seconds: float) -> str:
    """A span that is known exactly: "52 s", "1 min 48 s", "2 h 5 min"."""
    whole = max(0, round(seconds))
    if whole < 60:
        return _("{count} s").format(count=whole)
    if whole < 3600:
        minutes, rest = divmod(whole, 60)
        told = _("{count} min").format(count=minutes)
        more = _("{count} s").format(count=rest)
        return f"{told} {more}" if rest else told
    hours, rest = divmod(whole // 60, 60)
    told = _("{count} h").format(count=hours)
    more = _("{count} min").format(count=rest)
    return f"{told} {more}" if rest else told


def cause_fact(kill: Kill) -> Fact:
    """Who or what caused it."""
    head = _("Caused by")
    if kill.cause is not None:
        words = {
            "shared": _("shared memory, tmpfs"),
            "hugetlb": _("huge pages"),
            "slab": _("the kernel's objects"),
            "page tables": _("page tables"),
            "unowned": _("drivers or the GPU"),
        }
        return Fact(head, words[kill.cause.kind], format_bytes(kill.cause.size), cause_words(kill))
    culprit = kill.culprit
    if culprit is None:
        return Fact(head, _("not known"), "", _("no table and no history tell"))
    pid = "" if culprit.pid is None else str(culprit.pid)
    if culprit.growth is not None and culprit.span is not None:
        grown = _("{growth} in {span}").format(growth=format_bytes(culprit.growth, sign=True), span=format_duration(culprit.span))
        return Fact(head, printable(culprit.name), pid, grown)
    held = "" if culprit.memory is None else _("the largest then: {size}").format(size=format_bytes(culprit.memory))
    return Fact(head, printable(culprit.name), pid, held)


def ended_fact(kill: Kill) -> Fact:
    """What was ended."""
    head = _("Chosen") if kill.unfinished else _("Ended")
    if kill.processes < 2:
        held = kill.victim.memory if kill.victim.memory is not None else kill.freed
        more = "" if held is None else _("it had {size}").format(size=format_bytes(held))
        return Fact(head, printable(kill.victim.name), "" if kill.victim.pid is None else str(kill.victim.pid), more)
    count = ngettext("{count} process", "{count} processes", kill.processes).format(count=kill.processes)
    numbers: dict[str, int] = {}
    for victim in kill.victims:
        numbers[victim.name] = numbers.get(victim.name, 0) + 1
    names = [printable(name) if number < 2 else f"{printable(name)} × {number}" for name, number in numbers.items()]
    more = ", ".join(names[:_MOST_NAMES]) + (" …" if len(names) > _MOST_NAMES else "")
    name = what_words(kill._replace(processes=1))
    return Fact(head, name, count, more)


def warned_fact(kill: Kill) -> Fact:
    """How long before it the agent had spoken."""
    head = _("Warned before")
    ahead = {alert.level: alert.ahead for alert in kill.alerted}
    loud = [ahead[level] for level in ("warning", "critical") if level in ahead]
    if not loud:
        watched = ahead.get("watch")
        more = _("nobody watched then") if watched is None else _("watch {span} before").format(span=past_words(watched))
        return Fact(head, _("no"), "", more)
    critical = ahead.get("critical")
    more = "" if critical is None else _("critical {span} before").format(span=past_words(critical))
    return Fact(head, past_words(max(loud)), "", more)


class FactRow(QWidget):
    """Paints the facts in columns, each with a bar at its left; what was ended has a red one."""

    def __init__(self, scheme: Scheme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._scheme = scheme
        self.facts: tuple[Fact, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        scheme.changed.connect(self._repaint)

    @Slot()
    def _repaint(self) -> None:
        self.update()

    def show_kill(self, kill: Kill) -> None:
        """Show the facts of a kill."""
        self.facts = (cause_fact(kill), ended_fact(kill), warned_fact(kill))
        told = [": ".join((fact.head, " ".join(filter(None, (fact.answer, fact.beside, fact.more))))) for fact in self.facts]
        self.setAccessibleName(". ".join(told))
        self.setToolTip("\n".join(told))
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        note, body = QFontMetrics(font_for(TextRole.NOTE)).height(), QFontMetrics(font_for(TextRole.HEADING)).height()
        return QSize(360, 2 * note + body + GAP_SMALL)

    def minimumSizeHint(self) -> QSize:
        return QSize(240, self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        tokens = self._scheme.tokens
        bars = (tokens.text2, tokens.critical, tokens.border)
        wide = self.width() / max(1, len(self.facts))
        for at, (fact, bar) in enumerate(zip(self.facts, bars, strict=False)):
            left = round(at * wide)
            painter.fillRect(QRectF(left, 0, _BAR, self.height()), bar)
            self._paint_fact(painter, fact, QRectF(left + _BAR + GAP_SMALL, 0, wide - _BAR - 2 * GAP_SMALL, self.height()))
        painter.end()

    def _paint_fact(self, painter: QPainter, fact: Fact, room: QRectF) -> None:
        tokens = self._scheme.tokens
        note, strong, body = font_for(TextRole.NOTE), font_for(TextRole.HEADING), font_for(TextRole.BODY)
        high, tall = QFontMetrics(note).height(), QFontMetrics(strong).height()
        middle = QRectF(room.left(), room.top() + high + GAP_TINY / 2, room.width(), tall)

        def write(text: str, box: QRectF, colour: QColor) -> float:
            painter.setPen(colour)
            shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, round(box.width()))
            painter.drawText(box, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), shown)
            return float(painter.fontMetrics().horizontalAdvance(shown))

        painter.setFont(note)
        write(fact.head, QRectF(room.left(), room.top(), room.width(), high), tokens.text2)
        painter.setFont(strong)
        advance = write(fact.answer, middle, tokens.text)
        painter.setFont(body)
        if fact.beside:
            write(fact.beside, middle.adjusted(advance + GAP_TINY, 0, 0, 0), tokens.text2)
        painter.setFont(note)
        write(fact.more, QRectF(room.left(), middle.bottom() + GAP_TINY / 2, room.width(), high), tokens.text2)
