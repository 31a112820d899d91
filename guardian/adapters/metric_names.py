"""Names as labels of metrics: without numbers that differ at each start, few enough for a server to keep, hidden on request.

A program may call itself what it likes, as often as it likes; each new name would be a new series that a server keeps for weeks.
"""

import re
import time
from collections.abc import Callable
from hashlib import blake2s

from guardian.fields import unit_of
from guardian.protocol.application import application_of
from guardian.protocol.metrics import OTHER
from guardian.protocol.printable import printable

MOST_NAMES = 256
NAMES_SECONDS = 86400.0
_LONGEST = 64
# The running parts of units' names: a session's number, a transient unit's, a container's id, the words of an UUID.
_RUNNING = re.compile(r"[a-z]?\d+|r[0-9a-f]{16,}|(?=[a-f]*\d)[0-9a-f]{4,}|[0-9a-f]{12,}")
_POD = re.compile(r"pod[0-9a-f]{8}[0-9a-f_-]{9,}")


class LabelNames:
    """Turns names of programs and units into labels.

    At most `most` different ones are given out within a day; any further one is "other".  With a `secret` each is replaced by a
    stand-in that is the same for the same name and secret, and tells nothing else.
    """

    def __init__(self, secret: bytes | None = None, most: int = MOST_NAMES, clock: Callable[[], float] = time.monotonic) -> None:
        self._secret, self._most, self._clock = secret, most, clock
        self._given: set[str] = set()
        self._began = clock()

    def program(self, name: str | None) -> str:
        """The label of a program; empty where there is none."""
        return self._given_out("program", printable(name)) if name else ""

    def unit(self, cgroup: str | None) -> str:
        """The label of the unit, or the application, that a cgroup belongs to; empty where there is none."""
        name = stable_unit(cgroup)
        return self._given_out("unit", name) if name else ""

    def _given_out(self, kind: str, name: str) -> str:
        name = name[:_LONGEST] if self._secret is None else _stand_in(kind, name, self._secret)
        now = self._clock()
        if now - self._began >= NAMES_SECONDS:
            self._given.clear()
            self._began = now
        if name not in self._given:
            if len(self._given) >= self._most:
                return OTHER
            self._given.add(name)
        return name


def stable_unit(cgroup: str | None) -> str:
    """The application, else the unit, of a cgroup, without what changes from start to start; empty without either."""
    unit = unit_of(cgroup)
    if unit is None:
        return ""
    application = application_of(unit)
    if application is not None:
        return printable(application)
    stem, _, kind = unit.rpartition(".")
    if kind == "scope" or stem.startswith("run-"):
        parts = stem.split("-")
        stem = "-".join([parts[0], *(part for part in parts[1:] if not _RUNNING.fullmatch(part))])
    return printable(f"{_POD.sub('pod', stem)}.{kind}")


def _stand_in(kind: str, name: str, secret: bytes) -> str:
    return f"{kind}-{blake2s(name.encode('utf-8', 'surrogateescape'), key=secret[:32], digest_size=4).hexdigest()}"
