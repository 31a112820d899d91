"""The sysctls that may be set, with the range the kernel takes.

Source: Documentation/admin-guide/sysctl/vm.rst and kernel.rst.
"""

import re
from typing import NamedTuple

from guardian.protocol.rules import RuleError

MAX_ROLLBACK_SECONDS = 3600
_KBYTES = 1 << 31
_NUMBER = re.compile(r"-?[0-9]{1,12}", re.ASCII)


class Sysctl(NamedTuple):
    """One allow-listed sysctl and the smallest and largest value it takes."""

    key: str
    least: int
    most: int

    @property
    def path(self) -> str:
        """Its file, relative to the tree's root."""
        return "proc/sys/" + self.key.replace(".", "/")


SYSCTLS: dict[str, Sysctl] = {
    each.key: each
    for each in (
        Sysctl("vm.overcommit_memory", 0, 2),
        Sysctl("vm.overcommit_ratio", 0, 10000),
        Sysctl("vm.overcommit_kbytes", 0, _KBYTES),
        Sysctl("vm.panic_on_oom", 0, 2),
        Sysctl("vm.oom_kill_allocating_task", 0, 1),
        Sysctl("vm.oom_dump_tasks", 0, 1),
        Sysctl("vm.min_free_kbytes", 1024, _KBYTES),
        Sysctl("vm.watermark_scale_factor", 1, 3000),
        Sysctl("vm.swappiness", 0, 200),
        Sysctl("vm.page-cluster", 0, 31),
        Sysctl("vm.admin_reserve_kbytes", 0, _KBYTES),
        Sysctl("vm.user_reserve_kbytes", 0, _KBYTES),
        Sysctl("kernel.panic", -1, 86400),
    )
}


def check_setting(key: str, value: str) -> tuple[Sysctl, int]:
    """The allow-listed sysctl and the number to write.  RuleError where the key is not on the list or the value out of range."""
    sysctl = SYSCTLS.get(key)
    if sysctl is None:
        raise RuleError("this setting is not one of those that OOM Guardian sets")
    if not _NUMBER.fullmatch(value):
        raise RuleError(f"{key} takes a whole number")
    number = int(value)
    if not sysctl.least <= number <= sysctl.most:
        raise RuleError(f"{key} takes {sysctl.least} to {sysctl.most}")
    return sysctl, number
