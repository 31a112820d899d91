"""What a server's log holds: fields in the journal's own protocol, and lines where there is no journal."""

import io
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from guardian.adapters.system_log import SystemLog
from guardian.policy.log_entries import CRITICAL, Entry

ENTRY = Entry('Critical: "x" \\ of room', CRITICAL, {"state": "critical", "room_bytes": 5, "victim": "we\nb=1 \udcff"})


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[tuple[str, socket.socket]]:
    path = str(tmp_path / "socket")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(path)
        listening.settimeout(20)
        yield path, listening


def test_the_journal_gets_fields(journal: tuple[str, socket.socket]) -> None:
    path, listening = journal
    out = io.StringIO()
    SystemLog(path, out, {"JOURNAL_STREAM": "8:1"}).tell(ENTRY)
    lines = listening.recv(65536).decode().splitlines()
    assert dict(line.split("=", 1) for line in lines) == {
        "MESSAGE": 'Critical: "x" \\ of room',
        "PRIORITY": "2",
        "SYSLOG_IDENTIFIER": "oom-guardian",
        "OOM_GUARDIAN_STATE": "critical",
        "OOM_GUARDIAN_ROOM_BYTES": "5",
        "OOM_GUARDIAN_VICTIM": "we\\nb=1 \\xff",
    }
    assert out.getvalue() == ""


@pytest.mark.parametrize("environ", [{}, {"JOURNAL_STREAM": "8:1"}])
def test_without_a_journal_there_is_a_line(tmp_path: Path, environ: dict[str, str]) -> None:
    out = io.StringIO()
    SystemLog(str(tmp_path / "nothing"), out, environ).tell(ENTRY)
    (line,) = out.getvalue().splitlines()
    assert line.partition(" ")[2] == (
        r'level=critical msg="Critical: \"x\" \\ of room" state=critical room_bytes=5 victim="we\\nb=1 \\xff"'
    )


def test_a_log_that_is_gone_holds_nobody_up(tmp_path: Path) -> None:
    out = io.StringIO()
    out.close()
    SystemLog(str(tmp_path / "nothing"), out, {}).say("words")


def test_without_a_descriptor_left_there_is_a_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def none_left(*_given: object) -> socket.socket:
        raise OSError(24, "Too many open files")

    out = io.StringIO()
    with monkeypatch.context() as limits:
        limits.setattr(socket, "socket", none_left)
        SystemLog(str(tmp_path / "socket"), out, {"JOURNAL_STREAM": "8:1"}).tell(ENTRY)
    assert "level=critical" in out.getvalue()
