"""What can be seen of a kill where no log may be read: the kernel's count rises, a process is gone.

Source: mm/oom_kill.c:__oom_kill_process() (count_vm_event(OOM_KILL), since 4.13), Documentation/admin-guide/cgroup-v2.rst
(memory.events).
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final, cast

from guardian.kernel.cgroup import MemoryCgroup
from guardian.kernel.process import ProcessKey
from guardian.model.history import Kill, KillerName, Party, Rescored
from guardian.model.sharing import at_or_below
from guardian.model.verdict import NextVictim
from guardian.model.victim import Victim
from guardian.protocol.i18n import _

MOST: Final = 64
LARGE: Final = 64 << 20
# Killers look several times a second, we do not: what is nearly there has been there.
AT_ITS_LIMIT: Final = 0.97
NEAR_ITS_LIMIT: Final = 0.8


def risen(before: Iterable[MemoryCgroup] | None, now: Iterable[MemoryCgroup] | None) -> Mapping[str, int]:
    """The deepest memory cgroups whose own count of kills rose, and by how many."""
    earlier = {one.path: (one.events or {}).get("oom_kill") for one in before or ()}
    rose: dict[str, int] = {}
    for one in now or ():
        count, then = (one.events or {}).get("oom_kill"), earlier.get(one.path)
        if count is not None and then is not None and count > then:
            rose[one.path] = count - then
    return {path: count for path, count in rose.items() if not any(other != path and at_or_below(other, path) for other in rose)}


def kills_seen(
    ranking: Sequence[Victim], living: Collection[ProcessKey], count: int, groups: Mapping[str, int], when: float
) -> Kill | None:
    """The kills between two looks, as one entry: the highest ranked of those that are gone.

    `ranking` is the first look's, `living` who is there at the second, `count` by how many the kernel's count rose and `groups`
    in which cgroups.  None where nobody is gone who could have been ended: it was too quick for the looks.
    """
    gone = [victim for victim in ranking if victim.rank is not None and victim.process.key not in living]
    inside = [victim for victim in gone if any(at_or_below(victim.process.cgroup, path) for path in groups)]
    chosen = (inside or gone)[: min(count, MOST)]
    if not chosen:
        return None
    group = next(iter(groups)) if len(groups) == 1 else None
    return Kill(
        None,
        when,
        "kernel",
        tuple(_party(victim) for victim in chosen),
        processes=count,
        memcg=group,
        rescored=Rescored(None, _("The kernel log is not readable, so its own table is not there to compare with.")),
        sources=("memory.events" if group is not None else "watched",),
        doubt=_("Seen from outside: the kernel's count of kills rose, and this is the first in rank of those that are gone."),
    )


def taken_by(
    expected: Sequence[NextVictim], ranking: Sequence[Victim], living: Collection[ProcessKey], when: float
) -> Kill | None:
    """The kill of a user-space killer that stood at its limit, and whose next victim is gone; None where it is not.

    `expected` is what each killer would have taken, `ranking` the table before, `living` who is there now.
    """
    for one in expected:
        if one.killer in {"kernel", "memcg"} or (one.nearness or 0.0) < AT_ITS_LIMIT:
            continue
        members = [victim for victim in ranking if _belongs(victim, one)]
        gone = [victim for victim in members if victim.process.key not in living]
        if not gone or len(gone) < len(members):
            continue
        own_rules = _("{killer} has rules of its own; the kernel's points did not decide.").format(killer=one.killer)
        return Kill(
            None,
            when,
            cast("KillerName", one.killer),
            tuple(_party(victim) for victim in gone[:MOST]),
            processes=len(gone),
            group=one.key is None,
            freed=one.frees,
            rescored=Rescored(None, own_rules),
            sources=("watched",),
            doubt=_("Seen from outside: {killer} stood at its limit, and the one that it would take is gone.").format(
                killer=one.killer
            ),
        )
    return None


def worth_a_look(expected: Sequence[NextVictim], ranking: Sequence[Victim], living: Collection[ProcessKey]) -> bool:
    """Whether a large process is gone while a user-space killer was near its limit: its log may tell of it."""
    if all(one.killer in {"kernel", "memcg"} or (one.nearness or 0.0) < NEAR_ITS_LIMIT for one in expected):
        return False
    return any(_held(victim) >= LARGE and victim.process.key not in living for victim in ranking[:MOST])


def _held(victim: Victim) -> int:
    memory = victim.process.memory
    return 0 if memory is None else memory.rss_anon + memory.swap


def _belongs(victim: Victim, expected: NextVictim) -> bool:
    """Whether a process is what a killer would take, or in the cgroup that it would."""
    if expected.key is not None:
        return victim.process.key == expected.key
    return expected.cgroup is not None and at_or_below(victim.process.cgroup, expected.cgroup)


def _party(victim: Victim) -> Party:
    process = victim.process
    memory = process.memory
    held = None if memory is None else memory.rss_anon + memory.rss_shmem + memory.rss_file + memory.swap
    return Party(process.key.pid, process.name, process.cgroup, held, uid=process.uid)
