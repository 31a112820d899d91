"""The quick ranking of the what-if panel is the model's own."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guardian.kernel.process import Process
from guardian.model.what_if import what_if
from guardian.sampling.snapshot import Snapshot
from guardian.ui.what_if_ranking import rerank, shortened, threshold_words

Make = Callable[..., Process]
SnapshotOf = Callable[..., Snapshot]


@settings(max_examples=60, deadline=None)
@given(st.integers(-1000, 1000), st.integers(0, 59), st.integers(0, 9))
def test_it_agrees_with_the_model(crowd_snapshots: list[Snapshot], adjustment: int, place: int, seed: int) -> None:
    shown = crowd_snapshots[seed]
    process = shown.victims[place].process
    assert shown.sample.processes is not None
    wanted = what_if(shown.sample.processes, shown.domain, shown.era, adjustments={process.pid: adjustment})
    places = rerank(shown, process.key, adjustment)
    assert places is not None
    ranked = [(one.victim.process.key, one.victim.badness, one.rank) for one in places if one.rank is not None]
    assert ranked == [(one.process.key, one.badness, one.rank) for one in wanted if one.rank is not None]
    ranks = {victim.process.key: victim.rank for victim in shown.victims}
    assert all(one.was == ranks[one.victim.process.key] for one in places)


@pytest.fixture(scope="module")
def crowd_snapshots() -> list[Snapshot]:
    from importlib import util
    from pathlib import Path

    spec = util.spec_from_file_location("conftest_of_ui", Path(__file__).parent / "conftest.py")
    assert spec is not None
    assert spec.loader is not None
    shared = util.module_from_spec(spec)
    spec.loader.exec_module(shared)
    return [shared.snapshot_of(shared.crowd_of(60, seed)) for seed in range(10)]


def test_its_own_line_is_always_in_the_short_list(make_process: Make, snapshot: SnapshotOf) -> None:
    crowd = [make_process(pid, f"p{pid}", 100 * pid, adj=300 if pid == 9 else 0) for pid in range(2, 30)]
    shown = snapshot(crowd)
    places = rerank(shown, crowd[7].key, -900)
    assert places is not None
    short = shortened(places, crowd[7].key, 6)
    assert [place.rank for place in short] == [1, 2, 3, 4, 5, 28]
    assert short[-1].victim.process.name == "p9"
    assert short[-1].was == 1
    assert len(shortened(places, crowd[7].key, 100)) == 28


def test_the_threshold_is_where_the_first_place_changes(make_process: Make, snapshot: SnapshotOf) -> None:
    crowd = [make_process(2, "first", 100, adj=300), make_process(3, "second", 500), make_process(4, "third", 80)]
    shown = snapshot(crowd)
    words = threshold_words(shown, crowd[0].key)
    assert words.startswith("Below +")
    value = int(words.split()[1].removeprefix("+"))

    def rank_with(adjustment: int) -> int | None:
        places = rerank(shown, crowd[0].key, adjustment)
        assert places is not None
        return next(place.rank for place in places if place.victim.process.key == crowd[0].key)

    assert rank_with(value) == 1
    assert rank_with(value - 1) == 2
    assert threshold_words(shown, crowd[2].key).startswith("From +")


def test_who_is_never_ended_stays_so(make_process: Make, snapshot: SnapshotOf) -> None:
    crowd = [make_process(1, "systemd", 10, uid=0, oom_score=0), make_process(3, "other", 50), make_process(4, "more", 60)]
    assert threshold_words(snapshot(crowd), crowd[0].key) == "No adjustment changes that: the kernel never ends it."
    places = rerank(snapshot(crowd), crowd[1].key, -1000)
    assert places is not None
    assert places[-1].victim.process.key == crowd[1].key
    assert places[-1].rank is None
    assert places[-1].was == 2


def test_a_process_that_is_not_there_has_no_ranking(make_process: Make, snapshot: SnapshotOf) -> None:
    shown = snapshot([make_process(3, "other", 50)])
    assert rerank(shown, make_process(77, "gone").key, 0) is None
    assert threshold_words(shown, make_process(77, "gone").key) == ""
