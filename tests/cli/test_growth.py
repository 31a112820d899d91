"""`guardian growth` on this machine."""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from guardian.adapters.history_store import HistoryStore, history_path
from guardian.cli.main import main
from guardian.model.kept_sizes import Floors, Held, Subject

GROWER = "import time\nheld = []\nwhile len(held) < 300: held.append(b'1' * (1 << 20)); time.sleep(0.05)"


@pytest.mark.slow
def test_a_real_grower_is_found_with_its_rate(capsys: pytest.CaptureFixture[str]) -> None:
    with subprocess.Popen([sys.executable, "-c", GROWER]) as grower:
        try:
            assert main(["growth", "--seconds", "6", "--json"]) == 0
        finally:
            grower.kill()
    found = {row["pid"]: row for row in json.loads(capsys.readouterr().out)["growing"]}
    assert grower.pid in found
    # 20 MiB/s where nothing holds it up.
    assert 1 << 20 < found[grower.pid]["growth"] < 25 << 20
    assert found[grower.pid]["confidence"] > 0.95


def kept_leak(path: Path, now: float) -> None:
    """A history in which one program has grown by 2 MiB a minute for 40 minutes, and one has rested."""
    leaky, calm = Subject("leaky", "leaky", now - 9000, "b", 7, 70), Subject("calm", "calm\x1b[31m", now - 9000, "b", 8, 80)
    with HistoryStore(path) as store, store.transaction():
        for minute in range(41):
            held = {leaky: Held((100 + 2 * minute) << 20), calm: Held(300 << 20)}
            store.put_floors(Floors(now - 60 * (40 - minute), 60, held))


def test_the_history_is_asked_where_there_is_one(guardian: Callable[..., Any]) -> None:
    kept_leak(history_path(), time.time())
    told = guardian("growth", "--json")
    assert told.code == 0
    found = json.loads(told.out)
    assert (found["schema"], found["source"], found["watched"]) == (1, "history", 2)
    (one,) = found["growing"]
    assert (one["pid"], one["kind"], one["memory"]) == (7, "process", 180 << 20)
    assert one["growth_low"] <= (2 << 20) / 60 <= one["growth_high"]
    assert one["confidence"] > 0.95
    said = guardian("growth").out
    assert said.startswith("leaky (7): +2.0 MiB/min (")
    assert "leak " not in said


def test_a_history_of_an_agent_that_ended_is_not_taken_for_now(guardian: Callable[..., Any], fake_root: Any) -> None:
    kept_leak(history_path(), time.time() - 4000)
    said = guardian("--root", fake_root.folder, "growth")
    assert "the agent does not run" in said.out
    assert "Nothing grew steadily" in said.out


def test_nothing_found_says_how_long_was_watched(guardian: Callable[..., Any]) -> None:
    now = time.time()
    with HistoryStore(history_path()) as store, store.transaction():
        for minute in range(5):
            store.put_floors(Floors(now - 60 * (4 - minute), 60, {Subject("calm", "calm", 0.0, "b", 8, 80): Held(300 << 20)}))
    said = guardian("growth").out
    assert "Nothing grows steadily: 1 program or application was watched for up to 4 min." in said
    assert "after about 20 min." in said


@pytest.mark.slow
def test_what_grows_inside_a_real_process(guardian: Callable[..., Any]) -> None:
    with subprocess.Popen([sys.executable, "-c", GROWER]) as grower:
        try:
            look = json.loads(guardian("growth", "--pid", grower.pid, "--seconds", "5", "--json").out)
            said = guardian("growth", "--pid", grower.pid, "--seconds", "5").out
        finally:
            grower.kill()
    assert look["now"]["uss"] > look["before"]["uss"]
    assert sum(row["grown"] for row in look["mappings"]) > 1 << 20
    assert "(USS)" in said


def test_a_pid_that_is_gone(guardian: Callable[..., Any]) -> None:
    said = guardian("growth", "--pid", 4_190_000)
    assert (said.code, said.out) == (1, "")
    assert "no such process" in said.err
