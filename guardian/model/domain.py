"""Where an out-of-memory decision is taken: the whole machine, one memory cgroup, or one cpuset.

Source: mm/oom_kill.c:constrained_alloc(), mm/memcontrol.c:mem_cgroup_get_max().
"""

from typing import Literal, NamedTuple

Constraint = Literal["global", "memcg", "cpuset", "mempolicy"]


class OomDomain(NamedTuple):
    """The scope of one decision and the memory it divides.

    `total_pages` is the T that adjustments scale with: RAM + swap, or the cgroup's limit + its swap.  `cgroup` is set for
    "memcg": only processes at or below that path are looked at.  `mems` is the node list for "cpuset" and "mempolicy".
    """

    constraint: Constraint
    total_pages: int
    page_size: int
    cgroup: str | None = None
    mems: str | None = None
