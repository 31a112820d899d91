"""What dies together: processes that share one mm, and cgroups with memory.oom.group.

Source: mm/oom_kill.c:__oom_kill_process(), mm/memcontrol.c:mem_cgroup_get_oom_group(); Documentation/admin-guide/cgroup-v2.rst.
"""

from collections.abc import Iterable, Mapping, Sequence

from guardian.kernel.cgroup import MemoryCgroup
from guardian.kernel.process import Process, ProcessKey
from guardian.model.badness import is_init
from guardian.model.domain import OomDomain
from guardian.model.era import Era

PF_FORKNOEXEC = 0x00000040
# Until 4.4 the sharers with oom_score_adj -1000 were spared; 4.15 kills them.  E5 lies across, its later half counts.
_SPARES_PROTECTED_SHARERS = frozenset({Era.E1, Era.E2, Era.E3, Era.E4})

Sharers = Mapping[ProcessKey, tuple[Process, ...]]


def at_or_below(path: str | None, top: str) -> bool:
    """Whether a cgroup lies at or below another; an unknown path only below the root."""
    top = top.rstrip("/")
    return not top or (path is not None and (path == top or path.startswith(f"{top}/")))


def mm_sharers(processes: Iterable[Process]) -> Sharers:
    """Each process whose mm seems to be another's too, with all who share it, itself included.

    /proc does not name the mm.  Taken for sharing is a child that has not called exec and whose memory, every kind of it, and
    virtual size equal its parent's: clone(CLONE_VM) without CLONE_THREAD, and vfork() until exec.  A forked copy differs at
    once, as it starts without the parent's file pages.  Sharers whose parent has ended go unseen.
    """
    everybody = tuple(processes)
    forked = [process for process in everybody if process.flags & PF_FORKNOEXEC and process.memory is not None]
    if not forked:
        return {}
    by_pid = {process.key.pid: process for process in everybody}
    parents = {
        process.key: parent
        for process in forked
        if (parent := by_pid.get(process.ppid)) is not None
        and parent.memory == process.memory
        and parent.vm_size == process.vm_size
        and parent.memory is not None
        and parent.memory.rss > 0
    }
    groups: dict[ProcessKey, list[Process]] = {}
    for key, parent in parents.items():
        first = _topmost(parent, parents)
        groups.setdefault(first.key, [first]).append(by_pid[key.pid])
    return {member.key: tuple(group) for group in groups.values() for member in group}


def _topmost(process: Process, parents: Mapping[ProcessKey, Process]) -> Process:
    """The first of a line of sharers."""
    passed = {process.key}
    # A torn sample may show a ring of parents.
    while (parent := parents.get(process.key)) is not None and parent.key not in passed:
        passed.add(parent.key)
        process = parent
    return process


def oom_group_of(path: str | None, grouped: frozenset[str], domain: OomDomain) -> str | None:
    """The cgroup that dies as one when a process at `path` is chosen; None where only the process does.

    It is the highest of those with memory.oom.group (`grouped`) from the process's own up to the domain's cgroup, the root
    never being one.
    """
    if path is None or not at_or_below(path, domain.cgroup or "/"):
        return None
    found, top = None, (domain.cgroup or "/").rstrip("/")
    at = path.rstrip("/")
    while at:
        if at in grouped:
            found = at
        if at == top:
            break
        at = at.rpartition("/")[0]
    return found


class Fates:
    """Who dies with whom among the processes of one moment; computed once, asked for every victim."""

    def __init__(self, processes: Sequence[Process], cgroups: Iterable[MemoryCgroup] | None, domain: OomDomain, era: Era) -> None:
        self._domain = domain
        self._spares_protected = era in _SPARES_PROTECTED_SHARERS
        self._sharers = mm_sharers(processes)
        self._grouped = frozenset(group.path.rstrip("/") for group in cgroups or () if group.oom_group)
        self._members: dict[str, list[Process]] = {}
        if self._grouped:
            for process in processes:
                group = oom_group_of(process.cgroup, self._grouped, domain)
                if group is not None and not process.kernel_thread and process.memory is not None:
                    self._members.setdefault(group, []).append(process)

    @property
    def lonely(self) -> bool:
        """Whether nobody dies with anybody."""
        return not self._sharers and not self._members

    def sharers(self, process: Process) -> tuple[Process, ...]:
        """All processes that use its mm, itself included; empty where it has its own."""
        return self._sharers.get(process.key, ())

    def companions(self, process: Process) -> tuple[Process, ...]:
        """All further processes that end with this one, oldest first; never init, nor it itself."""
        group = oom_group_of(process.cgroup, self._grouped, self._domain) if self._grouped else None
        killed = [process]
        killed += [member for member in self._members.get(group or "", ()) if member.oom_score_adj != -1000]
        doomed = {one.key: one for victim in killed for one in (victim, *self._doomed_sharers(victim)) if not is_init(one)}
        doomed.pop(process.key, None)
        return tuple(sorted(doomed.values(), key=lambda one: (one.key.start_ticks, one.key.pid)))

    def distinct(self, processes: Iterable[Process]) -> tuple[Process, ...]:
        """One process for each mm among those given."""
        seen: set[ProcessKey] = set()
        out = []
        for process in processes:
            if process.key not in seen:
                out.append(process)
                seen.update(sharer.key for sharer in self._sharers.get(process.key, (process,)))
        return tuple(out)

    def _doomed_sharers(self, process: Process) -> tuple[Process, ...]:
        sharers = self._sharers.get(process.key, ())
        if not self._spares_protected:
            return sharers
        return tuple(sharer for sharer in sharers if sharer.oom_score_adj != -1000)
