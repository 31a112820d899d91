"""The rule "when critical, freeze the fastest grower of mine", end to end: a real agent, real programs that grow, a real bus.

Only how much room is left is made up, so that no machine has to run out of memory for it; and the agent sees the test's own
programs alone, so that nobody else's are ever frozen.
"""

import hashlib
import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest
from jeepney import DBusAddress, HeaderFields, Message, MessageType, new_method_return, new_signal

from guardian.adapters.agent_client import ask_all
from guardian.adapters.history_store import HistoryStore, history_path
from guardian.adapters.notifications import SERVER
from guardian.adapters.session_bus import BusLost, CallFailed, NoBus, connect
from guardian.kernel.process import parse_stat, parse_statm
from tests.conftest import PrivateBus

pytestmark = [pytest.mark.desktop, pytest.mark.slow]

# The agent as it is, on a machine of 16 GiB of which as many MiB are left as a file says, and where nothing else runs.
AGENT = """
import os, sys, time
from guardian.adapters.history_writer import HistoryWriter
from guardian.cli import agent as module
from guardian.engine import Engine
from guardian.kernel.tree import KernelTree
from guardian.sampling.live import LiveSampler

class MadeUp:
    def __init__(self, source): self.source = source
    @property
    def kernel(self): return self.source.kernel
    def take(self, *, realtime, monotonic, table=True):
        sample = self.source.take(realtime=realtime, monotonic=monotonic, table=table)
        with open(sys.argv[1]) as file: left = int(file.read()) << 20
        memory = sample.memory._replace(mem_total=16 << 30, mem_available=left, mem_free=left, swap_total=0,
                                        swap_free=0, cached=0, active_file=0, inactive_file=0)
        mine = tuple(one for one in sample.processes or () if one.name in ("spared", "greedy", "slow"))
        return sample._replace(memory=memory, zones=None, swaps=(), zram=(), cgroups=(), processes=mine if table else None)
    def glance(self, **when): return self.take(**when, table=False)

tree = KernelTree("/")
with LiveSampler(tree, os.sysconf("SC_PAGE_SIZE")) as live:
    sys.exit(module.Agent(tree, Engine(MadeUp(live), time), HistoryWriter()).run())
"""
# Grows by so many KiB each 50 ms up to 96 MiB, and keeps a digest of all it holds in a file, so that nothing can get lost unseen.
GROWER = """
import hashlib, sys, time
# Among the likeliest victims it is looked at exactly each second, however small beside others.
with open("/proc/self/oom_score_adj", "w") as own: own.write("900")
held, step = [], int(sys.argv[1]) << 10
while True:
    if len(held) * step < 96 << 20: held.append(bytes([len(held) % 251]) * step)
    digest = hashlib.sha256(b"".join(held[-8:])).hexdigest()
    with open(sys.argv[2], "w") as out: out.write(f"{len(held)} {digest}\\n")
    time.sleep(0.05)
"""
LOW, PLENTY = 200, 12000


def wait_for(condition: Callable[[], bool], seconds: float = 60.0, what: str = "it") -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, f"{what} did not come in time"
        time.sleep(0.05)


def letter(pid: int) -> str:
    return parse_stat(Path(f"/proc/{pid}/stat").read_text()).state


def held(pid: int) -> int:
    return parse_statm(Path(f"/proc/{pid}/statm").read_text()).resident


class Server:
    """A notification server that notes what it is asked to show, and can press a button."""

    def __init__(self, address: str) -> None:
        self.shown: list[tuple[str, str, list[str]]] = []
        self._bus = connect(address)
        assert self._bus.request_name(SERVER)
        self._pressed: list[str] = []
        self._ids: dict[str, int] = {}
        self._ended = False
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def press(self, act: str) -> None:
        """Press the button of an act on the message that offered it last."""
        self._pressed.append(act)

    def close(self) -> None:
        self._ended = True
        self._thread.join()
        self._bus.close()

    def offered(self, act: str) -> bool:
        return any(act in acts for _summary, _body, acts in self.shown)

    def _serve(self) -> None:
        poll = select.poll()
        poll.register(self._bus, select.POLLIN)
        emitter = DBusAddress("/org/freedesktop/Notifications", interface="org.freedesktop.Notifications")
        while not self._ended:
            poll.poll(50)
            while self._pressed:
                act = self._pressed.pop()
                self._bus.send(new_signal(emitter, "ActionInvoked", "us", (self._ids[act], act)))
            with suppress(BusLost):
                for message in self._bus.receive():
                    if message.header.message_type is MessageType.method_call:
                        self._bus.send(self._answer(message))

    def _answer(self, message: Message) -> Message:
        member, body = message.header.fields[HeaderFields.member], message.body
        if member == "GetCapabilities":
            return new_method_return(message, "as", (["actions", "body"],))
        if member == "GetServerInformation":
            return new_method_return(message, "ssss", ("server", "test", "1", "1.2"))
        if member == "Notify":
            number = body[1] or len(self.shown) + 1
            self._ids |= dict.fromkeys(body[5][::2], number)
            self.shown.append((body[3], body[4], list(body[5][::2])))
            return new_method_return(message, "u", (number,))
        return new_method_return(message)


class World:
    """An agent with the rule on, and programs that grow."""

    def __init__(self, folder: Path, checkout: Path, bus: PrivateBus) -> None:
        self.folder, self._checkout, self._bus = folder, checkout, bus
        self.room = folder / "room"
        self.log = folder / "agent.log"
        self.leave(PLENTY)
        settings = Path(os.environ["XDG_CONFIG_HOME"]) / "oom-guardian" / "settings.toml"
        settings.parent.mkdir(parents=True)
        settings.write_text(
            '[relief]\nfreeze_when_critical = true\nnever_freeze = ["spared"]\nthaw_after = 1\nthaw_room = 0.25\n'
        )
        self.running: list[subprocess.Popen[bytes]] = []

    def leave(self, mib: int) -> None:
        """So much room is left from now on."""
        aside = self.folder / "room.new"
        aside.write_text(str(mib))
        aside.rename(self.room)

    def start_agent(self) -> "subprocess.Popen[bytes]":
        with open(self.log, "ab") as log:
            here = os.environ | {"PYTHONPATH": str(self._checkout)}
            command = [sys.executable, "-c", AGENT, str(self.room)]
            agent = subprocess.Popen(command, env=here, stderr=log, stdin=subprocess.DEVNULL)
        self.running.append(agent)
        wait_for(lambda: "time" in self.state(), what="the agent")
        return agent

    def start(self, name: str, kib: int) -> int:
        """A program of this name that grows."""
        program = self.folder / name
        program.symlink_to(sys.executable)
        command = [str(program), "-S", "-c", GROWER, str(kib), str(self.folder / f"{name}.held")]
        here = os.environ | {"PYTHONHOME": sys.base_prefix}
        self.running.append(subprocess.Popen(command, env=here, stdin=subprocess.DEVNULL))
        pid = self.running[-1].pid
        wait_for((self.folder / f"{name}.held").exists, what=name)
        assert parse_stat(Path(f"/proc/{pid}/stat").read_text()).comm == name
        return pid

    def state(self) -> dict[str, Any]:
        with suppress(CallFailed, BusLost, NoBus), closing(connect(self._bus.address)) as bus:
            return dict(bus.call(ask_all())[0]["State"][1])
        return {}

    def frozen(self) -> list[dict[str, Any]]:
        return [{key: value for key, (_kind, value) in one.items()} for one in self.state().get("frozen", ("", []))[1]]

    def count(self, name: str) -> int:
        """How many pieces a program holds, which must be whole."""
        words: list[str] = []
        while len(words) != 2:
            words = (self.folder / f"{name}.held").read_text().split()
        return int(words[0])

    def intact(self, name: str, kib: int) -> bool:
        """Whether the digest that a program wrote is that of what it was given."""
        words = (self.folder / f"{name}.held").read_text().split()
        if len(words) != 2:
            return False
        last = range(max(0, int(words[0]) - 8), int(words[0]))
        return hashlib.sha256(b"".join(bytes([at % 251]) * (kib << 10) for at in last)).hexdigest() == words[1]

    def end(self) -> None:
        for one in self.running:
            with suppress(ProcessLookupError):
                os.kill(one.pid, signal.SIGCONT)
            one.kill()
            one.wait()


@pytest.fixture
def world(tmp_path: Path, checkout: Path, private_bus: PrivateBus) -> Iterator[World]:
    made = World(tmp_path / "world", checkout, private_bus) if (tmp_path / "world").mkdir() is None else None
    assert made is not None
    yield made
    made.end()


@pytest.fixture
def server(private_bus: PrivateBus) -> Iterator[Server]:
    with closing(Server(private_bus.address)) as made:
        yield made


def test_from_critical_to_going_on(world: World, server: Server) -> None:
    world.start_agent()
    spared, greedy, slow = world.start("spared", 512), world.start("greedy", 256), world.start("slow", 64)
    world.leave(LOW)
    wait_for(lambda: letter(greedy) == "T", what="freezing")
    # The fastest is on the list of those that are never frozen; of the others only one, and the slower goes on.
    assert letter(spared) != "T"
    assert letter(slow) != "T"
    wait_for(lambda: bool(world.frozen()), what="the bus")
    assert [(one["name"], one["by_rule"]) for one in world.frozen()] == [("greedy", True)]
    before = held(greedy), world.count("slow")
    wait_for(lambda: world.count("slow") > before[1], what="the slower one's growth")
    assert held(greedy) == before[0]
    # It is told, with the way back, and kept in the history.
    wait_for(lambda: server.offered("thaw"), what="the reminder")
    assert ("greedy is frozen", ["default", "thaw"]) in [(summary, acts) for summary, _body, acts in server.shown]
    assert "froze greedy" in world.log.read_text()
    world.leave(PLENTY)
    wait_for(lambda: letter(greedy) != "T", what="thawing")
    grown = world.count("greedy")
    wait_for(lambda: world.count("greedy") > grown, what="growth after it")
    wait_for(lambda: world.intact("greedy", 256), what="a whole digest")
    wait_for(lambda: any("goes on" in summary for summary, _body, _acts in server.shown), what="the notice")
    assert world.frozen() == []
    assert letter(spared) != "T"


def test_the_button_lets_it_go_on_and_the_history_knows(world: World, server: Server) -> None:
    agent = world.start_agent()
    greedy = world.start("greedy", 256)
    world.leave(LOW)
    wait_for(lambda: letter(greedy) == "T" and server.offered("thaw"), what="freezing")
    server.press("thaw")
    wait_for(lambda: letter(greedy) != "T", what="going on")
    agent.terminate()
    agent.wait(20)
    with HistoryStore(history_path(), writable=False) as store:
        assert [(act.act, act.target, act.result) for act in store.acts()][:2] == [
            ("freeze by rule", "greedy", None),
            ("thaw", "greedy", None),
        ]


def test_what_a_killed_agent_froze_by_rule_the_next_one_lets_go_on(world: World) -> None:
    agent = world.start_agent()
    greedy = world.start("greedy", 256)
    world.leave(LOW)
    wait_for(lambda: letter(greedy) == "T", what="freezing")
    agent.kill()
    agent.wait()
    assert letter(greedy) == "T"
    world.leave(PLENTY)
    world.start_agent()
    wait_for(lambda: letter(greedy) != "T", what="going on")
    assert "greedy goes on: an earlier agent had frozen it" in world.log.read_text()


def test_whoever_is_let_go_on_by_somebody_else_is_frozen_no_more(world: World) -> None:
    world.start_agent()
    greedy = world.start("greedy", 256)
    world.leave(LOW)
    wait_for(lambda: letter(greedy) == "T" and bool(world.frozen()), what="freezing")
    os.kill(greedy, signal.SIGCONT)
    # The rule may freeze it again after its pause: what counts is that it noticed.
    wait_for(lambda: "greedy goes on, " in world.log.read_text(), what="noticing")


def test_without_the_rule_nothing_is_frozen(world: World) -> None:
    (Path(os.environ["XDG_CONFIG_HOME"]) / "oom-guardian" / "settings.toml").unlink()
    world.start_agent()
    greedy = world.start("greedy", 256)
    world.leave(LOW)
    wait_for(lambda: world.state().get("state", ("", ""))[1] == "critical", what="critical")
    at = world.state()["time"][1]
    wait_for(lambda: world.state()["time"][1] > at + 5, what="some seconds")
    assert letter(greedy) != "T"
    assert world.frozen() == []
