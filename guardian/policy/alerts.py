"""When a judged state becomes, and ceases to be, what people are told: hysteresis by hold times.

A level is entered after the raw state stood at or above it for `enter` seconds, left after it stood below for `leave` seconds,
so that a state that flickers about a threshold is told once.  Pure: the clock is passed in.
"""

from collections.abc import Mapping
from typing import NamedTuple

from guardian.model.verdict import State, Verdict
from guardian.policy.headline import state_line

LEVELS = (State.WATCH, State.WARNING, State.CRITICAL)
_ORDER = (State.NO_DATA, State.CALM, *LEVELS)


class Hold(NamedTuple):
    """Seconds for which the raw state must hold to enter, or to leave, a level."""

    enter: float
    leave: float


# The outlook waits by itself until a fall is believed, and until it has ended; so little is held here beyond a flicker.
HOLDS: Mapping[State, Hold] = {
    State.WATCH: Hold(enter=2.0, leave=10.0),
    State.WARNING: Hold(enter=0.0, leave=0.5),
    State.CRITICAL: Hold(enter=0.0, leave=0.5),
}


class Level(NamedTuple):
    """Whether one level is told now (`held`), what the raw state says of it (`met`), and since when it says so (monotonic)."""

    held: bool
    met: bool
    since: float


class Held(NamedTuple):
    """The state that is told, since when (monotonic), and the levels behind it in rising order."""

    state: State
    since: float
    levels: tuple[Level, ...]


class Alert(NamedTuple):
    """One thing worth telling: its level, since when (seconds since the epoch) and its words."""

    level: State
    since: float
    text: str


def at_least(state: State, level: State) -> bool:
    """Whether a state is as urgent as a level, or more."""
    return _ORDER.index(state) >= _ORDER.index(level)


def hold_state(before: Held | None, raw: State, now: float, holds: Mapping[State, Hold] = HOLDS) -> Held:
    """The state to tell, given the one told before, the raw state and the monotonic time.

    The first raw state counts at once: there is nothing yet that it could flicker against.
    """
    if before is None:
        levels = tuple(Level(at_least(raw, level), at_least(raw, level), now) for level in LEVELS)
        return Held(raw, now, levels)
    levels = tuple(
        _held_level(was, at_least(raw, level), now, holds[level]) for was, level in zip(before.levels, LEVELS, strict=True)
    )
    told = [level for level, one in zip(LEVELS, levels, strict=True) if one.held]
    state = told[-1] if told else State.CALM
    return Held(state, before.since if state is before.state else now, levels)


def _held_level(was: Level, met: bool, now: float, hold: Hold) -> Level:
    since = was.since if met is was.met else now
    if met is was.held:
        return Level(was.held, met, since)
    stood = now - since
    return Level(met if stood >= (hold.enter if met else hold.leave) else was.held, met, since)


def plan_alerts(verdict: Verdict, since: float) -> tuple[Alert, ...]:
    """What to tell of a verdict whose state has held since then (seconds since the epoch); nothing while calm."""
    if verdict.state not in LEVELS:
        return ()
    return (Alert(verdict.state, since, state_line(verdict)),)
