"""Would the kernel grant an allocation?  Admission of virtual memory, per release and overcommit mode.

It is asked when a private writable mapping is made or grows; a refusal is ENOMEM to the caller and never a kill.
Source: mm/util.c:__vm_enough_memory(), vm_commit_limit(), before 4.x mm/mmap.c; mm/page_alloc.c:calculate_totalreserve_pages();
Documentation/mm/overcommit-accounting.rst.
"""

from collections.abc import Iterable
from typing import Final, NamedTuple

from guardian.kernel.meminfo import MemInfo
from guardian.kernel.release import KernelRelease
from guardian.kernel.sysctl import MemorySettings
from guardian.kernel.zoneinfo import Zone
from guardian.protocol.deadly import DEFAULT_RATIO, commit_limit_pages
from guardian.protocol.i18n import _
from guardian.protocol.quantities import format_bytes

_HEURISTIC, _ALWAYS, _NEVER_MORE = 0, 1, 2
_KIB: Final = 1024


class Caller(NamedTuple):
    """Who asks: whether it has CAP_SYS_ADMIN, and its virtual size in bytes."""

    admin: bool = False
    vm_size: int = 0


class Grant(NamedTuple):
    """The kernel's answer.

    `limit` is the largest single request in bytes that would be granted now, None where there is none.  `reason` is a sentence.
    """

    allowed: bool
    mode: int
    limit: int | None
    reason: str


class Machine(NamedTuple):
    """What the decision looks at.

    `zones` tell the pages that ordinary requests must leave; without them, or where they do not count, none are left.
    """

    memory: MemInfo
    settings: MemorySettings
    release: KernelRelease
    page_size: int
    zones: tuple[Zone, ...] = ()


def grant(size: int, machine: Machine, caller: Caller | None = None) -> Grant:
    """Whether one request of `size` bytes would be granted now, and why.

    For another mode or ratio, replace it in the machine's settings.  The caller's own limits (RLIMIT_AS) are not looked at.
    """
    mode = machine.settings.overcommit_memory or _HEURISTIC
    if mode not in (_ALWAYS, _NEVER_MORE):
        mode = _HEURISTIC
    # 2.4 knew yes and no only.
    if mode == _ALWAYS or (mode == _NEVER_MORE and machine.release < (2, 5)):
        return Grant(
            allowed=True, mode=mode, limit=None, reason=_("Mode 1 grants everything; memory may run out when it is used.")
        )
    who = caller or Caller()
    pages = max(0, _limit_pages(mode, machine, who))
    limit = pages * machine.page_size
    allowed = -(-size // machine.page_size) <= pages
    return Grant(allowed, mode, limit, _reason(size, allowed, mode, limit, machine, who))


def commit_limit(machine: Machine) -> int:
    """CommitLimit in bytes: what mode 2 promises at most, swap included."""
    return _commit_limit_pages(machine) * machine.page_size


def total_reserve_pages(zones: Iterable[Zone]) -> int:
    """Pages that the kernel keeps from ordinary requests: high watermark and lowmem reserve of each zone."""
    return sum(
        kept if zone.managed is None else min(kept, zone.managed)
        for zone in zones
        for kept in (zone.high + max(zone.protection, default=0),)
    )


def _limit_pages(mode: int, machine: Machine, caller: Caller) -> int:
    """The largest request in pages that would be granted."""
    if mode == _NEVER_MORE:
        return _allowed_in_all(machine, caller) - _pages(machine, machine.memory.committed_as) - 1
    if machine.release >= (5, 2):
        return _pages(machine, machine.memory.mem_total) + _pages(machine, machine.memory.swap_total)
    return _heuristic(machine, caller) - 1


def _pages(machine: Machine, size: int | None) -> int:
    return (size or 0) // machine.page_size


def _commit_limit_pages(machine: Machine) -> int:
    settings, memory = machine.settings, machine.memory
    ram, huge, swap = (_pages(machine, size) for size in (memory.mem_total, memory.huge_page_bytes, memory.swap_total))
    ratio = DEFAULT_RATIO if settings.overcommit_ratio is None else settings.overcommit_ratio
    return commit_limit_pages(ram, huge, swap, ratio, settings.overcommit_kbytes or 0, machine.page_size)


def _allowed_in_all(machine: Machine, caller: Caller) -> int:
    """Pages that may be promised in all before this caller is refused (mode 2)."""
    allowed = _commit_limit_pages(machine)
    if machine.release < (3, 10):
        if not caller.admin:
            allowed -= (allowed - _pages(machine, machine.memory.swap_total)) // 32
        return allowed - _pages(machine, caller.vm_size) // 32
    if not caller.admin:
        allowed -= _reserve(machine, machine.settings.admin_reserve_kbytes)
    own = _pages(machine, caller.vm_size) // 32
    return allowed - min(own, _reserve(machine, machine.settings.user_reserve_kbytes))


def _reserve(machine: Machine, kbytes: int | None) -> int:
    return (kbytes or 0) * _KIB // machine.page_size


def _heuristic(machine: Machine, caller: Caller) -> int:
    """Pages that mode 0 thought could be had, before 5.2."""
    memory, release = machine.memory, machine.release
    cache = sum(_pages(machine, size) for size in (memory.cached, memory.buffers, memory.swap_cached))
    free, swap = _pages(machine, memory.mem_free), _pages(machine, memory.swap_free)
    if release < (2, 5):
        # Unused dentries and inodes count too, but no file tells how many there are.
        return cache + free + swap + _pages(machine, memory.swap_cached)
    slab = _pages(machine, memory.s_reclaimable)
    reserve = total_reserve_pages(machine.zones) if release >= (2, 6, 17) else 0
    if release < (2, 6, 38):
        return _heuristic_26(cache + swap + slab, free - reserve, admin=caller.admin)
    sum_of_all = free + cache - _pages(machine, memory.shmem) + swap + slab
    if sum_of_all <= reserve:
        return 0
    left = sum_of_all - reserve
    if caller.admin:
        return left
    return left - (left // 32 if release < (3, 10) else _reserve(machine, machine.settings.admin_reserve_kbytes))


def _heuristic_26(without_free: int, free: int, *, admin: bool) -> int:
    if not admin:
        without_free -= without_free // 32
    if free <= 0:
        return without_free
    return without_free + free - (0 if admin else free // 32)


def _reason(size: int, allowed: bool, mode: int, limit: int, machine: Machine, caller: Caller) -> str:
    values = {"size": format_bytes(size), "limit": format_bytes(limit, 1)}
    if mode == _NEVER_MORE:
        values |= {
            "promised": format_bytes(machine.memory.committed_as or 0, 1),
            "all": format_bytes(max(0, _allowed_in_all(machine, caller)) * machine.page_size, 1),
        }
        if allowed:
            return _("Mode 2 promises at most {all}; {promised} are promised, so {limit} are left.").format(**values)
        return _("Mode 2 promises at most {all} and {promised} are promised; {size} more do not fit.").format(**values)
    if machine.release >= (5, 2):
        if allowed:
            return _(
                "Mode 0 grants any single request up to RAM and swap together, {limit}; it does not look at what is free."
            ).format(**values)
        return _("Mode 0 refuses a single request larger than RAM and swap together, {limit}.").format(**values)
    if allowed:
        return _("Mode 0 guesses that {limit} could be had now.").format(**values)
    return _("Mode 0 guesses that only {limit} could be had now, too little for {size}.").format(**values)
