"""Who grew most in the minutes before a kill: the culprit, where the largest user may only be the victim.

Pure: the tables of processes are passed in as they come.
"""

from collections import deque
from collections.abc import Iterable
from heapq import nlargest
from typing import Final, NamedTuple

from guardian.kernel.process import Process, ProcessKey
from guardian.model.history import Kill, Party
from guardian.model.sharing import at_or_below

MOST: Final = 16
SPAN_SECONDS: Final = 600.0
APART_SECONDS: Final = 5.0
# Less is the breathing of idle programs; within a small limit even that may be the cause.
LEAST_GROWTH: Final = 64 << 20
LEAST_SHARE: Final = 0.2


class _Held(NamedTuple):
    """Bytes of anon and swap that a process held, with its name and cgroup."""

    name: str
    cgroup: str | None
    size: int


class Growth:
    """What the largest processes held over the last minutes."""

    def __init__(self) -> None:
        self._tables: deque[tuple[float, dict[ProcessKey, _Held]]] = deque()

    def note(self, now: float, processes: Iterable[Process]) -> None:
        """Take in a table, `now` in seconds since the epoch; one that comes too soon replaces the one before."""
        largest = nlargest(MOST, (one for one in processes if one.memory is not None), key=_size)
        table = {one.key: _Held(one.name, one.cgroup, _size(one)) for one in largest}
        if len(self._tables) > 1 and now - self._tables[-2][0] < APART_SECONDS:
            self._tables.pop()
        self._tables.append((now, table))
        while now - self._tables[0][0] > SPAN_SECONDS:
            self._tables.popleft()

    def culprit(self, kill: Kill) -> Party | None:
        """The process that had grown most before a kill, in its group where a group's limit was hit; None where none did."""
        inside = kill.memcg if kill.constraint == "memcg" else None
        best: tuple[int, Party] | None = None
        for key in {key for _then, table in self._tables for key in table}:
            seen = [(then, table.get(key)) for then, table in self._tables]
            known = [(then, held) for then, held in seen if held is not None]
            first, last = known[0], known[-1]
            # One that was not there, or too small to be noted, began from about nothing.
            began = first[1].size if seen[0][1] is not None else 0
            held = last[1]
            if inside is not None and not at_or_below(held.cgroup, inside):
                continue
            grown = held.size - began
            if best is None or grown > best[0]:
                span = max(last[0] - first[0], APART_SECONDS)
                best = grown, Party(key.pid, held.name, held.cgroup, held.size, grown, span)
        if best is None or best[0] < self._least(kill):
            return None
        return best[1]

    def _least(self, kill: Kill) -> int:
        """Growth that counts: a share of a limit that was hit, else a fixed size."""
        limit = kill.composition.total if kill.composition is not None and kill.constraint == "memcg" else None
        return LEAST_GROWTH if limit is None else min(LEAST_GROWTH, int(LEAST_SHARE * limit))


def _size(process: Process) -> int:
    return process.memory.rss_anon + process.memory.swap if process.memory is not None else 0
