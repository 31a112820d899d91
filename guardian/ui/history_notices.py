"""What page History says beside its kills: what could not be read and how to read it, and how far a reading is."""

from collections.abc import Sequence

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from guardian.model.history import Kill
from guardian.protocol.i18n import _, ngettext
from guardian.protocol.printable import printable
from guardian.protocol.quantities import format_bytes
from guardian.ui.button import ActButton, Link, Look
from guardian.ui.card import Card
from guardian.ui.history_reader import Found
from guardian.ui.scheme import Scheme
from guardian.ui.tokens import GAP, GAP_HUGE, GAP_SMALL, METER_HEIGHT, NARROW_RAIL_WIDTH
from guardian.ui.type_scale import TextRole
from guardian.ui.words import ElidedWords, Words


def always_words() -> str:
    """How the kernel log becomes readable for good."""
    return _("As an administrator: sudo usermod -aG systemd-journal,adm $USER, then log in again.")


def gap_words(gaps: Sequence[str]) -> str:
    """What could not be read: the first, and how many more."""
    if not gaps:
        return ""
    first = _("Not read: {reason}").format(reason=printable(gaps[0]))
    more = len(gaps) - 1
    return first if not more else first + " " + ngettext("(and {count} more)", "(and {count} more)", more).format(count=more)


def counted_words(kills: Sequence[Kill]) -> str:
    """How many kills, and processes where that is another number."""
    if not kills:
        return ""
    told = ngettext("{count} kill", "{count} kills", len(kills)).format(count=len(kills))
    processes = sum(kill.processes for kill in kills)
    if processes == len(kills):
        return told
    ended = ngettext("{count} process", "{count} processes", processes).format(count=processes)
    return _("{kills}, {processes}").format(kills=told, processes=ended)


class Notice(QWidget):
    """A line above the timeline; `once_wanted` and `always_wanted` where the kernel log is closed, `back_wanted` from a file."""

    once_wanted = Signal()
    always_wanted = Signal()
    back_wanted = Signal()

    def __init__(self, scheme: Scheme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.words = ElidedWords(scheme, "", TextRole.BODY, "text")
        self.once, self.always = Link(scheme, _("Read it once")), Link(scheme, _("Always"))
        self.back = Link(scheme, _("Back to this machine"))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GAP_SMALL)
        row.addWidget(self.words, 0)
        for link, wanted in ((self.once, self.once_wanted), (self.always, self.always_wanted), (self.back, self.back_wanted)):
            link.clicked.connect(wanted)
            row.addWidget(link)
        row.addStretch(1)
        self.hide()

    def show_found(self, found: Found) -> None:
        """Say what holds for this reading; nothing where all was read."""
        closed = found.log_is_closed
        if found.path:
            name = printable(found.path.rstrip("/").rpartition("/")[2])
            count = len(found.kills)
            told = ngettext("{name}: {count} kill", "{name}: {count} kills", count).format(name=name, count=count)
            alerts = found.recording.verdict.alerts if found.recording is not None else ()
            said = [alert.text for alert in alerts if alert.level != "watch"]
            self.words.show_text(told + (f" · {printable(said[-1])}" if said and not count else ""))
        elif closed:
            self.words.show_text(_("The kernel log is not readable for you. I show only your own units."))
        else:
            self.words.show_text(gap_words(found.gaps))
        self.words.setToolTip("\n".join(found.gaps))
        self.once.setVisible(closed and not found.path)
        self.always.setVisible(closed and not found.path)
        self.back.setVisible(bool(found.path))
        self.setVisible(bool(self.words.text()))


class _Meter(QWidget):
    """How much of a known whole is done, as a thin bar."""

    def __init__(self, scheme: Scheme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._scheme = scheme
        self.share: float | None = None
        self.setFixedHeight(METER_HEIGHT)
        self.setMinimumWidth(2 * NARROW_RAIL_WIDTH)

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.share is None:
            return
        painter = QPainter(self)
        painter.fillRect(self.rect(), self._scheme.tokens.alt)
        painter.fillRect(0, 0, round(self.width() * self.share), self.height(), self._scheme.tokens.accent)
        painter.end()


class ReadingRow(QWidget):
    """What is being read and how far it is; `cancel_wanted` ends it."""

    cancel_wanted = Signal()

    def __init__(self, scheme: Scheme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.words = ElidedWords(scheme, "", TextRole.BODY, "text2", middle=True)
        self.meter = _Meter(scheme)
        self.cancel = ActButton(scheme, _("Cancel"))
        self.cancel.clicked.connect(self.cancel_wanted)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GAP)
        row.addWidget(self.words)
        row.addWidget(self.meter, 1)
        row.addWidget(self.cancel)
        self.hide()

    def begin(self, source: str) -> None:
        """A reading began."""
        self.meter.share = None
        self.words.show_text(_("Reading {source}").format(source=printable(source)))
        self.show()

    @Slot(str, object, object)
    def show_progress(self, source: str, done: int, total: int | None) -> None:
        """How far it is: bytes, and of how many; samples of a recording where no whole is known."""
        self.meter.share = min(1.0, done / total) if total else None
        self.meter.update()
        if total:
            far = _("{done} of {total}").format(done=format_bytes(done), total=format_bytes(total))
        else:
            far = str(done) if done else ""
        words = _("Reading {source}: {share}") if far else _("Reading {source}")
        self.words.show_text(words.format(source=printable(source), share=far))


class EmptyCard(Card):
    """The place of the kill's card while there is none: what was read, and what can be done."""

    open_wanted = Signal()
    clear_wanted = Signal()

    def __init__(self, scheme: Scheme, parent: QWidget | None = None) -> None:
        super().__init__(scheme, parent)
        self.words = Words(scheme, "", TextRole.HEADING)
        self.words.setWordWrap(True)
        self.more = Words(scheme, _("Drop a log file or a recording here, or open one."), TextRole.BODY, "text2")
        self.more.setWordWrap(True)
        self.open = ActButton(scheme, _("Open a log or recording…"), Look.PLAIN)
        self.clear = Link(scheme, _("Show all kills"))
        self.open.clicked.connect(self.open_wanted)
        self.clear.clicked.connect(self.clear_wanted)
        self.body.setContentsMargins(GAP_HUGE, GAP_HUGE, GAP_HUGE, GAP_HUGE)
        column = QVBoxLayout()
        column.setSpacing(GAP_SMALL)
        column.addWidget(self.words)
        column.addWidget(self.more)
        row = QHBoxLayout()
        row.addWidget(self.open)
        row.addWidget(self.clear)
        row.addStretch(1)
        column.addLayout(row)
        self.body.addLayout(column)
        self.body.addStretch(1)

    def say(self, text: str, *, filtered: bool = False) -> None:
        """Say why there is no kill to see; `filtered`: the choices leave none."""
        self.words.show_text(text)
        self.clear.setVisible(filtered)
        self.setAccessibleName(text)
