"""/proc/vmstat: counters of the page allocator and of reclaim.

    pgscan_direct 0
    oom_kill 0

Source: mm/vmstat.c:vmstat_text.
"""

from collections.abc import Mapping
from typing import NamedTuple

from guardian.kernel.errors import Unparsable


class VmStat(NamedTuple):
    """All counters by the kernel's own name; a name that this kernel lacks gives None from `get`."""

    counters: Mapping[str, int]

    def get(self, name: str) -> int | None:
        """The counter's value since boot (events or pages), None where this kernel has none."""
        return self.counters.get(name)

    def total(self, name: str) -> int:
        """The counter, or on kernels that split it by zone or kind the sum of its parts; 0 where there is neither."""
        whole = self.get(name)
        if whole is not None:
            return whole
        return sum(value for key, value in self.counters.items() if key.startswith(f"{name}_") and not key.endswith("_throttle"))


def parse_vmstat(text: str) -> VmStat:
    """The value of /proc/vmstat; lines that are not a name and a number are left out.  Raises Unparsable when all are."""
    words = text.split()
    try:
        counters = dict(zip(words[::2], map(int, words[1::2]), strict=True))
    except ValueError:
        counters = _parse_lines(text)
    if not counters:
        raise Unparsable("proc/vmstat", "no line with a name and a number")
    return VmStat(counters)


def _parse_lines(text: str) -> dict[str, int]:
    """The counters of those lines that make sense."""
    counters = {}
    for line in text.split("\n"):
        name, _, number = line.strip().partition(" ")
        try:
            counters[name] = int(number)
        except ValueError:
            continue
    return counters
