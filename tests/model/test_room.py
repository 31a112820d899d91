"""What can still be used: in RAM down to the watermarks, and what swap adds honestly."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardian.kernel.meminfo import MemInfo
from guardian.kernel.swaps import SwapDevice
from guardian.kernel.zoneinfo import Zone
from guardian.kernel.zram import ZramDevice
from guardian.model.room import Room, compression_ratio, reserved_pages, room

MIB, GIB = 1 << 20, 1 << 30
PAGE = 4096
MEMORY = MemInfo(
    mem_total=16 * GIB, mem_free=2 * GIB, mem_available=5 * GIB, cached=5 * GIB, buffers=GIB, shmem=GIB,
    active_file=2 * GIB, inactive_file=3 * GIB, s_reclaimable=400 * MIB, k_reclaimable=600 * MIB,
    swap_total=8 * GIB, swap_free=6 * GIB, anon_pages=4 * GIB,
)  # fmt: skip
ZONES = (
    Zone(0, "DMA", 3840, 37, 46, 55, 3840, (0, 3019, 18891, 18891)),
    Zone(0, "DMA32", 9000, 3000, 4000, 5000, 770_000, (0, 0, 15_872, 15_872)),
    Zone(0, "Normal", 9000, 10_000, 12_000, 14_000, 3_300_000, (0, 0, 0, 0), free_highatomic=128),
    Zone(0, "Movable", 0, 32, 32, 32, 0, (0, 0, 0, 0)),
)


def test_zones_keep_back_their_watermark_and_what_lower_requests_need() -> None:
    # DMA whole, DMA32 3000 + 15 872, Normal 10 000 + 128, Movable has no page.
    assert reserved_pages(ZONES) == 3840 + 18_872 + 10_128
    assert reserved_pages([ZONES[1]._replace(managed=None)]) == 18_872
    assert reserved_pages([]) == 0


def test_room_in_ram_is_free_and_file_cache_above_the_watermarks() -> None:
    dry = MEMORY._replace(swap_total=0, swap_free=0)
    assert room(dry, PAGE, ZONES) == Room(7 * GIB + 300 * MIB - 32_840 * PAGE, 0)


@pytest.mark.parametrize(
    "memory,size",
    [
        (MEMORY, 5 * GIB),
        (MEMORY._replace(mem_available=None), 2 * GIB + 5 * GIB),
        (MemInfo(9 * MIB, MIB), MIB),
        (MEMORY._replace(mem_available=None, cached=0, buffers=0), 2 * GIB),
    ],
)
def test_without_zones_the_kernels_estimate_stands_in(memory: MemInfo, size: int) -> None:
    assert room(memory, PAGE).memory == size


def test_room_is_never_negative() -> None:
    empty = MEMORY._replace(mem_free=MIB, active_file=0, inactive_file=0, k_reclaimable=0)
    assert room(empty, PAGE, ZONES).memory == 0


def swap(name: str, size: int, used: int) -> SwapDevice:
    return SwapDevice(name, "partition", size, used, 100)


def zram(stored: int, pool: int, limit: int | None = None) -> ZramDevice:
    return ZramDevice("zram0", stored, pool, pool, limit)


def test_disk_swap_counts_whole() -> None:
    assert room(MEMORY, PAGE, swaps=[swap("/dev/sda2", 8 * GIB, 2 * GIB)]).swap == 6 * GIB
    assert room(MEMORY, PAGE).swap == 6 * GIB


def test_swap_on_zram_counts_what_compression_saves() -> None:
    devices = [swap("/dev/zram0", 8 * GIB, 2 * GIB)]
    assert room(MEMORY, PAGE, swaps=devices, zram=[zram(2 * GIB, GIB // 2)]).swap == 6 * GIB * 3 // 4
    # Nothing measured yet: 2.5 to 1.
    assert room(MEMORY, PAGE, swaps=devices, zram=[zram(MIB, 4 * MIB)]).swap == int(6 * GIB * (1 - 1 / 2.5))
    assert room(MEMORY, PAGE, swaps=devices, default_ratio=2.0).swap == 3 * GIB


def test_zram_and_disk_each_count_their_own_way() -> None:
    devices = [swap("/dev/zram0", 4 * GIB, 2 * GIB), swap("/dev/sda2", 4 * GIB, 0)]
    assert room(MEMORY, PAGE, swaps=devices, zram=[zram(2 * GIB, GIB)]).swap == 4 * GIB + GIB


def test_a_limited_pool_ends_earlier() -> None:
    devices = [swap("/dev/zram0", 8 * GIB, 2 * GIB)]
    limited = zram(2 * GIB, GIB, limit=2 * GIB)
    # One more GiB of pool takes two of pages and so saves one.
    assert room(MEMORY, PAGE, swaps=devices, zram=[limited]).swap == GIB
    assert room(MEMORY, PAGE, swaps=devices, zram=[limited._replace(limit=GIB)]).swap == 0


def test_no_more_is_stored_than_there_can_be() -> None:
    tiny = MemInfo(GIB, 0, mem_available=100 * MIB, anon_pages=100 * MIB, swap_total=64 * GIB, swap_free=64 * GIB)
    # 200 MiB of RAM hold 400 MiB of pages: 200 more than without.
    assert room(tiny, PAGE, swaps=[swap("/dev/zram0", 64 * GIB, 0)], default_ratio=2.0).swap == 200 * MIB


@pytest.mark.parametrize(
    "devices,ratio",
    [
        ([], 2.5),
        ([zram(64 * MIB, 16 * MIB)], 4.0),
        ([zram(16 * MIB, 4 * MIB)], 4.0),
        ([zram(16 * MIB - 1, 4 * MIB)], 2.5),
        ([zram(64 * MIB, 16 * MIB), zram(64 * MIB, 48 * MIB)], 2.0),
        ([zram(64 * MIB, 100 * MIB)], 1.0),
        ([zram(64 * MIB, 0)], 2.5),
    ],
)
def test_the_measured_ratio(devices: list[ZramDevice], ratio: float) -> None:
    assert compression_ratio(devices) == ratio


SIZES = st.integers(0, 1 << 40)


@given(SIZES, SIZES, SIZES, SIZES, st.booleans(), st.booleans())
def test_room_is_bounded_by_what_there_is(free: int, files: int, swap_free: int, anon: int, on_zram: bool, zones: bool) -> None:
    memory = MemInfo(
        1 << 42, free, mem_available=free + files, active_file=files, inactive_file=0, swap_free=swap_free, anon_pages=anon
    )
    devices = [swap("/dev/zram0" if on_zram else "/dev/sda2", swap_free, 0)]
    found = room(memory, PAGE, ZONES if zones else None, devices)
    assert 0 <= found.memory <= free + files
    assert 0 <= found.swap <= swap_free
    assert found.total == found.memory + found.swap
