"""Lists of CPUs and memory nodes, as in /sys/devices/system/cpu/online and Mems_allowed_list of /proc/PID/status.

    0-3,8-11,15

Source: lib/bitmap-str.c:bitmap_parselist().
"""

from guardian.kernel.errors import Unparsable
from guardian.kernel.tree import Tree

# Larger than any NR_CPUS or MAX_NUMNODES, small enough to be harmless.
_LARGEST = 65535


def parse_id_list(text: str) -> tuple[int, ...]:
    """The ids in order; empty for an empty list.  Raises Unparsable."""
    ids: set[int] = set()
    for part in text.strip().split(","):
        if not part:
            continue
        first, dash, last = part.partition("-")
        try:
            low, high = int(first), int(last if dash else first)
        except ValueError as error:
            raise Unparsable("list of ids", str(error)) from error
        if not 0 <= low <= high <= _LARGEST:
            raise Unparsable("list of ids", f"no range: {part[:40]!r}")
        ids.update(range(low, high + 1))
    return tuple(sorted(ids))


def read_online_cpus(tree: Tree) -> tuple[int, ...] | None:
    """The CPUs that run now; None where the kernel does not tell."""
    text = tree.read_or_none("sys/devices/system/cpu/online")
    return None if text is None else parse_id_list(text)
