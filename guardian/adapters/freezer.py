"""Lets processes stand still and go on: SIGSTOP and SIGCONT through pidfds, or the freezer of an application's own cgroup.

What is frozen is written down first, so that whoever comes after a crash lets it go on.
Source: signal(7); Documentation/admin-guide/cgroup-v2.rst ("cgroup.freeze").
"""

import contextlib
import os
import time
from collections.abc import Callable, Iterable, Mapping

from guardian.adapters.signals import NotSent, send_signal
from guardian.kernel.process import ProcessKey
from guardian.policy.relief import Frozen, Target
from guardian.protocol.i18n import _
from guardian.protocol.printable import printable

_GROUPS = "/sys/fs/cgroup"
_MOST_TEXT = 1 << 16


class NotFrozen(Exception):
    """Nothing stands still; the text says why."""


class Freezer:
    """Freezes and thaws; `frozen` is what stands still by it now.

    `folder` keeps the list of it.  One that cannot be written is no hindrance: freezing goes on without.
    """

    def __init__(self, folder: str | None, *, groups: str = _GROUPS, clock: Callable[[], float] = time.monotonic) -> None:
        self._groups, self._clock = groups, clock
        self.frozen: tuple[Frozen, ...] = ()
        self._file = _opened(folder) if folder is not None else -1

    def close(self) -> None:
        """Close the list; what is frozen stays so."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def freeze(self, target: Target, *, by_rule: bool = False) -> Frozen:
        """Let a program stand still.  Raises NotFrozen where not a single process of it does."""
        keys = tuple(process.key for process in target.processes)
        if target.cgroup is not None and self._freeze_group(target.cgroup, frozen=True):
            entry = Frozen(target.name, keys, self._clock(), by_rule, target.cgroup)
            self._keep((*self.frozen, entry))
            return entry
        # Before the first is stopped: a crash in between must leave nothing behind that nobody knows of.
        self._note((*self.frozen, Frozen(target.name, keys, 0.0, by_rule)))
        stopped = [key for key in keys if _sent(key, "STOP")]
        if not stopped:
            self._note(self.frozen)
            raise NotFrozen(
                _("{name} was not frozen: it had ended, or belongs to somebody else.").format(name=printable(target.name))
            )
        entry = Frozen(target.name, tuple(stopped), self._clock(), by_rule)
        self._keep((*self.frozen, entry))
        return entry

    def thaw(self, entry: Frozen) -> int:
        """Let it go on; how many processes do."""
        count = self._continue(entry)
        self._keep(tuple(one for one in self.frozen if one is not entry))
        return count

    def find(self, key: ProcessKey) -> Frozen | None:
        """The frozen program that a process belongs to."""
        return next((entry for entry in self.frozen if key in entry.keys), None)

    def forget_ended(self, alive: Iterable[ProcessKey]) -> None:
        """Drop programs of which no process is left."""
        there = set(alive)
        left = tuple(entry for entry in self.frozen if not there.isdisjoint(entry.keys))
        if len(left) != len(self.frozen):
            self._keep(left)

    def take_over(self) -> tuple[Frozen, ...]:
        """Let go on whatever an earlier agent froze and did not thaw; what it was."""
        found = _parse(os.pread(self._file, _MOST_TEXT, 0).decode("utf-8", "replace")) if self._file >= 0 else ()
        for entry in found:
            self._continue(entry)
        self._note(self.frozen)
        return found

    def _continue(self, entry: Frozen) -> int:
        if entry.cgroup is not None and self._freeze_group(entry.cgroup, frozen=False):
            return len(entry.keys)
        return sum(_sent(key, "CONT") for key in entry.keys)

    def _keep(self, frozen: tuple[Frozen, ...]) -> None:
        self.frozen = frozen
        self._note(frozen)

    def _note(self, frozen: tuple[Frozen, ...]) -> None:
        if self._file < 0:
            return
        text = "".join(_line(entry) for entry in frozen).encode()
        with contextlib.suppress(OSError):
            os.pwrite(self._file, text, 0)
            os.ftruncate(self._file, len(text))

    def _freeze_group(self, path: str, *, frozen: bool) -> bool:
        """Whether the group's own freezer did it; false where there is none or it is not ours to write."""
        try:
            file = os.open(f"{self._groups}{path}/cgroup.freeze", os.O_WRONLY | os.O_CLOEXEC)
        except OSError:
            return False
        try:
            os.write(file, b"1" if frozen else b"0")
        except OSError:
            return False
        finally:
            os.close(file)
        return True


def _sent(key: ProcessKey, name: str) -> bool:
    """Whether a signal reached the very process that is meant."""
    try:
        send_signal(key, name)
    except NotSent:
        return False
    return True


def state_folder(environ: Mapping[str, str] = os.environ) -> str:
    """Where what outlives a run is kept.  Source: XDG Base Directory Specification ($XDG_STATE_HOME)."""
    base = environ.get("XDG_STATE_HOME", "")
    if not os.path.isabs(base):
        base = os.path.join(os.path.expanduser("~"), ".local", "state")
    return os.path.join(base, "oom-guardian")


def _opened(folder: str) -> int:
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
        return os.open(os.path.join(folder, "frozen"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError:
        return -1


def _line(entry: Frozen) -> str:
    """One program a line: its group or "-", its processes as pid:start, its name."""
    keys = ",".join(f"{key.pid}:{key.start_ticks}" for key in entry.keys)
    return f"{entry.cgroup or '-'}\t{keys}\t{printable(entry.name)}\n"


def _parse(text: str) -> tuple[Frozen, ...]:
    """The programs of a list; lines that are not whole are left out."""
    found = []
    for line in text.splitlines():
        parts = line.split("\t")
        if len(parts) != 3:
            continue
        group, keys, name = parts
        try:
            pairs = tuple(ProcessKey(*map(int, key.split(":"))) for key in keys.split(",") if key)
        except (ValueError, TypeError):
            continue
        if group == "-" or (group.startswith("/") and "/.." not in group):
            found.append(Frozen(name, pairs, 0.0, cgroup=None if group == "-" else group))
    return tuple(found)
