"""The files of one memory cgroup that an act reads and writes, below a tree's root.

Source: Documentation/admin-guide/cgroup-v2.rst ("Memory Interface Files").
"""

import os

from guardian.kernel.keyed import parse_keyed, parse_number
from guardian.kernel.mounts import memory_hierarchy, read_mounts
from guardian.kernel.tree import KernelTree
from guardian.protocol.i18n import _


class NoGroup(Exception):
    """The group has no such files here; the text says why."""


class GroupFiles:
    """One group of cgroup v2 by its path as in /proc/PID/cgroup.  Raises NoGroup."""

    def __init__(self, path: str, tree: KernelTree | None = None) -> None:
        self._tree = tree or KernelTree()
        hierarchy = memory_hierarchy(read_mounts(self._tree))
        if hierarchy is None:
            raise NoGroup(_("this kernel has no memory groups"))
        if hierarchy.version != 2:
            raise NoGroup(_("memory groups are of version 1 here, which knows no memory.high; version 2 does"))
        folder = hierarchy.folder(path)
        if folder is None or "/.." in path:
            raise NoGroup(_("the group {path} cannot be seen from here").format(path=path))
        self._folder = folder

    def number(self, name: str) -> int | None:
        """A file's number; None for "max", and where it is not there."""
        return parse_number(self._tree.read_or_none(f"{self._folder}/{name}"))

    def stat(self) -> dict[str, int]:
        """memory.stat by key, bytes; empty where it is not there."""
        return parse_keyed(self._tree.read_or_none(f"{self._folder}/memory.stat") or "")

    def has(self, name: str) -> bool:
        """Whether there is such a file."""
        return os.path.exists(self._full(name))

    def writable(self, name: str) -> bool:
        """Whether this user may write it."""
        return os.access(self._full(name), os.W_OK)

    def write(self, name: str, text: str) -> None:
        """Write a file.  Raises OSError."""
        file = os.open(self._full(name), os.O_WRONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
        try:
            os.write(file, text.encode("ascii"))
        finally:
            os.close(file)

    def _full(self, name: str) -> str:
        return f"{self._tree.root}{self._folder}/{name}"
