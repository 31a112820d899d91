"""The one judge: at each tick it looks, judges and says how near the machine is to running out.

Whoever owns the agent's name runs the judging one; where no agent can be had, the window's does.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple, Protocol

from guardian.kernel.process import Process
from guardian.model.constraints import Limit, tightest_limits
from guardian.model.course import Course, Facts, Reading, read_course
from guardian.model.forecast_book import ForecastBook, note
from guardian.model.growers import top_growers
from guardian.model.killers import Rules, user_space_victims
from guardian.model.next_victims import next_victims
from guardian.model.outlook import DEFAULT_LIMITS, Limits, Outlook
from guardian.model.room import Room
from guardian.model.verdict import Grower, NextVictim, State, Verdict
from guardian.policy.alerts import Alert, Held, hold_state, plan_alerts
from guardian.sampling.interval import Interval, agent_interval, table_due
from guardian.sampling.sample import Sample
from guardian.sampling.scoring import KernelScoring
from guardian.sampling.snapshot import Snapshot, interpret

# A fall of this share of RAM since the last table brings the next one forward.
_FELL_SHARE = 0.02
_KILLERS_SECONDS = 60.0
# While calm, meminfo and pressure are enough until available memory has moved by this share of RAM.
_MOVED_SHARE = 0.01


class Source(Protocol):
    """Where samples come from: the running machine, or a recording."""

    @property
    def kernel(self) -> KernelScoring:
        """How the kernel of this source scores."""

    def take(self, *, realtime: float, monotonic: float, table: bool = True) -> Sample:
        """One look, with or without the table of processes.  Raises KernelFileError when even meminfo cannot be had."""

    def glance(self, *, realtime: float, monotonic: float) -> Sample:
        """The cheapest look: meminfo and pressure alone.  Raises KernelFileError without meminfo."""


class Killers(Protocol):
    """Who else ends programs here."""

    def look(self, processes: Iterable[Process], cgroups: Sequence[str] = ()) -> tuple[Rules, ...]:
        """The rules of each killer that runs."""


class Clock(Protocol):
    """What time it is."""

    def time(self) -> float:
        """Seconds since the epoch."""

    def monotonic(self) -> float:
        """Seconds of CLOCK_MONOTONIC."""


class _Moment(NamedTuple):
    """What is judged: a whole look, or a glance that continues the last one."""

    sample: Sample
    room: Room
    limits: tuple[Limit, ...]


class Engine:
    """Judges a source tick by tick.

    `snapshot` is the last sample that had the table of processes, None before the first; `alerts` what is told now; `reading` how
    the last moment was judged.  `limits` are the thresholds, which may be changed between ticks.
    """

    def __init__(
        self,
        source: Source,
        clock: Clock,
        interval: Callable[[State], Interval] = agent_interval,
        limits: Limits = DEFAULT_LIMITS,
        killers: Killers | None = None,
    ) -> None:
        self._source, self._clock, self._interval = source, clock, interval
        self.limits = limits
        self._killers = killers
        self._rules: tuple[Rules, ...] = ()
        self._rules_at = float("-inf")
        self.reading: Reading | None = None
        self._course: Course | None = None
        self._book = ForecastBook()
        self.snapshot: Snapshot | None = None
        self.alerts: tuple[Alert, ...] = ()
        self._last: Snapshot | None = None
        self._now: _Moment | None = None
        self._held: Held | None = None
        self._since = 0.0
        self._next_victims: tuple[NextVictim, ...] = ()
        self._growers: tuple[Grower, ...] = ()

    @property
    def sample(self) -> Sample | None:
        """What was read last, perhaps a glance alone; None before the first tick."""
        return self._now.sample if self._now else None

    @property
    def interval(self) -> Interval:
        """How often to look from now on; it changes with the state."""
        return self._interval(self._held.state if self._held else State.CALM)

    def tick(self, *, woken: bool = False) -> Verdict:
        """Look and judge.  `woken` (a pressure trigger fired) brings the table of processes forward.

        Raises KernelFileError when the machine's memory cannot be read.
        """
        now, realtime = self._clock.monotonic(), self._clock.time()
        last_table = self.snapshot.sample.monotonic if self.snapshot else None
        table = table_due(self.interval, now, last_table, woken or self._fell())
        moment = None if table or woken else self._glance(realtime, now)
        self._now = moment or self._look(realtime, now, table=table)
        return self._verdict(self._now)

    def _fell(self) -> bool:
        """Whether room fell much since the last table."""
        if self.snapshot is None or self._now is None:
            return False
        return self.snapshot.room - self._now.room.total > _FELL_SHARE * self._now.sample.memory.mem_total

    def _glance(self, realtime: float, now: float) -> _Moment | None:
        """The last look carried on by what meminfo alone tells; None where that is not enough."""
        last, before = self._last, self._now
        if last is None or before is None or self._held is None or self._held.state is not State.CALM:
            return None
        sample = self._source.glance(realtime=realtime, monotonic=now)
        memory, then = sample.memory, last.sample.memory
        if memory.mem_available is None or then.mem_available is None:
            return None
        moved = memory.mem_available - then.mem_available
        swapped = (memory.swap_free or 0) - (then.swap_free or 0)
        if max(abs(moved), abs(swapped)) > _MOVED_SHARE * memory.mem_total:
            return None
        room = Room(max(0, last.room_memory + moved), last.room_swap)
        return _Moment(sample, room, before.limits)

    def _look(self, realtime: float, now: float, *, table: bool) -> _Moment:
        sample = self._source.take(realtime=realtime, monotonic=now, table=table)
        self._last = snapshot = interpret(sample, self._last, self._source.kernel)
        room = Room(snapshot.room_memory, snapshot.room_swap)
        limits = tightest_limits(sample.cgroups or (), sample.memory, sample.page_size)
        if table:
            self.snapshot = snapshot
            processes = sample.processes or ()
            self._next_victims = next_victims(
                snapshot.victims, processes, snapshot.domain, snapshot.era, sample.memory, room, limits, sample.cgroups
            )
            self._growers = top_growers(processes, snapshot.growth)
            self._ask_killers(sample)
            if self._rules:
                others = user_space_victims(self._rules, sample.memory, processes, sample.cgroups or ())
                self._next_victims = tuple(sorted((*self._next_victims, *others), key=lambda one: -(one.nearness or 0.0)))
        return _Moment(sample, room, limits)

    def _ask_killers(self, sample: Sample) -> None:
        """Which other killers run here, and their rules; asked once a minute."""
        if self._killers is not None and sample.monotonic - self._rules_at >= _KILLERS_SECONDS:
            self._rules_at = sample.monotonic
            self._rules = self._killers.look(sample.processes or (), [one.path for one in sample.cgroups or ()])

    def _verdict(self, moment: _Moment) -> Verdict:
        sample, room = moment.sample, moment.room
        self._course, reading = read_course(self._course, _facts(sample, room, moment.limits), self.limits)
        self.reading = reading
        # What nobody is shown while calm is no forecast to be held to.
        shown = reading.outlook.seconds if reading.outlook.state is not State.CALM else None
        self._book = note(self._book, sample.monotonic, room.total, shown)
        before = self._held
        self._held = hold_state(before, reading.state, sample.monotonic)
        if before is None or self._held.state is not before.state:
            self._since = sample.time
        pressure, nearest = sample.pressure, _nearest(reading)
        verdict = Verdict(
            time=sample.time,
            state=self._held.state,
            room=room.total,
            room_memory=room.memory,
            room_swap=room.swap,
            pressure_some=pressure.some.avg10 if pressure else None,
            pressure_full=pressure.full.avg10 if pressure and pressure.full else None,
            seconds_left=nearest.seconds,
            shrinking=nearest.speed,
            evidence=reading.evidence,
            next_victims=self._next_victims,
            growers=self._growers,
            classic=reading.classic,
            group=reading.group if nearest is reading.group_outlook else None,
            forecasts=self._book.record,
        )
        self.alerts = plan_alerts(verdict, self._since)
        return verdict


def _facts(sample: Sample, room: Room, limits: tuple[Limit, ...]) -> Facts:
    """What the judges look at."""
    memory = sample.memory
    swap = memory.swap_total or 0
    held = None
    if sample.processes is not None:
        held = {one.key: one.memory.rss_anon + one.memory.swap for one in sample.processes if one.memory is not None}
    return Facts(
        at=sample.monotonic,
        memory=memory,
        page_size=sample.page_size,
        room=room.total,
        total=memory.mem_total + swap,
        swap=swap > 0,
        pressure=sample.pressure,
        vmstat=sample.vmstat,
        zones=sample.zones,
        limits=limits,
        holdings=held,
        overcommit_mode=sample.overcommit_mode,
    )


def _nearest(reading: Reading) -> Outlook:
    """The outlook that ends first: the machine's, or that of a cgroup in danger."""
    group = reading.group_outlook
    if group is None or group.seconds is None:
        return reading.outlook
    own = reading.outlook.seconds
    return group if own is None or group.seconds[1] < own[1] else reading.outlook
