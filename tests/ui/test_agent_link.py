"""The window's view of the agent: real agents on a real bus, and agents that misbehave."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, suppress
from pathlib import Path

import pytest
from jeepney import DBusAddress, new_error, new_method_call, new_method_return, new_signal
from pytestqt.qtbot import QtBot

from guardian.adapters.agent_client import AGENT, ask_agent, ask_all
from guardian.adapters.agent_start import AgentProcess, CannotStart, log_path, start_agent
from guardian.adapters.session_bus import BusConnection, CallFailed, connect
from guardian.kernel.process import parse_stat
from guardian.model.verdict import State, Verdict
from guardian.protocol.agent import AGENT_INTERFACE, AGENT_NAME, AGENT_PATH
from guardian.ui import agent_link
from guardian.ui.agent_link import AgentLink
from guardian.ui.qt_bus import QtBus
from tests.conftest import PrivateBus

LONG = 20000
Follow = Callable[..., AgentLink]


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agent_link, "_FIRST_WAIT", 0.3)


@pytest.fixture
def agents() -> Iterator[list[AgentProcess]]:
    """The agents that were started; all of them are ended."""
    begun: list[AgentProcess] = []
    yield begun
    for one in begun:
        with suppress(ProcessLookupError):
            os.kill(one.pid, signal.SIGKILL)
        while one.running:
            time.sleep(0.01)


@pytest.fixture
def follow(qtbot: QtBot, agents: list[AgentProcess]) -> Iterator[Follow]:
    """Makes a link that follows; its bus is left and its judge stopped at the end."""
    made: list[tuple[AgentLink, QtBus]] = []

    def start(environ: Mapping[str, str]) -> AgentProcess:
        agents.append(start_agent(environ))
        return agents[-1]

    def make(start: Callable[[Mapping[str, str]], AgentProcess] = start, **environ: str) -> AgentLink:
        here = dict(environ) if environ else dict(os.environ)
        bus = QtBus(environ=here)
        bus.start()
        link = AgentLink(bus, start=start, environ=here)
        made.append((link, bus))
        return link

    yield make
    for link, bus in made:
        link.stop()
        bus.stop()


@pytest.fixture
def sleeper() -> Iterator["subprocess.Popen[bytes]"]:
    with subprocess.Popen(["sleep", "120"]) as process:
        yield process
        process.kill()


def never(_environ: Mapping[str, str]) -> AgentProcess:
    raise CannotStart("no agent in this test")


def test_it_starts_an_agent_where_none_runs_and_only_one(
    follow: Follow, private_bus: PrivateBus, qtbot: QtBot, agents: list[AgentProcess]
) -> None:
    first, second = follow(), follow()
    with qtbot.waitSignals([first.verdict_changed, second.verdict_changed], timeout=LONG):
        first.start()
        second.start()
    assert isinstance(first.verdict, Verdict)
    assert first.words == "Agent runs"
    qtbot.waitUntil(lambda: sum(one.running for one in agents) == 1, timeout=LONG)
    assert ask_agent().room > 0
    assert log_path().exists()


def test_what_the_agent_freezes_is_told(
    follow: Follow, private_bus: PrivateBus, qtbot: QtBot, sleeper: "subprocess.Popen[bytes]"
) -> None:
    link = follow()
    with qtbot.waitSignal(link.verdict_changed, timeout=LONG):
        link.start()
    key = (sleeper.pid, parse_stat(Path(f"/proc/{sleeper.pid}/stat").read_text()).start_ticks)
    for method, names in (("Freeze", ["sleep"]), ("Thaw", [])):
        with closing(connect(private_bus.address)) as asking, qtbot.waitSignal(link.frozen_changed, timeout=LONG) as told:
            asking.call(new_method_call(AGENT, method, "ut", key), 10.0)
        assert [one.name for one in told.args[0]] == names


def test_an_agent_that_dies_is_started_again(
    follow: Follow, private_bus: PrivateBus, qtbot: QtBot, agents: list[AgentProcess]
) -> None:
    link = follow()
    with qtbot.waitSignal(link.verdict_changed, timeout=LONG):
        link.start()
    with qtbot.waitSignal(link.lost, timeout=LONG):
        os.kill(agents[0].pid, signal.SIGKILL)
    # What the first agent said last may still come in before the second speaks.
    qtbot.waitUntil(lambda: len(agents) == 2, timeout=LONG)
    qtbot.waitUntil(lambda: link.words == "Agent runs", timeout=LONG)
    assert link.verdict is not None
    assert link.verdict.state is not State.NO_DATA


def test_an_agent_that_stands_still_is_no_data_until_it_goes_on(
    follow: Follow, private_bus: PrivateBus, qtbot: QtBot, agents: list[AgentProcess], monkeypatch: pytest.MonkeyPatch
) -> None:
    link = follow()
    with qtbot.waitSignal(link.verdict_changed, timeout=LONG):
        link.start()
    room = link.verdict.room if link.verdict else None
    monkeypatch.setattr(agent_link, "SILENT_SECONDS", 1.0)
    os.kill(agents[0].pid, signal.SIGSTOP)
    qtbot.waitUntil(lambda: link.verdict is not None and link.verdict.state is State.NO_DATA, timeout=LONG)
    assert link.words.startswith("No data for ")
    assert link.verdict is not None
    assert link.verdict.room == room or link.verdict.room > 0
    monkeypatch.setattr(agent_link, "SILENT_SECONDS", 12.0)
    os.kill(agents[0].pid, signal.SIGCONT)
    qtbot.waitUntil(lambda: link.verdict is not None and link.verdict.state is not State.NO_DATA, timeout=LONG)
    assert link.words == "Agent runs"


def test_the_bus_starts_it_where_a_service_file_is_installed(
    follow: Follow, private_bus: PrivateBus, qtbot: QtBot, tmp_path: Path, checkout: Path, agents: list[AgentProcess]
) -> None:
    import sys

    pid_file = tmp_path / "pid"
    launcher = tmp_path / "launcher"
    launcher.write_text(
        f"#!/bin/sh\necho $$ >{pid_file}\nPYTHONPATH={checkout} DBUS_SESSION_BUS_ADDRESS={private_bus.address} "
        f"exec {sys.executable} -m guardian agent 2>/dev/null\n"
    )
    launcher.chmod(0o755)
    service = private_bus.services / f"{AGENT_NAME}.service"
    service.write_text(f"[D-BUS Service]\nName={AGENT_NAME}\nExec={launcher}\n")
    private_bus.stop()
    private_bus.start()
    link = follow(never)
    with qtbot.waitSignal(link.verdict_changed, timeout=LONG):
        link.start()
    agents.append(AgentProcess(int(pid_file.read_text())))
    assert not link.judge.running


def test_without_a_bus_the_window_judges(follow: Follow, qtbot: QtBot) -> None:
    link = follow(never, HOME="/nowhere")
    with qtbot.waitSignal(link.verdict_changed, timeout=LONG):
        link.start()
    assert link.judge.running
    assert link.words == "No session bus: this window judges by itself"
    assert link.verdict is not None
    assert link.verdict.room > 0


def test_after_stopping_nothing_begins_again(follow: Follow, private_bus: PrivateBus, qtbot: QtBot) -> None:
    link = follow(never)
    link.start()
    link.stop()
    private_bus.stop()
    qtbot.waitUntil(lambda: not link._bus.connected, timeout=LONG)
    qtbot.wait(1500)
    assert not link.judge.running
    private_bus.start()
    qtbot.waitUntil(lambda: link._bus.connected, timeout=LONG)
    qtbot.wait(200)
    assert not link.judge.running
    assert link.verdict is None


def test_where_no_agent_can_be_had_the_window_judges(follow: Follow, private_bus: PrivateBus, qtbot: QtBot) -> None:
    tries: list[float] = []

    def fails(_environ: Mapping[str, str]) -> AgentProcess:
        tries.append(time.monotonic())
        raise CannotStart("no agent in this test")

    link = follow(fails)
    with qtbot.waitSignal(link.verdict_changed, timeout=LONG):
        link.start()
    assert link.judge.running
    assert 2 <= len(tries) <= 5
    assert tries[-1] - tries[0] > 0.3


def test_the_bus_that_comes_back_brings_the_agent_back(
    follow: Follow, private_bus: PrivateBus, qtbot: QtBot, agents: list[AgentProcess]
) -> None:
    link = follow()
    with qtbot.waitSignal(link.verdict_changed, timeout=LONG):
        link.start()
    private_bus.stop()
    qtbot.waitUntil(lambda: link.judge.running, timeout=LONG)
    private_bus.start()
    with qtbot.waitSignal(link.found, timeout=LONG):
        pass
    qtbot.waitUntil(lambda: link.words == "Agent runs", timeout=LONG)
    assert not link.judge.running


class Impostor:
    """Owns the agent's name and says what the test wants."""

    def __init__(self, bus: PrivateBus) -> None:
        self.connection: BusConnection = connect(bus.address)
        assert self.connection.request_name(AGENT_NAME)

    def answer(self, qtbot: QtBot, body: object | None, signature: str = "a{sv}") -> None:
        """Answer the next call with a body, or with an error."""

        def answered() -> bool:
            calls = [one for one in self.connection.receive() if "GetAll" in str(one.header.fields.values())]
            for call in calls:
                refused = new_error(call, "a.b.C", "s", ("no",))
                self.connection.send(refused if body is None else new_method_return(call, signature, (body,)))
            return bool(calls)

        qtbot.waitUntil(answered, timeout=LONG)


@pytest.mark.parametrize(
    "body,signature",
    [
        (None, ""),
        ({}, "a{sv}"),
        ({"State": ("s", "calm")}, "a{sv}"),
        ({"State": ("a{sv}", {"state": ("s", "elated")}), "Forecast": ("a{sv}", {}), "NextVictims": ("aa{sv}", [])}, "a{sv}"),
        ("what", "s"),
    ],
    ids=["error", "nothing", "a text", "an unknown state", "another type"],
)
def test_an_agent_that_says_odd_things_gives_no_verdict(
    follow: Follow, private_bus: PrivateBus, qtbot: QtBot, body: object, signature: str
) -> None:
    with closing((impostor := Impostor(private_bus)).connection):
        link = follow(never)
        link.start()
        impostor.answer(qtbot, body, signature)
        emitter = DBusAddress(AGENT_PATH, interface="org.freedesktop.DBus.Properties")
        odd = {"State": ("u", 7), "NextVictims": ("as", ["x"])}
        impostor.connection.send(new_signal(emitter, "PropertiesChanged", "sa{sv}as", (AGENT_INTERFACE, odd, [])))
        impostor.connection.send(new_signal(emitter, "PropertiesChanged", "u", (7,)))
        qtbot.wait(200)
        assert link.verdict is None


def test_a_process_that_ends_is_cleared_away(qtbot: QtBot, private_bus: PrivateBus, agents: list[AgentProcess]) -> None:
    agents.append(start_agent())
    assert agents[0].running
    os.kill(agents[0].pid, signal.SIGKILL)
    qtbot.waitUntil(lambda: not agents[0].running, timeout=LONG)
    with pytest.raises(ProcessLookupError):
        os.kill(agents[0].pid, 0)


def test_the_agent_is_told_to_be_quiet(follow: Follow, private_bus: PrivateBus, qtbot: QtBot) -> None:
    link = follow()
    with qtbot.waitSignal(link.verdict_changed, timeout=LONG):
        link.start()
    answers: list[object] = []
    told: list[int] = []
    link.quiet_changed.connect(told.append)
    for seconds, most in ((900, 900), (0, 0)):
        link.snooze(seconds, answers.append)
        qtbot.waitUntil(lambda: bool(answers), timeout=LONG)
        assert answers.pop() == ()
        with closing(connect(private_bus.address)) as asking:
            (properties,) = asking.call(ask_all(), 10.0)
        left = properties["State"][1]["quiet_seconds"][1]
        assert max(0, most - 60) <= left <= most
        qtbot.waitUntil(lambda most=most: bool(told) and told[-1] == most, timeout=LONG)  # type: ignore[misc]
    link.snooze(10**6, answers.append)
    qtbot.waitUntil(lambda: bool(answers), timeout=LONG)
    assert isinstance(answers.pop(), CallFailed)
