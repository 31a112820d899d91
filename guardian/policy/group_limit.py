"""Which group a limit would hold back, whom it would hold back with it, and whom nobody may.  Pure.

A limit is a group's (memory.high), never a single process's: all that live in the group and below it are slowed together.
Source: Documentation/admin-guide/cgroup-v2.rst (memory.high); systemd.resource-control(5) (MemoryHigh=); systemd.slice(5).
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from guardian.kernel.cgroup import MemoryCgroup
from guardian.kernel.process import Process
from guardian.policy.freezing import freeze_refusal
from guardian.protocol.i18n import _
from guardian.protocol.printable import printable

# Below this a program cannot even stand still in peace.
LEAST_LIMIT = 16 << 20
_UNITS = (".service", ".scope")


class LimitRefused(Exception):
    """No limit can be set; the text says why, and what would work."""


class Place(NamedTuple):
    """Where a program's memory is charged: the group's path, its unit and whether that is one of the user's own manager.

    `unit` is None for a group that systemd did not make.
    """

    path: str
    unit: str | None
    user: bool


def place_of(cgroup: str | None) -> Place | None:
    """The group that a limit would be set on: the innermost unit's; None where the process lives in the root."""
    parts = [part for part in (cgroup or "").split("/") if part]
    at = max((number for number, part in enumerate(parts) if part.endswith(_UNITS)), default=None)
    if at is None:
        return Place("/" + "/".join(parts), None, user=False) if parts else None
    user = any(part.startswith("user@") and part.endswith(".service") for part in parts[:at])
    return Place("/" + "/".join(parts[: at + 1]), parts[at], user)


def members_of(path: str, processes: Iterable[Process]) -> tuple[Process, ...]:
    """All that live in a group or below it."""
    below = path.rstrip("/") + "/"
    return tuple(one for one in processes if one.cgroup is not None and (one.cgroup == path or one.cgroup.startswith(below)))


def plan_limit(chosen: Sequence[Process], processes: Sequence[Process], uid: int, own_pid: int) -> Place:
    """The group that holding these back means.  Raises LimitRefused."""
    places = {place_of(one.cgroup) for one in chosen}
    if len(places) > 1:
        raise LimitRefused(_("These programs live in different groups. Limit one of them at a time."))
    place = next(iter(places), None)
    name = printable(chosen[0].name) if chosen else ""
    if place is None:
        raise LimitRefused(
            _("{name} has no group of its own. Started by guardian run --limit, a program has one.").format(name=name)
        )
    members = members_of(place.path, processes)
    needed = freeze_refusal(members, processes, own_pid)
    if needed:
        blamed = next((one for one in members if freeze_refusal((one,), processes, own_pid)), members[0])
        raise LimitRefused(
            _(
                "{name} shares its group with {other}, which your session needs; a limit would hold both back. "
                "Started by guardian run --limit, a program has a group of its own."
            ).format(name=name, other=printable(blamed.name))
        )
    if uid != 0 and any(one.uid != uid for one in members):
        raise LimitRefused(
            _("Others' programs live in the group of {name}; only an administrator may limit it.").format(name=name)
        )
    if uid != 0 and place.unit is not None and not place.user:
        raise LimitRefused(
            _("{unit} is the system's, not yours. An administrator can limit it: systemctl set-property --runtime").format(
                unit=printable(place.unit)
            )
        )
    return place


def limit_refusal(
    chosen: Sequence[Process], processes: Sequence[Process], cgroups: Sequence[MemoryCgroup] | None, uid: int, own_pid: int
) -> str:
    """Why these cannot be limited, "" where they can; `cgroups` are the machine's, None where there are none."""
    if not cgroups:
        return _("No limit: this kernel has no memory groups here.")
    if cgroups[0].version != 2:
        return _("No limit: memory groups of version 1, as here, know no memory.high.")
    try:
        plan_limit(chosen, processes, uid, own_pid)
    except LimitRefused as refused:
        return str(refused)
    return ""


def own_group(chosen: Sequence[Process], processes: Sequence[Process], uid: int, own_pid: int) -> str | None:
    """The group that is these programs' own; None where they share it with what the session needs, or have none."""
    try:
        return plan_limit(chosen, processes, uid, own_pid).path if chosen else None
    except LimitRefused:
        return None


def swap_refusal(chosen: Sequence[Process], group: str | None, swap_free: int | None, *, version: int | None) -> str:
    """Why what these do not use cannot be moved to swap, "" where it can be tried.

    `group` is their own, `version` that of memory cgroups here, `swap_free` in bytes.
    """
    if not swap_free:
        return _("No free swap to move to; file cache is room as it is.")
    if (group is not None and version == 2) or all(one.state in "Tt" for one in chosen):
        return ""
    return _("Here nobody can tell which memory of a running program is unused. Freeze it first; then all of it is.")
