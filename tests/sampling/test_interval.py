"""How often to look."""

import pytest

from guardian.model.verdict import State
from guardian.sampling.interval import Interval, agent_interval, next_look, table_due, window_interval


@pytest.mark.parametrize(
    "state, table", [(State.NO_DATA, 10), (State.CALM, 10), (State.WATCH, 1), (State.WARNING, 1), (State.CRITICAL, 1)]
)
def test_the_agent_reads_the_table_rarely_while_calm(state: State, table: float) -> None:
    assert agent_interval(state) == Interval(1, table)


def test_the_window_slows_down_when_hidden() -> None:
    assert window_interval(visible=True) == Interval(1, 1)
    hidden = window_interval(visible=False)
    assert hidden.guard >= 10
    assert hidden.table >= 10


def test_a_table_is_due_at_first_then_at_its_interval() -> None:
    calm = agent_interval(State.CALM)
    assert table_due(calm, 5.0, None)
    looks = [now for now in range(1, 31) if table_due(calm, float(now), 0.0)]
    assert looks[0] == 10
    assert not table_due(calm, 9.4, 0.0)
    assert table_due(calm, 9.99, 0.0)


def test_a_pressure_event_brings_the_table_forward_but_not_more_than_each_second() -> None:
    calm = agent_interval(State.CALM)
    assert table_due(calm, 1.0, 0.0, woken=True)
    assert not table_due(calm, 0.2, 0.0, woken=True)


@pytest.mark.parametrize("now, wait", [(100.0, 1.0), (100.25, 0.75), (1000.9, 0.1)])
def test_looks_keep_in_step(now: float, wait: float) -> None:
    assert next_look(100.0, now, Interval(1, 10)) == pytest.approx(wait)
