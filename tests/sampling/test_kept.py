"""Descriptors that stay open: read together, told apart when one dies, closed at the end; and the listing beside them."""

import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from guardian.kernel.errors import KernelFileError, Vanished
from guardian.kernel.tree import KernelTree
from guardian.sampling.file_limit import FileLimit
from guardian.sampling.kept import KeptFiles, out_of_descriptors
from guardian.sampling.listing import WHOLE_SECONDS, ProcessListing
from guardian.sampling.machine_files import FILES, MachineFiles


def kept_scores(pids: list[int]) -> KeptFiles:
    kept = KeptFiles()
    for pid in pids:
        kept.add(pid, os.open(f"/proc/{pid}/oom_score", os.O_RDONLY), b"")
    kept.read()
    return kept


def test_reading_goes_on_behind_the_dead(farm: Callable[[int], Any]) -> None:
    herd = farm(9)
    kept = kept_scores(herd.pids)
    for at in (0, 4, 5, 8):
        herd.tell(at, "exit")
    herd.tell(6, "adj 500")
    changed, gone = kept.read()
    assert changed == [herd.pids[6]]
    assert gone == [herd.pids[at] for at in (0, 4, 5, 8)]
    for pid in gone:
        kept.remove(pid)
    assert sorted(kept.pids) == [herd.pids[at] for at in (1, 2, 3, 6, 7)]
    assert kept.read() == ([], [])
    herd.tell(7, "adj 600")
    assert kept.read() == ([herd.pids[7]], [])
    kept.close()
    assert len(kept) == 0


def test_taking_out_keeps_each_text_with_its_process(tmp_path: Path) -> None:
    kept = KeptFiles()
    for pid in range(6):
        (tmp_path / str(pid)).write_text(f"{pid * 100}\n")
        kept.add(pid, os.open(tmp_path / str(pid), os.O_RDONLY), b"")
    kept.read()
    for pid in (2, 5, 0):
        kept.remove(pid)
        kept.remove(pid)
        assert {one: kept.text(one) for one in kept.pids} == {one: f"{one * 100}\n".encode() for one in kept.pids}
    (tmp_path / "3").write_text("7\n")
    assert kept.read() == ([3], [])
    assert [pid in kept for pid in range(6)] == [False, True, False, True, True, False]
    kept.close()


def test_a_listing_tells_the_new_ones_alone(farm: Callable[[int], Any]) -> None:
    listing = ProcessListing(KernelTree())
    try:
        first = listing.read(0.0)
        assert first.whole
        assert os.getpid() in first.pids
        assert not {pid for pid in listing.read(1.0).pids if pid in first.pids}
        herd = farm(3)
        later = listing.read(2.0)
        if not later.wrapped:
            assert not later.whole
            assert len(later.pids) < len(first.pids)
        assert set(herd.pids) <= set(later.pids)
        again = listing.read(WHOLE_SECONDS)
        assert again.whole
        assert set(herd.pids) <= set(again.pids)
    finally:
        listing.close()
        listing.close()


def test_where_positions_mean_nothing_every_listing_is_whole(fake_tree: Any) -> None:
    fake_tree.write("proc/loadavg", "0.0 0.0 0.0 1/1 900\n")
    for pid in (1, 40, 900):
        fake_tree.add(pid)
    listing = ProcessListing(fake_tree)
    try:
        for now in range(3):
            fake_tree.add(100 + now)
            fake_tree.write("proc/loadavg", f"0.0 0.0 0.0 1/1 {900 + now}\n")
            told = listing.read(float(now))
            assert told.whole
            assert set(told.pids) == {1, 40, 900, *range(100, 101 + now)}
    finally:
        listing.close()


def test_wrapped_numbers_may_be_anybodys() -> None:
    from guardian.sampling.listing import Listing

    wrapped = Listing([], after=32000, last=400, whole=True, wrapped=True)
    assert [wrapped.reused(pid) for pid in (1, 400, 401, 32000, 32001)] == [True, True, False, False, True]
    onward = Listing([], after=300, last=310, whole=False, wrapped=False)
    assert [onward.reused(pid) for pid in (1, 300, 301, 310)] == [False, False, True, True]


def test_machine_files_say_what_the_tree_says() -> None:
    tree = KernelTree()
    with MachineFiles(tree) as files:
        for _ in range(3):
            for path in FILES:
                kept, fresh = files.read_or_none(path), tree.read_or_none(path)
                assert (kept is None) == (fresh is None)
                if kept is not None and fresh is not None:
                    assert kept.split()[:2] == fresh.split()[:2]
        assert set(files.pids()) & set(tree.pids())
    before = len(os.listdir("/proc/self/fd"))
    files.read("proc/meminfo")
    files.close()
    files.close()
    assert len(os.listdir("/proc/self/fd")) == before


def test_a_machine_file_that_comes_later_is_found(fake_tree: Any) -> None:
    with MachineFiles(fake_tree) as files:
        assert files.read_or_none("proc/vmstat") is None
        with pytest.raises(Vanished):
            files.read("proc/vmstat")
        fake_tree.write("proc/vmstat", "oom_kill 3\n")
        assert files.read_or_none("proc/vmstat") == "oom_kill 3\n"


LIMITED = """
import resource, subprocess, sys
resource.setrlimit(resource.RLIMIT_NOFILE, (256, int(sys.argv[1])))
from guardian.sampling.file_limit import FileLimit
limit = FileLimit()
child = subprocess.Popen(["sleep", "5"])
limit.restore_in(child.pid)
given = resource.prlimit(child.pid, resource.RLIMIT_NOFILE)[0]
child.kill()
child.wait()
raised = limit.soft
limit.restore()
print(raised, given, limit.soft, resource.getrlimit(resource.RLIMIT_NOFILE)[0])
"""


@pytest.mark.parametrize("hard, raised", [(1000, 1000), (256, 256), (4500, 4096)])
def test_the_limit_is_raised_here_and_restored_in_children(checkout: Path, hard: int, raised: int) -> None:
    if resource.getrlimit(resource.RLIMIT_NOFILE)[1] < hard:
        pytest.skip(f"the hard limit of open files is below {hard}")
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, str(hard)], capture_output=True, text=True, check=True, cwd=checkout,
        env={**os.environ, "PYTHONPATH": str(checkout)},
    )  # fmt: skip
    assert done.stdout.split() == [str(raised), "256", "256", "256"]


def test_a_limit_that_is_high_enough_stays() -> None:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    limit = FileLimit(wanted=8)
    assert resource.getrlimit(resource.RLIMIT_NOFILE) == before
    limit.restore()
    assert resource.getrlimit(resource.RLIMIT_NOFILE) == before


def test_want_of_descriptors_is_told_from_other_errors() -> None:
    tree = KernelTree()
    held = []
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (len(os.listdir("/proc/self/fd")) + 16, before[1]))
    try:
        with pytest.raises(KernelFileError) as full:
            held.extend(tree.open("proc/meminfo") for _ in range(100))
    finally:
        for fd in held:
            os.close(fd)
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
    assert out_of_descriptors(full.value)
    with pytest.raises(Vanished) as missing:
        tree.open("proc/nothing")
    assert not out_of_descriptors(missing.value)


def test_a_kept_file_outlives_the_moment_it_was_opened() -> None:
    with MachineFiles(KernelTree()) as files:
        first = files.read("proc/pressure/memory") if Path("/proc/pressure/memory").exists() else files.read("proc/vmstat")
        time.sleep(0.01)
        assert first.split()[0] == files.read("proc/pressure/memory" if first.startswith("some") else "proc/vmstat").split()[0]
