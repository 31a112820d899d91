"""All logs of a machine as one history; what could not be read is said."""

import gzip
import os
import re
import time
from pathlib import Path

import pytest

from guardian.adapters.kernel_watch import kernel_record
from guardian.adapters.kill_sources import read_log, read_machine, read_text
from guardian.adapters.log_files import LogUnreadable
from guardian.model.history import Kill, Party

KILL = "Out of memory: Killed process {pid} (hog) total-vm:9kB, anon-rss:8kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:4kB"


@pytest.fixture
def logs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of two system logs and a rotated one that partly tell of the same kills; no journal, no ring, no helper."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", f"unix:path={tmp_path}/no-bus")
    folder = tmp_path / "log"
    folder.mkdir()
    first = "2026-11-23T10:00:00.100+00:00 host kernel: [  100.000001] " + KILL.format(pid=11) + "\n"
    second = "2026-11-23T11:00:00.100+00:00 host kernel: [ 3700.000001] " + KILL.format(pid=12) + "\n"
    older = "2026-11-16T10:00:00.100+00:00 host kernel: [  100.000001] " + KILL.format(pid=11) + "\n"
    (folder / "kern.log").write_text(first + second)
    (folder / "syslog").write_text(first + "2026-11-23T10:00:01+00:00 host app: nothing\n" + second)
    (folder / "kern.log.1.gz").write_bytes(gzip.compress(older.encode()))
    os.utime(folder / "kern.log.1.gz", (1_795_000_000, 1_795_000_000))
    return folder


def test_overlapping_logs_are_one_history(logs: Path) -> None:
    reading = read_machine(kmsg=str(logs / "absent"), folder=str(logs))
    assert [kill.victim.pid for kill in reading.kills] == [11, 11, 12]
    assert [set(kill.sources) for kill in reading.kills] == [{"kern.log.1.gz"}, {"kern.log", "syslog"}, {"kern.log", "syslog"}]
    assert len(reading.gaps) == 2
    assert any("journalctl" in gap for gap in reading.gaps)
    assert any("--ask" in gap for gap in reading.gaps)


def test_what_is_stored_is_joined(logs: Path) -> None:
    when = 1_795_000_000.0
    stored = Kill(7.0, when, "earlyoom", (Party(99, "x"),), sources=("earlyoom",), key=5)
    known = Kill(None, 1795428000.1, "kernel", (Party(11, "hog"),), sources=("watched",), key=6)
    reading = read_machine(kmsg=str(logs / "absent"), folder=str(logs), known=(stored, known))
    assert [(kill.victim.pid, kill.key) for kill in reading.kills] == [(11, None), (99, 5), (11, 6), (12, None)]


def test_since_leaves_older_ones_out(logs: Path) -> None:
    reading = read_machine(1795428000.0 + 1800, kmsg=str(logs / "absent"), folder=str(logs))
    assert [kill.victim.pid for kill in reading.kills] == [12]


def test_a_text_and_a_file_say_the_same(logs: Path) -> None:
    path = logs / "kern.log"
    assert read_log(str(path)).kills == read_text(path.read_text()).kills
    with pytest.raises(LogUnreadable):
        read_log(str(logs / "absent"))


def test_this_machine_can_be_asked() -> None:
    reading = read_machine(time.time() - 60)
    assert all(re.search(r"\w", gap) for gap in reading.gaps)


def test_only_what_the_kernel_itself_wrote_counts() -> None:
    assert kernel_record(b"3,19,5140900,-;" + KILL.encode() + b"\n SUBSYSTEM=x\n") == "3,19,5140900,-;" + KILL
    for record in (b"12,19,5140900,-;" + KILL.encode(), b"x", b"", b"-3,1,2,-;x"):
        assert kernel_record(record) is None
