"""What an OOM report says of memory: the machine's pages, its swap, and the group whose limit was hit.

    active_anon:7355653 inactive_anon:660960 isolated_anon:0
    Node 0 Normal free:36692kB min:36784kB low:45980kB … managed:13368348kB
    Node 0 Normal: 44*4kB (UME) 12*8kB (UM) = 272kB
    Total swap = 8252412kB
    2062044 pages RAM
    56052 pages reserved
    memory: usage 81920kB, limit 81920kB, failcnt 31

Source: mm/show_mem.c:show_free_areas() (lib/show_mem.c before), mm/memcontrol.c:mem_cgroup_print_oom_meminfo().
"""

import re
from collections.abc import Mapping
from typing import NamedTuple

_PAIR = re.compile(r"\b([a-z_]{2,40}):(\d{1,15})(kB)?\b")
_ZONE = re.compile(r"(?:Node (\d{1,5}) )?([A-Z]\w{1,15}) (free:\d.*)")
_BLOCKS = re.compile(r"(?:Node \d{1,5} )?[A-Z]\w{1,15}: \d{1,12}\*(\d{1,7})kB")
_AMOUNT = re.compile(r"(Free|Total) swap {0,4}[=:] {0,12}(\d{1,15}) ?kB")
_PAGES = re.compile(
    r"(\d{1,15}) (pages RAM|pages of RAM|pages HighMem|reserved pages|pages reserved|pages in swap cache|total pagecache)"
)
_HUGE = re.compile(r"(?:Node \d{1,5} )?hugepages_total=(\d{1,12}) .*hugepages_size=(\d{1,12})kB")
_GROUP = re.compile(r"(memory|memory\+swap|swap|kmem): usage (\d{1,20})kB, limit (\d{1,20})kB, failcnt (\d{1,20})")
_STATS_OF = re.compile(r"Memory cgroup stats(?: for (\S{1,4096}?))?:(?: (.*))?$")
_STAT = re.compile(r"([a-z_]{2,40}) (\d{1,20})$")
_OLD_STAT = re.compile(r"([a-z_]{2,40}):(\d{1,15})KB")
# How the lines of counts in pages begin, before and since 2.6.28.
_COUNTS = (
    "active_anon:", "active_file:", "unevictable:", "slab_reclaimable:", "mapped:", "sec_pagetables:",
    "kernel_misc_reclaimable:", "free:", "Active:", "active:",
)  # fmt: skip
# What page counters print where no limit is set, in kB: 2**63 bytes or pages' worth of it.
_ENDLESS_KIB = (1 << 62) // 1024
_LARGEST_BLOCK_KIB = 64
# More names than any kernel has counters; what a made-up log may cost.
_MOST = 1024


class ZoneAtKill(NamedTuple):
    """One zone as it was, in bytes by the kernel's own names ("free", "min", "low", "high", "managed")."""

    node: int
    name: str
    sizes: Mapping[str, int]


class GroupAtKill(NamedTuple):
    """The cgroup whose limit was hit, in bytes; limits None where there is none.

    `both_*` count memory and swap together (v1), `swap_*` swap alone (v2).  `stats` are its own counters by name.
    """

    usage: int | None = None
    limit: int | None = None
    both_usage: int | None = None
    both_limit: int | None = None
    swap_usage: int | None = None
    swap_limit: int | None = None
    path: str | None = None
    stats: Mapping[str, int] = {}


class MemoryAtKill(NamedTuple):
    """The machine as it was: `pages` by the kernel's own names ("active_anon", "slab_unreclaimable", "shmem").

    `ram_pages` and `reserved_pages` give the pages that could be used; swap and hugetlb in bytes; None where not printed.
    `page_size` is the smallest free block that the report counts, None where it counts none.
    """

    pages: Mapping[str, int]
    zones: tuple[ZoneAtKill, ...]
    ram_pages: int | None
    reserved_pages: int | None
    swap_total: int | None
    swap_free: int | None
    swap_cache_pages: int | None
    hugetlb: int | None
    page_size: int | None
    group: GroupAtKill | None


class MemoryCollector:
    """Gathers what a report's lines say of memory, line by line."""

    def __init__(self) -> None:
        self._pages: dict[str, int] = {}
        self._zones: dict[tuple[int, str], ZoneAtKill] = {}
        self._counts: dict[str, int] = {}
        self._hugetlb: int | None = None
        self._page_size: int | None = None
        self._group: dict[str, int | None] = {}
        self._path: str | None = None
        self._stats: dict[str, int] = {}
        self._in_stats = False

    def add(self, text: str) -> bool:
        """Take one line; whether it was one of memory's."""
        if self._in_stats and (found := _STAT.match(text)) and len(self._stats) < _MOST:
            self._stats[found[1]] = int(found[2])
            return True
        known = self._add_machine(text) or self._add_group(text)
        self._in_stats = (self._in_stats and not known) or text.startswith("Memory cgroup stats")
        return known

    def taken(self) -> MemoryAtKill | None:
        """All that was gathered, None when nothing was."""
        if not (self._pages or self._zones or self._counts or self._group or self._stats):
            return None
        group = GroupAtKill(**self._group, path=self._path, stats=dict(self._stats)) if self._group or self._stats else None
        count = self._counts.get
        return MemoryAtKill(
            dict(self._pages),
            tuple(self._zones.values()),
            count("ram"),
            count("reserved"),
            count("Total"),
            count("Free"),
            count("swap cache"),
            self._hugetlb,
            self._page_size,
            group,
        )

    def _add_machine(self, text: str) -> bool:
        """One line about the whole machine, a node or a zone."""
        if (found := _ZONE.match(text)) and len(self._zones) < _MOST:
            sizes = {name: int(kib) * 1024 for name, kib, unit in _PAIR.findall(found[3]) if unit}
            zone = ZoneAtKill(int(found[1] or 0), found[2], sizes)
            self._zones[zone[:2]] = zone
        elif found := _BLOCKS.match(text):
            if int(found[1]) <= _LARGEST_BLOCK_KIB:
                self._page_size = int(found[1]) * 1024
        elif found := _AMOUNT.match(text):
            self._counts[found[1]] = int(found[2]) * 1024
        elif found := _PAGES.match(text):
            name = "ram" if "RAM" in found[2] else "reserved" if "reserved" in found[2] else found[2].removeprefix("pages in ")
            self._counts[name] = int(found[1])
        elif found := _HUGE.match(text):
            self._hugetlb = (self._hugetlb or 0) + int(found[1]) * int(found[2]) * 1024
        elif (
            len(self._pages) < _MOST
            and text.startswith(_COUNTS)
            and (pairs := [pair for pair in _PAIR.findall(text) if not pair[2]])
        ):
            self._pages.update((name, int(number)) for name, number, _ in pairs)
        else:
            return False
        return True

    def _add_group(self, text: str) -> bool:
        """One line about the group whose limit was hit."""
        if found := _GROUP.match(text):
            name = {"memory": "", "memory+swap": "both_", "swap": "swap_"}.get(found[1])
            if name is not None:
                limit = int(found[3])
                self._group[f"{name}usage"] = int(found[2]) * 1024
                self._group[f"{name}limit"] = limit * 1024 if limit < _ENDLESS_KIB else None
            return True
        if found := _STATS_OF.match(text):
            if found[1] and self._path is None:
                self._path = found[1]
            # Before 5.2 a hierarchy prints a line for each of its groups; the first is the one that hit its limit.
            if found[2] and not self._stats:
                self._stats = {name: int(kib) * 1024 for name, kib in _OLD_STAT.findall(found[2])}
            return True
        return False
