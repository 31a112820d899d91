"""Who would die one after another, and what that gives back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardian.kernel.cgroup import MemoryCgroup
from guardian.kernel.process import Process
from guardian.model.badness_old import OldKernel
from guardian.model.domain import OomDomain
from guardian.model.era import Era
from guardian.model.kill_sequence import KillStep, kill_sequence
from tests.model.conftest import PAGE, process_of

WORLD = OomDomain("global", 1_000_000, PAGE)


def ended(steps: tuple[KillStep, ...]) -> list[list[int]]:
    return [[process.pid for process in step.killed] for step in steps]


def test_it_goes_on_until_enough_is_free() -> None:
    processes = [process_of(10, 100, file=900), process_of(11, 300, swap=50, tables=2), process_of(12, 200), process_of(13, 9)]
    steps = kill_sequence(processes, WORLD, Era.E8, 500 * PAGE)
    assert [(step.victim.process.pid, step.frees // PAGE, step.cumulative // PAGE) for step in steps] == [
        (10, 100, 100),
        (11, 352, 452),
        (12, 200, 652),
    ]


def test_nothing_wanted_kills_nobody() -> None:
    assert kill_sequence([process_of(10, 100)], WORLD, Era.E8, 0) == ()


def test_when_nobody_is_left_the_last_step_falls_short() -> None:
    steps = kill_sequence([process_of(10, 100), process_of(11, 50, adj=-1000)], WORLD, Era.E8, 200 * PAGE)
    assert [step.cumulative for step in steps] == [100 * PAGE]


def test_shared_memory_outlives_its_users() -> None:
    steps = kill_sequence([process_of(10, 5, shmem=900), process_of(11, 100)], WORLD, Era.E8, 6 * PAGE)
    assert [(step.victim.process.pid, step.frees // PAGE) for step in steps] == [(10, 5), (11, 100)]


def test_a_group_dies_in_one_step_and_an_mm_counts_once() -> None:
    grouped = [
        process_of(10, 50, cgroup="/app"),
        process_of(11, 20, cgroup="/app/x"),
        process_of(12, 9, adj=-1000, cgroup="/app"),
    ]
    parent = process_of(20, 40, vm_size=5, ppid=1)
    sharer = process_of(21, 40, vm_size=5, ppid=20, flags=0x40)
    groups = [MemoryCgroup("/app", 2, oom_group=True)]
    steps = kill_sequence([*grouped, parent, sharer], WORLD, Era.E8, 1 << 40, groups)
    assert ended(steps) == [[10, 11], [21, 20]]
    assert [step.frees // PAGE for step in steps] == [70, 40]


FAMILY = [
    process_of(10, 500, ppid=1),
    process_of(11, 30, ppid=10),
    process_of(12, 80, ppid=10),
    process_of(13, 80, ppid=10),
    process_of(14, 90, adj=-1000, ppid=10),
]


@pytest.mark.parametrize("era", [Era.E3, Era.E4, Era.E5, Era.E6])
def test_until_51_the_worst_child_dies_first(era: Era) -> None:
    domain = WORLD._replace(total_pages=1000) if era is Era.E3 else WORLD
    steps = kill_sequence(FAMILY, domain, era, 1 << 40)
    assert ended(steps) == [[12], [13], [11], [10]]
    assert [step.victim.process.pid for step in steps] == [10, 10, 10, 10]


@pytest.mark.parametrize("era", [Era.E7, Era.E8, Era.E9])
def test_since_52_the_victim_itself_dies(era: Era) -> None:
    assert ended(kill_sequence(FAMILY, WORLD, era, 1 << 40)) == [[10], [13], [12], [11]]


def test_in_26_the_first_child_dies_first() -> None:
    family = [process._replace(vm_size=100 * PAGE * process.pid) for process in FAMILY[:4]]
    steps = kill_sequence(family, WORLD, Era.E2, 1 << 40, old=OldKernel(200))
    assert ended(steps) == [[11], [12], [13], [10]]


def test_memory_that_may_not_be_read_frees_nothing_certain() -> None:
    steps = kill_sequence([process_of(10, memory=None, score=900), process_of(11, 5)], WORLD, Era.E8, PAGE)
    assert [(step.victim.process.pid, step.frees) for step in steps] == [(10, 0), (11, 5 * PAGE)]


PROCESSES = st.lists(
    st.builds(
        process_of,
        st.integers(1, 60),
        st.integers(0, 300),
        swap=st.integers(0, 5),
        adj=st.integers(-1000, 1000),
        ppid=st.integers(1, 60),
        flags=st.sampled_from([0, 0x40]),
        cgroup=st.sampled_from([None, "/a", "/a/b"]),
    ),
    max_size=20,
    unique_by=lambda process: process.key.pid,
)
GROUPS = st.sampled_from([[], [MemoryCgroup("/a/b", 2, oom_group=True)], [MemoryCgroup("/a", 2, oom_group=True)]])


@given(PROCESSES, st.sampled_from([Era.E3, Era.E5, Era.E7, Era.E8]), st.integers(1, 2000), GROUPS)
def test_enough_is_freed_or_nobody_is_left(processes: list[Process], era: Era, pages: int, groups: list[MemoryCgroup]) -> None:
    steps = kill_sequence(processes, WORLD, era, pages * PAGE, groups)
    killed = [process.key for step in steps for process in step.killed]
    assert len(killed) == len(set(killed))
    sums = [step.cumulative for step in steps]
    assert sums == [sum(step.frees for step in steps[: at + 1]) for at in range(len(steps))]
    if not sums or sums[-1] < pages * PAGE:
        left = [process for process in processes if process.key not in killed]
        assert all(process.oom_score_adj == -1000 for process in left)
    else:
        assert all(before < pages * PAGE for before in sums[:-1])
