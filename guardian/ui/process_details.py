"""The details of one process: what psutil knows, read when asked, in words where it may not be read."""

from PySide6.QtCore import QDateTime, QLocale, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QPlainTextEdit, QVBoxLayout, QWidget

from guardian.kernel.process import ProcessKey
from guardian.protocol.i18n import _, ngettext
from guardian.protocol.printable import printable
from guardian.protocol.quantities import format_bytes
from guardian.sampling.snapshot import Snapshot
from guardian.ui.button import ActButton, Link, Look
from guardian.ui.card import HeadedCard
from guardian.ui.origin_panel import origin_sentence
from guardian.ui.plain_scroll import PlainScroll
from guardian.ui.process_line import Line
from guardian.ui.process_reader import Details, ReadingThread, Relative
from guardian.ui.scheme import Scheme
from guardian.ui.text import format_count
from guardian.ui.tokens import GAP, GAP_SMALL, GAP_TINY
from guardian.ui.type_scale import TextRole, keep_font
from guardian.ui.words import Words


class ProcessDetails(HeadedCard):
    """A card of facts on one process; `closed` asks to be taken away."""

    closed = Signal()

    def __init__(self, scheme: Scheme, thread: ReadingThread, parent: QWidget | None = None) -> None:
        super().__init__(scheme, _("Details"), "", parent)
        self._thread = thread
        self._key: ProcessKey | None = None
        self._cgroup: str | None = None
        self._facts: dict[str, Words] = {}
        self.close_link = Link(scheme, _("Close"))
        self.close_link.clicked.connect(self.closed)
        self.add_link(self.close_link)
        self.measure = ActButton(scheme, _("Measure"), Look.PLAIN)
        self.measure.setAccessibleName(_("Measure the proportional share (PSS)"))
        self.measure.clicked.connect(self._measure)
        self.files = QPlainTextEdit()
        self.files.setReadOnly(True)
        self.files.setFrameShape(QFrame.Shape.NoFrame)
        self.files.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.files.setAccessibleName(_("Open files"))
        self.files.setTabChangesFocus(True)
        keep_font(self.files, TextRole.NOTE)
        self._lay_out(scheme)
        thread.reader.details_read.connect(self._show_details)
        thread.reader.share_read.connect(self._show_share)

    def _lay_out(self, scheme: Scheme) -> None:
        inside = QWidget()
        grid = QGridLayout(inside)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(GAP)
        grid.setVerticalSpacing(GAP_TINY)
        grid.setColumnStretch(1, 1)
        for row, (name, word) in enumerate(_words().items()):
            label = Words(scheme, word, TextRole.NOTE, "text2")
            value = Words(scheme, "", TextRole.NOTE)
            value.setWordWrap(True)
            value.setTextInteractionFlags(
                Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
            )
            value.setAccessibleName(word)
            label.setBuddy(value)
            self._facts[name] = value
            grid.addWidget(label, row, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(value, row, 1)
            if name == "share":
                grid.addWidget(self.measure, row, 2)
        grid.setRowStretch(grid.rowCount(), 1)
        area = PlainScroll(inside)
        self.files.viewport().setAutoFillBackground(False)
        opened = QVBoxLayout()
        opened.setSpacing(GAP_TINY)
        opened.addWidget(Words(scheme, _("Open files"), TextRole.NOTE, "text2"))
        opened.addWidget(self.files, 1)
        across = QHBoxLayout()
        across.setSpacing(GAP)
        across.addWidget(area, 3)
        across.addLayout(opened, 2)
        self.body.setSpacing(GAP_SMALL)
        self.body.addLayout(across, 1)

    @property
    def key(self) -> ProcessKey | None:
        """The process that is shown; None before the first."""
        return self._key

    def fact(self, name: str) -> str:
        """What is shown under one of the names of facts."""
        return self._facts[name].text()

    def show_process(self, line: Line, snapshot: Snapshot) -> None:
        """Ask for the details of a line; what is known already is shown at once."""
        victim = line.place.members[0] if line.place.members else line.victim
        process = victim.process
        self._key = process.key
        self.heading.show_text(printable(process.name))
        self.note.show_text(str(process.pid))
        for fact in self._facts.values():
            fact.show_text("")
        self.files.clear()
        self._facts["cgroup"].show_text(printable(process.cgroup) if process.cgroup else _("not known"))
        self._facts["origin"].show_text(origin_sentence(process, snapshot))
        self._facts["share"].show_text(_("Measured when asked: it takes a walk over all its pages."))
        self._facts["state"].show_text(_("Reading…"))
        self.measure.setEnabled(True)
        self._thread.start()
        self._thread.details_asked.emit(self._key)

    @Slot()
    def _measure(self) -> None:
        if self._key is not None:
            self.measure.setEnabled(False)
            self._facts["share"].show_text(_("Measuring…"))
            self._thread.start()
            self._thread.share_asked.emit(self._key)

    @Slot(object, object)
    def _show_share(self, key: ProcessKey, share: int | None) -> None:
        if key != self._key:
            return
        self.measure.setEnabled(True)
        if share is None:
            words = _("Not readable for you: it belongs to another user, or this kernel has no smaps_rollup.")
        elif share < 0:
            words = _("It has ended.")
        else:
            words = _("{size}, with shared pages divided among those that share them").format(size=format_bytes(share))
        self._facts["share"].show_text(words)

    @Slot(object)
    def _show_details(self, details: Details) -> None:
        if details.key != self._key:
            return
        if details.gone:
            self._facts["state"].show_text(_("It has ended; nothing more can be read."))
            self.measure.setEnabled(False)
            return
        shown = {
            "state": _("runs"),
            "command": _known(details.command, _("none: it ended, or is a part of the kernel")),
            "program": _known(details.program),
            "folder": _known(details.folder),
            "user": _known(details.user),
            "started": _known(None if details.started is None else _moment(details.started)),
            "threads": _known(None if details.threads is None else format_count(details.threads)),
            "parents": _relatives_words(details.parents),
            "children": _relatives_words(details.children),
        }
        for name, text in shown.items():
            self._facts[name].show_text(text)
        self._show_files(details)

    def _show_files(self, details: Details) -> None:
        if details.files is None:
            text = _("Not readable for you: the process belongs to another user.")
        elif not details.files:
            text = _("No regular files are open.")
        else:
            text = "\n".join(details.files)
            if details.more_files:
                more = ngettext("and {count} more", "and {count} more", details.more_files)
                text += "\n" + more.format(count=details.more_files)
        self.files.setPlainText(text)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.closed.emit()
        else:
            super().keyPressEvent(event)


def _words() -> dict[str, str]:
    """Names of the facts and their words, in the order shown."""
    return {
        "state": _("State"),
        "command": _("Command line"),
        "program": _("Program file"),
        "folder": _("Working folder"),
        "user": _("User"),
        "started": _("Started"),
        "threads": _("Threads"),
        "parents": _("Parents"),
        "children": _("Children"),
        "cgroup": _("Control group"),
        "origin": _("Adjustment"),
        "share": _("Proportional share"),
    }


def _known(text: str | None, empty: str = "") -> str:
    if text is None:
        return _("not readable for you")
    return text or empty


def _relatives_words(relatives: tuple[Relative, ...] | None) -> str:
    if relatives is None:
        return _("not readable for you")
    return ", ".join(f"{one.name} ({one.pid})" for one in relatives) or _("none")


def _moment(time: float) -> str:
    return QLocale().toString(QDateTime.fromSecsSinceEpoch(int(time)), QLocale.FormatType.ShortFormat)
