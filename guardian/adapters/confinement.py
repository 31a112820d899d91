"""A memory cgroup of our own with a limit, for the drill: made where this user may, taken away again.

Source: Documentation/admin-guide/cgroup-v2.rst ("Delegation", memory.max), Documentation/admin-guide/cgroup-v1/memory.rst.
"""

import contextlib
import os
import time
from pathlib import Path
from typing import Self

from guardian.kernel.cgroup import parse_membership
from guardian.kernel.mounts import memory_hierarchy, read_mounts
from guardian.kernel.tree import KernelTree
from guardian.protocol.i18n import _

_NAME = "oom-guardian-drill"


class CannotConfine(Exception):
    """No group can be made; the text says what is missing."""


class Confinement:
    """One group with a limit; use it as a context manager.  Raises CannotConfine.

    `path` is as in /proc/PID/cgroup, `folder` where its files are, `version` 1 or 2.
    """

    def __init__(self, limit: int, tree: KernelTree | None = None) -> None:
        tree = tree or KernelTree()
        hierarchy = memory_hierarchy(read_mounts(tree))
        if hierarchy is None:
            raise CannotConfine(_("this kernel has no memory cgroups here"))
        self.version = hierarchy.version
        base = hierarchy.base.rstrip("/")
        own = parse_membership(tree.read("proc/self/cgroup")) or "/"
        reasons = []
        for parent in _parents(own.removeprefix(base) or "/"):
            self.folder = Path(tree.root + hierarchy.point.strip("/") + parent.rstrip("/")) / f"{_NAME}-{os.getpid()}"
            self.path = f"{base}{parent.rstrip('/')}/{self.folder.name}"
            try:
                self._make(limit)
            except OSError as error:
                self.remove()
                reasons.append(f"{self.folder.parent}: {error.strerror}")
            else:
                return
        raise CannotConfine(
            _("no memory group can be made here ({reasons}). As root it can, or in a session with a systemd user manager").format(
                reasons="; ".join(reasons[:2])
            )
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_gone: object) -> None:
        self.remove()

    @property
    def procs(self) -> Path:
        """The file that takes pids in."""
        return self.folder / "cgroup.procs"

    @property
    def held(self) -> int:
        """Bytes that are charged to the group now; 0 where that cannot be read."""
        name = "memory.current" if self.version == 2 else "memory.usage_in_bytes"
        with contextlib.suppress(OSError, ValueError):
            return int((self.folder / name).read_text("ascii"))
        return 0

    @property
    def kills(self) -> int:
        """How many processes were ended for this group's limit."""
        name = "memory.events" if self.version == 2 else "memory.oom_control"
        with contextlib.suppress(OSError, ValueError, IndexError):
            for line in (self.folder / name).read_text("ascii").splitlines():
                if line.startswith("oom_kill "):
                    return int(line.split()[1])
        return 0

    def remove(self) -> None:
        """Take the group away; what still lives in it is ended first."""
        until = time.monotonic() + 5
        while self.folder.is_dir() and time.monotonic() < until:
            with contextlib.suppress(OSError):
                for pid in self.procs.read_text("ascii").split():
                    os.kill(int(pid), 9)
            try:
                self.folder.rmdir()
            except OSError:
                time.sleep(0.05)

    def _make(self, limit: int) -> None:
        self.folder.mkdir()
        limits = ("memory.max",) if self.version == 2 else ("memory.limit_in_bytes",)
        for name in limits:
            (self.folder / name).write_text(str(limit), "ascii")
        # Without swap of its own the drill neither lasts long nor takes anybody else's.
        swap = ("memory.swap.max", "0") if self.version == 2 else ("memory.memsw.limit_in_bytes", str(limit))
        if (self.folder / swap[0]).exists():
            (self.folder / swap[0]).write_text(swap[1], "ascii")


def _parents(own: str) -> list[str]:
    """Where a group may be made: from the nearest above us to the top."""
    found, at = [], own
    while at not in ("", "/"):
        found.append(at)
        at = at.rpartition("/")[0]
    return [*found, "/"]
