"""What the history keeps of sizes: the floors of programs and applications, and their courses made of them.

A floor is the lowest size in a minute, in ten minutes, in an hour: what a garbage collection does not give back.  An
application is one unit of a desktop, or all programs of one name; a run of it lasts as long as one of its processes is left.
"""

from collections.abc import Iterable, Mapping, Sequence
from heapq import nlargest
from typing import Final, NamedTuple

from guardian.kernel.process import Process, ProcessKey
from guardian.protocol.application import application_of

LEAST_HELD: Final = 4 << 20
MOST_PROCESSES: Final = 200
MOST_APPS: Final = 80
# Compilers and their like come and go; what has lived so long may be worth a line.
LEAST_AGE: Final = 120.0
# Seconds between two looks: while memory is short a table comes each second.
LEAST_APART: Final = 5.0
_USER_HZ: Final = 100
_UNITS: Final = (".service", ".scope")
_MOST_NAMES: Final = 2048


class Grain(NamedTuple):
    """How far apart kept floors lie, and how far back they reach; seconds."""

    apart: int
    reaches: float


GRAINS: Final = (Grain(60, 4 * 3600.0), Grain(600, 2 * 86400.0), Grain(3600, 14 * 86400.0))


class Subject(NamedTuple):
    """A process, or (`pid` None) a run of an application, whose sizes are kept.

    `began` is seconds since the epoch; `start_ticks` makes the pid unmistakable within `boot`.
    """

    app: str
    name: str
    began: float
    boot: str | None = None
    pid: int | None = None
    start_ticks: int | None = None


class Held(NamedTuple):
    """Bytes of anon and swap, and by how many processes."""

    size: int
    processes: int = 1


class Floors(NamedTuple):
    """The floors of one stretch of `apart` seconds that ended at `time` (seconds since the epoch)."""

    time: float
    apart: int
    held: Mapping[Subject, Held]


class KeptRow(NamedTuple):
    """As `Floors`, read back: by the numbers that subjects have in the store."""

    time: float
    apart: int
    held: Mapping[int, Held]


class KeptSizes(NamedTuple):
    """What the store holds of sizes: rows in order of time, the finest of each time, and who the numbers are.

    `ended` has the time at which a subject was seen no more, for those that have ended.
    """

    rows: tuple[KeptRow, ...]
    subjects: Mapping[int, Subject]
    ended: Mapping[int, float]


class _Stretch:
    """The lowest sizes since a stretch began."""

    def __init__(self, apart: int) -> None:
        self.apart = apart
        self.number: int | None = None
        self.lows: dict[Subject, Held] = {}

    def note(self, now: float, held: Mapping[Subject, Held]) -> Floors | None:
        """Take in a look; the floors of the stretch before where a new one begins with it."""
        number = int(now // self.apart)
        done = None
        if self.number is not None and number != self.number:
            done = Floors(now, self.apart, self.lows)
        if number != self.number:
            self.number, self.lows = number, {}
        lows = self.lows
        self.lows = {who: low if (low := lows.get(who)) and low.size <= one.size else one for who, one in held.items()}
        return done


class SizeWatch:
    """Follows tables of processes and gives the floors that are worth keeping.

    The agent must stay small, so nothing is remembered of programs that are too small to be kept.
    """

    def __init__(self, boot: str | None) -> None:
        self._boot = boot
        self._apps: dict[tuple[str | None, str], str] = {}
        self._known: dict[ProcessKey, Subject] = {}
        self._runs: dict[str, tuple[Subject, frozenset[ProcessKey]]] = {}
        self._noted = float("-inf")
        self._stretches = tuple(_Stretch(grain.apart) for grain in GRAINS)

    def note(self, now: float, booted: float, processes: Iterable[Process]) -> list[Floors]:
        """Take in a table; `now` and `booted` (when start_ticks were 0) in seconds since the epoch.

        Tables that come faster than a floor needs are left out.
        """
        if 0 <= now - self._noted < LEAST_APART:
            return []
        self._noted = now
        held = self._held(now, booted, processes)
        return [done for stretch in self._stretches if (done := stretch.note(now, held)) is not None]

    def _held(self, now: float, booted: float, processes: Iterable[Process]) -> dict[Subject, Held]:
        members: dict[str, list[Process]] = {}
        single: list[tuple[int, Process]] = []
        for process in processes:
            size = _size(process)
            if size <= 0:
                continue
            members.setdefault(self._app(process), []).append(process)
            if size >= LEAST_HELD and now - _began(process, booted) >= LEAST_AGE:
                single.append((size, process))
        if len(single) > MOST_PROCESSES:
            single = nlargest(MOST_PROCESSES, single, key=_first)
        self._known = {process.key: self._subject(process, booted) for _held, process in single}
        found = {self._known[process.key]: Held(size) for size, process in single}
        return found | self._runs_of(now, booted, members)

    def _app(self, process: Process) -> str:
        where = (process.cgroup, process.name)
        app = self._apps.get(where)
        if app is None:
            if len(self._apps) > _MOST_NAMES:
                self._apps.clear()
            app = self._apps[where] = app_of(process)
        return app

    def _subject(self, process: Process, booted: float) -> Subject:
        known = self._known.get(process.key)
        if known is not None and known.name == process.name:
            return known
        key = process.key
        return Subject(self._app(process), process.name, _began(process, booted), self._boot, key.pid, key.start_ticks)

    def _runs_of(self, now: float, booted: float, members: Mapping[str, Sequence[Process]]) -> dict[Subject, Held]:
        runs: dict[str, tuple[Subject, frozenset[ProcessKey]]] = {}
        found: list[tuple[int, Subject, int]] = []
        for app, inside in members.items():
            size = sum(map(_size, inside))
            if size < LEAST_HELD:
                continue
            keys = frozenset(process.key for process in inside)
            before = self._runs.get(app)
            if before is not None and before[1] & keys:
                subject = before[0]
            else:
                subject = Subject(app, app, min(_began(process, booted) for process in inside), self._boot)
            runs[app] = subject, keys
            if now - subject.began >= LEAST_AGE:
                found.append((size, subject, len(inside)))
        self._runs = runs
        return {subject: Held(size, count) for size, subject, count in nlargest(MOST_APPS, found, key=_first)}


def _began(process: Process, booted: float) -> float:
    return booted + process.key.start_ticks / _USER_HZ


def app_of(process: Process) -> str:
    """What a process counts under: its desktop application or its service, else its name; a terminal's scope is neither."""
    parts = (process.cgroup or "").split("/")
    unit = next((part for part in reversed(parts) if part.endswith(_UNITS)), None)
    if unit is not None and unit.endswith(".service") and not unit.startswith(("app-", "user@")):
        return unit.removesuffix(".service")
    return application_of(unit) or process.name


def _size(process: Process) -> int:
    return process.memory.rss_anon + process.memory.swap if process.memory is not None else 0


def _first(entry: tuple[int, object] | tuple[int, object, object]) -> int:
    return entry[0]
