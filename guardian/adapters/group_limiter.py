"""Holds a group's memory at a limit (MemoryHigh=): through the manager whose unit it is, else by the group's own file.

Nothing of it outlives the group or the machine's start.
Source: org.freedesktop.systemd1(5) (SetUnitProperties); Documentation/admin-guide/cgroup-v2.rst (memory.high).
"""

import os
from collections.abc import Mapping
from contextlib import closing

from jeepney import DBusAddress, new_method_call

from guardian.adapters.group_files import GroupFiles, NoGroup
from guardian.adapters.session_bus import BusLost, CallFailed, NoBus, connect, session_bus_address, system_bus_address
from guardian.kernel.tree import KernelTree
from guardian.policy.acts import GroupLimit
from guardian.policy.group_limit import LEAST_LIMIT, LimitRefused, Place
from guardian.protocol.i18n import _
from guardian.protocol.quantities import format_bytes

_MANAGER = DBusAddress("/org/freedesktop/systemd1", "org.freedesktop.systemd1", "org.freedesktop.systemd1.Manager")
_FILE = "memory.high"
_ENDLESS = (1 << 64) - 1
_SECONDS = 10.0
# The kernel keeps whole pages; the largest there are have 64 KiB.
_ROUNDING = 1 << 16
_ABSENT = frozenset((
    "org.freedesktop.DBus.Error.ServiceUnknown", "org.freedesktop.DBus.Error.NameHasNoOwner",
    "org.freedesktop.DBus.Error.Spawn.ChildExited", "org.freedesktop.DBus.Error.Spawn.ExecFailed",
))  # fmt: skip


class _NoManager(Exception):
    """No manager of units answers; the text says why."""


class GroupLimiter:
    """Sets limits of groups and reads them back."""

    def __init__(self, tree: KernelTree | None = None, environ: Mapping[str, str] = os.environ) -> None:
        self._tree, self._environ = tree or KernelTree(), environ

    def limit(self, place: Place, high: int | None) -> GroupLimit:
        """Hold a group at `high` bytes, None for no limit.  Raises LimitRefused."""
        if high is not None and high < LEAST_LIMIT:
            raise LimitRefused(_("Not limited: at least {size} must be left to it.").format(size=format_bytes(LEAST_LIMIT)))
        files = self._files(place.path)
        if not files.has(_FILE):
            raise LimitRefused(
                _("Impossible here: the group {path} has no memory limits of its own, or has ended.").format(path=place.path)
            )
        before = files.number(_FILE)
        try:
            if place.unit is None:
                raise _NoManager(_("no manager made this group"))
            self._ask_manager(place.unit, high, user=place.user)
        except _NoManager as missing:
            # With a manager there, it alone writes; without one the group's owner may.
            self._write(files, high, str(missing))
        now = files.number(_FILE)
        if not _same(now, high):
            raise LimitRefused(
                _("Not held: {path} says {now} after {wanted} was set.").format(
                    path=f"{place.path}/{_FILE}", now=limit_words(now), wanted=limit_words(high)
                )
            )
        return GroupLimit(place.path, before, now)

    def put_back(self, place: Place, limit: GroupLimit) -> GroupLimit | None:
        """Give a group what it had before; None where it has ended or somebody else set another limit since."""
        try:
            files = self._files(place.path)
        except LimitRefused:
            return None
        if not files.has(_FILE) or files.number(_FILE) != limit.before:
            return None
        return self.limit(place, limit.now)

    def held(self, path: str) -> tuple[int | None, int | None]:
        """What a group holds and its limit, in bytes; None where unknown or, for the limit, where there is none."""
        files = self._files(path)
        return files.number("memory.current"), files.number(_FILE)

    def _files(self, path: str) -> GroupFiles:
        try:
            return GroupFiles(path, self._tree)
        except NoGroup as reason:
            raise LimitRefused(_("Impossible here: {reason}.").format(reason=reason)) from reason

    def _ask_manager(self, unit: str, high: int | None, *, user: bool) -> None:
        """Have the unit's manager set it until the unit or the machine ends.  Raises _NoManager or LimitRefused."""
        value = [("MemoryHigh", ("t", _ENDLESS if high is None else high))]
        call = new_method_call(_MANAGER, "SetUnitProperties", "sba(sv)", (unit, True, value))
        try:
            address = session_bus_address(self._environ) if user else system_bus_address(self._environ)
            with closing(connect(address)) as bus:
                bus.call(call, _SECONDS)
        except (NoBus, BusLost) as error:
            raise _NoManager(str(error).rstrip(".")) from error
        except CallFailed as error:
            if error.name in _ABSENT:
                raise _NoManager(_("no systemd manager answers on the bus")) from error
            raise LimitRefused(
                _("Not limited: the manager of {unit} refuses: {reason}.").format(unit=unit, reason=str(error).rstrip("."))
            ) from error

    def _write(self, files: GroupFiles, high: int | None, missing: str) -> None:
        if not files.writable(_FILE):
            raise LimitRefused(_("Impossible here: {reason}, and the group is not yours to write.").format(reason=missing))
        try:
            files.write(_FILE, "max" if high is None else str(high))
        except OSError as error:
            raise LimitRefused(_("Not limited: {reason}.").format(reason=error.strerror or error)) from error


def limit_words(limit: int | None) -> str:
    """A limit in words."""
    return _("no limit") if limit is None else format_bytes(limit)


def _same(now: int | None, wanted: int | None) -> bool:
    """Whether what was read back is what was wished, whole pages apart."""
    if now is None or wanted is None:
        return now is wanted
    return abs(now - wanted) < _ROUNDING
