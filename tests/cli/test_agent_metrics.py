"""`guardian agent --system` and `--metrics` as real processes: what they serve, write and log, and what they refuse."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from guardian.adapters.history_store import HistoryStore
from guardian.model.history import Kill, Party
from tests.cli.conftest import GIB, PAGE, FakeRoot

Agent = subprocess.Popen[str]
Start = Callable[..., Agent]
Page = dict[str, float]
LOOKS = "oom_guardian_agent_looks_total"
LOOK_AT = "oom_guardian_agent_last_look_timestamp_seconds"
SPENT = "oom_guardian_agent_scrapes_cpu_seconds_total"


def wait_for(condition: Callable[[], bool], seconds: float = 30.0) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "did not come in time"
        time.sleep(0.05)


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def page(port: int) -> Page:
    """The samples by name with labels; empty where nobody answers."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"http://127.0.0.1:{port}/metrics", timeout=20) as answer:
            return samples(answer.read().decode())
    except OSError:
        return {}


def samples(text: str) -> Page:
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines)}


@pytest.fixture
def start(checkout: Path, tmp_path: Path) -> Iterator[Start]:
    """Starts agents; what they say goes to said.log."""
    begun: list[Agent] = []

    def start(*words: str, root: FakeRoot | None = None, **environ: str) -> Agent:
        before = ["--root", str(root.folder)] if root is not None else []
        here = os.environ | {"PYTHONPATH": str(checkout)} | environ
        with open(tmp_path / "said.log", "w", encoding="utf-8") as said:
            command = [sys.executable, "-m", "guardian", *before, "agent", *words]
            begun.append(subprocess.Popen(command, env=here, cwd=tmp_path, stderr=said, stdin=subprocess.DEVNULL, text=True))
        return begun[-1]

    yield start
    for one in begun:
        one.kill()
        one.wait()


def test_a_server_without_a_session(start: Start, fake_root: FakeRoot, tmp_path: Path) -> None:
    port, state = free_port(), tmp_path / "state"
    agent = start("--system", "--metrics", f"127.0.0.1:{port}", root=fake_root, STATE_DIRECTORY=str(state))
    wait_for(lambda: "oom_guardian_headroom_bytes" in page(port))
    found = page(port)
    assert found["oom_guardian_memory_size_bytes"] == 16 * GIB
    assert found['oom_guardian_victim_rank{program="code"}'] == 1
    assert found["oom_guardian_model_verified_ratio"] == 1
    # The page may come from a root of the test's own; the process is real.
    pages = int(Path(f"/proc/{agent.pid}/statm").read_text().split()[1])
    assert pages * PAGE <= 32 << 20
    wait_for((state / "history.sqlite").exists)
    agent.send_signal(signal.SIGHUP)
    looks = page(port)["oom_guardian_agent_looks_total"]
    wait_for(lambda: page(port)["oom_guardian_agent_looks_total"] > looks)
    agent.terminate()
    assert agent.wait(20) == 0
    said = (tmp_path / "said.log").read_text()
    assert "session bus" not in said
    assert "level=notice" in said
    assert "Traceback" not in said


def test_what_it_logs_can_be_read_by_programs(start: Start, fake_root: FakeRoot, tmp_path: Path) -> None:
    start("--system", root=fake_root, STATE_DIRECTORY=str(tmp_path / "state"))
    wait_for(lambda: "runs as process" in (tmp_path / "said.log").read_text())
    kib = 16 * GIB // 1024
    fake_root.write(
        "proc/meminfo",
        f"MemTotal: {kib} kB\nMemFree: {kib // 100} kB\nMemAvailable: {kib // 100} kB\nBuffers: 0 kB\nCached: 0 kB\n"
        "SwapTotal: 0 kB\nSwapFree: 0 kB\n",
    )
    wait_for(lambda: "state=critical" in (tmp_path / "said.log").read_text())
    line = next(one for one in (tmp_path / "said.log").read_text().splitlines() if "state=critical" in one)
    assert 'level=critical msg="Critical: ' in line
    assert "killer=kernel victim=code victim_pid=200" in line


def test_the_users_agent_serves_too_and_remembers_the_last_kill(
    start: Start, fake_root: FakeRoot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with HistoryStore() as store, store.transaction():
        store.put_kill(Kill(None, 1_700_000_000.0, "earlyoom", (Party(7, "java"),)))
    port, folder = free_port(), tmp_path / "textfiles"
    folder.mkdir()
    agent = start("--metrics", f":{port}", "--textfile", str(folder), "--top", "1", "--redact", root=fake_root)
    wait_for(lambda: any(name.startswith("oom_guardian_last_kill") for name in page(port)))
    found = page(port)
    assert [value for name, value in found.items() if name.startswith("oom_guardian_last_kill")] == [1_700_000_000.0]
    assert len([name for name in found if name.startswith("oom_guardian_victim_rank")]) == 1
    assert not [name for name in found if "firefox" in name or "java" in name]
    assert found['oom_guardian_kills_total{constraint="",killer="earlyoom"}'] == 0
    written = folder / "oom-guardian.prom"
    wait_for(written.exists)
    assert samples(written.read_text())["oom_guardian_memory_size_bytes"] == 16 * GIB
    agent.terminate()
    assert agent.wait(20) == 0
    assert not list(folder.iterdir())


def test_whoever_asks_does_not_hold_up_the_judge(start: Start, fake_root: FakeRoot, tmp_path: Path) -> None:
    port = free_port()
    start("--system", "--metrics", f":{port}", root=fake_root, STATE_DIRECTORY=str(tmp_path / "state"))
    wait_for(lambda: "oom_guardian_headroom_bytes" in page(port))
    before, over = page(port), threading.Event()

    def ask() -> None:
        while not over.is_set():
            page(port)

    flood = [threading.Thread(target=ask) for _ in range(4)]
    with ExitStack() as stack:
        for _ in range(20):
            silent = stack.enter_context(socket.create_connection(("127.0.0.1", port), 20))
            silent.sendall(b"GET /metrics HTTP/1.1\r\nX: ")
        for one in flood:
            one.start()
        try:
            # It is looked each second; a few looks prove that it goes on.
            wait_for(lambda: page(port).get(LOOKS, 0) >= before[LOOKS] + 4)
            after = page(port)
        finally:
            over.set()
            for one in flood:
                one.join()
    seconds = after[LOOK_AT] - before[LOOK_AT]
    assert after[LOOKS] - before[LOOKS] >= 0.4 * seconds
    assert after[SPENT] - before[SPENT] < 0.2 * seconds


def test_nothing_of_it_is_loaded_unasked(start: Start, fake_root: FakeRoot, tmp_path: Path) -> None:
    agent = start("--system", root=fake_root, STATE_DIRECTORY=str(tmp_path / "state"))
    wait_for(lambda: "is locked" in (tmp_path / "said.log").read_text() or "not locked" in (tmp_path / "said.log").read_text())
    maps = Path(f"/proc/{agent.pid}/maps").read_text()
    assert "libssl" not in maps
    assert "_hashlib" not in maps


@pytest.mark.parametrize(
    "words,code,told",
    [
        (("--metrics", "nonsense"), 1, "HOST:PORT"),
        (("--metrics", "0.0.0.0:9842"), 1, "other machines"),
        (("--metrics", ":9842", "--metrics-cert", "/nowhere"), 1, "give both"),
        (("--metrics-plain",), 2, "give --metrics"),
        (("--textfile", "/nowhere"), 1, "/nowhere is no folder"),
        (("--top", "101"), 2, "out of range"),
    ],
)
def test_what_cannot_be_is_said_in_one_line(
    start: Start, tmp_path: Path, fake_root: FakeRoot, words: tuple[str, ...], code: int, told: str
) -> None:
    assert start(*words, root=fake_root).wait(30) == code
    last = (tmp_path / "said.log").read_text().splitlines()[-1]
    assert last.startswith("guardian")
    assert told in last
    assert "Traceback" not in (tmp_path / "said.log").read_text()
