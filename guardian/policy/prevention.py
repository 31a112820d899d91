"""The plan that would keep what was ended from being ended again, as far as a kill tells whom it took.  Pure."""

from collections.abc import Iterable
from typing import NamedTuple

from guardian.model.history import Kill
from guardian.policy.kill_what_if import spared_at
from guardian.policy.pins import IMMORTAL, PROTECT
from guardian.protocol.application import application_of
from guardian.protocol.rules import COMM_BYTES, Kind, Subject, is_interpreter

_SYSTEM_FOLDERS = ("/usr/", "/opt/", "/bin/", "/sbin/", "/lib/", "/snap/")
_UNITS = (".service", ".scope", ".socket")
_STEP = 50


class Prevention(NamedTuple):
    """A plan to begin with: for whom, the adjustment, what systemd-oomd is asked (None: nothing), and whose programs (uid)."""

    kind: Kind
    target: str
    adjustment: int = PROTECT
    oomd: str | None = None
    uid: int | None = None


def prevention_of(kill: Kill, running: Iterable[Subject] = ()) -> Prevention:
    """The plan for the one that a kill took.

    A system's service is meant by its unit, which systemd-oomd can be asked to spare too; an application by its id; all else by
    the program of that name that runs now, where it lies in the system's folders, else by the name.
    """
    victim = kill.victim
    value = _adjustment(kill)
    parts = [part for part in (victim.cgroup or "").split("/") if part]
    unit = next((part for part in reversed(parts) if part.endswith(_UNITS)), None)
    system = parts[:1] == ["system.slice"] or (len(parts) == 1 and unit is not None and application_of(unit) is None)
    if unit is not None and system:
        return Prevention("unit", unit, value, "avoid" if kill.killer == "systemd-oomd" else None)
    app = next((found for part in reversed(parts) if (found := application_of(part)) is not None), None)
    if app is not None:
        return Prevention("app", app, value, uid=victim.uid)
    if kill.group and unit is not None:
        return Prevention("unit", unit, value)
    name = victim.name.encode()[:COMM_BYTES].decode("utf-8", "ignore")
    for subject in running:
        if subject.name == name and subject.exe is not None and subject.exe.startswith(_SYSTEM_FOLDERS):
            if is_interpreter(subject.exe):
                break
            return Prevention("exe", subject.exe, value)
    return Prevention("name", name, value, uid=victim.uid)


def _adjustment(kill: Kill) -> int:
    """What protects as usual, or as much more as the kill would have taken."""
    spared = spared_at(kill)
    if spared is None or spared > PROTECT:
        return PROTECT
    return max(IMMORTAL + _STEP, spared // _STEP * _STEP)
