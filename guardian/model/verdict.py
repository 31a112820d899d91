"""How near the machine is to running out, as one value: what the agent publishes and everybody else shows.

Source: design of the project; the kernel's criterion is mm/page_alloc.c:should_reclaim_retry().
"""

from enum import Enum
from typing import Literal, NamedTuple

from guardian.kernel.process import ProcessKey
from guardian.model.classic_clock import ClassicCheck
from guardian.model.forecast_book import ForecastRecord

Killer = Literal["kernel", "memcg", "systemd-oomd", "earlyoom", "nohang"]


class State(Enum):
    """How urgent it is, in rising order; NO_DATA when nothing was measured for a while."""

    NO_DATA = "no data"
    CALM = "calm"
    WATCH = "watch"
    WARNING = "warning"
    CRITICAL = "critical"


class Evidence(NamedTuple):
    """One measured reason for a state: a name of the field, its value and threshold in the same unit, and whether it is met."""

    name: str
    value: float | None
    threshold: float | None
    met: bool


class NextVictim(NamedTuple):
    """Whom one killer would take next.

    `acts_when` is its condition and `distance` how far off it is, both in words; `nearness` is 0 (far) to 1 (acts now), None
    where it cannot be told.  `key` is None for a killer of whole cgroups, named by `cgroup`.  `frees` is in bytes.
    `also_dies` counts the further processes that end with it.
    """

    killer: Killer
    acts_when: str
    distance: str
    nearness: float | None
    name: str | None
    key: ProcessKey | None
    cgroup: str | None
    frees: int | None
    also_dies: int


class Grower(NamedTuple):
    """Programs of one name that together grow.

    `key` is the largest of its `processes`, counted; `memory` is their anon and swap in bytes, `growth` bytes per second.
    """

    name: str
    key: ProcessKey
    processes: int
    memory: int
    growth: float


class Verdict(NamedTuple):
    """The judged state of one moment.

    `time` is seconds since the epoch.  Room in bytes.  `seconds_left` is (earliest, likeliest, latest) or None without a
    significant trend.  `shrinking` is bytes per second by which room falls, None without a trend.  `growers` are the fastest
    first, a few at most.  `classic` are the five questions of the kernel's first clock; `group` is the limited cgroup whose end
    the forecast is about, None where it is the machine's; `forecasts` tells how earlier ones came out.
    """

    time: float
    state: State
    room: int
    room_memory: int
    room_swap: int
    pressure_some: float | None
    pressure_full: float | None
    seconds_left: tuple[float, float, float] | None
    shrinking: float | None
    evidence: tuple[Evidence, ...]
    next_victims: tuple[NextVictim, ...]
    growers: tuple[Grower, ...] = ()
    classic: tuple[ClassicCheck, ...] = ()
    group: str | None = None
    forecasts: ForecastRecord | None = None
