"""Reads a machine as advice on its settings sees it: kernel files, the files that count at boot, who uses it.

Source: systemd(1) (/run/systemd/container); the marks that Docker and Podman leave; include/linux/proc_ns.h
(PROC_PID_INIT_INO); the sockets of X and Wayland.
"""

import os
from pathlib import Path
from typing import NamedTuple

from guardian.adapters.boot_files import BootFiles
from guardian.kernel.errors import KernelFileError, Unparsable
from guardian.kernel.meminfo import parse_meminfo
from guardian.kernel.process import CAP_SYS_ADMIN, parse_status
from guardian.kernel.reclaim_switches import read_reclaim_switches
from guardian.kernel.release import KernelRelease, read_release
from guardian.kernel.swaps import parse_swaps
from guardian.kernel.sysctl import read_memory_settings
from guardian.kernel.tree import KernelTree, Tree
from guardian.kernel.zoneinfo import parse_zoneinfo
from guardian.model.overcommit import Caller, Machine
from guardian.policy.knobs import SETTABLE
from guardian.policy.machine_profile import MachineProfile

_NEWEST = KernelRelease(7, 0, 0)
_CONTAINER_MARKS = ("run/systemd/container", ".dockerenv", "run/.containerenv")
# The namespace of the machine's own first process; images that were made for containers also run as machines.
_FIRST_PIDS = "pid:[4026531836]"
_SCREENS = ("run/user/*/wayland-*", "tmp/.X11-unix/X*")


class Standing(NamedTuple):
    """One reading: the machine, and what a program with this one's own rights is to the kernel."""

    profile: MachineProfile
    caller: Caller


def read_standing(root: str = "/") -> Standing:
    """The machine below `root`.  Raises KernelFileError when meminfo cannot be had."""
    tree = KernelTree(root)
    return Standing(read_profile(root), read_caller(tree))


def read_profile(root: str = "/") -> MachineProfile:
    """The machine below `root`.  Raises KernelFileError when meminfo cannot be had."""
    tree = KernelTree(root)
    swaps = parse_swaps(tree.read_or_none("proc/swaps") or "")
    return MachineProfile(
        machine=read_machine(tree),
        switches=read_reclaim_switches(tree),
        zram=sum(swap.size for swap in swaps if swap.on_zram),
        disk=sum(swap.size for swap in swaps if not swap.on_zram),
        desktop=any(next(Path(root).glob(pattern), None) is not None for pattern in _SCREENS),
        container=_in_container(tree, root),
        boot=BootFiles(root).values(SETTABLE),
    )


def _in_container(tree: KernelTree, root: str) -> bool:
    if not any(os.path.exists(os.path.join(root, mark)) for mark in _CONTAINER_MARKS):
        return False
    try:
        return tree.link("proc/self/ns/pid") != _FIRST_PIDS
    except KernelFileError:
        return True


def read_machine(tree: Tree) -> Machine:
    """What admission looks at.  Raises KernelFileError when meminfo cannot be had."""
    try:
        release = read_release(tree)
    except KernelFileError:
        release = _NEWEST
    try:
        zones = parse_zoneinfo(tree.read_or_none("proc/zoneinfo") or "")
    except Unparsable:
        zones = ()
    page_size = os.sysconf("SC_PAGE_SIZE")
    return Machine(parse_meminfo(tree.read("proc/meminfo")), read_memory_settings(tree), release, page_size, zones)


def read_caller(tree: Tree) -> Caller:
    """A program with this one's own rights and no memory yet."""
    try:
        held = parse_status(tree.read("proc/self/status")).cap_effective
    except KernelFileError:
        held = None
    return Caller(admin=bool((held or 0) >> CAP_SYS_ADMIN & 1))
