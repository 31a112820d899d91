"""Signals reach the process that was meant, and no other."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from guardian.adapters.signals import NotSent, send_signal
from guardian.kernel.process import ProcessKey, parse_stat


def key_of(pid: int) -> ProcessKey:
    return ProcessKey(pid, parse_stat(Path(f"/proc/{pid}/stat").read_text("utf-8", "replace")).start_ticks)


def state_of(pid: int) -> str:
    return parse_stat(Path(f"/proc/{pid}/stat").read_text("utf-8", "replace")).state


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen([sys.executable, "-S", "-c", "import time; time.sleep(60)"]) as process:
        yield process
        process.kill()


def wait_for(pid: int, states: str) -> str:
    deadline = time.monotonic() + 5
    while state_of(pid) not in states and time.monotonic() < deadline:
        time.sleep(0.01)
    return state_of(pid)


def test_frozen_and_continued(sleeper: subprocess.Popen[bytes]) -> None:
    key = key_of(sleeper.pid)
    send_signal(key, "STOP")
    assert wait_for(sleeper.pid, "T") == "T"
    send_signal(key, "CONT")
    assert wait_for(sleeper.pid, "SR") in "SR"


@pytest.mark.parametrize("name", ["TERM", "KILL"])
def test_ended(sleeper: subprocess.Popen[bytes], name: str) -> None:
    send_signal(key_of(sleeper.pid), name)
    assert sleeper.wait(5) == -getattr(signal, f"SIG{name}")


def test_a_pid_that_is_used_again_is_not_hit(sleeper: subprocess.Popen[bytes]) -> None:
    key = key_of(sleeper.pid)
    with pytest.raises(NotSent) as refusal:
        send_signal(key._replace(start_ticks=key.start_ticks - 1), "KILL")
    assert refusal.value.gone
    assert "already ended" in str(refusal.value)
    time.sleep(0.05)
    assert sleeper.poll() is None


def test_who_has_ended_is_gone(sleeper: subprocess.Popen[bytes]) -> None:
    key = key_of(sleeper.pid)
    sleeper.kill()
    sleeper.wait()
    with pytest.raises(NotSent) as refusal:
        send_signal(key, "TERM")
    assert refusal.value.gone


def test_a_zombie_is_gone(sleeper: subprocess.Popen[bytes]) -> None:
    key = key_of(sleeper.pid)
    os.kill(sleeper.pid, signal.SIGKILL)
    assert wait_for(sleeper.pid, "Z") == "Z"
    with pytest.raises(NotSent) as refusal:
        send_signal(key, "TERM")
    assert refusal.value.gone


def test_process_1_and_oneself_are_left_alone() -> None:
    with pytest.raises(NotSent, match="process 1"):
        send_signal(ProcessKey(1, 0), "KILL")
    with pytest.raises(NotSent, match="itself"):
        send_signal(key_of(os.getpid()), "STOP")


def test_anothers_process_is_foreign(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("needs root, to be two users")
    with subprocess.Popen([sys.executable, "-S", "-c", "import time; time.sleep(60)"]) as target:
        key = key_of(target.pid)
        child = os.fork()
        if child == 0:
            os.setuid(65534)
            try:
                send_signal(key, "KILL")
            except NotSent as error:
                os._exit(0 if error.foreign and not error.gone else 1)
            os._exit(2)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert target.poll() is None
        target.kill()
