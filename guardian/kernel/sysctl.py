"""/proc/sys/vm/* and /proc/sys/kernel/panic: the administrator's switches for memory.

    /proc/sys/vm/overcommit_memory  0

Source: Documentation/admin-guide/sysctl/vm.rst, sysctl/kernel.rst (panic).
"""

from typing import NamedTuple

from guardian.kernel.keyed import parse_number
from guardian.kernel.tree import Tree


class MemorySettings(NamedTuple):
    """The switches as the kernel holds them, in its own units (kbytes, percent, seconds); None where it has no such one.

    `kernel_panic` is the seconds after which a panic reboots (0: never, negative: at once).  `oom_kill` is RHEL 4's alone.
    """

    overcommit_memory: int | None = None
    overcommit_ratio: int | None = None
    overcommit_kbytes: int | None = None
    panic_on_oom: int | None = None
    oom_kill_allocating_task: int | None = None
    oom_dump_tasks: int | None = None
    min_free_kbytes: int | None = None
    watermark_scale_factor: int | None = None
    swappiness: int | None = None
    page_cluster: int | None = None
    admin_reserve_kbytes: int | None = None
    user_reserve_kbytes: int | None = None
    kernel_panic: int | None = None
    oom_kill: int | None = None


_PATHS = {
    **{name: f"proc/sys/vm/{name}" for name in MemorySettings._fields},
    "page_cluster": "proc/sys/vm/page-cluster",
    "kernel_panic": "proc/sys/kernel/panic",
    "oom_kill": "proc/sys/vm/oom-kill",
}


def parse_setting(text: str) -> int | None:
    """The number of one file; None when malformed."""
    return parse_number(text)


def read_memory_settings(tree: Tree) -> MemorySettings:
    """All switches of a machine."""
    texts = {name: tree.read_or_none(_PATHS[name]) for name in MemorySettings._fields}
    return MemorySettings(**{name: parse_setting(text) for name, text in texts.items() if text is not None})
