"""/proc/vmstat: counters of the page allocator and of reclaim.

    pgscan_direct 0
    oom_kill 0

Source: mm/vmstat.c:vmstat_text.
"""

from collections.abc import Mapping
from typing import NamedTuple


class VmStat(NamedTuple):
    """All counters by the kernel's own name; a name that this kernel lacks gives None from `get`."""

    counters: Mapping[str, int]

    def get(self, name: str) -> int | None:
        """The counter's value since boot (events or pages), None where this kernel has none."""
        return self.counters.get(name)
