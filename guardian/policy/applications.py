"""All processes of one application or unit, so that an act can mean the whole of it.  Pure."""

from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

from guardian.kernel.process import Process
from guardian.protocol.application import application_of
from guardian.protocol.printable import printable

_UNITS = (".service", ".scope")
# Units that hold a whole session or manager rather than one program.
_HOLDERS = ("user@", "session-", "init.scope", "user-runtime-dir@")


class Group(NamedTuple):
    """What a rule would call an application or unit by."""

    kind: Literal["app", "unit"]
    name: str

    @property
    def words(self) -> str:
        """Its name, as people read it: "Terminal" of org.gnome.Terminal, "cron" of cron.service."""
        if self.kind == "unit":
            return printable(self.name.rpartition(".")[0])
        return printable(self.name.rpartition(".")[2] if self.name.count(".") > 1 else self.name)


def group_of(cgroup: str | None) -> Group | None:
    """The application that a cgroup belongs to, else its unit; None where it is of neither."""
    parts = [part for part in (cgroup or "").split("/") if part]
    for part in reversed(parts):
        app = application_of(part)
        if app is not None:
            return Group("app", app)
    unit = next((part for part in reversed(parts) if part.endswith(_UNITS) and not part.startswith(_HOLDERS)), None)
    return None if unit is None else Group("unit", unit)


class Whole(NamedTuple):
    """An application or unit with all its processes of one user."""

    group: Group
    processes: tuple[Process, ...]


def whole_of(chosen: Sequence[Process], processes: Iterable[Process]) -> Whole | None:
    """The one application or unit that all the chosen are part of, with all who belong to it; None without one."""
    if not chosen:
        return None
    group, uid = group_of(chosen[0].cgroup), chosen[0].uid
    known: dict[str | None, bool] = {}

    def belongs(one: Process) -> bool:
        if one.cgroup not in known:
            known[one.cgroup] = group_of(one.cgroup) == group
        return known[one.cgroup] and one.uid == uid and one.state not in "ZX"

    if group is None or not all(map(belongs, chosen)):
        return None
    return Whole(group, tuple(filter(belongs, processes)))
