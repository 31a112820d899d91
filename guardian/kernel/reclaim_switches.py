"""Switches of reclaim that are no sysctls: zswap, the multi-generational LRU, transparent huge pages, the old oom_adj.

    /sys/module/zswap/parameters/enabled              N
    /sys/kernel/mm/lru_gen/enabled                    0x0007
    /sys/kernel/mm/lru_gen/min_ttl_ms                 0
    /sys/kernel/mm/transparent_hugepage/enabled       always [madvise] never

Source: Documentation/admin-guide/mm/zswap.rst, multigen_lru.rst, transhuge.rst; Documentation/filesystems/proc.rst (oom_adj).
"""

import re
from typing import NamedTuple

from guardian.kernel.keyed import parse_number
from guardian.kernel.tree import Tree

_CHOSEN = re.compile(r"\[(\w+)\]", re.ASCII)


class ReclaimSwitches(NamedTuple):
    """Each as the kernel holds it; None where this kernel has no such switch.

    `lru_gen` are the flags of the multi-generational LRU (0: off), `lru_min_ttl` is in milliseconds, `huge_pages` is "always",
    "madvise" or "never".
    """

    zswap: bool | None = None
    lru_gen: int | None = None
    lru_min_ttl: int | None = None
    huge_pages: str | None = None
    oom_adj: bool = False


def read_reclaim_switches(tree: Tree) -> ReclaimSwitches:
    """All of them on one machine."""
    zswap = tree.read_or_none("sys/module/zswap/parameters/enabled")
    chosen = _CHOSEN.search(tree.read_or_none("sys/kernel/mm/transparent_hugepage/enabled") or "")
    return ReclaimSwitches(
        zswap=zswap.strip() in ("Y", "1") if zswap else None,
        lru_gen=_flags(tree.read_or_none("sys/kernel/mm/lru_gen/enabled")),
        lru_min_ttl=parse_number(tree.read_or_none("sys/kernel/mm/lru_gen/min_ttl_ms")),
        huge_pages=chosen.group(1) if chosen else None,
        oom_adj=tree.read_or_none("proc/self/oom_adj") is not None,
    )


def _flags(text: str | None) -> int | None:
    """0x0007, or y and n of the first releases."""
    if not text or not text.strip():
        return None
    word = text.strip().lower()
    if word in ("y", "n"):
        return 7 if word == "y" else 0
    try:
        return int(word, 0)
    except ValueError:
        return None
