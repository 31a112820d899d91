"""Whom the kernel would take: on the whole machine, and in each limited cgroup that is near its limit.

Source: design of the project; mm/oom_kill.c:select_bad_process().
"""

from collections.abc import Iterable, Sequence
from typing import Final

from guardian.kernel.cgroup import MemoryCgroup
from guardian.kernel.meminfo import MemInfo
from guardian.kernel.process import Process
from guardian.model.constraints import Limit
from guardian.model.domain import OomDomain
from guardian.model.era import Era
from guardian.model.room import Room
from guardian.model.sharing import Fates
from guardian.model.verdict import Killer, NextVictim
from guardian.model.victim import Victim, rank_victims
from guardian.protocol.i18n import _
from guardian.protocol.quantities import format_bytes

# A cgroup is worth a line of its own when less than a quarter of its limit is left.
_NEAR_SHARE: Final = 0.25
_MOST_LIMITS: Final = 3


def next_victims(
    victims: Sequence[Victim],
    processes: Sequence[Process],
    domain: OomDomain,
    era: Era,
    memory: MemInfo,
    room: Room,
    limits: Iterable[Limit] = (),
    cgroups: Sequence[MemoryCgroup] | None = None,
) -> tuple[NextVictim, ...]:
    """Whom the kernel would take: on the whole machine, and in each cgroup that is near its limit; the nearest first.

    `victims` is the global ranking, `limits` come nearest first and only a few are looked at.
    """
    total = memory.mem_total + (memory.swap_total or 0)
    everywhere = _next(
        "kernel", _("nothing left to free"), room.total, total, victims, Fates(processes, cgroups, domain, era), None
    )
    found = [everywhere] if everywhere else []
    for limit in [limit for limit in limits if _near(limit)][:_MOST_LIMITS]:
        ranked = rank_victims(processes, limit.domain, era, cgroups=cgroups, machine_pages=domain.total_pages)
        fates = Fates(processes, cgroups, limit.domain, era)
        condition = _("limit of {group}").format(group=limit.cgroup.path)
        one = _next("memcg", condition, limit.distance or 0, limit.cgroup.max or 1, ranked, fates, limit.cgroup.path)
        found += [one] if one else []
    return tuple(sorted(found, key=lambda one: -(one.nearness or 0.0)))


def _near(limit: Limit) -> bool:
    """Whether a cgroup may soon lose somebody; with oom_kill_disable of v1 its tasks stop instead."""
    left = limit.distance
    return left is not None and left < _NEAR_SHARE * (limit.cgroup.max or 0) and not limit.cgroup.oom_disabled


def _next(
    killer: Killer, condition: str, distance: int, total: int, victims: Sequence[Victim], fates: Fates, cgroup: str | None
) -> NextVictim | None:
    """The entry of one killer; None where it has nobody to take."""
    if not victims or victims[0].rank is None:
        return None
    process = victims[0].process
    companions = fates.companions(process)
    frees = sum(one.memory.frees for one in fates.distinct((process, *companions)) if one.memory is not None)
    return NextVictim(
        killer=killer,
        acts_when=condition,
        distance=_("{size} left").format(size=format_bytes(max(distance, 0))),
        nearness=min(max(1.0 - distance / total, 0.0), 1.0),
        name=process.name,
        key=process.key,
        cgroup=cgroup if cgroup is not None else process.cgroup,
        frees=None if process.memory is None else frees,
        also_dies=len(companions),
    )
