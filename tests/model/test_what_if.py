"""The ranking that would result, and from which adjustment on a process is first."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardian.kernel.process import Process
from guardian.model.domain import OomDomain
from guardian.model.era import Era
from guardian.model.victim import rank_victims
from guardian.model.what_if import threshold_adjustment, what_if, with_more
from tests.model.conftest import PAGE, process_of

WORLD = OomDomain("global", 1_000_000, PAGE)
PROCESSES = st.lists(
    st.builds(process_of, st.integers(2, 90), st.integers(0, 30_000), adj=st.integers(-1000, 1000), born=st.integers(0, 3)),
    min_size=1,
    max_size=20,
    unique_by=lambda process: process.key.pid,
)
ERAS = st.sampled_from([Era.E3, Era.E4, Era.E6, Era.E7, Era.E8])


@given(PROCESSES, ERAS)
def test_no_change_changes_nothing(processes: list[Process], era: Era) -> None:
    assert what_if(processes, WORLD, era) == rank_victims(processes, WORLD, era)


@given(PROCESSES, ERAS, st.integers(-1000, 1000))
def test_another_adjustment_is_ranked_as_if_proc_said_so(processes: list[Process], era: Era, adj: int) -> None:
    chosen = processes[0]
    changed = [process._replace(oom_score_adj=adj) if process is chosen else process for process in processes]
    wished = what_if(processes, WORLD, era, adjustments={chosen.pid: adj})
    told = rank_victims(changed, WORLD, era)
    assert [(one.rank, one.process.pid, one.badness, one.oom_score) for one in wished] == [
        (one.rank, one.process.pid, one.badness, one.oom_score) for one in told
    ]


def test_an_old_score_does_not_speak_of_a_new_adjustment() -> None:
    # At -1000 the kernel prints 0; lifted, the process is a candidate again although it is about to exit.
    protected = process_of(10, 70, adj=-1000, score=0, flags=0x4, state="Z")
    assert what_if([protected], WORLD, Era.E8)[0].unkillable == "oom_score_adj -1000"
    assert what_if([protected], WORLD, Era.E8, adjustments={10: 0})[0].rank == 1


def test_without_somebody_the_rest_moves_up() -> None:
    victims = what_if([process_of(10, 9), process_of(11, 8), process_of(12, 7)], WORLD, Era.E8, without={10, 12})
    assert [(victim.rank, victim.process.pid) for victim in victims] == [(1, 11)]


def test_more_swap_makes_adjustments_heavier() -> None:
    processes = [process_of(10, 100_000), process_of(11, 1, adj=95)]
    assert [victim.process.pid for victim in what_if(processes, WORLD, Era.E8)] == [10, 11]
    more = what_if(processes, WORLD, Era.E8, extra_bytes=100_000 * PAGE)
    assert [(victim.process.pid, victim.badness) for victim in more] == [(11, 1 + 95 * 1100), (10, 100_000)]


def test_a_cgroups_limit_knows_no_new_swap() -> None:
    domain = OomDomain("memcg", 500, PAGE, cgroup="/a")
    assert with_more(domain, 1 << 30) == domain
    assert with_more(WORLD, -(1 << 60)).total_pages == 1


def test_the_threshold_by_hand() -> None:
    # 1.0 GiB and +300 against a rival of 340 000 pages: at +290 both have 340 000.
    me, rival = process_of(10, 50_000, adj=300, born=1), process_of(11, 340_000, born=2)
    victims = rank_victims([me, rival], WORLD, Era.E8)
    assert victims[0].process is me
    assert threshold_adjustment(me, victims, WORLD, Era.E8) == 290
    assert threshold_adjustment(me, victims, WORLD, Era.E6) == 289
    assert threshold_adjustment(rival, victims, WORLD, Era.E8) == 9


@pytest.mark.parametrize("pid,threshold", [(10, 290), (14, 289)])
def test_at_equal_points_and_birth_the_pid_decides(pid: int, threshold: int) -> None:
    me, rival = process_of(pid, 50_000, born=1), process_of(12, 340_000, born=1)
    assert threshold_adjustment(me, rank_victims([me, rival], WORLD, Era.E8), WORLD, Era.E8) == threshold


@given(PROCESSES, ERAS)
def test_the_threshold_is_where_the_first_place_is_lost(processes: list[Process], era: Era) -> None:
    me, victims = processes[0], rank_victims(processes, WORLD, era)
    found = threshold_adjustment(me, victims, WORLD, era)

    def first(adj: int) -> bool:
        return what_if(processes, WORLD, era, adjustments={me.pid: adj})[0].process.key == me.key

    if found is None:
        assert first(-999)
    else:
        assert not first(found)
        assert found == 1000 or first(found + 1)


def test_dying_rivals_are_as_good_as_gone() -> None:
    me, dying, rival = process_of(10, 50_000), process_of(11, 900_000, kill_pending=True), process_of(12, 340_000)
    victims = rank_victims([me, dying, rival], WORLD, Era.E8)
    assert victims[0].process is dying
    assert threshold_adjustment(me, victims, WORLD, Era.E8) == 290
    assert threshold_adjustment(me, [victims[0], victims[2]], WORLD, Era.E8) is None


@pytest.mark.parametrize("other", [[], [process_of(11, 5, adj=-1000)], [process_of(1, 5, score=0)]])
def test_the_only_candidate_is_always_first(other: list[Process]) -> None:
    me = process_of(10, 5)
    assert threshold_adjustment(me, rank_victims([me, *other], WORLD, Era.E8), WORLD, Era.E8) is None
