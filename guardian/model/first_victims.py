"""The head of the ranking alone, for those who look each second and show only the first few.

The order is that of `rank_victims`; what is saved is the sorting and describing of thousands that nobody will see.
"""

from collections.abc import Sequence
from heapq import nlargest

from guardian.kernel.process import Process
from guardian.model.badness import ordinary_points
from guardian.model.domain import OomDomain
from guardian.model.era import Era
from guardian.model.victim import Victim, rank_victims


def first_victims(processes: Sequence[Process], domain: OomDomain, era: Era, count: int) -> tuple[Victim, ...]:
    """The first `count` of the ranking, fewer where fewer can be taken; `domain` the global one, `era` from 2.6.36 on.

    `tied` and `also_dies` know only of those near the head: ask `rank_victims` for them.
    """
    quick = ordinary_points(domain, era)
    points = [quick(process) for process in processes]
    best = nlargest(count + 1, [one for one in points if one is not None])
    least = best[-1] if len(best) > count else None
    # The odd ones are judged in full: only that tells whether, and where, they stand.
    near = [process for process, one in zip(processes, points, strict=True) if one is None or least is None or one >= least]
    found = rank_victims(_with_parents(near, points, processes), domain, era)
    return tuple(victim for victim in found[:count] if victim.rank is not None)


def _with_parents(near: list[Process], points: Sequence[int | None], processes: Sequence[Process]) -> list[Process]:
    """Those near the head and the parents of odd ones with the kernel's score 0, as a vfork child is known by its parent."""
    wanted = {
        process.ppid
        for process, one in zip(processes, points, strict=True)
        if one is None and process.oom_score == 0 and not process.kernel_thread
    }
    there = {process.pid for process in near}
    return near + [process for process in processes if process.pid in wanted and process.pid not in there]
