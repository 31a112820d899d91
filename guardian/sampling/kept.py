"""Descriptors of /proc files that stay open, read together in one go each tick.

Such a descriptor follows its process through exec, says ESRCH once the process was reaped, and never passes on to a later
process of the same pid.  It costs about 5 kB of kernel memory.  Source: fs/proc/base.c:proc_single_show(), fs/seq_file.c.
"""

import errno
import os
from itertools import islice, repeat
from os import pread

_SHORT = 32
_FULL = frozenset({errno.EMFILE, errno.ENFILE})


class KeptFiles:
    """Short files kept open by number, and what each said last.

    A number is a place in the lists; taking one out moves the last into its place.
    """

    def __init__(self) -> None:
        self.pids: list[int] = []
        self.said: list[bytes] = []
        self._fds: list[int] = []
        self._place: dict[int, int] = {}

    def __len__(self) -> int:
        return len(self._fds)

    def __contains__(self, pid: int) -> bool:
        return pid in self._place

    def add(self, pid: int, fd: int, said: bytes) -> None:
        """Keep a descriptor, which is ours to close from now on."""
        self._place[pid] = len(self._fds)
        self.pids.append(pid)
        self.said.append(said)
        self._fds.append(fd)

    def remove(self, pid: int) -> None:
        """Close a process's descriptor, where there is one."""
        place = self._place.pop(pid, None)
        if place is None:
            return
        os.close(self._fds[place])
        last = self.pids[-1]
        self.pids[place], self.said[place], self._fds[place] = last, self.said[-1], self._fds[-1]
        del self.pids[-1], self.said[-1], self._fds[-1]
        if last != pid:
            self._place[last] = place

    def text(self, pid: int) -> bytes:
        """What a process's file said last."""
        return self.said[self._place[pid]]

    def close(self) -> None:
        """Close them all."""
        for pid in list(self.pids):
            self.remove(pid)

    def read(self) -> tuple[list[int], list[int]]:
        """Read all anew: the pids of those that say something else, and of those that are there no more."""
        said: list[bytes] = []
        gone: list[int] = []
        while len(said) < len(self._fds):
            try:
                # Stays with what it has when a descriptor fails: that one is passed over, and reading goes on behind it.
                said.extend(map(pread, islice(self._fds, len(said), None), repeat(_SHORT), repeat(0)))
            except OSError:
                gone.append(self.pids[len(said)])
                said.append(self.said[len(said)])
        if said == self.said:
            return [], gone
        changed = [pid for pid, now, before in zip(self.pids, said, self.said, strict=True) if now != before]
        self.said = said
        return changed, gone


def out_of_descriptors(error: BaseException) -> bool:
    """Whether an error of the tree was the limit of open files, this process's or the machine's."""
    cause = error.__cause__
    return isinstance(cause, OSError) and cause.errno in _FULL
