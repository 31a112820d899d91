"""One process between the ticks of a scan: the value that is shown, and what it takes to notice a change."""

from guardian.kernel.process import Process

_NO_SIGNALS = b"\nSigPnd:\t0000000000000000\nShdPnd:\t0000000000000000\n"


class Row:
    """A process and what its files said last.

    `weight` orders rows as likely victims: by the kernel's score, then by bytes held.  `said` is the text of oom_score,
    `adj` that of oom_score_adj, `digest` a hash of status and `status_fd` its descriptor where it is kept open, else -1.
    """

    __slots__ = ("adj", "digest", "identity", "path", "process", "said", "status_fd", "visits", "weight")

    def __init__(self, process: Process) -> None:
        self.path = f"proc/{process.key.pid}/"
        self.process = process
        self.weight = _weight(process)
        self.said = self.adj = self.identity = b""
        self.digest = 0
        self.status_fd = -1
        self.visits = 0

    def show(self, process: Process) -> None:
        """Take over what was read; an equal value leaves the old object, so that readers see by identity what changed."""
        if process != self.process:
            self.process = process
            self.weight = _weight(process)

    def changed_beyond_memory(self, status: bytes) -> bool:
        """Whether a status tells of another name, parent or user than the one before, or of signals that wait."""
        identity = status[: status.find(b"\nUmask:")] + status[status.find(b"\nPPid:") : status.find(b"\nFDSize:")]
        known, self.identity = self.identity, identity
        if not known:
            return not self._is_shown(identity)
        return identity != known or _NO_SIGNALS not in status

    def _is_shown(self, identity: bytes) -> bool:
        """Whether name, parent and user are those of the process as it is shown."""
        shown = self.process
        name = shown.name.replace("\\", "\\\\").replace("\n", "\\n").encode("utf-8", "replace")
        return (
            identity.startswith(b"Name:\t" + name)
            and b"\nPPid:\t%d\n" % shown.ppid in identity
            and (shown.uid is None or b"\nUid:\t%d\t" % shown.uid in identity)
        )


def _weight(process: Process) -> int:
    memory = process.memory
    return ((process.oom_score or 0) << 50) + (memory.rss + memory.swap + memory.page_tables if memory else 0)
