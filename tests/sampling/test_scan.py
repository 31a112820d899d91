"""The two-tier scan against the plain pass, on real processes that grow, change, end, and whose numbers are used again."""

import os
import random
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from guardian.kernel.process import Process
from guardian.kernel.tree import KernelTree
from guardian.sampling.scan import EXACT_SECONDS, TableScan

NUMBERS = ("memory", "oom_score_adj", "oom_score", "name", "uid", "cgroup")


class Ticks:
    """A scan with a clock of its own."""

    def __init__(self, scan: TableScan) -> None:
        self.scan = scan
        self.now = 0.0

    def tick(self, seconds: float = 1.0, *, exact: bool = False) -> dict[int, Process]:
        self.now += seconds
        processes, _ = self.scan.read_exact(self.now) if exact else self.scan.read(self.now)
        table = {process.pid: process for process in processes}
        assert len(table) == len(processes)
        return table


@pytest.fixture
def plain(tmp_path: Path) -> Callable[[int], Process]:
    from guardian.sampling.sampler import read_process

    return lambda pid: read_process(KernelTree(), pid)


def numbers(process: Process) -> tuple[object, ...]:
    return tuple(getattr(process, name) for name in NUMBERS)


def heaviest(table: dict[int, Process], pids: list[int]) -> int:
    return max(pids, key=lambda pid: table[pid].oom_score or 0)


def test_equals_the_plain_pass(farm: Callable[[int], Any], plain: Callable[[int], Process]) -> None:
    herd = farm(12)
    with TableScan(KernelTree()) as scan:
        table = Ticks(scan).tick()
        for pid in herd.pids:
            assert numbers(table[pid]) == numbers(plain(pid))


def test_growth_and_adjustment_show_in_the_next_tick_where_scores_are_kept(
    farm: Callable[[int], Any], plain: Callable[[int], Process]
) -> None:
    herd = farm(8)
    with TableScan(KernelTree()) as scan:
        ticks = Ticks(scan)
        ticks.tick()
        assert scan.kept > 0
        herd.tell(3, "adj 700")
        herd.tell(5, f"grow {96 << 20}")
        table = ticks.tick()
        assert table[herd.pids[3]].oom_score_adj == 700
        assert numbers(table[herd.pids[5]]) == numbers(plain(herd.pids[5]))
        assert heaviest(table, herd.pids) == herd.pids[3]


@pytest.mark.parametrize("kept", [0, 8, 40])
def test_a_raised_adjustment_is_first_within_three_ticks(farm: Callable[[int], Any], kept: int) -> None:
    herd = farm(30)
    with TableScan(KernelTree(), most_kept=kept) as scan:
        ticks = Ticks(scan)
        ticks.tick()
        for at in (0, 13, 29):
            herd.tell(at, "adj 900")
            for _ in range(3):
                table = ticks.tick()
            assert table[herd.pids[at]].oom_score_adj == 900
            assert scan.kept <= kept


def test_small_changes_that_leave_the_score_show_within_the_bounded_time(
    farm: Callable[[int], Any], plain: Callable[[int], Process]
) -> None:
    herd = farm(20)
    with TableScan(KernelTree()) as scan:
        ticks = Ticks(scan)
        ticks.tick()
        for at in range(20):
            herd.tell(at, f"grow {256 << 10}")
        for _ in range(int(EXACT_SECONDS) + 1):
            table = ticks.tick()
        for pid in herd.pids:
            assert numbers(table[pid]) == numbers(plain(pid))


def test_exact_reads_all_at_once(farm: Callable[[int], Any], plain: Callable[[int], Process]) -> None:
    herd = farm(6)
    with TableScan(KernelTree()) as scan:
        ticks = Ticks(scan)
        ticks.tick()
        for at in range(6):
            herd.tell(at, f"grow {200 << 10}")
        table = ticks.tick(exact=True)
        assert [numbers(table[pid]) for pid in herd.pids] == [numbers(plain(pid)) for pid in herd.pids]


@pytest.mark.parametrize("name", [b"other) (one", b"two\nlines", b"back\\slash", "名字 √".encode(), b"\xff\xfe", b""])
def test_a_new_name_is_seen(farm: Callable[[int], Any], plain: Callable[[int], Process], name: bytes) -> None:
    herd = farm(3)
    with TableScan(KernelTree()) as scan:
        ticks = Ticks(scan)
        ticks.tick()
        ticks.tick(exact=True)
        herd.tell(1, f"name {name!r}")
        assert ticks.tick(exact=True)[herd.pids[1]].name == plain(herd.pids[1]).name
        assert ticks.tick(exact=True)[herd.pids[1]].name == name.decode("utf-8", "replace")


@pytest.mark.parametrize("kept", [0, 10, 1024])
def test_equals_the_plain_pass_while_everything_changes(
    farm: Callable[[int], Any], plain: Callable[[int], Process], kept: int
) -> None:
    dice = random.Random(kept)
    herds = [farm(10) for _ in range(3)]
    alive = {herd.pids[at]: (herd, at) for herd in herds for at in range(10)}
    with TableScan(KernelTree(), most_kept=kept) as scan:
        ticks = Ticks(scan)
        for _ in range(12):
            for pid in dice.sample(sorted(alive), 4):
                herd, at = alive[pid]
                command = dice.choice(
                    ["adj 0", "adj 300", "adj 1000", f"grow {1 << 20}", f"grow {40 << 20}", "name b'x'", "exit"]
                )
                herd.tell(at, command)
                if command == "exit":
                    del alive[pid]
            for _ in range(3):
                table = ticks.tick()
            assert {pid for herd in herds for pid in herd.pids} & table.keys() == alive.keys()
            assert {pid: table[pid].oom_score for pid in alive} == {pid: plain(pid).oom_score for pid in alive}
            table = ticks.tick(exact=True)
            assert {pid: numbers(table[pid]) for pid in alive} == {pid: numbers(plain(pid)) for pid in alive}


def test_births_and_deaths(farm: Callable[[int], Any]) -> None:
    herd = farm(5)
    with TableScan(KernelTree()) as scan:
        ticks = Ticks(scan)
        ticks.tick()
        later = farm(4)
        table = ticks.tick()
        assert set(later.pids) <= table.keys()
        herd.tell(2, "exit")
        herd.kill(3)
        for _ in range(3):
            table = ticks.tick()
        assert herd.pids[2] not in table
        assert table[herd.pids[3]].memory is None
        assert table[herd.pids[3]].state == "Z"
        for at in range(4):
            later.tell(at, "exit")
        for _ in range(3):
            table = ticks.tick()
        assert not set(later.pids) & table.keys()


def test_unchanged_processes_stay_the_same_objects(farm: Callable[[int], Any]) -> None:
    herd = farm(10)
    with TableScan(KernelTree()) as scan:
        ticks = Ticks(scan)
        before = ticks.tick()
        for _ in range(3):
            before = ticks.tick()
        herd.tell(4, f"grow {80 << 20}")
        after = ticks.tick()
        assert after[herd.pids[4]] is not before[herd.pids[4]]
        others = [pid for pid in herd.pids if pid != herd.pids[4]]
        assert all(after[pid] is before[pid] for pid in others)


def next_pid_can_be_chosen() -> bool:
    try:
        with open("/proc/sys/kernel/ns_last_pid", "r+") as file:
            file.write(file.read())
    except OSError:
        return False
    return True


def reborn(pid: int) -> subprocess.Popen[bytes]:
    """A new process under an old number."""
    for _ in range(200):
        with open("/proc/sys/kernel/ns_last_pid", "w") as file:
            file.write(str(pid - 1))
        child = subprocess.Popen(["sleep", "60"])
        if child.pid == pid:
            return child
        child.kill()
        child.wait()
    pytest.skip("others took the number each time")


@pytest.mark.skipif(not next_pid_can_be_chosen(), reason="/proc/sys/kernel/ns_last_pid may not be written")
@pytest.mark.parametrize("kept", [0, 1024])
def test_a_number_used_again_is_another_process(farm: Callable[[int], Any], kept: int) -> None:
    herd = farm(4)
    with TableScan(KernelTree(), most_kept=kept) as scan:
        ticks = Ticks(scan)
        before = ticks.tick()[herd.pids[1]]
        herd.tell(1, "exit")
        child = reborn(herd.pids[1])
        try:
            after = ticks.tick()[herd.pids[1]]
            assert after.key != before.key
            assert after.name in {"sleep", Path(sys.executable).resolve().name[:15]}
            assert ticks.tick()[herd.pids[1]].name == "sleep"
        finally:
            child.kill()
            child.wait()


@pytest.mark.skipif(not next_pid_can_be_chosen(), reason="/proc/sys/kernel/ns_last_pid may not be written")
def test_numbers_that_wrap_leave_nobody_out(farm: Callable[[int], Any]) -> None:
    with TableScan(KernelTree()) as scan:
        ticks = Ticks(scan)
        ticks.tick()
        most = int(Path("/proc/sys/kernel/pid_max").read_text())
        Path("/proc/sys/kernel/ns_last_pid").write_text(str(most - 4))
        herd = farm(12)
        assert min(herd.pids) < most // 2
        assert set(herd.pids) <= ticks.tick().keys()
        later = farm(2)
        assert {*herd.pids, *later.pids} <= ticks.tick().keys()


def test_everything_is_closed_and_the_limit_restored() -> None:
    before, limit = len(os.listdir("/proc/self/fd")), resource.getrlimit(resource.RLIMIT_NOFILE)
    scan = TableScan(KernelTree())
    scan.read(0.0)
    assert len(os.listdir("/proc/self/fd")) > before
    scan.close()
    scan.close()
    assert len(os.listdir("/proc/self/fd")) == before
    assert resource.getrlimit(resource.RLIMIT_NOFILE) == limit


STARVED = """
import os, resource, sys
pids = set(map(int, sys.argv[2:]))
limit = int(sys.argv[1])
resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
from guardian.kernel.tree import KernelTree
from guardian.sampling.sampler import read_process
from guardian.sampling.scan import TableScan
tree = KernelTree()
scan = TableScan(tree)
for now in range(3):
    table = {process.pid: process for process in scan.read(float(now))[0]}
assert pids <= table.keys(), pids - table.keys()
mine = []
try:
    while True:
        mine.append(os.open("/dev/null", os.O_RDONLY))
except OSError:
    os.close(mine.pop())
for now in range(3, 9):
    table = {process.pid: process for process in scan.read(float(now))[0]}
assert pids <= table.keys(), pids - table.keys()
for fd in mine:
    os.close(fd)
for pid in pids:
    assert table[pid].memory == read_process(tree, pid).memory
print("kept", scan.kept)
"""


@pytest.mark.parametrize("limit", [24, 80, 120])
def test_few_descriptors_are_no_failure(farm: Callable[[int], Any], checkout: Path, limit: int) -> None:
    herd = farm(40)
    done = subprocess.run(
        [sys.executable, "-c", STARVED, str(limit), *map(str, herd.pids)],
        capture_output=True, text=True, cwd=checkout, env={**os.environ, "PYTHONPATH": str(checkout)}, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert int(done.stdout.split()[1]) < limit
