"""The two-tier scan of all processes: the score of each at every tick, exact memory of those that matter.

Reading every /proc/PID/status costs the kernel ten times what the scores cost.  So each tick reads the oom_score of all, most of
them by descriptors that stay open, and takes status and oom_score_adj of the likeliest victims, of every process whose score
changed, and of some of the others in turn.  Kernel threads are looked at once.  Source: fs/proc/base.c:proc_oom_score().
"""

import math
from collections.abc import Callable
from functools import partial
from heapq import nlargest
from operator import attrgetter
from types import TracebackType
from typing import Self, TypeVar

from guardian.kernel.errors import Denied, KernelFileError, Unparsable, Vanished
from guardian.kernel.process import Process, parse_stat
from guardian.kernel.tree import KernelTree
from guardian.sampling.exact import ExactReader
from guardian.sampling.file_limit import FileLimit
from guardian.sampling.kept import out_of_descriptors
from guardian.sampling.listing import Listing, ProcessListing
from guardian.sampling.row import Row
from guardian.sampling.sampler import read_process
from guardian.sampling.scores import ScoreReader

Value = TypeVar("Value")

TOP = 40
MOST_KEPT = 1024
STATUS_KEPT = 64
EXACT_SECONDS = 60.0

_SPARE = 64  # descriptors left to the rest of the program
_WEIGHT = attrgetter("weight")
_PROCESS = attrgetter("process")


class TableScan:
    """The table of a live machine's processes, kept from tick to tick.  Use it as a context manager, or close it.

    `most_kept` bounds the descriptors; fewer are kept where the limit of open files is lower.  The score of each process is at
    most three ticks old, its memory exact at least every EXACT_SECONDS.  Raises KernelFileError without /proc.
    """

    def __init__(self, tree: KernelTree, *, most_kept: int = MOST_KEPT) -> None:
        self._tree = tree
        self._listing = ProcessListing(tree)
        self.limit = FileLimit()
        most = max(0, min(most_kept, self.limit.soft - _SPARE - _descriptors_in_use(tree)))
        statuses = min(STATUS_KEPT, most // 4)
        self._scores = ScoreReader(tree, most - statuses)
        self._exact = ExactReader(tree, statuses)
        self._rows: dict[int, Row] = {}
        self._kernel: dict[int, Process] = {}
        self._denied: set[int] = set()
        self._again: list[int] = []
        self._queue: list[int] = []
        self._heaviest: list[int] = []
        self._moved = True
        self._before: float | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close all descriptors and put the limit of open files back."""
        self._scores.close()
        self._exact.close()
        self._listing.close()
        self.limit.restore()

    @property
    def kept(self) -> int:
        """How many files of processes are held open."""
        return len(self._scores) + len(self._exact)

    def read(self, now: float) -> tuple[tuple[Process, ...], int]:
        """All processes at `now` (CLOCK_MONOTONIC), and how many are listed but may not be read.

        Processes of unchanged numbers are the very objects of the tick before.
        """
        self._take_listing(self._listing.read(now))
        scores, gone = self._scores.read()
        for pid in gone:
            self._replace(pid)
        for pid, score in scores.items():
            self._renew(pid, partial(self._exact.refresh, score=score))
        for pid in self._top():
            self._renew(pid, self._exact.refresh_top)
        for pid in self._due(now):
            self._renew(pid, self._exact.visit)
        self._before = now
        return self._table()

    def read_exact(self, now: float) -> tuple[tuple[Process, ...], int]:
        """As `read`, but memory and adjustment of every process anew; the kernel's scores are left for the next tick."""
        self._take_listing(self._listing.read(now))
        for pid in list(self._rows):
            self._renew(pid, self._exact.refresh_shown)
        return self._table()

    def _table(self) -> tuple[tuple[Process, ...], int]:
        return (*map(_PROCESS, self._rows.values()), *self._kernel.values()), len(self._denied)

    def _top(self) -> list[int]:
        """The likeliest victims, whose files are kept open from now on."""
        if self._moved:
            self._moved = False
            rows = nlargest(TOP, self._rows.values(), key=_WEIGHT)
            self._scores.promote(rows)
            self._exact.retain(rows)
            self._heaviest = [row.process.key.pid for row in rows]
        return self._heaviest

    def _due(self, now: float) -> list[int]:
        """Those whose turn it is to be read exactly, so that each has one within EXACT_SECONDS."""
        if self._before is None:
            return []
        share = min(1.0, (now - self._before) / EXACT_SECONDS)
        due: list[int] = []
        for _ in range(math.ceil(len(self._rows) * share)):
            if not self._queue:
                self._queue = list(self._rows)
            due.append(self._queue.pop())
        return due

    def _renew(self, pid: int, read: Callable[[Row], bool]) -> None:
        """Read one row; where another process has taken its number, that one instead."""
        row = self._rows.get(pid)
        if row is None:
            return
        weight = row.weight
        try:
            alive = read(row)
        except KernelFileError as error:
            if out_of_descriptors(error):
                self._scores.shed()
            return
        if not alive:
            self._replace(pid)
        elif row.weight != weight:
            self._moved = True

    def _take_listing(self, listing: Listing) -> None:
        """Bring the rows in line with a listing: who is new, who took over a number and, when it is whole, who is gone."""
        again, self._again = self._again, []
        started = bool(self._rows)
        if listing.whole:
            there = set(listing.pids)
            self._denied &= there
            for pid in [pid for pid in (*self._rows, *self._kernel) if pid not in there]:
                self._drop(pid)
        self._denied -= {pid for pid in self._denied if listing.reused(pid)}
        for pid in listing.pids:
            if pid in self._rows or pid in self._kernel:
                if listing.reused(pid) and pid not in self._scores and self._passed_on(pid):
                    self._replace(pid)
            elif pid not in self._denied:
                self._adopt(pid)
                self._again += [pid] if started else []
        # A new process mostly turns into another program within its first tick: other name, user and cgroup.
        for pid in again:
            if pid in self._rows:
                self._renew(pid, self._exact.refresh_shown)
            else:
                self._adopt(pid)
        if listing.whole:
            self._scores.keep_heaviest()

    def _adopt(self, pid: int) -> None:
        """Take in a process that was not there before, exactly and at once."""
        try:
            process = self._opened(lambda: read_process(self._tree, pid))
        except Denied:
            self._denied.add(pid)
        except (Vanished, Unparsable):
            return
        except KernelFileError:
            self._again.append(pid)
        else:
            if process.kernel_thread:
                self._kernel[pid] = process
            else:
                row = self._rows[pid] = Row(process)
                self._scores.add(row)
                self._moved = True

    def _drop(self, pid: int) -> None:
        """Forget a process that is gone."""
        self._kernel.pop(pid, None)
        row = self._rows.pop(pid, None)
        if row is not None:
            self._scores.remove(pid)
            self._exact.release(row)
            self._moved = True

    def _replace(self, pid: int) -> None:
        """Forget a process that is gone, and take in the one that may have its number now."""
        self._drop(pid)
        self._adopt(pid)

    def _passed_on(self, pid: int) -> bool:
        """Whether a number belongs to another process by now."""
        known = self._rows[pid].process if pid in self._rows else self._kernel[pid]
        try:
            return parse_stat(self._tree.read(f"proc/{pid}/stat")).start_ticks != known.key.start_ticks
        except KernelFileError:
            return True

    def _opened(self, read: Callable[[], Value]) -> Value:
        """What an action reads; where descriptors run out, once more after keeping fewer.  Raises KernelFileError."""
        try:
            return read()
        except KernelFileError as error:
            if not out_of_descriptors(error):
                raise
            self._scores.shed()
            return read()


def _descriptors_in_use(tree: KernelTree) -> int:
    try:
        return len(tree.names("proc/self/fd"))
    except KernelFileError:
        return 32
