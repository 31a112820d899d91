"""/proc/pressure/* and a cgroup's memory.pressure: time lost to waiting.

    some avg10=0.12 avg60=0.40 avg300=0.10 total=123456
    full avg10=0.00 avg60=0.00 avg300=0.00 total=4567

Source: Documentation/accounting/psi.rst.
"""

from math import isfinite
from typing import NamedTuple

from guardian.kernel.errors import Unparsable


class Stall(NamedTuple):
    """Shares of wall time stalled, as fractions 0..1 over 10, 60 and 300 s, and the total in seconds since boot."""

    avg10: float
    avg60: float
    avg300: float
    total: float


class Pressure(NamedTuple):
    """Stalls in which some, or all, non-idle tasks waited; `full` is None where the kernel has no such line."""

    some: Stall
    full: Stall | None


def parse_pressure(text: str) -> Pressure:
    """The value of a pressure file; `full` is missing for the CPU on kernels before 5.13.  Raises Unparsable."""
    stalls = {}
    for line in text.split("\n"):
        kind, _, rest = line.partition(" ")
        if kind in ("some", "full"):
            stalls[kind] = _stall(rest)
    some = stalls.get("some")
    if some is None:
        raise Unparsable("proc/pressure", "no line some")
    return Pressure(some, stalls.get("full"))


def _stall(text: str) -> Stall | None:
    """One line's shares and total, None when one of them is missing or malformed."""
    words = dict(word.partition("=")[::2] for word in text.split())
    try:
        avg10, avg60, avg300 = (float(words[name]) / 100 for name in ("avg10", "avg60", "avg300"))
        total = int(words["total"]) / 1_000_000
    except (KeyError, ValueError, OverflowError):
        return None
    return Stall(avg10, avg60, avg300, total) if isfinite(avg10 + avg60 + avg300) else None
