"""The badness of 2.4 and of 2.6.0 - 2.6.35: virtual size, divided by time lived and multiplied by suspicion.

Source: mm/oom_kill.c:badness() of 2.4.17, 2.6.11, 2.6.19 and 2.6.24; facts on later 2.6 are from memory.
"""

from collections.abc import Sequence
from typing import NamedTuple

from guardian.kernel.process import CAP_SYS_ADMIN, CAP_SYS_RAWIO, CAP_SYS_RESOURCE, Process
from guardian.model.arithmetic import isqrt, isqrt24, shift_hz
from guardian.model.nodes import may_meet

OOM_DISABLE = -17
_USER_HZ = 100


class OldKernel(NamedTuple):
    """What these formulas need of the machine: its uptime in clock ticks (USER_HZ), its tick rate and its release."""

    uptime_ticks: int
    hz: int = 100
    release: tuple[int, int, int] = (2, 6, 24)


def badness_24(process: Process, page_size: int, kernel: OldKernel) -> int:
    """Points of 2.4, for a process with memory; children and oom_adj did not exist."""
    ticks, run = _times(process, kernel)
    points = _pages(process, page_size)
    points //= isqrt24(ticks >> (shift_hz(kernel.hz) + 3))
    points //= isqrt24(isqrt24(run >> (shift_hz(kernel.hz) + 10)))
    if process.nice > 0:
        points *= 2
    if _capable(process, CAP_SYS_ADMIN) or process.uid == 0:
        points //= 4
    if _capable(process, CAP_SYS_RAWIO):
        points //= 4
    return points


def badness_26(process: Process, children: Sequence[Process], page_size: int, kernel: OldKernel, mems: str | None = None) -> int:
    """Points of 2.6.0 - 2.6.35, for a process with memory.

    `children` are those of the first generation with an mm of their own.  `mems` are the nodes of the task that asks; where
    they are disjoint from the process's the points are an eighth (since 2.6.16).
    """
    ticks, run = _times(process, kernel)
    points = _pages(process, page_size) + sum(_child_pages(child, page_size, kernel) for child in children)
    for root in (isqrt(ticks >> (shift_hz(kernel.hz) + 3)), isqrt(isqrt(run // kernel.hz >> 10))):
        if root:
            points //= root
    if process.nice > 0:
        points *= 2
    if _privileged_26(process, kernel):
        points //= 4
    if _capable(process, CAP_SYS_RAWIO):
        points //= 4
    if not may_meet(process.mems_allowed, mems):
        points //= 8
    return _shifted(points, process.oom_adj or 0, kernel)


def _times(process: Process, kernel: OldKernel) -> tuple[int, int]:
    """CPU time and time lived, in jiffies."""
    lived = max(0, kernel.uptime_ticks - process.key.start_ticks)
    return process.cpu_ticks * kernel.hz // _USER_HZ, lived * kernel.hz // _USER_HZ


def _pages(process: Process, page_size: int) -> int:
    return (process.vm_size or 0) // page_size


def _child_pages(child: Process, page_size: int, kernel: OldKernel) -> int:
    pages = _pages(child, page_size)
    # Whole in 2.6.11, half in 2.6.19; 2.6.17 brought the change.
    return pages if kernel.release < (2, 6, 17) else pages // 2 + 1


def _privileged_26(process: Process, kernel: OldKernel) -> bool:
    if kernel.release < (2, 6, 26):
        return _capable(process, CAP_SYS_ADMIN) or process.uid == 0
    return _capable(process, CAP_SYS_ADMIN) or _capable(process, CAP_SYS_RESOURCE)


def _capable(process: Process, capability: int) -> bool:
    """Whether it holds a capability; where the set is unknown, root is taken to hold all."""
    if process.cap_effective is None:
        return process.uid == 0
    return bool(process.cap_effective >> capability & 1)


def _shifted(points: int, oom_adj: int, kernel: OldKernel) -> int:
    if oom_adj <= 0:
        return points >> -oom_adj
    # 2.6.24 lifts 0 to 1, so that a shift does something.
    return (points if kernel.release < (2, 6, 24) else max(points, 1)) << oom_adj
