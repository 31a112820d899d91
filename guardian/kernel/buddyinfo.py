"""/proc/buddyinfo: free blocks of each zone by order, which tells how scattered free memory is.

    Node 0, zone   Normal   1046    527     84 ...

Source: mm/vmstat.c:frag_show().
"""

import re
from typing import NamedTuple

_LINE = re.compile(r"Node ([0-9]{1,9}), zone +(\S+) +((?: *[0-9]{1,19})+)")


class FreeBlocks(NamedTuple):
    """Free blocks of one zone: `counts[order]` blocks of 2**order pages each."""

    node: int
    zone: str
    counts: tuple[int, ...]


def parse_buddyinfo(text: str) -> tuple[FreeBlocks, ...]:
    """The zones of /proc/buddyinfo in its order; lines that make no sense are left out."""
    found = (_LINE.match(line) for line in text.split("\n"))
    return tuple(FreeBlocks(int(line[1]), line[2], tuple(map(int, line[3].split()))) for line in found if line)
