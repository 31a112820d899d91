"""The session bus in Qt's loop, against the real dbus-daemon."""

from collections.abc import Iterator
from contextlib import closing

import pytest
from jeepney import DBusAddress, HeaderFields, Message, new_method_call, new_method_return, new_signal
from pytestqt.qtbot import QtBot

from guardian.adapters.session_bus import BUS, CallFailed, connect
from guardian.ui import qt_bus
from guardian.ui.qt_bus import QtBus
from tests.conftest import PrivateBus

NAME = "org.example.Here"
EMITTER = DBusAddress("/x", interface="org.example.X")


@pytest.fixture
def bus(private_bus: PrivateBus, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> Iterator[QtBus]:
    """A connected bus that tries again soon."""
    monkeypatch.setattr(qt_bus, "_FIRST_WAIT", 0.1)
    bus = QtBus()
    bus.start()
    assert bus.connected
    yield bus
    bus.stop()


def asked(bus: QtBus, qtbot: QtBot, call: Message, timeout: float = 2.0) -> tuple[object, ...] | CallFailed:
    answers: list[tuple[object, ...] | CallFailed] = []
    bus.call(call, answers.append, timeout)
    qtbot.waitUntil(lambda: bool(answers), timeout=5000)
    return answers[0]


def test_a_call_is_answered_in_the_loop(bus: QtBus, qtbot: QtBot) -> None:
    answer = asked(bus, qtbot, new_method_call(BUS, "GetId"))
    assert isinstance(answer, tuple)
    assert isinstance(answer[0], str)


def test_an_error_is_an_answer(bus: QtBus, qtbot: QtBot) -> None:
    answer = asked(bus, qtbot, new_method_call(BUS, "GetNameOwner", "s", (NAME,)))
    assert isinstance(answer, CallFailed)
    assert answer.name.endswith(".NameHasNoOwner")


def test_a_call_that_nobody_answers_ends_in_time(bus: QtBus, qtbot: QtBot, private_bus: PrivateBus) -> None:
    with closing(connect(private_bus.address)) as mute:
        answer = asked(bus, qtbot, new_method_call(DBusAddress("/x", mute.unique_name), "Ping"), timeout=0.1)
    assert isinstance(answer, CallFailed)
    assert answer.name.endswith(".NoReply")


def test_signals_that_match_are_heard(bus: QtBus, qtbot: QtBot, private_bus: PrivateBus) -> None:
    bus.match("type='signal',interface='org.example.X'")
    asked(bus, qtbot, new_method_call(BUS, "GetId"))
    with closing(connect(private_bus.address)) as other, qtbot.waitSignal(bus.heard, timeout=5000) as heard:
        other.send(new_signal(EMITTER, "Note", "s", ("hello",)))
    assert heard.args is not None
    assert heard.args[0].body == ("hello",)


def test_our_object_answers_and_the_rest_is_unknown(bus: QtBus, qtbot: QtBot, private_bus: PrivateBus) -> None:
    def serve(call: Message) -> Message | None:
        known = call.header.fields[HeaderFields.member] == "Echo"
        return new_method_return(call, "s", call.body) if known else None

    bus.serve(serve)
    assert bus.own_name(NAME)
    other = QtBus()
    other.start()
    assert asked(other, qtbot, new_method_call(DBusAddress("/x", NAME), "Echo", "s", ("a",))) == ("a",)
    refused = asked(other, qtbot, new_method_call(DBusAddress("/x", NAME), "Nothing"))
    assert isinstance(refused, CallFailed)
    assert refused.name.endswith(".UnknownMethod")
    assert not other.own_name(NAME)
    other.stop()


def test_it_comes_back_with_the_bus_and_hears_again(bus: QtBus, qtbot: QtBot, private_bus: PrivateBus) -> None:
    bus.match("type='signal',interface='org.example.X'")
    answers: list[object] = []
    with qtbot.waitSignal(bus.lost, timeout=5000):
        private_bus.stop()
    bus.call(new_method_call(BUS, "GetId"), answers.append)
    assert not bus.connected
    with qtbot.waitSignal(bus.found, timeout=10000):
        private_bus.start()
    assert len(answers) == 1
    assert isinstance(answers[0], CallFailed)
    asked(bus, qtbot, new_method_call(BUS, "GetId"))
    with closing(connect(private_bus.address)) as other, qtbot.waitSignal(bus.heard, timeout=5000):
        other.send(new_signal(EMITTER, "Note"))


def test_a_call_under_way_fails_when_the_bus_goes(bus: QtBus, qtbot: QtBot, private_bus: PrivateBus) -> None:
    answers: list[object] = []
    with closing(connect(private_bus.address)) as mute:
        bus.call(new_method_call(DBusAddress("/x", mute.unique_name), "Ping"), answers.append, timeout=60)
        qtbot.wait(50)
        private_bus.stop()
        qtbot.waitUntil(lambda: bool(answers), timeout=5000)
    assert isinstance(answers[0], CallFailed)
    assert answers[0].name.endswith(".Disconnected")


def test_without_a_bus_it_says_why(qtbot: QtBot) -> None:
    bus = QtBus(environ={})
    with qtbot.waitSignal(bus.lost) as lost:
        bus.start()
    assert lost.args is not None
    assert "DBUS_SESSION_BUS_ADDRESS" in lost.args[0]
    assert not bus.own_name(NAME)
    assert bus.send(new_method_call(BUS, "GetId")) is None
    bus.stop()
