"""Recordings read as history, and the starts of a machine."""

import struct
import time
from pathlib import Path

import pytest

from guardian.adapters.boot_clock import started_at
from guardian.adapters.machine_starts import machine_starts
from guardian.adapters.opened_recording import ReadingCancelled, is_recording, open_recording
from guardian.cli.replay_judge import EngineJudge
from guardian.sampling.replay import NotARecording

FOLDER = Path(__file__).parents[1] / "recordings"
LEAK = str(FOLDER / "slow-leak-9@trixie")


def test_a_recording_has_its_kill_with_the_minutes_and_the_warning_before() -> None:
    opened = open_recording(LEAK, EngineJudge())
    (kill,) = opened.kills
    (replayed,) = opened.verdict.kills
    assert (kill.victim.pid, kill.victim.name) == (replayed.pid, replayed.name)
    assert {alert.level: alert.ahead for alert in kill.alerted} == {k: v for k, v in replayed.lead.items() if v is not None}
    before = opened.before(kill)
    at = kill.time if kill.time is not None else kill.seconds
    assert at is not None
    assert len(before) > 10
    assert all(one.time <= at + 1 for one in before)
    assert before[-1].composition.free + before[-1].composition.clean < before[0].composition.free + before[0].composition.clean


def test_a_calm_recording_has_no_kill() -> None:
    assert open_recording(str(FOLDER / "gc-sawtooth-7@trixie"), EngineJudge()).kills == ()


def test_reading_ends_when_it_is_told_to() -> None:
    seen: list[int] = []

    def told(samples: int) -> bool:
        seen.append(samples)
        return samples < 5

    with pytest.raises(ReadingCancelled):
        open_recording(LEAK, EngineJudge(), told)
    assert seen == [1, 2, 3, 4, 5]


def test_what_is_a_recording(tmp_path: Path) -> None:
    assert is_recording(LEAK)
    assert is_recording(f"{LEAK}/samples.jsonl.gz")
    assert not is_recording(f"{LEAK}/dmesg.txt")
    assert not is_recording(str(tmp_path))
    with pytest.raises(NotARecording):
        open_recording(str(tmp_path), EngineJudge())


def record(kind: int, seconds: int) -> bytes:
    made = struct.pack("<hxxi32s4s32s256shhiii16s20s", kind, 0, b"~", b"~~", b"reboot", b"6.12", 0, 0, 0, seconds, 0, b"", b"")
    assert len(made) == 384
    return made


def test_starts_come_from_the_record_and_the_running_clock(tmp_path: Path) -> None:
    now = int(time.time())
    file = tmp_path / "wtmp"
    file.write_bytes(record(2, now - 90_000_000) + record(7, now - 80_000_000) + record(2, now - 70_000_000) + b"cut off")
    starts = machine_starts(wtmp=str(file))
    assert starts[:2] == (now - 90_000_000.0, now - 70_000_000.0)
    assert abs(starts[-1] - started_at()) < 130
    assert machine_starts(now - 75_000_000.0, str(file))[0] == now - 70_000_000.0


def test_no_record_leaves_this_start(tmp_path: Path) -> None:
    assert machine_starts(wtmp=str(tmp_path / "none"))
