"""The kernel's log as it is written: each report told as soon as it is whole.

    6,339,5140900,-;oom_reaper: reaped process 4242 (hog)

Source: Documentation/ABI/testing/dev-kmsg.
"""

import os
import select
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from guardian.adapters.kernel_ring import KMSG
from guardian.adapters.poll_loop import PollLoop

if TYPE_CHECKING:
    from guardian.kernel.oom_log import Event, OomLogParser

# A report is written in one go; after a silence of this length nothing more of it comes.
QUIET_SECONDS = 0.3
_RECORD = 8192
_MOST_AT_ONCE = 2000
_TIMER = "kernel log"
_SIGNS = (b"oom-kill", b"illed process", b"ill process", b"ut of memory", b"oom_reaper")


class KernelLogWatch:
    """Calls back with every event that the kernel logs from now on.

    Only records of the kernel itself count: programs may write into the log too.
    """

    def __init__(self, loop: PollLoop, tell: "Callable[[Event], None]", path: str = KMSG) -> None:
        self._loop, self._tell, self._path = loop, tell, path
        self._parser: OomLogParser | None = None
        self._fd = -1

    @property
    def watching(self) -> bool:
        """Whether the log could be opened."""
        return self._fd >= 0

    def start(self) -> bool:
        """Begin at the log's end; False where this user may not read it."""
        try:
            self._fd = os.open(self._path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            os.lseek(self._fd, 0, os.SEEK_END)
        except OSError:
            self.close()
            return False
        self._loop.watch(self._fd, select.POLLIN, self._ready)
        return True

    def close(self) -> None:
        """Watch no more."""
        self._loop.cancel(_TIMER)
        if self._fd >= 0:
            self._loop.unwatch(self._fd)
            os.close(self._fd)
            self._fd = -1

    def _ready(self, _events: int) -> None:
        for _ in range(_MOST_AT_ONCE):
            try:
                record = os.read(self._fd, _RECORD)
            except BlockingIOError:
                break
            except BrokenPipeError:
                # Records were overwritten before they were read; the next read goes on behind them.
                continue
            except OSError:
                self.close()
                return
            if not record:
                self.close()
                return
            self._take(record)
        self._loop.at(time.monotonic() + QUIET_SECONDS, _TIMER, self._quiet)

    def _take(self, record: bytes) -> None:
        text = kernel_record(record)
        if text is None or (self._parser is None and not may_tell(record)):
            return
        # Most machines never run out; the parser is loaded when one does.
        from guardian.kernel.log_prefix import parse_log_line
        from guardian.kernel.oom_log import OomLogParser

        self._parser = self._parser or OomLogParser()
        for event in self._parser.feed(parse_log_line(text)):
            self._tell(event)

    def _quiet(self) -> None:
        if self._parser is not None:
            for event in self._parser.finish():
                self._tell(event)


def may_tell(text: bytes) -> bool:
    """Whether a piece of the kernel's log may tell of a kill, or of the beginning of a report."""
    return any(sign in text for sign in _SIGNS)


def kernel_record(record: bytes) -> str | None:
    """A record's first line where the kernel itself wrote it, None for what programs wrote."""
    level, comma, _rest = record.partition(b",")
    if not comma or not level.isdigit() or int(level) >> 3:
        return None
    return record.partition(b"\n")[0].decode("utf-8", "replace")
