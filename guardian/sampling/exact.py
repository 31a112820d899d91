"""The exact tier of a scan: memory and adjustment of single processes, with few files read.

`status` and `oom_score_adj` hold all that the badness is made of.  Name, user and cgroup are read again only where `status` gives
a sign, and in long turns.
"""

import os

from guardian.kernel.errors import Denied, Unparsable, Vanished
from guardian.kernel.process import parse_memory, parse_oom_score_adj
from guardian.kernel.tree import KernelTree
from guardian.sampling.row import Row
from guardian.sampling.sampler import read_process

_STATUS = 8192
_FULL_EACH = 8  # of so many visits in turn one reads all files


class ExactReader:
    """Reads rows exactly, and keeps the status of at most `most` of them open.

    Every method returns False when the process is gone, or another has taken its number.
    """

    def __init__(self, tree: KernelTree, most: int) -> None:
        self._tree = tree
        self._most = most
        self._kept: dict[int, Row] = {}

    def __len__(self) -> int:
        return len(self._kept)

    def close(self) -> None:
        """Close all descriptors."""
        for row in list(self._kept.values()):
            self.release(row)

    def release(self, row: Row) -> None:
        """Close the status of a row, where it is open."""
        if self._kept.pop(row.process.key.pid, None) is not None:
            os.close(row.status_fd)
            row.status_fd, row.status = -1, b""

    def retain(self, rows: list[Row]) -> None:
        """Make room for these rows' status, closing that of others where too many would be open."""
        wanted = {row.process.key.pid for row in rows}
        if len(self._kept.keys() | wanted) > self._most:
            for row in [row for pid, row in self._kept.items() if pid not in wanted]:
                self.release(row)

    def reread(self, row: Row, score: int | None = None) -> bool:
        """All files anew.  `score` is the kernel's, where it was read before."""
        try:
            process = read_process(self._tree, row.process.key.pid)
        except (Denied, Unparsable):
            return True
        except Vanished:
            return False
        if process.key != row.process.key:
            return False
        row.show(process if score is None else process._replace(oom_score=score))
        return True

    def refresh(self, row: Row, score: int | None, *, keep: bool = False) -> bool:
        """Memory and adjustment anew; all files when `status` hints at more.  `keep` leaves the status open."""
        try:
            # Before the kept status, which answers only while the process lives: so both are of the same one.
            adj = self._adjustment(row)
            status = self._status(row, keep=keep)
        except (Denied, Unparsable):
            return True
        except Vanished:
            return False
        process = row.process
        if status == row.status and adj == process.oom_score_adj and score == process.oom_score:
            return True
        if row.status_fd >= 0:
            row.status = status
        memory = parse_memory(status)
        if memory is None or row.changed_beyond_memory(status):
            return self.reread(row, score)
        if memory != process.memory or adj != process.oom_score_adj or score != process.oom_score:
            row.show(process._replace(memory=memory, oom_score_adj=adj, oom_score=score, state=_state(status) or process.state))
        return True

    def refresh_top(self, row: Row) -> bool:
        """Memory and adjustment of a likely victim, whose status stays open for the ticks to come."""
        return self.refresh(row, row.process.oom_score, keep=True)

    def visit(self, row: Row) -> bool:
        """A row's turn: mostly its memory, now and then all of its files."""
        row.visits += 1
        if row.visits % _FULL_EACH == 0:
            return self.reread(row)
        return self.refresh(row, row.process.oom_score)

    def _adjustment(self, row: Row) -> int | None:
        fd = self._tree.open(row.path + "oom_score_adj")
        try:
            return parse_oom_score_adj(os.read(fd, 16).decode("ascii", "replace"))
        except OSError as error:
            raise Vanished(row.path + "oom_score_adj", str(error)) from error
        finally:
            os.close(fd)

    def _status(self, row: Row, *, keep: bool) -> bytes:
        """The status as bytes, from its kept descriptor where there is one."""
        if row.status_fd >= 0:
            return _whole(self._tree, row.status_fd, row.path)
        fd = self._tree.open(row.path + "status")
        keeps = False
        try:
            status = _whole(self._tree, fd, row.path)
            keeps = keep and len(self._kept) < self._most
        finally:
            if not keeps:
                os.close(fd)
        if keeps:
            row.status_fd = fd
            self._kept[row.process.key.pid] = row
        return status


def _whole(tree: KernelTree, fd: int, path: str) -> bytes:
    """The text of a status; one read in all but odd cases, as thousands of supplementary groups."""
    try:
        text = os.pread(fd, _STATUS, 0)
    except OSError as error:
        raise Vanished(path + "status", str(error)) from error
    return text if len(text) < _STATUS - 1024 else tree.read_fd(fd, path + "status")


def _state(status: bytes) -> str:
    at = status.find(b"\nState:\t")
    return chr(status[at + 8]) if at >= 0 else ""
