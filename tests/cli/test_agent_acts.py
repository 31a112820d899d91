"""The agent's ways out, on a real bus with real processes; what it does, and does not do, on its way to a warning."""

import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from jeepney import new_method_call

from guardian.adapters.agent_client import AGENT, ask_all
from guardian.adapters.session_bus import CallFailed, connect
from guardian.kernel.process import parse_stat
from tests.conftest import PrivateBus

# A machine whose room falls to nothing, judged by the real agent; afterwards it says what was imported, opened and started.
FALLING = """
import json, os, sys, time
from guardian.cli import agent as module
from guardian.engine import Engine
from guardian.kernel.tree import KernelTree
from guardian.sampling.live import LiveSampler

class Clock:
    now = 1000.0
    def time(self): return self.now
    def monotonic(self): return self.now

class Falling:
    def __init__(self, source): self.source, self.left = source, 12 << 30
    @property
    def kernel(self): return self.source.kernel
    def take(self, *, realtime, monotonic, table=True):
        sample = self.source.take(realtime=realtime, monotonic=monotonic, table=table)
        memory = sample.memory._replace(mem_total=16 << 30, mem_available=self.left, mem_free=self.left, swap_total=0,
                                        swap_free=0, cached=0, active_file=0, inactive_file=0)
        return sample._replace(memory=memory, zones=None, swaps=(), zram=(), cgroups=())
    def glance(self, **when): return self.take(**when, table=False)

clock = Clock()
tree = KernelTree("/")
live = LiveSampler(tree, os.sysconf("SC_PAGE_SIZE"))
source = Falling(live)
engine = Engine(source, clock)
agent = module.Agent(tree, engine)
agent._bus.start()
agent._take_settings()
seen = []
for number in range(5):
    clock.now += 1
    agent._watch.look()
bad = []
quiet = ("/proc/", "/sys/", "/dev/")
def hook(event, args):
    if event == "open" and not str(args[0]).startswith(quiet) and not isinstance(args[0], int) and "/" in str(args[0]):
        bad.append(f"open {args[0]}")
    elif event in ("import", "subprocess.Popen", "os.fork", "os.posix_spawn", "os.exec", "os.system"):
        bad.append(f"{event} {args[0] if args else ''}")
sys.addaudithook(hook)
states = []
for number in range(24):
    clock.now += 1
    source.left -= 520 << 20
    agent._watch.look()
    agent._loop.turn(0)
    states.append(engine.alerts[0].level.value if engine.alerts else "calm")
print(json.dumps({"states": states, "bad": bad, "ballast": agent._watch._ballast.held}))
"""


def wait_for(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "did not come in time"
        time.sleep(0.05)


@pytest.fixture
def agent(checkout: Path, tmp_path: Path, private_bus: PrivateBus) -> Iterator[Path]:
    """A running agent; the file its messages go to."""
    log = tmp_path / "agent.log"
    with open(log, "w", encoding="utf-8") as said:
        here = os.environ | {"PYTHONPATH": str(checkout)}
        running = subprocess.Popen([sys.executable, "-m", "guardian", "agent"], env=here, stderr=said, stdin=subprocess.DEVNULL)
    wait_for(lambda: "owns" in log.read_text())
    wait_for(lambda: "time" in state(private_bus))
    yield log
    running.terminate()
    running.wait(timeout=10)


@pytest.fixture
def sleeper() -> Iterator["subprocess.Popen[bytes]"]:
    with subprocess.Popen(["sleep", "60"]) as process:
        yield process
        process.kill()


def state(bus: PrivateBus) -> dict[str, Any]:
    with closing(connect(bus.address)) as connection:
        (found,) = connection.call(ask_all())
    return dict(found["State"][1])


def ask(bus: PrivateBus, method: str, signature: str | None = None, body: tuple[object, ...] = ()) -> tuple[Any, ...]:
    with closing(connect(bus.address)) as connection:
        return connection.call(new_method_call(AGENT, method, signature, body), 5.0)


def letter(pid: int) -> str:
    return parse_stat(Path(f"/proc/{pid}/stat").read_text()).state


def ticks(pid: int) -> int:
    return parse_stat(Path(f"/proc/{pid}/stat").read_text()).start_ticks


def test_freeze_and_thaw_over_the_bus(agent: Path, private_bus: PrivateBus, sleeper: "subprocess.Popen[bytes]") -> None:
    me = (sleeper.pid, ticks(sleeper.pid))
    ask(private_bus, "Freeze", "ut", me)
    wait_for(lambda: letter(sleeper.pid) == "T")
    ((entry,),) = (state(private_bus)["frozen"][1],)
    assert (entry["pid"][1], entry["start_ticks"][1], entry["by_rule"][1]) == (*me, False)
    with pytest.raises(CallFailed, match="frozen already"):
        ask(private_bus, "Freeze", "ut", me)
    ask(private_bus, "Thaw", "ut", me)
    wait_for(lambda: letter(sleeper.pid) != "T")
    assert state(private_bus)["frozen"][1] == []
    assert "froze sleep" in agent.read_text()


def test_wrong_targets_are_refused_in_words(agent: Path, private_bus: PrivateBus, sleeper: "subprocess.Popen[bytes]") -> None:
    with pytest.raises(CallFailed, match="already ended"):
        ask(private_bus, "Freeze", "ut", (sleeper.pid, ticks(sleeper.pid) + 1))
    with pytest.raises(CallFailed, match="was not frozen by OOM Guardian"):
        ask(private_bus, "Thaw", "ut", (sleeper.pid, ticks(sleeper.pid)))
    own = state(private_bus)["agent_pid"][1]
    with pytest.raises(CallFailed, match="never frozen"):
        ask(private_bus, "Freeze", "ut", (own, ticks(own)))
    assert letter(sleeper.pid) != "T"


def test_an_agent_that_ends_leaves_nothing_frozen(
    agent: Path, private_bus: PrivateBus, sleeper: "subprocess.Popen[bytes]"
) -> None:
    ask(private_bus, "Freeze", "ut", (sleeper.pid, ticks(sleeper.pid)))
    wait_for(lambda: letter(sleeper.pid) == "T")
    os.kill(state(private_bus)["agent_pid"][1], signal.SIGTERM)
    wait_for(lambda: letter(sleeper.pid) != "T")


def test_what_a_killed_agent_left_frozen_the_next_one_thaws(
    agent: Path, checkout: Path, private_bus: PrivateBus, sleeper: "subprocess.Popen[bytes]"
) -> None:
    ask(private_bus, "Freeze", "ut", (sleeper.pid, ticks(sleeper.pid)))
    wait_for(lambda: letter(sleeper.pid) == "T")
    os.kill(state(private_bus)["agent_pid"][1], signal.SIGKILL)
    here = os.environ | {"PYTHONPATH": str(checkout)}
    with subprocess.Popen([sys.executable, "-m", "guardian", "agent"], env=here, stderr=subprocess.DEVNULL) as second:
        wait_for(lambda: letter(sleeper.pid) != "T")
        second.terminate()


def test_memory_being_denied_to_itself_is_survived(agent: Path, private_bus: PrivateBus) -> None:
    pid = state(private_bus)["agent_pid"][1]
    _soft, hard = resource.prlimit(pid, resource.RLIMIT_AS)
    resource.prlimit(pid, resource.RLIMIT_AS, (1 << 20, hard))
    crowd = [subprocess.Popen(["sleep", "60"]) for _number in range(300)]
    try:
        # Hundreds of new rows hardly fit into what it holds already; whether they do is the allocator's affair.
        for _look in range(20):
            os.kill(pid, signal.SIGHUP)
            time.sleep(0.5)
            if any(words in agent.read_text() for words in ("had no memory itself", "failed to map segment")):
                break
    finally:
        resource.prlimit(pid, resource.RLIMIT_AS, (hard, hard))
        for one in crowd:
            one.kill()
            one.wait()
    assert Path(f"/proc/{pid}").is_dir(), agent.read_text()
    assert state(private_bus)["agent_pid"][1] == pid
    before = state(private_bus)["time"][1]
    wait_for(lambda: state(private_bus)["time"][1] > before)


def test_it_speaks_the_language_that_is_chosen_while_it_runs(
    agent: Path, private_bus: PrivateBus, sleeper: "subprocess.Popen[bytes]"
) -> None:
    settings = Path(os.environ["XDG_CONFIG_HOME"]) / "oom-guardian" / "settings.toml"
    settings.parent.mkdir(parents=True, exist_ok=True)
    me, pid = (sleeper.pid, ticks(sleeper.pid)), state(private_bus)["agent_pid"][1]
    for language, words in (("zh_CN", "冻结"), ("", "froze sleep")):
        settings.write_text(f'[desktop]\nlanguage = "{language}"\n')
        os.kill(pid, signal.SIGHUP)
        before = state(private_bus)["time"][1]
        wait_for(lambda since=before: state(private_bus)["time"][1] > since + 1)
        ask(private_bus, "Freeze", "ut", me)
        ask(private_bus, "Thaw", "ut", me)
        assert words in agent.read_text()


def test_quiet_is_kept_and_ended(agent: Path, private_bus: PrivateBus) -> None:
    ask(private_bus, "Snooze", "u", (900,))
    assert 890 <= state(private_bus)["quiet_seconds"][1] <= 900
    ask(private_bus, "Snooze", "u", (0,))
    assert state(private_bus)["quiet_seconds"][1] == 0


def test_the_users_own_rule_is_applied_to_a_new_process(agent: Path, private_bus: PrivateBus) -> None:
    rules = Path(os.environ["XDG_CONFIG_HOME"]) / "oom-guardian" / "rules.toml"
    rules.parent.mkdir(parents=True, exist_ok=True)
    rules.write_text('[[rule]]\nname = "sleep"\nadj = 700\n')
    with subprocess.Popen(["sleep", "61"]) as process:
        try:
            # A new table comes each ten seconds while it is calm.
            wait_for(lambda: Path(f"/proc/{process.pid}/oom_score_adj").read_text().strip() == "700", 25)
        finally:
            process.kill()


def test_on_the_way_to_critical_nothing_is_imported_opened_or_started(checkout: Path, private_bus: PrivateBus) -> None:
    here = os.environ | {"PYTHONPATH": str(checkout)}
    done = subprocess.run([sys.executable, "-c", FALLING], env=here, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["bad"] == []
    assert {"warning", "critical"} <= set(found["states"])
    assert found["states"][-1] == "critical"
    assert found["ballast"] is False
    assert "Warning:" in done.stderr
    assert "Critical:" in done.stderr
