"""A machine as advice on its settings sees it."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from guardian.kernel.reclaim_switches import ReclaimSwitches
from guardian.kernel.release import KernelRelease
from guardian.kernel.sysctl import MemorySettings
from guardian.model.commit import Commit, commit_of
from guardian.model.overcommit import Machine
from guardian.model.watermarks import Watermarks, usual_min_free_kbytes, watermarks
from guardian.policy.boot_values import BootValue

_NOTHING: Mapping[str, BootValue] = MappingProxyType({})


class MachineProfile(NamedTuple):
    """What was read of a machine.

    `zram` and `disk` are bytes of swap on compressed memory and elsewhere; `desktop`: somebody sits at it; `container`: the
    kernel belongs to another system.  `boot` is what decides each sysctl at boot, those that nothing sets left out.
    """

    machine: Machine
    switches: ReclaimSwitches = ReclaimSwitches()
    zram: int = 0
    disk: int = 0
    desktop: bool = False
    container: bool = False
    boot: Mapping[str, BootValue] = _NOTHING

    @property
    def ram(self) -> int:
        """Bytes of memory."""
        return self.machine.memory.mem_total

    @property
    def settings(self) -> MemorySettings:
        """The switches in force."""
        return self.machine.settings

    @property
    def release(self) -> KernelRelease:
        """The kernel's version."""
        return self.machine.release

    @property
    def commit(self) -> Commit:
        """What is promised, and what could be."""
        return commit_of(self.machine)

    @property
    def mode(self) -> int:
        """vm.overcommit_memory, 0 where it is not told."""
        return self.settings.overcommit_memory or 0

    @property
    def usual_min_free(self) -> int:
        """The kbytes that the kernel itself would keep back."""
        on = self.switches.huge_pages in ("always", "madvise")
        return usual_min_free_kbytes(self.ram, self.machine.zones, self.release, huge_pages=on)

    def marks(self, *, min_free: int | None = None, scale: int | None = None) -> Watermarks | None:
        """The watermarks under these two settings, or those in force; None where the zones are not known."""
        least = self.settings.min_free_kbytes if min_free is None else min_free
        steps = self.settings.watermark_scale_factor if scale is None else scale
        if not self.machine.zones or least is None or steps is None:
            return None
        return watermarks(self.machine.zones, least, steps, self.machine.page_size)
