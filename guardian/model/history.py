"""What history tells of a kill: who ended whom, why, who caused it, and what memory was then.

Source: design of the project ("history", page History).
"""

from typing import Literal, NamedTuple

from guardian.model.composition import Composition
from guardian.model.domain import Constraint
from guardian.model.era import Era

KillerName = Literal["kernel", "systemd-oomd", "earlyoom", "nohang", "systemd"]
KILLERS: tuple[KillerName, ...] = ("kernel", "systemd-oomd", "earlyoom", "nohang", "systemd")
CauseKind = Literal["shared", "hugetlb", "slab", "page tables", "unowned"]


class Party(NamedTuple):
    """A process that a kill is about; None where nobody tells.

    `memory` is RAM and swap in bytes that it held; `growth` bytes by which it had grown in the `span` seconds before.
    """

    pid: int | None
    name: str
    cgroup: str | None = None
    memory: int | None = None
    growth: int | None = None
    span: float | None = None
    uid: int | None = None


class Candidate(NamedTuple):
    """One row of what the killer had to choose from, ranked again; sizes in bytes, points in pages of that machine.

    `rank` counts from 1, None for those it never takes (`points` is None then).  `ended` marks those that died.
    """

    rank: int | None
    pid: int
    name: str
    points: int | None
    memory: int
    swap: int | None
    adjustment: int | None
    ended: bool = False


class Rescored(NamedTuple):
    """Whether the era's own formula, on the report's own table, names the same victim.

    `agrees` is None where it cannot be confirmed; `why` is a sentence.  `era` is the one that was used, None where none was.
    `total_pages` is the T of the adjustments, None where the report does not tell.
    """

    agrees: bool | None
    why: str
    era: Era | None = None
    total_pages: int | None = None
    candidates: tuple[Candidate, ...] = ()


class Weighed(NamedTuple):
    """One control group that systemd-oomd had to choose from, first in its order first, as it wrote them down.

    `memory` and `swap` in bytes, `pressure` the stalled share of ten seconds (0…1), `scanned` pages looked at since its look
    before; None where it did not tell.
    """

    path: str
    memory: int | None = None
    swap: int | None = None
    pressure: float | None = None
    scanned: int | None = None
    ended: bool = False


class Cause(NamedTuple):
    """Memory that ending programs could not give back, where that was the real cause; `size` in bytes."""

    kind: CauseKind
    size: int


class Alerted(NamedTuple):
    """What had been said before a kill: the level of an alert ("watch", "warning", "critical") and how many seconds ahead."""

    level: str
    ahead: float


class Kill(NamedTuple):
    """One decision of one killer, with all who died of it.

    `seconds` since boot, `time` since the epoch; None where no source tells.  `victims` has the chosen one first; `processes`
    is how many died, which may be more than are named.  `group`: a whole cgroup was ended.  `memcg` is the group whose limit
    was hit.  `invoker` asked for the memory; `culprit` is the largest grower or user, and may be the victim itself; None where
    no program caused it.  `freed` is RAM and swap in bytes that came free, `enough` whether that ended the shortage (None: not
    known).  `signal` is "TERM" or "KILL" where the killer tells, and `reason` its own words; `composition` that of the machine,
    or of the memcg.  `sources` name who told of it ("kernel log", "journal", "earlyoom", …); `doubt` says why it is not certain
    who did it, None where it is.  `boot` is the boot's id, `key` that of the stored entry; both None for entries of a file.
    `weighed` are the groups that systemd-oomd wrote down, of the `considered` ones.
    `unfinished`: chosen, but the log breaks off before the end.
    """

    seconds: float | None
    time: float | None
    killer: KillerName
    victims: tuple[Party, ...]
    processes: int = 1
    group: bool = False
    constraint: Constraint | None = None
    memcg: str | None = None
    invoker: Party | None = None
    culprit: Party | None = None
    freed: int | None = None
    enough: bool | None = None
    reason: str | None = None
    rescored: Rescored = Rescored(None, "")
    cause: Cause | None = None
    composition: Composition | None = None
    alerted: tuple[Alerted, ...] = ()
    sources: tuple[str, ...] = ()
    doubt: str | None = None
    release: str | None = None
    boot: str | None = None
    key: int | None = None
    unfinished: bool = False
    signal: str | None = None
    weighed: tuple[Weighed, ...] = ()
    considered: int = 0

    @property
    def victim(self) -> Party:
        """The one that was chosen."""
        return self.victims[0]


class Moment(NamedTuple):
    """One kept snapshot: when (seconds since the epoch), the layers and the room in bytes, pressure, and the largest programs.

    `largest` are the programs with most memory, at most a few; `state` is the judged state's word.
    """

    time: float
    composition: Composition
    room: int | None = None
    swap_total: int | None = None
    swap_free: int | None = None
    pressure_some: float | None = None
    pressure_full: float | None = None
    state: str | None = None
    largest: tuple[Party, ...] = ()


class StoredAlert(NamedTuple):
    """An alert that was told; times in seconds since the epoch, `until` None while it holds."""

    since: float
    until: float | None
    level: str
    text: str


class StoredAct(NamedTuple):
    """Something that was done to a program or setting: what, to whom, when, and what came of it (None: it worked)."""

    time: float
    act: str
    target: str
    result: str | None = None


class StoredForecast(NamedTuple):
    """A forecast (seconds until memory runs out) and its outcome: "kill" or "over" and after how many seconds."""

    time: float
    earliest: float
    likeliest: float
    latest: float
    outcome: str | None = None
    after: float | None = None
