"""The sysctls that may be set, with the range the kernel takes.

Source: Documentation/admin-guide/sysctl/vm.rst and kernel.rst.
"""

import re
from typing import NamedTuple

from guardian.protocol.rules import RuleError

MAX_ROLLBACK_SECONDS = 3600
# systemd-sysctl and procps take the files of all folders in the order of their names; what stands in a later one wins.
KEPT_FILE = "etc/sysctl.d/60-oom-guardian.conf"
# Writing one of these sets the other to 0 (mm/util.c), so both have to be put back.
PAIRED = {"vm.overcommit_ratio": "vm.overcommit_kbytes", "vm.overcommit_kbytes": "vm.overcommit_ratio"}
# One on trial goes back with the others: a mode may be safe only with its ratio.
FAMILY = frozenset(("vm.overcommit_memory", *PAIRED))
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


# Written first to last this is safe: limits before the mode that makes them count, the restart before the panic.
SAFE_ORDER = (
    "kernel.panic",
    "vm.panic_on_oom",
    "vm.admin_reserve_kbytes",
    "vm.user_reserve_kbytes",
    "vm.overcommit_ratio",
    "vm.overcommit_kbytes",
    "vm.overcommit_memory",
)


def safe_place(key: str) -> tuple[int, str]:
    """Where a setting stands in the order of writes; those whose order does not matter come first, by name."""
    return (SAFE_ORDER.index(key) if key in SAFE_ORDER else -1, key)


def kept_values(text: str) -> dict[str, str]:
    """The allow-listed settings that the file of kept values holds."""
    found = {}
    for line in text.split("\n"):
        name, equals, value = line.partition("=")
        if equals and name.strip() in SYSCTLS:
            found[name.strip()] = value.strip()
    return found


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
