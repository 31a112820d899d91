"""The agent sends alerts off the machine, and the address of a channel is nowhere but in the keyring and on its way."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from guardian.adapters import secrets
from guardian.adapters.channel_file import ChannelFile
from guardian.policy.channels import Channel
from tests.conftest import PrivateBus
from tests.http_receiver import HANG, Receiver
from tests.secret_service import SecretService, wait_for

TOKEN = "s3cret-tok3n-of-a-channel"
HOOK = Channel("hook", "webhook", ("warning", "critical", "kill"))


# A machine that is in danger from one look to the next; says in which order things were done, and when.
IN_ORDER = """
import json, os, sys, threading, time
from guardian.adapters.agent_bus import AgentBus
from guardian.cli import agent as module
from guardian.engine import Engine
from guardian.kernel.tree import KernelTree
from guardian.sampling.live import LiveSampler

class Failing:
    left = 12 << 30
    def __init__(self, source): self.source, self.kernel = source, source.kernel
    def take(self, *, realtime, monotonic, table=True):
        sample = self.source.take(realtime=realtime, monotonic=monotonic, table=table)
        memory = sample.memory._replace(mem_total=16 << 30, mem_available=self.left, mem_free=self.left, swap_total=0,
                                        swap_free=0, cached=0, active_file=0, inactive_file=0)
        return sample._replace(memory=memory, zones=None, swaps=(), zram=(), cgroups=())
    def glance(self, **when): return self.take(**when, table=False)

tree, done = KernelTree("/"), []
source = Failing(LiveSampler(tree, os.sysconf("SC_PAGE_SIZE")))
send = AgentBus.send
def noted(self, message):
    if message.header.fields.get(3) == "Notify": done.append(["notify", time.monotonic() - begun])
    return send(self, message)
AgentBus.send = noted
agent = module.Agent(tree, Engine(source, time))
agent._bus.start()
agent._take_settings()
agent._watch.look()
main = threading.get_ident()
def hook(event, args):
    if threading.get_ident() == main and event in ("import", "os.posix_spawn", "os.fork", "subprocess.Popen"):
        done.append([event, time.monotonic() - begun])
    elif threading.get_ident() == main and event == "open" and "alerts.json" in str(args[0]):
        done.append(["spool", time.monotonic() - begun])
begun = time.monotonic()
sys.addaudithook(hook)
source.left = 64 << 20
agent._watch.look()
while time.monotonic() - begun < 30 and not agent._away._post._said.get("hook"):
    agent._loop.turn(0.1)
print(json.dumps(done))
agent._away.close()
"""


class Agent:
    """A real agent that watches a small machine in a folder."""

    def __init__(self, checkout: Path, root: Any, log: Path) -> None:
        self.log, self.root = log, root
        self._checkout = checkout
        self.tell(12 << 10)
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        environ = os.environ | {"PYTHONPATH": str(self._checkout), "PYTHONFAULTHANDLER": "1", "GUARDIAN_TRACEBACK": "1"}
        command = [sys.executable, "-m", "guardian", "--root", str(self.root.folder), "agent"]
        with open(self.log, "ab") as said:
            self.process = subprocess.Popen(command, env=environ, stderr=said, stdout=said, stdin=subprocess.DEVNULL)
        wait_for(lambda: "owns" in self.log.read_text())

    def left(self, mib: int) -> None:
        """So much memory is available from now on."""
        self.tell(mib)
        assert self.process is not None
        self.process.send_signal(signal.SIGHUP)

    def tell(self, mib: int) -> None:
        """Write it into the file that the agent keeps open, in one go and at the same length."""
        kept = (
            f"MemTotal: 16777216 kB\nMemFree: {mib << 10:9} kB\nMemAvailable: {mib << 10:9} kB\nSwapTotal: 0 kB\nSwapFree: 0 kB\n"
        )
        file = os.open(self.root.folder / "proc" / "meminfo", os.O_WRONLY)
        os.pwrite(file, kept.encode(), 0)
        os.ftruncate(file, len(kept))
        os.close(file)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(30)
            self.process = None


@pytest.fixture
def agent(checkout: Path, machine_in: Callable[[Path], Any], tmp_path: Path, service: SecretService) -> Iterator[Agent]:
    made = Agent(checkout, machine_in(tmp_path / "root"), tmp_path / "agent.log")
    yield made
    made.stop()
    sys.stderr.write(made.log.read_text())


def test_it_tells_of_an_episode_once_and_over_a_restart(agent: Agent, receiver: Receiver) -> None:
    secrets.store(HOOK.secret, f"{receiver.address}/{TOKEN}")
    ChannelFile().write((HOOK,))
    agent.start()
    agent.left(100)
    wait_for(lambda: "Delivered" in agent.log.read_text())
    # A crash before the disk knows would send it again: rather twice than never.
    spool = Path(os.environ["XDG_STATE_HOME"]) / "oom-guardian" / "alerts.json"
    wait_for(lambda: json.loads(spool.read_text())["messages"] == [])
    agent.stop(signal.SIGKILL)
    agent.log.write_text("")
    agent.start()
    wait_for(lambda: "Critical" in agent.log.read_text())
    time.sleep(2.5)
    assert len(receiver.got) == 1
    assert "Critical" in receiver.got[0]["title"]


def found_in(folders: list[Path]) -> set[str]:
    """Where the secret is: argument lists and environments of all processes, and files below folders."""
    secret, places = TOKEN.encode(), set()
    for place in (f"/proc/{name}/{file}" for name in os.listdir("/proc") if name.isdigit() for file in ("cmdline", "environ")):
        try:
            if secret in Path(place).read_bytes():
                places.add(place.rpartition("/")[2])
        except OSError:
            continue
    return places | {path.name for folder in folders for path in folder.rglob("*") if _holds(path, secret)}


def _holds(path: Path, secret: bytes) -> bool:
    try:
        return path.is_file() and secret in path.read_bytes()
    except OSError:
        # It was there for a moment only.
        return False


@pytest.fixture
def home() -> Path:
    """The folder with all of the test's XDG folders."""
    return Path(os.environ["XDG_CONFIG_HOME"]).parent


@pytest.mark.slow
def test_the_address_is_nowhere(agent: Agent, receiver: Receiver, tmp_path: Path, home: Path, checkout: Path) -> None:
    seen: set[str] = set()
    said = added(f"{receiver.address}/{TOKEN}?rto=3", checkout, look := lambda: seen.update(found_in([home, tmp_path])))
    agent.start()
    assert agent.process is not None
    # Every way in which sending ends, a program that crashes in the middle among them.
    receiver.how = HANG
    agent.left(100)
    wait_for(lambda: look() or receiver.got)
    (child,) = Path(f"/proc/{agent.process.pid}/task/{agent.process.pid}/children").read_text().split()
    os.kill(int(child), signal.SIGABRT)
    wait_for(lambda: look() or "alerts to hook" in agent.log.read_text())
    receiver.how, asked = 500, receiver.asked
    receiver.going_on.set()
    wait_for(lambda: look() or receiver.asked > asked)
    receiver.how = 200
    wait_for(lambda: look() or "Delivered" in agent.log.read_text())
    agent.stop()
    look()
    assert seen == set()
    assert TOKEN not in said
    assert not [path for folder in (Path.cwd(), home, tmp_path) for path in folder.glob("core*")]


def test_the_look_for_it_would_find_it(home: Path, tmp_path: Path) -> None:
    (home / "state").mkdir(parents=True)
    (home / "state" / "alerts.json").write_text(f"x{TOKEN}x")
    command = [sys.executable, "-S", "-c", "import time; time.sleep(60)", TOKEN]
    with subprocess.Popen(command, env=os.environ | {"HOOK": TOKEN}) as leaking:
        wait_for(lambda: found_in([home, tmp_path]) == {"alerts.json", "cmdline", "environ"})
        leaking.kill()


def added(address: str, checkout: Path, look: Callable[[], object]) -> str:
    """What `guardian channels add` said, having looked about all the time."""
    command = [sys.executable, "-P", "-m", "guardian", "channels", "add", "hook", "--kind", "webhook", "--states", "critical"]
    with subprocess.Popen(
        command,
        env=os.environ | {"PYTHONPATH": str(checkout), "GUARDIAN_TRACEBACK": "1"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as adding:
        assert adding.stdin is not None
        assert adding.stdout is not None
        adding.stdin.write(address)
        adding.stdin.close()
        wait_for(lambda: look() or adding.poll() is not None)
        said = adding.stdout.read()
    assert adding.returncode == 0, said
    return said


def test_it_stays_small_and_loads_nothing_of_it_before_there_is_a_channel(agent: Agent, receiver: Receiver) -> None:
    secrets.store(HOOK.secret, f"{receiver.address}/x")
    ChannelFile().write((HOOK,))
    agent.start()
    agent.left(100)
    wait_for(lambda: "Delivered" in agent.log.read_text())
    assert agent.process is not None
    mapped = Path(f"/proc/{agent.process.pid}/maps").read_text()
    for unwanted in ("_ssl", "cryptography", "_asyncio"):
        assert unwanted not in mapped


def test_the_desktop_is_told_first_and_nothing_holds_that_up(
    checkout: Path, private_bus: PrivateBus, service: SecretService, receiver: Receiver
) -> None:
    secrets.store(HOOK.secret, f"{receiver.address}/x")
    ChannelFile().write((HOOK,))
    here = os.environ | {"PYTHONPATH": str(checkout)}
    said = subprocess.run([sys.executable, "-c", IN_ORDER], env=here, capture_output=True, text=True, timeout=90, check=False)
    assert said.returncode == 0, said.stderr
    done = json.loads(said.stdout)
    # No library is loaded, no file written and no program started on the way; the one that sends comes a second later.
    assert [what for what, _when in done] == ["notify", "os.posix_spawn"], said.stderr
    assert done[1][1] - done[0][1] > 0.9
    assert len(receiver.got) == 1
