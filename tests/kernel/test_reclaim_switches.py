"""Switches of reclaim that are no sysctls, as kernels print them."""

import pytest

from guardian.kernel.reclaim_switches import ReclaimSwitches, read_reclaim_switches
from guardian.kernel.tree import KernelTree, RecordedTree

LRU = "/sys/kernel/mm/lru_gen"
HUGE = "/sys/kernel/mm/transparent_hugepage/enabled"


def test_a_modern_kernel() -> None:
    tree = RecordedTree(
        {
            "/sys/module/zswap/parameters/enabled": "Y\n",
            f"{LRU}/enabled": "0x0007\n",
            f"{LRU}/min_ttl_ms": "1000\n",
            HUGE: "always [madvise] never\n",
            "/proc/self/oom_adj": "0\n",
        }
    )
    assert read_reclaim_switches(tree) == ReclaimSwitches(True, 7, 1000, "madvise", oom_adj=True)


def test_a_kernel_without_any() -> None:
    assert read_reclaim_switches(RecordedTree()) == ReclaimSwitches()


@pytest.mark.parametrize(
    "path,text,field,value",
    [
        ("/sys/module/zswap/parameters/enabled", "N\n", "zswap", False),
        (f"{LRU}/enabled", "y\n", "lru_gen", 7),
        (f"{LRU}/enabled", "n\n", "lru_gen", 0),
        (f"{LRU}/enabled", "junk\n", "lru_gen", None),
        (f"{LRU}/min_ttl_ms", "junk\n", "lru_min_ttl", None),
        (HUGE, "always madvise [never]\n", "huge_pages", "never"),
        (HUGE, "always\n", "huge_pages", None),
    ],
)
def test_each_form(path: str, text: str, field: str, value: object) -> None:
    assert getattr(read_reclaim_switches(RecordedTree({path: text})), field) == value


def test_this_kernel_can_be_read() -> None:
    assert read_reclaim_switches(KernelTree()).huge_pages in (None, "always", "madvise", "never")
