"""More memory on paper: what RAM, swap and zram give, and what they cannot."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardian.kernel.meminfo import MemInfo
from guardian.kernel.swaps import SwapDevice
from guardian.kernel.zram import ZramDevice
from guardian.model.more_memory import ASSUMED_HIGH, ASSUMED_LOW, Machine, More, room_with, seconds_with, usable, zram_ratio
from guardian.model.room import DEFAULT_RATIO

GIB = 1 << 30
PAGE = 4096


def machine(free: float = 4, anon: float = 8, disk: float = 0, used: float = 0, zram: tuple[ZramDevice, ...] = ()) -> Machine:
    memory = MemInfo(
        16 * GIB, int(free * GIB), int(free * GIB), anon_pages=int(anon * GIB), swap_total=int(disk * GIB),
        swap_free=int((disk - used) * GIB),
    )  # fmt: skip
    swaps = (SwapDevice("/dev/sda2", "partition", int(disk * GIB), int(used * GIB), -2),) if disk else ()
    return Machine(memory, PAGE, None, swaps, zram)


def test_swap_on_a_disk_gives_its_size() -> None:
    paper = room_with(machine(), More(swap=8 * GIB))
    assert (paper.now, paper.would, paper.low, paper.high) == (4 * GIB, 12 * GIB, 12 * GIB, 12 * GIB)


def test_ram_gives_what_the_kernel_leaves() -> None:
    assert room_with(machine(), More(ram=64 * GIB)).gain == 63 * GIB == usable(64 * GIB)


def test_zram_gives_only_what_compression_saves() -> None:
    paper = room_with(machine(), More(zram=5 * GIB))
    assert paper.ratio == (DEFAULT_RATIO, ASSUMED_LOW, ASSUMED_HIGH, False)
    assert paper.gain == pytest.approx(5 * GIB * (1 - 1 / 2.5), rel=0.001)
    assert paper.low - paper.now == pytest.approx(5 * GIB * (1 - 1 / 1.5), rel=0.001)
    assert paper.high - paper.now == pytest.approx(5 * GIB * (1 - 1 / 3.5), rel=0.001)


def test_zram_larger_than_what_can_be_stored_gives_no_more() -> None:
    # All anonymous memory and all that may become so, compressed: at most this, however large the device.
    huge, large = (room_with(machine(), More(zram=size * GIB)).would for size in (1000, 100))
    assert huge == large < 16 * GIB * DEFAULT_RATIO


def test_the_measured_ratio_counts_where_zram_runs() -> None:
    running = ZramDevice("zram0", 4 * GIB, GIB, GIB, None)
    ratio = zram_ratio((running,))
    assert (ratio.likely, ratio.measured) == (4.0, True)
    assert ratio.low < 4.0 < ratio.high
    base = machine(zram=(running,))
    assert room_with(base, More(zram=4 * GIB)).gain == pytest.approx(3 * GIB, rel=0.01)
    # Incompressible: next to nothing is saved.
    assert zram_ratio((ZramDevice("zram0", GIB, GIB, GIB, None),)).likely == 1.0


def test_less_swap_than_is_used_comes_back_into_ram() -> None:
    paper = room_with(machine(disk=8, used=6), More(swap=-8 * GIB))
    assert paper.now == 6 * GIB
    # 2 GiB free swap are gone, and 6 GiB of pages fill the 4 GiB that were free.
    assert paper.would == 0


def test_a_limit_of_the_old_device_does_not_bind_the_new_one() -> None:
    limited = ZramDevice("zram0", GIB, GIB // 2, GIB // 2, GIB // 2)
    assert room_with(machine(zram=(limited,)), More(zram=4 * GIB)).gain > GIB


def test_a_forecast_stretches_with_room() -> None:
    paper = room_with(machine(), More(swap=4 * GIB))
    assert seconds_with((60.0, 120.0, 300.0), paper) == (120.0, 240.0, 600.0)
    assert seconds_with(None, paper) is None
    assert seconds_with((1.0, 2.0, 3.0), paper._replace(now=0)) is None


sizes = st.integers(0, 1 << 42)


@given(sizes, sizes, sizes, st.integers(0, 16), st.integers(0, 16))
def test_more_is_never_less(swap: int, zram: int, ram: int, free: int, anon: int) -> None:
    paper = room_with(machine(free, anon), More(swap, zram, ram))
    assert paper.now <= paper.low <= paper.would <= paper.high
    assert paper.would <= paper.now + swap + zram + ram


def test_nothing_more_changes_nothing() -> None:
    paper = room_with(machine(disk=2), More())
    assert paper.gain == 0
    assert room_with(Machine(machine(disk=2).memory, PAGE), More()).gain == 0
