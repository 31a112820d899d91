"""Where reclaim begins and ends: the three watermarks that follow from min_free_kbytes and watermark_scale_factor.

Source: mm/page_alloc.c:__setup_per_zone_wmarks(), calculate_min_free_kbytes(); mm/khugepaged.c:set_recommended_min_free_kbytes().
"""

from collections.abc import Sequence
from math import isqrt
from typing import NamedTuple

from guardian.kernel.release import KernelRelease
from guardian.kernel.zoneinfo import Zone

USUAL_SCALE = 10
_PARTS = 10_000
_KIB = 1024
_PAGEBLOCK = 2 << 20
_TYPES = 3
# Since when, the factor below the root, and the ceiling.
_RECKONED = (((5, 8), 16, 262_144), ((2, 6, 12), 16, 65_536), ((0,), 1, 16_384))
_LEAST_KBYTES = 128


class Watermarks(NamedTuple):
    """Bytes free over all zones: below `low` kswapd wakes, at `high` it rests, below `min` programs reclaim for themselves."""

    min: int
    low: int
    high: int


def watermarks(zones: Sequence[Zone], min_free_kbytes: int, scale: int, page_size: int) -> Watermarks:
    """The watermarks of a machine with these zones, under these two settings."""
    real = [zone for zone in zones if zone.managed and zone.name not in ("HighMem", "Movable")]
    total = sum(zone.managed or 0 for zone in real)
    least = min_free_kbytes * _KIB // page_size
    low = high = lowest = 0
    for zone in real:
        managed = zone.managed or 0
        share = least * managed // max(1, total)
        gap = max(share >> 2, managed * scale // _PARTS)
        lowest, low, high = lowest + share, low + share + gap, high + share + 2 * gap
    return Watermarks(lowest * page_size, low * page_size, high * page_size)


def usual_min_free_kbytes(ram: int, zones: Sequence[Zone], release: KernelRelease, *, huge_pages: bool) -> int:
    """What the kernel itself chooses, in kbytes; `huge_pages` where transparent ones are on.

    It counts from what lowmem has free at boot, so that the real one may differ by some percent.
    """
    factor, most = next((factor, most) for since, factor, most in _RECKONED if release >= since)
    plain = min(most, max(_LEAST_KBYTES, isqrt(ram // _KIB * factor)))
    if not huge_pages:
        return plain
    count = sum(1 for zone in zones if zone.managed and zone.name != "Movable")
    wished = _PAGEBLOCK * count * (2 + _TYPES * _TYPES) // _KIB
    return max(plain, min(wished, ram // _KIB // 20))
