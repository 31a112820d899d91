"""The machine's own files kept open: what is read each second costs a pread each, about a third of opening anew."""

import os
from collections.abc import Sequence
from typing import Self

from guardian.kernel.errors import Denied, KernelFileError, Vanished
from guardian.kernel.tree import KernelTree

FILES = ("proc/meminfo", "proc/pressure/memory", "proc/vmstat", "proc/zoneinfo", "proc/swaps", "proc/sys/vm/overcommit_memory")


class MachineFiles:
    """A live tree of which some files stay open; all else is read through the tree as ever.

    A file that is not there at first is asked for again each time.  Use it as a context manager, or close it.
    """

    def __init__(self, tree: KernelTree, files: Sequence[str] = FILES) -> None:
        self._tree = tree
        self._kept = dict.fromkeys(files, -1)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close all descriptors; reading opens them again."""
        for path, fd in self._kept.items():
            if fd >= 0:
                os.close(fd)
                self._kept[path] = -1

    def read(self, path: str) -> str:
        """The file's text; bytes that are not UTF-8 come as U+FFFD.  Raises Vanished, Denied or KernelFileError."""
        fd = self._kept.get(path)
        if fd is None:
            return self._tree.read(path)
        if fd < 0:
            fd = self._kept[path] = self._tree.open(path)
        try:
            return self._tree.read_fd(fd, path).decode("utf-8", "replace")
        except KernelFileError:
            os.close(fd)
            self._kept[path] = -1
            raise

    def read_or_none(self, path: str) -> str | None:
        """The file's text, None when it is not there or may not be read."""
        try:
            return self.read(path)
        except (Vanished, Denied):
            return None

    def names(self, path: str) -> list[str]:
        """The names in a folder, in no order."""
        return self._tree.names(path)

    def link(self, path: str) -> str:
        """What a symbolic link points to."""
        return self._tree.link(path)

    def pids(self) -> list[int]:
        """The processes listed in /proc."""
        return self._tree.pids()
