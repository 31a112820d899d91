"""Many machines as a Prometheus server tells of them: which, in which order, and what is known of each.  Pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from guardian.model.verdict import State
from guardian.policy.fleet_queries import INSTANCE, PAGE_ROWS, SPARK_SECONDS, Cursor
from guardian.policy.prometheus_answer import LATEST, Point, Series
from guardian.protocol import metrics
from guardian.protocol.metrics import STATE_LEVELS

Identity = tuple[tuple[str, str], ...]
_OWN_LABELS = frozenset(label for metric in metrics.METRICS for label in metric.labels)
_STATES = {level: State(name) for name, level in STATE_LEVELS.items()}
_SILENT_BELOW = -0.5
_MOST_BYTES = 1 << 62
_MOST_POINTS = 256
_MOST_AHEAD = 1e8


class NextEnd(NamedTuple):
    """Whom a killer would end next on a machine, how near it is (0..1), and how many processes would end, itself included."""

    killer: str
    program: str
    unit: str
    nearness: float | None
    processes: int | None

    @property
    def name(self) -> str:
        """The program, or the group where a whole one would end."""
        return self.program or self.unit


class LastKill(NamedTuple):
    """The last kill that is known of a machine: seconds since the epoch, by whom, what."""

    time: float
    killer: str
    program: str


class FleetGrower(NamedTuple):
    """The programs that grow fastest on a machine; bytes per second."""

    program: str
    unit: str
    growth: float
    processes: int | None


class Machine(NamedTuple):
    """One machine.  Bytes and seconds; None is unknown.  Times are of the server's clock, seconds since the epoch.

    `place` orders machines, the most endangered has the highest.  `layers` are the eight of the composition.  `pressure` is the
    share of time in which some tasks waited.  `forecast` is (earliest, likeliest, latest).  `heard` is when it was last heard
    of; `lately` its room in the last minutes.
    """

    identity: Identity
    place: float
    state: State
    since: float | None = None
    room: float | None = None
    memory: float | None = None
    swap: float | None = None
    swap_free: float | None = None
    layers: tuple[int | None, ...] = (None,) * 8
    pressure: float | None = None
    forecast: tuple[float, float, float] | None = None
    shrinking: float | None = None
    next_ends: tuple[NextEnd, ...] = ()
    last_kill: LastKill | None = None
    grower: FleetGrower | None = None
    kernel: str = ""
    system: str = ""
    heard: float | None = None
    lately: tuple[Point, ...] = ()

    @property
    def instance(self) -> str:
        """The address it is scraped at, as the server names it."""
        return dict(self.identity)[INSTANCE]

    @property
    def name(self) -> str:
        """What it is called: its address without the port."""
        host, colon, port = self.instance.rpartition(":")
        return host if colon and host and port.isdecimal() else self.instance

    @property
    def swap_used(self) -> float | None:
        """The share of swap that is used; None where there is none."""
        if not self.swap or self.swap_free is None:
            return None
        return min(1.0, max(0.0, 1 - self.swap_free / self.swap))

    @property
    def next_of_kernel(self) -> NextEnd | None:
        """Whom the kernel itself would end."""
        return next((one for one in self.next_ends if one.killer == "kernel"), None)

    @property
    def first_end(self) -> NextEnd | None:
        """Whom the killer that is nearest would end; a memory limit of one group does not speak for the machine."""
        wide = [one for one in self.next_ends if one.killer != "memcg"]
        return max(wide, key=lambda one: one.nearness if one.nearness is not None else -1.0, default=None)


class Place(NamedTuple):
    """A machine's place in the order."""

    identity: Identity
    place: float

    @property
    def silent(self) -> bool:
        """Whether nothing is heard of it now."""
        return self.place < _SILENT_BELOW


class MachinePage(NamedTuple):
    """One page of machines, most endangered first; `asked` is when, on the server's clock; None where it has no machine.

    `counts` are all machines by state.  `found` is how many match the search, `before` how many of them the pages before this
    one have.  `following` begins the next page, None at the end.
    """

    machines: tuple[Machine, ...]
    counts: Mapping[State, int]
    found: int
    before: int
    following: Cursor | None
    asked: float | None

    @property
    def total(self) -> int:
        """All machines."""
        return sum(self.counts.values())

    @property
    def silent(self) -> int:
        """Those that do not answer."""
        return self.counts.get(State.NO_DATA, 0)


def identity_of(labels: Mapping[str, str]) -> Identity | None:
    """What tells a machine from all others: its labels without those that a metric brings; None where it has no name."""
    if not labels.get(INSTANCE):
        return None
    return tuple(sorted((name, value) for name, value in labels.items() if name not in _OWN_LABELS))


def counts_of(series: Iterable[Series]) -> dict[State, int]:
    """Machines by state; states with none have 0."""
    counts = dict.fromkeys(State, 0)
    for one in series:
        name = one.labels.get("state", "")
        if name in STATE_LEVELS and 0 <= one.last < 1e9:
            counts[State(name)] = round(one.last)
    return counts


def places_of(series: Iterable[Series], cursor: Cursor | None, rows: int = PAGE_ROWS) -> tuple[list[Place], Cursor | None]:
    """The places of a page, and where the next one begins; None where this is the last."""
    seen = cursor.seen if cursor is not None else frozenset()
    places = {
        identity: Place(identity, one.last)
        for one in series
        if (identity := identity_of(one.labels)) is not None and identity not in seen
    }
    ordered = sorted(places.values(), key=lambda one: (-one.place, one.identity))
    page = ordered[:rows]
    if len(ordered) <= rows or not page:
        return page, None
    last = page[-1].place
    here = frozenset(one.identity for one in page if one.place == last)
    return page, Cursor(last, here | (seen if cursor is not None and cursor.place == last else frozenset()))


def machines_of(
    places: Sequence[Place],
    asked: float,
    shown: Iterable[Series],
    heard: Iterable[Series] = (),
    silent: Iterable[Series] = (),
    lately: Iterable[Series] = (),
) -> tuple[Machine, ...]:
    """What is known of the machines at these places at the time `asked`; `silent` has the last of those without data."""
    known, before = _by_machine(shown), _by_machine(silent)
    when = {identity: found[0].last for identity, found in _by_machine(heard).items() if 0 < found[0].last <= LATEST}
    curves = curves_of(lately, asked - SPARK_SECONDS, asked)
    machines = []
    for place in places:
        told = _Told(before.get(place.identity, []) if place.silent else known.get(place.identity, []))
        made = _silent_machine(place, told) if place.silent else _machine(place, told)
        machines.append(made._replace(heard=when.get(place.identity), lately=curves.get(place.identity, ())))
    return tuple(machines)


def curves_of(series: Iterable[Series], start: float, end: float) -> dict[Identity, tuple[Point, ...]]:
    """The sizes of each machine's one series between two times, the newest of them where there are more than were asked for."""
    return {identity: _sizes(found[0], start, end) for identity, found in _by_machine(series).items()}


def _sizes(series: Series, start: float, end: float) -> tuple[Point, ...]:
    fits = [one for one in series.points if start - 1 <= one.time <= end + 1 and 0 <= one.value <= _MOST_BYTES]
    return tuple(sorted(fits[-_MOST_POINTS:]))


def _by_machine(series: Iterable[Series]) -> dict[Identity, list[Series]]:
    found: dict[Identity, list[Series]] = {}
    for one in series:
        identity = identity_of(one.labels)
        if identity is not None:
            found.setdefault(identity, []).append(one)
    return found


class _Told:
    """The series of one machine."""

    def __init__(self, series: Sequence[Series]) -> None:
        self._series = series

    def all(self, metric: metrics.Metric) -> list[Series]:
        return [one for one in self._series if one.name == metric.name]

    def one(self, metric: metrics.Metric, least: float = 0.0, most: float = _MOST_BYTES, **labels: str) -> float | None:
        """A value in its range; None where there is none."""
        fits = (one for one in self.all(metric) if all(one.labels.get(name) == wanted for name, wanted in labels.items()))
        found = next(fits, None)
        return found.last if found is not None and least <= found.last <= most else None


def _silent_machine(place: Place, told: _Told) -> Machine:
    return Machine(place.identity, place.place, State.NO_DATA, memory=told.one(metrics.MEMORY_SIZE), last_kill=_last_kill(told))


def _machine(place: Place, told: _Told) -> Machine:
    level = told.one(metrics.STATE_LEVEL, -1, 3)
    bounds = [told.one(metrics.FORECAST, 0, _MOST_AHEAD, bound=bound) for bound in metrics.BOUNDS]
    forecast = sorted(bound for bound in bounds if bound is not None)
    info = next(iter(told.all(metrics.MACHINE)), None)
    return Machine(
        place.identity,
        place.place,
        _STATES[round(level)] if level is not None else State.NO_DATA,
        since=told.one(metrics.STATE_SINCE, 1, LATEST),
        room=told.one(metrics.HEADROOM),
        memory=told.one(metrics.MEMORY_SIZE),
        swap=told.one(metrics.SWAP_SIZE),
        swap_free=told.one(metrics.SWAP_FREE),
        layers=tuple(_whole(told.one(metrics.LAYER_SIZE, layer=layer)) for layer in metrics.LAYERS),
        pressure=told.one(metrics.PRESSURE, 0, 1, **{metrics.SHARE: "some"}),
        forecast=(forecast[0], forecast[1], forecast[2]) if len(forecast) == 3 else None,
        shrinking=told.one(metrics.SHRINKING),
        next_ends=_next_ends(told),
        last_kill=_last_kill(told),
        grower=_grower(told),
        kernel=info.labels.get("kernel", "") if info else "",
        system=info.labels.get("os", "") if info else "",
    )


def _whole(value: float | None) -> int | None:
    return None if value is None else round(value)


def _next_ends(told: _Told) -> tuple[NextEnd, ...]:
    found: dict[str, NextEnd] = {}
    counts = _labelled(told.all(metrics.NEXT_PROCESSES), lambda labels: labels.get(metrics.KILLER, ""))
    nearness = _labelled(told.all(metrics.NEXT_NEARNESS), lambda labels: labels.get(metrics.KILLER, ""))
    for killer in sorted(counts.keys() | nearness.keys()):
        one = counts.get(killer) or nearness[killer]
        near = nearness.get(killer)
        found[killer] = NextEnd(
            killer,
            one.labels.get(metrics.PROGRAM, ""),
            one.labels.get(metrics.UNIT, ""),
            near.last if near is not None and 0 <= near.last <= 1 else None,
            _whole(counts[killer].last) if killer in counts and 0 <= counts[killer].last < 1e9 else None,
        )
    return tuple(found.values())


def _labelled(series: Iterable[Series], key: Callable[[Mapping[str, str]], str]) -> dict[str, Series]:
    return {key(one.labels): one for one in series}


def _last_kill(told: _Told) -> LastKill | None:
    kills = told.all(metrics.LAST_KILL)
    if not kills:
        return None
    last = max(kills, key=lambda one: one.last)
    if not 0 < last.last <= LATEST:
        return None
    return LastKill(last.last, last.labels.get(metrics.KILLER, ""), last.labels.get(metrics.PROGRAM, ""))


def _grower(told: _Told) -> FleetGrower | None:
    growers = told.all(metrics.GROWER)
    if not growers:
        return None
    fastest = max(growers, key=lambda one: one.last)
    program, unit = fastest.labels.get(metrics.PROGRAM, ""), fastest.labels.get(metrics.UNIT, "")
    if not 0 < fastest.last <= _MOST_BYTES:
        return None
    count = told.one(metrics.GROWER_PROCESSES, 0, 1e9, program=program, unit=unit)
    return FleetGrower(program, unit, fastest.last, _whole(count))
