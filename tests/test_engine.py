"""The one judge, driven by samples and clocks that the test sets, and over real recordings."""

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from guardian.engine import Engine
from guardian.kernel.errors import Vanished
from guardian.kernel.meminfo import MemInfo
from guardian.kernel.pressure import Pressure, Stall
from guardian.kernel.process import Process, ProcessKey, ProcessMemory
from guardian.model.verdict import State
from guardian.sampling.replay import Recording
from guardian.sampling.sample import Sample
from guardian.sampling.sampler import take_sample
from guardian.sampling.scoring import KernelScoring, read_release, scoring_of

GIB = 1 << 30
MIB = 1 << 20
TOTAL = 16 * GIB


class Clock:
    """A clock that goes only when it is told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def time(self) -> float:
        return 1_790_000_000 + self.now

    def monotonic(self) -> float:
        return self.now


class Machine:
    """A machine of so much available memory and two programs; `tables` notes when the table was read."""

    def __init__(self) -> None:
        self.available = 8 * GIB
        self.stalled = 0.0
        self.held = {11: 100 * MIB, 12: 50 * MIB}
        self.tables: list[float] = []
        self.taken = 0
        self.broken = False

    @property
    def kernel(self) -> KernelScoring:
        return scoring_of("6.12.9")

    def glance(self, *, realtime: float, monotonic: float) -> Sample:
        return self._sample(realtime, monotonic, table=False)

    def take(self, *, realtime: float, monotonic: float, table: bool = True) -> Sample:
        self.taken += 1
        if table:
            self.tables.append(monotonic)
        return self._sample(realtime, monotonic, table=table)

    def _sample(self, realtime: float, monotonic: float, *, table: bool) -> Sample:
        if self.broken:
            raise Vanished("proc/meminfo", "not there")
        stall = Stall(self.stalled, self.stalled, self.stalled, 0.0)
        memory = MemInfo(TOTAL, self.available, mem_available=self.available, swap_total=0, swap_free=0)
        processes = tuple(
            Process(
                ProcessKey(pid, pid), f"p{pid}", 0, "S", 0, 1, 1000, ProcessMemory(anon, 0, 0, 0, 0), 0, cgroup="/", cpu_ticks=1
            )
            for pid, anon in self.held.items()
        )
        return Sample(
            realtime, monotonic, 4096, memory, None, None, Pressure(stall, stall), None, None, None, processes if table else None
        )


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def machine() -> Machine:
    return Machine()


@pytest.fixture
def engine(machine: Machine, clock: Clock) -> Engine:
    return Engine(machine, clock)


def run(engine: Engine, clock: Clock, seconds: int) -> list[State]:
    states = []
    for _second in range(seconds):
        states.append(engine.tick().state)
        clock.now += 1
    return states


def test_calm_reads_the_table_every_ten_seconds(engine: Engine, machine: Machine, clock: Clock) -> None:
    assert set(run(engine, clock, 31)) == {State.CALM}
    assert machine.tables == [1000, 1010, 1020, 1030]


def test_from_watch_on_it_reads_the_table_each_second(engine: Engine, machine: Machine, clock: Clock) -> None:
    run(engine, clock, 3)
    machine.available = 2 * GIB
    run(engine, clock, 3)
    machine.tables.clear()
    states = run(engine, clock, 5)
    assert State.CALM not in states
    assert machine.tables == [1006, 1007, 1008, 1009, 1010]


def test_a_fast_fall_and_a_pressure_trigger_bring_the_table_forward(engine: Engine, machine: Machine, clock: Clock) -> None:
    run(engine, clock, 3)
    engine.tick(woken=True)
    assert machine.tables == [1000, 1003]
    clock.now += 1
    machine.available -= GIB
    run(engine, clock, 3)
    assert machine.tables == [1000, 1003, 1005]


def test_while_calm_and_still_a_glance_is_enough(engine: Engine, machine: Machine, clock: Clock) -> None:
    run(engine, clock, 10)
    assert machine.taken == 1
    machine.available -= 100 * MIB
    clock.now -= 1
    verdict = engine.tick()
    assert machine.taken == 1
    assert verdict.room == 8 * GIB - 100 * MIB
    machine.available -= 200 * MIB
    clock.now += 1
    verdict = engine.tick()
    assert machine.taken == 2
    assert verdict.room == 8 * GIB - 300 * MIB


def test_danger_is_seen_by_a_glance(engine: Engine, machine: Machine, clock: Clock) -> None:
    run(engine, clock, 2)
    machine.stalled = 0.5
    states = run(engine, clock, 4)
    assert states[-1] is State.WATCH


def test_the_verdict_carries_what_only_the_table_told(engine: Engine, machine: Machine, clock: Clock) -> None:
    first = engine.tick()
    clock.now += 1
    second = engine.tick()
    assert [one.name for one in first.next_victims] == ["p11"]
    assert second.next_victims == first.next_victims
    assert second.time == first.time + 1
    assert (second.room, second.pressure_some) == (8 * GIB, 0.0)


def test_a_program_that_grows_is_named(engine: Engine, machine: Machine, clock: Clock) -> None:
    for _second in range(25):
        verdict = engine.tick()
        clock.now += 1
        machine.held[12] += 10 * MIB
    (grower,) = verdict.growers
    assert grower.name == "p12"
    assert grower.growth == pytest.approx(10 * MIB)


def test_alerts_come_with_urgency_and_keep_their_time(engine: Engine, machine: Machine, clock: Clock) -> None:
    run(engine, clock, 2)
    assert engine.alerts == ()
    machine.available = 300 * MIB
    verdict = engine.tick()
    assert verdict.state is State.CRITICAL
    (alert,) = engine.alerts
    assert (alert.level, alert.since) == (State.CRITICAL, verdict.time)
    clock.now += 1
    engine.tick()
    assert engine.alerts[0].since == verdict.time


def test_danger_that_flickers_is_told_once(engine: Engine, machine: Machine, clock: Clock) -> None:
    told = []
    for second in range(60):
        machine.available = 500 * MIB if second % 2 else 700 * MIB
        told.append(engine.tick().state)
        clock.now += 1
    assert sum(one is not other for one, other in pairwise(told)) <= 1


def test_what_cannot_be_read_is_raised_and_the_next_tick_goes_on(engine: Engine, machine: Machine, clock: Clock) -> None:
    machine.broken = True
    with pytest.raises(Vanished):
        engine.tick()
    machine.broken = False
    clock.now += 1
    assert engine.tick().state is State.CALM


class Replayed:
    """A recording's moments as a source; the clock follows them."""

    def __init__(self, recording: Recording, clock: Clock) -> None:
        self._moments = recording.moments()
        self._page_size = recording.page_size
        self._clock = clock
        self._moment = next(self._moments)
        self.kernel = scoring_of(read_release(self._moment.tree))
        self._turn()

    def _turn(self) -> None:
        self._clock.now = self._moment.begin

    def take(self, *, realtime: float, monotonic: float, table: bool = True) -> Sample:
        return take_sample(self._moment.tree, realtime=realtime, monotonic=monotonic, page_size=self._page_size, table=table)

    def glance(self, *, realtime: float, monotonic: float) -> Sample:
        return self.take(realtime=realtime, monotonic=monotonic, table=False)

    def forward(self) -> bool:
        moment = next(self._moments, None)
        if moment is None:
            return False
        self._moment = moment
        self._turn()
        return True


def test_a_recorded_kill_is_seen_coming_by_the_very_same_code(recording: Callable[[str], Path], clock: Clock) -> None:
    source = Replayed(Recording(recording("anon-hog@bookworm")), clock)
    engine = Engine(source, clock)
    states = [engine.tick().state]
    while source.forward():
        states.append(engine.tick().state)
    assert State.CRITICAL in states
    assert states[0] is not State.CRITICAL
