"""Eight layers that always add up to all memory."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardian.kernel.meminfo import MemInfo
from guardian.model.composition import Composition, compose

KIB, MIB, GIB = 1 << 10, 1 << 20, 1 << 30


def layers(composition: Composition) -> list[int]:
    return [size for size in composition[1:] if size is not None]


LAPTOP = MemInfo(
    mem_total=16 * GIB,
    mem_free=1 * GIB,
    mem_available=7 * GIB,
    buffers=100 * MIB,
    cached=6 * GIB,
    swap_cached=20 * MIB,
    active_anon=2 * GIB,
    inactive_anon=5 * GIB,
    active_file=3 * GIB,
    inactive_file=2 * GIB,
    swap_total=8 * GIB,
    swap_free=7 * GIB,
    zswap=0,
    dirty=60 * MIB,
    writeback=4 * MIB,
    anon_pages=6 * GIB - 10 * MIB,
    shmem=1 * GIB,
    k_reclaimable=500 * MIB,
    slab=800 * MIB,
    s_reclaimable=490 * MIB,
    s_unreclaim=310 * MIB,
    kernel_stack=30 * MIB,
    page_tables=90 * MIB,
    sec_page_tables=2 * MIB,
    nfs_unstable=0,
    bounce=0,
    vmalloc_used=80 * MIB,
    percpu=10 * MIB,
    huge_page_bytes=64 * MIB,
)


def test_a_laptop_by_hand() -> None:
    parts = compose(LAPTOP, 300 * MIB)
    assert parts.total == 16 * GIB
    assert parts.free == 1 * GIB
    # The lists hold 10 MiB more than what is mapped and shared: swap cache.
    assert parts.programs == 6 * GIB
    assert parts.shared == 1 * GIB
    assert parts.zram == 300 * MIB
    assert parts.unwritten == 64 * MIB
    assert parts.clean == 5 * GIB + 100 * MIB - 64 * MIB + 500 * MIB
    # Stacks lie within vmalloc: 310 + 90 + 2 + 10 + 64 + max(30, 80).
    assert parts.kernel == 556 * MIB
    assert parts.unowned == 16 * GIB - sum(layers(parts._replace(unowned=0)))
    assert parts.unowned > 0


def test_an_unknown_pool_is_no_layer() -> None:
    parts = compose(LAPTOP, None)
    assert parts.zram is None
    assert sum(layers(parts)) == parts.total
    assert compose(LAPTOP, None).unowned == compose(LAPTOP, 0).unowned
    assert compose(LAPTOP, 0).zram == 0


def test_zswap_is_a_pool_too() -> None:
    assert compose(LAPTOP._replace(zswap=70 * MIB), None).zram == 70 * MIB
    assert compose(LAPTOP._replace(zswap=70 * MIB), 30 * MIB).zram == 100 * MIB


def test_swap_cache_is_never_more_than_the_kernel_says() -> None:
    # Isolated or unevictable pages make the lists differ by more; only the swap cache is taken for it.
    parts = compose(LAPTOP._replace(inactive_anon=9 * GIB), 0)
    assert parts.programs == 6 * GIB + 10 * MIB
    assert compose(LAPTOP._replace(active_anon=0, inactive_anon=0), 0).programs == 6 * GIB - 10 * MIB


@pytest.mark.parametrize("percpu,kernel", [(None, 496 + 30), (10 * MIB, 506 + 80)])
def test_address_space_of_old_kernels_is_not_memory(percpu: int | None, kernel: int) -> None:
    parts = compose(LAPTOP._replace(percpu=percpu, huge_page_bytes=94 * MIB), 0)
    assert parts.kernel == kernel * MIB


def test_the_oldest_kernels_tell_little_and_it_still_adds_up() -> None:
    old = MemInfo(
        256 * MIB, 10 * MIB, buffers=6 * MIB, cached=60 * MIB, slab=20 * MIB, active_anon=90 * MIB, inactive_anon=10 * MIB
    )
    parts = compose(old, 0)
    assert (parts.programs, parts.clean, parts.kernel) == (100 * MIB, 66 * MIB, 20 * MIB)
    assert sum(layers(parts)) == 256 * MIB
    assert compose(old._replace(shmem=30 * MIB), 0)[3:5] == (70 * MIB, 30 * MIB)
    assert compose(MemInfo(5, 7), None)[1:] == (0, 0, 0, 0, None, 0, 0, 5)


SIZE = st.none() | st.integers(0, 1 << 36)
FIELDS = [name for name in MemInfo._fields if name not in ("mem_total", "mem_free")]
MEMORIES = st.builds(MemInfo, st.integers(0, 1 << 36), st.integers(0, 1 << 36), **dict.fromkeys(FIELDS, SIZE))


@given(MEMORIES, SIZE)
def test_layers_add_up_whatever_is_read(memory: MemInfo, pool: int | None) -> None:
    parts = compose(memory, pool)
    assert sum(layers(parts)) == memory.mem_total == parts.total
    assert min(layers(parts)) >= 0
    assert (parts.zram is None) == (pool is None and not memory.zswap)
