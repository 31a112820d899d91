"""Whom the OOM killer would take, in its own order, and why.

Source: mm/oom_kill.c:select_bad_process(), oom_evaluate_task(), oom_badness().
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from operator import itemgetter
from typing import Final, Literal, NamedTuple

from guardian.kernel.cgroup import MemoryCgroup
from guardian.kernel.process import Process, ProcessKey
from guardian.model.badness import badness, badness_from_score, is_init, ordinary_points, score_scale, whole_of
from guardian.model.badness_old import OOM_DISABLE, OldKernel
from guardian.model.domain import OomDomain
from guardian.model.era import Era
from guardian.model.nodes import may_meet
from guardian.model.sharing import Fates, at_or_below

Order = tuple[bool, int, int, int]
Unkillable = Literal["init", "kernel thread", "oom_score_adj -1000", "vfork", "reaped"]

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
    if era is not Era.E1 and is_init(process):
        return "init"
    if process.kernel_thread:
        return "kernel thread"
    if process.oom_score_adj == -1000 or (era is Era.E2 and process.oom_adj == OOM_DISABLE):
        return "oom_score_adj -1000"
    if process.memory is None:
        return None if process.oom_score and not process.exiting and process.state != "Z" else "reaped"
    if not _kernel_says_never(process, era, score):
        return None
    if in_vfork(process, by_pid):
        return "vfork"
    # Without a sign of its death, a 0 was read before an exec or before a change of the adjustment.
    return "reaped" if process.exiting or process.kill_pending else None


def in_vfork(process: Process, by_pid: Mapping[int, Process]) -> bool:
    """Whether its parent seems to wait in vfork() for it to call exec: the kernel scores it 0, and both have one memory."""
    parent = by_pid.get(process.ppid)
    return process.oom_score == 0 and parent is not None and parent.state == "D" and parent.memory == process.memory


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
        self._old = old
        self._processes = processes
        self._machine = domain if machine_pages is None else domain._replace(total_pages=machine_pages)
        self._same = self._machine == domain
        self._scale = None if era is Era.E1 else score_scale(self._machine.total_pages, era)
        self._children: dict[int, list[Process]] = {}
        if era is Era.E2:
            for process in processes:
                parent = self._by_pid.get(process.ppid)
                # A child that shares the parent's mm is counted with the parent.
                if process.memory is not None and parent is not None and not _shares(process, parent):
                    self._children.setdefault(process.ppid, []).append(process)

    @cached_property
    def _by_pid(self) -> Mapping[int, Process]:
        return {process.key.pid: process for process in self._processes}

    def points(self, process: Process) -> int | Unkillable:
        """Its badness, or why it has none."""
        points, machine_points = self._points(process, self.domain), self._points(process, self._machine)
        reason = unkillable_reason(process, self.era, self._by_pid, self._score(machine_points))
        if reason is not None:
            return reason
        return "reaped" if points is None else points

    def score(self, process: Process, points: int) -> int | None:
        """What /proc/PID/oom_score would print for a process with so many points in the domain."""
        if self._same and self._scale is not None:
            return self._scale(points)
        return self._score(self._points(process, self._machine))

    def _score(self, points: int | None) -> int | None:
        if self._scale is None:
            return None
        return 0 if points is None else self._scale(points)

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
    scorer = _Scorer(processes, domain, era, old, machine_pages)
    quick, sign = ordinary_points(domain, era), _birth_sign(era)
    unscored = None if era is Era.E1 else 0
    ranked: list[tuple[Order, Process]] = []
    never: list[Victim] = []
    for process in candidates(processes, domain):
        points = quick(process)
        dying = False
        if points is None:
            judged = scorer.points(process)
            if isinstance(judged, str):
                never.append(Victim(None, process, None, None, unscored, judged))
                continue
            points, dying = judged, is_dying(process)
        pid, born = process.key
        ranked.append(((not dying, -points, sign * born, sign * pid), process))
    ranked.sort(key=itemgetter(0))
    never.sort(key=lambda victim: (_REASONS.index(victim.unkillable or "reaped"), victim.process.key.pid))
    return (*_placed(ranked, scorer, Fates(processes, cgroups, domain, era)), *never)


def killer_order(key: ProcessKey, points: int, dying: bool, era: Era) -> Order:
    """What an era's killer sorts its candidates by, first victim first."""
    sign = _birth_sign(era)
    return not dying, -points, sign * key.start_ticks, sign * key.pid


def _birth_sign(era: Era) -> int:
    return -1 if era in _LATER_FORKED_WINS else 1


def _placed(ranked: Sequence[tuple[Order, Process]], scorer: _Scorer, fates: Fates) -> list[Victim]:
    """The victims in their order, with ranks, ties and company."""
    victims = []
    score, whole, lonely = scorer.score, whole_of(scorer.domain, scorer.era), fates.lonely
    above: int | None = None
    below = [minus for (_, minus, _, _), _ in ranked[1:]]
    for at, ((living, minus, _, _), process) in enumerate(ranked):
        tied = minus == above or (at < len(below) and below[at] == minus)
        company = 0 if lonely else len(fates.companions(process))
        points, above = -minus, minus
        victims.append(Victim(at + 1, process, points, points / whole, score(process, points), None, tied, not living, company))
    return victims


def dies_with(
    victim: Victim,
    processes: Sequence[Process],
    cgroups: Iterable[MemoryCgroup] | None,
    domain: OomDomain,
    era: Era,
) -> tuple[Process, ...]:
    """All further processes that end with a victim: those of its memory.oom.group and those that share its mm."""
    return Fates(processes, cgroups, domain, era).companions(victim.process)
