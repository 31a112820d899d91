"""The plain pass over a tree: what it reads, what it leaves out, and what it says of processes that are odd."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from guardian.kernel.errors import KernelFileError
from guardian.kernel.process import ProcessMemory
from guardian.kernel.tree import KernelTree, RecordedTree
from guardian.sampling.parsed import ParsedTexts
from guardian.sampling.sample import Sample
from guardian.sampling.sampler import read_process, read_table, take_sample

NOBODY = 65534
HOSTILE = ["", ") R 1 (x", "two\nlines", "back\\slash", "名字 √", " lead", "0 R 1 1", "a) b (c"]


def sample_of(tree: Any, **wanted: Any) -> Sample:
    return take_sample(tree, realtime=2.0, monotonic=1.0, page_size=4096, **wanted)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that other users may enter, as pytest's own is not."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def test_everything_of_one_moment_is_in_the_sample(fake_tree: Any) -> None:
    fake_tree.add(1, name="init", rss=8 << 20)
    fake_tree.add(42, name="firefox", rss=900 << 20, swap=1 << 20, adj=200, score=820, uid=1001, cgroup="/user.slice/app")
    fake_tree.write(
        "proc/pressure/memory", "some avg10=1.50 avg60=0.00 avg300=0.00 total=5\nfull avg10=0.50 avg60=0.00 avg300=0.00 total=1\n"
    )
    sample = sample_of(fake_tree)
    assert (sample.time, sample.monotonic, sample.page_size, sample.unreadable) == (2.0, 1.0, 4096, 0)
    assert sample.memory.mem_total == 16252928 * 1024
    assert sample.pressure is not None
    assert sample.pressure.some.avg10 == pytest.approx(0.015)
    assert sample.processes is not None
    assert [process.pid for process in sample.processes] == [1, 42]
    firefox = sample.processes[1]
    assert firefox.memory == ProcessMemory(900 << 20, 0, 0, 1 << 20, 40 << 10)
    assert (firefox.oom_score_adj, firefox.oom_score, firefox.uid, firefox.cgroup) == (200, 820, 1001, "/user.slice/app")


def test_table_and_cgroups_are_left_out_on_wish(fake_tree: Any) -> None:
    fake_tree.add(1)
    sample = sample_of(fake_tree, table=False, cgroups=False)
    assert sample.processes is None
    assert sample.cgroups is None


def test_files_that_this_kernel_lacks_are_unknown_not_zero(fake_tree: Any) -> None:
    sample = sample_of(fake_tree)
    assert (sample.vmstat, sample.zones, sample.pressure, sample.swaps) == (None, None, None, None)


def test_nonsense_in_a_file_is_unknown(fake_tree: Any) -> None:
    fake_tree.write("proc/pressure/memory", "nothing of the kind\n")
    fake_tree.write("proc/zoneinfo", b"\xff\x00")
    sample = sample_of(fake_tree)
    assert sample.pressure is None


def test_no_meminfo_is_an_error_that_names_the_file(tmp_path: Path) -> None:
    with pytest.raises(KernelFileError, match="proc"):
        sample_of(KernelTree(tmp_path))


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_shown_as_they_are(fake_tree: Any, name: str) -> None:
    fake_tree.add(7, name=name, rss=12 << 20)
    (process,), unreadable = read_table(fake_tree)
    assert process.name == name
    assert process.memory is not None
    assert process.memory.rss == 12 << 20
    assert unreadable == 0


def test_names_that_are_not_utf8_do_not_hurt(fake_tree: Any) -> None:
    fake_tree.add(7, name="odd")
    for file in ("stat", "status"):
        path = fake_tree.folder / f"proc/7/{file}"
        path.write_bytes(path.read_bytes().replace(b"odd", b"\xff\xfeo"))
    (process,), _ = read_table(fake_tree)
    assert process.name == "��o"


def test_a_process_that_vanishes_between_two_files_is_left_out(fake_tree: Any) -> None:
    fake_tree.add(7)
    fake_tree.add(8)
    (fake_tree.folder / "proc/7/stat").unlink()
    processes, unreadable = read_table(fake_tree)
    assert [process.pid for process in processes] == [8]
    assert unreadable == 0


def test_what_may_not_be_read_is_counted(open_folder: Path, fake_tree: Any) -> None:
    tree = type(fake_tree)(open_folder)
    tree.add(7)
    tree.add(8)
    for path in (open_folder / "proc/7").iterdir():
        path.chmod(0)

    def count() -> None:
        processes, unreadable = read_table(tree)
        assert ([process.pid for process in processes], unreadable) == ([8], 1)

    in_child_as_user(count)


def in_child_as_user(check: Callable[[], None]) -> None:
    """Run a check as somebody whom permissions bind; root is not bound, so it becomes nobody."""
    pid = os.fork()
    if pid == 0:
        try:
            if os.geteuid() == 0:
                os.setgroups([])
                os.setgid(NOBODY)
                os.setuid(NOBODY)
            check()
        except BaseException:  # noqa: BLE001 - the child must not return into pytest
            os._exit(1)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


def test_a_zombie_leader_is_scored_by_its_living_threads(fake_tree: Any) -> None:
    fake_tree.add(7, rss=None, state="Z", threads=3)
    fake_tree.write("proc/7/task/7/status", "Name:\tidle\nState:\tZ (zombie)\n")
    fake_tree.write(
        "proc/7/task/9/status",
        "Name:\tidle\nVmRSS:\t2048 kB\nRssAnon:\t1024 kB\nRssFile:\t512 kB\nRssShmem:\t512 kB\nVmPTE:\t8 kB\nVmSwap:\t4 kB\n",
    )
    process = read_process(fake_tree, 7)
    assert process.memory == ProcessMemory(1 << 20, 512 << 10, 512 << 10, 4 << 10, 8 << 10)


def test_a_plain_zombie_has_no_memory(fake_tree: Any) -> None:
    fake_tree.add(7, rss=None, state="Z", threads=1)
    assert read_process(fake_tree, 7).memory is None


def test_oom_adj_stands_in_on_kernels_before_oom_score_adj(fake_tree: Any) -> None:
    fake_tree.add(7)
    (fake_tree.folder / "proc/7/oom_score_adj").unlink()
    fake_tree.write("proc/7/oom_adj", "-17\n")
    process = read_process(fake_tree, 7)
    assert (process.oom_score_adj, process.oom_adj) == (None, -17)


def test_unchanged_texts_give_the_same_objects(fake_tree: Any) -> None:
    fake_tree.add(7)
    fake_tree.add(8)
    parsed = ParsedTexts()
    before = sample_of(fake_tree, parsed=parsed)
    fake_tree.add(8, rss=64 << 20)
    after = sample_of(fake_tree, parsed=parsed)
    assert before.processes is not None
    assert after.processes is not None
    assert after.memory is before.memory
    assert after.processes[0] is before.processes[0]
    assert after.processes[1] is not before.processes[1]
    assert after.processes == sample_of(fake_tree).processes


def test_values_of_processes_that_are_gone_are_forgotten(fake_tree: Any) -> None:
    parsed = ParsedTexts()
    fake_tree.add(7, name="first")
    sample_of(fake_tree, parsed=parsed)
    shutil.rmtree(fake_tree.folder / "proc/7")
    sample_of(fake_tree, parsed=parsed)
    asked = []
    parsed.value(7, "anything", lambda: asked.append(1))
    assert asked == [1]


def test_the_same_code_reads_recorded_trees(fake_tree: Any) -> None:
    fake_tree.add(7, name="x", rss=5 << 20)
    files = {f"/{path.relative_to(fake_tree.folder)}": path.read_text() for path in fake_tree.folder.rglob("*") if path.is_file()}
    assert sample_of(RecordedTree(files)) == sample_of(fake_tree)


def test_this_machine_is_read_without_a_word() -> None:
    sample = sample_of(KernelTree())
    assert sample.processes is not None
    assert os.getpid() in {process.pid for process in sample.processes}
    here = next(process for process in sample.processes if process.pid == os.getpid())
    assert here.memory is not None
    assert here.memory.rss > 5 << 20
    assert here.uid == os.getuid()
