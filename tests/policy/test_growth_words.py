"""Growth in words: never certain, never a leak, in a unit that says something."""

import pytest

from guardian.kernel.smaps import Footprint
from guardian.model.grower_search import Run, SteadyGrower, Usual
from guardian.model.kept_sizes import Held, Subject
from guardian.model.mapping_growth import InsideLook
from guardian.model.steady_growth import SteadyGrowth
from guardian.policy.growth_words import (
    grower_row,
    growth_sentence,
    inside_sentence,
    mapping_name,
    rate_words,
    story_sentence,
    sure_words,
    who_words,
)

MIB, GIB = 1 << 20, 1 << 30
PROCESS = Subject("leaky", "leaky", 1000.0, "b", 7, 70)


def growth(per_minute: float, confidence: float = 0.984) -> SteadyGrowth:
    rate = per_minute * MIB / 60
    return SteadyGrowth(rate, 0.9 * rate, 1.1 * rate, confidence, 1680.0, int(28 * per_minute * MIB))


def grower(**more: object) -> SteadyGrower:
    made = SteadyGrower(PROCESS, Held(812 * MIB), growth(1.0), 5000.0, ())
    return made._replace(**more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "per_minute, words",
    [
        (1.0, "+1.0 MiB/min (0.9 … 1.1)"),
        (250.0, "+250 MiB/min (225 … 275)"),
        (0.1, "+6.0 MiB/h (5.4 … 6.6)"),
        (0.001, "+1.4 MiB/day (1.3 … 1.6)"),
    ],
)
def test_rates_in_the_unit_that_says_something(per_minute: float, words: str) -> None:
    assert rate_words(growth(per_minute)) == words


@pytest.mark.parametrize("confidence, words", [(0.984, "98 % sure"), (0.9999, "99 % sure"), (1.0, "99 % sure")])
def test_never_quite_certain(confidence: float, words: str) -> None:
    assert sure_words(confidence) == words


def test_a_process_and_an_application() -> None:
    assert who_words(grower()) == "leaky (7)"
    assert who_words(grower(subject=PROCESS._replace(pid=None), held=Held(5, 12))) == "leaky, 12 processes"


def test_the_whole_sentence() -> None:
    said = growth_sentence(grower(), 6 * GIB)
    assert said == (
        "+1.0 MiB/min (0.9 … 1.1), 98 % sure, for 30 min. Has 812 MiB, 28 MiB of it since then. "
        "Room would last 4 days by it alone."
    )
    assert "Room" not in growth_sentence(grower(), None)
    # Beyond a year nothing is foretold.
    assert "Room" not in growth_sentence(grower(), 1 << 40)
    assert "last 60 h" in growth_sentence(grower(), 3600 * MIB)
    assert "leak" not in growth_sentence(grower(), None).replace("leaky", "")


def test_the_story_tells_what_is_usual_and_how_it_went_before() -> None:
    assert story_sentence(grower()) == ""
    usual = Usual(500 * MIB, 400 * MIB, 610 * MIB)
    runs = (Run(0.0, 9000.0, GIB, grew=True), Run(10000.0, 19000.0, GIB, grew=False))
    assert story_sentence(grower(usual=usual, runs=runs, more=2)) == (
        "It usually holds 400 MiB … 610 MiB. 2 earlier runs are known; it grew in 1 of them, and gave all back when it ended. "
        "2 processes more than at the beginning."
    )
    assert "no more than usual" in story_sentence(grower(usual=usual._replace(high=GIB)))
    assert "did not grow" in story_sentence(grower(runs=runs[1:]))


def test_inside_of_a_process() -> None:
    look = InsideLook(10.0, Footprint(0, 0, 5 * MIB, 0), Footprint(0, 8 * MIB, 7 * MIB, MIB), (), 0)
    assert inside_sentence(look) == (
        "It alone holds 7.0 MiB (USS) and 1.0 MiB in swap; with its share of shared pages 8.0 MiB (PSS). "
        "In 10 s it grew by 3.0 MiB."
    )
    assert mapping_name("[heap]") == "heap (small requests)"
    assert mapping_name("/lib/a\nb.so") != "/lib/a\nb.so"


def test_json_has_plain_values() -> None:
    row = grower_row(grower(usual=Usual(1, 2, 3)), 6 * GIB)
    assert (row["kind"], row["pid"], row["memory"], row["confidence"]) == ("process", 7, 812 * MIB, 0.984)
    assert row["usual"] == {"middle": 1, "low": 2, "high": 3}
    assert grower_row(grower(), None)["room_lasts"] is None
