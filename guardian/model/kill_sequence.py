"""Who would die one after another until so much memory is free.

Source: mm/oom_kill.c:oom_kill_process() of each era, with the children that older ones sacrifice.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from guardian.kernel.cgroup import MemoryCgroup
from guardian.kernel.process import Process, ProcessKey
from guardian.model.badness_old import OldKernel
from guardian.model.domain import OomDomain
from guardian.model.era import Era
from guardian.model.sharing import Fates
from guardian.model.victim import Victim, rank_victims

_FIRST_CHILD = frozenset({Era.E2})
_WORST_CHILD = frozenset({Era.E3, Era.E4, Era.E5, Era.E6})


class KillStep(NamedTuple):
    """One kill of a sequence.

    `victim` is whom the killer chooses, `killed` who ends: the victim or, on kernels older than 5.2, a child in its stead,
    with all that end along.  `frees` is their bytes given back for certain, `cumulative` those of this step and all before.
    """

    victim: Victim
    killed: tuple[Process, ...]
    frees: int
    cumulative: int


def kill_sequence(
    processes: Sequence[Process],
    domain: OomDomain,
    era: Era,
    free_bytes: int,
    cgroups: Iterable[MemoryCgroup] | None = None,
    *,
    old: OldKernel | None = None,
) -> tuple[KillStep, ...]:
    """The kills until `free_bytes` are given back; the last step's `cumulative` is below that where nobody is left.

    Anon, swap and page tables count, each mm once; shmem does not, as files in tmpfs outlive their users.  Memory that may not
    be read counts as nothing.  Nobody grows meanwhile.
    """
    ranked = [victim for victim in rank_victims(processes, domain, era, cgroups=cgroups, old=old) if victim.rank is not None]
    fates = Fates(processes, cgroups, domain, era)
    children = _children(ranked) if era in _FIRST_CHILD or era in _WORST_CHILD else {}
    dead: set[ProcessKey] = set()
    steps: list[KillStep] = []
    cumulative, at = 0, 0
    while cumulative < free_bytes and at < len(ranked):
        victim = ranked[at]
        if victim.process.key in dead:
            at += 1
            continue
        chosen = _in_its_stead(victim, children.get(victim.process.pid, ()), fates, dead, era)
        killed = [one for one in (chosen, *fates.companions(chosen)) if one.key not in dead]
        dead.update(one.key for one in killed)
        frees = sum(one.memory.frees for one in fates.distinct(killed) if one.memory is not None)
        cumulative += frees
        steps.append(KillStep(victim, tuple(killed), frees, cumulative))
    return tuple(steps)


def _children(ranked: Iterable[Victim]) -> dict[int, tuple[Victim, ...]]:
    """The killable children of each pid, oldest first."""
    found: dict[int, list[Victim]] = {}
    for victim in sorted(ranked, key=lambda one: one.process.key.start_ticks):
        found.setdefault(victim.process.ppid, []).append(victim)
    return {pid: tuple(children) for pid, children in found.items()}


def _in_its_stead(victim: Victim, children: Sequence[Victim], fates: Fates, dead: set[ProcessKey], era: Era) -> Process:
    """The process that dies for the victim: a child with an mm of its own until 5.1, else the victim itself."""
    same_mm = {sharer.key for sharer in fates.sharers(victim.process)}
    living = [child for child in children if child.process.key not in dead and child.process.key not in same_mm]
    if not living or victim.dying:
        return victim.process
    if era in _FIRST_CHILD:
        return living[0].process
    # The worst one; of equals the first.
    return max(living, key=lambda child: child.badness or 0).process
