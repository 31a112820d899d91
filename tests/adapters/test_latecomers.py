"""An act on a whole application reaches what it started after somebody looked: real processes, in a made-up application."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from guardian.adapters import performer
from guardian.adapters.helper_client import HelperClient
from guardian.adapters.latecomers import latecomers
from guardian.adapters.performer import Performer
from guardian.kernel.process import Process, ProcessKey, parse_stat
from guardian.policy.acts import PinOrder, SignalOrder
from guardian.policy.applications import Group

APP = Group("app", "firefox")
GROUP = "/app.slice/app-firefox-77.scope"


@pytest.fixture
def sleepers() -> Iterator[list[subprocess.Popen[bytes]]]:
    made = [subprocess.Popen([sys.executable, "-S", "-c", "import time; time.sleep(60)"]) for _one in range(3)]
    yield made
    for one in made:
        one.kill()
        one.wait()


def process_of(pid: int) -> Process:
    stat = parse_stat(Path(f"/proc/{pid}/stat").read_text(encoding="utf-8"))
    uid = Path(f"/proc/{pid}").stat().st_uid
    return Process(ProcessKey(pid, stat.start_ticks), stat.comm, stat.ppid, stat.state, 0, 1, uid=uid, cgroup=GROUP)


def test_it_is_found_by_its_cgroup_and_owner(tmp_path: Path) -> None:
    line = Path("/proc/self/stat").read_text(encoding="utf-8").rpartition(") ")[2]
    for pid, path in ((7, GROUP), (8, GROUP), (9, "/app.slice/app-code-1.scope")):
        folder = tmp_path / "proc" / str(pid)
        folder.mkdir(parents=True)
        (folder / "cgroup").write_text(f"0::{path}\n")
        (folder / "stat").write_text(f"{pid} (web) {line}")
    uid = (tmp_path / "proc").stat().st_uid
    every = latecomers(APP, uid, (), f"{tmp_path}/")
    assert sorted(one.pid for one in every) == [7, 8]
    (known,) = (one.key for one in every if one.pid == 7)
    assert [one.pid for one in latecomers(APP, uid, {known}, f"{tmp_path}/")] == [8]
    assert latecomers(APP, uid + 1, (), f"{tmp_path}/") == []


def test_the_whole_is_acted_on_with_what_came_meanwhile(
    sleepers: list[subprocess.Popen[bytes]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    first, second, third = (process_of(one.pid) for one in sleepers)
    rounds = [[second], [third], []]
    asked: list[int] = []

    def late(group: Group, _uid: int | None, known: set[ProcessKey]) -> list[Process]:
        assert group == APP
        asked.append(len(known))
        return rounds[len(asked) - 1]

    monkeypatch.setattr(performer, "latecomers", late)
    helper = HelperClient({"DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={tmp_path}/none"})
    done = Performer(helper).perform(PinOrder("firefox", (first,), 777, group=APP))
    assert [change.now for change in done.act.changes] == [777, 777, 777]
    assert asked == [1, 2, 3]
    asked.clear()
    done = Performer(helper).perform(SignalOrder("firefox", (first,), "KILL", APP))
    assert len(done.act.ended) == 3
    assert [one.wait(10) for one in sleepers] == [-9, -9, -9]
