"""`guardian agent` as a real process on a real session bus."""

import os
import random
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from jeepney import DBusAddress, Endianness, HeaderFields, Message, MessageFlag, MessageType, Properties, new_method_call
from jeepney.low_level import Header

from guardian.adapters.agent_client import AGENT, NoAgent, ask_agent, ask_all
from guardian.adapters.session_bus import BUS, BusConnection, CallFailed, NoBus, connect
from guardian.model.verdict import State
from guardian.protocol.agent import AGENT_INTERFACE, AGENT_NAME, AGENT_PATH, PROPERTY_TYPES
from tests.conftest import PrivateBus

StartAgent = Callable[..., "subprocess.Popen[str]"]


def wait_for(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "did not come in time"
        time.sleep(0.05)


def owned(bus: PrivateBus) -> bool:
    with closing(connect(bus.address)) as connection:
        (there,) = connection.call(new_method_call(BUS, "NameHasOwner", "s", (AGENT_NAME,)))
    return bool(there)


@pytest.fixture
def start_agent(checkout: Path, tmp_path: Path) -> Iterator[StartAgent]:
    """Starts agents whose messages go to a file each; all of them are ended."""
    begun: list[subprocess.Popen[str]] = []

    def start(log: str = "agent.log", **environ: str) -> "subprocess.Popen[str]":
        with open(tmp_path / log, "w", encoding="utf-8") as said:
            command = [sys.executable, "-m", "guardian", "agent"]
            here = os.environ | {"PYTHONPATH": str(checkout)} | environ
            begun.append(subprocess.Popen(command, env=here, cwd=tmp_path, stderr=said, stdin=subprocess.DEVNULL, text=True))
        return begun[-1]

    yield start
    for one in begun:
        one.kill()
        one.wait()


@pytest.fixture
def agent(start_agent: StartAgent, private_bus: PrivateBus) -> "subprocess.Popen[str]":
    """An agent that owns its name and has judged once."""
    agent = start_agent()
    wait_for(lambda: owned(private_bus))
    wait_for(lambda: "time" in properties(private_bus)["State"][1])
    return agent


def properties(bus: PrivateBus) -> dict[str, tuple[str, object]]:
    with closing(connect(bus.address)) as connection:
        (found,) = connection.call(ask_all())
    return dict(found)


def test_its_properties_are_what_the_protocol_says(agent: "subprocess.Popen[str]", private_bus: PrivateBus) -> None:
    found = properties(private_bus)
    assert {name: kind for name, (kind, _value) in found.items()} == PROPERTY_TYPES
    state = found["State"][1]
    assert state["agent_pid"] == ("u", agent.pid)
    assert state["agent_oom_score_adj"][0] == "i"
    assert abs(state["time"][1] - time.time()) < 10
    with closing(connect(private_bus.address)) as connection:
        for name, kind in PROPERTY_TYPES.items():
            ((signature, _value),) = connection.call(Properties(AGENT).get(name))
            assert signature == kind


def test_gdbus_reads_its_state(agent: "subprocess.Popen[str]") -> None:
    command = ["gdbus", "call", "--session", "--dest", AGENT_NAME, "--object-path", AGENT_PATH]
    command += ["--method", "org.freedesktop.DBus.Properties.Get", AGENT_INTERFACE, "State"]
    try:
        said = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    except FileNotFoundError:
        pytest.skip("gdbus is missing (Debian: libglib2.0-bin)")
    assert said.returncode == 0, said.stderr
    assert "'room': <uint64 " in said.stdout


def test_what_it_says_is_a_verdict(agent: "subprocess.Popen[str]") -> None:
    verdict = ask_agent()
    assert verdict.state in set(State)
    total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    assert 0 < verdict.room_memory <= total
    assert [one.name for one in verdict.evidence][:1] == ["room"]


def test_a_second_agent_says_so_and_ends_well(agent: "subprocess.Popen[str]", start_agent: StartAgent, tmp_path: Path) -> None:
    second = start_agent("second.log")
    assert second.wait(timeout=20) == 0
    assert "another agent serves this session" in (tmp_path / "second.log").read_text(encoding="utf-8")
    assert agent.poll() is None


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_well_and_frees_the_name(
    agent: "subprocess.Popen[str]", private_bus: PrivateBus, tmp_path: Path, how: signal.Signals
) -> None:
    agent.send_signal(how)
    assert agent.wait(timeout=10) == 0
    assert not owned(private_bus)
    assert "Traceback" not in (tmp_path / "agent.log").read_text(encoding="utf-8")


def test_a_hang_up_does_not_end_it(agent: "subprocess.Popen[str]", private_bus: PrivateBus) -> None:
    before = ask_agent().time
    agent.send_signal(signal.SIGHUP)
    wait_for(lambda: ask_agent().time > before)
    assert agent.poll() is None


def test_it_comes_back_with_the_bus(agent: "subprocess.Popen[str]", private_bus: PrivateBus, tmp_path: Path) -> None:
    private_bus.stop()
    time.sleep(0.3)
    private_bus.start()
    wait_for(lambda: owned(private_bus))
    assert ask_agent().room > 0
    assert agent.poll() is None
    assert "The session bus is gone" in (tmp_path / "agent.log").read_text(encoding="utf-8")


def test_without_a_bus_it_goes_on_and_says_so_once(start_agent: StartAgent, tmp_path: Path) -> None:
    agent = start_agent()
    wait_for(lambda: "no session bus" in (tmp_path / "agent.log").read_text(encoding="utf-8"))
    time.sleep(2.5)
    assert agent.poll() is None
    assert (tmp_path / "agent.log").read_text(encoding="utf-8").count("no session bus") == 1
    agent.terminate()
    assert agent.wait(timeout=10) == 0


def test_asking_where_none_runs_says_so(private_bus: PrivateBus) -> None:
    with pytest.raises(NoAgent, match="No agent runs"):
        ask_agent()
    private_bus.stop()
    with pytest.raises(NoBus):
        ask_agent()


def test_it_tells_what_changes_while_somebody_listens(agent: "subprocess.Popen[str]", private_bus: PrivateBus) -> None:
    rule = f"type='signal',sender='{AGENT_NAME}',member='PropertiesChanged'"
    with closing(connect(private_bus.address)) as listener:
        listener.add_match(rule)
        listener.call(ask_all())
        heard = signals(listener, seconds=8.5)
    assert 1 <= len(heard) <= 9
    interface, changed, invalidated = heard[0].body
    assert (interface, invalidated) == (AGENT_INTERFACE, [])
    assert changed["State"][1]["room"][0] == "t"


def signals(connection: BusConnection, seconds: float) -> list[Message]:
    heard: list[Message] = []
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        if connection.kept or select.select([connection], [], [], left)[0]:
            heard += [one for one in connection.receive() if one.header.fields.get(HeaderFields.member) == "PropertiesChanged"]
    return heard


@pytest.mark.parametrize(
    "interface,member,signature,body,error",
    [
        ("org.freedesktop.DBus.Properties", "Get", "ss", (AGENT_INTERFACE, "Nothing"), "UnknownProperty"),
        ("org.freedesktop.DBus.Properties", "Get", "ss", ("org.example.X", "State"), "UnknownInterface"),
        ("org.freedesktop.DBus.Properties", "Get", "s", (AGENT_INTERFACE,), "InvalidArgs"),
        ("org.freedesktop.DBus.Properties", "GetAll", None, (), "InvalidArgs"),
        ("org.freedesktop.DBus.Properties", "Set", "ssv", (AGENT_INTERFACE, "State", ("s", "x")), "PropertyReadOnly"),
        ("org.freedesktop.DBus.Properties", "Frob", None, (), "UnknownMethod"),
        (AGENT_INTERFACE, "Freeze", "s", ("firefox",), "InvalidArgs"),
        (AGENT_INTERFACE, "Snooze", None, (), "InvalidArgs"),
        (AGENT_INTERFACE, "State", None, (), "UnknownMethod"),
        ("org.example.X", "Get", "ss", ("a", "b"), "UnknownMethod"),
    ],
)
def test_a_wrong_call_is_refused_by_the_right_name(
    agent: "subprocess.Popen[str]",
    private_bus: PrivateBus,
    interface: str,
    member: str,
    signature: str | None,
    body: tuple[object, ...],
    error: str,
) -> None:
    with closing(connect(private_bus.address)) as connection, pytest.raises(CallFailed) as failed:
        connection.call(new_method_call(DBusAddress(AGENT_PATH, AGENT_NAME, interface), member, signature, body))
    assert failed.value.name == f"org.freedesktop.DBus.Error.{error}"


def test_objects_above_it_lead_to_it_and_others_do_not_exist(agent: "subprocess.Popen[str]", private_bus: PrivateBus) -> None:
    path, walked = "", []
    with closing(connect(private_bus.address)) as connection:
        while path != AGENT_PATH:
            address = DBusAddress(path or "/", AGENT_NAME, "org.freedesktop.DBus.Introspectable")
            (xml,) = connection.call(new_method_call(address, "Introspect"))
            walked.append(xml.split('<node name="')[1].split('"')[0])
            path += "/" + walked[-1]
        with pytest.raises(CallFailed) as failed:
            connection.call(Properties(DBusAddress("/elsewhere", AGENT_NAME, AGENT_INTERFACE)).get("State"))
        assert failed.value.name.endswith(".UnknownObject")
        ping = new_method_call(DBusAddress("/elsewhere", AGENT_NAME, "org.freedesktop.DBus.Peer"), "Ping")
        assert connection.call(ping) == ()


VALUES: dict[str, object] = {
    "y": 7,
    "b": True,
    "i": -1,
    "u": 2**32 - 1,
    "t": 2**64 - 1,
    "d": float("nan"),
    "s": "\U0001f9e8" * 50,
    "o": "/a/b",
    "g": "a{sv}",
    "v": ("v", ("v", ("as", ["x"] * 100))),
    "as": ["", AGENT_INTERFACE],
    "a{sv}": {"": ("t", 0)},
    "(si)": ("a", 1),
    "ay": b"\xff" * 1000,
    "aa{sv}": [{}, {"a": ("aav", [[("u", 1)]])}],
}


def odd_call(chance: random.Random, serial: int) -> Message:
    """A call with parts that are each valid and seldom fit together."""
    kinds = chance.choices(sorted(VALUES), k=chance.randrange(4))
    members = ["Get", "GetAll", "Set", "Introspect", "Ping", "GetMachineId", "Freeze", "Thaw", "X", "_" * 200]
    paths = [AGENT_PATH, "/", "/io", "/io/github", AGENT_PATH + "/deeper", "/x"]
    interfaces = [
        None,
        AGENT_INTERFACE,
        "org.freedesktop.DBus.Properties",
        "org.freedesktop.DBus.Peer",
        "a.b",
        "org.freedesktop.DBus",
    ]
    fields: dict[HeaderFields, object] = {
        HeaderFields.destination: AGENT_NAME,
        HeaderFields.path: chance.choice(paths),
        HeaderFields.member: chance.choice(members),
    }
    interface = chance.choice(interfaces)
    if interface is not None:
        fields[HeaderFields.interface] = interface
    if kinds:
        fields[HeaderFields.signature] = "".join(kinds)
    kind = MessageType.method_call
    if chance.random() < 0.1:
        kind = chance.choice([MessageType.method_return, MessageType.error])
        fields |= {HeaderFields.reply_serial: serial, HeaderFields.error_name: "a.b.C"}
    flags = chance.choice([MessageFlag(0), MessageFlag.no_reply_expected])
    return Message(Header(Endianness.little, kind, flags, 1, -1, serial, fields), tuple(VALUES[one] for one in kinds))


def test_hundreds_of_odd_calls_leave_it_as_it_was(
    agent: "subprocess.Popen[str]", private_bus: PrivateBus, tmp_path: Path
) -> None:
    seed = random.randrange(2**32)
    chance = random.Random(seed)
    begun = time.monotonic()
    with closing(connect(private_bus.address)) as connection:
        asked = 0
        for number in range(600):
            call = odd_call(chance, number + 1)
            connection.send(call)
            wants = call.header.message_type is MessageType.method_call and not call.header.flags & MessageFlag.no_reply_expected
            asked += wants
        answered = 0
        while answered < asked and time.monotonic() - begun < 20:
            assert select.select([connection], [], [], 20)[0]
            answered += sum(
                one.header.message_type in {MessageType.method_return, MessageType.error} for one in connection.receive()
            )
        assert answered >= asked
    assert ask_agent().room > 0, f"seed {seed}"
    assert agent.poll() is None, f"seed {seed}"
    assert "Traceback" not in (tmp_path / "agent.log").read_text(encoding="utf-8")


def test_it_is_small_and_knows_no_qt(agent: "subprocess.Popen[str]") -> None:
    status = Path(f"/proc/{agent.pid}/status").read_text(encoding="utf-8")
    rss = int(status.split("VmRSS:")[1].split()[0]) / 1024
    assert rss <= 20, f"{rss:.1f} MiB"
    mapped = Path(f"/proc/{agent.pid}/maps").read_text(encoding="utf-8")
    # What the history needs is there from the start, before memory is short.
    assert "_sqlite3" in mapped
    for unwanted in ("libQt", "numpy", "_psutil", "_asyncio"):
        assert unwanted not in mapped
