"""Writes the history in a thread of its own, so that a disk that stands still never holds up the one who watches.

All that came within some seconds goes in one transaction, a kill at once.  Where the disk is full or the file cannot be used,
that is said once, and as much as fits is kept in memory until it works again.
"""

import contextlib
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from guardian.model.history import Kill, Moment, StoredAct, StoredAlert, StoredForecast
from guardian.model.kept_sizes import Floors
from guardian.protocol.i18n import _

if TYPE_CHECKING:
    from guardian.adapters.history_store import HistoryStore

Item = Kill | Moment | Floors | StoredAlert | StoredAct | StoredForecast

FLUSH_SECONDS = 5.0
RETRY_SECONDS = 30.0
THIN_SECONDS = 600.0
_MOST_WAITING = 4096
_CLOSE_SECONDS = 5.0


def load_store() -> None:
    """Load what the first batch will need, before a lack of memory can be in its way.

    What importing leaves behind is then collected with the rest of the start.
    """
    with contextlib.suppress(ImportError, MemoryError):
        import guardian.adapters.history_store  # noqa: F401


class HistoryWriter:
    """Takes entries from any thread and has them on disk within FLUSH_SECONDS.

    `say` hears what goes wrong, and that it works again; `kept` hears of each kill when it is on disk, with its key.  Both are
    called in the writer's thread.
    """

    def __init__(
        self,
        path: str | os.PathLike[str] | None = None,
        say: Callable[[str], None] = lambda _words: None,
        kept: Callable[[Kill], None] = lambda _kill: None,
        flush_seconds: float = FLUSH_SECONDS,
        retry_seconds: float = RETRY_SECONDS,
    ) -> None:
        self._path, self._say, self._kept = path, say, kept
        self._flush_seconds, self._retry_seconds = flush_seconds, retry_seconds
        self._most_seconds: float | None = None
        self._most_bytes: int | None = None
        self._waiting: deque[Item] = deque()
        self._wake = threading.Condition()
        self._urgent = self._closing = False
        self._job: Callable[[], Iterable[Kill]] | None = None
        self._since = 0.0
        self._thinned = float("-inf")
        self._store: HistoryStore | None = None
        self.trouble: str | None = None
        self._thread = threading.Thread(target=self._run, name="history", daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        """How many entries are not on disk yet."""
        return len(self._waiting)

    def put(self, item: Item) -> None:
        """Keep an entry; a kill is written at once."""
        with self._wake:
            if not self._waiting:
                self._since = time.monotonic()
            self._waiting.append(item)
            while len(self._waiting) > _MOST_WAITING:
                self._drop_one()
            self._urgent = self._urgent or isinstance(item, Kill)
            self._wake.notify()

    def keep(self, seconds: float | None, size: int | None) -> None:
        """Keep what is no older than this, and no more bytes; None is the store's own measure.  Counts from the next batch on."""
        if (seconds, size) != (self._most_seconds, self._most_bytes):
            self._most_seconds, self._most_bytes = seconds, size
            self._thinned = float("-inf")

    def look(self, job: Callable[[], Iterable[Kill]]) -> None:
        """Keep the kills that a job finds; it runs in the writer's thread, one at a time, and those that wait are dropped."""
        with self._wake:
            self._job = job
            self._wake.notify()

    def close(self) -> None:
        """Write what waits and end; a disk that does not answer is not waited for long."""
        with self._wake:
            self._closing = True
            self._wake.notify()
        self._thread.join(_CLOSE_SECONDS)

    def _drop_one(self) -> None:
        """Forget the oldest snapshot or sizes, so that what cannot be had again stays."""
        for at, item in enumerate(self._waiting):
            if isinstance(item, Moment | Floors):
                del self._waiting[at]
                return
        self._waiting.popleft()

    def _run(self) -> None:
        while True:
            with self._wake:
                while not self._due() and self._job is None:
                    self._wake.wait(self._patience())
                closing = self._closing
                batch = list(self._waiting) if self._due() else []
                job, self._job = self._job, None
                self._urgent = False
            if batch:
                self._flush(batch)
            if closing:
                self._close_store()
                return
            if job is not None:
                self._do(job)

    def _do(self, job: Callable[[], Iterable[Kill]]) -> None:
        """Keep what a job finds; one that finds no memory or no descriptor, as where memory is out, does not end the history."""
        try:
            for kill in job():
                self.put(kill)
        except (ImportError, MemoryError, OSError) as error:
            reason = getattr(error, "strerror", None) or str(error) or _("the agent itself had no memory for it")
            self._say(_("a look for kills was given up: {reason}").format(reason=reason))

    def _due(self) -> bool:
        """Whether to write now."""
        if self._closing:
            return True
        if not self._waiting:
            return False
        if self.trouble is None and self._urgent:
            return True
        return time.monotonic() - self._since >= self._span()

    def _span(self) -> float:
        return self._flush_seconds if self.trouble is None else self._retry_seconds

    def _patience(self) -> float | None:
        """How long to sleep at most; None while there is nothing to write."""
        return max(0.05, self._since + self._span() - time.monotonic()) if self._waiting else None

    def _flush(self, batch: list[Item]) -> None:
        """Write a batch; on failure it stays, and is tried again later."""
        try:
            self._keep(batch)
        except (ImportError, MemoryError) as error:
            # Loaded late to stay small, the library itself may find no memory just when it matters; the entries wait.
            self._failed(str(error) or _("the agent itself had no memory for it"))

    def _keep(self, batch: list[Item]) -> None:
        import sqlite3

        from guardian.adapters.history_schema import put_aside
        from guardian.adapters.history_store import HistoryStore, StoreUnusable

        try:
            if self._store is None:
                self._store = HistoryStore(self._path)
            written = self._write(self._store, batch)
        except (StoreUnusable, OSError, sqlite3.OperationalError) as error:
            self._failed(str(error))
        except sqlite3.DatabaseError as error:
            # Damaged while in use: what is in hand goes into a new file.
            path = self._store.path if self._store is not None else None
            self._failed(str(error))
            if path is not None:
                put_aside(path)
        else:
            self._written(batch, written)

    def _write(self, store: "HistoryStore", batch: list[Item]) -> list[Kill]:
        kills = []
        with store.transaction():
            for item in sorted(batch, key=lambda one: isinstance(one, Kill)):
                if isinstance(item, Kill):
                    kills.append(store.put_kill(item))
                elif isinstance(item, Moment):
                    store.put_moment(item)
                elif isinstance(item, Floors):
                    store.put_floors(item)
                elif isinstance(item, StoredAlert):
                    store.put_alert(item)
                elif isinstance(item, StoredAct):
                    store.put_act(item)
                else:
                    store.put_forecast(item)
            if time.monotonic() - self._thinned >= THIN_SECONDS:
                self._thinned = time.monotonic()
                store.thin_out(time.time(), self._most_bytes, self._most_seconds)
        return kills

    def _written(self, batch: list[Item], kills: list[Kill]) -> None:
        with self._wake:
            for item in batch:
                # What was dropped meanwhile for lack of room is no longer at the head.
                if self._waiting and self._waiting[0] is item:
                    self._waiting.popleft()
            self._since = time.monotonic()
        if self.trouble is not None:
            self.trouble = None
            self._say(_("the history is kept on disk again"))
        for kill in kills:
            self._kept(kill)

    def _failed(self, reason: str) -> None:
        self._close_store()
        with self._wake:
            self._since = time.monotonic()
        if self.trouble is None:
            self._say(_("the history cannot be written ({reason}); it is kept in memory until it can").format(reason=reason))
        self.trouble = reason

    def _close_store(self) -> None:
        store, self._store = self._store, None
        if store is not None:
            store.close()
