"""What the machine's memory consists of, in eight layers of fixed order.

Source: Documentation/filesystems/proc.rst (meminfo); mm/show_mem.c; fs/proc/meminfo.c:meminfo_proc_show().
"""

from typing import NamedTuple

from guardian.kernel.meminfo import MemInfo


class Composition(NamedTuple):
    """Bytes of each layer, bottom to top; None where this kernel does not tell.  The known layers add up to `total`.

    kernel: slab that cannot be reclaimed, stacks, page tables, per-CPU, vmalloc, hugetlb pool.  unowned: what no counter claims
    (drivers, GPU).  programs: anonymous pages.  shared: shmem and tmpfs.  zram: the compressed pool.  unwritten: dirty and
    writeback.  clean: file cache and reclaimable slab that can be dropped.  free: free pages.
    """

    total: int
    kernel: int
    unowned: int
    programs: int
    shared: int
    zram: int | None
    unwritten: int
    clean: int
    free: int


def compose(memory: MemInfo, zram_pool: int | None) -> Composition:
    """The layers of one moment; `zram_pool` is bytes of RAM taken by all zram devices, 0 where there are none.

    zswap's pool counts as zram's: both are compressed pages that no other line of meminfo claims.  Counters are read one after
    another and may overlap a little; each layer takes at most what those before it have left, in the order of how exact they
    are, and what is left in the end is owned by nobody.
    """
    cache = _file_cache(memory)
    unwritten = min(_sum(memory.dirty, memory.writeback, memory.nfs_unstable), cache)
    slab = _first(memory.k_reclaimable, memory.s_reclaimable)
    zram = _compressed(memory, zram_pool)
    left = memory.mem_total

    def take(size: int) -> int:
        nonlocal left
        taken = min(max(size, 0), left)
        left -= taken
        return taken

    free = take(memory.mem_free)
    programs = take(_anonymous(memory))
    shared = take(memory.shmem or 0)
    unwritten = take(unwritten)
    clean = take(cache - unwritten + slab)
    pool = None if zram is None else take(zram)
    kernel = take(_kernel(memory))
    return Composition(
        total=memory.mem_total, kernel=kernel, unowned=left, programs=programs, shared=shared, zram=pool,
        unwritten=unwritten, clean=clean, free=free,
    )  # fmt: skip


def _sum(*sizes: int | None) -> int:
    return sum(size or 0 for size in sizes)


def _first(*sizes: int | None) -> int:
    """The first known size, 0 if none is."""
    return next((size for size in sizes if size is not None), 0)


def _anonymous(memory: MemInfo) -> int:
    """Anonymous pages, with those that wait in the swap cache unmapped.

    AnonPages counts what is mapped; what the anonymous lists hold beyond it and shmem is swap cache.
    """
    mapped = memory.anon_pages
    if mapped is None:
        # Before 2.6.18 only the lists tell.
        return max(0, _sum(memory.active_anon, memory.inactive_anon) - _sum(memory.shmem))
    if memory.active_anon is None or memory.inactive_anon is None:
        return mapped
    unmapped = memory.active_anon + memory.inactive_anon - mapped - _sum(memory.shmem)
    return mapped + min(max(0, unmapped), _sum(memory.swap_cached))


def _file_cache(memory: MemInfo) -> int:
    """Page cache of files, buffers of devices included; shmem lies in Cached and is taken out."""
    return max(0, _sum(memory.cached, memory.buffers) - _sum(memory.shmem))


def _compressed(memory: MemInfo, zram_pool: int | None) -> int | None:
    if zram_pool is None:
        return memory.zswap or None
    return zram_pool + _sum(memory.zswap)


def _kernel(memory: MemInfo) -> int:
    """What the kernel itself holds and cannot drop."""
    return (
        _sum(
            memory.s_unreclaim if memory.s_unreclaim is not None else _old_slab(memory),
            memory.page_tables,
            memory.sec_page_tables,
            memory.percpu,
            memory.huge_page_bytes,
            memory.bounce,
        )
        # Stacks come from vmalloc on most machines of today; the larger number then holds the smaller one.
        + max(_sum(memory.kernel_stack), _vmalloc(memory))
    )


def _old_slab(memory: MemInfo) -> int:
    """All of Slab where it is not split in two (before 2.6.19)."""
    return _sum(memory.slab) - _sum(memory.s_reclaimable)


def _vmalloc(memory: MemInfo) -> int:
    """Pages behind vmalloc; kernels without Percpu (before 4.20) print 0, or address space instead of pages."""
    return 0 if memory.percpu is None else _sum(memory.vmalloc_used)
