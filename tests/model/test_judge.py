"""The state of one moment and whom the kernel would take."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardian.kernel.cgroup import MemoryCgroup
from guardian.kernel.meminfo import MemInfo
from guardian.kernel.pressure import Pressure, Stall
from guardian.model.constraints import Limit, global_domain, tightest_limits
from guardian.model.era import Era
from guardian.model.judge import DEFAULT_THRESHOLDS, judge, next_victims, worse
from guardian.model.room import Room
from guardian.model.verdict import State
from guardian.model.victim import rank_victims
from tests.model.conftest import PAGE, process_of

MIB, GIB = 1 << 20, 1 << 30
LAPTOP = MemInfo(16 * GIB, 4 * GIB, swap_total=8 * GIB, swap_free=8 * GIB)
SERVER = MemInfo(512 * GIB, 4 * GIB, swap_total=0, swap_free=0)


def waiting(full: float, some: float = 0.9) -> Pressure:
    return Pressure(Stall(some, 0, 0, 0), Stall(full, 0, 0, 0))


@pytest.mark.parametrize(
    "memory,gib,full,state",
    [
        (LAPTOP, 9.0, 0.0, State.CALM),
        (LAPTOP, 2.3, 0.0, State.WATCH),
        (LAPTOP, 1.2, 0.0, State.WARNING),
        (LAPTOP, 0.5, 0.0, State.CRITICAL),
        # Large machines need no tenth of theirs.
        (SERVER, 5.0, 0.0, State.CALM),
        (SERVER, 3.9, 0.0, State.WATCH),
        (SERVER, 1.9, 0.0, State.WARNING),
        (SERVER, 0.9, 0.0, State.CRITICAL),
        # Copying much makes all wait; with room it is worth watching, no more.
        (LAPTOP, 9.0, 0.049, State.CALM),
        (LAPTOP, 9.0, 0.05, State.WATCH),
        (LAPTOP, 9.0, 0.90, State.WATCH),
        (LAPTOP, 2.3, 0.10, State.WATCH),
        (LAPTOP, 2.3, 0.30, State.WARNING),
        (LAPTOP, 1.2, 0.30, State.CRITICAL),
        (LAPTOP, 0.5, 0.90, State.CRITICAL),
    ],
)
def test_states(memory: MemInfo, gib: float, full: float, state: State) -> None:
    assert judge(memory, Room(int(gib * GIB), 0), waiting(full))[0] is state


def test_evidence_is_shown_met_or_not() -> None:
    _, evidence = judge(LAPTOP, Room(GIB, 200 * MIB), waiting(0.01))
    assert [one.name for one in evidence] == ["room", "swap", "pressure"]
    assert evidence[0] == ("room", GIB + 200 * MIB, int(0.08 * 16 * GIB), True)
    assert evidence[1] == ("swap", 8 * GIB, None, False)
    assert evidence[2] == ("pressure", 0.01, 0.05, False)


def test_what_is_not_known_is_not_met() -> None:
    state, evidence = judge(SERVER, Room(9 * GIB, 0), None)
    assert state is State.CALM
    assert evidence[1].value is None
    assert evidence[2] == ("pressure", None, 0.05, False)
    some = Pressure(Stall(0.5, 0, 0, 0), None)
    assert judge(SERVER, Room(9 * GIB, 0), some)[1][2].value == 0.5


def limits(left: int) -> tuple[Limit, ...]:
    return tightest_limits([MemoryCgroup("/app", 2, current=1000 * MIB - left, max=1000 * MIB)], SERVER, PAGE)


@pytest.mark.parametrize("left,state", [(500, State.CALM), (140, State.WATCH), (70, State.WARNING), (10, State.WARNING)])
def test_a_group_near_its_limit_warns_and_no_more(left: int, state: State) -> None:
    found, evidence = judge(SERVER, Room(99 * GIB, 0), None, limits(left * MIB))
    assert found is state
    assert evidence[3].name == "memcg /app"
    assert evidence[3].value == left * MIB
    assert evidence[3].met is (state is not State.CALM)


@given(st.integers(0, 1 << 35), st.integers(0, 1 << 35), st.floats(0, 1), st.floats(0, 1))
def test_less_room_or_more_waiting_is_never_calmer(one: int, other: int, first: float, second: float) -> None:
    less, more = (
        judge(LAPTOP, Room(min(one, other), 0), waiting(max(first, second))),
        judge(LAPTOP, Room(max(one, other), 0), waiting(min(first, second))),
    )
    assert worse(less[0], more[0]) is less[0]


def test_thresholds_rise_in_order() -> None:
    for levels in DEFAULT_THRESHOLDS[:3]:
        assert list(levels) == sorted(levels, reverse=True)
    assert list(DEFAULT_THRESHOLDS.pressure) == sorted(DEFAULT_THRESHOLDS.pressure)


def test_the_next_of_the_machine_and_of_each_group_near_its_limit() -> None:
    processes = [
        process_of(10, 900, cgroup="/big"),
        process_of(11, 50, cgroup="/app/x"),
        process_of(12, 60, adj=-1, cgroup="/app"),
        process_of(13, 70, cgroup="/app/y"),
    ]
    groups = [MemoryCgroup("/app", 2, current=990 * MIB, max=1000 * MIB), MemoryCgroup("/big", 2, current=MIB, max=GIB)]
    domain, bounds = global_domain(SERVER, PAGE), tightest_limits(groups, SERVER, PAGE)
    victims = rank_victims(processes, domain, Era.E8)
    found = next_victims(victims, processes, domain, Era.E8, SERVER, Room(100 * GIB, 0), bounds, groups)
    assert [(one.killer, one.key and one.key.pid, one.cgroup, one.also_dies) for one in found] == [
        ("memcg", 13, "/app", 0),
        ("kernel", 10, "/big", 0),
    ]
    assert found[0].frees == 70 * PAGE
    assert found[0].distance == "10 MiB left"
    assert found[0].acts_when == "limit of /app"
    assert found[0].nearness == pytest.approx(0.99)
    assert found[1].distance == "100 GiB left"
    assert found[1].nearness == pytest.approx(1 - 100 / 512)
    # Version 1 may stop the tasks of a full cgroup instead.
    stopped = tightest_limits([groups[0]._replace(oom_disabled=True)], SERVER, PAGE)
    assert len(next_victims(victims, processes, domain, Era.E8, SERVER, Room(100 * GIB, 0), stopped, groups)) == 1


def test_a_group_dies_with_its_victim() -> None:
    processes = [process_of(10, 900, cgroup="/app"), process_of(11, 50, cgroup="/app")]
    groups = [MemoryCgroup("/app", 2, oom_group=True)]
    domain = global_domain(SERVER, PAGE)
    victims = rank_victims(processes, domain, Era.E8, cgroups=groups)
    (with_swap,) = next_victims(victims, processes, domain, Era.E8, LAPTOP, Room(4 * GIB, 2 * GIB), cgroups=groups)
    assert with_swap.nearness == 0.75
    (one,) = next_victims(victims, processes, domain, Era.E8, SERVER, Room(0, 0), cgroups=groups)
    assert (one.frees, one.also_dies, one.nearness) == (950 * PAGE, 1, 1.0)


def test_where_nobody_can_be_taken_nobody_is_next() -> None:
    domain = global_domain(SERVER, PAGE)
    victims = rank_victims([process_of(1, 5, score=0)], domain, Era.E8)
    assert next_victims(victims, [process_of(1, 5, score=0)], domain, Era.E8, SERVER, Room(0, 0)) == ()
