"""What is predicted from the last sample before a kill, by the kernel's rules and the counters' error."""

from typing import Any

import pytest

from guardian.kernel.cgroup import MemoryCgroup
from guardian.kernel.meminfo import MemInfo
from guardian.kernel.process import Process, ProcessKey, ProcessMemory
from guardian.sampling.kill_lines import KillLine
from guardian.sampling.prediction import Machine, counter_error, domain_of, predict
from guardian.sampling.replay_verdict import (
    machine_of,
)
from guardian.sampling.sample import Sample
from guardian.sampling.scoring import scoring_of

MIB = 1 << 20


def process(pid: int, pages: int, *, adj: int = 0, flags: int = 0x400000, cgroup: str = "/", born: int | None = None) -> Process:
    memory = ProcessMemory(pages * 4096, 0, 0, 0, 0)
    key = ProcessKey(pid, pid if born is None else born)
    return Process(key, f"p{pid}", 1, "S", flags, 1, 1000, memory, adj, 700, cgroup)


def sample(*processes: Process, cgroups: tuple[MemoryCgroup, ...] | None = None, at: float = 0.0) -> Sample:
    memory = MemInfo(mem_total=4000 * MIB, mem_free=10 * MIB, swap_total=1000 * MIB, swap_free=0)
    return Sample(at, at, 4096, memory, None, None, None, None, None, cgroups, processes)


def kill(**changed: Any) -> KillLine:
    return KillLine(1.0, 0.9, 10, "p10", "global", None, None, reported=True, group=False, asker=False)._replace(**changed)


QUIET = Machine(cpus=1, asker_dies=False)
OLD, ROUGH = scoring_of("6.1.0"), scoring_of("6.12.0")


def test_a_clear_case_is_plain() -> None:
    told = predict(kill(), (None, sample(process(10, 9000), process(11, 3000))), ROUGH, QUIET, ())
    assert [candidate.pid for candidate in told.candidates] == [10, 11]
    assert told.candidates[0].badness == 9000
    assert told.caveat is None


def test_the_victims_name_and_pid_are_not_used() -> None:
    last = sample(process(10, 9000), process(11, 3000))
    assert predict(kill(pid=11, name="p11"), (None, last), ROUGH, QUIET, ()) == predict(kill(), (None, last), ROUGH, QUIET, ())


def test_the_dead_and_the_dying_are_left_out() -> None:
    dying = process(12, 8000, flags=0x400004)
    told = predict(kill(), (None, sample(process(10, 9000), process(11, 3000), dying)), OLD, QUIET, {ProcessKey(10, 10)})
    assert [candidate.pid for candidate in told.candidates] == [11]


def test_all_that_lie_within_the_counters_error_are_shown() -> None:
    crowd = [process(pid, 5000 - pid % 50) for pid in range(100, 140)]
    told = predict(kill(), (None, sample(*crowd, process(9, 10))), ROUGH, QUIET, ())
    assert len(told.candidates) == 40
    assert told.caveat is not None
    assert (
        len(predict(kill(), (None, sample(*(process(pid, pid * 5000) for pid in range(2, 30)))), OLD, QUIET, ()).candidates) == 10
    )


@pytest.mark.parametrize(
    "release, cpus, pages", [("6.1.0", 8, 0), ("6.2.0", 1, 124), ("6.12.117", 64, 32512), ("7.0.1", 8, 0), ("?", 2, 0)]
)
def test_the_counters_error_by_kernel(release: str, cpus: int, pages: int) -> None:
    assert counter_error(release, cpus) == pages


def test_equals_are_broken_as_the_kernel_does_but_for_cgroups() -> None:
    equal = sample(process(10, 5000, cgroup="/a"), process(11, 5000, cgroup="/a"))
    told = predict(kill(), (None, equal), OLD, QUIET, ())
    assert (told.candidates[0].pid, told.caveat) == (11, None)
    assert predict(kill(constraint="memcg", memcg="/a"), (None, equal), OLD, QUIET, ()).caveat is not None


def test_those_that_overtake_each_other_are_named_so() -> None:
    before, now = sample(process(10, 5000), process(11, 5200)), sample(process(10, 5300), process(11, 5200))
    assert predict(kill(), (before, now), OLD, QUIET, ()).caveat is not None
    steady = sample(process(10, 5290), process(11, 5190))
    assert predict(kill(), (steady, now), OLD, QUIET, ()).caveat is None


def test_who_asks_dies_where_the_kernel_was_told_so() -> None:
    last = sample(process(10, 9000), process(11, 3000))
    asker = Machine(cpus=1, asker_dies=True)
    assert "oom_kill_allocating_task" in str(predict(kill(), (None, last), OLD, asker, ()).caveat)
    inside = predict(kill(constraint="memcg", memcg="/"), (None, last), OLD, asker, ())
    assert inside.caveat is None
    assert predict(kill(asker=True), (None, last), OLD, QUIET, ()).caveat is not None


@pytest.mark.parametrize("changed", [{"group": True}, {"reported": False}, {"invoked": 60.0}])
def test_what_cannot_be_known_is_said(changed: dict[str, Any]) -> None:
    last = sample(process(10, 9000), process(11, 3000))
    assert predict(kill(**changed), (None, last), OLD, QUIET, ()).caveat


def test_a_cgroup_counts_its_own_limit_and_members() -> None:
    groups = (MemoryCgroup("/a", 2, current=100 * MIB, max=100 * MIB, swap_max=0), MemoryCgroup("/b", 2, current=1))
    last = sample(process(10, 9000, cgroup="/b"), process(11, 3000, adj=100, cgroup="/a/x"), cgroups=groups)
    inside = kill(constraint="memcg", memcg="/a")
    domain = domain_of(inside, last)
    assert (domain.constraint, domain.cgroup, domain.total_pages) == ("memcg", "/a", 100 * MIB // 4096)
    told = predict(inside, (None, last), OLD, QUIET, ())
    assert [(candidate.pid, candidate.badness) for candidate in told.candidates] == [(11, 3000 + 100 * (25600 // 1000))]
    unknown = domain_of(kill(constraint="memcg", memcg="/gone"), last)
    assert (unknown.cgroup, unknown.total_pages) == ("/gone", 5000 * MIB // 4096)


def test_a_cpuset_is_its_own_scope() -> None:
    domain = domain_of(kill(constraint="mempolicy", mems="0"), sample(process(10, 1)))
    assert (domain.constraint, domain.mems) == ("mempolicy", "0")


def test_processors_are_counted_in_the_recording() -> None:
    static = {"/proc/cpuinfo": "processor\t: 0\nmodel\t: x\n\nprocessor\t: 1\n", "/proc/sys/vm/oom_kill_allocating_task": "1\n"}
    assert machine_of(static) == Machine(2, asker_dies=True)
    assert machine_of({}) == Machine(1, asker_dies=False)
