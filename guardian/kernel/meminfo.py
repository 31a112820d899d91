"""/proc/meminfo: how the machine's memory is used.

    MemTotal:       16252928 kB
    MemFree:         3670016 kB

Source: fs/proc/meminfo.c:meminfo_proc_show(); Documentation/filesystems/proc.rst.
"""

from typing import NamedTuple

from guardian.kernel.errors import Unparsable


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


_FIELDS = {
    "MemTotal": "mem_total",
    "MemFree": "mem_free",
    "MemAvailable": "mem_available",
    "Buffers": "buffers",
    "Cached": "cached",
    "SwapCached": "swap_cached",
    "Active(anon)": "active_anon",
    "Inactive(anon)": "inactive_anon",
    "Active(file)": "active_file",
    "Inactive(file)": "inactive_file",
    "Unevictable": "unevictable",
    "Mlocked": "mlocked",
    "SwapTotal": "swap_total",
    "SwapFree": "swap_free",
    "Zswap": "zswap",
    "Zswapped": "zswapped",
    "Dirty": "dirty",
    "Writeback": "writeback",
    "AnonPages": "anon_pages",
    "Mapped": "mapped",
    "Shmem": "shmem",
    "KReclaimable": "k_reclaimable",
    "Slab": "slab",
    "SReclaimable": "s_reclaimable",
    "SUnreclaim": "s_unreclaim",
    "KernelStack": "kernel_stack",
    "PageTables": "page_tables",
    "SecPageTables": "sec_page_tables",
    "NFS_Unstable": "nfs_unstable",
    "Bounce": "bounce",
    "CommitLimit": "commit_limit",
    "Committed_AS": "committed_as",
    "VmallocUsed": "vmalloc_used",
    "Percpu": "percpu",
    "CmaTotal": "cma_total",
    "CmaFree": "cma_free",
    "Hugetlb": "huge_page_bytes",
}


def parse_meminfo(text: str) -> MemInfo:
    """The value of /proc/meminfo.  Raises Unparsable without MemTotal and MemFree.

    The table in bytes that 2.4 prints above the lines is left alone: its lines say the same.
    """
    found: dict[str, int] = {}
    huge_pages = huge_page_size = None
    for line in text.split("\n"):
        name, _, rest = line.partition(":")
        field = _FIELDS.get(name)
        try:
            if field is not None:
                found[field] = int(rest.removesuffix(" kB")) * 1024
            elif name == "HugePages_Total":
                huge_pages = int(rest)
            elif name == "Hugepagesize":
                huge_page_size = int(rest.removesuffix(" kB")) * 1024
        except ValueError:
            continue
    if "huge_page_bytes" not in found and huge_pages is not None and huge_page_size is not None:
        found["huge_page_bytes"] = huge_pages * huge_page_size
    if "mem_total" not in found or "mem_free" not in found:
        raise Unparsable("proc/meminfo", "no line MemTotal or no line MemFree")
    return MemInfo(**found)
