"""/proc/PID/smaps: mappings with what they hold, and the sums."""

import mmap
import os

from hypothesis import given
from hypothesis import strategies as st

from guardian.kernel.smaps import Footprint, footprint_of, parse_rollup, parse_smaps, read_smaps
from guardian.kernel.tree import KernelTree

SMAPS = """\
55d0c0a00000-55d0c0a21000 rw-p 00000000 00:00 0                          [heap]
Size:                132 kB
Rss:                 100 kB
Pss:                 100 kB
Private_Clean:         0 kB
Private_Dirty:       100 kB
Swap:                 32 kB
VmFlags: rd wr mr mw me ac sd
7f0000000000-7f0000200000 r-xp 00010000 08:02 5 /usr/lib/odd name: with (deleted) parts.so
Rss:                 400 kB
Pss:                  40 kB
Private_Clean:         8 kB
Swap:                  0 kB
7f0000400000-7f0000500000 rw-p 00000000 00:00 0
Rss:                1024 kB
Pss:                1024 kB
Private_Dirty:      1024 kB
Private_Hugetlb:      0 kB
"""
ROLLUP = """\
55d0c0a00000-7ffd1c5f0000 ---p 00000000 00:00 0                          [rollup]
Rss:                1524 kB
Pss:                1164 kB
Pss_Dirty:           900 kB
Private_Clean:         8 kB
Private_Dirty:      1124 kB
Swap:                 32 kB
"""
KIB = 1024


def test_mappings_have_their_names_and_sizes() -> None:
    heap, library, anonymous = parse_smaps(SMAPS)
    assert (heap.name, heap.private, heap.swap, heap.held) == ("[heap]", 100 * KIB, 32 * KIB, 132 * KIB)
    assert library.name == "/usr/lib/odd name: with (deleted) parts.so"
    assert (library.perms, library.pss, library.private) == ("r-xp", 40 * KIB, 8 * KIB)
    assert (anonymous.name, anonymous.end - anonymous.start) == ("", 1 << 20)


def test_sums() -> None:
    expected = Footprint(1524 * KIB, 1164 * KIB, 1132 * KIB, 32 * KIB)
    assert parse_rollup(ROLLUP) == footprint_of(parse_smaps(SMAPS)) == expected
    assert parse_rollup("") is None


@given(st.text())
def test_any_text_is_taken(text: str) -> None:
    parse_smaps(text)
    parse_smaps(SMAPS[:300] + text)
    parse_rollup(text)


def test_this_process_holds_what_it_was_given() -> None:
    tree = KernelTree("/")
    before = footprint_of(read_smaps(tree, os.getpid()))
    with mmap.mmap(-1, 8 << 20, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS) as held:
        held.write(b"1" * (8 << 20))
        now = footprint_of(read_smaps(tree, os.getpid()))
    assert 7 << 20 < now.uss + now.swap - before.uss - before.swap < 16 << 20
    assert now.uss <= now.pss <= now.rss
