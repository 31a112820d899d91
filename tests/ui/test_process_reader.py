"""Reading in a thread: answers come, and nobody has to wait for its end."""

import os
from pathlib import Path

import pytest
from PySide6.QtCore import QObject, Slot

from guardian.kernel.process import ProcessKey, parse_stat
from guardian.ui.process_reader import Details, ProcessReader


def own_key() -> ProcessKey:
    return ProcessKey(os.getpid(), parse_stat(Path("/proc/self/stat").read_text(encoding="utf-8")).start_ticks)


class Listener(QObject):
    def __init__(self) -> None:
        super().__init__()
        self.heard: list[object] = []

    @Slot(object)
    def hear(self, answer: object) -> None:
        self.heard.append(answer)


@pytest.mark.usefixtures("qapp")
def test_details_of_oneself(tmp_path: Path) -> None:
    kept = tmp_path / "kept open"
    reader, listener = ProcessReader(), Listener()
    reader.details_read.connect(listener.hear)
    with kept.open("w", encoding="utf-8"):
        reader.read_details(own_key())
    (details,) = listener.heard
    assert isinstance(details, Details)
    assert not details.gone
    assert details.files is not None
    assert str(kept) in details.files
    assert details.parents is not None
    assert details.parents[0].pid == os.getppid()
    assert details.threads is not None
    assert details.command is not None
    assert "pytest" in details.command


@pytest.mark.usefixtures("qapp")
def test_a_reused_pid_has_no_details() -> None:
    reader, listener = ProcessReader(), Listener()
    reader.details_read.connect(listener.hear)
    reader.read_details(own_key()._replace(start_ticks=1))
    assert listener.heard == [Details(own_key()._replace(start_ticks=1), gone=True)]


@pytest.mark.usefixtures("qapp")
def test_files_of_a_recorded_root_are_read_from_there(tmp_path: Path) -> None:
    folder = tmp_path / "proc" / "7"
    folder.mkdir(parents=True)
    (folder / "cmdline").write_bytes(b"/usr/bin/odd\0--name\0two\nlines\0")
    (tmp_path / "proc" / "stat").write_text("cpu 1 2\nbtime 1790000000\n", encoding="ascii")
    reader, listener, heard = ProcessReader(str(tmp_path)), Listener(), []
    reader.commands_read.connect(listener.hear)
    reader.boot_read.connect(heard.append)
    reader.read_commands((ProcessKey(7, 1), ProcessKey(8, 1)))
    reader.read_boot()
    assert listener.heard == [{ProcessKey(7, 1): "/usr/bin/odd --name two\\nlines", ProcessKey(8, 1): ""}]
    assert heard == [1_790_000_000.0]
