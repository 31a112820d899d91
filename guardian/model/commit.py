"""What mode 2 would promise at each ratio, and from which ratio on that is enough.

Source: mm/util.c:vm_commit_limit(), __vm_enough_memory().
"""

from typing import NamedTuple

from guardian.model.overcommit import Machine, grant
from guardian.protocol.deadly import DEFAULT_RATIO, MemoryFacts, allowed_bytes, commit_limit_pages

# Room that a session needs to go on working once every promise counts: a share of RAM, and never less than so many bytes.
_ROOMY_SHARE = 0.10
_ROOMY_LEAST = 256 << 20
_MOST_RATIO = 10000


class Commit(NamedTuple):
    """The promises of a machine, in bytes.

    `limit` is CommitLimit at the ratio (or kbytes) in force, `allowed` that less the administrators' reserve; `largest` the
    largest single request that mode 0 grants.  `least_ratio` is the smallest at which mode 2 grants anything at all,
    `roomy_ratio` the smallest that leaves a session room to work; None where no ratio does.
    """

    facts: MemoryFacts
    promised: int
    limit: int
    allowed: int
    largest: int
    least_ratio: int | None
    roomy_ratio: int | None

    @property
    def left(self) -> int:
        """What mode 2 would still promise; negative where more is promised already."""
        return self.allowed - self.promised

    @property
    def roomy(self) -> bool:
        """Whether mode 2 would leave a session room to work."""
        return self.left >= roomy_bytes(self.facts.ram)


def facts_of(machine: Machine) -> MemoryFacts:
    """What the judgement of values looks at."""
    memory, settings = machine.memory, machine.settings
    return MemoryFacts(
        ram=memory.mem_total,
        huge=memory.huge_page_bytes or 0,
        swap=memory.swap_total or 0,
        promised=memory.committed_as or 0,
        available=memory.mem_available,
        mode=settings.overcommit_memory or 0,
        ratio=DEFAULT_RATIO if settings.overcommit_ratio is None else settings.overcommit_ratio,
        kbytes=settings.overcommit_kbytes or 0,
        admin_reserve_kbytes=settings.admin_reserve_kbytes or 0,
        min_free_kbytes=settings.min_free_kbytes or 0,
    )


def commit_of(machine: Machine) -> Commit:
    """The promises of a machine as it stands."""
    facts = facts_of(machine)
    heuristic = machine._replace(settings=machine.settings._replace(overcommit_memory=0))
    return Commit(
        facts=facts,
        promised=facts.promised,
        limit=commit_limit_pages(facts.ram, facts.huge, facts.swap, facts.ratio, facts.kbytes, 1),
        allowed=allowed_bytes(facts),
        largest=grant(1, heuristic).limit or 0,
        least_ratio=_ratio_for(facts, 1),
        roomy_ratio=_ratio_for(facts, roomy_bytes(facts.ram)),
    )


def limit_at(facts: MemoryFacts, ratio: int) -> int:
    """CommitLimit in bytes at another ratio."""
    return commit_limit_pages(facts.ram, facts.huge, facts.swap, ratio, 0, 1)


def roomy_bytes(ram: int) -> int:
    """What has to be left to promise for a session to go on working."""
    return max(_ROOMY_LEAST, int(ram * _ROOMY_SHARE))


def kbytes_for(facts: MemoryFacts, left: int) -> int:
    """The overcommit_kbytes at which `left` bytes are still to be promised."""
    needed = facts.promised + left + facts.admin_reserve_kbytes * 1024 - facts.swap
    return max(1, -(-needed // 1024))


def _ratio_for(facts: MemoryFacts, left: int) -> int | None:
    """The smallest ratio at which at least `left` bytes are still to be promised."""
    base = facts.ram - facts.huge
    needed = facts.promised + left + facts.admin_reserve_kbytes * 1024 - facts.swap
    if needed <= 0:
        return 0
    if base <= 0:
        return None
    ratio = -(-needed * 100 // base)
    return ratio if ratio <= _MOST_RATIO else None
