"""Memory as a report tells of it: the same layers as of the live machine, and what no kill could give back.

Source: mm/show_mem.c:show_free_areas(), mm/memcontrol.c:memory_stat_format().
"""

from collections.abc import Mapping

from guardian.kernel.oom_memory import GroupAtKill, MemoryAtKill
from guardian.kernel.oom_report import OomReport
from guardian.model.composition import Composition
from guardian.model.history import Cause, CauseKind

# A cause must hold this share of all there is, and more than the largest program.
_LEAST_SHARE = 0.25
_USUAL_PAGE = 4096


def composition_at_kill(report: OomReport) -> Composition | None:
    """The layers of the machine, or of the cgroup whose limit was hit; None where the report does not tell of memory."""
    memory = report.memory
    if memory is None:
        return None
    if report.constraint == "memcg" and memory.group is not None:
        return _of_group(memory.group)
    return _of_machine(memory, report.page_size or _USUAL_PAGE)


def real_cause(report: OomReport, largest: int | None) -> Cause | None:
    """What held the memory, where it was no program that could be ended; `largest` is the largest program's bytes."""
    memory, composition = report.memory, composition_at_kill(report)
    if memory is None or composition is None or not composition.total:
        return None
    sizes: dict[CauseKind, int] = {"shared": composition.shared, "unowned": composition.unowned}
    if report.constraint == "memcg" and memory.group is not None:
        sizes["unowned"] = 0
        sizes["slab"] = _stat(memory.group.stats, "slab_unreclaimable", "slab")
    else:
        page = report.page_size or _USUAL_PAGE
        sizes["slab"] = memory.pages.get("slab_unreclaimable", 0) * page
        sizes["page tables"] = (memory.pages.get("pagetables", 0) + memory.pages.get("sec_pagetables", 0)) * page
        sizes["hugetlb"] = memory.hugetlb or 0
    kind = max(sizes, key=lambda one: sizes[one])
    size = sizes[kind]
    if size < _LEAST_SHARE * composition.total or size <= (largest or 0):
        return None
    return Cause(kind, size)


def _of_machine(memory: MemoryAtKill, page: int) -> Composition | None:
    pages = memory.pages
    if memory.ram_pages is None or not pages:
        return None
    get = pages.get
    total = (memory.ram_pages - (memory.reserved_pages or 0)) * page
    shared = get("shmem", 0)
    anon = get("active_anon", 0) + get("inactive_anon", 0) + get("isolated_anon", 0)
    files = get("active_file", 0) + get("inactive_file", 0) + get("isolated_file", 0)
    unwritten = get("dirty", 0) + get("writeback", 0) + get("unstable", 0)
    slab = get("slab_reclaimable", 0) + get("kernel_misc_reclaimable", 0)
    kernel = get("slab_unreclaimable", get("slab", 0)) + get("pagetables", 0) + get("sec_pagetables", 0) + get("bounce", 0)
    stacks = sum(zone.sizes.get("kernel_stack", 0) for zone in memory.zones)
    return _fitted(
        total,
        free=get("free", 0) * page,
        programs=max(0, anon - shared) * page,
        shared=shared * page,
        unwritten=min(unwritten, files) * page,
        clean=(max(0, files - unwritten) + slab) * page,
        kernel=kernel * page + stacks + (memory.hugetlb or 0),
    )


def _of_group(group: GroupAtKill) -> Composition | None:
    stats, total = group.stats, group.limit or group.usage
    if total is None or not stats:
        return None
    shared = stats.get("shmem", 0)
    files = max(0, _stat(stats, "file", "cache") - shared)
    unwritten = _stat(stats, "file_dirty", "dirty") + _stat(stats, "file_writeback", "writeback")
    anon = _stat(stats, "anon", "rss")
    kernel = _stat(stats, "kernel") - stats.get("slab_reclaimable", 0) if "kernel" in stats else _kernel_parts(stats)
    free = max(0, total - (group.usage if group.usage is not None else total))
    return _fitted(
        total,
        free=free,
        programs=anon,
        shared=shared,
        unwritten=min(unwritten, files),
        clean=max(0, files - unwritten) + stats.get("slab_reclaimable", 0),
        kernel=max(0, kernel),
    )


def _kernel_parts(stats: Mapping[str, int]) -> int:
    """Before 5.18 the parts are printed and their sum is not."""
    names = ("slab_unreclaimable", "kernel_stack", "pagetables", "sec_pagetables", "percpu", "vmalloc", "sock")
    return sum(stats.get(name, 0) for name in names)


def _stat(stats: Mapping[str, int], *names: str) -> int:
    """The first counter that is there, 0 if none is."""
    return next((stats[name] for name in names if name in stats), 0)


def _fitted(total: int, *, free: int, programs: int, shared: int, unwritten: int, clean: int, kernel: int) -> Composition:
    """Each layer takes at most what those before it have left; the rest is owned by nobody."""
    left = total
    taken = []
    for size in (free, programs, shared, unwritten, clean, kernel):
        taken.append(min(size, left))
        left -= taken[-1]
    free, programs, shared, unwritten, clean, kernel = taken
    return Composition(total, kernel, left, programs, shared, None, unwritten, clean, free)
