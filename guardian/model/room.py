"""Room: what can still be used before reclaim has nothing left.

It mirrors the kernel's own test of whether another try can succeed: free pages and file cache above the zones' min watermarks.
Source: mm/page_alloc.c:should_reclaim_retry(), mm/vmscan.c:zone_reclaimable_pages(), mm/show_mem.c:si_mem_available().
"""

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from guardian.kernel.meminfo import MemInfo
from guardian.kernel.swaps import SwapDevice
from guardian.kernel.zoneinfo import Zone
from guardian.kernel.zram import ZramDevice

# What zram makes of ordinary programs' memory, where it has stored too little to tell.
DEFAULT_RATIO: Final = 2.5
_ENOUGH_STORED: Final = 16 << 20


class Room(NamedTuple):
    """Bytes that can still be used: in RAM, and what swap adds to it."""

    memory: int
    swap: int

    @property
    def total(self) -> int:
        """Both together."""
        return self.memory + self.swap


def room(
    memory: MemInfo,
    page_size: int,
    zones: Sequence[Zone] | None = None,
    swaps: Iterable[SwapDevice] | None = None,
    zram: Iterable[ZramDevice] | None = None,
    *,
    default_ratio: float = DEFAULT_RATIO,
) -> Room:
    """The room of one moment; never negative.

    Disk swap adds what is free of it; swap on zram only what compression saves, at the ratio measured, as its pool takes RAM.
    `swaps` None counts all free swap as disk.  Without `zones` MemAvailable stands in for memory, on kernels before 3.14 free
    pages and all cache of files.
    """
    in_ram = _memory_room(memory, page_size, zones)
    free = memory.swap_free or 0
    if swaps is None:
        return Room(in_ram, free)
    devices = tuple(swaps)
    on_zram = sum(max(0, device.size - device.used) for device in devices if device.on_zram)
    on_disk = max(0, free - on_zram)
    return Room(in_ram, on_disk + _zram_room(memory, in_ram, min(on_zram, free), tuple(zram or ()), default_ratio))


def reserved_pages(zones: Iterable[Zone]) -> int:
    """Pages that ordinary requests must leave free: each zone's min watermark and what it keeps back for lower requests.

    Small low zones are kept back whole.
    """
    pages = 0
    for zone in zones:
        kept = zone.min + max(zone.protection, default=0) + (zone.free_highatomic or 0)
        pages += kept if zone.managed is None else min(kept, zone.managed)
    return pages


def compression_ratio(devices: Iterable[ZramDevice], default: float = DEFAULT_RATIO) -> float:
    """Bytes stored for each byte of RAM that zram takes, at least 1; `default` until 16 MiB are stored."""
    known = tuple(devices)
    stored, pool = sum(device.stored for device in known), sum(device.pool for device in known)
    return max(1.0, stored / pool) if stored >= _ENOUGH_STORED and pool > 0 else default


def _memory_room(memory: MemInfo, page_size: int, zones: Sequence[Zone] | None) -> int:
    if zones is not None and memory.active_file is not None and memory.inactive_file is not None:
        # Sizes come from meminfo: in some virtual machines the zones do not add up to it.
        files = memory.active_file + memory.inactive_file
        return max(0, memory.mem_free + files + _half_of_slab(memory) - reserved_pages(zones) * page_size)
    if memory.mem_available is not None:
        return memory.mem_available
    cache = (memory.cached or 0) + (memory.buffers or 0) - (memory.shmem or 0)
    return memory.mem_free + max(0, cache)


def _half_of_slab(memory: MemInfo) -> int:
    """What comes back of the kernel's own caches, cautiously: its test leaves them out, MemAvailable counts half at least."""
    slab = memory.k_reclaimable if memory.k_reclaimable is not None else memory.s_reclaimable
    return (slab or 0) // 2


def _zram_room(memory: MemInfo, in_ram: int, free: int, devices: Sequence[ZramDevice], default_ratio: float) -> int:
    """Bytes of RAM that filling zram would win: for each byte stored, one less its compressed size."""
    if free <= 0:
        return 0
    ratio = compression_ratio(devices, default_ratio)
    limited = [device for device in devices if device.limit]
    if limited and len(limited) == len(devices):
        free = min(free, int(sum(max(0, (device.limit or 0) - device.pool) for device in limited) * ratio))
    # All that is or will be anonymous can be stored, compressed into the RAM that it left.
    anonymous = (memory.anon_pages or 0) + in_ram
    return int(min(free, anonymous * ratio) * (1 - 1 / ratio))
