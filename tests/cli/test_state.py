"""`guardian state`: by the agent, by a sample, in words and as JSON."""

import json
import time
from contextlib import closing
from pathlib import Path
from threading import Thread

import pytest
from jeepney import MessageType, new_method_return

from guardian.adapters.agent_values import alerts_to_bus, forecast_to_bus, next_victims_to_bus, state_to_bus
from guardian.adapters.session_bus import connect
from guardian.cli import state
from guardian.cli.main import main
from guardian.kernel.process import ProcessKey
from guardian.model.verdict import Evidence, Grower, NextVictim, State, Verdict
from guardian.protocol.agent import AGENT_NAME
from tests.conftest import PrivateBus

GIB, MIB = 1 << 30, 1 << 20
WARNING = Verdict(
    time=0.0,
    state=State.WARNING,
    room=3 * GIB,
    room_memory=2 * GIB,
    room_swap=GIB,
    pressure_some=0.31,
    pressure_full=0.2,
    seconds_left=(240.0, 360.0, 540.0),
    shrinking=5.0 * MIB,
    evidence=(Evidence("room", 3.0 * GIB, 4.0 * GIB, met=True), Evidence("pressure", 0.2, 0.2, met=True)),
    next_victims=(NextVictim("kernel", "nothing left to free", "3.0 GiB left", 0.8, "a\nb", ProcessKey(42, 7), "/x", GIB, 3),),
    growers=(Grower("cc", ProcessKey(43, 8), 8, GIB, 2.0 * MIB),),
)


def says(bus: PrivateBus, verdict: Verdict) -> Thread:
    """An agent that answers one question and leaves."""
    connection = connect(bus.address)
    assert connection.request_name(AGENT_NAME)
    properties = {
        "State": ("a{sv}", state_to_bus(verdict)),
        "Forecast": ("a{sv}", forecast_to_bus(verdict)),
        "NextVictims": ("aa{sv}", next_victims_to_bus(verdict)),
        "Alerts": ("aa{sv}", alerts_to_bus(())),
    }

    def answer() -> None:
        with closing(connection):
            until = time.monotonic() + 10
            while time.monotonic() < until:
                for call in connection.receive():
                    if call.header.message_type is MessageType.method_call:
                        connection.send(new_method_return(call, "a{sv}", (properties,)))
                        return
                time.sleep(0.005)

    thread = Thread(target=answer)
    thread.start()
    return thread


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state, "SAMPLE_SECONDS", 0.05)


@pytest.mark.parametrize("urgency,code", [(State.CALM, 0), (State.WATCH, 10), (State.WARNING, 20), (State.CRITICAL, 30)])
def test_the_agents_state_is_the_exit_code(
    private_bus: PrivateBus, capsys: pytest.CaptureFixture[str], urgency: State, code: int
) -> None:
    agent = says(private_bus, WARNING._replace(state=urgency, time=time.time()))
    assert main(["state", "--json"]) == code
    agent.join()
    told = json.loads(capsys.readouterr().out)
    assert (told["schema"], told["state"], told["source"]) == (1, urgency.value, "agent")
    assert (told["room"], told["seconds_left"], told["seconds_left_range"]) == (3 * GIB, 360.0, [240.0, 540.0])
    assert told["evidence"][0] == {"name": "room", "value": 3.0 * GIB, "threshold": 4.0 * GIB, "met": True}
    (following,) = told["next_victims"]
    assert {"killer", "acts_when", "distance", "victim", "also_dies"} <= set(following)
    assert (following["victim"]["pid"], following["victim"]["name"], following["also_dies"]) == (42, "a\nb", 3)
    assert told["growers"][0]["processes"] == 8


def test_in_words(private_bus: PrivateBus, capsys: pytest.CaptureFixture[str]) -> None:
    agent = says(private_bus, WARNING._replace(time=time.time()))
    assert main(["state"]) == 20
    agent.join()
    assert capsys.readouterr().out.splitlines() == [
        "Warning: 3.0 GiB of room",
        "The kernel acts in 4 … 9 min",
        "",
        "room: 3.0 GiB, counts below 4.0 GiB",
        "time all waited for memory: 20.0 %, counts from 20.0 % on",
        "The kernel (nothing left to free): a\\nb (42), frees 1.0 GiB; 3.0 GiB left; 3 processes more end with it",
        "",
        "As the running agent judges.",
    ]


def test_without_an_agent_it_measures_and_says_why(private_bus: PrivateBus, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["state"])
    out = capsys.readouterr().out
    assert out.splitlines()[-1].startswith("No agent runs on this session bus.")
    assert code in {0, 10, 20, 30}


def test_without_a_bus_it_measures_too(capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["state", "--json"])
    told = json.loads(capsys.readouterr().out)
    assert told["source"] == "sample"
    assert told["seconds_left"] is None
    assert code == {"calm": 0, "watch": 10, "warning": 20, "critical": 30}[told["state"]]
    assert abs(told["time"] - time.time()) < 30


@pytest.mark.parametrize("odd", [WARNING._replace(time=0.0), WARNING._replace(time=9e9, state=State.NO_DATA)])
def test_an_agent_that_measures_nothing_does_not_count(
    private_bus: PrivateBus, capsys: pytest.CaptureFixture[str], odd: Verdict
) -> None:
    agent = says(private_bus, odd)
    main(["state", "--json"])
    agent.join()
    assert json.loads(capsys.readouterr().out)["source"] == "sample"


def test_a_machine_that_cannot_be_read_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--root", str(tmp_path), "state"]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert "/proc" in captured.err
