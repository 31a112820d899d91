"""What rules look at of a process: its program, unit, application and user, read once for each process.

Source: proc_pid_exe(5), proc_pid_cgroup(5), systemd.slice(5).
"""

import os
import pwd
from functools import lru_cache

from guardian.kernel.cgroup import parse_unit_membership
from guardian.kernel.process import Process, ProcessKey
from guardian.protocol.application import application_of
from guardian.protocol.rules import Subject

_UNITS = (".service", ".scope", ".socket", ".mount", ".swap")
_MOST_KNOWN = 8192


class Subjects:
    """Describes processes below `root`; what an exec may change is read again when the name has changed."""

    def __init__(self, root: str = "/") -> None:
        self._proc = os.path.join(root, "proc")
        self._known: dict[ProcessKey, Subject] = {}

    def describe(self, process: Process) -> Subject:
        """What rules look at; parts that may not be read are None."""
        known = self._known.get(process.key)
        if known is not None and known.name == process.name:
            return known
        if len(self._known) > _MOST_KNOWN:
            self._known.clear()
        subject = self._read(process)
        self._known[process.key] = subject
        return subject

    def _read(self, process: Process) -> Subject:
        base = f"{self._proc}/{process.pid}"
        try:
            exe: str | None = os.readlink(f"{base}/exe").removesuffix(" (deleted)")
        except OSError:
            exe = None
        try:
            with open(f"{base}/cgroup", encoding="utf-8", errors="replace") as file:
                path = parse_unit_membership(file.read()) or ""
        except OSError:
            path = ""
        unit, system = unit_of(path)
        return Subject(exe, process.name, unit, system, application_of(unit), user_name(process.uid))


def unit_of(path: str) -> tuple[str | None, bool]:
    """The systemd unit of a cgroup path, and whether it lies below system.slice."""
    parts = [part for part in path.split("/") if part]
    unit = next((part for part in reversed(parts) if part.endswith(_UNITS)), None)
    return unit, parts[:1] == ["system.slice"]


@lru_cache(maxsize=256)
def user_name(uid: int | None) -> str | None:
    """The login name of a uid, None where there is none."""
    try:
        return None if uid is None else pwd.getpwuid(uid).pw_name
    except KeyError:
        return None
