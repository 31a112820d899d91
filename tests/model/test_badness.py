"""Points and scores of every era since 2.6.36, computed by hand from the formulas."""

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardian.kernel.process import Process, ProcessMemory
from guardian.model.badness import (
    adjustment_for,
    badness,
    badness_from_score,
    oom_score,
    ordinary_points,
    privileged,
    terms,
    usage_pages,
    whole_of,
)
from guardian.model.domain import OomDomain
from guardian.model.era import Era
from tests.model.conftest import MakeProcess, process_of

SUMS = [Era.E3, Era.E4, Era.E5, Era.E6, Era.E7, Era.E8, Era.E9]
ROOT = 1 << 21


# 50 000 pages of a million: 30 000 anon, 15 000 file, 4 000 shmem, 900 swap, 100 page tables.
def plain(adj: int = 0, **more: object) -> Process:
    return process_of(100, 30_000, 15_000, 4_000, 900, 100, adj=adj, **more)


@pytest.mark.parametrize(
    "era,adj,root,points",
    [
        (Era.E3, 0, False, 50),
        (Era.E3, 0, True, 20),
        (Era.E3, 300, False, 350),
        (Era.E3, 300, True, 320),
        (Era.E3, -100, False, 1),
        (Era.E3, 1000, False, 1000),
        (Era.E4, 0, False, 50_000),
        (Era.E4, 0, True, 20_000),
        (Era.E4, 300, True, 320_000),
        (Era.E4, -20, True, 1),
        (Era.E4, -100, False, 1),
        (Era.E5, 0, False, 50_000),
        (Era.E5, 0, True, 48_500),
        (Era.E5, 300, True, 348_500),
        (Era.E5, -100, False, 1),
        (Era.E6, 0, True, 50_000),
        (Era.E6, 300, True, 350_000),
        (Era.E6, -100, False, 1),
        (Era.E7, 0, True, 50_000),
        (Era.E7, -100, False, 1),
        (Era.E8, 0, True, 50_000),
        (Era.E8, 1000, False, 1_050_000),
        (Era.E8, -100, False, -50_000),
        (Era.E8, -999, False, -949_000),
        (Era.E9, -100, False, -50_000),
    ],
)
def test_points_by_hand(era: Era, adj: int, root: bool, points: int, million: OomDomain) -> None:
    process = plain(adj, cap_effective=ROOT if root else 0)
    assert badness(process, million, era) == points
    assert badness(process._replace(cap_effective=0), million, era, root=root) == points
    assert ordinary_points(million, era)(process) == points


@pytest.mark.parametrize("total,points", [(999, 50_000), (1000, 50_300), (1999, 50_300), (6_171_024, 50_000 + 300 * 6171)])
def test_an_adjustment_counts_whole_thousandths_only(total: int, points: int) -> None:
    assert badness(plain(300), OomDomain("memcg", total, 4096), Era.E8) == points


def test_the_page_size_is_the_machines(million: OomDomain) -> None:
    memory = ProcessMemory(65536 * 3, 65536, 0, 65536 * 2, 65536 + 65535)
    assert usage_pages(memory, 65536) == 7
    assert badness(plain()._replace(memory=memory), million._replace(page_size=65536), Era.E8) == 7


def test_page_tables_are_cut_to_pages_apart() -> None:
    assert usage_pages(ProcessMemory(4096, 0, 0, 0, 4095), 4096) == 1
    assert usage_pages(ProcessMemory(4096, 0, 0, 0, 4096 + 1024), 4096) == 2


@pytest.mark.parametrize("era", SUMS)
@pytest.mark.parametrize(
    "process",
    [
        process_of(1, 500, score=0),
        process_of(2, flags=0x200000),
        process_of(3, 500, adj=-1000),
        process_of(4, memory=None),
    ],
    ids=["init", "kernel thread", "-1000", "no mm"],
)
def test_who_is_never_chosen(era: Era, process: Process, million: OomDomain) -> None:
    assert badness(process, million, era) is None
    assert ordinary_points(million, era)(process) is None
    assert terms(process, million, era) is None


@pytest.mark.parametrize(
    "era,points,score",
    [
        (Era.E1, 5000, None),
        (Era.E2, 51234, 51234),
        (Era.E2, None, 0),
        (Era.E3, 350, 350),
        (Era.E4, 1, 0),
        (Era.E5, 999, 0),
        (Era.E6, 50_000, 50),
        (Era.E7, 1_999_999, 1999),
        (Era.E7, None, 0),
        (Era.E8, None, 0),
        (Era.E8, 0, 666),
        (Era.E8, 1_000_000, 1333),
        (Era.E8, 200_000, 800),
        (Era.E8, 2_000_000, 2000),
        (Era.E8, -50_000, 633),
        # A floor would give -2 per mille and 665.
        (Era.E8, -1_500, 666),
        (Era.E8, -999_000, 0),
        (Era.E9, -998_000, 1),
    ],
)
def test_what_the_kernel_prints(era: Era, points: int | None, score: int | None) -> None:
    assert oom_score(points, 1_000_000, era) == score


@given(st.integers(-(1 << 40), 1 << 40), st.integers(1, 1 << 40))
def test_the_print_of_59_is_the_truncated_fraction(points: int, total: int) -> None:
    share = math.trunc(Fraction(points * 1000, total))
    assert oom_score(points, total, Era.E8) == math.trunc(Fraction((1000 + share) * 2, 3))


@given(st.sampled_from([Era.E4, Era.E5, Era.E6, Era.E7, Era.E8, Era.E9]), st.integers(-999_000, 2_000_000))
def test_points_from_a_score_are_within_its_step(era: Era, points: int) -> None:
    total = 1_000_000
    score = oom_score(points, total, era)
    assert score is not None
    if score:
        assert abs(badness_from_score(score, total, era) - points) <= 2 * total // 1000


@pytest.mark.parametrize(
    "uid,caps,root", [(0, None, True), (1000, None, False), (0, 0, False), (1000, ROOT, True), (None, None, False)]
)
def test_root_is_a_capability_or_uid_0(uid: int | None, caps: int | None, root: bool) -> None:
    assert privileged(plain(uid=uid, cap_effective=caps)) is root


def test_an_unknown_adjustment_counts_as_none(million: OomDomain) -> None:
    assert badness(plain()._replace(oom_score_adj=None), million, Era.E8) == 50_000


MEMORY = st.builds(lambda *pages: ProcessMemory(*(4096 * n for n in pages)), *[st.integers(0, 1 << 22)] * 5)
PROCESSES = st.builds(
    lambda memory, adj, caps: plain(adj)._replace(memory=memory, cap_effective=caps),
    MEMORY,
    st.integers(-999, 1000),
    st.sampled_from([0, ROOT]),
)
DOMAINS = st.builds(OomDomain, st.just("global"), st.integers(1, 1 << 28), st.just(4096))


@given(PROCESSES, DOMAINS, st.sampled_from(SUMS), st.integers(0, 4), st.integers(0, 1 << 22))
def test_more_memory_is_never_less_bad(process: Process, domain: OomDomain, era: Era, kind: int, more: int) -> None:
    assert process.memory is not None
    grown = list(process.memory)
    grown[kind] += more * 4096
    before, after = badness(process, domain, era), badness(process._replace(memory=ProcessMemory(*grown)), domain, era)
    assert before is not None
    assert after is not None
    assert after >= before


@given(PROCESSES, DOMAINS, st.sampled_from(SUMS), st.integers(-999, 1000))
def test_a_higher_adjustment_is_never_less_bad(process: Process, domain: OomDomain, era: Era, other: int) -> None:
    points = [badness(process._replace(oom_score_adj=adj), domain, era) for adj in sorted((process.oom_score_adj or 0, other))]
    assert None not in points
    assert points == sorted(point for point in points if point is not None)


@given(PROCESSES, DOMAINS, st.sampled_from(SUMS))
def test_the_terms_add_up(process: Process, domain: OomDomain, era: Era) -> None:
    parts, points = terms(process, domain, era), badness(process, domain, era)
    assert parts is not None
    assert points is not None
    if era is Era.E3:
        assert parts.badness == points * domain.total_pages // 1000
    else:
        assert parts.badness == points
    assert parts.memory == usage_pages(process.memory or ProcessMemory(0, 0, 0, 0, 0), 4096)
    assert parts.root_bonus <= 0


def test_terms_by_hand(million: OomDomain) -> None:
    parts = terms(plain(300, cap_effective=ROOT), million, Era.E5)
    assert parts == (30_000, 15_000, 4_000, 900, 100, -1_500, 300_000, 0)
    floored = terms(plain(-100), million, Era.E7)
    assert floored is not None
    assert (floored.adjustment, floored.rounding, floored.badness) == (-100_000, 50_001, 1)
    assert terms(plain(), million, Era.E2) is None


@given(PROCESSES, DOMAINS, st.sampled_from(SUMS), st.integers(-(1 << 24), 1 << 24))
def test_the_adjustment_for_a_target_is_the_largest_that_keeps_it(
    process: Process, domain: OomDomain, era: Era, target: int
) -> None:
    found = adjustment_for(target, process, domain, era)

    def points(adj: int) -> int:
        value = badness(process._replace(oom_score_adj=adj), domain, era)
        assert value is not None
        return value

    if found is None:
        assert points(-999) > target
    else:
        assert points(found) <= target
        assert found == 1000 or points(found + 1) > target


def test_an_adjustment_by_hand(million: OomDomain, make: MakeProcess) -> None:
    process = make(100, 50_000)
    assert adjustment_for(340_000, process, million, Era.E8) == 290
    assert adjustment_for(339_999, process, million, Era.E8) == 289
    assert adjustment_for(0, process, million, Era.E7) is None
    assert adjustment_for(2_000_000, process, million, Era.E8) == 1000
    assert adjustment_for(10, process, million, Era.E2) is None
    assert adjustment_for(10, make(1, 5, score=0), million, Era.E8) is None


def test_a_share_is_of_the_domain(million: OomDomain) -> None:
    assert whole_of(million, Era.E8) == 1_000_000
    assert whole_of(million, Era.E3) == 1000
    assert whole_of(million._replace(total_pages=0), Era.E8) == 1
