"""How often to look: rarely while calm, each second from *watch* on.

A pass over meminfo and pressure costs some microseconds, one over the table of processes some milliseconds; so the first goes
on at 1 Hz at all times and the second only where its answer can matter.
"""

from typing import NamedTuple

from guardian.model.verdict import State

GUARD_SECONDS = 1.0
CALM_TABLE_SECONDS = 10.0
ALERT_TABLE_SECONDS = 1.0
HIDDEN_TABLE_SECONDS = 30.0

_URGENT = frozenset({State.WATCH, State.WARNING, State.CRITICAL})


class Interval(NamedTuple):
    """Seconds between two looks at meminfo and pressure, and between two passes over the table of processes."""

    guard: float
    table: float


def agent_interval(state: State) -> Interval:
    """How often the agent looks; an open window never changes it."""
    return Interval(GUARD_SECONDS, ALERT_TABLE_SECONDS if state in _URGENT else CALM_TABLE_SECONDS)


def window_interval(visible: bool) -> Interval:
    """How often the window looks: each second while it can be seen, else hardly ever."""
    return Interval(GUARD_SECONDS, ALERT_TABLE_SECONDS) if visible else Interval(HIDDEN_TABLE_SECONDS, HIDDEN_TABLE_SECONDS)


def table_due(interval: Interval, now: float, last_table: float | None, woken: bool = False) -> bool:
    """Whether this look should read the table of processes.

    Times are of CLOCK_MONOTONIC; `last_table` is None before the first.  `woken` (a pressure trigger fired, or memory fell
    fast) brings it forward, but not below the interval of an alert.
    """
    if last_table is None:
        return True
    wait = min(interval.table, ALERT_TABLE_SECONDS) if woken else interval.table
    # A timer that fires a little early must not cost a whole further interval.
    return now - last_table >= wait - interval.guard / 2


def next_look(started: float, now: float, interval: Interval) -> float:
    """Seconds to sleep until the next look, in step with the first; looks missed while the machine stood still are left out."""
    return interval.guard - (now - started) % interval.guard
