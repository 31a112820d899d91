"""Starting an agent that outlives its starter."""

import os
import signal
import time
from pathlib import Path

import pytest

from guardian.adapters import agent_start
from guardian.adapters.agent_start import AgentProcess, CannotStart, log_path, start_agent


def test_the_log_lies_in_the_state_folder(tmp_path: Path) -> None:
    assert log_path({"XDG_STATE_HOME": str(tmp_path)}) == tmp_path / "oom-guardian/agent.log"
    assert log_path({"XDG_STATE_HOME": "relative", "HOME": "/home/anna"}) == Path(
        "/home/anna/.local/state/oom-guardian/agent.log"
    )


def ended(process: AgentProcess) -> None:
    os.kill(process.pid, signal.SIGTERM)
    until = time.monotonic() + 20
    while process.running:
        assert time.monotonic() < until
        time.sleep(0.02)


def test_it_runs_in_a_session_of_its_own_and_logs(tmp_path: Path) -> None:
    environ = {**os.environ, "XDG_ACTIVATION_TOKEN": "for the window", "PYTHONPATH": "/elsewhere"}
    process = start_agent(environ)
    log = log_path(environ)
    try:
        assert os.getsid(process.pid) == process.pid
        until = time.monotonic() + 20
        while not (log.exists() and "runs as process" in log.read_text(encoding="utf-8")):
            assert time.monotonic() < until
            time.sleep(0.05)
        inherited = Path(f"/proc/{process.pid}/environ").read_bytes().decode().split("\0")
        assert not any(one.startswith("XDG_ACTIVATION_TOKEN") for one in inherited)
        assert any(one.startswith("PYTHONPATH=") and one.endswith(":/elsewhere") for one in inherited)
        assert os.readlink(f"/proc/{process.pid}/fd/0") == "/dev/null"
        assert log.stat().st_mode & 0o077 == 0
    finally:
        ended(process)


def test_a_long_log_is_begun_anew(tmp_path: Path) -> None:
    log = tmp_path / "oom-guardian/agent.log"
    log.parent.mkdir()
    log.write_bytes(b"x" * (agent_start._LARGEST_LOG + 1))
    fd = agent_start._opened_log(log)
    assert fd is not None
    os.close(fd)
    assert log.stat().st_size == 0


def test_where_no_log_can_be_written_it_runs_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert agent_start._opened_log(tmp_path / "file" / "agent.log") is None
    ended(start_agent({**os.environ, "XDG_STATE_HOME": str(tmp_path / "file")}))


def test_what_cannot_be_started_says_what_would_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", "/nowhere/python")
    with pytest.raises(CannotStart, match="Start it: guardian agent"):
        start_agent()
    monkeypatch.setattr("sys.executable", "")
    with pytest.raises(CannotStart, match="Start it: guardian agent"):
        start_agent()
