"""Who would be ended next: one entry per killer, always in the same order of parts."""

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Signal, Slot
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from guardian.model.verdict import NextVictim, State, Verdict
from guardian.protocol.i18n import _, ngettext, sentences
from guardian.protocol.printable import printable
from guardian.protocol.quantities import format_bytes
from guardian.ui.button import Link
from guardian.ui.card import HeadedCard, Separator
from guardian.ui.plain_scroll import PlainScroll
from guardian.ui.scheme import Scheme
from guardian.ui.sparkline import Meter
from guardian.ui.tokens import GAP_SMALL, RADIUS_CONTROL
from guardian.ui.type_scale import TextRole
from guardian.ui.verdict_words import killer_name, victim_name
from guardian.ui.words import ElidedWords, Words

# Killers beside the kernel that a machine may have; what their processes are called.
OTHER_KILLERS = ("systemd-oomd", "earlyoom", "nohang")
_ENTRY_MARGIN = 11
_DANGER = frozenset((State.WARNING, State.CRITICAL))


def killers_in_order(verdict: Verdict) -> list[NextVictim]:
    """The entries as they are shown: from warning on the one that acts first is on top, else the verdict's own order."""
    entries = list(verdict.next_victims)
    if verdict.state in _DANGER:
        entries.sort(key=lambda one: -(one.nearness if one.nearness is not None else -1.0))
    return entries


def absent_words(running: frozenset[str], shown: Sequence[NextVictim]) -> str:
    """One line on the killers that have no entry: which do not run here, and which run but are not judged yet."""
    judged = {one.killer for one in shown}
    absent = [name for name in OTHER_KILLERS if name not in running and name not in judged]
    unjudged = [name for name in OTHER_KILLERS if name in running and name not in judged]
    lines = []
    if absent:
        lines.append(
            ngettext("{names} does not run here.", "{names} do not run here.", len(absent)).format(names=_listed(absent))
        )
    if unjudged:
        words = ngettext(
            "{names} runs here; whom it would end is not known yet.",
            "{names} run here; whom they would end is not known yet.",
            len(unjudged),
        )
        lines.append(words.format(names=_listed(unjudged)))
    return sentences(*lines)


def _listed(names: Sequence[str]) -> str:
    if len(names) < 2:
        return "".join(names)
    return _("{names} and {last}").format(names=", ".join(names[:-1]), last=names[-1])


class _Tag(Words):
    """A short word in an outline, red: "acts first"."""

    def __init__(self, scheme: Scheme, text: str) -> None:
        super().__init__(scheme, text, TextRole.NOTE, "critical")
        self.setContentsMargins(6, 1, 6, 1)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self._scheme.tokens.critical, 1))
        painter.setBrush(self._scheme.tokens.states[State.CRITICAL].tint)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), RADIUS_CONTROL, RADIUS_CONTROL)
        painter.end()
        super().paintEvent(event)


class KillerEntry(QWidget):
    """One killer: who and its condition; what would end and what that frees; what else ends and how far off; the meter."""

    def __init__(self, scheme: Scheme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        note, strong = TextRole.NOTE, TextRole.HEADING
        self._killer, self._tag = Words(scheme, "", strong), _Tag(scheme, _("acts first"))
        self._condition = ElidedWords(scheme, "", note, "text2")
        self._name, self._id = ElidedWords(scheme, least=140), ElidedWords(scheme, "", TextRole.BODY, "text3", middle=True)
        self._frees_word, self._frees = Words(scheme, _("frees"), note, "text2"), Words(scheme, "", TextRole.NOTE_STRONG)
        self._also, self._distance = ElidedWords(scheme, "", note, "text2"), Words(scheme, "", note, "text2")
        self.meter = Meter(scheme, _("Distance"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, _ENTRY_MARGIN, 0, _ENTRY_MARGIN)
        layout.setSpacing(3)
        for left, right in (
            ((self._killer, self._tag), (self._condition,)),
            ((self._name, self._id), (self._frees_word, self._frees)),
            ((self._also,), (self._distance,)),
        ):
            row = QHBoxLayout()
            row.setSpacing(5)
            for words in left:
                row.addWidget(words)
            row.addStretch(1)
            for words in right:
                row.addWidget(words)
            layout.addLayout(row)
        layout.addSpacing(2)
        layout.addWidget(self.meter)

    def show_victim(self, one: NextVictim, *, first: bool, faded: bool) -> None:
        """Show one killer's next victim; `first` marks the one that acts first in danger."""
        self._killer.show_text(killer_name(one.killer))
        self._tag.setVisible(first)
        self._condition.show_text(one.acts_when)
        self._name.show_text(victim_name(one))
        self._id.show_text(_identity(one))
        known = one.frees is not None
        self._frees_word.setVisible(known)
        self._frees.setVisible(known)
        self._frees.show_text(format_bytes(one.frees))
        self._also.show_text(_also_words(one.also_dies) if one.name or one.cgroup else "")
        self._distance.show_text(one.distance)
        self.meter.show_share(one.nearness, first=first, faded=faded)
        self.meter.setAccessibleDescription(one.distance)
        texts = (self._killer.text(), one.acts_when, self._name.text(), self._id.text(), self._also.text(), one.distance)
        self.setAccessibleName(", ".join(filter(None, texts)))


def _identity(one: NextVictim) -> str:
    if one.key is not None:
        return str(one.key.pid)
    return printable(one.cgroup.rsplit("/", 1)[-1]) if one.cgroup and one.name else ""


def _also_words(count: int) -> str:
    if not count:
        return _("alone")
    return ngettext("{count} process ends with it", "{count} processes end with it", count).format(count=count)


class KillerCard(HeadedCard):
    """All killers' entries, and at the foot those that are not there.  `why_wanted` asks for the page that explains."""

    why_wanted = Signal()

    def __init__(self, scheme: Scheme, parent: QWidget | None = None) -> None:
        super().__init__(scheme, _("Who would be ended next"), "", parent)
        link = Link(scheme, _("Why these?"))
        link.clicked.connect(self._ask)
        self.add_link(link)
        self._running: frozenset[str] | None = None
        self._verdict: Verdict | None = None
        self._entries: list[tuple[KillerEntry, Separator]] = []
        self._inside = QWidget()
        self._list = QVBoxLayout(self._inside)
        self._list.setContentsMargins(0, 0, 0, 0)
        self._list.setSpacing(0)
        self._list.addWidget(Separator(scheme))
        self._foot = Words(scheme, _("Measuring"), TextRole.NOTE, "text2")
        self._foot.setWordWrap(True)
        self._foot.setContentsMargins(0, GAP_SMALL, 0, 0)
        self._list.addWidget(self._foot)
        self._list.addStretch(1)
        scroll = PlainScroll(self._inside, takes_focus=True)
        scroll.setAccessibleName(_("Who would be ended next"))
        self.body.addWidget(scroll, 1)

    @Slot()
    def _ask(self) -> None:
        self.why_wanted.emit()

    def show_running(self, running: frozenset[str]) -> None:
        """Say which of the other killers' processes run here."""
        if running != self._running:
            self._running = running
            self._show_foot()

    def show_verdict(self, verdict: Verdict | None) -> None:
        """Show every killer's next victim."""
        self._verdict = verdict
        shown = killers_in_order(verdict) if verdict is not None else []
        while len(self._entries) < len(shown):
            at = 1 + 2 * len(self._entries)
            self._entries.append((KillerEntry(self.scheme), Separator(self.scheme)))
            for widget in reversed(self._entries[-1]):
                self._list.insertWidget(at, widget)
        for at, (entry, line) in enumerate(self._entries):
            there = at < len(shown)
            entry.setVisible(there)
            line.setVisible(there)
            if there and verdict is not None:
                danger = verdict.state in _DANGER and at == 0
                entry.show_victim(shown[at], first=danger, faded=verdict.state is State.NO_DATA)
        self._show_foot()

    def _show_foot(self) -> None:
        if self._verdict is None:
            self._foot.show_text(_("Measuring"))
        elif self._running is not None:
            self._foot.show_text(absent_words(self._running, self._verdict.next_victims))
        else:
            self._foot.show_text("")

    def sizeHint(self) -> QSize:
        return QSize(380, 320)
