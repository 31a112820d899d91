"""Logs plain and packed, and those that cannot be read."""

import bz2
import gzip
import lzma
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from guardian.adapters.log_files import LogUnreadable, Progress, machine_logs, read_pieces

TEXT = b"".join(b"line %d of a log, not very telling\n" % number for number in range(100_000))


@pytest.mark.parametrize("pack", [bytes, gzip.compress, lzma.compress, bz2.compress])
def test_a_log_is_unpacked_by_what_it_is(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    path = tmp_path / "log"
    path.write_bytes(pack(TEXT))
    told: list[Progress] = []
    assert b"".join(read_pieces(str(path), lambda progress: told.append(progress) is None)) == TEXT
    assert told[-1] == (path.stat().st_size, path.stat().st_size)


def test_zstd_is_unpacked_by_its_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if shutil.which("zstd") is None:
        pytest.skip("zstd is missing (Debian: zstd)")
    path = tmp_path / "log.zst"
    path.write_bytes(subprocess.run(["zstd", "-qc"], input=TEXT, capture_output=True, check=True).stdout)
    assert b"".join(read_pieces(str(path))) == TEXT
    pieces = read_pieces(str(path))
    assert next(pieces)
    pieces.close()
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(LogUnreadable, match=r"log\.zst"):
        list(read_pieces(str(path)))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(LogUnreadable, match="zstd"):
        list(read_pieces(str(path)))


def test_a_cut_or_damaged_archive_says_so(tmp_path: Path) -> None:
    for name, packed in (("a.gz", gzip.compress(TEXT)), ("a.xz", lzma.compress(TEXT))):
        path = tmp_path / name
        middle = len(packed) // 2
        for damaged in (packed[:middle], packed[:middle] + bytes(64) + packed[middle + 64 :]):
            path.write_bytes(damaged)
            with pytest.raises(LogUnreadable, match=name):
                list(read_pieces(str(path)))


def test_reading_ends_when_told_to(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(TEXT)
    assert sum(map(len, read_pieces(str(path), lambda _progress: False))) < len(TEXT)


@pytest.mark.parametrize("path", ["no-such-file", "", "a\0b", "."])
def test_what_cannot_be_read_is_said(tmp_path: Path, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(LogUnreadable):
        list(read_pieces(path))


def test_what_may_not_be_read_names_the_group(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(TEXT)
    path.chmod(0)
    if os.access(path, os.R_OK):
        pytest.skip("this user may read everything")
    with pytest.raises(LogUnreadable, match="adm"):
        list(read_pieces(str(path)))


def test_rotated_logs_come_oldest_first(tmp_path: Path) -> None:
    for age, name in enumerate(
        ("kern.log", "kern.log.1", "kern.log.2.gz", "syslog", "messages-20261101.xz", "auth.log", "kern.txt")
    ):
        (tmp_path / name).write_bytes(b"x")
        os.utime(tmp_path / name, (1000.0 - age, 1000.0 - age))
    (tmp_path / "syslog.1").write_bytes(b"")
    found = [os.path.basename(log.path) for log in machine_logs(str(tmp_path))]
    assert found == ["messages-20261101.xz", "syslog", "kern.log.2.gz", "kern.log.1", "kern.log"]
    assert machine_logs(str(tmp_path / "absent")) == []
