"""When a judged state becomes what people are told, and when it ceases to be."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardian.model.verdict import State, Verdict
from guardian.policy.alerts import HOLDS, LEVELS, Held, at_least, hold_state, plan_alerts

ORDER = [State.CALM, *LEVELS]
STATES = st.sampled_from([State.NO_DATA, *ORDER])


def told(*raw: tuple[float, State]) -> list[State]:
    """The states told after each of the raw ones at their times."""
    held: Held | None = None
    states = []
    for at, state in raw:
        held = hold_state(held, state, at)
        states.append(held.state)
    return states


def test_the_first_state_counts_at_once() -> None:
    assert told((0, State.CRITICAL)) == [State.CRITICAL]
    assert told((0, State.CALM)) == [State.CALM]


def test_critical_is_told_at_once_and_watch_only_when_it_stands() -> None:
    assert told((0, State.CALM), (1, State.CRITICAL)) == [State.CALM, State.CRITICAL]
    assert told((0, State.CALM), (1, State.WATCH), (2, State.WATCH), (3, State.WATCH)) == [
        State.CALM,
        State.CALM,
        State.CALM,
        State.WATCH,
    ]


def test_a_flicker_below_a_level_is_not_told() -> None:
    raw = [(look * 0.1, State.WARNING if look % 3 else State.CRITICAL) for look in range(60)]
    assert set(told(*raw)) == {State.CRITICAL}


def test_levels_are_left_one_after_the_other() -> None:
    raw = [(0.0, State.CRITICAL), *((float(second), State.CALM) for second in range(1, 30))]
    states = told(*raw)
    left = [next(at for at, state in enumerate(states) if not at_least(state, level)) for level in LEVELS]
    assert left == [11, 2, 2]
    assert states[-1] is State.CALM


def test_the_time_of_a_state_is_kept_while_it_holds() -> None:
    held = hold_state(None, State.CRITICAL, 5.0)
    held = hold_state(held, State.CRITICAL, 9.0)
    assert held.since == 5.0


@given(st.lists(st.tuples(st.floats(0.01, 40), STATES), min_size=1, max_size=60))
def test_whatever_comes_it_is_told_in_time_and_never_by_a_flicker(steps: list[tuple[float, State]]) -> None:
    now, held = 0.0, None
    spans: list[tuple[float, State]] = []
    for gap, raw in steps:
        now += gap
        held = hold_state(held, raw, now)
        spans.append((now, raw))
        for level in LEVELS:
            stood = _stood(spans, level)
            if stood is not None and stood >= HOLDS[level].enter:
                assert at_least(held.state, level)
            gone = _stood_below(spans, level)
            if gone is not None and gone >= HOLDS[level].leave:
                assert not at_least(held.state, level)


def _stood(spans: list[tuple[float, State]], level: State) -> float | None:
    return _since(spans, [at_least(state, level) for _at, state in spans])


def _stood_below(spans: list[tuple[float, State]], level: State) -> float | None:
    return _since(spans, [not at_least(state, level) for _at, state in spans])


def _since(spans: list[tuple[float, State]], holds: list[bool]) -> float | None:
    if not holds[-1]:
        return None
    first = len(holds) - 1
    while first and holds[first - 1]:
        first -= 1
    return spans[-1][0] - spans[first][0]


def test_the_order_of_states_is_the_order_of_urgency() -> None:
    for lower, higher in pairwise(ORDER):
        assert at_least(higher, lower)
        assert not at_least(lower, higher)


@pytest.mark.parametrize("state", list(State))
def test_only_urgent_states_are_alerts(state: State) -> None:
    verdict = Verdict(100.0, state, 5 << 30, 5 << 30, 0, None, None, None, None, (), ())
    alerts = plan_alerts(verdict, 90.0)
    assert [alert.level for alert in alerts] == ([state] if state in LEVELS else [])
    if alerts:
        assert alerts[0].since == 90.0
        assert "5.0 GiB of room" in alerts[0].text
