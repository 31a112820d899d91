"""Which processes there are, told mostly from the few that are new.

The kernel hands out pids in rising order and says in /proc/loadavg which it gave last; /proc itself can be read from any pid
on.  Source: fs/proc/base.c:proc_pid_readdir() (position = pid + 258), fs/proc/loadavg.c, kernel/pid.c:alloc_pid().
"""

import os
from typing import NamedTuple

from guardian.kernel.errors import KernelFileError
from guardian.kernel.tree import KernelTree

WHOLE_SECONDS = 30.0
_POSITION = 258


class Listing(NamedTuple):
    """Pids that are there: all of them when `whole`, else those given out since the last listing.

    Numbers above `after` and up to `last` were given out since; where they `wrapped`, those above `after` or up to `last`.
    """

    pids: list[int]
    after: int
    last: int
    whole: bool
    wrapped: bool

    def reused(self, pid: int) -> bool:
        """Whether a known pid may have passed on to another process since the last listing."""
        if self.wrapped:
            return pid > self.after or pid <= self.last
        return self.after < pid <= self.last


class ProcessListing:
    """The pids of a live /proc, in full each WHOLE_SECONDS and after the numbers wrapped, else the new ones alone.

    Where reading from a position does not work as known, every listing is whole.  Raises KernelFileError without /proc.
    """

    def __init__(self, tree: KernelTree) -> None:
        self._folder = tree.open("proc")
        try:
            self._load = tree.open("proc/loadavg")
        except KernelFileError:
            self._load = -1
        self._last: int | None = None
        self._whole_at: float | None = None
        self._positions_work = False

    def close(self) -> None:
        """Give the descriptors back."""
        for fd in (self._folder, self._load):
            if fd >= 0:
                os.close(fd)
        self._folder = self._load = -1

    def read(self, now: float) -> Listing:
        """The pids at `now` (CLOCK_MONOTONIC)."""
        before, last = self._last, self._last_pid()
        self._last = last
        wrapped = before is not None and last is not None and last < before
        after = before if before is not None else 0
        due = self._whole_at is None or now - self._whole_at >= WHOLE_SECONDS
        if due or wrapped or before is None or last is None or not self._positions_work:
            self._whole_at = now
            pids = self._from(0)
            self._positions_work = self._check(pids)
            return Listing(pids, after, last or 0, whole=True, wrapped=wrapped)
        new = self._between(before + 1, last) if last > before else []
        return Listing(new, after, last, whole=False, wrapped=False)

    def _last_pid(self) -> int | None:
        """The pid that was given out last, in our pid namespace; None where it cannot be told."""
        try:
            return int(os.pread(self._load, 100, 0).split()[4])
        except (OSError, ValueError, IndexError):
            return None

    def _from(self, pid: int) -> list[int]:
        """The pids from a number on, as /proc lists them."""
        os.lseek(self._folder, pid + _POSITION if pid else 0, os.SEEK_SET)
        return [int(name) for name in os.listdir(self._folder) if name.isascii() and name.isdigit()]

    def _between(self, first: int, last: int) -> list[int]:
        """The pids of a range; what /proc lists behind it, older ones with higher numbers, is not read to the end."""
        pids = []
        os.lseek(self._folder, first + _POSITION, os.SEEK_SET)
        with os.scandir(self._folder) as entries:
            for entry in entries:
                if entry.name.isascii() and entry.name.isdigit():
                    if int(entry.name) > last:
                        break
                    pids.append(int(entry.name))
        return pids

    def _check(self, pids: list[int]) -> bool:
        """Whether reading from the middle gives the upper half of a listing: nothing below, and what lives on."""
        if len(pids) < 3 or pids != sorted(pids):
            return False
        middle = pids[len(pids) // 2]
        upper = self._from(middle)
        return bool(upper) and min(upper) >= middle and not set(upper).isdisjoint(pids[len(pids) // 2 :])
