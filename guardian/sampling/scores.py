"""The cheap tier of a scan: the kernel's own score of every process, at every tick.

The heaviest processes' oom_score stays open; all others are opened in turns, a part of them each tick.
"""

from heapq import nlargest, nsmallest
from operator import attrgetter
from os import close, pread, read

from guardian.kernel.errors import Denied, KernelFileError
from guardian.kernel.process import parse_oom_score, parse_stat
from guardian.kernel.tree import KernelTree
from guardian.sampling.kept import KeptFiles, out_of_descriptors
from guardian.sampling.row import Row

TURNS = 3
_SHED = 32
_LENGTH = 32
_WEIGHT = attrgetter("weight")


class ScoreReader:
    """Scores of all rows, `most` of them by descriptors that stay open."""

    def __init__(self, tree: KernelTree, most: int) -> None:
        self._tree = tree
        self.most = max(0, most)
        self._kept = KeptFiles()
        self._held: dict[int, Row] = {}
        self._turns: tuple[dict[int, Row], ...] = tuple({} for _ in range(TURNS))
        self._turn = 0

    def __len__(self) -> int:
        return len(self._kept)

    def __contains__(self, pid: int) -> bool:
        return pid in self._kept

    def close(self) -> None:
        """Close all descriptors."""
        self._kept.close()

    def add(self, row: Row) -> None:
        """Read a row from now on, in turn."""
        if not row.said and row.process.oom_score is not None:
            row.said = b"%d\n" % row.process.oom_score
        min(self._turns, key=len)[row.process.key.pid] = row

    def remove(self, pid: int) -> None:
        """Read a process no more."""
        self._kept.remove(pid)
        self._held.pop(pid, None)
        for turn in self._turns:
            turn.pop(pid, None)

    def read(self) -> tuple[dict[int, int | None], list[int]]:
        """One tick: the new score by pid of those whose score is another, and the pids that are there no more."""
        changed, gone = self._kept.read()
        scores = {pid: _score(self._kept.text(pid)) for pid in changed}
        turn = self._turns[self._turn]
        self._turn = (self._turn + 1) % TURNS
        open_file = self._tree.open
        for pid, row in turn.items():
            try:
                fd = open_file(row.path + "oom_score")
            except KernelFileError as error:
                if not isinstance(error, Denied) and not out_of_descriptors(error):
                    gone.append(pid)
                continue
            try:
                text = read(fd, _LENGTH)
            except OSError:
                gone.append(pid)
                continue
            finally:
                close(fd)
            if text != row.said:
                row.said = text
                scores[pid] = _score(text)
        return scores, gone

    def keep_heaviest(self) -> None:
        """Give the descriptors that are free to the heaviest rows without one."""
        room = self.most - len(self._kept)
        if room > 0:
            waiting = [row for turn in self._turns for row in turn.values() if row.process.memory is not None]
            for row in nlargest(room, waiting, key=_WEIGHT):
                if not self._keep(row):
                    return

    def promote(self, rows: list[Row]) -> None:
        """Keep these rows' scores open, in place of the lightest where there is no room."""
        late = [row for row in rows if row.process.key.pid not in self._kept]
        if late and self.most:
            excess = len(self._kept) + len(late) - self.most
            if excess > 0:
                chosen = set(map(id, rows))
                self._release([row for row in nsmallest(excess + len(rows), self._held.values(), key=_WEIGHT)
                               if id(row) not in chosen][:excess])  # fmt: skip
            for row in late[: self.most - len(self._kept)]:
                self._keep(row)

    def shed(self) -> None:
        """Keep fewer from now on: the program has run out of descriptors."""
        self.most = max(0, len(self._kept) - _SHED)
        self._release(nsmallest(len(self._kept) - self.most, self._held.values(), key=_WEIGHT))

    def _release(self, rows: list[Row]) -> None:
        for row in rows:
            pid = row.process.key.pid
            row.said = self._kept.text(pid)
            self._kept.remove(pid)
            del self._held[pid]
            self.add(row)

    def _keep(self, row: Row) -> bool:
        """Keep a row's score open; False when there are no descriptors left."""
        pid = row.process.key.pid
        try:
            fd = self._tree.open(row.path + "oom_score")
        except KernelFileError as error:
            return not out_of_descriptors(error)
        try:
            # A start time read while the descriptor is open, and the descriptor answering after it: both are one process's.
            same = parse_stat(self._tree.read(row.path + "stat")).start_ticks == row.process.key.start_ticks
            text = pread(fd, _LENGTH, 0)
        except (KernelFileError, OSError):
            same, text = False, b""
        if not same:
            close(fd)
            return True
        for turn in self._turns:
            turn.pop(pid, None)
        # What differs from the row is to be seen as a change by the next tick.
        self._kept.add(pid, fd, text if _score(text) == row.process.oom_score else b"")
        self._held[pid] = row
        return True


def _score(text: bytes) -> int | None:
    return parse_oom_score(text.decode("ascii", "replace"))
