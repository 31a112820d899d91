"""The fall of room: leaks, steps, rests, saw-teeth and what they come to."""

from hypothesis import given
from hypothesis import strategies as st

from guardian.kernel.process import ProcessKey
from guardian.model.decline import Decline, falling, follow, forget, speeds
from guardian.model.outlook import Limits, look_ahead
from guardian.model.verdict import State

GIB = 1 << 30
TOTAL = 16 * GIB
JAVA = ProcessKey(7, 70)


def fall(rooms: list[float], step: float = 1.0, holdings: list[dict[ProcessKey, int]] | None = None) -> Decline:
    decline = None
    for index, room in enumerate(rooms):
        decline = follow(decline, index * step, room * GIB, TOTAL, holdings[index] if holdings else None)
    assert decline is not None
    return decline


def leak(seconds: int, start: float = 12.0, speed: float = 0.1) -> list[float]:
    return [start - speed * i for i in range(seconds)]


def test_a_steady_leak_is_measured_in_bytes_per_second() -> None:
    decline = fall(leak(60))
    rates = speeds(decline)
    assert rates is not None
    assert abs(rates[0] / GIB - 0.1) < 0.005
    assert abs(rates[1] / GIB - 0.1) < 0.005
    assert 57 <= decline.active <= 60


def test_a_level_machine_never_falls() -> None:
    decline = fall([9.0, 9.01, 8.995, 9.0] * 30)
    assert not falling(decline, 120)
    assert look_ahead(decline, 120, 9 * GIB, swap=False).seconds is None


def test_a_young_fall_is_no_warning_and_an_old_one_is() -> None:
    young = look_ahead(fall([12.0] * 100 + leak(6, speed=0.5)), 105, 9.5 * GIB, swap=False)
    assert young.state in (State.CALM, State.WATCH)
    old = look_ahead(fall(leak(80)), 79, 4.1 * GIB, swap=False)
    assert old.state is State.WARNING
    assert old.seconds is not None
    assert old.seconds[0] <= old.seconds[1] <= old.seconds[2]
    assert abs(old.seconds[1] - 41) < 3


def test_free_swap_lets_the_same_fall_go_on_longer() -> None:
    decline = fall(leak(80))
    assert look_ahead(decline, 79, 4.1 * GIB, swap=True).state is State.WATCH
    decline = fall(leak(112))
    assert look_ahead(decline, 111, 0.9 * GIB, swap=True).state is State.WARNING


def test_a_fall_that_stopped_is_over_after_its_own_rhythm() -> None:
    rooms = leak(80) + [4.1] * 6
    assert look_ahead(fall(rooms), len(rooms) - 1, 4.1 * GIB, swap=False).state is State.CALM


def test_rests_do_not_count_as_falling() -> None:
    decline = fall(leak(30) + [9.1] * 60 + leak(10, start=9.0))
    assert 38 <= decline.active <= 44


def test_even_steps_count_as_one_long_fall() -> None:
    rooms = [12.0 - 0.8 * (i // 8) for i in range(96)]
    decline = fall(rooms)
    assert falling(decline, 95)
    assert decline.active > 60


def test_a_rise_by_living_programs_proves_a_depth_and_a_death_does_not() -> None:
    tooth = [6.0 - 0.5 * i for i in range(9)]
    held = [{JAVA: int((8.0 - room) * GIB)} for room in tooth]
    alive = fall([*tooth, 6.0], holdings=[*held, {JAVA: 2 * GIB}])
    alive = follow(alive, 10, 6 * GIB, TOTAL, {JAVA: 2 * GIB})
    assert alive.proven is not None
    assert abs(alive.proven / GIB - 2.0) < 0.01
    assert forget(alive).proven is None
    gone = fall([*tooth, 6.0], holdings=[*held, {}])
    gone = follow(gone, 10, 6 * GIB, TOTAL, {})
    assert gone.proven is None


def test_nothing_left_is_critical_even_when_it_no_longer_falls() -> None:
    decline = fall([0.3] * 20)
    assert look_ahead(decline, 19, 0.3 * GIB, swap=False).state is State.CRITICAL


def test_the_path_stays_short() -> None:
    decline = fall([16 - 0.03 * i for i in range(500)])
    assert len(decline.path) <= 241
    assert decline.path[0][0] == 0.0


@given(st.lists(st.floats(0, 16), min_size=2, max_size=60), st.booleans())
def test_any_course_gives_an_ordered_answer(rooms: list[float], swap: bool) -> None:
    decline = fall(rooms)
    outlook = look_ahead(decline, len(rooms) - 1, rooms[-1] * GIB, swap=swap, limits=Limits())
    assert decline.low <= decline.high
    assert decline.active <= len(rooms)
    if outlook.seconds is not None:
        assert 0 <= outlook.seconds[0] <= outlook.seconds[1] <= outlook.seconds[2]
