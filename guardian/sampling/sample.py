"""One look at the machine: what was read, nothing judged."""

from typing import NamedTuple

from guardian.kernel.cgroup import MemoryCgroup
from guardian.kernel.meminfo import MemInfo
from guardian.kernel.pressure import Pressure
from guardian.kernel.process import Process
from guardian.kernel.swaps import SwapDevice
from guardian.kernel.vmstat import VmStat
from guardian.kernel.zoneinfo import Zone
from guardian.kernel.zram import ZramDevice


class Sample(NamedTuple):
    """The files of one pass as frozen values.

    `time` is seconds since the epoch, `monotonic` seconds of CLOCK_MONOTONIC (in a replay: the recording's clock).
    `processes` is None when the table was left out of this pass; `unreadable` counts processes that are listed but whose
    files may not be read (hidepid).  `overcommit_mode` is vm.overcommit_memory (0, 1 or 2).  Other fields are None where the
    kernel has no such file.
    """

    time: float
    monotonic: float
    page_size: int
    memory: MemInfo
    vmstat: VmStat | None
    zones: tuple[Zone, ...] | None
    pressure: Pressure | None
    swaps: tuple[SwapDevice, ...] | None
    zram: tuple[ZramDevice, ...] | None
    cgroups: tuple[MemoryCgroup, ...] | None
    processes: tuple[Process, ...] | None
    unreadable: int = 0
    overcommit_mode: int | None = None
