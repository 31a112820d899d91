"""Kills in a real journal, of several boots; written by systemd-journal-remote where that is installed."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from guardian.adapters.journal import NoJournal, entry_lines, read_journal
from guardian.kernel.oom_report import OomReport
from guardian.kernel.userspace_kill import UserspaceKill
from guardian.model.attribution import attribute
from guardian.model.forensics import Forensics

REMOTE = "/usr/lib/systemd/systemd-journal-remote"
BOOTS = ("1" * 32, "2" * 32)


def entry(number: int, boot: str, message: str, **fields: str) -> str:
    usec = 1_790_000_000_000_000 + number * 1000
    head = [f"__REALTIME_TIMESTAMP={usec}", f"__MONOTONIC_TIMESTAMP={number * 1000}", f"_BOOT_ID={boot}"]
    return "\n".join([*head, f"MESSAGE={message}", *(f"{key}={value}" for key, value in fields.items())]) + "\n\n"


@pytest.fixture
def journal(tmp_path: Path, shared: Path) -> Path:
    """A journal in which two boots end programs: the kernel in the first, systemd-oomd and earlyoom in the second."""
    if shutil.which("journalctl") is None or not Path(REMOTE).exists():
        pytest.skip("systemd-journal-remote is missing (Debian: systemd-journal-remote)")
    log = (shared / "recordings" / "anon-hog@bookworm" / "dmesg.txt").read_text()
    texts = [line.partition("] ")[2] for line in log.splitlines()]
    kernel = [entry(n, BOOTS[0], text, _TRANSPORT="kernel", SYSLOG_IDENTIFIER="kernel") for n, text in enumerate(texts) if text]
    oomd = (
        "Killed /user.slice/a.scope due to memory used (9) / total (10) and swap used (91) / total (100) being more than 90.00%"
    )
    early = 'sending SIGTERM to process 4242 uid 1000 "hog": badness 900, VmRSS 800 MiB'
    others = [
        entry(90_000, BOOTS[1], "Killed process 1 (nobody) total-vm:1kB", _TRANSPORT="stdout", SYSLOG_IDENTIFIER="joker"),
        entry(90_001, BOOTS[1], oomd, _TRANSPORT="journal", SYSLOG_IDENTIFIER="systemd-oomd"),
        entry(90_002, BOOTS[1], early, _TRANSPORT="stdout", SYSLOG_IDENTIFIER="earlyoom"),
    ]
    folder = tmp_path / "journal"
    folder.mkdir()
    command = [REMOTE, "-o", str(folder / "test.journal"), "-"]
    subprocess.run(command, input="".join(kernel + others).encode(), check=True, capture_output=True)
    return folder


def test_all_boots_and_killers_are_read(journal: Path, shared: Path) -> None:
    events = list(read_journal(folder=str(journal)))
    kernel = [(event, boot) for event, boot in events if isinstance(event, OomReport)]
    others = [(event, boot) for event, boot in events if isinstance(event, UserspaceKill)]
    told = json.loads((shared / "recordings" / "anon-hog@bookworm" / "result.json").read_text())["kills"]
    assert [(kill.pid, boot) for event, boot in kernel for kill in event.kills] == [(kill["pid"], BOOTS[0]) for kill in told]
    assert [(event.killer, event.pid, boot) for event, boot in others] == [
        ("systemd-oomd", None, BOOTS[1]),
        ("earlyoom", 4242, BOOTS[1]),
    ]
    judge = Forensics("journal")
    kills = attribute(kill for event, _boot in events if (kill := judge.judge(event)) is not None)
    assert all(kill.time is not None for kill in kills)
    assert kills[0].rescored.agrees is True


def test_since_leaves_older_ones_out(journal: Path) -> None:
    assert [
        event.killer for event, _boot in read_journal(1_790_000_080.0, folder=str(journal)) if isinstance(event, UserspaceKill)
    ]
    assert not [event for event, _boot in read_journal(1_790_000_080.0, folder=str(journal)) if isinstance(event, OomReport)]
    assert list(read_journal(1_890_000_000.0, folder=str(journal))) == []


def test_reading_may_end_early(journal: Path) -> None:
    assert list(read_journal(told=lambda _when: False, folder=str(journal))) == []


def test_no_journal_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NoJournal):
        list(read_journal())


def test_a_folder_that_is_none_is_said(tmp_path: Path) -> None:
    if shutil.which("journalctl") is None:
        pytest.skip("journalctl is missing (Debian: systemd)")
    with pytest.raises(NoJournal):
        list(read_journal(folder=str(tmp_path / "absent")))


def test_messages_of_bytes_and_of_several_lines() -> None:
    lines = list(entry_lines({"MESSAGE": [72, 105, 255], "_TRANSPORT": "kernel", "_SOURCE_MONOTONIC_TIMESTAMP": "1500000"}))
    assert [(line.text, line.seconds, line.sender) for line in lines] == [("Hi�", 1.5, "kernel")]
    lines = list(entry_lines({"MESSAGE": "a\nb", "SYSLOG_IDENTIFIER": "nohang", "__REALTIME_TIMESTAMP": "2000000"}))
    assert [(line.text, line.time, line.sender) for line in lines] == [("a", 2.0, "nohang"), ("b", 2.0, "nohang")]
    assert list(entry_lines({"MESSAGE": None})) == []
