"""The domains in which the kernel may run out of memory: the machine, each limited memory cgroup, a cpuset.

Source: mm/oom_kill.c:constrained_alloc(), mm/memcontrol.c:mem_cgroup_get_max().
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from guardian.kernel.cgroup import MemoryCgroup
from guardian.kernel.meminfo import MemInfo
from guardian.kernel.zoneinfo import Zone
from guardian.model.domain import OomDomain
from guardian.model.nodes import nodes_of


class Limit(NamedTuple):
    """One memory cgroup with a limit, and how far it is from killing.

    `distance` is in bytes: what its processes can still take before reclaim inside it has nothing left; 0 or less is there;
    None where its use is unknown.  `memory.high` is no limit here: it slows down and never kills.
    """

    cgroup: MemoryCgroup
    domain: OomDomain
    distance: int | None


def total_pages(memory: MemInfo, page_size: int) -> int:
    """RAM + swap, which oom_score and the global choice divide by."""
    return memory.mem_total // page_size + (memory.swap_total or 0) // page_size


def global_domain(memory: MemInfo, page_size: int) -> OomDomain:
    """The whole machine."""
    return OomDomain("global", total_pages(memory, page_size), page_size)


def memcg_domain(cgroup: MemoryCgroup, memory: MemInfo, page_size: int) -> OomDomain:
    """One memory cgroup: its limit and the swap that it may use; one without a limit divides by RAM + swap.

    Swappiness 0, with which the kernel leaves swap out, is not looked at.
    """
    swap = (memory.swap_total or 0) // page_size
    if cgroup.swap_max is not None:
        swap = min(swap, max(cgroup.swap_max, 0) // page_size)
    limit = memory.mem_total if cgroup.max is None else cgroup.max
    return OomDomain("memcg", max(limit // page_size + swap, 1), page_size, cgroup=cgroup.path)


def cpuset_domain(mems: str, zones: Iterable[Zone], memory: MemInfo, page_size: int) -> OomDomain:
    """The nodes of a cpuset or a memory policy, and all swap.

    A node counts with its managed pages, as /proc/zoneinfo tells them; the kernel takes its present ones, which are some
    more.  Where the nodes hold all there is, or cannot be told, the whole machine's pages count.
    """
    here = nodes_of(mems)
    sizes: dict[int, int] = {}
    for zone in zones:
        sizes[zone.node] = sizes.get(zone.node, 0) + (zone.managed or 0)
    if here is None or not sizes or here >= sizes.keys() or not any(sizes.get(node) for node in here):
        return OomDomain("cpuset", total_pages(memory, page_size), page_size, mems=mems)
    pages = sum(sizes.get(node, 0) for node in here) + (memory.swap_total or 0) // page_size
    return OomDomain("cpuset", pages, page_size, mems=mems)


def distance_to_limit(cgroup: MemoryCgroup, memory: MemInfo) -> int | None:
    """Bytes that a cgroup can still take: up to its limit, its file cache dropped and its swap allowance used.

    None without a limit or where its use is unknown.
    """
    if cgroup.max is None or cgroup.current is None:
        return None
    return cgroup.max - cgroup.current + (cgroup.reclaimable_file or 0) + _swap_left(cgroup, memory)


def _swap_left(cgroup: MemoryCgroup, memory: MemInfo) -> int:
    """Bytes that its anonymous memory can still move to swap."""
    free = memory.swap_free or 0
    if cgroup.swap_max is not None:
        free = min(free, max(0, cgroup.swap_max - (cgroup.swap_current or 0)))
    # What is file cache cannot be swapped.
    anon = max(0, (cgroup.current or 0) - (cgroup.reclaimable_file or 0))
    return min(free, anon + max(0, (cgroup.max or 0) - (cgroup.current or 0)))


def tightest_limits(cgroups: Iterable[MemoryCgroup], memory: MemInfo, page_size: int) -> tuple[Limit, ...]:
    """Every memory cgroup with a limit below the machine's memory, the nearest to its limit first, unknown distances last."""
    limits = [
        Limit(cgroup, memcg_domain(cgroup, memory, page_size), distance_to_limit(cgroup, memory))
        for cgroup in cgroups
        if cgroup.max is not None and cgroup.max < memory.mem_total
    ]
    return tuple(sorted(limits, key=lambda limit: (limit.distance is None, limit.distance or 0, limit.cgroup.path)))


def limit_of(path: str, limits: Iterable[Limit]) -> Limit | None:
    """The limit that a process in the cgroup `path` meets first: the nearest of its own and its ancestors'."""
    above: Mapping[str, Limit] = {limit.cgroup.path.rstrip("/"): limit for limit in limits}
    found, at = None, path.rstrip("/")
    while True:
        limit = above.get(at)
        if limit is not None and limit.distance is not None and (found is None or limit.distance < (found.distance or 0)):
            found = limit
        if not at:
            return found
        at = at.rpartition("/")[0]
