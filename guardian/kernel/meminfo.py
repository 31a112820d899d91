"""/proc/meminfo: how the machine's memory is used.

    MemTotal:       16252928 kB
    MemFree:         3670016 kB

Source: fs/proc/meminfo.c:meminfo_proc_show(); Documentation/filesystems/proc.rst.
"""

from typing import NamedTuple


class MemInfo(NamedTuple):
    """Lines of /proc/meminfo in bytes; None where this kernel has no such line.

    Field names are the kernel's in snake case.  `huge_page_bytes` is Hugetlb (all sizes), else HugePages_Total x Hugepagesize.
    """

    mem_total: int
    mem_free: int
    mem_available: int | None = None
    buffers: int | None = None
    cached: int | None = None
    swap_cached: int | None = None
    active_anon: int | None = None
    inactive_anon: int | None = None
    active_file: int | None = None
    inactive_file: int | None = None
    unevictable: int | None = None
    mlocked: int | None = None
    swap_total: int | None = None
    swap_free: int | None = None
    zswap: int | None = None
    zswapped: int | None = None
    dirty: int | None = None
    writeback: int | None = None
    anon_pages: int | None = None
    mapped: int | None = None
    shmem: int | None = None
    k_reclaimable: int | None = None
    slab: int | None = None
    s_reclaimable: int | None = None
    s_unreclaim: int | None = None
    kernel_stack: int | None = None
    page_tables: int | None = None
    sec_page_tables: int | None = None
    nfs_unstable: int | None = None
    bounce: int | None = None
    commit_limit: int | None = None
    committed_as: int | None = None
    vmalloc_used: int | None = None
    percpu: int | None = None
    cma_total: int | None = None
    cma_free: int | None = None
    huge_page_bytes: int | None = None
