"""The last minutes of the machine for charts: a ring of compact rows, of bounded size."""

import math
from array import array
from collections.abc import Iterator
from typing import NamedTuple, TypeVar

from guardian.model.composition import Composition
from guardian.sampling.snapshot import Snapshot

Number = TypeVar("Number", int, float)

CAPACITY = 600
_UNKNOWN = -1
_SIZES = (*Composition._fields, "room", "swap_used", "swap_total")
_SHARES = ("pressure_some", "pressure_full")


class HistoryPoint(NamedTuple):
    """One moment of the charts.

    `time` is seconds since the epoch, `monotonic` of CLOCK_MONOTONIC.  Sizes in bytes.  Pressure is the share of the last ten
    seconds in which some, or all, tasks waited for memory, None where the kernel does not tell.
    """

    time: float
    monotonic: float
    composition: Composition
    room: int
    swap_used: int | None
    swap_total: int | None
    pressure_some: float | None
    pressure_full: float | None


class History:
    """A ring of the newest `capacity` points, oldest first, in flat arrays (about 130 bytes a point)."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        if capacity < 1:
            raise ValueError("a history holds at least one point")
        self.capacity = capacity
        self._next = 0
        self._count = 0
        self._clocks = {name: array("d", bytes(8 * capacity)) for name in ("time", "monotonic")}
        self._sizes = {name: array("q", bytes(8 * capacity)) for name in _SIZES}
        self._shares = {name: array("d", bytes(8 * capacity)) for name in _SHARES}

    def __len__(self) -> int:
        return self._count

    def add(self, snapshot: Snapshot) -> None:
        """Append what a snapshot says of the whole machine; the oldest point makes room."""
        self.append(point_of(snapshot))

    def append(self, point: HistoryPoint) -> None:
        """Append a point; one that is not newer than the last (a replay started anew) empties the ring first."""
        if self._count and point.monotonic <= self._clocks["monotonic"][self._next - 1]:
            self.clear()
        at = self._next
        self._clocks["time"][at] = point.time
        self._clocks["monotonic"][at] = point.monotonic
        sizes = (*point.composition, point.room, point.swap_used, point.swap_total)
        for name, size in zip(_SIZES, sizes, strict=True):
            self._sizes[name][at] = _UNKNOWN if size is None else size
        for name, share in zip(_SHARES, (point.pressure_some, point.pressure_full), strict=True):
            self._shares[name][at] = math.nan if share is None else share
        self._next = (at + 1) % self.capacity
        self._count = min(self._count + 1, self.capacity)

    def clear(self) -> None:
        """Forget all points."""
        self._next = self._count = 0

    def times(self, clock: str = "monotonic") -> list[float]:
        """The points' times, oldest first, by "monotonic" or "time" (since the epoch)."""
        return self._in_order(self._clocks[clock]).tolist()

    def series(self, name: str) -> list[float | None]:
        """One value of all points, oldest first, by its field's name in HistoryPoint or Composition; None where unknown."""
        if name in self._shares:
            return [None if math.isnan(share) else share for share in self._in_order(self._shares[name])]
        return [None if size == _UNKNOWN else size for size in self._in_order(self._sizes[name])]

    def points(self, seconds: float | None = None) -> Iterator[HistoryPoint]:
        """The points, oldest first; of the last `seconds` only, counted from the newest."""
        newest = self._clocks["monotonic"][self._next - 1]
        for step in range(self._count):
            at = (self._next - self._count + step) % self.capacity
            if seconds is None or newest - self._clocks["monotonic"][at] <= seconds:
                yield self._point(at)

    def last(self) -> HistoryPoint | None:
        """The newest point, None when there is none."""
        return self._point((self._next - 1) % self.capacity) if self._count else None

    def _in_order(self, ring: "array[Number]") -> "array[Number]":
        return ring[: self._count] if self._count < self.capacity else ring[self._next :] + ring[: self._next]

    def _point(self, at: int) -> HistoryPoint:
        sizes = [None if self._sizes[name][at] == _UNKNOWN else self._sizes[name][at] for name in _SIZES]
        shares = [None if math.isnan(self._shares[name][at]) else self._shares[name][at] for name in _SHARES]
        layers = len(Composition._fields)
        return HistoryPoint(
            self._clocks["time"][at],
            self._clocks["monotonic"][at],
            Composition._make(sizes[:layers]),
            sizes[layers] or 0,
            *sizes[layers + 1 :],
            *shares,
        )


def point_of(snapshot: Snapshot) -> HistoryPoint:
    """The part of a snapshot that charts draw."""
    sample = snapshot.sample
    total, free = sample.memory.swap_total, sample.memory.swap_free
    pressure = sample.pressure
    return HistoryPoint(
        sample.time,
        sample.monotonic,
        snapshot.composition,
        snapshot.room,
        None if total is None or free is None else total - free,
        total,
        pressure.some.avg10 if pressure else None,
        pressure.full.avg10 if pressure and pressure.full else None,
    )
