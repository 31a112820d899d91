"""/proc/pressure/* and a cgroup's memory.pressure: time lost to waiting.

    some avg10=0.12 avg60=0.40 avg300=0.10 total=123456
    full avg10=0.00 avg60=0.00 avg300=0.00 total=4567

Source: Documentation/accounting/psi.rst.
"""

from typing import NamedTuple


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
