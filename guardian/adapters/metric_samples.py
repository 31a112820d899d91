"""What an agent has seen as samples of the metrics that guardian/protocol/metrics.py names; nothing here knows of any library.

A value that is not known has no sample.  Where the last look is too old, the state is "no data", and what it saw is left out.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple, TypeVar

from guardian import __version__
from guardian.adapters.metric_names import LabelNames
from guardian.fields import FIELDS, rows_of
from guardian.kernel.process import ProcessKey
from guardian.model.composition import compose
from guardian.model.history import Kill
from guardian.model.verdict import Verdict
from guardian.protocol import metrics as named
from guardian.protocol.agent import SILENT_SECONDS
from guardian.protocol.metrics import Metric
from guardian.sampling.sample import Sample
from guardian.sampling.snapshot import Snapshot

_NO_DATA = "no data"

_K = TypeVar("_K")
_V = TypeVar("_V")
KillCount = Mapping[tuple[str, str], int]


class Own(NamedTuple):
    """What the agent knows of itself: Unix times, seconds of CPU, bytes."""

    started: float
    cpu: float
    scrapes_cpu: float
    memory: int | None
    locked: bool


class Seen(NamedTuple):
    """What one look gave, and what has added up before it.

    `at` is the monotonic time of the look, `since` when its state began (Unix time).  `kills` counts by killer and constraint.
    `looks` counts looks, and `looked` how long they took.
    """

    at: float
    verdict: Verdict
    sample: Sample
    snapshot: Snapshot | None
    since: float
    kills: KillCount
    last_kill: Kill | None
    looks: int
    looked: float


class Family(NamedTuple):
    """A metric and its samples: the values of its labels, and the value."""

    metric: Metric
    samples: tuple[tuple[tuple[str, ...], float], ...]


def families(seen: Seen, own: Own, names: LabelNames, system: str, now: float, top: int) -> Iterator[Family]:
    """All that can be told at the monotonic time `now`; `system` is the name of the distribution, `top` how many victims."""
    fresh = now - seen.at <= SILENT_SECONDS
    state = seen.verdict.state.value if fresh else _NO_DATA
    yield Family(named.STATE, tuple(((one,), float(one == state)) for one in named.STATE_LEVELS))
    yield _one(named.STATE_LEVEL, named.STATE_LEVELS[state])
    yield _one(named.AGENT_LOOK, seen.verdict.time)
    yield from _own(seen, own)
    yield from _kills(seen, names)
    if not fresh:
        return
    yield _one(named.STATE_SINCE, seen.since)
    yield from _verdict(seen.verdict)
    yield from _machine(seen.sample, seen.snapshot)
    if seen.snapshot is not None:
        yield from _model(seen.snapshot, system)
        yield from _victims(seen.snapshot, names, top)
        yield from _programs(seen.verdict, seen.snapshot, names)


def _one(metric: Metric, value: float | None) -> Family:
    return Family(metric, () if value is None else (((), float(value)),))


def _own(seen: Seen, own: Own) -> Iterator[Family]:
    yield Family(named.AGENT, (((__version__,), 1.0),))
    yield _one(named.AGENT_START, own.started)
    yield _one(named.AGENT_LOOKS, seen.looks)
    yield _one(named.AGENT_LOOKED, seen.looked)
    yield _one(named.AGENT_CPU, own.cpu)
    yield _one(named.AGENT_SCRAPE_CPU, own.scrapes_cpu)
    yield _one(named.AGENT_MEMORY, own.memory)
    yield _one(named.AGENT_LOCKED, own.locked)


def _kills(seen: Seen, names: LabelNames) -> Iterator[Family]:
    yield Family(named.KILLS, tuple((labels, float(count)) for labels, count in seen.kills.items()))
    snapshot = seen.snapshot
    vmstat = seen.sample.vmstat or (snapshot.sample.vmstat if snapshot is not None else None)
    yield _one(named.KERNEL_KILLS, vmstat.get("oom_kill") if vmstat is not None else None)
    kill = seen.last_kill
    if kill is not None and kill.time is not None:
        victim = kill.victim
        # systemd-oomd ends groups, whose name is a path.
        name = names.unit(victim.name) if victim.name.startswith("/") else names.program(victim.name)
        yield Family(named.LAST_KILL, (((kill.killer, name), kill.time),))


def _verdict(verdict: Verdict) -> Iterator[Family]:
    yield _one(named.HEADROOM, verdict.room)
    yield Family(named.HEADROOM_PART, _labelled(zip(named.PARTS, (verdict.room_memory, verdict.room_swap), strict=True)))
    yield Family(named.FORECAST, _labelled(zip(named.BOUNDS, verdict.seconds_left or (None, None, None), strict=True)))
    yield _one(named.SHRINKING, verdict.shrinking)
    past = verdict.forecasts
    yield _one(named.FORECAST_HELD, past.held / past.checked if past is not None and past.checked else None)
    yield _one(named.FORECAST_ERROR, past.usual_error if past is not None else None)


def _machine(sample: Sample, snapshot: Snapshot | None) -> Iterator[Family]:
    memory, pressure = sample.memory, sample.pressure
    yield _one(named.MEMORY_SIZE, memory.mem_total)
    yield _one(named.SWAP_SIZE, memory.swap_total)
    yield _one(named.SWAP_FREE, memory.swap_free)
    yield _one(named.COMMITTED, memory.committed_as)
    yield _one(named.COMMIT_LIMIT, memory.commit_limit)
    zram = sample.zram if sample.zram is not None or snapshot is None else snapshot.sample.zram
    layers = compose(memory, None if zram is None else sum(device.pool for device in zram))
    yield Family(named.LAYER_SIZE, _labelled((layer, getattr(layers, layer)) for layer in named.LAYERS))
    stalls = () if pressure is None else zip(named.SHARES, (pressure.some, pressure.full), strict=True)
    known = [(share, stall) for share, stall in stalls if stall is not None]
    yield Family(named.PRESSURE, _labelled((share, stall.avg10) for share, stall in known))
    yield Family(named.PRESSURE_WAITED, _labelled((share, stall.total) for share, stall in known))


def _model(snapshot: Snapshot, system: str) -> Iterator[Family]:
    processes = snapshot.sample.processes
    yield Family(named.MACHINE, (((snapshot.release, snapshot.era.value, system), 1.0),))
    yield _one(named.PROCESSES, None if processes is None else len(processes))
    yield _one(named.UNREADABLE, snapshot.sample.unreadable)
    checked = snapshot.verification
    if checked is not None:
        yield _one(named.CHECKED, checked.checked)
        yield _one(named.VERIFIED, checked.exact / checked.checked if checked.checked else None)


def _victims(snapshot: Snapshot, names: LabelNames, top: int) -> Iterator[Family]:
    """The likeliest victims, one series for each program: that of its likeliest process."""
    first = snapshot._replace(victims=tuple(victim for victim in snapshot.victims[:top] if victim.rank is not None))
    rows = _unique((names.program(row.victim.process.name), row) for row in rows_of(first))
    for field in FIELDS:
        if field.metric is not None:
            metric = named.victim_metric(field.metric, field.hint)
            yield Family(metric, _labelled((name, field.value(row)) for name, row in rows.items()))


def _programs(verdict: Verdict, snapshot: Snapshot, names: LabelNames) -> Iterator[Family]:
    """The next victim of each killer, and what grows fastest."""
    nearest = _unique(((one.killer, names.program(one.name), names.unit(one.cgroup)), one) for one in verdict.next_victims)
    yield Family(named.NEXT_NEARNESS, _known((labels, one.nearness) for labels, one in nearest.items()))
    yield Family(named.NEXT_FREES, _known((labels, one.frees) for labels, one in nearest.items()))
    yield Family(named.NEXT_PROCESSES, _known((labels, one.also_dies + 1) for labels, one in nearest.items()))
    groups = _groups(snapshot, {one.key for one in verdict.growers})
    growers = _unique(((names.program(one.name), names.unit(groups.get(one.key))), one) for one in verdict.growers)
    yield Family(named.GROWER, _known((labels, one.growth) for labels, one in growers.items()))
    yield Family(named.GROWER_PROCESSES, _known((labels, one.processes) for labels, one in growers.items()))


def _groups(snapshot: Snapshot, keys: set[ProcessKey]) -> Mapping[ProcessKey, str | None]:
    return {one.key: one.cgroup for one in snapshot.sample.processes or () if one.key in keys} if keys else {}


def _unique(pairs: Iterable[tuple[_K, _V]]) -> dict[_K, _V]:
    """The first value of each key, in order."""
    found: dict[_K, _V] = {}
    for key, value in pairs:
        found.setdefault(key, value)
    return found


def _labelled(pairs: Iterable[tuple[str, object]]) -> tuple[tuple[tuple[str, ...], float], ...]:
    return _known(((label,), value) for label, value in pairs)


def _known(pairs: Iterable[tuple[tuple[str, ...], object]]) -> tuple[tuple[tuple[str, ...], float], ...]:
    """The samples whose value is known and a number."""
    return tuple((labels, float(value)) for labels, value in pairs if isinstance(value, int | float))
