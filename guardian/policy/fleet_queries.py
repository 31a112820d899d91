"""Questions to a Prometheus server about many machines, none of which asks for all of them.

Machines are in the order of danger; those of one danger by the room they have, silent ones by how long they have been so.
Source: prometheus.io "Querying basics", "Operators", "Functions"; RE2 syntax.
"""

from collections.abc import Iterable
from typing import NamedTuple

from guardian.protocol.metrics import (
    DANGER,
    FORECAST,
    GROWER,
    GROWER_PROCESSES,
    HEADROOM,
    LAST_HEARD,
    LAST_KILL,
    LAYER_SIZE,
    MACHINE,
    MACHINES,
    MEMORY_SIZE,
    NEXT_NEARNESS,
    NEXT_PROCESSES,
    PRESSURE,
    SHRINKING,
    STATE_LEVEL,
    STATE_SINCE,
    SWAP_FREE,
    SWAP_SIZE,
)

INSTANCE, JOB = "instance", "job"
PAGE_ROWS = 50
LONGEST_SEARCH = 100
SPARK_SECONDS, SPARK_STEP = 600.0, 15.0
BEFORE_KILL, AFTER_KILL = 600.0, 120.0
_SILENT_SPAN = "7d"
# Room and time break ties of danger without ever outweighing it: both stay below a thousandth, and above a double's last digit.
_BY_ROOM, _BY_TIME = "1e-18", "1e-13"
_SPECIAL = frozenset("\\.+*?()|[]{}^$")
_SHOWN = (
    STATE_LEVEL, STATE_SINCE, HEADROOM, MEMORY_SIZE, SWAP_SIZE, SWAP_FREE, LAYER_SIZE, PRESSURE, FORECAST, SHRINKING,
    NEXT_NEARNESS, NEXT_PROCESSES, LAST_KILL, GROWER, GROWER_PROCESSES, MACHINE,
)  # fmt: skip


class Cursor(NamedTuple):
    """Where a page begins: at this place in the order, without the machines (by identity) that the pages before had there."""

    place: float
    seen: frozenset[object] = frozenset()


def quoted(text: str) -> str:
    """A text as PromQL writes it."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r")
    return f'"{escaped}"'


def literal(text: str) -> str:
    """A regular expression that matches exactly this text."""
    return "".join(f"\\{char}" if char in _SPECIAL else char for char in text)


def one_of(values: Iterable[str]) -> str:
    """A matcher's right side for any of these values."""
    return quoted("|".join(literal(value) for value in values))


def counts_query() -> str:
    """How many machines are in each state; label `state`."""
    return f"sum by (state) ({MACHINES})"


def any_query() -> str:
    """Whether any machine's metrics are there, recorded or not."""
    return f"count({STATE_LEVEL.name})"


def page_query(cursor: Cursor | None, search: str = "", rows: int = PAGE_ROWS, *, exact: bool = False) -> str:
    """The places of the machines of one page; a search is a part of a machine's name or of its next victim's.

    `exact`: it is a machine's whole name, with its port or without.  One more than `rows` is asked for, so that it can be told
    whether another page follows.
    """
    order = _order(search, exact=exact)
    if cursor is None:
        return f"topk({rows + 1}, {order})"
    return f"topk({rows + 1 + len(cursor.seen)}, ({order}) <= {cursor.place!r})"


def found_query(search: str, *, exact: bool = False) -> str:
    """How many machines a search finds."""
    return f"count({_matched(DANGER, search, exact=exact)})"


def _order(search: str, *, exact: bool) -> str:
    """The places of all that match.  A silent machine has no room any more."""
    danger = _matched(DANGER, search, exact=exact)
    return f"{danger} - ({HEADROOM.name} * {_BY_ROOM} or {LAST_HEARD} * -{_BY_TIME})"


def _matched(series: str, search: str, *, exact: bool) -> str:
    words = search.strip()[:LONGEST_SEARCH]
    if not words:
        return series
    if exact:
        return f"{series}{{{INSTANCE}=~{quoted(literal(words) + '(:[0-9]+)?')}}}"
    pattern = quoted(f"(?i).*{literal(words)}.*")
    by_program = f"{series} and on ({INSTANCE}, {JOB}) {NEXT_PROCESSES.name}{{program=~{pattern}}}"
    return f"({series}{{{INSTANCE}=~{pattern}}} or {by_program})"


def rows_query(instances: Iterable[str]) -> str:
    """All that is shown of some machines."""
    names = one_of(metric.name for metric in _SHOWN)
    return f"{{__name__=~{names}, {INSTANCE}=~{one_of(instances)}}}"


def heard_query(instances: Iterable[str]) -> str:
    """When some machines were last heard of."""
    return f"{LAST_HEARD}{{{INSTANCE}=~{one_of(instances)}}}"


def silent_query(instances: Iterable[str]) -> str:
    """The last that was known of machines that are silent now."""
    names = one_of((MEMORY_SIZE.name, LAST_KILL.name))
    return f"last_over_time({{__name__=~{names}, {INSTANCE}=~{one_of(instances)}}}[{_SILENT_SPAN}])"


def room_query(instances: Iterable[str]) -> str:
    """The room of some machines, for a range."""
    return f"{HEADROOM.name}{{{INSTANCE}=~{one_of(instances)}}}"
