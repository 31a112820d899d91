"""Machines out of series: their order, pages without gaps, and values that nobody should believe."""

import json
import random
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardian.model.verdict import State
from guardian.policy import fleet_queries as queries
from guardian.policy import fleet_words as words
from guardian.policy.fleet import Machine, Place, counts_of, identity_of, machines_of, places_of
from guardian.policy.fleet_queries import Cursor
from guardian.policy.prometheus_answer import Point, Series
from guardian.protocol import metrics

GIB = 1 << 30
BUILD = {"instance": "build-03:9099", "job": "guardian"}
IDENTITY = (("instance", "build-03:9099"), ("job", "guardian"))


def series(metric: metrics.Metric | str, value: float, labels: dict[str, str] | None = None, **more: str) -> Series:
    name = metric if isinstance(metric, str) else metric.name
    return Series(name, {**(labels or BUILD), **more}, (Point(1000.0, value),))


def placed(name: str, value: float) -> Series:
    return series("", value, {"instance": name})


def machine(*told: Series, place: float = 3.9) -> Machine:
    (found,) = machines_of([Place(IDENTITY, place)], 1000.0, told)
    return found


def test_a_machine_is_told_by_its_labels_without_the_metrics_own() -> None:
    assert identity_of({**BUILD, "layer": "free", "killer": "kernel"}) == IDENTITY
    assert identity_of({"job": "guardian"}) is None


def test_all_that_is_known_of_a_machine() -> None:
    found = machine(
        series(metrics.STATE_LEVEL, 3),
        series(metrics.STATE_SINCE, 960),
        series(metrics.HEADROOM, 3 * GIB),
        series(metrics.MEMORY_SIZE, 64 * GIB),
        series(metrics.SWAP_SIZE, 8 * GIB),
        series(metrics.SWAP_FREE, 2 * GIB),
        *(series(metrics.LAYER_SIZE, 8 * GIB, layer=layer) for layer in metrics.LAYERS if layer != "zram"),
        series(metrics.PRESSURE, 0.41, waiting="some"),
        series(metrics.PRESSURE, 0.9, waiting="full"),
        *(series(metrics.FORECAST, value, bound=bound) for bound, value in zip(metrics.BOUNDS, (60, 90, 180), strict=True)),
        series(metrics.NEXT_NEARNESS, 0.9, killer="earlyoom", program="cc1plus", unit=""),
        series(metrics.NEXT_NEARNESS, 0.3, killer="kernel", program="ld", unit=""),
        series(metrics.NEXT_NEARNESS, 1.0, killer="memcg", program="tiny", unit=""),
        series(metrics.NEXT_PROCESSES, 38, killer="kernel", program="ld", unit=""),
        series(metrics.LAST_KILL, 400, killer="kernel", program="old"),
        series(metrics.LAST_KILL, 900, killer="earlyoom", program="cc1plus"),
        series(metrics.GROWER, GIB, program="cc1plus", unit="ci.service"),
        series(metrics.GROWER_PROCESSES, 38, program="cc1plus", unit="ci.service"),
        series(metrics.MACHINE, 1, kernel="6.1.0", era="E8", os="Debian 12"),
    )
    assert (found.state, found.since, found.room, found.swap_used) == (State.CRITICAL, 960, 3 * GIB, 0.75)
    assert found.layers == (8 * GIB,) * 4 + (None,) + (8 * GIB,) * 3
    assert (found.pressure, found.forecast) == (0.41, (60, 90, 180))
    assert found.next_of_kernel is not None
    assert (found.next_of_kernel.program, found.next_of_kernel.processes) == ("ld", 38)
    # The limit of one group does not speak for the machine.
    assert found.first_end is not None
    assert found.first_end.killer == "earlyoom"
    assert found.last_kill is not None
    assert (found.last_kill.time, found.last_kill.program) == (900, "cc1plus")
    assert found.grower is not None
    assert found.grower.processes == 38
    assert (found.name, found.kernel, found.system) == ("build-03", "6.1.0", "Debian 12")


def test_unknown_is_not_zero() -> None:
    found = machine()
    assert (found.state, found.room, found.swap_used, found.forecast, found.first_end) == (State.NO_DATA, None, None, None, None)
    assert machine(series(metrics.SWAP_SIZE, 0), series(metrics.SWAP_FREE, 0)).swap_used is None


@pytest.mark.parametrize("value", [-1.0, 1e30, -5e300])
def test_values_out_of_range_are_unknown(value: float) -> None:
    found = machine(
        series(metrics.HEADROOM, value),
        series(metrics.STATE_LEVEL, value if value != -1 else 7),
        series(metrics.PRESSURE, value, waiting="some"),
        series(metrics.LAYER_SIZE, value, layer="free"),
        series(metrics.LAST_KILL, value, killer="kernel"),
        series(metrics.NEXT_PROCESSES, value, killer="kernel", program="x"),
        series(metrics.GROWER, value, program="x", unit=""),
    )
    assert found.room is found.pressure is found.last_kill is found.grower is None
    assert found.layers == (None,) * 8
    assert found.next_of_kernel is not None
    assert found.next_of_kernel.processes is None


def test_a_silent_machine_keeps_what_was_last_known() -> None:
    heard = series(metrics.LAST_HEARD, 160)
    (found,) = machines_of([Place(IDENTITY, -0.9998)], 1000.0, (), [heard], [series(metrics.MEMORY_SIZE, 32 * GIB)])
    assert (found.state, found.memory, found.heard, found.room) == (State.NO_DATA, 32 * GIB, 160, None)


@pytest.mark.parametrize("instance,name", [("a:9099", "a"), ("[::1]:9", "[::1]"), ("a", "a"), (":9", ":9"), ("a:b", "a:b")])
def test_a_machine_is_called_without_its_port(instance: str, name: str) -> None:
    assert Machine((("instance", instance),), 0.0, State.CALM).name == name


def test_counts_by_state() -> None:
    told = [Series("", {"state": "calm"}, (Point(1, 7.0),)), Series("", {"state": "odd"}, (Point(1, 9.0),))]
    counts = counts_of([*told, Series("", {"state": "critical"}, (Point(1, -3.0),))])
    assert (counts[State.CALM], counts[State.CRITICAL], sum(counts.values())) == (7, 0, 7)


def topk(all_of_them: Sequence[Series], count: int) -> list[Series]:
    """What a server does: the largest, in no special order, ties cut anywhere."""
    kept = sorted(all_of_them, key=lambda one: (-one.last, random.random()))[:count]
    random.shuffle(kept)
    return kept


@given(st.lists(st.sampled_from([3.5, 2.25, 2.25, 0.0, -0.9998, -0.9998]) | st.floats(-1, 4), max_size=60), st.integers(1, 9))
def test_pages_bring_every_machine_once_though_many_stand_at_one_place(values: list[float], rows: int) -> None:
    fleet = [placed(f"m{at}", value) for at, value in enumerate(values)]
    found: list[Place] = []
    cursor: Cursor | None = None
    for _page in range(len(values) + 2):
        left = fleet if cursor is None else [one for one in fleet if one.last <= cursor.place]
        asked = rows + 1 + (len(cursor.seen) if cursor is not None else 0)
        places, cursor = places_of(topk(left, asked), cursor, rows)
        found += places
        if cursor is None:
            break
    assert sorted(one.identity for one in found) == sorted((("instance", f"m{at}"),) for at in range(len(values)))
    assert [one.place for one in found] == sorted((one.place for one in found), reverse=True)


numbers = st.floats(allow_nan=False, allow_infinity=False) | st.sampled_from([-1.0, 0.0, 1.0, 3.0, 1e9, 1e11, 1e300])
labels = st.fixed_dictionaries(
    {},
    optional={
        "killer": st.sampled_from(["kernel", "memcg", "\x1b[2J", ""]),
        "program": st.text(max_size=8),
        "unit": st.text(max_size=8),
        "bound": st.sampled_from(metrics.BOUNDS),
        "layer": st.sampled_from(metrics.LAYERS),
        "waiting": st.just("some"),
        "kernel": st.text(max_size=8),
        "os": st.text(max_size=8),
    },
)


@given(st.lists(st.tuples(st.sampled_from(metrics.METRICS), numbers, labels), max_size=30), numbers, numbers, st.booleans())
def test_whatever_is_told_can_be_said(
    told: list[tuple[metrics.Metric, float, dict[str, str]]], heard: float, room: float, silent: bool
) -> None:
    curve = Series(metrics.HEADROOM.name, BUILD, (Point(0.0, room), Point(990.0, room), Point(1e11, room)))
    known = [series(metric, value, **more) for metric, value, more in told]
    place = Place(IDENTITY, -0.9998 if silent else 3.9)
    (found,) = machines_of([place], 1000.0, known, [series(metrics.LAST_HEARD, heard)], known, [curve])
    assert all(point.time == 990.0 and point.value >= 0 for point in found.lately)
    said = [
        words.forecast_words(found, 1000.0),
        words.pressure_words(found.pressure),
        words.next_words(found),
        words.ends_words(found),
        words.last_kill_words(found, 1000.0),
        words.since_words(found, 1000.0),
        words.outlook_words(found),
        words.growth_words(found),
        words.machine_words(found),
        words.room_words(found),
        words.falling_words(found),
        *([words.kill_words(found.last_kill, 1000.0)] if found.last_kill else []),
    ]
    assert all(text.isprintable() and len(text) < 300 for text in said)
    json.dumps(words.machine_json(found, 1), allow_nan=False)


# Questions


def test_a_search_is_a_text_and_no_expression() -> None:
    query = queries.page_query(None, 'a"} or vector(1) #.*\\\n', 20)
    assert '\\"\\\\} or vector\\\\(1\\\\) #\\\\.\\\\*\\\\\\\\' in query
    assert "\n" not in query
    assert len(queries.page_query(None, "x" * 10_000)) < 2000


def test_a_cursor_asks_for_as_many_more_as_it_has_seen() -> None:
    query = queries.page_query(Cursor(0.625, frozenset({1, 2})), "", 50)
    assert query.startswith("topk(53, ")
    assert query.endswith("<= 0.625)")


@pytest.mark.parametrize("instances", [["a:1"], ["a.b:1", "c|d"]])
def test_values_are_asked_of_named_machines_alone(instances: list[str]) -> None:
    for query in (
        queries.rows_query(instances),
        queries.heard_query(instances),
        queries.silent_query(instances),
        queries.room_query(instances),
    ):
        assert 'instance=~"' in query
        assert "=~" + queries.one_of(instances) in query
    assert queries.one_of(["a.b", 'c"d']) == '"a\\\\.b|c\\"d"'
