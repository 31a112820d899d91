"""/proc/self/mountinfo: where the memory hierarchy of cgroups and the file systems that live in memory are.

    29 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate,memory_recursiveprot
    31 23 0:28 / /dev/shm rw,nosuid - tmpfs tmpfs rw,size=12342048k

Source: fs/proc_namespace.c:show_mountinfo(), proc_pid_mountinfo(5).
"""

from collections.abc import Sequence
from typing import NamedTuple

from guardian.kernel.errors import Denied, Vanished
from guardian.kernel.escapes import unescaped
from guardian.kernel.tree import Tree

_UNITS = {"k": 1 << 10, "m": 1 << 20, "g": 1 << 30}


class Mount(NamedTuple):
    """One mounted file system; `base` is the folder inside it that is seen at `point`, `kind` its type ("tmpfs")."""

    base: str
    point: str
    kind: str
    source: str
    options: tuple[str, ...]

    @property
    def size(self) -> int | None:
        """Bytes that a tmpfs may hold, None where the options name no size."""
        for option in self.options:
            if option.startswith("size="):
                return _bytes(option[5:])
        return None


class MemoryHierarchy(NamedTuple):
    """Where cgroups that limit memory are: `version` 1 or 2, the mount's `point` and the `base` seen there."""

    version: int
    point: str
    base: str

    def folder(self, path: str) -> str | None:
        """The folder of a cgroup below the tree's root, None when the mount does not show it (as inside a container)."""
        base = self.base.rstrip("/")
        if path != base and not path.startswith(base + "/"):
            return None
        return (self.point + path[len(base) :]).strip("/")


def parse_mountinfo(text: str) -> tuple[Mount, ...]:
    """The mounts of /proc/PID/mountinfo in its order; lines that make no sense are left out."""
    mounts = []
    for line in text.split("\n"):
        here, _, there = line.partition(" - ")
        words, rest = here.split(" "), there.split(" ")
        if len(words) < 6 or len(rest) < 3:
            continue
        options = (*words[5].split(","), *rest[2].split(","))
        mounts.append(Mount(unescaped(words[3]), unescaped(words[4]), rest[0], unescaped(rest[1]), options))
    return tuple(mounts)


def parse_mounts(text: str) -> tuple[Mount, ...]:
    """The mounts of /proc/mounts, which does not tell `base`: taken to be "/"."""
    lines = (line.split(" ") for line in text.split("\n"))
    return tuple(
        Mount("/", unescaped(words[1]), words[2], unescaped(words[0]), tuple(words[3].split(",")))
        for words in lines
        if len(words) >= 4
    )


def mount_of(mounts: Sequence[Mount], path: str) -> Mount | None:
    """The mount that shows what lies at a path without links: the deepest, of several at one place the last; None of none."""
    over = [one for one in mounts if one.point in ("/", path) or path.startswith(one.point + "/")]
    return max(reversed(over), key=lambda one: len(one.point), default=None)


def memory_hierarchy(mounts: Sequence[Mount]) -> MemoryHierarchy | None:
    """The hierarchy that limits memory: v1's memory controller where it is mounted (hybrid too), else v2, else None."""
    for mount in mounts:
        if mount.kind == "cgroup" and "memory" in mount.options:
            return MemoryHierarchy(1, mount.point, mount.base)
    for mount in mounts:
        if mount.kind == "cgroup2":
            return MemoryHierarchy(2, mount.point, mount.base)
    return None


def read_mounts(tree: Tree) -> tuple[Mount, ...]:
    """The machine's mounts.  Where no file tells them, as in a recording, /sys/fs/cgroup is taken for what it looks like."""
    text = tree.read_or_none("proc/self/mountinfo")
    if text is not None:
        return parse_mountinfo(text)
    text = tree.read_or_none("proc/mounts")
    if text is not None:
        return parse_mounts(text)
    try:
        names = tree.names("sys/fs/cgroup")
    except (Vanished, Denied):
        return ()
    if "memory" in names and "cgroup.controllers" not in names:
        return (Mount("/", "/sys/fs/cgroup/memory", "cgroup", "cgroup", ("memory",)),)
    return (Mount("/", "/sys/fs/cgroup", "cgroup2", "cgroup2", ()),)


def _bytes(text: str) -> int | None:
    """Bytes of a size option such as "12342048k", None for shares of RAM ("50%") and nonsense."""
    unit = _UNITS.get(text[-1:].lower(), 1)
    digits = text if unit == 1 else text[:-1]
    return int(digits) * unit if digits.isascii() and digits.isdigit() else None
