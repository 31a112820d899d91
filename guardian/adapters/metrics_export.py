"""What the agent shows to servers: keeps the newest look, counts kills, and has it served and written in threads of its own.

The agent's loop only hands values over; whoever reads them, and however slowly, is met by the other threads.
"""

import os
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from hashlib import blake2s
from pathlib import Path
from typing import NamedTuple

from prometheus_client import CollectorRegistry

from guardian.adapters.metric_names import LabelNames
from guardian.adapters.metric_samples import Family, Own, Seen, families
from guardian.adapters.metrics_address import Address, Certificates
from guardian.adapters.metrics_page import registry_of, remove_textfile, write_textfile
from guardian.adapters.metrics_server import MetricsServer
from guardian.kernel.tree import KernelTree
from guardian.model.attribution import same_death
from guardian.model.history import KILLERS, Kill
from guardian.model.verdict import State, Verdict
from guardian.protocol.i18n import _
from guardian.sampling.sample import Sample
from guardian.sampling.snapshot import Snapshot

TEXTFILE_SECONDS = 15.0
_CONSTRAINTS = ("global", "memcg", "cpuset", "mempolicy")
_REMEMBERED = 64
_PAGE = os.sysconf("SC_PAGE_SIZE")


class Wanted(NamedTuple):
    """To whom metrics are shown, and how much of them; `textfile` is a folder."""

    address: Address | None = None
    certificates: Certificates | None = None
    textfile: str | None = None
    redact: bool = False
    top: int = 10


class MetricsExport:
    """Shows what the agent sees.  `say` writes one line for the log.

    `tick` and `killed` are for the agent's thread; `kept` may be called from any.
    """

    def __init__(self, wanted: Wanted, tree: KernelTree, say: Callable[[str], None]) -> None:
        self._wanted, self._tree, self._say = wanted, tree, say
        self._locked = False
        self._names = LabelNames(_secret(tree) if wanted.redact else None)
        self._system = system_name(tree)
        self._started = time.time()
        self._seen: Seen | None = None
        self._since: tuple[State, float] | None = None
        self._counts = {("kernel", constraint): 0 for constraint in _CONSTRAINTS}
        self._counts |= {(killer, ""): 0 for killer in KILLERS if killer != "kernel"}
        self._recent: deque[Kill] = deque(maxlen=_REMEMBERED)
        self._found: deque[Kill] = deque(maxlen=_REMEMBERED)
        self._last: Kill | None = None
        self._registry = registry_of(self._families)
        self._server: MetricsServer | None = None
        self._writer: TextfileWriter | None = None

    def open(self, *, locked: bool = False) -> None:
        """Begin to serve and to write; `locked` says whether the agent's memory is.  Raises NotServed."""
        wanted, self._locked = self._wanted, locked
        if wanted.address is not None:
            self._server = MetricsServer(wanted.address, self._registry, wanted.certificates)
            self._say(_("serves metrics at {url}").format(url=self._server.url))
        if wanted.textfile is not None:
            self._writer = TextfileWriter(wanted.textfile, self._registry, self._say)

    def tick(self, verdict: Verdict, sample: Sample, snapshot: Snapshot | None, looks: int, looked: float) -> None:
        """Take in one look."""
        before = self._since
        if before is None or before[0] is not verdict.state:
            self._since = (verdict.state, verdict.time)
        while self._found:
            self._count(self._found.popleft())
        since = self._since[1] if self._since is not None else verdict.time
        at = time.monotonic()
        self._seen = Seen(at, verdict, sample, snapshot, since, dict(self._counts), self._last, looks, looked)
        if self._writer is not None and (before is None or before[0] is not verdict.state):
            self._writer.wake()

    def kept(self, kill: Kill) -> None:
        """Hear of a kill, perhaps of one that is known already, or that was long ago."""
        self._found.append(kill)

    def renew(self) -> None:
        """Take renewed certificates.  Raises NotServed; the old ones then stay."""
        if self._server is not None:
            self._server.renew()

    def close(self) -> None:
        """Show nothing any more."""
        if self._writer is not None:
            self._writer.close()
        if self._server is not None:
            self._server.close()

    def _count(self, kill: Kill) -> None:
        if kill.time is not None and (self._last is None or kill.time >= (self._last.time or 0.0)):
            self._last = kill
        if (kill.time is not None and kill.time < self._started) or any(_same(kill, one) for one in self._recent):
            return
        self._recent.append(kill)
        labels = (kill.killer, (kill.constraint or "global") if kill.killer == "kernel" else "")
        self._counts[labels] = self._counts.get(labels, 0) + 1

    def _families(self) -> Iterator[Family]:
        seen = self._seen
        if seen is None:
            return iter(())
        spent = self._server.spent if self._server is not None else 0.0
        own = Own(self._started, time.process_time(), spent, _resident(self._tree), self._locked)
        return families(seen, own, self._names, self._system, time.monotonic(), self._wanted.top)


class TextfileWriter:
    """Writes a page each TEXTFILE_SECONDS and when it is woken; a folder that cannot be written is named once."""

    def __init__(self, folder: str, registry: CollectorRegistry, say: Callable[[str], None]) -> None:
        self._folder, self._registry, self._say = folder, registry, say
        self._due = threading.Event()
        self._closing = False
        self._trouble = ""
        self._thread = threading.Thread(target=self._run, name="metrics file", daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """There is something new to write."""
        self._due.set()

    def close(self) -> None:
        """Write no more, and take the file away; a disk that stands still is not waited for long."""
        self._closing = True
        self._due.set()
        self._thread.join(5)
        remove_textfile(self._folder)

    def _run(self) -> None:
        self._due.wait()
        while not self._closing:
            self._due.clear()
            try:
                write_textfile(self._folder, self._registry)
            except (OSError, MemoryError) as error:
                self._complain(str(getattr(error, "strerror", None) or error))
            else:
                self._trouble = ""
            self._due.wait(TEXTFILE_SECONDS)

    def _complain(self, reason: str) -> None:
        if reason != self._trouble:
            self._trouble = reason
            words = _("cannot write metrics to {folder}: {reason}. It tries again; let the agent write there")
            self._say(words.format(folder=self._folder, reason=reason))


def system_name(tree: KernelTree) -> str:
    """The distribution's name, such as "Debian GNU/Linux 12 (bookworm)"; empty where none is told.  Source: os-release(5)."""
    text = tree.read_or_none("etc/os-release") or tree.read_or_none("usr/lib/os-release") or ""
    for line in text.splitlines():
        name, _equals, value = line.partition("=")
        if name == "PRETTY_NAME":
            return value.strip().strip("\"'")[:64]
    return ""


def _secret(tree: KernelTree) -> bytes:
    """The same at each start on this machine; a new one each time where it has no id.  Source: machine-id(5)."""
    found = (tree.read_or_none("etc/machine-id") or "").strip()
    return blake2s(found.encode(), person=b"guardian").digest() if found else secrets.token_bytes(32)


def _resident(tree: KernelTree) -> int | None:
    words = (tree.read_or_none("proc/self/statm") or "").split()
    return int(words[1]) * _PAGE if len(words) > 1 and words[1].isdigit() else None


def _same(one: Kill, other: Kill) -> bool:
    """Whether two tell of one death: as they were told and as they were kept, or by two sources."""
    if one.key is not None and one.key == other.key:
        return True
    return (one.time, one.victim) == (other.time, other.victim) or same_death(one, other)


def last_kill(path: Path | None) -> Kill | None:
    """The last kill that the history holds; None where it holds none or cannot be read."""
    from guardian.adapters.history_store import HistoryStore, StoreUnusable

    try:
        with HistoryStore(path, writable=False) as store:
            return store.last_kill()
    except StoreUnusable:
        return None
