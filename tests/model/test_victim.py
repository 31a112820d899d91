"""The order of victims, who is never one and why, and what a decision looks at."""

from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardian.kernel.cgroup import MemoryCgroup
from guardian.kernel.process import Process
from guardian.model.badness import badness, oom_score
from guardian.model.badness_old import OldKernel
from guardian.model.domain import OomDomain
from guardian.model.era import Era
from guardian.model.victim import Victim, candidates, rank_victims
from tests.model.conftest import PAGE, process_of

KTHREAD, EXITING, NOT_EXECED = 0x200000, 0x4, 0x40


def pids(victims: Sequence[Victim]) -> list[int]:
    return [victim.process.pid for victim in victims if victim.rank is not None]


def reasons(victims: Sequence[Victim]) -> dict[int, str]:
    return {victim.process.pid: victim.unkillable for victim in victims if victim.unkillable is not None}


def test_the_worst_comes_first_and_ranks_count_from_one(million: OomDomain) -> None:
    victims = rank_victims([process_of(10, 5), process_of(11, 900), process_of(12, 50, adj=-500)], million, Era.E8)
    assert pids(victims) == [11, 10, 12]
    assert [victim.rank for victim in victims] == [1, 2, 3]
    first = victims[0]
    assert (first.badness, first.share, first.oom_score) == (900, 0.0009, 666)
    assert victims[2].badness == 50 - 500_000
    assert victims[2].oom_score == 334


@pytest.mark.parametrize(
    "era,order",
    [(Era.E4, [30, 20, 10]), (Era.E5, [30, 20, 10]), (Era.E6, [30, 20, 10]), (Era.E7, [10, 20, 30]), (Era.E9, [10, 20, 30])],
)
def test_of_equals_the_later_born_dies_first_since_52(era: Era, order: list[int], million: OomDomain) -> None:
    # Pids wrap: 10 is the youngest.
    equals = [process_of(20, 7, born=500), process_of(10, 7, born=600), process_of(30, 7, born=400)]
    victims = rank_victims(equals, million, era)
    assert pids(victims) == order
    assert all(victim.tied for victim in victims)


def test_of_equals_born_in_one_tick_the_pid_decides(million: OomDomain) -> None:
    equals = [process_of(pid, 7, born=5) for pid in (21, 22, 20)]
    assert pids(rank_victims(equals, million, Era.E8)) == [22, 21, 20]
    assert pids(rank_victims(equals, million, Era.E6)) == [20, 21, 22]


def test_only_neighbours_with_the_same_points_are_tied(million: OomDomain) -> None:
    victims = rank_victims([process_of(2 + n, size) for n, size in enumerate((9, 8, 8, 7))], million, Era.E8)
    assert [victim.tied for victim in victims if victim.rank] == [False, True, True, False]


@pytest.mark.parametrize(
    "process,reason",
    [
        (process_of(1, 50, score=0), "init"),
        (process_of(1, 50, score=None), "init"),
        (process_of(2, memory=None, flags=KTHREAD, score=0), "kernel thread"),
        (process_of(3, 50, adj=-1000, score=0), "oom_score_adj -1000"),
        (process_of(4, memory=None, state="Z", flags=EXITING, score=0), "reaped"),
        (process_of(4, memory=None, state="Z", flags=EXITING, score=700), "reaped"),
        (process_of(5, memory=None, state="S", score=None), "reaped"),
        (process_of(6, 50, score=0, flags=EXITING), "reaped"),
        (process_of(7, 50, score=0, kill_pending=True), "reaped"),
    ],
)
def test_who_is_never_taken_has_a_reason_and_no_rank(process: Process, reason: str, million: OomDomain) -> None:
    (victim,) = rank_victims([process], million, Era.E8)
    assert (victim.rank, victim.badness, victim.share, victim.oom_score) == (None, None, None, 0)
    assert victim.unkillable == reason
    assert not victim.dying


def test_the_first_process_of_a_container_is_like_any_other(million: OomDomain) -> None:
    victims = rank_victims([process_of(1, 50, score=666), process_of(9, 5)], million, Era.E8)
    assert pids(victims) == [1, 9]
    assert victims[0].badness == 50


def test_a_child_in_vfork_is_passed_over(million: OomDomain) -> None:
    parent = process_of(50, 100, state="D")
    child = process_of(51, 100, score=0, ppid=50, flags=NOT_EXECED)
    assert reasons(rank_victims([parent, child], million, Era.E8)) == {51: "vfork"}
    # Once the parent runs on, a 0 was read before the exec.
    assert pids(rank_victims([parent._replace(state="S"), child], million, Era.E8)) == [51, 50]


@pytest.mark.parametrize("adj,score", [(-999, 0), (-998, 1), (-997, 2)])
def test_a_score_of_nothing_may_come_from_the_adjustment(adj: int, score: int, million: OomDomain) -> None:
    (victim,) = rank_victims([process_of(10, 0, adj=adj, score=score, flags=EXITING, state="Z")], million, Era.E8)
    assert (victim.rank, victim.oom_score) == (1, score)


def test_before_59_a_small_process_prints_0_and_may_still_be_taken(million: OomDomain) -> None:
    small, large = process_of(10, 500, score=0, kill_pending=True), process_of(11, 50_000, score=0, kill_pending=True)
    assert reasons(rank_victims([small, large], million, Era.E7)) == {11: "reaped"}


def test_dying_ones_come_first_and_hold_the_next_choice_up(million: OomDomain) -> None:
    killed = process_of(10, 5, kill_pending=True)
    exiting = process_of(11, 6, flags=EXITING, state="R")
    leader_gone = process_of(12, 90, flags=EXITING, state="Z")
    victims = rank_victims([process_of(13, 999), leader_gone, exiting, killed], million, Era.E8)
    assert pids(victims) == [11, 10, 13, 12]
    assert [victim.dying for victim in victims] == [True, True, False, False]


def test_memory_that_may_not_be_read_is_ranked_by_the_kernels_score(million: OomDomain) -> None:
    hidden = process_of(10, memory=None, score=800)
    victims = rank_victims([process_of(11, 150_000), hidden, process_of(12, 250_000)], million, Era.E8)
    assert pids(victims) == [12, 10, 11]
    assert victims[1].badness == 200_000


def test_a_cgroup_ranks_its_own_by_its_own_size(million: OomDomain) -> None:
    inside = [
        process_of(10, 500, cgroup="/app/inner"),
        process_of(11, 20, adj=500, cgroup="/app"),
        process_of(12, 5000, cgroup="/apple"),
        process_of(13, 5000, cgroup=None),
    ]
    domain = OomDomain("memcg", 10_000, PAGE, cgroup="/app")
    victims = rank_victims(inside, domain, Era.E8, machine_pages=million.total_pages)
    assert [(victim.process.pid, victim.badness) for victim in victims] == [(11, 5020), (10, 500)]
    # The score is the machine's: 500 020 of a million.
    assert [victim.oom_score for victim in victims] == [1000, 666]
    smaller = rank_victims(inside, domain._replace(total_pages=999), Era.E8)
    assert pids(smaller) == [10, 11]


def test_a_cpuset_looks_at_those_that_may_use_its_nodes() -> None:
    domain = OomDomain("cpuset", 1000, PAGE, mems="1-2")
    processes = [process_of(10, mems_allowed="0"), process_of(11, mems_allowed="0-1"), process_of(12, mems_allowed=None)]
    odd = process_of(13, mems_allowed="??")
    assert [process.pid for process in candidates([*processes, odd], domain)] == [11, 12, 13]


def test_24_would_take_init(million: OomDomain) -> None:
    init, other = process_of(1, 5, vm_size=900 * PAGE, score=0), process_of(10, 5, vm_size=90 * PAGE)
    victims = rank_victims([other, init], million, Era.E1, old=OldKernel(100))
    assert pids(victims) == [1, 10]
    assert victims[0].oom_score is None


def test_26_counts_children_with_an_mm_of_their_own(million: OomDomain) -> None:
    parent = process_of(10, 5, vm_size=100 * PAGE, ppid=1)
    child = process_of(11, 6, vm_size=200 * PAGE, ppid=10)
    sharer = process_of(12, 5, vm_size=100 * PAGE, ppid=10)
    victims = rank_victims([parent, child, sharer], million, Era.E2, old=OldKernel(100))
    assert {victim.process.pid: victim.badness for victim in victims} == {10: 201, 11: 200, 12: 100}
    assert victims[0].oom_score == 201


def test_who_dies_along_is_counted(million: OomDomain) -> None:
    members = [process_of(10 + n, 5 + n, cgroup="/app/x") for n in range(3)]
    groups = [MemoryCgroup("/app", 2, oom_group=True), MemoryCgroup("/", 2)]
    victims = rank_victims([*members, process_of(20, 1, cgroup="/b")], million, Era.E8, cgroups=groups)
    assert [victim.also_dies for victim in victims] == [2, 2, 2, 0]


PROCESSES = st.lists(
    st.builds(
        lambda pid, born, anon, adj, score, state, flags, kill, cgroup: process_of(
            pid, anon, born=born, adj=adj, score=score, state=state, flags=flags, kill_pending=kill, cgroup=cgroup
        ),
        st.integers(1, 60),
        st.integers(0, 5),
        st.integers(0, 5),
        st.sampled_from([-1000, -999, -1, 0, 1, 1000, None]),
        st.sampled_from([None, 0, 1, 666, 800]),
        st.sampled_from("SRDZ"),
        st.sampled_from([0, EXITING, KTHREAD, NOT_EXECED]),
        st.sampled_from([None, False, True]),
        st.sampled_from([None, "/", "/a", "/a/b", "/ab"]),
    ).flatmap(lambda process: st.sampled_from([process, process._replace(memory=None)])),
    max_size=25,
    unique_by=lambda process: process.key.pid,
)
ERAS = st.sampled_from([Era.E3, Era.E4, Era.E5, Era.E6, Era.E7, Era.E8, Era.E9])


@given(PROCESSES, ERAS, st.sampled_from([None, "/", "/a"]))
def test_a_ranking_is_a_permutation_in_order(processes: list[Process], era: Era, cgroup: str | None) -> None:
    domain = OomDomain("memcg" if cgroup else "global", 5_000, PAGE, cgroup=cgroup)
    victims = rank_victims(processes, domain, era)
    assert {victim.process.key for victim in victims} == {process.key for process in candidates(processes, domain)}
    ranked = [victim for victim in victims if victim.rank is not None]
    assert [victim.rank for victim in victims] == [*range(1, len(ranked) + 1), *[None] * (len(victims) - len(ranked))]
    assert all((victim.unkillable is None) == (victim.rank is not None) == (victim.badness is not None) for victim in victims)
    living = [victim for victim in ranked if not victim.dying]
    assert [victim.dying for victim in ranked] == sorted((victim.dying for victim in ranked), reverse=True)
    for one, other in pairwise(living):
        assert (one.badness or 0) >= (other.badness or 0)
        if one.badness == other.badness:
            later = era in (Era.E7, Era.E8, Era.E9)
            assert (key(one) > key(other)) is later
            assert one.tied
            assert other.tied


def key(victim: Victim) -> tuple[int, int]:
    return victim.process.key.start_ticks, victim.process.key.pid


@given(PROCESSES, ERAS)
def test_points_and_scores_are_those_of_the_formula(processes: list[Process], era: Era) -> None:
    domain = OomDomain("global", 5_000, PAGE)
    for victim in rank_victims(processes, domain, era):
        if victim.rank is not None and victim.process.memory is not None:
            assert victim.badness == badness(victim.process, domain, era)
            assert victim.oom_score == oom_score(victim.badness, 5_000, era)


def test_an_empty_table_has_no_victims(million: OomDomain) -> None:
    assert rank_victims([], million, Era.E8) == ()
