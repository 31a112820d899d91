"""Swap areas and what zram makes of them."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardian.kernel.errors import Unparsable
from guardian.kernel.escapes import unescaped
from guardian.kernel.meminfo import parse_meminfo
from guardian.kernel.swaps import SwapDevice, parse_swaps
from guardian.kernel.tree import KernelTree, RecordedTree
from guardian.kernel.zram import ZramDevice, parse_mm_stat, read_zram

HEAD = "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"
SWAPS = (
    HEAD
    + "/dev/zram0                              partition\t8388604\t1153433\t100\n"
    + "/var/my\\040swap\\040(deleted)              file\t\t1024\t\t0\t\t-2\n"
)


def test_areas_in_bytes_with_their_names_unescaped() -> None:
    zram, file = parse_swaps(SWAPS)
    assert zram == SwapDevice("/dev/zram0", "partition", 8388604 * 1024, 1153433 * 1024, 100)
    assert zram.on_zram
    assert file == SwapDevice("/var/my swap (deleted)", "file", 1024 * 1024, 0, -2)
    assert not file.on_zram


def test_no_swap_is_an_empty_list() -> None:
    assert parse_swaps(HEAD) == ()
    assert parse_swaps("") == ()


def test_odd_lines_are_left_out() -> None:
    assert parse_swaps(SWAPS + "/dev/sdb partition many 0 0\n/dev/sdc\n") == parse_swaps(SWAPS)


def test_this_machine_agrees_with_meminfo() -> None:
    tree = KernelTree()
    total = parse_meminfo(tree.read("proc/meminfo")).swap_total
    assert sum(device.size for device in parse_swaps(tree.read("proc/swaps"))) == total


def test_recordings_agree_with_meminfo(each_recording: Path, moments: Callable[[Path], Iterator[RecordedTree]]) -> None:
    for tree in moments(each_recording):
        total = parse_meminfo(tree.read("proc/meminfo")).swap_total
        assert sum(device.size for device in parse_swaps(tree.read("proc/swaps"))) == total
        assert all(device.pool >= 0 for device in read_zram(tree))


@pytest.mark.parametrize(
    "written, meant",
    [("plain", "plain"), ("a\\040b", "a b"), ("a\\134040", "a\\040"), ("\\303\\244", "ä"), ("\\303", "\ufffd"), ("\\9", "\\9")],
)
def test_escapes(written: str, meant: str) -> None:
    assert unescaped(written) == meant


@given(st.text(st.characters(codec="utf-8")))
def test_escapes_come_back(name: str) -> None:
    written = "".join(f"\\{ord(c):03o}" if c in " \t\n\\#" else c for c in name)
    assert unescaped(written) == name


@given(st.text())
def test_no_text_is_too_odd(text: str) -> None:
    parse_swaps(text)
    unescaped(text)
    with suppress(Unparsable):
        parse_mm_stat("zram0", text)


def test_compressed_swap() -> None:
    text = "   40960000  10240000 11264000        0 11264000        5        0        0        0\n"
    assert parse_mm_stat("zram0", text) == ZramDevice("zram0", 40960000, 10240000, 11264000, None)
    limited = parse_mm_stat("zram1", "1 2 3 4096 5 6 7")
    assert limited.limit == 4096
    with pytest.raises(Unparsable):
        parse_mm_stat("zram0", "1 2")


def test_all_compressed_devices_are_found() -> None:
    tree = RecordedTree({
        "/sys/block/zram1/mm_stat": "4 3 2 0 1 0 0 0 0",
        "/sys/block/zram0/mm_stat": "8 7 6 5 1 0 0 0 0",
        "/sys/block/zram2/size": "0",
        "/sys/block/sda/size": "1",
    })  # fmt: skip
    assert read_zram(tree) == (ZramDevice("zram0", 8, 7, 6, 5), ZramDevice("zram1", 4, 3, 2, None))
    assert read_zram(RecordedTree()) == ()
