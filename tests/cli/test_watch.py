"""`guardian watch`: a JSON object a tick, a steady beat, the live table on a terminal of its own."""

import json
import os
import pty
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from guardian.cli.cadence import beats

Run = Callable[..., Any]


@contextmanager
def watching(checkout: Path, *args: str, **more: Any) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-P", "-m", "guardian", *args]
    environ = os.environ | {"PYTHONPATH": str(checkout)}
    watch = subprocess.Popen(command, env=environ, stdin=subprocess.DEVNULL, text=True, **more)
    try:
        yield watch
    finally:
        watch.kill()
        watch.communicate()


def test_each_tick_is_a_line_of_json(checkout: Path) -> None:
    with watching(checkout, "watch", "--json", "--interval", "0.2", "-n", "3", stdout=subprocess.PIPE) as watch:
        assert watch.stdout is not None
        ticks = [json.loads(watch.stdout.readline()) for _ in range(5)]
    for tick in ticks:
        assert list(tick) == ["schema", "time", "processes", "victims"]
        assert [row["rank"] for row in tick["victims"]] == [1, 2, 3][: len(tick["victims"])]
        assert tick["processes"] > 1
        assert "badness" in tick["victims"][0]
    # A busy machine may leave beats out, but none comes early.
    assert all(later["time"] - earlier["time"] > 0.1 for earlier, later in pairwise(ticks))
    assert ticks[-1]["time"] - ticks[0]["time"] > 0.7


def test_a_raised_adjustment_turns_up_first(checkout: Path) -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        with watching(checkout, "watch", "--json", "--interval", "0.2", stdout=subprocess.PIPE) as watch:
            assert watch.stdout is not None
            watch.stdout.readline()
            Path(f"/proc/{child.pid}/oom_score_adj").write_text("1000")
            firsts = [json.loads(watch.stdout.readline())["victims"][0]["pid"] for _ in range(15)]
        assert child.pid in firsts
    finally:
        child.communicate(b"\n")


def test_the_beat_does_not_drift_and_leaves_missed_beats_out(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [100.0]
    monkeypatch.setattr("guardian.cli.cadence.time.monotonic", lambda: clock[0])
    monkeypatch.setattr("guardian.cli.cadence.time.sleep", lambda seconds: clock.__setitem__(0, clock[0] + seconds))
    at = []
    for now in beats(1.0, 5):
        at.append(now)
        # Work takes a third of a beat; once two beats and a half.
        clock[0] += 2.5 if len(at) == 2 else 0.3
    assert at == pytest.approx([100.0, 101.0, 104.0, 105.0, 106.0])


def test_in_a_pipe_tables_follow_one_another(checkout: Path) -> None:
    with watching(checkout, "watch", "--interval", "0.1", "-n", "1", stdout=subprocess.PIPE) as watch:
        assert watch.stdout is not None
        text = "".join(watch.stdout.readline() for _ in range(16))
    assert text.count("Room ") >= 2
    assert "\x1b" not in text


def said_by(terminal: int, wait: float) -> bytes:
    """What a program has written to its terminal; b"" when nothing came, or when it has ended."""
    if not select.select([terminal], [], [], wait)[0]:
        return b""
    try:
        return os.read(terminal, 65536)
    except OSError:
        # The other end was closed.
        return b""


def on_terminal(checkout: Path, *args: str, seconds: float = 15.0, **environ: str) -> tuple[str, int]:
    """What a terminal of 100 x 20 shows until something of the table is there, and the exit code after Ctrl-C."""
    here, there = pty.openpty()
    environment = {key: value for key, value in os.environ.items() if key not in {"QT_QPA_PLATFORM", "NO_COLOR"}}
    environment |= {"PYTHONPATH": str(checkout), "TERM": "xterm-256color", "COLUMNS": "100", "LINES": "20"} | environ
    command = [sys.executable, "-P", "-m", "guardian", *args]
    program = subprocess.Popen(command, env=environment, stdin=there, stdout=there, stderr=there, start_new_session=True)
    os.close(there)
    shown, until = b"", time.monotonic() + seconds
    try:
        while b"scores agree" not in shown and time.monotonic() < until:
            shown += said_by(here, 0.2)
        program.send_signal(signal.SIGINT)
        while program.poll() is None and time.monotonic() < until:
            shown += said_by(here, 0.1)
        return shown.decode(), program.wait(timeout=5)
    finally:
        program.kill()
        program.wait()
        os.close(here)


def test_on_a_terminal_it_repaints_its_own_screen(checkout: Path) -> None:
    shown, code = on_terminal(checkout, "watch", "--interval", "0.2")
    assert "\x1b[?1049h" in shown
    assert "\x1b[?1049l" in shown
    assert "\x1b[1m" in shown
    assert "Points" in shown
    assert "Traceback" not in shown
    assert code == 130


def test_no_colours_where_they_are_not_wanted(checkout: Path) -> None:
    shown, _code = on_terminal(checkout, "victims", NO_COLOR="1")
    assert "scores agree" in shown
    assert "\x1b[3" not in shown
