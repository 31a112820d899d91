"""The exact tier of a scan: memory and adjustment of single processes, with few files read.

`status` and `oom_score_adj` hold all that the badness is made of.  Name, user and cgroup are read again only where `status` gives
a sign, and in long turns.
"""

from os import close, pread, read

from guardian.kernel.errors import Denied, Unparsable, Vanished
from guardian.kernel.process import parse_memory, parse_oom_score_adj
from guardian.kernel.tree import KernelTree
from guardian.sampling.row import Row
from guardian.sampling.sampler import read_process

_STATUS = 8192
_SHORT = 16
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
            close(row.status_fd)
            row.status_fd = -1

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
        except Denied:
            return True
        except (Vanished, OSError):
            return False
        digest = hash(status)
        if digest == row.digest and adj == row.adj and score == row.process.oom_score:
            return True
        row.digest, row.adj = digest, adj
        return self._take(row, status, parse_oom_score_adj(adj.decode("ascii", "replace")), score)

    def _take(self, row: Row, status: bytes, adj: int | None, score: int | None) -> bool:
        """Bring a row to what its files say."""
        try:
            memory = parse_memory(status)
        except Unparsable:
            return True
        if memory is None:
            # Its threads may live on and change, of which the leader's status says nothing.
            row.digest = 0
        if memory is None or row.changed_beyond_memory(status):
            return self.reread(row, score)
        process = row.process
        if memory != process.memory or adj != process.oom_score_adj or score != process.oom_score:
            row.show(process._replace(memory=memory, oom_score_adj=adj, oom_score=score, state=_state(status) or process.state))
        return True

    def refresh_top(self, row: Row) -> bool:
        """Memory and adjustment of a likely victim, whose status stays open for the ticks to come."""
        return self.refresh(row, row.process.oom_score, keep=True)

    def refresh_shown(self, row: Row) -> bool:
        """Memory and adjustment of a row whose score is up to date."""
        return self.refresh(row, row.process.oom_score)

    def visit(self, row: Row) -> bool:
        """A row's turn: mostly its memory, now and then all of its files."""
        row.visits += 1
        if row.visits % _FULL_EACH == 0:
            return self.reread(row)
        return self.refresh_shown(row)

    def _adjustment(self, row: Row) -> bytes:
        fd = self._tree.open(row.path + "oom_score_adj")
        try:
            return read(fd, _SHORT)
        finally:
            close(fd)

    def _status(self, row: Row, *, keep: bool) -> bytes:
        """The status as bytes, from its kept descriptor where there is one."""
        if row.status_fd >= 0:
            return self._whole(row.status_fd, pread(row.status_fd, _STATUS, 0))
        fd = self._tree.open(row.path + "status")
        keeps = False
        try:
            status = self._whole(fd, pread(fd, _STATUS, 0))
            keeps = keep and len(self._kept) < self._most
        finally:
            if not keeps:
                close(fd)
        if keeps:
            row.status_fd = fd
            self._kept[row.process.key.pid] = row
        return status

    def _whole(self, fd: int, text: bytes) -> bytes:
        """A status; one read has it all but in odd cases, as with thousands of supplementary groups."""
        return text if len(text) < _STATUS - 1024 else self._tree.read_fd(fd)


def _state(status: bytes) -> str:
    at = status.find(b"\nState:\t")
    return chr(status[at + 8]) if at >= 0 else ""
