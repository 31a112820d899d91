"""Whole recordings through the very code of the agent: warned in time, quiet otherwise, and the victim foretold."""

from pathlib import Path

import pytest

from guardian.cli.replay_judge import EngineJudge
from guardian.sampling.replay import Recording
from guardian.sampling.replay_verdict import ReplayVerdict, replay_verdict, spans

FOLDER = Path(__file__).parents[1] / "recordings"


def replayed(name: str) -> ReplayVerdict:
    return replay_verdict(Recording(FOLDER / name), EngineJudge())


@pytest.mark.parametrize(
    "name, least", [("slow-leak-9@trixie", 8.0), ("hog-with-swap-9@trixie", 0.9), ("memcg-app-leak-7@trixie", 10.0)]
)
def test_a_kill_is_warned_of_and_its_victim_foretold(name: str, least: float) -> None:
    verdict = replayed(name)
    (kill, *_) = verdict.kills
    assert kill.hit
    warned = kill.lead["warning"]
    assert warned is not None
    assert warned >= least


@pytest.mark.parametrize("name", ["slow-leak-9@trixie", "hog-with-swap-9@trixie"])
def test_critical_comes_before_the_kill(name: str) -> None:
    lead = replayed(name).kills[0].lead["critical"]
    assert lead is not None
    assert lead > 0


def test_a_heap_that_breathes_is_learnt() -> None:
    verdict = replayed("gc-sawtooth-7@trixie")
    assert verdict.kills == ()
    assert spans(verdict.alerts, "critical") == []
    loud = spans(verdict.alerts, "warning")
    assert sum(min(end, verdict.duration) - start for start, end in loud) < 10
    assert all(end < 30 for _start, end in loud), "the first teeth may alarm, the later ones are known"
