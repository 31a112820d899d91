"""A verdict as the agent's D-Bus properties, and back; what comes from the bus is checked value by value.

Source: guardian/protocol/agent.py names the keys and their types.
"""

import math
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeVar, get_args

from guardian.kernel.process import ProcessKey
from guardian.model.classic_clock import ClassicCheck
from guardian.model.forecast_book import ForecastRecord
from guardian.model.history import Kill
from guardian.model.verdict import Evidence, Grower, Killer, NextVictim, State, Verdict
from guardian.policy.alerts import Alert
from guardian.policy.kill_words import sentence
from guardian.protocol.printable import encodable


class FrozenProgram(NamedTuple):
    """One program that the agent keeps frozen, as property State tells; `key` is its first process."""

    name: str
    key: ProcessKey
    processes: int = 1
    by_rule: bool = False


_T = TypeVar("_T")
BusDict = dict[str, tuple[str, Any]]

_MOST_ENTRIES = 64
_MOST_TEXT = 512
_KILLERS: dict[str | None, Killer] = {killer: killer for killer in get_args(Killer)}
_STATES = {state.value: state for state in State}


class BadValue(ValueError):
    """A property of the agent that is not what the protocol says."""


def _known(**values: tuple[str, Any]) -> BusDict:
    """Only the values that are known, with texts that D-Bus can carry."""
    return {
        key: (kind, encodable(value).replace("\0", "") if kind == "s" else value)
        for key, (kind, value) in values.items()
        if value is not None
    }


def state_to_bus(verdict: Verdict) -> BusDict:
    """Property State of a verdict."""
    evidence = [
        _known(name=("s", one.name), value=("d", one.value), threshold=("d", one.threshold), met=("b", one.met))
        for one in verdict.evidence
    ]
    classic = [_known(check=("s", one.check), value=("d", one.value), holds=("b", one.holds)) for one in verdict.classic]
    return _known(
        state=("s", verdict.state.value),
        time=("d", verdict.time),
        room=("t", max(0, verdict.room)),
        room_memory=("t", max(0, verdict.room_memory)),
        room_swap=("t", max(0, verdict.room_swap)),
        pressure_some=("d", verdict.pressure_some),
        pressure_full=("d", verdict.pressure_full),
        evidence=("aa{sv}", evidence),
        classic=("aa{sv}", classic),
        group=("s", verdict.group),
    )


def forecast_to_bus(verdict: Verdict) -> BusDict:
    """Property Forecast of a verdict."""
    growers = [
        _known(
            name=("s", one.name),
            processes=("u", one.processes),
            memory=("t", one.memory),
            growth=("d", one.growth),
            pid=("u", one.key.pid),
            start_ticks=("t", one.key.start_ticks),
        )
        for one in verdict.growers
    ]
    past = verdict.forecasts
    return _known(
        seconds_left=("(ddd)", verdict.seconds_left),
        shrinking=("d", verdict.shrinking),
        growers=("aa{sv}", growers),
        checked=("u", past.checked if past else None),
        held=("u", past.held if past else None),
        usual_error=("d", past.usual_error if past else None),
    )


def next_victims_to_bus(verdict: Verdict) -> list[BusDict]:
    """Property NextVictims of a verdict."""
    return [
        _known(
            killer=("s", one.killer),
            acts_when=("s", one.acts_when),
            distance=("s", one.distance),
            nearness=("d", one.nearness),
            name=("s", one.name),
            pid=("u", one.key.pid if one.key else None),
            start_ticks=("t", one.key.start_ticks if one.key else None),
            cgroup=("s", one.cgroup),
            frees=("t", one.frees),
            also_dies=("u", one.also_dies),
        )
        for one in verdict.next_victims
    ]


def alerts_to_bus(alerts: tuple[Alert, ...]) -> list[BusDict]:
    """Property Alerts."""
    return [_known(level=("s", one.level.value), since=("d", one.since), text=("s", one.text)) for one in alerts]


def verdict_from_bus(state: object, forecast: object, next_victims: object) -> Verdict:
    """The verdict that three properties (without their variants' signatures) describe.  Raises BadValue."""
    at, ahead = _Fields(state), _Fields(forecast)
    word = at.text("state")
    if word not in _STATES:
        raise BadValue(f"state is {word!r}")
    return Verdict(
        time=at.number("time") or 0.0,
        state=_STATES[word],
        room=at.count("room") or 0,
        room_memory=at.count("room_memory") or 0,
        room_swap=at.count("room_swap") or 0,
        pressure_some=at.number("pressure_some"),
        pressure_full=at.number("pressure_full"),
        seconds_left=ahead.triple("seconds_left"),
        shrinking=ahead.number("shrinking"),
        evidence=at.entries("evidence", _evidence),
        next_victims=_entries(next_victims, _next_victim),
        growers=ahead.entries("growers", _grower),
        classic=at.entries("classic", _classic),
        group=at.text("group"),
        forecasts=_record(ahead),
    )


def alerts_from_bus(alerts: object) -> tuple[Alert, ...]:
    """The alerts that the property describes.  Raises BadValue."""
    return _entries(alerts, _alert)


def frozen_from_bus(state: object) -> tuple[FrozenProgram, ...]:
    """The programs that property State says are frozen.  Raises BadValue."""
    return _Fields(state).entries("frozen", _frozen)


def quiet_from_bus(state: object) -> int:
    """For how many more seconds property State says that warnings are held back; 0 where they are not.  Raises BadValue."""
    return _Fields(state).count("quiet_seconds") or 0


def _frozen(one: "_Fields") -> FrozenProgram:
    key = one.key()
    if key is None:
        raise BadValue("a frozen program has no pid")
    return FrozenProgram(one.text("name") or "", key, one.count("processes") or 1, one.get("by_rule", bool) or False)


def _evidence(one: "_Fields") -> Evidence:
    return Evidence(one.text("name") or "", one.number("value"), one.number("threshold"), one.get("met", bool) or False)


def _record(ahead: "_Fields") -> ForecastRecord | None:
    checked, held = ahead.count("checked"), ahead.count("held")
    if checked is None or held is None:
        return None
    return ForecastRecord(checked, held, ahead.number("usual_error"))


def _classic(one: "_Fields") -> ClassicCheck:
    return ClassicCheck(one.text("check") or "", one.number("value"), one.get("holds", bool) or False)


def _grower(one: "_Fields") -> Grower:
    key = one.key()
    if key is None:
        raise BadValue("a grower has no pid")
    return Grower(one.text("name") or "", key, one.count("processes") or 1, one.count("memory") or 0, one.number("growth") or 0.0)


def _next_victim(one: "_Fields") -> NextVictim:
    killer = one.text("killer")
    if killer not in _KILLERS:
        raise BadValue(f"killer is {killer!r}")
    return NextVictim(
        killer=_KILLERS[killer],
        acts_when=one.text("acts_when") or "",
        distance=one.text("distance") or "",
        nearness=one.number("nearness"),
        name=one.text("name"),
        key=one.key(),
        cgroup=one.text("cgroup"),
        frees=one.count("frees"),
        also_dies=one.count("also_dies") or 0,
    )


def _alert(one: "_Fields") -> Alert:
    level = one.text("level")
    if level not in _STATES:
        raise BadValue(f"level is {level!r}")
    return Alert(_STATES[level], one.number("since") or 0.0, one.text("text") or "")


def _entries(value: object, parse: Callable[["_Fields"], _T]) -> tuple[_T, ...]:
    if not isinstance(value, list) or len(value) > _MOST_ENTRIES:
        raise BadValue(f"not a list of at most {_MOST_ENTRIES} entries")
    return tuple(parse(_Fields(one)) for one in value)


class _Fields:
    """One a{sv} from the bus; each reader gives None where the key is missing and raises BadValue where its value is odd."""

    def __init__(self, values: object) -> None:
        if not isinstance(values, Mapping):
            raise BadValue("not a dictionary")
        self._values = values

    def get(self, key: str, kind: type[_T]) -> _T | None:
        """The value of exactly this type."""
        if key not in self._values:
            return None
        variant = self._values[key]
        if not isinstance(variant, tuple) or len(variant) != 2 or type(variant[1]) is not kind:
            raise BadValue(f"{key} is no {kind.__name__}")
        value: _T = variant[1]
        return value

    def text(self, key: str) -> str | None:
        """A text, cut to a length that can be shown."""
        text = self.get(key, str)
        return None if text is None else text[:_MOST_TEXT]

    def number(self, key: str) -> float | None:
        """A finite number."""
        number = self.get(key, float)
        if number is not None and not math.isfinite(number):
            raise BadValue(f"{key} is {number}")
        return number

    def count(self, key: str) -> int | None:
        """A whole number, zero or more."""
        count = self.get(key, int)
        if count is not None and count < 0:
            raise BadValue(f"{key} is {count}")
        return count

    def triple(self, key: str) -> tuple[float, float, float] | None:
        """Three finite numbers in rising order."""
        three = self.get(key, tuple)
        if three is None:
            return None
        if len(three) != 3 or not all(type(one) is float and math.isfinite(one) for one in three) or list(three) != sorted(three):
            raise BadValue(f"{key} is {three!r:.80}")
        return three

    def key(self) -> ProcessKey | None:
        """The process that pid and start_ticks name."""
        pid, start_ticks = self.count("pid"), self.count("start_ticks")
        return None if pid is None or start_ticks is None else ProcessKey(pid, start_ticks)

    def entries(self, key: str, parse: Callable[["_Fields"], _T]) -> tuple[_T, ...]:
        """A list of dictionaries, empty where the key is missing."""
        found = self.get(key, list)
        return () if found is None else _entries(found, parse)


def kill_to_bus(kill: Kill) -> BusDict:
    """A kill as the signal Killed tells it."""
    return _known(
        text=("s", sentence(kill)),
        killer=("s", kill.killer),
        name=("s", kill.victim.name),
        pid=("u", kill.victim.pid),
        processes=("u", kill.processes),
        constraint=("s", kill.constraint),
        time=("d", kill.time),
    )
