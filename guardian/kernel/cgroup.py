"""Memory cgroups: limits, use and events, v2 and v1 alike.

    memory.max     83886080
    memory.events  low 0, high 0, max 12, oom 1, oom_kill 1, oom_group_kill 0 (a line each)

Source: Documentation/admin-guide/cgroup-v2.rst (Memory), Documentation/admin-guide/cgroup-v1/memory.rst.
"""

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from guardian.kernel import cgroup_v1
from guardian.kernel.errors import Denied, Unparsable, Vanished
from guardian.kernel.keyed import parse_keyed, parse_number
from guardian.kernel.mounts import Mount, memory_hierarchy
from guardian.kernel.pressure import Pressure, parse_pressure
from guardian.kernel.tree import Tree

MAX_DEPTH = 16
MAX_GROUPS = 2000
# What every cgroup folder holds besides its children; systemd puts "_" before units that would be named alike.
_FILES = frozenset({"tasks", "notify_on_release", "release_agent"})
_CONTROLLERS = (
    "cgroup.", "memory.", "cpu.", "cpuacct.", "cpuset.", "io.", "blkio.", "pids.", "hugetlb.", "rdma.", "misc.", "irq.",
    "devices.", "freezer.", "net_cls.", "net_prio.", "perf_event.", "dmem.", "debug.",
)  # fmt: skip


class MemoryCgroup(NamedTuple):
    """One memory cgroup; sizes in bytes, None where unknown or (for limits) where there is none.

    `path` is below the hierarchy's mount ("/" is its root).  `version` is 1 or 2.  `swap_max` is v2's memory.swap.max, or
    memsw limit - limit on v1.  `oom_group`: all in it die together (v2).  `oom_disabled`: v1's oom_kill_disable.
    `events` are memory.events by name (v1: "oom_kill" and "under_oom" of memory.oom_control).  `reclaimable_file` is its
    active + inactive file cache, read only where there is a limit: asking makes the kernel add up all its CPUs.
    """

    path: str
    version: int
    current: int | None = None
    max: int | None = None
    high: int | None = None
    low: int | None = None
    min: int | None = None
    swap_current: int | None = None
    swap_max: int | None = None
    oom_group: bool | None = None
    oom_disabled: bool | None = None
    events: Mapping[str, int] | None = None
    reclaimable_file: int | None = None
    pressure: Pressure | None = None


def parse_membership(text: str) -> str | None:
    """The cgroup that a process's memory is charged to, from /proc/PID/cgroup: v1's memory line, else v2's "0::".

    None where neither is there.  Source: kernel/cgroup/cgroup.c:proc_cgroup_show().
    """
    paths = _paths(text)
    return paths.get("memory", paths.get(""))


def parse_unit_membership(text: str) -> str | None:
    """The cgroup that systemd keeps a process in: v1's name=systemd, else v2's; its last parts name unit and slice."""
    paths = _paths(text)
    return paths.get("name=systemd", paths.get(""))


def parse_limit(text: str) -> int | None:
    """Bytes of a limit of v2; None for "max" and when malformed."""
    return parse_number(text)


def read_memory_cgroup(tree: Tree, mount: str, path: str, version: int) -> MemoryCgroup | None:
    """One cgroup; `mount` and `path` as in "/sys/fs/cgroup" and "/user.slice".  None when it has no memory files."""
    folder = (mount + path).strip("/")
    try:
        names = frozenset(tree.names(folder))
    except (Vanished, Denied):
        return None
    return _read(tree, folder, path, version, names)


def read_memory_cgroups(tree: Tree, mounts: Sequence[Mount]) -> tuple[MemoryCgroup, ...]:
    """All cgroups of the hierarchy that limits memory, parents first; at most MAX_GROUPS and MAX_DEPTH deep.

    Groups that vanish meanwhile are left out.  Paths are those of /proc/PID/cgroup, also where a container sees a part only.
    """
    hierarchy = memory_hierarchy(mounts)
    if hierarchy is None:
        return ()
    groups: list[MemoryCgroup] = []
    base = hierarchy.base.rstrip("/")
    for folder, path, names in _walk(tree, hierarchy.point.strip("/")):
        group = _read(tree, folder, base + path or "/", hierarchy.version, names)
        if group is not None:
            groups.append(group)
            if len(groups) == MAX_GROUPS:
                break
    return tuple(groups)


def _walk(tree: Tree, top: str) -> Iterator[tuple[str, str, frozenset[str]]]:
    """Folder, path and names of each cgroup, parents first."""
    waiting = deque([(top, "", 0)])
    while waiting:
        folder, path, depth = waiting.popleft()
        try:
            names = frozenset(tree.names(folder))
        except (Vanished, Denied):
            continue
        yield folder, path, names
        # Without the memory controller here no child can have it; the root of v2 has no memory.current of its own.
        if path and "cgroup.controllers" in names and "memory.current" not in names:
            continue
        if depth < MAX_DEPTH:
            children = (name for name in sorted(names) if name not in _FILES and not name.startswith(_CONTROLLERS))
            waiting.extend((f"{folder}/{name}", f"{path}/{name}", depth + 1) for name in children)


def _read(tree: Tree, folder: str, path: str, version: int, names: frozenset[str]) -> MemoryCgroup | None:
    """One cgroup from those of its files that are there."""

    def text(name: str) -> str | None:
        return tree.read_or_none(f"{folder}/{name}") if name in names else None

    return _read_v1(path, text) if version == 1 else _read_v2(path, text)


def _read_v1(path: str, text: Callable[[str], str | None]) -> MemoryCgroup | None:
    """One cgroup of v1, None when it has no memory files."""
    v1 = cgroup_v1.parse_files(text)
    if v1.usage is None:
        return None
    return MemoryCgroup(
        path,
        1,
        current=v1.usage,
        max=v1.limit,
        swap_current=v1.swap_usage,
        swap_max=v1.swap_limit,
        oom_disabled=v1.oom_disabled,
        events=v1.events,
        reclaimable_file=v1.reclaimable_file,
        pressure=_pressure(text("memory.pressure")),
    )


def _read_v2(path: str, text: Callable[[str], str | None]) -> MemoryCgroup | None:
    """One cgroup of v2, None when it has no memory files (the root has none)."""
    current = parse_number(text("memory.current"))
    if current is None:
        return None
    limit, high = parse_number(text("memory.max")), parse_number(text("memory.high"))
    group, events = parse_number(text("memory.oom.group")), text("memory.events")
    stat = parse_keyed(text("memory.stat") or "") if limit is not None or high is not None else {}
    active, inactive = stat.get("active_file"), stat.get("inactive_file")
    return MemoryCgroup(
        path,
        2,
        current,
        limit,
        high,
        parse_number(text("memory.low")),
        parse_number(text("memory.min")),
        parse_number(text("memory.swap.current")),
        parse_number(text("memory.swap.max")),
        oom_group=None if group is None else group == 1,
        events=None if events is None else parse_keyed(events),
        reclaimable_file=None if active is None or inactive is None else active + inactive,
        pressure=_pressure(text("memory.pressure")),
    )


def _pressure(text: str | None) -> Pressure | None:
    """A group's pressure, None where this kernel does not tell."""
    try:
        return parse_pressure(text) if text else None
    except Unparsable:
        return None


def _paths(text: str) -> dict[str, str]:
    """Paths of /proc/PID/cgroup by controller ("memory", "name=systemd"; "" for v2)."""
    paths: dict[str, str] = {}
    for line in text.split("\n"):
        number, _, rest = line.partition(":")
        controllers, colon, path = rest.partition(":")
        if not colon or not number.isdigit() or (number != "0" and not controllers):
            continue
        for controller in controllers.split(","):
            paths.setdefault(controller, path.removesuffix(" (deleted)"))
    return paths
