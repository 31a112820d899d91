"""The kernel's first way of telling when memory is out: a clock over repeated failures, from 2.4.1x to 2.6.9.

Five questions in a fixed order: is swap free, was the last failure over 5 s ago, is the streak younger than 1 s, were there fewer
than 10 failures, was something killed less than 5 s ago.  Only a failed allocation asks them.
Source: mm/oom_kill.c:out_of_memory() of 2.4.17 and 2.6.9.
"""

from typing import Final, NamedTuple

from guardian.kernel.vmstat import VmStat
from guardian.protocol.i18n import N_

QUIET_SECONDS: Final = 5.0
STREAK_SECONDS: Final = 1.0
FAILURES: Final = 10
KILL_PAUSE_SECONDS: Final = 5.0
# Direct reclaim that freed less than this share of what it looked at freed next to nothing.
FRUITLESS_SHARE: Final = 0.01
STALLED_SHARE: Final = 0.10

FRUITLESS_RECLAIM = N_("direct reclaim freed next to nothing")
STALLED_WITHOUT_SWAP = N_("swap is full and programs wait for memory")


class ClassicClock(NamedTuple):
    """The clock's four marks in seconds (monotonic); None before the first of its kind."""

    first: float | None = None
    last: float | None = None
    failures: int = 0
    last_kill: float | None = None


class ClassicCheck(NamedTuple):
    """One of the five questions: its name, the value now (bytes, seconds or a count; None before any), and whether it would let
    the killer on.
    """

    check: str
    value: float | None
    holds: bool


class Failure(NamedTuple):
    """An interval in which allocations failed, as far as can be seen from outside; `proxy` says by which sign."""

    proxy: str


def failure_seen(before: VmStat | None, now: VmStat | None, swap_free: int | None, waiting: float | None) -> Failure | None:
    """Whether an interval counts as a failed allocation.

    `swap_free` is in bytes (None or 0: none is free), `waiting` the share of time in which some waited for memory.
    """
    if before is not None and now is not None:
        scanned, freed = _rise(before, now, "pgscan_direct"), _rise(before, now, "pgsteal_direct")
        if scanned and freed < FRUITLESS_SHARE * scanned:
            return Failure(FRUITLESS_RECLAIM)
    if not swap_free and waiting is not None and waiting >= STALLED_SHARE:
        return Failure(STALLED_WITHOUT_SWAP)
    return None


def wind(clock: ClassicClock, at: float, swap_free: int | None, failed: bool, killed: bool) -> tuple[ClassicClock, bool]:
    """The clock after one interval, and whether the classic kernel would have killed in it.

    `killed` tells that a kill was seen meanwhile, by whichever rule.
    """
    if killed:
        clock = ClassicClock(first=at, last=clock.last, failures=0, last_kill=at)
    if not failed or swap_free:
        return clock, False
    since = None if clock.last is None else at - clock.last
    clock = clock._replace(last=at)
    if since is None or since > QUIET_SECONDS:
        return clock._replace(first=at, failures=0), False
    if clock.first is None or at - clock.first < STREAK_SECONDS:
        return clock._replace(first=at if clock.first is None else clock.first), False
    clock = clock._replace(failures=clock.failures + 1)
    if clock.failures < FAILURES:
        return clock, False
    if clock.last_kill is not None and at - clock.last_kill < KILL_PAUSE_SECONDS:
        return clock, False
    return clock._replace(first=at, failures=0, last_kill=at), True


def checks(clock: ClassicClock, at: float, swap_free: int | None) -> tuple[ClassicCheck, ...]:
    """The five questions as they stand now, in the kernel's order."""
    since = None if clock.last is None else at - clock.last
    alive = since is not None and since <= QUIET_SECONDS
    streak = at - clock.first if alive and clock.first is not None else None
    count = clock.failures if alive else 0
    pause = None if clock.last_kill is None else at - clock.last_kill
    return (
        ClassicCheck("free swap", float(swap_free or 0), not swap_free),
        ClassicCheck("last failure", since, alive),
        ClassicCheck("streak", streak, streak is not None and streak >= STREAK_SECONDS),
        ClassicCheck("failures", float(count), count >= FAILURES),
        ClassicCheck("last kill", pause, pause is None or pause >= KILL_PAUSE_SECONDS),
    )


def _rise(before: VmStat, now: VmStat, name: str) -> int:
    """How much a counter rose; kernels before 4.8 count by zone."""
    return max(0, now.total(name) - before.total(name))
