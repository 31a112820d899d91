"""Moves memory that is not used to swap before it is short, and says how much that gave.

A whole group by its own file, from which the kernel takes what was longest unused; else single programs that stand still, page by
page through their pidfd.  Nothing is lost: what is used again comes back by itself.
Source: Documentation/admin-guide/cgroup-v2.rst (memory.reclaim, since 5.19); process_madvise(2) and madvise(2) (MADV_PAGEOUT).
"""

import errno
import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence

from guardian.adapters.group_files import GroupFiles, NoGroup
from guardian.kernel.errors import KernelFileError, Unparsable
from guardian.kernel.meminfo import parse_meminfo
from guardian.kernel.process import Process, ProcessKey, parse_memory, parse_stat
from guardian.kernel.tree import KernelTree
from guardian.policy.acts import SwappedOut
from guardian.policy.group_limit import swap_refusal
from guardian.protocol.i18n import _
from guardian.protocol.printable import printable

_FILE = "memory.reclaim"
# So that an act that is no longer wanted, or a slow disk, holds nobody up for long.
STEP_BYTES = 8 << 20
MOST_SECONDS = 10.0
_MOST_MISSES = 2
_REFAULTS, _PAGE = "workingset_refault_anon", os.sysconf("SC_PAGE_SIZE")
_SETTLE_SECONDS, _SETTLE_STEP = 2.0, 0.05
_STOPPED = "Tt"
_MADV_PAGEOUT = 21
# One number for all architectures since Linux 5.1.
_PROCESS_MADVISE = 440
_UNTOUCHED = frozenset(("[vvar]", "[vvar_vclock]", "[vdso]", "[vsyscall]"))


class NotSwappedOut(Exception):
    """Nothing was moved; the text says why, and what would work."""


class ColdMemory:
    """Moves to swap; `clock` gives seconds, `sleep` waits some."""

    def __init__(
        self,
        tree: KernelTree | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._tree, self._clock, self._sleep = tree or KernelTree(), clock, sleep

    def swap_out(self, cgroup: str | None, processes: Sequence[Process]) -> SwappedOut:
        """Move what is not used; what was read before and after.  Raises NotSwappedOut."""
        given = SwappedOut(0, 0, 0)
        before = self._available()
        for given in self.steps(cgroup, processes):  # noqa: B007 - the last one tells all
            pass
        # What goes to a disk is free once it is written.
        until = self._clock() + _SETTLE_SECONDS
        while given.room < given.into_swap // 2 and self._clock() < until:
            self._sleep(_SETTLE_STEP)
            given = given._replace(room=self._available() - before)
        return given

    def steps(self, cgroup: str | None, processes: Sequence[Process]) -> Iterator[SwappedOut]:
        """The same bit by bit, for whoever has other things to do meanwhile; each value is the sum so far."""
        room = self._available()
        group = self._group(cgroup)
        # As it is now, not as the table had it when it was asked for.
        states = [self._state(process.key) for process in processes]
        processes = [process._replace(state=state) for process, state in zip(processes, states, strict=True) if state]
        if not processes:
            raise NotSwappedOut(_("It had already ended. Nothing was moved."))
        why = swap_refusal(processes, cgroup if group is not None else None, self._swap_free(), version=2)
        if why:
            raise NotSwappedOut(why)
        frozen = all(one.state in _STOPPED for one in processes) or (group is not None and group.number("cgroup.freeze") == 1)
        moved = self._from_group(group, all_of_it=frozen) if group is not None else self._from_processes(processes)
        for left, swapped in moved:
            yield SwappedOut(max(0, left), max(0, swapped), self._available() - room)

    def _group(self, cgroup: str | None) -> GroupFiles | None:
        """The group, where it is there and this user's to write."""
        try:
            files = GroupFiles(cgroup, self._tree) if cgroup is not None else None
        except NoGroup:
            return None
        return files if files is not None and files.writable(_FILE) else None

    def _from_group(self, group: GroupFiles, *, all_of_it: bool) -> Iterator[tuple[int, int]]:
        stat = group.stat()
        anon, refaults = stat.get("inactive_anon", 0) + stat.get("active_anon", 0), stat.get(_REFAULTS, 0)
        # Where nothing had to be reclaimed lately nothing was aged either: the kernel does that as it goes, oldest first.
        wanted = min(anon if all_of_it else max(stat.get("inactive_anon", 0), anon // 2), self._swap_free() // 2)
        held, swapped = (group.number(name) or 0 for name in ("memory.current", "memory.swap.current"))
        # Anonymous memory alone, where the kernel can be told so (6.8 and later): file cache is room as it is.
        extra = " swappiness=200"
        until, misses = self._clock() + MOST_SECONDS, 0
        while wanted > 0 and misses < _MOST_MISSES and self._clock() < until:
            step = min(STEP_BYTES, wanted)
            try:
                group.write(_FILE, f"{step}{extra}")
            except OSError as error:
                if error.errno == errno.EINVAL and extra:
                    extra = ""
                    continue
                if error.errno not in (errno.EAGAIN, errno.EINTR):
                    raise NotSwappedOut(_("Not moved: {reason}.").format(reason=error.strerror or error)) from error
                misses += 1
            wanted -= step
            if not all_of_it and (group.stat().get(_REFAULTS, 0) - refaults) * _PAGE > STEP_BYTES // 4:
                # What was moved is wanted back: the rest is in use.
                wanted = 0
            now = tuple(group.number(name) or 0 for name in ("memory.current", "memory.swap.current"))
            yield held - now[0], now[1] - swapped

    def _from_processes(self, processes: Sequence[Process]) -> Iterator[tuple[int, int]]:
        left = swapped = 0
        until = self._clock() + MOST_SECONDS
        for process in processes:
            if self._clock() >= until:
                break
            before = now = self._memory(process.key)
            for _asked in self._page_out(process, until):
                now = self._memory(process.key)
                yield left + before[0] - now[0], swapped + now[1] - before[1]
            left, swapped = left + before[0] - now[0], swapped + now[1] - before[1]
            yield left, swapped

    def _page_out(self, process: Process, until: float) -> Iterator[None]:
        """Page out a program's own memory, a step at a time; mappings that the kernel leaves alone are passed over."""
        # Only whoever does this pays for the import.
        import ctypes

        class IoVec(ctypes.Structure):
            _fields_ = (("base", ctypes.c_void_p), ("length", ctypes.c_size_t))

        libc = ctypes.CDLL(None, use_errno=True)
        libc.syscall.restype = ctypes.c_long
        gone = _("{name} ({pid}) had already ended. Nothing was moved.").format(name=printable(process.name), pid=process.pid)
        try:
            pidfd = os.pidfd_open(process.pid)
        except OSError as error:
            raise NotSwappedOut(gone) from error
        try:
            # Opened first, looked at then: below this handle it can become no other.
            if self._state(process.key) not in tuple(_STOPPED):
                return
            maps = self._tree.read_or_none(f"proc/{process.pid}/maps")
            if maps is None:
                raise NotSwappedOut(_refused(errno.EPERM, gone))
            asked = 0
            for start, length in in_pieces(own_mappings(maps)):
                if self._clock() >= until:
                    return
                asked += length
                vector = IoVec(start, length)
                done = libc.syscall(
                    ctypes.c_long(_PROCESS_MADVISE), ctypes.c_int(pidfd), ctypes.byref(vector), ctypes.c_size_t(1),
                    ctypes.c_int(_MADV_PAGEOUT), ctypes.c_uint(0),
                )  # fmt: skip
                if done < 0 and ctypes.get_errno() in (errno.EPERM, errno.ENOSYS, errno.ESRCH):
                    raise NotSwappedOut(_refused(ctypes.get_errno(), gone))
                if asked >= STEP_BYTES:
                    asked = 0
                    yield
            yield
        finally:
            os.close(pidfd)

    def _state(self, key: ProcessKey) -> str:
        """The letter of a process's state; "" where it has ended."""
        try:
            stat = parse_stat(self._tree.read(f"proc/{key.pid}/stat"))
        except (KernelFileError, Unparsable):
            return ""
        return "" if stat.start_ticks != key.start_ticks or stat.state in "ZXx" else stat.state

    def _memory(self, key: ProcessKey) -> tuple[int, int]:
        """What a process holds in memory and in swap."""
        found = parse_memory((self._tree.read_or_none(f"proc/{key.pid}/status") or "").encode("utf-8", "replace"))
        return (found.rss, found.swap) if found is not None else (0, 0)

    def _swap_free(self) -> int:
        return parse_meminfo(self._tree.read("proc/meminfo")).swap_free or 0

    def _available(self) -> int:
        memory = parse_meminfo(self._tree.read("proc/meminfo"))
        return memory.mem_available if memory.mem_available is not None else memory.mem_free


def own_mappings(maps: str) -> Iterator[tuple[int, int]]:
    """Address and length of the private writable memory in /proc/PID/maps.  Source: proc_pid_maps(5)."""
    for line in maps.splitlines():
        words = line.split(None, 5)
        if len(words) < 5 or words[1][1:2] != "w" or words[1][3:4] != "p" or (len(words) > 5 and words[5] in _UNTOUCHED):
            continue
        start, _dash, end = words[0].partition("-")
        yield int(start, 16), int(end, 16) - int(start, 16)


def in_pieces(mappings: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """The same in pieces, since the kernel comes back only when all that it was given is written: a heap may have gigabytes."""
    for start, length in mappings:
        for done in range(0, length, STEP_BYTES):
            yield start + done, min(STEP_BYTES, length - done)


def _refused(number: int, gone: str) -> str:
    if number == errno.ESRCH:
        return gone
    if number == errno.ENOSYS:
        return _("Impossible here: this kernel cannot move another program's memory out; 5.10 and later can.")
    return _(
        "Impossible here: the kernel lets only an administrator move out a single program's memory (CAP_SYS_NICE). "
        "Of a program with a group of its own you may: guardian run starts one."
    )
