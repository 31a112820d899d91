"""Mounts: the memory hierarchy and the file systems that live in memory."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardian.kernel.mounts import MemoryHierarchy, Mount, memory_hierarchy, mount_of, parse_mountinfo, parse_mounts, read_mounts
from guardian.kernel.tree import KernelTree, RecordedTree

UNIFIED = """\
22 1 252:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw,errors=remount-ro
29 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate,memory_recursiveprot
31 23 0:28 / /dev/shm rw,nosuid - tmpfs tmpfs rw,size=12342048k
32 23 0:29 / /mnt/my\\040disk rw - tmpfs my\\011source rw,size=50%,mode=755
33 23 0:30 / /tmp rw shared:5 master:6 - tmpfs tmpfs rw,size=2g
34 23 0:31 / /run rw - tmpfs tmpfs rw
"""
HYBRID = """\
30 23 0:27 / /sys/fs/cgroup/unified rw shared:5 - cgroup2 cgroup2 rw
31 23 0:28 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,name=systemd
32 23 0:29 /docker/abc /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory
"""


def test_sizes_and_escapes() -> None:
    mounts = {mount.point: mount for mount in parse_mountinfo(UNIFIED)}
    assert mounts["/dev/shm"].size == 12342048 * 1024
    assert mounts["/tmp"].size == 2 << 30
    assert mounts["/run"].size is None
    assert mounts["/mnt/my disk"].size is None
    assert mounts["/mnt/my disk"].source == "my\tsource"
    assert mounts["/"].kind == "ext4"


@pytest.mark.parametrize(
    "path, point",
    [("/usr/bin/sleep", "/"), ("/tmp/a", "/tmp"), ("/tmp", "/tmp"), ("/tmpfiles", "/"), ("/dev/shm/x", "/dev/shm"), ("/", "/")],
)
def test_the_mount_that_shows_a_path(path: str, point: str) -> None:
    mount = mount_of(parse_mountinfo(UNIFIED), path)
    assert mount is not None
    assert mount.point == point


def test_of_mounts_at_one_place_the_last_is_seen() -> None:
    mounts = parse_mountinfo(UNIFIED + "40 22 0:40 / /tmp rw,nosuid - ext4 /dev/stick rw\n")
    mount = mount_of(mounts, "/tmp/a")
    assert mount is not None
    assert mount.kind == "ext4"
    assert mount_of((), "/tmp") is None


def test_the_unified_hierarchy() -> None:
    hierarchy = memory_hierarchy(parse_mountinfo(UNIFIED))
    assert hierarchy == MemoryHierarchy(2, "/sys/fs/cgroup", "/")
    assert hierarchy.folder("/user.slice") == "sys/fs/cgroup/user.slice"
    assert hierarchy.folder("/") == "sys/fs/cgroup"


def test_on_hybrid_machines_v1_limits_memory() -> None:
    hierarchy = memory_hierarchy(parse_mountinfo(HYBRID))
    assert hierarchy == MemoryHierarchy(1, "/sys/fs/cgroup/memory", "/docker/abc")
    assert hierarchy.folder("/docker/abc") == "sys/fs/cgroup/memory"
    assert hierarchy.folder("/docker/abc/x") == "sys/fs/cgroup/memory/x"
    assert hierarchy.folder("/docker/abcd") is None
    assert hierarchy.folder("/other") is None


def test_mounts_tell_the_same_with_less() -> None:
    text = "cgroup2 /sys/fs/cgroup cgroup2 rw,nosuid 0 0\ntmpfs /dev/shm tmpfs rw,size=64k 0 0\nodd\n"
    mounts = parse_mounts(text)
    assert memory_hierarchy(mounts) == MemoryHierarchy(2, "/sys/fs/cgroup", "/")
    assert mounts[1].size == 65536
    assert memory_hierarchy(mounts[1:]) is None


@pytest.mark.parametrize(
    "files, hierarchy",
    [
        ({"/proc/self/mountinfo": HYBRID, "/proc/mounts": ""}, MemoryHierarchy(1, "/sys/fs/cgroup/memory", "/docker/abc")),
        ({"/proc/mounts": "c /sys/fs/cgroup cgroup2 rw 0 0\n"}, MemoryHierarchy(2, "/sys/fs/cgroup", "/")),
        ({"/sys/fs/cgroup/box/memory.max": "1"}, MemoryHierarchy(2, "/sys/fs/cgroup", "/")),
        ({"/sys/fs/cgroup/memory/box/tasks": "1"}, MemoryHierarchy(1, "/sys/fs/cgroup/memory", "/")),
        (
            {"/sys/fs/cgroup/memory/memory.max": "1", "/sys/fs/cgroup/cgroup.controllers": "memory"},
            MemoryHierarchy(2, "/sys/fs/cgroup", "/"),
        ),
        ({"/proc/meminfo": ""}, None),
    ],
)
def test_recordings_need_not_tell_their_mounts(files: dict[str, str], hierarchy: MemoryHierarchy | None) -> None:
    assert memory_hierarchy(read_mounts(RecordedTree(files))) == hierarchy


def test_this_machine_has_a_proc() -> None:
    assert "proc" in {mount.kind for mount in read_mounts(KernelTree())}


@given(st.text())
def test_no_text_is_too_odd(text: str) -> None:
    for mount in (*parse_mountinfo(text), *parse_mounts(text), *parse_mounts(f"a b tmpfs size={text} 0 0")):
        assert mount.size is None or mount.size >= 0


NAMES = st.text(st.characters(codec="utf-8"), min_size=1, max_size=20)


@given(NAMES, NAMES, st.integers(0, 1 << 40))
def test_what_was_written_is_read(point: str, source: str, kib: int) -> None:
    def escaped(name: str) -> str:
        return "".join(f"\\{ord(c):03o}" if c in " \t\n\\#" else c for c in name)

    text = f"31 23 0:28 / {escaped(point)} rw,nosuid master:1 - tmpfs {escaped(source)} rw,size={kib}k\n"
    (mount,) = parse_mountinfo(text)
    assert mount == Mount("/", point, "tmpfs", source, ("rw", "nosuid", "rw", f"size={kib}k"))
    assert mount.size == kib * 1024
