"""The one judge: at each tick it looks, judges and says how near the machine is to running out.

Whoever owns the agent's name runs the judging one; where no agent can be had, the window's does.
"""

from collections.abc import Callable
from typing import Protocol

from guardian.model.constraints import Limit, tightest_limits
from guardian.model.growers import top_growers
from guardian.model.judge import judge, next_victims
from guardian.model.room import Room
from guardian.model.verdict import Grower, NextVictim, State, Verdict
from guardian.policy.alerts import Alert, Held, hold_state, plan_alerts
from guardian.sampling.interval import Interval, agent_interval, table_due
from guardian.sampling.sample import Sample
from guardian.sampling.scoring import KernelScoring
from guardian.sampling.snapshot import Snapshot, interpret

# A fall of this share of RAM since the last table brings the next one forward.
_FELL_SHARE = 0.02


class Source(Protocol):
    """Where samples come from: the running machine, or a recording."""

    @property
    def kernel(self) -> KernelScoring:
        """How the kernel of this source scores."""

    def take(self, *, realtime: float, monotonic: float, table: bool = True) -> Sample:
        """One look, with or without the table of processes.  Raises KernelFileError when even meminfo cannot be had."""


class Clock(Protocol):
    """What time it is."""

    def time(self) -> float:
        """Seconds since the epoch."""

    def monotonic(self) -> float:
        """Seconds of CLOCK_MONOTONIC."""


class Engine:
    """Judges a source tick by tick.

    `snapshot` is the last sample that had the table of processes, None before the first; `alerts` what is told now.
    `interval` says how often to look, given the state; it is asked after every tick.
    """

    def __init__(self, source: Source, clock: Clock, interval: Callable[[State], Interval] = agent_interval) -> None:
        self._source, self._clock, self._interval = source, clock, interval
        self.snapshot: Snapshot | None = None
        self.alerts: tuple[Alert, ...] = ()
        self._last: Snapshot | None = None
        self._held: Held | None = None
        self._since = 0.0
        self._next_victims: tuple[NextVictim, ...] = ()
        self._growers: tuple[Grower, ...] = ()

    @property
    def interval(self) -> Interval:
        """How often to look from now on."""
        return self._interval(self._held.state if self._held else State.CALM)

    def tick(self, *, woken: bool = False) -> Verdict:
        """Look and judge.  `woken` (a pressure trigger fired) brings the table of processes forward.

        Raises KernelFileError when the machine's memory cannot be read.
        """
        now, realtime = self._clock.monotonic(), self._clock.time()
        table = table_due(self.interval, now, self._last_table(), woken or self._fell())
        sample = self._source.take(realtime=realtime, monotonic=now, table=table)
        snapshot = interpret(sample, self._last, self._source.kernel)
        self._last = snapshot
        limits = tightest_limits(sample.cgroups or (), sample.memory, sample.page_size)
        if table:
            self.snapshot = snapshot
            self._look_at_processes(snapshot, limits)
        return self._verdict(snapshot, limits)

    def _last_table(self) -> float | None:
        return self.snapshot.sample.monotonic if self.snapshot else None

    def _fell(self) -> bool:
        """Whether room fell much since the last table."""
        if self.snapshot is None or self._last is None:
            return False
        return self.snapshot.room - self._last.room > _FELL_SHARE * self._last.sample.memory.mem_total

    def _look_at_processes(self, snapshot: Snapshot, limits: tuple[Limit, ...]) -> None:
        """What only the table tells, kept until the next one."""
        sample = snapshot.sample
        processes = sample.processes or ()
        room = Room(snapshot.room_memory, snapshot.room_swap)
        self._next_victims = next_victims(
            snapshot.victims, processes, snapshot.domain, snapshot.era, sample.memory, room, limits, sample.cgroups
        )
        self._growers = top_growers(processes, snapshot.growth)

    def _verdict(self, snapshot: Snapshot, limits: tuple[Limit, ...]) -> Verdict:
        sample = snapshot.sample
        raw, evidence = judge(sample.memory, Room(snapshot.room_memory, snapshot.room_swap), sample.pressure, limits)
        before = self._held
        self._held = hold_state(before, raw, sample.monotonic)
        if before is None or self._held.state is not before.state:
            self._since = sample.time
        pressure = sample.pressure
        verdict = Verdict(
            time=sample.time,
            state=self._held.state,
            room=snapshot.room,
            room_memory=snapshot.room_memory,
            room_swap=snapshot.room_swap,
            pressure_some=pressure.some.avg10 if pressure else None,
            pressure_full=pressure.full.avg10 if pressure and pressure.full else None,
            seconds_left=None,
            shrinking=None,
            evidence=evidence,
            next_victims=self._next_victims,
            growers=self._growers,
        )
        self.alerts = plan_alerts(verdict, self._since)
        return verdict
