"""A kill as JSON: the contract's rows, one a process, and the whole of it for the store.

Source: design of the project, "history --json".
"""

from collections.abc import Mapping
from typing import Any

from guardian.model.composition import Composition
from guardian.model.era import Era
from guardian.model.history import Alerted, Candidate, Cause, Kill, Moment, Party, Rescored, Weighed
from guardian.protocol.printable import encodable

_PARTIES = ("invoker", "culprit")


def kill_rows(kill: Kill) -> list[dict[str, Any]]:
    """One object for each process that is known to have died of this decision; the chosen one first."""
    head = {
        "t": kill.seconds,
        "time": kill.time,
        "killer": kill.killer,
        "constraint": kill.constraint,
        "memcg": None if kill.memcg is None else encodable(kill.memcg),
        "invoker": _named(kill.invoker),
    }
    tail = {
        "culprit": _party(kill.culprit),
        "freed": kill.freed,
        "rescored": {"agrees": kill.rescored.agrees, "why": encodable(kill.rescored.why)},
        "processes": kill.processes,
        "cause": None if kill.cause is None else kill.cause._asdict(),
        "enough": kill.enough,
        "sources": list(kill.sources),
        "doubt": kill.doubt,
        "weighed": [one._asdict() | {"path": encodable(one.path)} for one in kill.weighed],
    }
    rows = [{**head, "victim": _party(victim), **tail} for victim in kill.victims]
    # What a whole group gave back counts once.
    return [rows[0], *({**row, "freed": None} for row in rows[1:])]


def kill_to_mapping(kill: Kill) -> dict[str, Any]:
    """The whole entry but its `key`, for the store."""
    return {name: _plain(value) for name, value in kill._asdict().items() if name != "key" and value not in (None, (), "")}


def kill_from_mapping(stored: Mapping[str, Any], key: int | None = None) -> Kill:
    """The entry that `kill_to_mapping` gave.  Raises ValueError for anything else."""
    try:
        known = {name: value for name, value in stored.items() if name in Kill._fields}
        known["victims"] = tuple(_party_from(one) for one in stored["victims"])
        for name in _PARTIES:
            if stored.get(name) is not None:
                known[name] = _party_from(stored[name])
        known["rescored"] = _rescored_from(stored.get("rescored") or {})
        known["alerted"] = tuple(Alerted(**one) for one in stored.get("alerted", ()))
        known["sources"] = tuple(stored.get("sources", ()))
        known["weighed"] = tuple(Weighed(**one) for one in stored.get("weighed", ()))
        if stored.get("composition"):
            known["composition"] = Composition(**stored["composition"])
        if stored.get("cause"):
            known["cause"] = Cause(**stored["cause"])
        return Kill(**{"seconds": None, "time": None, **known, "key": key})
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"no stored kill: {error}") from error


def moment_to_mapping(moment: Moment) -> dict[str, Any]:
    """A kept snapshot for the store, layers as a bare list."""
    return {
        name: list(value) if name == "composition" else _plain(value)
        for name, value in moment._asdict().items()
        if value not in (None, ())
    }


def moment_from_mapping(stored: Mapping[str, Any]) -> Moment:
    """The snapshot that `moment_to_mapping` gave.  Raises ValueError for anything else."""
    try:
        known = {name: value for name, value in stored.items() if name in Moment._fields}
        known["composition"] = Composition(*stored["composition"])
        known["largest"] = tuple(_party_from(one) for one in stored.get("largest", ()))
        return Moment(**known)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"no stored snapshot: {error}") from error


def _named(party: Party | None) -> dict[str, Any] | None:
    return None if party is None else {"pid": party.pid, "name": encodable(party.name)}


def _party(party: Party | None) -> dict[str, Any] | None:
    if party is None:
        return None
    known = party._asdict() | {"name": encodable(party.name)}
    return {name: value for name, value in known.items() if name in {"pid", "name", "cgroup"} or value is not None}


def _party_from(stored: Mapping[str, Any]) -> Party:
    return Party(**{"pid": None, **{name: value for name, value in stored.items() if name in Party._fields}})


def _rescored_from(stored: Mapping[str, Any]) -> Rescored:
    era = stored.get("era")
    return Rescored(
        stored.get("agrees"),
        stored.get("why", ""),
        Era(era) if era is not None else None,
        stored.get("total_pages"),
        tuple(Candidate(*one) for one in stored.get("candidates", ())),
    )


def _plain(value: object) -> object:
    """A value as JSON has it: named tuples as objects without what is unknown, candidates as bare lists."""
    if isinstance(value, Candidate):
        return list(value)
    if isinstance(value, Era):
        return value.value
    if isinstance(value, tuple):
        named = getattr(value, "_asdict", None)
        if named is None:
            return [_plain(one) for one in value]
        kept = {name: _plain(one) for name, one in named().items()}
        return kept if isinstance(value, Composition) else {name: one for name, one in kept.items() if one is not None}
    return encodable(value) if isinstance(value, str) else value
