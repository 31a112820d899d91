"""What a machine is and how it is set: switches, release, CPUs, free blocks, shared segments."""

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardian.kernel.buddyinfo import FreeBlocks, parse_buddyinfo
from guardian.kernel.errors import Unparsable, Vanished
from guardian.kernel.id_list import parse_id_list, read_online_cpus
from guardian.kernel.release import KernelRelease, parse_release, read_release
from guardian.kernel.sysctl import MemorySettings, parse_setting, read_memory_settings
from guardian.kernel.sysv_shmem import SharedSegment, parse_sysv_shmem
from guardian.kernel.tree import KernelTree, RecordedTree


def test_switches_by_their_paths() -> None:
    tree = RecordedTree({
        "/proc/sys/vm/overcommit_memory": "2\n",
        "/proc/sys/vm/page-cluster": "3\n",
        "/proc/sys/vm/oom-kill": "1\n",
        "/proc/sys/kernel/panic": "-1\n",
        "/proc/sys/vm/swappiness": "many\n",
    })  # fmt: skip
    assert read_memory_settings(tree) == MemorySettings(overcommit_memory=2, page_cluster=3, oom_kill=1, kernel_panic=-1)


def test_switches_of_this_machine() -> None:
    settings = read_memory_settings(KernelTree())
    assert settings.overcommit_memory in {0, 1, 2}
    assert None not in settings._replace(oom_kill=0)
    assert settings.oom_kill is None


def test_switches_of_recordings(each_recording: Path, moments: Callable[[Path], Iterator[RecordedTree]]) -> None:
    settings = read_memory_settings(next(moments(each_recording)))
    assert None not in settings._replace(oom_kill=0, kernel_panic=0)


@pytest.mark.parametrize(
    "text, release, enterprise",
    [
        ("6.12.117+deb13-cloud-amd64\n", KernelRelease(6, 12, 117, "+deb13-cloud-amd64"), None),
        ("2.6.32-754.35.1.el6.x86_64", KernelRelease(2, 6, 32, "-754.35.1.el6.x86_64"), 6),
        ("2.6.18-348.el5PAE", KernelRelease(2, 6, 18, "-348.el5PAE"), 5),
        ("2.6.9-89.0.3.ELsmp", KernelRelease(2, 6, 9, "-89.0.3.ELsmp"), 4),
        ("4.18.0-553.el8_10.x86_64", KernelRelease(4, 18, 0, "-553.el8_10.x86_64"), 8),
        ("5.14.0-70.el9", KernelRelease(5, 14, 0, "-70.el9"), 9),
        ("6.12.0-55.el10_0.x86_64", KernelRelease(6, 12, 0, "-55.el10_0.x86_64"), 10),
        ("2.4.17", KernelRelease(2, 4, 17), None),
        ("7.0", KernelRelease(7, 0, 0), None),
        ("6.9-rc3", KernelRelease(6, 9, 0, "-rc3"), None),
        ("3.4.0-elementary", KernelRelease(3, 4, 0, "-elementary"), None),
    ],
)
def test_releases(text: str, release: KernelRelease, enterprise: int | None) -> None:
    assert parse_release(text) == release
    assert release.enterprise == enterprise


def test_releases_are_in_order() -> None:
    texts = [
        "2.4.37",
        "2.6.9-89.EL",
        "2.6.36",
        "3.10.0-1160.el7.x86_64",
        "4.9.337",
        "4.18.0",
        "5.9.0",
        "5.10.1-x",
        "6.2",
        "7.0.0-44",
    ]
    releases = [parse_release(text) for text in texts]
    assert releases == sorted(releases)
    assert parse_release("5.9") >= (5, 9)
    assert parse_release("5.8.99").version < (5, 9, 0)


def test_whose_kernel_it_is() -> None:
    assert parse_release("5.15.167.4-microsoft-standard-WSL2").microsoft
    assert parse_release("4.4.0-19041-Microsoft").microsoft
    assert not parse_release("6.18.44").microsoft
    assert parse_release("5.10.198-android13-4-gabcdef").android


@pytest.mark.parametrize("text", ["", "six", "6", "v6.1", "\n"])
def test_what_is_no_release_is_refused(text: str) -> None:
    with pytest.raises(Unparsable):
        parse_release(text)


def test_release_of_this_machine_and_of_nowhere() -> None:
    release = read_release(KernelTree())
    assert os.uname().release.startswith(f"{release.major}.{release.minor}")
    with pytest.raises(Vanished):
        read_release(RecordedTree())


def test_releases_of_recordings(each_recording: Path, moments: Callable[[Path], Iterator[RecordedTree]]) -> None:
    release = read_release(next(moments(each_recording)))
    distribution = each_recording.name.rpartition("@")[2]
    assert release.version[:2] == {"bookworm": (6, 1), "trixie": (6, 12)}[distribution]


@pytest.mark.parametrize(
    "text, ids",
    [("0-3,8,10-11\n", (0, 1, 2, 3, 8, 10, 11)), ("0\n", (0,)), ("\n", ()), ("", ()), ("5,1-2", (1, 2, 5)), ("1,1", (1,))],
)
def test_lists_of_ids(text: str, ids: tuple[int, ...]) -> None:
    assert parse_id_list(text) == ids


@pytest.mark.parametrize("text", ["a", "3-1", "-1", "1-", "0-99999999999", "1 2"])
def test_what_is_no_list_of_ids_is_refused(text: str) -> None:
    with pytest.raises(Unparsable):
        parse_id_list(text)


@given(st.sets(st.integers(0, 4096)))
def test_lists_of_ids_come_back(ids: set[int]) -> None:
    assert parse_id_list(",".join(map(str, ids))) == tuple(sorted(ids))


def test_cpus() -> None:
    cpus = read_online_cpus(KernelTree())
    assert cpus is not None
    assert set(os.sched_getaffinity(0)) <= set(cpus)
    assert read_online_cpus(RecordedTree()) is None


def test_free_blocks() -> None:
    text = "Node 0, zone      DMA      1      0      2 \nNode 1, zone   Normal   1046    527     84 \nodd\n"
    assert parse_buddyinfo(text) == (FreeBlocks(0, "DMA", (1, 0, 2)), FreeBlocks(1, "Normal", (1046, 527, 84)))


def test_free_blocks_of_recordings(each_recording: Path, moments: Callable[[Path], Iterator[RecordedTree]]) -> None:
    for tree in moments(each_recording):
        text = tree.read("proc/buddyinfo")
        blocks = parse_buddyinfo(text)
        assert len(blocks) == text.count("\n")
        assert all(len(zone.counts) == len(blocks[0].counts) > 8 for zone in blocks)


def test_shared_segments() -> None:
    head = "       key      shmid perms                  size  cpid  lpid nattch   uid   gid  cuid  cgid  atime  dtime  ctime"
    new = f"{head}   rss   swap\n0 32768 1600 524288 4242 4300 2 1000 1000 1000 1000 9 0 9 4096 8192\n"
    assert parse_sysv_shmem(new) == (SharedSegment(32768, 524288, 4242, 2, 1000, 4096, 8192),)
    old = f"{head}\n-1 0 1600 10 1 1 0 0 0 0 0 9 0 9\n1 2 3\n"
    assert parse_sysv_shmem(old) == (SharedSegment(0, 10, 1, 0, 0, None, None),)


@given(st.text() | st.text("Node 0123,zone-.el\n"))
def test_no_text_is_too_odd(text: str) -> None:
    parse_setting(text)
    parse_buddyinfo(text)
    parse_sysv_shmem(text)
    with suppress(Unparsable):
        parse_id_list(text)
    with suppress(Unparsable):
        assert parse_release(text).major >= 0
