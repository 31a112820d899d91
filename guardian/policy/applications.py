"""All processes of one application or unit, so that an act can mean the whole of it.  Pure."""

from collections.abc import Iterable
from typing import NamedTuple

from guardian.kernel.process import Process
from guardian.protocol.application import application_of

_UNITS = (".service", ".scope")
# Units that hold a whole session or manager rather than one program.
_HOLDERS = ("user@", "session-", "init.scope", "user-runtime-dir@")


class Whole(NamedTuple):
    """An application or unit: its name, what a rule would call it by ("app", "unit"), and its processes."""

    name: str
    kind: str
    processes: tuple[Process, ...]


def group_of(cgroup: str | None) -> tuple[str, str] | None:
    """(kind, name) of the application that a cgroup belongs to, else of its unit; None where it is of neither."""
    parts = [part for part in (cgroup or "").split("/") if part]
    for part in reversed(parts):
        app = application_of(part)
        if app is not None:
            return "app", app
    unit = next((part for part in reversed(parts) if part.endswith(_UNITS) and not part.startswith(_HOLDERS)), None)
    return None if unit is None else ("unit", unit)


def whole_of(process: Process, processes: Iterable[Process]) -> Whole | None:
    """The application or unit that a process is part of, with all that belong to it and to the same user; None without one."""
    group = group_of(process.cgroup)
    if group is None:
        return None
    known: dict[str | None, bool] = {}
    found = []
    for other in processes:
        if other.cgroup not in known:
            known[other.cgroup] = group_of(other.cgroup) == group
        if known[other.cgroup] and other.uid == process.uid and other.state not in "ZX":
            found.append(other)
    return Whole(group[1], group[0], tuple(found))
