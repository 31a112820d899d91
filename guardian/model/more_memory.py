"""More memory, on paper: the room that more RAM, swap or zram would give, before anything is bought or set up.

RAM gives what the kernel leaves of it, swap its size; zram gives only what compression saves, since its pool takes RAM: of each
byte stored, one less its compressed size.
Source: Documentation/admin-guide/blockdev/zram.rst; mm/sparse.c (a struct page of 64 bytes for each 4 KiB).
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from guardian.kernel.meminfo import MemInfo
from guardian.kernel.swaps import SwapDevice
from guardian.kernel.zoneinfo import Zone
from guardian.kernel.zram import ZramDevice
from guardian.model.room import DEFAULT_RATIO, compression_ratio, room

# Where zram stores nothing yet: what ordinary programs' memory was seen to be compressed to, at worst and at best.
ASSUMED_LOW: Final = 1.5
ASSUMED_HIGH: Final = 3.5
# Memory to come need not be like that stored so far.
_UNLIKE: Final = 0.2
_KEPT_BY_KERNEL: Final = 64


class More(NamedTuple):
    """Bytes to add; `swap` (on a disk) may be below 0 to take some away, `zram` is as much as it may store."""

    swap: int = 0
    zram: int = 0
    ram: int = 0

    @property
    def weight(self) -> int:
        """By how many bytes the memory grows that adjustments are a share of: RAM and all swap."""
        return self.swap + self.zram + usable(self.ram)


class Ratio(NamedTuple):
    """Bytes stored for each byte of RAM that zram takes: the likeliest, and from where to where; measured here or assumed."""

    likely: float
    low: float
    high: float
    measured: bool


class RoomOnPaper(NamedTuple):
    """Room in bytes now and as it would be: the likeliest, and its ends where compression is not known for certain."""

    now: int
    would: int
    low: int
    high: int
    ratio: Ratio

    @property
    def gain(self) -> int:
        """By how much room would grow."""
        return self.would - self.now


class Machine(NamedTuple):
    """What room is made of: a sample's memory, page size, zones, swap areas and zram devices."""

    memory: MemInfo
    page_size: int
    zones: tuple[Zone, ...] | None = None
    swaps: tuple[SwapDevice, ...] | None = None
    zram: tuple[ZramDevice, ...] | None = None


def usable(ram: int) -> int:
    """What of more RAM is left for use: the kernel keeps a note of 64 bytes for each page."""
    return ram - ram // _KEPT_BY_KERNEL


def zram_ratio(devices: Sequence[ZramDevice]) -> Ratio:
    """The ratio to reckon with."""
    measured = compression_ratio(devices, 0.0)
    if measured == 0.0:
        return Ratio(DEFAULT_RATIO, ASSUMED_LOW, ASSUMED_HIGH, measured=False)
    return Ratio(measured, max(1.0, measured * (1 - _UNLIKE)), measured * (1 + _UNLIKE), measured=True)


def room_with(machine: Machine, more: More) -> RoomOnPaper:
    """The room that would be."""
    ratio = zram_ratio(machine.zram or ())
    now = room(machine.memory, machine.page_size, machine.zones, machine.swaps, machine.zram).total
    # The zram that is there is reckoned with the same ratio on both sides, so that the ends are those of the gain.
    gains = [_room_at(machine, more, one) - _room_at(machine, More(), one) for one in (ratio.low, ratio.likely, ratio.high)]
    likely = max(0, now + gains[1])
    if not more.zram:
        return RoomOnPaper(now, likely, likely, likely, ratio)
    return RoomOnPaper(now, likely, max(0, now + min(gains)), max(0, now + max(gains)), ratio)


def _room_at(machine: Machine, more: More, ratio: float) -> int:
    memory = machine.memory
    gained = usable(more.ram)
    total = max(0, (memory.swap_total or 0) + more.swap + more.zram)
    free = (memory.swap_free or 0) + more.swap + more.zram
    # What was swapped and has no place there any more comes back into RAM.
    back = min(0, free)
    changed = memory._replace(
        mem_total=max(0, memory.mem_total + gained),
        mem_free=max(0, memory.mem_free + gained + back),
        mem_available=None if memory.mem_available is None else max(0, memory.mem_available + gained + back),
        swap_total=total,
        swap_free=max(0, free),
    )
    swaps = machine.swaps or ()
    # Without what they have stored they say no ratio of their own.
    zram = tuple(device._replace(stored=0) for device in machine.zram or ())
    if more.zram > 0:
        swaps = (*swaps, SwapDevice("/dev/zram-on-paper", "partition", more.zram, 0, 100))
        # A device more is not bound by limits of the old ones.
        zram = (*zram, ZramDevice("zram-on-paper", 0, 0, 0, None))
    return room(changed, machine.page_size, machine.zones, _known(machine, swaps), zram, default_ratio=ratio).total


def _known(machine: Machine, swaps: tuple[SwapDevice, ...]) -> tuple[SwapDevice, ...] | None:
    """None where it is not known what swap lies on and none is added, as `room` wants it."""
    return None if machine.swaps is None and not swaps else swaps


def seconds_with(left: tuple[float, float, float] | None, paper: RoomOnPaper) -> tuple[float, float, float] | None:
    """A forecast (earliest, likeliest, latest) if room fell on as fast as now; None where there is none."""
    if left is None or paper.now <= 0:
        return None
    shares = (paper.low / paper.now, paper.would / paper.now, paper.high / paper.now)
    earliest, likely, latest = (max(0.0, seconds * share) for seconds, share in zip(left, shares, strict=True))
    return earliest, likely, latest
