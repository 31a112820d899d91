"""A sample judged: who is first, who grows, and what one snapshot hands on to the next."""

from typing import Any

import pytest

from guardian.kernel.process import ProcessKey
from guardian.model.era import Era
from guardian.sampling.sample import Sample
from guardian.sampling.sampler import take_sample
from guardian.sampling.scoring import PROBE_SECONDS, probed, read_release, scoring_of
from guardian.sampling.snapshot import GROWTH_SECONDS, Snapshot, interpret

MIB = 1 << 20
KERNEL = scoring_of("6.12.0")


def sample_at(tree: Any, monotonic: float, *, table: bool = True) -> Sample:
    return take_sample(tree, realtime=1e9 + monotonic, monotonic=monotonic, page_size=4096, table=table)


def test_the_heaviest_is_first_and_the_unkillable_last(fake_tree: Any) -> None:
    fake_tree.add(1, name="init", score=0)
    fake_tree.add(10, name="big", rss=900 * MIB)
    fake_tree.add(11, name="adjusted", rss=10 * MIB, adj=500)
    fake_tree.add(12, name="never", rss=2000 * MIB, adj=-1000, score=0)
    snapshot = interpret(sample_at(fake_tree, 1.0), None, KERNEL)
    assert [victim.process.name for victim in snapshot.victims[:2]] == ["adjusted", "big"]
    assert {victim.process.name for victim in snapshot.victims if victim.rank is None} == {"init", "never"}
    assert snapshot.release == "6.12.0"
    assert snapshot.room == snapshot.room_memory + snapshot.room_swap
    assert snapshot.domain.total_pages == (16252928 + 8388604) // 4


def test_without_a_table_there_are_no_victims(fake_tree: Any) -> None:
    fake_tree.add(10)
    snapshot = interpret(sample_at(fake_tree, 1.0, table=False), None, KERNEL)
    assert snapshot.victims == ()
    assert snapshot.verification is None
    assert snapshot.growth == {}


def grow(tree: Any, rates: dict[int, int], seconds: list[float], *, tables: list[float] | None = None) -> Snapshot:
    """Snapshots at these times of processes that grow by so many MiB a second."""
    before = None
    for at in seconds:
        for pid, rate in rates.items():
            tree.add(pid, rss=int((100 + rate * at) * MIB))
        before = interpret(sample_at(tree, at, table=tables is None or at in tables), before, KERNEL)
    assert before is not None
    return before


def test_growth_is_bytes_per_second(fake_tree: Any) -> None:
    snapshot = grow(fake_tree, {10: 8, 11: 0, 12: -2}, [float(at) for at in range(20)])
    rates = {key.pid: rate for key, rate in snapshot.growth.items()}
    assert rates == {10: pytest.approx(8 * MIB), 11: 0.0, 12: pytest.approx(-2 * MIB)}


def test_growth_needs_a_process_to_be_seen_before(fake_tree: Any) -> None:
    first = grow(fake_tree, {10: 1}, [0.0])
    assert first.growth == {}
    fake_tree.add(11)
    assert set(interpret(sample_at(fake_tree, 1.0), first, KERNEL).growth) == {ProcessKey(10, 1000)}


def test_a_young_program_grows_from_the_first_table_that_has_it(fake_tree: Any) -> None:
    before = grow(fake_tree, {10: 4}, [float(at) for at in range(30)])
    for at in range(30, 36):
        for pid, rate in ((10, 4), (11, 50)):
            fake_tree.add(pid, rss=int((100 + rate * at) * MIB))
        before = interpret(sample_at(fake_tree, float(at)), before, KERNEL)
    rates = {key.pid: rate for key, rate in before.growth.items()}
    assert rates == {10: pytest.approx(4 * MIB), 11: pytest.approx(50 * MIB)}


def test_one_odd_tick_counts_for_little(fake_tree: Any) -> None:
    before = grow(fake_tree, {10: 0}, [float(at) for at in range(30)])
    fake_tree.add(10, rss=250 * MIB)
    jump = interpret(sample_at(fake_tree, 30.0), before, KERNEL).growth[ProcessKey(10, 1000)]
    assert 0 < jump <= 150 * MIB / GROWTH_SECONDS


def test_growth_is_measured_over_a_bounded_time(fake_tree: Any) -> None:
    snapshot = grow(fake_tree, {10: 4}, [float(at) for at in range(60)])
    assert len(snapshot.marks) <= 8
    oldest = snapshot.marks[0][0]
    assert GROWTH_SECONDS <= 59 - oldest <= 2 * GROWTH_SECONDS


def test_growth_goes_on_across_looks_without_a_table(fake_tree: Any) -> None:
    seconds = [float(at) for at in range(31)]
    snapshot = grow(fake_tree, {10: 4}, seconds, tables=[0.0, 10.0, 20.0, 30.0])
    assert snapshot.growth[ProcessKey(10, 1000)] == pytest.approx(4 * MIB)


def test_a_clock_that_goes_back_begins_anew(fake_tree: Any) -> None:
    before = grow(fake_tree, {10: 4}, [100.0, 101.0])
    assert interpret(sample_at(fake_tree, 1.0), before, KERNEL).growth == {}


def test_the_scoring_is_probed_once_and_handed_on(fake_tree: Any) -> None:
    fake_tree.add(10, rss=0, score=666)
    first = interpret(sample_at(fake_tree, 0.0), None, KERNEL)
    assert first.verification is not None
    assert (first.verification.checked, first.verification.exact) == (1, 1)
    fake_tree.add(10, rss=0, score=1)
    assert interpret(sample_at(fake_tree, 1.0), first, KERNEL).kernel is first.kernel
    later = interpret(sample_at(fake_tree, PROBE_SECONDS), first, KERNEL)
    assert later.verification is not None
    assert later.kernel is not first.kernel


def test_another_release_is_not_taken_over(fake_tree: Any) -> None:
    first = interpret(sample_at(fake_tree, 0.0, table=False), None, scoring_of("7.1.0"))
    assert first.era is Era.E9
    second = interpret(sample_at(fake_tree, 1.0, table=False), first, scoring_of("4.19.0"))
    assert (second.era, second.release) == (Era.E6, "4.19.0")


def test_probing_beats_the_release(fake_tree: Any) -> None:
    for pid in range(10, 20):
        fake_tree.add(pid, rss=0, score=666)
    told = scoring_of("4.4.0-back-ported")
    assert told.era is Era.E5
    found = probed(told, sample_at(fake_tree, 0.0))
    assert found.era is Era.E8
    assert found.verification is not None
    assert found.verification.exact == 10


def test_an_unknown_release_is_empty(fake_tree: Any, tmp_path: Any) -> None:
    assert read_release(fake_tree) == "6.12.0"
    (fake_tree.folder / "proc/sys/kernel/osrelease").unlink()
    assert read_release(fake_tree) == ""
    assert interpret(sample_at(fake_tree, 0.0), None).release == ""
