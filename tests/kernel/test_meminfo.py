"""/proc/meminfo from 2.4 to today."""

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardian.kernel.errors import Unparsable
from guardian.kernel.meminfo import _FIELDS, MemInfo, parse_meminfo
from guardian.kernel.tree import KernelTree, RecordedTree

LINUX_2_4 = """\
        total:    used:    free:  shared: buffers:  cached:
Mem:  526118912 520757248  5361664        0 53719040 345673728
Swap: 1077501952  1896448 1075605504
MemTotal:       513788 kB
MemFree:          5236 kB
MemShared:           0 kB
Buffers:         52460 kB
Cached:         336700 kB
SwapCached:        872 kB
Active:         303092 kB
ActiveAnon:     101560 kB
Inact_dirty:     60004 kB
HighTotal:           0 kB
SwapTotal:     1052248 kB
SwapFree:      1050396 kB
"""
LINUX_3_2 = """\
MemTotal:       15666184 kB
MemFree:          440324 kB
Buffers:         1020128 kB
Cached:         12007640 kB
Active(anon):     266496 kB
Mlocked:               0 kB
NFS_Unstable:          0 kB
Committed_AS:     530844 kB
HugePages_Total:       3
HugePages_Free:        0
Hugepagesize:       2048 kB
DirectMap4k:       91136 kB
"""


def test_2_4_prints_a_table_first() -> None:
    memory = parse_meminfo(LINUX_2_4)
    assert memory == MemInfo(
        513788 * 1024,
        5236 * 1024,
        buffers=52460 * 1024,
        cached=336700 * 1024,
        swap_cached=872 * 1024,
        swap_total=1052248 * 1024,
        swap_free=1050396 * 1024,
    )


def test_missing_lines_are_unknown_and_huge_pages_are_counted() -> None:
    memory = parse_meminfo(LINUX_3_2)
    assert memory.mem_available is None
    assert memory.shmem is None
    assert memory.mlocked == 0
    assert memory.active_anon == 266496 * 1024
    assert memory.huge_page_bytes == 3 * 2048 * 1024


def test_all_sizes_of_huge_pages_come_before_one() -> None:
    assert parse_meminfo(LINUX_3_2 + "Hugetlb:         1054720 kB\n").huge_page_bytes == 1054720 * 1024


def test_malformed_lines_are_unknown() -> None:
    memory = parse_meminfo("MemTotal: 2 kB\nMemFree: 1 kB\nShmem: many kB\nDirty:\nSwapTotal: 4 MB\n")
    assert memory == MemInfo(2048, 1024)


@pytest.mark.parametrize("text", ["", "MemTotal: 2 kB\n", "MemTotal: x kB\nMemFree: 1 kB\n", "no such file"])
def test_what_is_no_meminfo_is_refused(text: str) -> None:
    with pytest.raises(Unparsable):
        parse_meminfo(text)


def test_every_field_has_a_line() -> None:
    assert set(_FIELDS.values()) == set(MemInfo._fields)


def test_this_machine() -> None:
    memory = parse_meminfo(KernelTree().read("proc/meminfo"))
    assert memory.mem_total == os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    assert 0 < memory.mem_free < memory.mem_total


def test_recordings_miss_only_what_their_kernel_lacks(
    each_recording: Path, moments: Callable[[Path], Iterator[RecordedTree]]
) -> None:
    parsed = [parse_meminfo(tree.read("proc/meminfo")) for tree in moments(each_recording)]
    assert parsed
    for memory in parsed:
        missing = {name for name, value in memory._asdict().items() if value is None}
        assert missing <= {"zswap", "zswapped", "cma_total", "cma_free", "sec_page_tables"}
        assert memory.mem_free < memory.mem_total


@given(st.text() | st.text("MemTotalFr: kB0123456789\n"))
def test_no_text_is_too_odd(text: str) -> None:
    with suppress(Unparsable):
        parse_meminfo(text)


LINES = {field: name for name, field in _FIELDS.items()}


@given(st.fixed_dictionaries({"mem_total": st.integers(0, 1 << 40), "mem_free": st.integers(0, 1 << 40)},
                             optional={field: st.integers(0, 1 << 40) for field in MemInfo._fields[2:]}))  # fmt: skip
def test_what_was_written_is_read(kib: dict[str, int]) -> None:
    text = "".join(f"{LINES[field] + ':':16}{value:8} kB\n" for field, value in kib.items())
    assert parse_meminfo(text) == MemInfo(**{field: value * 1024 for field, value in kib.items()})
