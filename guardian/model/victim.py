"""Whom the OOM killer would take, in its own order, and why.

Source: mm/oom_kill.c:select_bad_process(), oom_evaluate_task(), oom_badness().
"""

from typing import Literal, NamedTuple

from guardian.kernel.process import Process

Unkillable = Literal["init", "kernel thread", "oom_score_adj -1000", "vfork", "reaped"]


class Victim(NamedTuple):
    """One process as the killer sees it.

    `rank` counts from 1 and is None for those it would never take; `unkillable` then says why.  `badness` is in pages as the
    kernel computes it (may be negative); `share` is badness / total_pages.  `oom_score` is our value on the running kernel's
    scale.  `tied` is true where an equal badness stands beside it.  `dying` marks tasks already exiting or killed, which come
    first and hold the next choice up.  `also_dies` counts further processes that end with it (oom.group, shared mm).
    """

    rank: int | None
    process: Process
    badness: int | None
    share: float | None
    oom_score: int | None
    unkillable: Unkillable | None = None
    tied: bool = False
    dying: bool = False
    also_dies: int = 0
