"""The agent's side of the bus in one loop with the test: comings and goings that a real process would take minutes for."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest
from jeepney import new_method_call

from guardian.adapters import agent_bus
from guardian.adapters.agent_bus import AgentBus
from guardian.adapters.agent_client import ask_all
from guardian.adapters.agent_service import AgentService
from guardian.adapters.poll_loop import PollLoop
from guardian.adapters.session_bus import BUS, BusConnection, connect
from guardian.model.verdict import State, Verdict
from guardian.protocol.agent import AGENT_NAME
from tests.conftest import PrivateBus

CALM = Verdict(100.0, State.CALM, 5, 5, 0, None, None, None, None, (), ())


class Side:
    """An agent's bus with its loop, and what it said."""

    def __init__(self) -> None:
        self.loop, self.service, self.said = PollLoop(), AgentService(), [""]
        self.bus = AgentBus(self.loop, self.service, self.said.append, self.loop.stop)

    def turn_until(self, condition: Callable[[], bool], seconds: float = 10.0) -> None:
        until = time.monotonic() + seconds
        while not condition() and not self.loop.stopped:
            assert time.monotonic() < until, self.said
            self.loop.turn(longest=0.02)

    def asked(self, connection: BusConnection) -> None:
        """Let somebody ask for all properties, and answer."""
        connection.send(ask_all())
        before = self.service.listeners
        self.turn_until(lambda: self.service.listeners != before)


@pytest.fixture
def side(private_bus: PrivateBus, monkeypatch: pytest.MonkeyPatch) -> Iterator[Side]:
    monkeypatch.setattr(agent_bus, "FIRST_WAIT", 0.05)
    monkeypatch.setattr(agent_bus, "LONGEST_WAIT", 0.1)
    side = Side()
    side.bus.start()
    yield side
    side.bus.close()


def test_it_owns_the_name_and_says_so(side: Side, private_bus: PrivateBus) -> None:
    assert side.bus.connected
    assert "owns " + AGENT_NAME in side.said[-1]
    with closing(connect(private_bus.address)) as connection:
        (owner,) = connection.call(new_method_call(BUS, "GetNameOwner", "s", (AGENT_NAME,)))
    assert owner.startswith(":1.")


def test_a_second_one_finishes(side: Side) -> None:
    second = Side()
    second.bus.start()
    assert second.loop.stopped
    assert "another agent" in second.said[-1]


def test_a_listener_that_leaves_is_forgotten(side: Side, private_bus: PrivateBus) -> None:
    with closing(connect(private_bus.address)) as first, closing(connect(private_bus.address)) as second:
        side.asked(first)
        side.asked(second)
        assert side.service.listeners == {first.unique_name, second.unique_name}
        second.close()
        side.turn_until(lambda: side.service.listeners == {first.unique_name})
    side.turn_until(lambda: not side.service.listeners)


def test_figures_that_drift_are_told_only_while_somebody_listens(side: Side, private_bus: PrivateBus) -> None:
    assert side.service.publish(CALM, (), 0.0) is not None
    drifted = CALM._replace(time=110.0, room=6)
    assert side.service.publish(drifted, (), 10.0) is None
    with closing(connect(private_bus.address)) as listener:
        side.asked(listener)
        assert side.service.publish(drifted, (), 20.0) is not None
        assert side.service.publish(drifted, (), 21.0) is None
        assert side.service.publish(drifted, (), 23.0) is not None


def test_news_is_told_at_once_but_not_twice_a_second(side: Side) -> None:
    assert side.service.publish(CALM, (), 0.0) is not None
    assert side.service.publish(CALM._replace(state=State.CRITICAL), (), 0.3) is None
    assert side.service.publish(CALM._replace(state=State.CRITICAL), (), 1.0) is not None
    assert side.service.publish(CALM._replace(state=State.CRITICAL), (), 2.0) is None


def test_it_comes_back_with_the_bus(side: Side, private_bus: PrivateBus) -> None:
    private_bus.stop()
    side.turn_until(lambda: not side.bus.connected)
    private_bus.start()
    side.turn_until(lambda: side.bus.connected)
    assert not side.loop.stopped


def test_a_bus_that_stays_away_has_ended_with_its_session(
    side: Side, private_bus: PrivateBus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(agent_bus, "ORPHAN_SECONDS", 0.4)
    private_bus.stop()
    # A bus that ends with its session takes its socket along; one that was killed leaves it and may be started again.
    os.unlink(private_bus.address.removeprefix("unix:path="))
    side.turn_until(lambda: side.loop.stopped)
    assert "the session has ended" in side.said[-1]


def test_a_bus_that_never_was_is_waited_for(private_bus: PrivateBus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agent_bus, "ORPHAN_SECONDS", 0.2)
    monkeypatch.setattr(agent_bus, "FIRST_WAIT", 0.05)
    private_bus.stop()
    side = Side()
    side.bus.start()
    until = time.monotonic() + 0.6
    side.turn_until(lambda: time.monotonic() > until)
    assert not side.loop.stopped
    private_bus.start()
    side.turn_until(lambda: side.bus.connected)
    side.bus.close()
