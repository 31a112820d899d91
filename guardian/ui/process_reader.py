"""Reads what is not in the samples, in a thread of its own and only when somebody wants it.

Command lines come from /proc, the details of one process from psutil.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeVar

from PySide6.QtCore import QObject, Signal, Slot

from guardian.adapters.killers import KillersHere
from guardian.kernel.errors import KernelFileError
from guardian.kernel.process import ProcessKey, parse_cmdline, parse_stat
from guardian.kernel.tree import KernelTree
from guardian.model.killers import OomdRank, OomdRules, oomd_ranks
from guardian.protocol.i18n import _
from guardian.protocol.printable import printable
from guardian.sampling.snapshot import Snapshot
from guardian.ui.side_thread import SideThread

_MOST_FILES = 400

Found = TypeVar("Found")


class Relative(NamedTuple):
    """A parent or child: pid and name."""

    pid: int
    name: str


class Details(NamedTuple):
    """What is known of one process beyond its line.

    Each value is None where it may not be read, and `refused` then names it.  `gone`: it has ended.  `started` is seconds since
    the epoch.  `files` are paths of open files, `more_files` how many further ones were left out.
    """

    key: ProcessKey
    gone: bool = False
    command: str | None = None
    program: str | None = None
    folder: str | None = None
    user: str | None = None
    started: float | None = None
    threads: int | None = None
    parents: tuple[Relative, ...] | None = None
    children: tuple[Relative, ...] | None = None
    files: tuple[str, ...] | None = None
    more_files: int = 0


class ProcessReader(QObject):
    """Works in the thread it was moved to; all methods but the constructor are slots, only connect to them.

    `details_read` brings Details, `share_read` a key with its PSS in bytes (None: not readable, −1: it ended), `commands_read`
    a mapping of keys to command lines, `boot_read` the time of boot in seconds since the epoch, `oomd_ranked` a mapping of keys
    to their cgroups' OomdRank, empty where systemd-oomd does not run.
    """

    details_read = Signal(object)
    share_read = Signal(object, object)
    commands_read = Signal(object)
    boot_read = Signal(float)
    oomd_ranked = Signal(object)

    def __init__(self, root: str = "/") -> None:
        super().__init__()
        self._tree = KernelTree(root)
        self._killers = KillersHere(root)

    @Slot()
    def read_boot(self) -> None:
        """Read when the machine was started."""
        text = self._tree.read_or_none("proc/stat") or ""
        found = next((line.split()[1] for line in text.splitlines() if line.startswith("btime ")), "")
        if found.isdigit():
            self.boot_read.emit(float(found))

    @Slot(object)
    def read_commands(self, keys: Sequence[ProcessKey]) -> None:
        """Read the command lines of processes; of those that ended or may not be read there is none."""
        found = {}
        for key in keys:
            text = self._tree.read_or_none(f"proc/{key.pid}/cmdline")
            found[key] = printable(" ".join(parse_cmdline(text))) if text else ""
        self.commands_read.emit(found)

    @Slot(object)
    def rank_for_oomd(self, snapshot: Snapshot) -> None:
        """Rank the processes of a snapshot as systemd-oomd would, by their cgroups."""
        processes, cgroups = snapshot.sample.processes or (), snapshot.sample.cgroups or ()
        rules = self._killers.look(processes, [one.path for one in cgroups])
        oomd = next((one for one in rules if isinstance(one, OomdRules)), None)
        self.oomd_ranked.emit({} if oomd is None else ranks_by_process(snapshot, oomd))

    @Slot(object)
    def read_details(self, key: ProcessKey) -> None:
        """Read the details of one process."""
        self.details_read.emit(self._details(key))

    @Slot(object)
    def measure_share(self, key: ProcessKey) -> None:
        """Measure its proportional set size, which walks all its pages and takes its time."""
        import psutil

        share: int | None = None
        if not self._is(key):
            self.share_read.emit(key, -1)
            return
        try:
            share = getattr(psutil.Process(key.pid).memory_full_info(), "pss", None)
        except psutil.NoSuchProcess:
            share = -1
        except (psutil.Error, OSError):
            share = None
        self.share_read.emit(key, share)

    def _is(self, key: ProcessKey) -> bool:
        """Whether that pid is still the process that was meant."""
        try:
            return parse_stat(self._tree.read(f"proc/{key.pid}/stat")).start_ticks == key.start_ticks
        except KernelFileError:
            return False

    def _details(self, key: ProcessKey) -> Details:
        import psutil

        if not self._is(key):
            return Details(key, gone=True)
        try:
            process = psutil.Process(key.pid)
        except psutil.Error:
            return Details(key, gone=True)
        command = _readable(process.cmdline)
        files = _readable(process.open_files)
        paths = None if files is None else tuple(sorted({printable(file.path) for file in files}))
        details = Details(
            key,
            command=None if command is None else printable(" ".join(command)),
            program=_shown(_readable(process.exe)),
            folder=_shown(_readable(process.cwd)),
            user=_readable(process.username),
            started=_readable(process.create_time),
            threads=_readable(process.num_threads),
            parents=_relatives(_readable(process.parents)),
            children=_relatives(_readable(process.children)),
            files=None if paths is None else paths[:_MOST_FILES],
            more_files=0 if paths is None else max(0, len(paths) - _MOST_FILES),
        )
        return details if self._is(key) else Details(key, gone=True)


def ranks_by_process(snapshot: Snapshot, rules: OomdRules) -> dict[ProcessKey, OomdRank]:
    """The OomdRank of each process that lies in a candidate, or below one that dies as a group."""
    places = oomd_ranks(rules, snapshot.sample.memory, snapshot.sample.cgroups or ())
    known: dict[str, OomdRank | None] = {}
    found = {}
    for process in snapshot.sample.processes or ():
        path = process.cgroup or ""
        if path not in known:
            above = path
            while above and above not in places:
                above = above.rpartition("/")[0]
            known[path] = places.get(above)
        rank = known[path]
        if rank is not None:
            found[process.key] = rank
    return found


def _readable(read: Callable[[], Found]) -> Found | None:
    """What a call gives, None where it may not be read or the process has ended meanwhile."""
    import psutil

    try:
        return read()
    except (psutil.Error, OSError):
        return None


def _shown(text: str | None) -> str | None:
    return None if text is None else printable(text)


def _relatives(found: Sequence[object] | None) -> tuple[Relative, ...] | None:
    if found is None:
        return None
    named = ((getattr(one, "pid", 0), _readable(getattr(one, "name", str))) for one in found)
    return tuple(Relative(pid, printable(name) if name else _("unknown")) for pid, name in named)


class ReadingThread(QObject):
    """The reader and its thread; starts with the first question and ends with the application, its owner, or `stop`."""

    details_asked = Signal(object)
    share_asked = Signal(object)
    commands_asked = Signal(object)
    boot_asked = Signal()
    oomd_asked = Signal(object)

    def __init__(self, root: str = "/", parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.reader = ProcessReader(root)
        self.details_asked.connect(self.reader.read_details)
        self.share_asked.connect(self.reader.measure_share)
        self.commands_asked.connect(self.reader.read_commands)
        self.boot_asked.connect(self.reader.read_boot)
        self.oomd_asked.connect(self.reader.rank_for_oomd)
        side = SideThread(self.reader, "reading", self)
        self.start, self.stop = side.start, side.stop
