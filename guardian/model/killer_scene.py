"""All who may end programs here, as one value: killers in user space, limits of groups, and units that die as one.

Source: systemd-oomd.service(8), systemd.service(5) (OOMPolicy=), systemd.resource-control(5), cgroup-v2.rst (memory.oom.group).
"""

from collections.abc import Iterable, Sequence
from heapq import nlargest
from typing import Final, NamedTuple

from guardian.kernel.cgroup import MemoryCgroup
from guardian.kernel.meminfo import MemInfo
from guardian.kernel.process import Process
from guardian.model.constraints import Limit
from guardian.model.killers import OomdRules, Rules

# So many processes are more than one program's own: with a shell among them, or without.
MANY: Final = 20
VERY_MANY: Final = 200
_SHELLS: Final = frozenset({"bash", "zsh", "fish", "sh", "dash", "ksh", "nu", "tcsh", "pwsh"})
MOST_UNITS: Final = 6
_UNITS: Final = (".service", ".scope")


class KillerHere(NamedTuple):
    """One killer in user space; `rules` are None where it does not run, `arguments` its command line (earlyoom)."""

    name: str
    installed: bool
    rules: Rules | None = None
    arguments: tuple[str, ...] = ()

    @property
    def running(self) -> bool:
        """Whether it runs."""
        return self.rules is not None


class UnitTogether(NamedTuple):
    """A unit in which many unlike programs live, such as a terminal with all that was started in it.

    `user` says that a user's manager has it, `mine` that its manager may be asked.  `group` is memory.oom.group; `by_swap` and
    `by_pressure` whether systemd-oomd may take it whole for these.  `policy` and `preference` are OOMPolicy and
    ManagedOOMPreference as the manager tells, None where none answers.
    """

    unit: str
    path: str
    user: bool
    processes: int
    held: int
    largest: str
    mine: bool = True
    group: bool = False
    by_swap: bool = False
    by_pressure: bool = False
    policy: str | None = None
    preference: str | None = None

    @property
    def watched(self) -> bool:
        """Whether systemd-oomd would take it whole.  It heeds a user's own wish under pressure alone."""
        spared = self.preference in ("avoid", "omit")
        return (self.by_pressure and not spared) or (self.by_swap and (self.user or not spared))

    @property
    def dies_as_one(self) -> bool:
        """Whether one process too large ends all of them."""
        return self.group or self.watched or self.policy in ("stop", "kill")


class KillerScene(NamedTuple):
    """Everything that the findings are made of; `pressure` is whether the kernel tells PSI, `unified` whether cgroups are v2."""

    memory: MemInfo
    killers: tuple[KillerHere, ...]
    limits: tuple[Limit, ...] = ()
    units: tuple[UnitTogether, ...] = ()
    pressure: bool = True
    unified: bool = True

    def rules_of(self, name: str) -> Rules | None:
        """The rules of a killer that runs, None where it does not."""
        return next((one.rules for one in self.killers if one.name == name), None)


def units_together(
    processes: Iterable[Process], cgroups: Sequence[MemoryCgroup], oomd: OomdRules | None
) -> tuple[UnitTogether, ...]:
    """The units with most processes of many kinds; what their manager has to say is left to whoever can ask it."""
    members: dict[str, list[Process]] = {}
    for process in processes:
        path = unit_path(process.cgroup)
        if path is not None:
            members.setdefault(path, []).append(process)
    groups = {one.path for one in cgroups if one.oom_group}
    found = [_unit(path, inside, groups, oomd or OomdRules()) for path, inside in members.items() if _many(inside)]
    return tuple(nlargest(MOST_UNITS, found, key=_processes))


def unit_path(cgroup: str | None) -> str | None:
    """The path of the innermost service or scope that a cgroup lies in; a user's whole manager is none."""
    parts = (cgroup or "").split("/")
    for at in range(len(parts) - 1, 0, -1):
        if parts[at].endswith(_UNITS) and not parts[at].startswith(("user@", "init.scope")):
            return "/".join(parts[: at + 1])
    return None


def _many(members: Sequence[Process]) -> bool:
    least = MANY if any(one.name in _SHELLS for one in members) else VERY_MANY
    return len(members) >= least


def _unit(path: str, members: Sequence[Process], groups: set[str], oomd: OomdRules) -> UnitTogether:
    largest = max(members, key=_held)
    return UnitTogether(
        unit=path.rpartition("/")[2],
        path=path,
        user="/user@" in path,
        processes=len(members),
        held=sum(map(_held, members)),
        largest=largest.name,
        group=any(path == one or path.startswith(f"{one}/") for one in groups),
        by_swap=_below(path, oomd.swap),
        by_pressure=_below(path, [top for top, _limit in oomd.pressure]),
    )


def _below(path: str, tops: Iterable[str]) -> bool:
    return any(path.startswith(top.rstrip("/") + "/") for top in tops)


def _held(process: Process) -> int:
    return process.memory.rss_anon + process.memory.swap if process.memory is not None else 0


def _processes(unit: UnitTogether) -> int:
    return unit.processes
