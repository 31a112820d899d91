"""Whom the OOM killer would take, in its own order, and why.

Source: mm/oom_kill.c:select_bad_process(), oom_evaluate_task(), oom_badness().
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, Literal, NamedTuple

from guardian.kernel.cgroup import MemoryCgroup
from guardian.kernel.process import Process
from guardian.model.badness import badness, badness_from_score, oom_score, share_of
from guardian.model.badness_old import OOM_DISABLE, OldKernel
from guardian.model.domain import OomDomain
from guardian.model.era import Era
from guardian.model.nodes import may_meet
from guardian.model.sharing import Fates, at_or_below

Unkillable = Literal["init", "kernel thread", "oom_score_adj -1000", "vfork", "reaped"]

_INIT: Final = 1
_LATER_FORKED_WINS: Final = frozenset({Era.E7, Era.E8, Era.E9})
_NEGATIVE_BADNESS: Final = frozenset({Era.E8, Era.E9})
# From here up a killable process prints at least 2 on the scale of 5.9 and later, however small it is.
_SURELY_PRINTED: Final = -996
_REASONS: Final[tuple[Unkillable, ...]] = ("init", "oom_score_adj -1000", "vfork", "reaped", "kernel thread")


class Victim(NamedTuple):
    """One process as the killer sees it.

    `rank` counts from 1 and is None for those it would never take; `unkillable` then says why.  `badness` is in pages as the
    kernel computes it (may be negative); `share` is badness / total_pages.  `oom_score` is our value on the running kernel's
    scale.  `tied` is true where an equal badness stands beside it.  `dying` marks tasks already exiting or killed, which come
    first and hold the next choice up.  `also_dies` counts further processes that end with it (oom.group, shared mm).
    """

    rank: int | None
    process: Process
    badness: int | None
    share: float | None
    oom_score: int | None
    unkillable: Unkillable | None = None
    tied: bool = False
    dying: bool = False
    also_dies: int = 0


def candidates(processes: Iterable[Process], domain: OomDomain) -> tuple[Process, ...]:
    """Those that one decision looks at: all, those at or below its cgroup, or those that may use its nodes."""
    if domain.constraint == "memcg":
        top = domain.cgroup or "/"
        return tuple(process for process in processes if at_or_below(process.cgroup, top))
    if domain.mems is not None:
        return tuple(process for process in processes if may_meet(process.mems_allowed, domain.mems))
    return tuple(processes)


def unkillable_reason(process: Process, era: Era, by_pid: Mapping[int, Process], score: int | None = None) -> Unkillable | None:
    """Why the kernel never takes a process; None where it may.

    `score` is the oom_score that it would have if it could be chosen, for kernels older than 5.9.  A process whose memory may
    not be read, but whose kernel score is above 0, may be taken; a zombie without memory counts as reaped.
    """
    if process.pid == _INIT and era is not Era.E1:
        return "init"
    if process.kernel_thread:
        return "kernel thread"
    if process.oom_score_adj == -1000 or (era is Era.E2 and process.oom_adj == OOM_DISABLE):
        return "oom_score_adj -1000"
    if process.memory is None:
        return None if process.oom_score else "reaped"
    if not _kernel_says_never(process, era, score):
        return None
    parent = by_pid.get(process.ppid)
    if parent is not None and parent.state == "D" and parent.memory == process.memory:
        return "vfork"
    # Without a sign of its death, a 0 was read before an exec or before a change of the adjustment.
    return "reaped" if process.exiting or process.kill_pending else None


def _kernel_says_never(process: Process, era: Era, score: int | None) -> bool:
    """Whether the kernel's 0 cannot come from a small badness."""
    if process.oom_score != 0:
        return False
    if era in _NEGATIVE_BADNESS:
        return (process.oom_score_adj or 0) >= _SURELY_PRINTED
    return score is not None and score >= 2


def is_dying(process: Process) -> bool:
    """Whether it has been killed or is exiting and still holds memory; a leader that ended before its threads is not."""
    return process.memory is not None and (bool(process.kill_pending) or (process.exiting and process.state not in {"Z", "X"}))


class _Scorer:
    """Badness and oom_score of the processes of one moment, in one domain."""

    def __init__(
        self, processes: Sequence[Process], domain: OomDomain, era: Era, old: OldKernel | None, machine_pages: int | None
    ) -> None:
        self.domain, self.era = domain, era
        self.by_pid = {process.key.pid: process for process in processes}
        self._old = old
        self._machine = domain if machine_pages is None else domain._replace(total_pages=machine_pages)
        self._same = self._machine.total_pages == domain.total_pages
        self._children: dict[int, list[Process]] = {}
        if era is Era.E2:
            for process in processes:
                parent = self.by_pid.get(process.ppid)
                # A child that shares the parent's mm is counted with the parent.
                if process.memory is not None and parent is not None and not _shares(process, parent):
                    self._children.setdefault(process.ppid, []).append(process)

    def judge(self, process: Process) -> Victim:
        """The process without its place in the order."""
        points = self._points(process, self.domain)
        machine_points = points if self._same else self._points(process, self._machine)
        score = oom_score(machine_points, self._machine.total_pages, self.era)
        reason = unkillable_reason(process, self.era, self.by_pid, score)
        if reason is not None or points is None:
            return Victim(None, process, None, None, oom_score(None, 0, self.era), reason or "reaped")
        return Victim(0, process, points, share_of(points, self.domain, self.era), score, dying=is_dying(process))

    def _points(self, process: Process, domain: OomDomain) -> int | None:
        if process.memory is None and process.oom_score:
            return badness_from_score(process.oom_score, self._machine.total_pages, self.era)
        return badness(process, domain, self.era, old=self._old, children=self._children.get(process.key.pid, ()))


def _shares(child: Process, parent: Process) -> bool:
    return child.memory == parent.memory and child.vm_size == parent.vm_size


def rank_victims(
    processes: Sequence[Process],
    domain: OomDomain,
    era: Era,
    *,
    cgroups: Iterable[MemoryCgroup] | None = None,
    old: OldKernel | None = None,
    machine_pages: int | None = None,
) -> tuple[Victim, ...]:
    """Every process that the decision looks at: the ranked ones in the killer's order, then those it would never take.

    Dying ones come first.  Of equals the later born comes first since 5.2, the earlier one before; inside a memory cgroup the
    kernel's order of equals cannot be known, `tied` says so everywhere.  `cgroups` tells of memory.oom.group.
    `machine_pages` is RAM + swap, on which `oom_score` is computed where the domain is smaller.  `old` is required in E1 and E2.
    A process whose memory may not be read is ranked by the kernel's own rounded score.
    """
    inside = candidates(processes, domain)
    scorer = _Scorer(processes, domain, era, old, machine_pages)
    judged = [scorer.judge(process) for process in inside]
    ranked = sorted((victim for victim in judged if victim.unkillable is None), key=killer_order(era))
    never = sorted(
        (victim for victim in judged if victim.unkillable is not None),
        key=lambda victim: (_REASONS.index(victim.unkillable or "reaped"), victim.process.key.pid),
    )
    fates = Fates(processes, cgroups, domain, era)
    return (*_placed(ranked, fates), *never)


def killer_order(era: Era) -> Callable[[Victim], tuple[bool, int, int, int]]:
    """The sorting key by which an era's killer goes through its candidates, first victim first."""
    sign = -1 if era in _LATER_FORKED_WINS else 1

    def key(victim: Victim) -> tuple[bool, int, int, int]:
        pid, born = victim.process.key
        return not victim.dying, -(victim.badness or 0), sign * born, sign * pid

    return key


def _placed(ranked: Sequence[Victim], fates: Fates) -> list[Victim]:
    """The victims with rank, ties and company filled in."""
    points = [victim.badness for victim in ranked]
    last = len(points) - 1
    return [
        victim._replace(
            rank=at + 1,
            tied=(at > 0 and points[at - 1] == points[at]) or (at < last and points[at + 1] == points[at]),
            also_dies=0 if fates.lonely else len(fates.companions(victim.process)),
        )
        for at, victim in enumerate(ranked)
    ]


def dies_with(
    victim: Victim,
    processes: Sequence[Process],
    cgroups: Iterable[MemoryCgroup] | None,
    domain: OomDomain,
    era: Era,
) -> tuple[Process, ...]:
    """All further processes that end with a victim: those of its memory.oom.group and those that share its mm."""
    return Fates(processes, cgroups, domain, era).companions(victim.process)
