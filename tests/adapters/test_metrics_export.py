"""What is counted and since when, and the file that is written beside the server."""

import errno
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from guardian.adapters.metrics_export import MetricsExport, Wanted, system_name
from guardian.adapters.metrics_page import FILE_NAME
from guardian.kernel.meminfo import MemInfo
from guardian.kernel.tree import KernelTree
from guardian.model.history import Kill, Party
from guardian.model.verdict import State, Verdict
from guardian.sampling.sample import Sample

GIB = 1 << 30
Opened = Callable[..., MetricsExport]


def wait_for(condition: Callable[[], bool], seconds: float = 30.0) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "did not come in time"
        time.sleep(0.02)


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def opened(tmp_path: Path, said: list[str]) -> Iterator[Opened]:
    made: list[MetricsExport] = []

    def open_one(folder: Path | None = None, **more: bool) -> MetricsExport:
        wanted = Wanted(textfile=None if folder is None else str(folder), **more)  # type: ignore[arg-type]
        made.append(MetricsExport(wanted, KernelTree(str(tmp_path)), said.append))
        made[-1].open(locked=True)
        return made[-1]

    yield open_one
    for one in made:
        one.close()


def tick(export: MetricsExport, at: float | None = None, state: State = State.CALM) -> None:
    at = time.time() if at is None else at
    memory = MemInfo(8 * GIB, 2 * GIB, 3 * GIB, swap_total=0, swap_free=0)
    sample = Sample(at, at, 4096, memory, None, None, None, None, None, None, None)
    export.tick(Verdict(at, state, GIB, GIB, 0, None, None, None, None, (), ()), sample, None, 1, 0.1)


def values(export: MetricsExport, name: str) -> dict[tuple[str, ...], float]:
    return {
        labels: value
        for family in export._families()
        if family.metric.name == "oom_guardian_" + name
        for labels, value in family.samples
    }


def counted(export: MetricsExport) -> dict[tuple[str, ...], float]:
    tick(export)
    return {labels: value for labels, value in values(export, "kills_total").items() if value}


def test_a_kill_counts_once_however_often_it_is_told(opened: Opened) -> None:
    export, now = opened(), time.time() + 1
    kill = Kill(12.5, now, "kernel", (Party(77, "web"),), constraint="memcg", boot="b", sources=("kernel log",))
    for told in (
        kill,
        kill._replace(key=5),
        kill._replace(key=5, sources=("kernel log", "journal")),
        kill._replace(seconds=None),
    ):
        export.kept(told)
    assert counted(export) == {("kernel", "memcg"): 1}
    export.kept(kill._replace(seconds=90.0, time=now + 80, victims=(Party(99, "db"),), key=6))
    export.kept(Kill(None, now + 90, "earlyoom", (Party(105, "java"),)))
    assert counted(export) == {("kernel", "memcg"): 2, ("earlyoom", ""): 1}
    assert values(export, "last_kill_timestamp_seconds") == {("earlyoom", "java"): now + 90}


def test_what_was_before_the_start_is_remembered_and_not_counted(opened: Opened) -> None:
    export = opened()
    export.kept(Kill(None, 1000.0, "kernel", (Party(77, "web"),)))
    export.kept(Kill(None, 900.0, "kernel", (Party(7, "older"),)))
    assert counted(export) == {}
    assert values(export, "last_kill_timestamp_seconds") == {("kernel", "web"): 1000.0}
    # Every killer has its zero, so that its first kill is an increase.
    assert len(values(export, "kills_total")) == 8


def test_a_state_has_its_beginning(opened: Opened) -> None:
    export = opened()
    tick(export, 1000.0)
    tick(export, 1010.0)
    assert values(export, "state_since_timestamp_seconds") == {(): 1000.0}
    tick(export, 1020.0, State.WARNING)
    tick(export, 1030.0, State.WARNING)
    assert values(export, "state_since_timestamp_seconds") == {(): 1020.0}
    assert values(export, "state_level") == {(): 2.0}


def test_before_the_first_look_there_is_nothing(opened: Opened) -> None:
    assert list(opened()._families()) == []


def test_the_file_is_renewed_at_once_when_the_state_changes(opened: Opened, tmp_path: Path) -> None:
    export, path = opened(tmp_path), tmp_path / FILE_NAME
    tick(export)
    wait_for(lambda: path.exists() and "oom_guardian_state_level 0.0" in path.read_text())
    tick(export, state=State.CRITICAL)
    wait_for(lambda: "oom_guardian_state_level 3.0" in path.read_text())
    export.close()
    assert not path.exists()


def test_a_folder_that_cannot_be_written_is_named_once(opened: Opened, tmp_path: Path, said: list[str]) -> None:
    folder = tmp_path / "gone"
    export = opened(folder)
    for state in (State.CALM, State.WATCH, State.CALM):
        tick(export, state=state)
        wait_for(lambda: bool(said))
    assert len(said) == 1
    # The reason is in the language of the C library, which another test may have chosen.
    assert f"cannot write metrics to {folder}: {os.strerror(errno.ENOENT)}" in said[0]
    folder.mkdir()
    tick(export, state=State.WARNING)
    wait_for((folder / FILE_NAME).exists)


@pytest.mark.parametrize(
    "text,name",
    [
        ('NAME="Debian"\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n', "Debian GNU/Linux 12 (bookworm)"),
        ("ID=x\n", ""),
        (None, ""),
    ],
)
def test_the_systems_name(tmp_path: Path, text: str | None, name: str) -> None:
    if text is not None:
        (tmp_path / "etc").mkdir()
        (tmp_path / "etc/os-release").write_text(text)
    assert system_name(KernelTree(os.fspath(tmp_path))) == name
