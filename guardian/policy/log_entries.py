"""What a server's log says of states and kills: a sentence for people, and the same in fields for programs.

Pure.  Fields are named as the journal wants them, without the prefix that all of them get; bytes and seconds.
"""

from collections.abc import Mapping
from typing import NamedTuple

from guardian.model.history import Kill
from guardian.model.verdict import State, Verdict
from guardian.policy.alerts import LEVELS
from guardian.policy.episodes import danger_notice
from guardian.policy.headline import first_to_act, state_line
from guardian.policy.kill_words import sentence
from guardian.protocol.i18n import sentences

# While it is this urgent, it is said again after so many seconds.
REPEAT_SECONDS = 60.0
LOUD = (State.WARNING, State.CRITICAL)
CRITICAL, WARNING, NOTICE, INFO = 2, 4, 5, 6
_PRIORITIES = {State.CRITICAL: CRITICAL, State.WARNING: WARNING, State.WATCH: NOTICE}


class Entry(NamedTuple):
    """One entry of a log; `priority` as syslog(3) counts."""

    message: str
    priority: int = INFO
    fields: Mapping[str, str | int | float] = {}


def is_due(before: State | None, since: float, state: State, now: float) -> bool:
    """Whether a state is to be told: when it is new, and again while it is loud.  `since` is when it was told last."""
    if before is None:
        return state in LEVELS
    return state is not before or (state in LOUD and now - since >= REPEAT_SECONDS)


def state_entry(verdict: Verdict) -> Entry:
    """A state, what leads there and who would be ended."""
    message = state_line(verdict)
    if verdict.state in LOUD:
        notice = danger_notice(verdict, may_freeze=False)
        message = sentences(f"{message}.", f"{notice.summary}.", notice.body)
    return Entry(message, _PRIORITIES.get(verdict.state, NOTICE), _known(_state_fields(verdict)))


def kill_entry(kill: Kill) -> Entry:
    """A kill: who, by whom, and why."""
    fields = {
        "killer": kill.killer,
        "constraint": kill.constraint,
        "victim": kill.victim.name,
        "victim_pid": kill.victim.pid,
        "victim_cgroup": kill.victim.cgroup,
        "processes": kill.processes,
        "freed_bytes": kill.freed,
        "culprit": kill.culprit.name if kill.culprit is not None else None,
    }
    return Entry(sentence(kill), WARNING, _known(fields))


def _state_fields(verdict: Verdict) -> Mapping[str, str | int | float | None]:
    left, victim = verdict.seconds_left or (None, None, None), first_to_act(verdict)
    grower = verdict.growers[0] if verdict.growers else None
    return {
        "state": verdict.state.value,
        "room_bytes": verdict.room,
        "room_swap_bytes": verdict.room_swap,
        "earliest_seconds": left[0],
        "likeliest_seconds": left[1],
        "latest_seconds": left[2],
        "pressure_some": verdict.pressure_some,
        "group": verdict.group,
        "killer": victim.killer if victim else None,
        "victim": victim.name if victim else None,
        "victim_pid": victim.key.pid if victim and victim.key else None,
        "victim_cgroup": victim.cgroup if victim else None,
        "grower": grower.name if grower else None,
        "grower_bytes_per_second": round(grower.growth) if grower else None,
    }


def _known(fields: Mapping[str, str | int | float | None]) -> dict[str, str | int | float]:
    return {name: value for name, value in fields.items() if value is not None}
