"""The live tree and the recorded one answer alike."""

import errno
import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardian.kernel.errors import Denied, KernelFileError, Vanished
from guardian.kernel.tree import KernelTree, RecordedTree, Tree

FILES = {
    "/proc/meminfo": "MemTotal: 1 kB\n",
    "/proc/1/stat": "1 (init) S",
    "/proc/42/stat": "42 (a) S",
    "/proc/42/task/42/stat": "42 (a) S",
    "/sys/fs/cgroup/box/memory.max": "max\n",
}


@pytest.fixture(params=["live", "recorded"])
def tree(request: pytest.FixtureRequest, tmp_path: Path) -> Tree:
    if request.param == "recorded":
        return RecordedTree(FILES)
    for path, text in FILES.items():
        file = tmp_path / path.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return KernelTree(tmp_path)


def test_reads_texts_names_and_pids(tree: Tree) -> None:
    assert tree.read("proc/meminfo") == "MemTotal: 1 kB\n"
    assert tree.read_or_none("proc/42/stat") == "42 (a) S"
    assert sorted(tree.pids()) == [1, 42]
    assert sorted(tree.names("proc")) == ["1", "42", "meminfo"]
    assert sorted(tree.names("proc/42")) == ["stat", "task"]
    assert tree.names("sys/fs/cgroup") == ["box"]
    assert sorted(tree.names("")) == ["proc", "sys"]


def test_what_is_not_there_has_vanished(tree: Tree) -> None:
    for call in (tree.read, tree.names, tree.link):
        with pytest.raises(Vanished) as caught:
            call("proc/7/stat")
        assert caught.value.path == "proc/7/stat"
    assert tree.read_or_none("proc/7/stat") is None
    # A file is no folder.
    with pytest.raises(Vanished):
        tree.names("proc/meminfo")


def test_a_folder_is_not_a_file(tmp_path: Path) -> None:
    with pytest.raises(KernelFileError) as caught:
        KernelTree(tmp_path).read("")
    assert type(caught.value) is KernelFileError


def test_a_path_that_cannot_be_one_is_refused(tmp_path: Path) -> None:
    tree = KernelTree(tmp_path)
    for call in (tree.read, tree.names, tree.link, tree.open):
        with pytest.raises(KernelFileError):
            call("proc/\0")


def test_bytes_that_are_no_utf_8_are_replaced(tmp_path: Path) -> None:
    (tmp_path / "comm").write_bytes("火狐".encode()[:4] + b"\n")
    assert KernelTree(tmp_path).read("comm") == "火\N{REPLACEMENT CHARACTER}\n"


@pytest.mark.parametrize(
    "number, kind",
    [
        (errno.EACCES, Denied),
        (errno.EPERM, Denied),
        (errno.ESRCH, Vanished),
        (errno.ENOTDIR, Vanished),
        (errno.EOPNOTSUPP, Vanished),
        (errno.EIO, KernelFileError),
    ],
)
def test_the_reason_of_a_failure_is_named(monkeypatch: pytest.MonkeyPatch, number: int, kind: type[KernelFileError]) -> None:
    def refuse(*_: object) -> int:
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patch:
        patch.setattr(os, "open", refuse)
        with pytest.raises(KernelFileError) as caught:
            KernelTree().read("proc/1/oom_score")
    assert type(caught.value) is kind
    assert os.strerror(number) in str(caught.value)
    assert "proc/1/oom_score" in str(caught.value)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_file_is_denied(tmp_path: Path) -> None:
    file = tmp_path / "kmsg"
    file.write_text("")
    file.chmod(0)
    tree = KernelTree(tmp_path)
    with pytest.raises(Denied):
        tree.read("kmsg")
    assert tree.read_or_none("kmsg") is None


def test_long_files_are_read_whole(tmp_path: Path) -> None:
    text = "x" * 300_000
    (tmp_path / "smaps").write_text(text)
    tree = KernelTree(tmp_path)
    assert tree.read("smaps") == text
    fd = tree.open("smaps")
    try:
        assert tree.read_fd(fd) == text.encode()
    finally:
        os.close(fd)


def test_files_of_many_records_are_read_whole() -> None:
    # The kernel hands these out record by record, less than a page at a time.
    tree = KernelTree()
    fd = tree.open("proc/vmstat")
    try:
        kept = tree.read_fd(fd).decode()
    finally:
        os.close(fd)
    names = [line.split()[0] for line in Path("/proc/vmstat").read_text().splitlines()]
    assert [line.split()[0] for line in kept.splitlines()] == names
    assert [line.split()[0] for line in tree.read("proc/vmstat").splitlines()] == names


def test_a_kept_descriptor_tells_the_end_of_its_process() -> None:
    tree = KernelTree()
    with subprocess.Popen(["sleep", "60"]) as child:
        fd = tree.open(f"proc/{child.pid}/oom_score_adj")
        assert tree.read_fd(fd) == Path("/proc/self/oom_score_adj").read_bytes()
        child.kill()
    try:
        with pytest.raises(Vanished) as caught:
            tree.read_fd(fd, "proc/gone")
    finally:
        os.close(fd)
    assert caught.value.path == "proc/gone"


def test_links_are_read(tmp_path: Path) -> None:
    (tmp_path / "exe").symlink_to("/usr/bin/true")
    assert KernelTree(tmp_path).link("exe") == "/usr/bin/true"
    assert RecordedTree({"/proc/1/exe": "/usr/bin/true"}).link("proc/1/exe") == "/usr/bin/true"


def test_the_machine_lists_this_process() -> None:
    assert os.getpid() in KernelTree().pids()


def test_a_recording_goes_on() -> None:
    tree = RecordedTree(FILES)
    tree.update({"/proc/43/stat": "43 (b) S", "/proc/meminfo": "MemTotal: 2 kB\n"}, ["/proc/42/stat", "/proc/42/task/42/stat"])
    assert sorted(tree.pids()) == [1, 43]
    assert tree.read("proc/meminfo") == "MemTotal: 2 kB\n"
    assert tree.read_or_none("proc/42/stat") is None
    with pytest.raises(Vanished):
        tree.names("proc/42")


PARTS = st.lists(st.sampled_from(["proc", "sys", "1", "2", "stat"]), min_size=1, max_size=4)
PATHS = PARTS.map(lambda parts: "/" + "/".join(parts))
STEPS = st.lists(st.tuples(st.dictionaries(PATHS, st.text(max_size=3), max_size=5), st.lists(PATHS, max_size=5)), max_size=6)


def names_below(folder: str, files: dict[str, str]) -> list[str]:
    prefix = f"{folder}/"
    return sorted({path.removeprefix(prefix).partition("/")[0] for path in files if path.startswith(prefix)})


@given(STEPS)
def test_a_recording_that_went_on_knows_what_is_there(steps: list[tuple[dict[str, str], list[str]]]) -> None:
    tree, files = RecordedTree(), dict[str, str]()
    for changed, gone in steps:
        tree.update(changed, gone)
        files = {path: text for path, text in files.items() if path not in gone} | changed
    assert sorted(tree.pids()) == [int(name) for name in names_below("/proc", files) if name.isdigit()]
    for folder in ("/proc", "/sys", "/proc/1", "/proc/1/2", "/1", "/1/1/1"):
        if expected := names_below(folder, files):
            assert sorted(tree.names(folder.strip("/"))) == expected
        else:
            with pytest.raises(Vanished):
                tree.names(folder.strip("/"))
    assert sorted(tree.names("")) == names_below("", files)
