"""Recordings of real kills beside what was predicted, and the rules by which alerts and predictions are told.

Truth is the recorded kernel's own log.
"""

import gzip
import json
import re
import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from guardian.kernel.tree import RecordedTree
from guardian.sampling.recording import Clocks, Recorder
from guardian.sampling.replay import LOG, RESULT, SAMPLES, NotARecording, Recording
from guardian.sampling.replay_verdict import (
    Raised,
    ReplayAlert,
    ReplayVerdict,
    as_json,
    false_alarms,
    lead,
    replay_verdict,
    replayed_samples,
)
from guardian.sampling.snapshot import Snapshot

MIB = 1 << 20


@cache
def verdict_of(folder: Path) -> ReplayVerdict:
    return replay_verdict(Recording(folder))


def test_each_kill_was_predicted_or_is_named_as_open(each_recording: Path) -> None:
    verdict = verdict_of(each_recording)
    assert verdict.gap is None
    logged = re.findall(r"Killed process (\d+) \((.*?)\) total-vm", (each_recording / LOG).read_text())
    assert {(kill.pid, kill.name) for kill in verdict.kills} == {(int(pid), name) for pid, name in logged}
    for kill in verdict.kills:
        assert kill.hit == (bool(kill.predicted) and kill.predicted[0].pid == kill.pid)
        assert kill.hit or kill.caveat
        assert 0 < kill.t <= verdict.duration + 1
        badness = [candidate.badness for candidate in kill.predicted]
        assert badness == sorted(badness, reverse=True)


def test_clear_cases_carry_no_caveat(each_recording: Path) -> None:
    settings = (json.loads((each_recording / "scenario.json").read_text()).get("sysctl") or {}) if each_recording.is_dir() else {}
    if settings.get("vm.oom_kill_allocating_task"):
        pytest.skip("the asker dies here, whoever is heaviest")
    for kill in verdict_of(each_recording).kills:
        first, *others = [candidate.badness for candidate in kill.predicted]
        if kill.hit and (not others or first - others[0] > 4096):
            assert kill.caveat is None or "cgroup" in kill.caveat or "report" in kill.caveat


def altered(folder: Path, target: Path) -> tuple[int, int]:
    """A copy whose log names the second candidate; returns the pids of the first and of the one named."""
    target.mkdir()
    for name in (SAMPLES, LOG, RESULT):
        shutil.copyfile(folder / name, target / name)
    first, second, *_ = replay_verdict(Recording(folder)).kills[0].predicted
    log = (target / LOG).read_text()
    log = log.replace(f"Killed process {first.pid} ({first.name})", f"Killed process {second.pid} ({second.name})")
    log = log.replace(f"task={first.name},pid={first.pid},", f"task={second.name},pid={second.pid},")
    (target / LOG).write_text(log)
    return first.pid, second.pid


@pytest.mark.parametrize("name", ["anon-hog@bookworm", "slow-leak@trixie", "memcg-limit@trixie"])
def test_what_was_predicted_does_not_follow_the_log(recording: Callable[[str], Path], tmp_path: Path, name: str) -> None:
    whole = replay_verdict(Recording(recording(name))).kills[0]
    meant, told = altered(recording(name), tmp_path / "altered")
    kill = replay_verdict(Recording(tmp_path / "altered")).kills[0]
    assert kill.pid == told != meant
    assert kill.predicted == whole.predicted
    assert not kill.hit


def test_what_comes_later_changes_nothing(recording: Callable[[str], Path], tmp_path: Path) -> None:
    folder = recording("tab-versus-big@trixie")
    whole = replay_verdict(Recording(folder), by_free_memory)
    kill = whole.kills[0]
    cut = tmp_path / "cut"
    cut.mkdir()
    lines = gzip.decompress((folder / SAMPLES).read_bytes()).split(b"\n")
    first = Recording(folder).first
    kept = [line for line in lines if line and json.loads(line).get("t", 0) / 1e9 - first <= kill.t]
    (cut / SAMPLES).write_bytes(gzip.compress(b"\n".join(kept) + b"\n"))
    short = replay_verdict(Recording(cut), by_free_memory)
    assert short.kills == ()
    assert short.alerts
    assert [alert[:1] + alert[2:] for alert in short.alerts] == [
        alert[:1] + alert[2:] for alert in whole.alerts if alert.t <= short.duration
    ]


def by_free_memory(snapshot: Snapshot) -> Raised | None:
    share = snapshot.room / snapshot.sample.memory.mem_total
    if share > 0.5:
        return None
    return Raised("critical" if share < 0.1 else "warning", f"{snapshot.room}", None)


def test_the_labs_own_truth_is_not_looked_at(shared: Path, tmp_path: Path) -> None:
    folders = sorted((shared / "courses").glob("leak-browsing~1@*"))
    if not folders:
        pytest.skip(f"{shared / 'courses'} has no leak-browsing")
    without = tmp_path / "without"
    without.mkdir()
    shutil.copy2(folders[0] / LOG, without / LOG)
    shutil.copy2(folders[0] / RESULT, without / RESULT)
    with gzip.open(folders[0] / SAMPLES, "rt") as lines, gzip.open(without / SAMPLES, "wt") as out:
        for line in lines:
            item = json.loads(line)
            item["set"] = {path: text for path, text in item.get("set", {}).items() if not path.startswith("/oomlab/")}
            out.write(json.dumps(item if "t" in item and "e" in item else json.loads(line)) + "\n")
    assert as_json(replay_verdict(Recording(without), by_free_memory)) == as_json(
        replay_verdict(Recording(folders[0]), by_free_memory)
    )


# The rules of alerts


def alert(t: float, until: float | None, level: Any) -> ReplayAlert:
    return ReplayAlert(t, until, level, "", None)


def test_the_lead_is_of_the_alert_that_held() -> None:
    alerts = [alert(1, 2, "warning"), alert(10, 12, "watch"), alert(12, 14, "warning"), alert(14, None, "critical")]
    assert lead(alerts, 20, "watch") == 10
    assert lead(alerts, 20, "warning") == 8
    assert lead(alerts, 20, "critical") == 6
    assert lead(alerts, 13, "critical") is None
    assert lead(alerts[:1], 20, "warning") is None


def test_short_gaps_are_no_end() -> None:
    alerts = [alert(1, 5, "warning"), alert(6.5, 9, "warning")]
    assert lead(alerts, 9, "warning") == 8
    assert lead([alerts[0], alert(7.5, 9, "warning")], 9, "warning") == 1.5


def test_an_alarm_is_false_when_nothing_is_killed() -> None:
    alerts = [alert(1, 5, "warning"), alert(100, 110, "critical"), alert(200, 300, "watch")]
    assert false_alarms(alerts, []) == 2
    assert false_alarms(alerts, [20.0]) == 1
    assert false_alarms(alerts, [4.0, 105.0]) == 0
    assert false_alarms(alerts, [0.5]) == 2


def test_levels_give_way_to_each_other(tmp_path: Path, fake_tree: Any) -> None:
    told = iter(
        [
            None,
            Raised("watch", "a", 9.0),
            Raised("watch", "b", 8.0),
            Raised("critical", "c", 1.0),
            None,
            Raised("watch", "d", None),
        ]
    )
    folder = record_seconds(tmp_path / "r", fake_tree, 6)
    verdict = replay_verdict(Recording(folder), lambda _snapshot: next(told))
    assert [(one.level, one.until is None, one.text) for one in verdict.alerts] == [
        ("watch", False, "a"), ("critical", False, "c"), ("watch", True, "d")
    ]  # fmt: skip
    first, second, last = verdict.alerts
    assert first.until == second.t
    assert second.until is not None
    assert second.until < last.t
    assert verdict.false_alarms == 1


def record_seconds(folder: Path, tree: Any, samples: int, log: str = "") -> Path:
    """A recording of a made machine, a sample a second."""
    beat = iter(range(10**6))
    tree.add(1, name="init", score=0)
    tree.add(10, name="big", rss=900 * MIB)
    tree.add(11, name="small", rss=10 * MIB)
    with Recorder(folder, tree, Clocks(lambda: next(beat) * 10**8, lambda: 0), page_size=4096) as recorder:
        for _ in range(samples):
            recorder.take()
        recorder.close(log)
    return folder


def test_the_json_has_every_key_of_the_contract(tmp_path: Path, fake_tree: Any) -> None:
    log = "[    0.500000] x invoked oom-killer: gfp_mask=0\n[    0.600000] Out of memory: Killed process 10 (big) total-vm:1kB\n"
    folder = record_seconds(tmp_path / "r", fake_tree, 5, log)
    said = json.loads(json.dumps(as_json(replay_verdict(Recording(folder), lambda _snapshot: Raised("warning", "low", 3.25)))))
    assert said.keys() >= {"schema", "kernel", "duration", "alerts", "kills", "false_alarms"}
    assert said["schema"] == 1
    assert said["kernel"] == "6.12.0"
    (told,) = said["alerts"]
    assert told == {"t": 0.0, "until": None, "level": "warning", "text": "low", "seconds_left": 3.25}
    (kill,) = said["kills"]
    assert kill["victim"] == {"pid": 10, "name": "big"}
    assert [candidate["pid"] for candidate in kill["predicted"]] == [10, 11]
    assert kill["hit"] is True
    assert kill["lead"] == {"watch": kill["t"], "warning": kill["t"], "critical": None}


def test_a_recording_cut_short_says_where(tmp_path: Path, fake_tree: Any) -> None:
    folder = record_seconds(tmp_path / "r", fake_tree, 5)
    data = (folder / SAMPLES).read_bytes()
    (folder / SAMPLES).write_bytes(data[:-30])
    verdict = replay_verdict(Recording(folder))
    assert verdict.gap is not None
    assert as_json(verdict)["gap"]["reason"]
    assert verdict.samples < 5


def test_a_moment_without_memory_is_a_gap(tmp_path: Path, fake_tree: Any) -> None:
    folder = record_seconds(tmp_path / "r", fake_tree, 3)
    lines = gzip.decompress((folder / SAMPLES).read_bytes()).rstrip(b"\n").split(b"\n")
    lines.append(b'{"t": 9000000000, "e": 9000000000, "set": {"/proc/meminfo": "nothing"}}')
    (folder / SAMPLES).write_bytes(gzip.compress(b"\n".join(lines) + b"\n"))
    recording = Recording(folder)
    assert len(list(replayed_samples(recording))) == 3
    assert recording.gap is not None
    assert recording.gap.line == len(lines)
    assert "meminfo" in recording.gap.reason


# Strangers' recordings


@pytest.fixture(scope="module")
def lines_of_a_kill(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, bytes, bytes]:
    """Samples, log and result of a small made machine in which somebody is killed."""
    folder = tmp_path_factory.mktemp("kill") / "r"
    files = {
        "/proc/meminfo": "MemTotal: 4000 kB\nMemFree: 100 kB\nMemAvailable: 200 kB\nSwapTotal: 0 kB\nSwapFree: 0 kB\n",
        "/proc/vmstat": "oom_kill 0\npgscan_direct 5\n",
        "/proc/pressure/memory": "some avg10=1.50 avg60=0.00 avg300=0.00 total=5\n",
        "/proc/zoneinfo": "Node 0, zone Normal\n  pages free 3968\n        min 67\n        low 83\n        high 99\n",
        "/proc/swaps": "Filename Type Size Used Priority\n/dev/zram0 partition 8388604 1153433 100\n",
        "/sys/fs/cgroup/a/memory.current": "4096\n",
        "/sys/fs/cgroup/a/memory.max": "8192\n",
        "/proc/sys/kernel/osrelease": "6.12.0\n",
    }
    for pid in (10, 11):
        numbers = [1, 1, 1, 0, -1, 4194304, *[0] * 9, 20, 0, 1, 0, pid, 8192, 100, *[0] * 28]
        files |= {
            f"/proc/{pid}/stat": f"{pid} (p{pid}) S {' '.join(map(str, numbers))}\n",
            f"/proc/{pid}/status": f"Name:\tp{pid}\nPPid:\t1\nUid:\t0\t0\t0\t0\nVmRSS:\t{pid}00 kB\nVmPTE:\t4 kB\n",
            f"/proc/{pid}/oom_score": "700\n",
            f"/proc/{pid}/oom_score_adj": "0\n",
            f"/proc/{pid}/cgroup": "0::/a\n",
        }
    beat = iter(range(10**6))
    with Recorder(folder, RecordedTree(files), Clocks(lambda: next(beat) * 10**8, lambda: 0), page_size=4096) as recorder:
        for _ in range(3):
            recorder.take()
        recorder.close(
            "[    0.500000] x invoked oom-killer: gfp_mask=0\n"
            "[    0.550000] oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,"
            "oom_memcg=/a,task_memcg=/a,task=p11,pid=11,uid=0\n"
            "[    0.600000] Memory cgroup out of memory: Killed process 11 (p11) total-vm:1kB, anon-rss:1kB\n"
        )
    return gzip.decompress((folder / SAMPLES).read_bytes()), (folder / LOG).read_bytes(), (folder / RESULT).read_bytes()


ODD = [b"", b"-", b"9" * 30, b"9" * 500, b"NaN", b"1e400", b"\\n", b"\n", b'"', b"[", b"{}", b"\xff", b"\\u0000", b" "]


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_no_recording_ends_in_a_traceback(
    lines_of_a_kill: tuple[bytes, bytes, bytes], tmp_path: Path, data: st.DataObject
) -> None:
    folder = tmp_path / "r"
    folder.mkdir(exist_ok=True)
    for name, content in zip((SAMPLES, LOG, RESULT), lines_of_a_kill, strict=True):
        changed = bytearray(content)
        for _ in range(data.draw(st.integers(0, 3))):
            at = data.draw(st.integers(0, len(changed) - 1))
            changed[at : at + data.draw(st.integers(0, 4))] = data.draw(st.sampled_from(ODD))
        (folder / name).write_bytes(gzip.compress(bytes(changed)) if name == SAMPLES else bytes(changed))
    try:
        verdict = replay_verdict(Recording(folder), by_free_memory)
    except NotARecording:
        return
    json.dumps(as_json(verdict), allow_nan=False)
