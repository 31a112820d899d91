"""The course of a machine: the judges side by side, and who of them has the word."""

from collections.abc import Iterable

import pytest

from guardian.kernel.cgroup import MemoryCgroup
from guardian.kernel.meminfo import MemInfo
from guardian.kernel.pressure import Pressure, Stall
from guardian.kernel.vmstat import VmStat
from guardian.kernel.zoneinfo import Zone
from guardian.model.constraints import tightest_limits
from guardian.model.course import SETTLING_SECONDS, Course, Facts, Reading, commit_left, read_course
from guardian.model.outlook import DEFAULT_LIMITS
from guardian.model.verdict import State

MIB, GIB = 1 << 20, 1 << 30
TOTAL = 16 * GIB
MEMORY = MemInfo(TOTAL, GIB, swap_total=0, swap_free=0)
FINE = Zone(0, "Normal", free=900_000, min=1000, low=1200, high=1400, managed=4_000_000, protection=(0,))


def facts(at: float, room: float, **more: object) -> Facts:
    """A moment of a machine of 16 GiB without swap; `room` in GiB."""
    made = Facts(at, MEMORY, 4096, int(room * GIB), TOTAL, swap=False, zones=(FINE,))
    return made._replace(**more)  # type: ignore[arg-type]


def run(moments: Iterable[Facts]) -> list[Reading]:
    course: Course | None = None
    found = []
    for moment in moments:
        course, reading = read_course(course, moment)
        found.append(reading)
    return found


def waiting(full: float) -> Pressure:
    return Pressure(Stall(full, 0, 0, 0), Stall(full, 0, 0, 0))


def met(reading: Reading) -> set[str]:
    return {one.name for one in reading.evidence if one.met}


def test_rest_is_calm_and_each_judge_shows_its_evidence() -> None:
    reading = run(facts(at, 10.0, vmstat=VmStat({"pgscan_direct": 0}), pressure=waiting(0.0)) for at in range(20))[-1]
    assert reading.state is State.CALM
    assert met(reading) == set()
    assert [one.name for one in reading.evidence] == [
        "room", "swap", "seconds left", "pressure", "thrashing", "zone slack", "reclaim fruit", "refaults",
    ]  # fmt: skip
    assert len(reading.classic) == 5
    assert (reading.group, reading.proxy, reading.kills) == (None, None, 0)


def test_a_steady_fall_is_warned_of_and_then_critical_before_its_end() -> None:
    found = run(facts(at / 2, 12.0 - 0.15 * at) for at in range(79))
    states = [reading.state for reading in found]
    assert states[0] is State.CALM
    first = {state: states.index(state) for state in (State.WARNING, State.CRITICAL)}
    assert first[State.WARNING] < first[State.CRITICAL] < len(states)
    assert found[first[State.WARNING]].outlook.seconds is not None
    assert "seconds left" in met(found[first[State.WARNING]])


def test_what_happens_while_it_settles_is_the_first_looks_own() -> None:
    # A fall within the first second of looking is that of whatever started just then.
    assert SETTLING_SECONDS == 1.0
    found = run(facts(at / 5, 12.0 - 2.0 * min(at, 4)) for at in range(40))
    assert {reading.state for reading in found} <= {State.CALM, State.WATCH}


def test_critically_little_room_is_critical_whatever_the_trend() -> None:
    thin = DEFAULT_LIMITS.critical_room * 16 * 0.9
    assert run(facts(at, thin) for at in range(3))[-1].state is State.CRITICAL


@pytest.mark.parametrize("room,state", [(10.0, State.WATCH), (0.5, State.CRITICAL)])
def test_all_waiting_is_worth_a_look_and_with_no_room_the_end(room: float, state: State) -> None:
    reading = run(facts(at, room, pressure=waiting(0.5)) for at in range(3))[-1]
    assert reading.state is state
    assert "pressure" in met(reading)
    assert ("thrashing" in met(reading)) is (state is State.CRITICAL)


def test_no_zone_that_could_serve_another_request_is_critical() -> None:
    empty = FINE._replace(free=900)
    reading = run(facts(at, 10.0, zones=(empty,)) for at in range(2))[-1]
    assert reading.state is State.CRITICAL
    assert "zone slack" in met(reading)


def test_where_requests_are_refused_first_nobody_is_ended_so_it_is_watch_at_most() -> None:
    promised = MEMORY._replace(commit_limit=8 * GIB, committed_as=8 * GIB)
    reading = run(facts(at, 0.5, memory=promised, overcommit_mode=2) for at in range(3))[-1]
    assert reading.state is State.WATCH
    assert "commit" in met(reading)


def test_commit_left_is_of_mode_two_alone() -> None:
    promised = MEMORY._replace(commit_limit=8 * GIB, committed_as=5 * GIB)
    assert commit_left(facts(0, 10.0, memory=promised)) is None
    assert commit_left(facts(0, 10.0, memory=promised, overcommit_mode=2)) == 3 * GIB
    assert commit_left(facts(0, 10.0, memory=promised._replace(committed_as=9 * GIB), overcommit_mode=2)) == 0
    assert commit_left(facts(0, 10.0, overcommit_mode=2)) is None


def group_moments(currents: Iterable[float]) -> list[Reading]:
    """A machine with room whose one limited group holds so many MiB each half second, of 1000."""
    moments = []
    for at, current in enumerate(currents):
        group = MemoryCgroup("/app", 2, current=int(current * MIB), max=1000 * MIB)
        moments.append(facts(at / 2, 10.0, limits=tightest_limits([group], MEMORY, 4096)))
    return run(moments)


def test_a_group_that_grows_to_its_limit_is_named() -> None:
    found = group_moments(100 + 12 * step for step in range(75))
    assert found[-1].state is State.CRITICAL
    assert found[-1].group == "/app"
    assert found[-1].group_outlook is not None
    assert found[-1].outlook.state is State.CALM
    first = next(at for at, reading in enumerate(found) if reading.state in (State.WARNING, State.CRITICAL))
    assert first < 70


def test_a_group_that_rests_at_its_limit_lives_on_its_cache() -> None:
    found = group_moments([995.0] * 30)
    assert {reading.state for reading in found} == {State.CALM}
    assert found[-1].group is None


def test_kills_are_counted_and_the_fall_before_them_is_over() -> None:
    falling = [facts(at / 2, 12.0 - 0.15 * at, vmstat=VmStat({"oom_kill": 4})) for at in range(76)]
    after = [facts(38 + at / 2, 9.0, vmstat=VmStat({"oom_kill": 6})) for at in range(6)]
    found = run([*falling, *after])
    assert found[75].state in (State.WARNING, State.CRITICAL)
    assert [reading.kills for reading in found[74:79]] == [0, 0, 2, 0, 0]
    assert found[-1].state in (State.CALM, State.WATCH)


@pytest.mark.parametrize("kills,proven", [(4, 3 * GIB), (5, None)])
def test_a_depth_that_a_kill_brought_it_back_from_proves_nothing(kills: int, proven: int | None) -> None:
    course: Course | None = None
    for at in range(3):
        course, _reading = read_course(course, facts(at, 10.0, vmstat=VmStat({"oom_kill": 4})))
    assert course is not None
    course = course._replace(room=course.room._replace(proven=3 * GIB))
    after, _reading = read_course(course, facts(3, 10.0, vmstat=VmStat({"oom_kill": kills})))
    assert after.room.proven == proven


def test_an_allocation_that_fails_winds_the_first_kernels_clock() -> None:
    moments = [
        facts(at / 2, 1.0, vmstat=VmStat({"pgscan_direct": 1000 * at, "pgsteal_direct": at, "allocstall": at}))
        for at in range(30)
    ]
    found = run(moments)
    assert found[-1].proxy is not None
    assert any(reading.classic_kill for reading in found)
    assert "reclaim fruit" in met(found[-1])
