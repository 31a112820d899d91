"""Freezing real processes: they stop growing, go on, and lose nothing."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from guardian.adapters.freezer import Freezer, NotFrozen, state_folder
from guardian.kernel.process import ProcessKey, parse_stat
from guardian.kernel.tree import KernelTree
from guardian.policy.relief import NotOffered, Target, plan_freeze
from guardian.sampling.sampler import read_process

# Grows a mebibyte at a time and says what it wrote into each; on a line of input it checks them all.
GROWER = """
import sys, threading, time
held, checked = [], threading.Event()
def check():
    sys.stdin.readline()
    checked.set()
threading.Thread(target=check, daemon=True).start()
while not checked.is_set():
    held.append(bytes([len(held) % 256]) * (1 << 20))
    time.sleep(0.02)
    if len(held) > 400: break
checked.wait()
print(len(held), all(one == bytes([at % 256]) * (1 << 20) for at, one in enumerate(held)), flush=True)
"""

Start = Callable[..., "subprocess.Popen[str]"]


def key_of(pid: int) -> ProcessKey:
    return ProcessKey(pid, parse_stat(Path(f"/proc/{pid}/stat").read_text()).start_ticks)


def state_of(pid: int) -> str:
    return parse_stat(Path(f"/proc/{pid}/stat").read_text()).state


def anon(pid: int) -> int:
    memory = read_process(KernelTree("/"), pid).memory
    return memory.rss_anon if memory is not None else 0


def wait_for(condition: Callable[[], bool], seconds: float = 10.0) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "did not come in time"
        time.sleep(0.02)


@pytest.fixture
def start() -> Iterator[Start]:
    begun: list[subprocess.Popen[str]] = []

    def starts(code: str = GROWER) -> "subprocess.Popen[str]":
        begun.append(subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))
        return begun[-1]

    yield starts
    for one in begun:
        one.kill()
        one.communicate()


@pytest.fixture
def freezer(tmp_path: Path) -> Iterator[Freezer]:
    freezer = Freezer(str(tmp_path))
    yield freezer
    for entry in freezer.frozen:
        freezer.thaw(entry)
    freezer.close()


def target(pid: int) -> Target:
    tree = KernelTree("/")
    return plan_freeze(key_of(pid), [read_process(tree, pid)], os.getuid(), [os.getpid()])


def test_a_grower_stops_growing_goes_on_and_loses_nothing(start: Start, freezer: Freezer) -> None:
    grower = start()
    wait_for(lambda: anon(grower.pid) > 20 << 20)
    entry = freezer.freeze(target(grower.pid))
    wait_for(lambda: state_of(grower.pid) == "T")
    held = anon(grower.pid)
    time.sleep(0.5)
    assert anon(grower.pid) == held
    assert freezer.frozen == (entry,)
    assert freezer.thaw(entry) == 1
    assert freezer.frozen == ()
    wait_for(lambda: anon(grower.pid) > held + (5 << 20))
    said, _nothing = grower.communicate("check\n", timeout=20)
    count, whole = said.split()
    # 25 MiB were held at the least; a bare interpreter has not 10 of them.
    assert int(count) > 15
    assert whole == "True"


def test_its_children_stand_still_too(start: Start, freezer: Freezer) -> None:
    parent = start("import subprocess, sys; c = subprocess.Popen(['sleep', '60']); print(c.pid, flush=True); c.wait()")
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    tree = KernelTree("/")
    try:
        table = [read_process(tree, parent.pid), read_process(tree, child)]
        entry = freezer.freeze(plan_freeze(key_of(parent.pid), table, os.getuid(), [os.getpid()]))
        wait_for(lambda: state_of(parent.pid) == state_of(child) == "T")
        assert freezer.thaw(entry) == 2
        wait_for(lambda: state_of(child) != "T")
    finally:
        os.kill(child, 9)


def test_what_an_agent_left_frozen_the_next_one_thaws(start: Start, tmp_path: Path) -> None:
    grower = start()
    first = Freezer(str(tmp_path))
    first.freeze(target(grower.pid))
    wait_for(lambda: state_of(grower.pid) == "T")
    # The first is gone without a word, as after SIGKILL.
    second = Freezer(str(tmp_path))
    (found,) = second.take_over()
    assert found.keys == (key_of(grower.pid),)
    wait_for(lambda: state_of(grower.pid) != "T")
    assert second.take_over() == ()
    first.close()
    second.close()


def test_a_reused_number_is_never_hit(start: Start, freezer: Freezer, tmp_path: Path) -> None:
    grower = start()
    meant = target(grower.pid)
    other = Target(meant.name, (meant.processes[0]._replace(key=ProcessKey(grower.pid, key_of(grower.pid).start_ticks + 1)),))
    with pytest.raises(NotFrozen):
        freezer.freeze(other)
    assert state_of(grower.pid) != "T"
    assert (tmp_path / "frozen").read_text() == ""


def test_one_that_is_stopped_already_is_left_to_whoever_stopped_it(start: Start) -> None:
    grower = start()
    os.kill(grower.pid, 19)
    wait_for(lambda: state_of(grower.pid) == "T")
    with pytest.raises(NotOffered, match="stands still already"):
        target(grower.pid)
    os.kill(grower.pid, 18)


def test_a_broken_list_thaws_nobody_and_does_no_harm(tmp_path: Path) -> None:
    (tmp_path / "frozen").write_bytes(b"\xff\xff\n-\t1:x\tname\n/../../etc\t\tname\nno tabs\n-\t1\tname\n")
    freezer = Freezer(str(tmp_path))
    assert freezer.take_over() == ()
    freezer.close()


def test_without_a_folder_it_freezes_all_the_same(start: Start, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    freezer = Freezer(str(tmp_path / "file" / "below"))
    grower = start()
    entry = freezer.freeze(target(grower.pid))
    wait_for(lambda: state_of(grower.pid) == "T")
    freezer.thaw(entry)


def test_a_group_that_is_ours_is_frozen_as_a_whole(start: Start, tmp_path: Path) -> None:
    """The file of a cgroup stands for the cgroup: only its being written is ours to show."""
    group = tmp_path / "groups" / "app-x-1.scope"
    group.mkdir(parents=True)
    (group / "cgroup.freeze").write_text("0")
    freezer = Freezer(str(tmp_path / "state"), groups=str(tmp_path / "groups"))
    grower = start()
    entry = freezer.freeze(target(grower.pid)._replace(cgroup="/app-x-1.scope"))
    assert (group / "cgroup.freeze").read_text() == "1"
    assert entry.cgroup == "/app-x-1.scope"
    assert state_of(grower.pid) != "T"
    freezer.thaw(entry)
    assert (group / "cgroup.freeze").read_text() == "0"
    freezer.close()


def test_its_list_lies_where_xdg_says() -> None:
    assert state_folder({"XDG_STATE_HOME": "/s"}) == "/s/oom-guardian"
