"""The ranking that would result from another adjustment, from a process less, from more RAM or swap.

Pure: nothing is written; the same ranking as of the running machine is computed from changed values.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence

from guardian.kernel.cgroup import MemoryCgroup
from guardian.kernel.process import Process
from guardian.model.badness import adjustment_for
from guardian.model.domain import OomDomain
from guardian.model.era import Era
from guardian.model.victim import Victim, killer_order, rank_victims

_NOBODY: Collection[int] = ()
_NOTHING: Mapping[int, int] = {}


def what_if(
    processes: Sequence[Process],
    domain: OomDomain,
    era: Era,
    *,
    adjustments: Mapping[int, int] = _NOTHING,
    without: Collection[int] = _NOBODY,
    extra_bytes: int = 0,
    cgroups: Iterable[MemoryCgroup] | None = None,
) -> tuple[Victim, ...]:
    """The ranking with some oom_score_adj set by pid, some pids ended, and more (or, below 0, less) RAM and swap.

    `oom_score` too is as it would be.  Processes with a new adjustment are those of the pid alone; children that inherit it
    later are not looked for.
    """
    changed = [_adjusted(process, adjustments) for process in processes if process.pid not in without]
    return rank_victims(changed, with_more(domain, extra_bytes), era, cgroups=cgroups)


def with_more(domain: OomDomain, extra_bytes: int) -> OomDomain:
    """The domain with so many bytes of RAM and swap more; a memory cgroup's own limits stay, so it does not change."""
    if domain.constraint == "memcg" or not extra_bytes:
        return domain
    return domain._replace(total_pages=max(1, domain.total_pages + extra_bytes // domain.page_size))


def _adjusted(process: Process, adjustments: Mapping[int, int]) -> Process:
    wished = adjustments.get(process.pid)
    if wished is None or wished == process.oom_score_adj:
        return process
    # A 0 of the kernel's came from the old adjustment and tells nothing of the new one.
    return process._replace(oom_score_adj=wished, oom_score=process.oom_score or None)


def threshold_adjustment(process: Process, victims: Sequence[Victim], domain: OomDomain, era: Era) -> int | None:
    """The largest oom_score_adj with which a process is not first; 1000 for one that never is.

    "Below +290 it is no longer first" shows this number plus one.  None where it is first at every adjustment above -1000,
    as when nobody else can be taken, and where adjustments do not count.  `victims` is the present ranking; its dying ones do not
    count.
    """
    living = (victim for victim in victims if victim.rank is not None and not victim.dying)
    rival = next((victim for victim in living if victim.process.key != process.key), None)
    if rival is None or rival.badness is None:
        return None
    # At equal points the era's custom decides who comes first.
    mine, theirs = (killer_order(key, rival.badness, dying=False, era=era) for key in (process.key, rival.process.key))
    return adjustment_for(rival.badness if theirs < mine else rival.badness - 1, process, domain, era)
