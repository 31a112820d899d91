"""What the machine's memory consists of, in eight layers of fixed order.

Source: Documentation/filesystems/proc.rst (meminfo); mm/show_mem.c.
"""

from typing import NamedTuple


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
