"""Memory cgroups of v2 and of v1, read from folders as the kernel lays them out."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardian.kernel import cgroup_v1
from guardian.kernel.cgroup import (
    MAX_DEPTH,
    MAX_GROUPS,
    MemoryCgroup,
    parse_limit,
    parse_membership,
    parse_unit_membership,
    read_memory_cgroup,
    read_memory_cgroups,
)
from guardian.kernel.keyed import parse_keyed, parse_number
from guardian.kernel.mounts import Mount, read_mounts
from guardian.kernel.tree import KernelTree, RecordedTree

V2 = (Mount("/", "/sys/fs/cgroup", "cgroup2", "cgroup2", ()),)
V1 = (Mount("/", "/sys/fs/cgroup/memory", "cgroup", "cgroup", ("rw", "memory")),)

HYBRID = """\
9:name=systemd:/user.slice/user-1000.slice/session-2.scope
5:cpu,cpuacct:/
4:memory:/user.slice/a:b
0::/user.slice/user-1000.slice/session-2.scope
"""


@pytest.mark.parametrize(
    "text, memory, unit",
    [
        (HYBRID, "/user.slice/a:b", "/user.slice/user-1000.slice/session-2.scope"),
        ("0::/system.slice/cron.service\n", "/system.slice/cron.service", "/system.slice/cron.service"),
        ("0::/\n", "/", "/"),
        ("0::/gone (deleted)\n", "/gone", "/gone"),
        ("0::/../sibling\n", "/../sibling", "/../sibling"),
        ("11:memory,hugetlb:/x\n", "/x", None),
        ("1:name=systemd:/init.scope\n", None, "/init.scope"),
        ("", None, None),
        ("nonsense\n::\nx:memory:/y\n", None, None),
        ("2:memory,cpuset:/old\n1:name=systemd:/u\n0::/new\n", "/old", "/u"),
    ],
)
def test_membership(text: str, memory: str | None, unit: str | None) -> None:
    assert parse_membership(text) == memory
    assert parse_unit_membership(text) == unit


def group_v2(path: str, **files: str) -> dict[str, str]:
    texts = {"memory.current": "100\n", "memory.max": "max\n", "cgroup.controllers": "memory\n", "cgroup.procs": ""}
    named = {name.replace("__", "."): text for name, text in files.items()}
    return {f"/sys/fs/cgroup{path}/{name}": text for name, text in (texts | named).items()}


def test_a_group_of_v2() -> None:
    tree = RecordedTree(
        group_v2(
            "/box",
            memory__max="4096\n",
            memory__high="2048\n",
            memory__low="0\n",
            memory__min="1\n",
            memory__swap__current="7\n",
            memory__swap__max="max\n",
            memory__oom__group="1\n",
            memory__events="low 0\nhigh 3\nmax 2\noom 1\noom_kill 1\noom_group_kill 0\n",
            memory__stat="anon 9\nactive_file 20\ninactive_file 22\n",
            memory__pressure="some avg10=1.00 avg60=0.00 avg300=0.00 total=5\n",
        )
    )
    group = read_memory_cgroup(tree, "/sys/fs/cgroup", "/box", 2)
    assert group is not None
    assert group[:11] == ("/box", 2, 100, 4096, 2048, 0, 1, 7, None, True, None)
    assert group.events == {"low": 0, "high": 3, "max": 2, "oom": 1, "oom_kill": 1, "oom_group_kill": 0}
    assert group.reclaimable_file == 42
    assert group.pressure is not None
    assert group.pressure.some.avg10 == pytest.approx(0.01)


def test_files_that_are_missing_or_malformed_are_unknown() -> None:
    tree = RecordedTree(group_v2("/box", memory__max="lots\n", memory__pressure="?\n", memory__oom__group="x"))
    assert read_memory_cgroup(tree, "/sys/fs/cgroup", "/box", 2) == MemoryCgroup("/box", 2, 100)
    assert read_memory_cgroup(tree, "/sys/fs/cgroup", "/other", 2) is None
    assert read_memory_cgroup(RecordedTree(group_v2("/box", memory__current="")), "/sys/fs/cgroup", "/box", 2) is None


NO_LIMIT = "9223372036854771712\n"
V1_FILES = {
    "memory.usage_in_bytes": "1000\n",
    "memory.limit_in_bytes": "4096\n",
    "memory.memsw.usage_in_bytes": "1500\n",
    "memory.memsw.limit_in_bytes": "10240\n",
    "memory.oom_control": "oom_kill_disable 1\nunder_oom 0\noom_kill 3\n",
    "memory.stat": "active_file 1\ntotal_active_file 20\ntotal_inactive_file 22\n",
    "tasks": "",
}


def group_v1(path: str, **files: str) -> dict[str, str]:
    named = {name.replace("__", "."): text for name, text in files.items()}
    return {f"/sys/fs/cgroup/memory{path}/{name}": text for name, text in (V1_FILES | named).items()}


def test_a_group_of_v1() -> None:
    group = read_memory_cgroup(RecordedTree(group_v1("/box")), "/sys/fs/cgroup/memory", "/box", 1)
    assert group == MemoryCgroup(
        "/box",
        1,
        1000,
        4096,
        swap_current=500,
        swap_max=6144,
        oom_disabled=True,
        events={"under_oom": 0, "oom_kill": 3},
        reclaimable_file=42,
    )


@pytest.mark.parametrize("endless", ["9223372036854771712", "9223372036854710272", "9223372036854775807", "8796093018112"])
def test_the_huge_number_of_v1_is_no_limit(endless: str) -> None:
    assert cgroup_v1.parse_limit(endless + "\n") is None
    tree = RecordedTree(group_v1("/box", memory__limit_in_bytes=endless, memory__memsw__usage_in_bytes="900"))
    group = read_memory_cgroup(tree, "/sys/fs/cgroup/memory", "/box", 1)
    assert group is not None
    assert (group.max, group.swap_max, group.swap_current, group.reclaimable_file) == (None, None, 0, None)


def test_v1_without_swap_accounting() -> None:
    files = {path: text for path, text in group_v1("/box").items() if "memsw" not in path}
    group = read_memory_cgroup(RecordedTree(files), "/sys/fs/cgroup/memory", "/box", 1)
    assert group is not None
    assert (group.swap_current, group.swap_max) == (None, None)


def test_oom_control() -> None:
    assert cgroup_v1.parse_oom_control("oom_kill_disable 0\nunder_oom 1\n") == (False, True, None)
    assert cgroup_v1.parse_oom_control("") == (None, None, None)


def test_all_groups_parents_first() -> None:
    tree = RecordedTree(
        {"/sys/fs/cgroup/cgroup.controllers": "memory\n", "/sys/fs/cgroup/memory.stat": ""}
        | group_v2("/user.slice/app.scope")
        | group_v2("/user.slice")
        | group_v2("/memory-hog")
        | {"/sys/fs/cgroup/bare/cgroup.controllers": "", "/sys/fs/cgroup/bare/below/memory.current": "1"}
    )
    assert [group.path for group in read_memory_cgroups(tree, V2)] == ["/memory-hog", "/user.slice", "/user.slice/app.scope"]


def test_the_root_of_v1_is_a_group() -> None:
    tree = RecordedTree(group_v1("") | group_v1("/docker/abc"))
    assert [group.path for group in read_memory_cgroups(tree, V1)] == ["/", "/docker/abc"]


def test_a_container_sees_the_paths_of_its_processes() -> None:
    mounts = (V1[0]._replace(base="/docker/abc"),)
    tree = RecordedTree(group_v1("") | group_v1("/inner"))
    assert [group.path for group in read_memory_cgroups(tree, mounts)] == ["/docker/abc", "/docker/abc/inner"]


def test_number_and_depth_are_bounded() -> None:
    deep = RecordedTree(
        group_v2("/d" * (MAX_DEPTH + 5)) | {k: v for n in range(1, MAX_DEPTH + 5) for k, v in group_v2("/d" * n).items()}
    )
    assert len(read_memory_cgroups(deep, V2)) == MAX_DEPTH
    wide = RecordedTree({path: text for n in range(MAX_GROUPS + 5) for path, text in group_v2(f"/g{n}").items()})
    assert len(read_memory_cgroups(wide, V2)) == MAX_GROUPS


def test_no_hierarchy_means_no_groups() -> None:
    assert read_memory_cgroups(RecordedTree(), ()) == ()
    assert read_memory_cgroups(RecordedTree(), V2) == ()


def test_this_machine() -> None:
    tree = KernelTree()
    groups = read_memory_cgroups(tree, read_mounts(tree))
    if not groups:
        pytest.skip("no cgroup of this machine accounts memory")
    assert len({group.path for group in groups}) == len(groups)
    assert all(group.current is not None and group.current >= 0 for group in groups)


def test_groups_of_recordings(each_recording: Path, moments: Callable[[Path], Iterator[RecordedTree]]) -> None:
    for tree in moments(each_recording):
        recorded = {path.removesuffix("/memory.current") for path in tree._files if path.endswith("/memory.current")}
        groups = read_memory_cgroups(tree, read_mounts(tree))
        assert {f"/sys/fs/cgroup{group.path}" for group in groups} == recorded
        for pid in tree.pids():
            text = tree.read_or_none(f"proc/{pid}/cgroup")
            path = parse_membership(text) if text else "/"
            assert path is not None
            assert path.startswith("/")


@given(st.text() | st.text("0123:/memory,=\n"))
def test_no_text_is_too_odd(text: str) -> None:
    parse_membership(text)
    parse_unit_membership(text)
    parse_limit(text)
    parse_keyed(text)
    parse_number(text)
    cgroup_v1.parse_limit(text)
    cgroup_v1.parse_oom_control(text)
    cgroup_v1.parse_reclaimable_file(text)


@given(
    st.dictionaries(st.sampled_from(sorted(V1_FILES)), st.text()),
    st.dictionaries(
        st.sampled_from(["memory.current", "memory.max", "memory.events", "memory.stat", "memory.pressure", "memory.oom.group"]),
        st.text(),
    ),
)
def test_no_folder_is_too_odd(v1: dict[str, str], v2: dict[str, str]) -> None:
    tree = RecordedTree({f"/a/{name}": text for name, text in v1.items()} | {f"/b/{name}": text for name, text in v2.items()})
    read_memory_cgroup(tree, "/", "a", 1)
    read_memory_cgroup(tree, "/", "b", 2)


@given(st.dictionaries(st.from_regex(r"[a-z_]{1,20}", fullmatch=True), st.integers(0, 1 << 62)))
def test_what_was_written_is_read(numbers: dict[str, int]) -> None:
    assert parse_keyed("".join(f"{name} {number}\n" for name, number in numbers.items())) == numbers
