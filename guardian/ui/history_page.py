"""Page History: what was ended on this machine, by whom and why; or what a log or a recording tells of another."""

import time
from collections.abc import Mapping
from pathlib import Path

from PySide6.QtCore import Qt, QTimer, Slot
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import QFileDialog, QMessageBox, QSizePolicy, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from guardian.model.history import Kill, Moment
from guardian.policy.kill_words import lane_words, report_text
from guardian.protocol.i18n import _, ngettext
from guardian.protocol.printable import printable
from guardian.sampling.snapshot import Snapshot
from guardian.ui.chart_card import ChartCard
from guardian.ui.history_bar import HistoryBar, TimelineKey
from guardian.ui.history_filter import DAY, kept
from guardian.ui.history_notices import EmptyCard, Notice, ReadingRow, always_words, counted_words
from guardian.ui.history_reader import SPAN_DAYS, Found, ReadingThread
from guardian.ui.inputs import SearchField
from guardian.ui.kill_card import KillCard
from guardian.ui.kill_list import KillList, KillModel, listing_card
from guardian.ui.kill_timeline import KillTimeline
from guardian.ui.page import Page
from guardian.ui.plain_scroll import PlainScroll
from guardian.ui.scheme import Scheme
from guardian.ui.splitter import GapSplitter
from guardian.ui.tokens import CARD_GAP, PAGE_MARGIN

_LIST_WIDTH, _CARD_WIDTH = 376, 600
_LIST_HEIGHT, _CARD_HEIGHT = 150, 260
_LEAST_NARROW, _LEAST_WIDE = 360, 220
# Logs are read again when the page comes back, but not at every glance.
_FRESH_SECONDS = 60.0
_KEY_NEEDS = 240
_SOON_MS = 500
_MARGIN_SHARE = 0.04


class HistoryPage(Page):
    """Timeline, list and the chosen kill; `thread` reads, so that no reading stops the window."""

    def __init__(self, scheme: Scheme, parent: QWidget | None = None) -> None:
        super().__init__(scheme, _("History"), parent)
        self.found: Found | None = None
        self._read_at = float("-inf")
        self._pending = 0
        self._count: int | None = None
        # Killers write their lines in a moment, and several kills come together.
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(_SOON_MS)
        self._soon.timeout.connect(self._read_if_stale)
        self._minutes: dict[Kill, tuple[Moment, ...]] = {}
        self.thread_of_logs = ReadingThread(self)
        self.notice, self.progress = Notice(scheme), ReadingRow(scheme)
        self.timeline = KillTimeline(scheme, SPAN_DAYS)
        self.lanes = ChartCard(scheme, self.timeline)
        self.key, self.bar = TimelineKey(scheme), HistoryBar(scheme, self)
        self.search = SearchField(scheme, _("Name, PID, unit"), "Ctrl+F")
        self.search.setAccessibleName(_("Search kills"))
        self.model = KillModel(self)
        self.list = KillList(scheme, self.model)
        self.card, self.empty = KillCard(scheme), EmptyCard(scheme)
        self._detail = QStackedWidget()
        self._splitter = GapSplitter(Qt.Orientation.Horizontal)
        self._lay_out()
        self._connect()
        self.setAcceptDrops(True)
        self.empty.say(_("Reading the logs of the last {count} days.").format(count=SPAN_DAYS))

    def _lay_out(self) -> None:
        self.lanes.heading.show_text(_("{count} days").format(count=SPAN_DAYS))
        at = self.lanes.head.count() - 1
        self.lanes.head.insertWidget(at, self.key)
        self.lanes.head.insertWidget(at + 1, self.bar.killers)
        self.lanes.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._detail.addWidget(self.card)
        self._detail.addWidget(self.empty)
        self._detail.setCurrentWidget(self.empty)
        self._splitter.addWidget(listing_card(self.scheme, self.search, self.bar.times, self.list))
        self._splitter.addWidget(self._detail)
        self._splitter.setStretchFactor(0, 0)
        self._splitter.setStretchFactor(1, 1)
        self._splitter.setSizes([_LIST_WIDTH, _CARD_WIDTH])
        inner = QWidget()
        down = QVBoxLayout(inner)
        down.setContentsMargins(PAGE_MARGIN, PAGE_MARGIN, PAGE_MARGIN, CARD_GAP)
        down.setSpacing(CARD_GAP)
        for widget in (self.notice, self.progress, self.lanes):
            down.addWidget(widget)
        down.addWidget(self._splitter, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        # A low window scrolls: cards squeezed below a few rows would tell nothing.
        layout.addWidget(PlainScroll(inner))
        self._splitter.setMinimumHeight(_LEAST_WIDE)

    def _connect(self) -> None:
        reader = self.thread_of_logs.reader
        reader.found.connect(self._take)
        reader.failed.connect(self._take_failure)
        reader.cancelled.connect(self._take_cancelled)
        reader.progressed.connect(self.progress.show_progress)
        reader.minutes_found.connect(self._take_minutes)
        self.progress.cancel_wanted.connect(self.cancel)
        self.notice.once_wanted.connect(self.read_once)
        self.notice.always_wanted.connect(self.show_always)
        self.notice.back_wanted.connect(self.read_machine)
        self.bar.changed.connect(self._filter)
        self.search.textChanged.connect(self._filter)
        self.list.chosen.connect(self._show_kill)
        self.list.open_asked.connect(self._enter_card)
        self.timeline.chosen.connect(self._choose_dot)
        self.card.prevent_wanted.connect(self._prevent)
        self.card.open_wanted.connect(self.open_file)
        self.card.said.connect(self.status_said)
        self.empty.open_wanted.connect(self.open_file)
        self.empty.clear_wanted.connect(self.clear_filter)
        for sequence, act in (
            ("Ctrl+F", self.start_search),
            ("Esc", self.step_back),
        ):
            shortcut = QShortcut(QKeySequence(sequence), self, act)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)

    # Reading

    @Slot()
    def read_machine(self) -> None:
        """Read this machine's own logs and the kept history."""
        self._begin(_("this machine's logs"))
        self.thread_of_logs.machine_asked.emit(time.time(), False)  # noqa: FBT003 - a signal takes its values by place

    @Slot()
    def read_once(self) -> None:
        """The same, with the helper asking for the password."""
        self._begin(_("the kernel log"))
        self.thread_of_logs.machine_asked.emit(time.time(), True)  # noqa: FBT003 - a signal takes its values by place

    def open_path(self, path: str) -> None:
        """Read a log file or a recording."""
        self._begin(path)
        self.thread_of_logs.path_asked.emit(path)

    def _begin(self, source: str) -> None:
        self.thread_of_logs.reader.cancel()
        self.thread_of_logs.start()
        self._pending += 1
        self._read_at = time.monotonic()
        self.progress.begin(source)

    @Slot()
    def cancel(self) -> None:
        """End the reading that is going on."""
        self.thread_of_logs.reader.cancel()

    @Slot()
    def open_file(self) -> None:
        """Ask for a log file or a recording."""
        words = _("Logs and recordings (*.log *.txt *.gz *.xz *.bz2 *.zst *.[0-9] messages* kern* syslog* dmesg*)")
        chosen, _kind = QFileDialog.getOpenFileName(self, _("Open a log or recording"), "", words + ";;" + _("All files (*)"))
        if chosen:
            self.open_path(chosen)

    @Slot(object)
    def _take(self, found: Found) -> None:
        self._end_reading()
        self.found = found
        self._minutes.clear()
        self.notice.show_found(found)
        days = _("{count} days").format(count=SPAN_DAYS)
        self.lanes.heading.show_text(printable(Path(found.path).name) if found.path else days)
        now = time.time()
        self.bar.offer([lane_words(kill) for kill in found.kills], found.starts, now)
        self._filter()

    def _end_reading(self) -> None:
        # A reading that was ended for another one comes back too.
        self._pending = max(0, self._pending - 1)
        if not self._pending:
            self.progress.hide()

    @Slot(str)
    def _take_failure(self, reason: str) -> None:
        self._end_reading()
        box = QMessageBox(QMessageBox.Icon.Warning, self.title, _("Not read: {reason}").format(reason=reason), parent=self)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.open()

    @Slot()
    def _take_cancelled(self) -> None:
        self._end_reading()
        if self._pending:
            return
        self.status_said.emit(_("Reading cancelled"))
        if self.found is None:
            self.empty.say(_("The logs were not read."))

    @Slot(object, object)
    def _take_minutes(self, kill: Kill, moments: tuple[Moment, ...]) -> None:
        self._minutes[kill] = moments
        if self.list.current_kill() == kill:
            self.card.show_kill(kill, moments)

    # Showing

    @Slot()
    def _filter(self) -> None:
        """Bring list and timeline in step with what is chosen."""
        if self.found is None:
            return
        wanted = self.bar.wanted(self.search.text())
        kills = kept(self.found.kills, wanted)
        before = self.list.current_kill()
        self.model.show_kills(kills)
        until, span = self._stretch()
        self.timeline.show_kills(kills, self.found.starts, until, span)
        self.timeline.set_lanes([lane_words(kill) for kill in self.found.kills])
        self.lanes.refresh_table()
        self.lanes.note.show_text(counted_words(kills))
        self._detail.setCurrentWidget(self.card if kills else self.empty)
        if not self.list.choose(before if before in kills else None):
            self.timeline.select(None)
            self._say_empty(self.found, filtered=not wanted.wants_all)

    def _stretch(self) -> tuple[float, float | None]:
        """The time at the timeline's right edge, and how much it shows: of a file as much as its kills take."""
        found = self.found
        assert found is not None
        if not found.path:
            return time.time(), self.bar.span or SPAN_DAYS * DAY
        timed = [kill.time for kill in found.kills if kill.time is not None]
        moments = timed or [kill.seconds for kill in found.kills if kill.seconds is not None] or [0.0]
        first, last = min(moments), max(moments)
        margin = max(10.0, (last - first) * _MARGIN_SHARE)
        return last + margin, last - first + 2 * margin

    def _say_empty(self, found: Found, *, filtered: bool) -> None:
        if filtered and found.kills:
            self.empty.say(_("No kill matches what is chosen."), filtered=True)
        elif found.recording is not None:
            self.empty.say(_("No kill in this recording."))
        elif found.path:
            self.empty.say(_("No kill in this log."))
        elif found.log_is_closed:
            self.empty.say(_("No kill among your own units in the last {count} days.").format(count=SPAN_DAYS))
        else:
            count = len(found.starts)
            read = ngettext("({count} start read)", "({count} starts read)", count).format(count=count)
            self.empty.say(_("No kill in the logs of the last {days} days {read}.").format(days=SPAN_DAYS, read=read))

    @Slot(object)
    def _show_kill(self, kill: Kill | None) -> None:
        if kill is None or self.found is None:
            return
        self.timeline.select(next((one for one in self.found.kills if one == kill), None))
        moments = self._minutes.get(kill)
        if moments is None and self.found.recording is not None:
            moments = self.found.recording.before(kill)
        elif moments is None and kill.key is not None:
            self.thread_of_logs.minutes_asked.emit(kill)
        elif moments is None:
            moments = ()
        self.card.show_kill(kill, moments)

    @Slot(object)
    def _choose_dot(self, kill: Kill) -> None:
        self.list.choose(kill)

    @Slot()
    def _enter_card(self) -> None:
        self.card.prevent.setFocus(Qt.FocusReason.OtherFocusReason)

    @Slot()
    def _prevent(self) -> None:
        if self.card.kill is not None:
            self.plan_wanted.emit(self.card.kill)

    @Slot()
    def show_always(self) -> None:
        """Say how the kernel log becomes readable for good."""
        box = QMessageBox(QMessageBox.Icon.Information, self.title, always_words(), parent=self)
        box.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.open()

    # Keys

    @Slot()
    def start_search(self) -> None:
        """Put the cursor into the search field."""
        self.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.search.selectAll()

    @Slot()
    def clear_filter(self) -> None:
        """Want all kills again."""
        self.search.clear()
        self.bar.clear_choices()

    @Slot()
    def step_back(self) -> None:
        """End a reading, clear the search, or go back to the list."""
        if self._pending:
            self.cancel()
        elif self.search.text():
            self.search.clear()
        self.list.setFocus(Qt.FocusReason.OtherFocusReason)

    # Files that are dropped

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        paths = [url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()]
        if paths:
            event.acceptProposedAction()
            self.open_path(paths[0])
        if len(paths) > 1:
            self.status_said.emit(_("One file at a time: the first is read."))

    # The page itself

    def remember(self, snapshot: Snapshot) -> None:
        """Read again soon where the kernel's own count of kills rose."""
        vmstat = snapshot.sample.vmstat
        count = vmstat.get("oom_kill") if vmstat is not None else None
        if count is not None and self._count is not None and count > self._count:
            self._read_at = float("-inf")
            self._soon.start()
        self._count = count if count is not None else self._count

    @Slot()
    def _read_if_stale(self) -> None:
        stale = time.monotonic() - self._read_at > _FRESH_SECONDS
        if self.isVisible() and stale and not self._pending and (self.found is None or not self.found.path):
            self.read_machine()

    def measure_now(self) -> None:
        if not self._pending:
            self.read_machine()

    def export(self) -> None:
        """Write the kills that are shown as texts into a file of the user's choice."""
        if not self.model.rows:
            return
        chosen, _kind = QFileDialog.getSaveFileName(self, _("Export"), "kills.txt", _("Text (*.txt)"))
        if chosen:
            self.export_to(Path(chosen))

    def export_to(self, path: Path) -> bool:
        """Write the kills that are shown; a failure is said with its reason, and False."""
        try:
            path.write_text("\n".join(map(report_text, self.model.rows)), encoding="utf-8", errors="replace")
        except OSError as error:
            self._take_failure(_("{path}: {reason}. Choose another folder.").format(path=path, reason=error.strerror or error))
            return False
        self.status_said.emit(_("Saved: {path}").format(path=path))
        return True

    def splitters(self) -> Mapping[str, QSplitter]:
        return {"history/splitter": self._splitter}

    def panes(self) -> tuple[QWidget, ...]:
        return (self.notice, self.lanes, self.search, self.list, *self.card.panes(), self.empty)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._read_if_stale()
        QTimer.singleShot(0, self, self._begin_in_list)

    @Slot()
    def _begin_in_list(self) -> None:
        """The window has put the focus into the first control; in the list, arrows and Enter mean something."""
        if not self.search.text() and not self.card.isAncestorOf(self.window().focusWidget()):
            self.list.setFocus(Qt.FocusReason.OtherFocusReason)

    def fit(self, *, narrow: bool) -> None:
        wanted = Qt.Orientation.Vertical if narrow else Qt.Orientation.Horizontal
        if self._splitter.orientation() != wanted:
            self._splitter.setOrientation(wanted)
            self._splitter.setMinimumHeight(_LEAST_NARROW if narrow else _LEAST_WIDE)
            self._splitter.setSizes([_LIST_HEIGHT, _CARD_HEIGHT] if narrow else [_LIST_WIDTH, _CARD_WIDTH])
        self.key.show_size_words(not narrow)
        others = self.bar.killers.sizeHint().width() + self.key.sizeHint().width() + _KEY_NEEDS
        self.key.setVisible(self.width() - 2 * PAGE_MARGIN > others)
