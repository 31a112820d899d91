"""The parts of a score add up to its points, in every era, and the sentence says the same."""

from collections.abc import Callable

import pytest

from guardian.kernel.process import Process
from guardian.model.badness import badness
from guardian.model.domain import OomDomain
from guardian.model.era import Era
from guardian.sampling.snapshot import Snapshot
from guardian.ui.score_parts import place_words, score_of, score_sentence

DOMAIN = OomDomain("global", 6_171_024, 4096)
SUMS = [Era.E4, Era.E5, Era.E6, Era.E7, Era.E8, Era.E9]

Make = Callable[..., Process]
SnapshotOf = Callable[..., Snapshot]


@pytest.mark.parametrize("era", SUMS)
@pytest.mark.parametrize("adj", [-999, -500, -1, 0, 1, 300, 1000])
@pytest.mark.parametrize("uid", [0, 1000])
def test_parts_sum_to_the_points(make_process: Make, era: Era, adj: int, uid: int) -> None:
    process = make_process(40, "code", 812, adj=adj, uid=uid)
    score = score_of(process, DOMAIN, era)
    points = badness(process, DOMAIN, era)
    assert score is not None
    assert points is not None
    assert sum(part.size for part in score.parts) == points * 4096 == score.points
    for before, after in zip(score.parts, score.parts[1:], strict=False):
        assert before.end == after.start
    assert score.parts[0].start == 0
    assert score.parts[-1].end == score.points
    assert score.lowest <= 0 <= score.highest


def test_root_of_old_kernels_has_its_bonus(make_process: Make) -> None:
    score = score_of(make_process(40, "code", 812, uid=0), DOMAIN, Era.E5)
    assert score is not None
    (bonus,) = [part for part in score.parts if part.name == "root_bonus"]
    assert bonus.size < 0
    assert score_of(make_process(40, "code", 812, uid=0), DOMAIN, Era.E8) != score


def test_a_limit_of_the_era_is_a_part_of_its_own(make_process: Make) -> None:
    score = score_of(make_process(40, "code", 812, adj=-900, uid=1000), DOMAIN, Era.E6)
    assert score is not None
    assert [part.name for part in score.parts][-1] == "rounding"
    assert score.points == 4096


@pytest.mark.parametrize("era", [Era.E1, Era.E2])
def test_what_is_no_sum_has_no_parts(make_process: Make, era: Era) -> None:
    assert score_of(make_process(40), DOMAIN, era) is None


def test_the_sentence_names_memory_adjustment_and_place(make_process: Make, snapshot: SnapshotOf) -> None:
    shown = snapshot(
        [make_process(40, "code", 1024, adj=300), make_process(41, "java", 1800), make_process(42, "pinned", 1, -1000)]
    )
    first, second, never = shown.victims
    said = score_sentence(first, score_of(first.process, shown.domain, shown.era), 4096)
    assert said == "1.0 GiB of memory and +7.1 GiB from the adjustment +300 make 8.1 GiB of points: first."
    said = score_sentence(second, score_of(second.process, shown.domain, shown.era), 4096)
    assert said.endswith("and no adjustment make 1.8 GiB of points: place 2.")
    assert score_sentence(never, None, 4096) == "The kernel never ends it: its adjustment is −1000."
    assert [place_words(victim) for victim in shown.victims] == [
        "why it would be first",
        "why it stands at place 2",
        "why it is never ended",
    ]


def test_memory_that_may_not_be_read_is_said(make_process: Make, snapshot: SnapshotOf) -> None:
    shown = snapshot([make_process(40, "theirs", memory=None, uid=1)])
    (victim,) = shown.victims
    assert "not readable" in score_sentence(victim, score_of(victim.process, shown.domain, shown.era), 4096)
