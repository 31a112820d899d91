"""`guardian record` and `guardian replay`: a round trip, redaction, ends by signals, recordings that are none."""

import gzip
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]


def test_what_was_recorded_replays(guardian: Run, fake_root: Any, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    said = guardian("--root", fake_root.folder, "record", "-o", folder, "--seconds", 0.1, "--interval", 20)
    assert (said.code, said.err) == (0, "")
    assert said.out.startswith("6 samples in 0.1 s")
    replayed = guardian("replay", folder, "--json")
    assert replayed.code == 0
    found = json.loads(replayed.out)
    assert list(found)[:3] == ["schema", "kernel", "duration"]
    assert (found["schema"], found["kernel"], found["samples"], found["kills"]) == (1, "6.12.9-test", 6, [])
    assert found["false_alarms"] == 0
    assert found["gap"] is None


def test_this_machine_is_recorded_without_its_names(guardian: Run, tmp_path: Path) -> None:
    assert guardian("record", "-o", tmp_path / "out", "--seconds", 0, "--redact").code == 0
    with gzip.open(tmp_path / "out/samples.jsonl.gz", "rt", encoding="utf-8") as lines:
        text = lines.read()
    assert f'"/proc/{os.getpid()}/stat"' in text
    own = Path("/proc/self/comm").read_text(encoding="utf-8").strip()
    assert f"({own})" not in text
    assert guardian("replay", tmp_path / "out").code == 0


def test_a_folder_is_never_written_over(guardian: Run, fake_root: Any, tmp_path: Path) -> None:
    record = ("--root", fake_root.folder, "record", "-o", tmp_path / "out", "--seconds", 0)
    assert guardian(*record).code == 0
    before = (tmp_path / "out/samples.jsonl.gz").read_bytes()
    again = guardian(*record)
    assert (again.code, again.out, again.err.count("\n")) == (1, "", 1)
    assert "holds a recording already" in again.err
    assert (tmp_path / "out/samples.jsonl.gz").read_bytes() == before


def test_a_folder_that_cannot_be_written_is_one_line(guardian: Run, fake_root: Any, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    said = guardian("--root", fake_root.folder, "record", "-o", tmp_path / "file/below", "--seconds", 0)
    assert (said.code, said.out, said.err.count("\n")) == (1, "", 1)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_whole(checkout: Path, fake_root: Any, tmp_path: Path, number: signal.Signals) -> None:
    command = [
        sys.executable,
        "-P",
        "-m",
        "guardian",
        "--root",
        str(fake_root.folder),
        "record",
        "-o",
        str(tmp_path / "out"),
        "--interval",
        "10",
    ]
    recorder = subprocess.Popen(
        command, env=os.environ | {"PYTHONPATH": str(checkout)}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert recorder.stderr is not None
    assert "until Ctrl-C" in recorder.stderr.readline()
    samples = tmp_path / "out/samples.jsonl.gz"
    while samples.stat().st_size < 1500:
        assert recorder.poll() is None
    recorder.send_signal(number)
    out, err = recorder.communicate(timeout=20)
    assert (recorder.returncode, err) == (0, "")
    assert "samples in" in out
    assert json.loads((tmp_path / "out/result.json").read_text())["complete"] is True


def test_a_kill_is_told_in_words(guardian: Run, recording: Callable[[str], Path]) -> None:
    said = guardian("replay", recording("anon-hog@bookworm"))
    assert said.code == 0
    assert "The kernel ended hog (79), as predicted." in said.out
    assert "1 of 1 kill as predicted." in said.out


def test_a_caveat_is_told(guardian: Run, recording: Callable[[str], Path]) -> None:
    said = guardian("replay", recording("allocating-task@trixie"))
    assert "Not certain from outside the kernel" in said.out
    assert "oom_kill_allocating_task" in said.out


def test_a_truncated_recording_replays_up_to_the_break(guardian: Run, recording: Callable[[str], Path], tmp_path: Path) -> None:
    shutil.copytree(recording("anon-hog@trixie"), tmp_path / "cut")
    samples = tmp_path / "cut/samples.jsonl.gz"
    samples.write_bytes(samples.read_bytes()[: samples.stat().st_size // 2])
    said = guardian("replay", tmp_path / "cut")
    assert (said.code, said.err) == (0, "")
    assert "It breaks off at line" in said.out
    found = json.loads(guardian("replay", tmp_path / "cut", "--json").out)
    assert found["gap"]["reason"]


@pytest.mark.parametrize("content", [None, b"", b"no gzip", gzip.compress(b""), gzip.compress(b"[1]\n"), gzip.compress(b"{}\n")])
def test_what_is_no_recording_is_one_line(guardian: Run, tmp_path: Path, content: bytes | None) -> None:
    folder = tmp_path / "none\nsuch"
    if content is not None:
        folder.mkdir()
        (folder / "samples.jsonl.gz").write_bytes(content)
    said = guardian("replay", folder)
    assert (said.code, said.out, said.err.count("\n")) == (1, "", 1)
    assert "recording" in said.err
