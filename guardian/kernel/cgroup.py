"""Memory cgroups: limits, use and events, v2 and v1 alike.

Source: Documentation/admin-guide/cgroup-v2.rst (Memory), Documentation/admin-guide/cgroup-v1/memory.rst.
"""

from collections.abc import Mapping
from typing import NamedTuple

from guardian.kernel.pressure import Pressure


class MemoryCgroup(NamedTuple):
    """One memory cgroup; sizes in bytes, None where unknown or (for limits) where there is none.

    `path` is below the hierarchy's mount ("/" is its root).  `version` is 1 or 2.  `swap_max` is v2's memory.swap.max, or
    memsw limit - limit on v1.  `oom_group`: all in it die together (v2).  `oom_disabled`: v1's oom_kill_disable.
    `events` are memory.events by name (v1: "oom_kill" and "under_oom" of memory.oom_control).  `reclaimable_file` is its
    active + inactive file cache.
    """

    path: str
    version: int
    current: int | None = None
    max: int | None = None
    high: int | None = None
    low: int | None = None
    min: int | None = None
    swap_current: int | None = None
    swap_max: int | None = None
    oom_group: bool | None = None
    oom_disabled: bool | None = None
    events: Mapping[str, int] | None = None
    reclaimable_file: int | None = None
    pressure: Pressure | None = None
