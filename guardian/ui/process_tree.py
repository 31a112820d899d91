"""How processes are laid out below each other: one by one, as parents and children, or by application.

Pure: victims in, places out.  The table stays one flat list of lines with a depth, so that a tree costs no more than a list.
"""

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from enum import Enum
from typing import NamedTuple

from guardian.fields import unit_of
from guardian.kernel.process import Process, ProcessKey, ProcessMemory
from guardian.model.victim import Victim
from guardian.protocol.application import application_of
from guardian.protocol.i18n import N_

LineId = ProcessKey | str


class Arrangement(Enum):
    """How the table is laid out; the value is its word in the chooser."""

    PROCESSES = N_("Processes")
    TREE = N_("Tree")
    BY_APP = N_("By app")


class Place(NamedTuple):
    """Where a line stands: how deep, how many lines belong below it, and whether these are shown.

    `members` are a group's processes in order of the killer; empty for a process.
    """

    depth: int = 0
    below: int = 0
    open: bool = False
    members: tuple[Victim, ...] = ()


class Layout(NamedTuple):
    """The lines in order; `places` has those that are not just a process at depth 0."""

    ids: list[LineId]
    places: Mapping[LineId, Place]


AT_TOP = Place()


def lay_out_tree(ordered: Sequence[Victim], wanted: Callable[[Victim], bool] | None, closed: Container[LineId]) -> Layout:
    """Parents above their children, siblings in the given order.

    With `wanted`, only the wanted ones and their ancestors.  A process whose parent is not in the list stands at the top.
    """
    by_pid = {victim.process.pid: victim for victim in ordered}
    kept = _with_ancestors(ordered, wanted, by_pid) if wanted is not None else None
    children: dict[ProcessKey | None, list[Victim]] = {}
    for victim in ordered:
        if kept is None or victim.process.key in kept:
            parent = _parent_of(victim, by_pid)
            children.setdefault(parent.process.key if parent else None, []).append(victim)
    return _walk(children, closed)


def _parent_of(victim: Victim, by_pid: Mapping[int, Victim]) -> Victim | None:
    """Its parent, None where that is not in the list: the pid of one that ended may belong to a younger process by now."""
    parent = by_pid.get(victim.process.ppid)
    if parent is None:
        return None
    (pid, started), (own_pid, own_start) = parent.process.key, victim.process.key
    # Strictly older, so that no sample, however torn, makes a circle.
    return parent if (started, pid) < (own_start, own_pid) else None


def _with_ancestors(ordered: Iterable[Victim], wanted: Callable[[Victim], bool], by_pid: Mapping[int, Victim]) -> set[ProcessKey]:
    kept: set[ProcessKey] = set()
    for victim in ordered:
        if not wanted(victim):
            continue
        above: Victim | None = victim
        while above is not None and above.process.key not in kept:
            kept.add(above.process.key)
            above = _parent_of(above, by_pid)
    return kept


def _walk(children: Mapping[ProcessKey | None, list[Victim]], closed: Container[LineId]) -> Layout:
    ids: list[LineId] = []
    places: dict[LineId, Place] = {}
    # A stack instead of recursion: a chain of forks may be deeper than Python's own stack.
    waiting = [(victim, 0) for victim in reversed(children.get(None, ()))]
    while waiting:
        victim, depth = waiting.pop()
        key = victim.process.key
        below = children.get(key, ())
        is_open = bool(below) and key not in closed
        ids.append(key)
        if depth or below:
            places[key] = Place(depth, len(below), is_open)
        if is_open:
            waiting.extend((child, depth + 1) for child in reversed(below))
    return Layout(ids, places)


def group_name(process: Process) -> str:
    """What "By app" gathers a process under: its application's id, else its own name."""
    return application_of(unit_of(process.cgroup)) or process.name


class AppNames:
    """`group_name` kept by cgroup and name: reading units anew for each process and second would be waste."""

    def __init__(self) -> None:
        self._names: dict[tuple[str | None, str], str] = {}

    def name_of(self, process: Process) -> str:
        """The name of the group the process belongs to."""
        where = (process.cgroup, process.name)
        name = self._names.get(where)
        if name is None:
            if len(self._names) > 16384:
                self._names.clear()
            name = self._names[where] = group_name(process)
        return name


def gather_groups(ranked: Iterable[Victim], names: AppNames) -> dict[LineId, tuple[Victim, ...]]:
    """Processes by application, each group in the given order; a name that stands alone is no group."""
    found: dict[str, list[Victim]] = {}
    for victim in ranked:
        found.setdefault(names.name_of(victim.process), []).append(victim)
    return {name: tuple(members) for name, members in found.items() if len(members) > 1}


def sum_group(name: str, members: Sequence[Victim]) -> Victim:
    """A group as one line: memory summed; rank, points, score and adjustment of the member that would be ended first.

    User and cgroup are None where the members differ.  Its key has PID 0, which no process has.
    """
    first = members[0]
    sizes = [member.process.memory for member in members if member.process.memory is not None]
    total = ProcessMemory(*map(sum, zip(*sizes, strict=True))) if sizes else None
    uids = {member.process.uid for member in members}
    cgroups = {member.process.cgroup for member in members}
    process = first.process._replace(
        key=ProcessKey(0, min(member.process.key.start_ticks for member in members)),
        name=name,
        memory=total,
        threads=sum(member.process.threads for member in members),
        uid=uids.pop() if len(uids) == 1 else None,
        cgroup=cgroups.pop() if len(cgroups) == 1 else None,
    )
    return first._replace(process=process)


def lay_out_groups(
    order: Iterable[LineId],
    groups: Mapping[LineId, tuple[Victim, ...]],
    opened: Container[LineId],
    arrange: Callable[[Sequence[Victim]], Sequence[Victim]],
) -> Layout:
    """Groups and lone processes in the given order, open groups followed by their members, these sorted by `arrange`."""
    ids: list[LineId] = []
    places: dict[LineId, Place] = {}
    for line_id in order:
        ids.append(line_id)
        members = groups.get(line_id)
        if members is None:
            continue
        is_open = line_id in opened
        places[line_id] = Place(0, len(members), is_open, members)
        if is_open:
            for member in arrange(members):
                ids.append(member.process.key)
                places[member.process.key] = Place(1)
    return Layout(ids, places)
