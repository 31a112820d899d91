"""Reads history in a thread of its own: the machine's logs and the store, a log file, or a recording; each can be ended."""

import threading
from typing import NamedTuple

from PySide6.QtCore import QObject, Signal, Slot

from guardian.adapters.helper_client import HelperClient
from guardian.adapters.kill_sources import Reading, read_log, read_machine
from guardian.adapters.log_files import LogUnreadable, Progress
from guardian.adapters.opened_recording import OpenedRecording, ReadingCancelled, is_recording, open_recording
from guardian.model.history import Kill, Moment
from guardian.protocol.i18n import _
from guardian.sampling.replay import NotARecording
from guardian.ui.side_thread import SideThread

SPAN_DAYS = 30
_DAY = 86400.0
# What the reading of the machine's logs tells users of the terminal to run.
_ASK_COMMAND = "guardian history --ask"


class Found(NamedTuple):
    """What was read: the kills, oldest first, the machine's starts, and a sentence for each source that could not be read.

    `path` is the file that was opened, "" for this machine's own logs; `recording` is there where it was one.
    """

    kills: tuple[Kill, ...]
    starts: tuple[float, ...] = ()
    gaps: tuple[str, ...] = ()
    path: str = ""
    recording: OpenedRecording | None = None

    @property
    def log_is_closed(self) -> bool:
        """Whether the kernel log could not be read by this user, though it could with a password."""
        return any(_ASK_COMMAND in gap for gap in self.gaps)


class HistoryReader(QObject):
    """Reads on the thread it was moved to; all slots but `cancel` are only to be connected to.

    `found` brings a Found, `failed` why a file cannot be read, `cancelled` that a reading was ended as asked, `progressed`
    what is read, how far it is and of how much (None: not known); `minutes_found` a kill and the moments before it.
    """

    found = Signal(object)
    failed = Signal(str)
    cancelled = Signal()
    progressed = Signal(str, object, object)
    minutes_found = Signal(object, object)

    def __init__(self) -> None:
        super().__init__()
        self._ended = threading.Event()
        self._helper: HelperClient | None = None

    def cancel(self) -> None:
        """End the reading that is going on; may be called from any thread."""
        self._ended.set()
        helper = self._helper
        if helper is not None:
            helper.hang_up()

    @Slot(float, bool)
    def read_machine(self, now: float, ask: bool) -> None:
        """Read all that this machine tells of the days before `now`; `ask` lets the helper ask for a password."""
        from guardian.adapters.machine_starts import machine_starts

        self._ended.clear()
        since = now - SPAN_DAYS * _DAY
        self._helper = HelperClient()
        known, gaps = _stored(since)
        reading: Reading = read_machine(since, self._told, ask=ask, known=known, helper=self._helper)
        if self._ended.is_set():
            self.cancelled.emit()
            return
        self.found.emit(Found(reading.kills, machine_starts(since), (*gaps, *reading.gaps)))

    @Slot(str)
    def open_path(self, path: str) -> None:
        """Read a log file or a recording."""
        self._ended.clear()
        try:
            found = self._recording(path) if is_recording(path) else Found(read_log(path, self._told).kills, path=path)
        except ReadingCancelled:
            self.cancelled.emit()
        except (LogUnreadable, NotARecording) as error:
            self.failed.emit(str(error))
        else:
            if self._ended.is_set():
                self.cancelled.emit()
            else:
                self.found.emit(found)

    def _recording(self, path: str) -> Found:
        from guardian.engine import Engine
        from guardian.sampling.taped_judge import TapedJudge

        def told(samples: int) -> bool:
            if samples % 50 == 0:
                self.progressed.emit(path, samples, None)
            return not self._ended.is_set()

        opened = open_recording(path, TapedJudge(Engine), told)
        return Found(opened.kills, path=path, recording=opened)

    @Slot(object)
    def read_minutes(self, kill: Kill) -> None:
        """Read the minutes before a stored kill."""
        self.minutes_found.emit(kill, _minutes(kill))

    def _told(self, source: str, progress: Progress) -> bool:
        self.progressed.emit(source, progress.done, progress.total)
        return not self._ended.is_set()


class ReadingThread(QObject):
    """The reader and its thread; asking is done by the signals, so that the reader works where it belongs."""

    machine_asked = Signal(float, bool)
    path_asked = Signal(str)
    minutes_asked = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.reader = HistoryReader()
        self._side = SideThread(self.reader, "history", self, cancel=self.reader.cancel)
        self.machine_asked.connect(self.reader.read_machine)
        self.path_asked.connect(self.reader.open_path)
        self.minutes_asked.connect(self.reader.read_minutes)
        self.start, self.stop = self._side.start, self._side.stop


def _stored(since: float) -> tuple[tuple[Kill, ...], tuple[str, ...]]:
    """What the agent has kept, and why it cannot be read where it cannot."""
    from guardian.adapters.history_store import HistoryStore, StoreUnusable, history_path

    path = history_path()
    if not path.exists():
        return (), ()
    try:
        with HistoryStore(path, writable=False) as store:
            return store.kills(since), ()
    except StoreUnusable as error:
        return (), (_("The kept history cannot be read: {reason}").format(reason=error),)


def _minutes(kill: Kill) -> tuple[Moment, ...]:
    from guardian.adapters.history_store import HistoryStore, StoreUnusable, history_path

    if kill.key is None or not history_path().exists():
        return ()
    try:
        with HistoryStore(history_path(), writable=False) as store:
            return store.minutes_before(kill.key)
    except StoreUnusable:
        return ()
