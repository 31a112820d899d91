"""What is said of machines: cells, sentences, JSON."""

import json

import pytest

from guardian.model.verdict import State
from guardian.policy import fleet_words as words
from guardian.policy.fleet import FleetGrower, LastKill, Machine, MachinePage, NextEnd

GIB = 1 << 30
NOW = 1_790_000_000.0
BUILD = Machine(
    (("instance", "build-03:9099"), ("job", "guardian")),
    3.95,
    State.CRITICAL,
    since=NOW - 40,
    room=3.1 * GIB,
    memory=64 * GIB,
    swap=8 * GIB,
    swap_free=0.4 * GIB,
    pressure=0.41,
    forecast=(60.0, 100.0, 180.0),
    shrinking=0.8 * GIB / 60,
    next_ends=(NextEnd("earlyoom", "cc1plus", "", 0.9, None), NextEnd("kernel", "cc1plus", "", 0.5, 38)),
    last_kill=LastKill(NOW - 30, "kernel", "ld.lld"),
    grower=FleetGrower("cc1plus", "ci-runner.service", 1.4 * GIB / 60, 38),
    kernel="6.1.0",
    system="Debian 12",
)
SILENT = Machine((("instance", "files"),), -0.9998, State.NO_DATA, memory=32 * GIB, heard=NOW - 14 * 60)


def page(**counts: int) -> MachinePage:
    states = {State[name.upper()]: count for name, count in counts.items()}
    return MachinePage((), states, sum(counts.values()), 0, None, NOW)


def test_the_pictures_machine_in_its_words() -> None:
    assert words.since_words(BUILD, NOW) == "critical for 40 s"
    assert words.forecast_words(BUILD, NOW) == "in 1 … 3 min"
    assert words.outlook_words(BUILD) == "earlyoom will end cc1plus in 1 … 3 min."
    assert words.growth_words(BUILD) == "cc1plus × 38 grow 1.4 GiB/min in ci-runner.service."
    assert words.machine_words(BUILD) == "Debian 12, kernel 6.1.0. Acts need a login on that machine."
    assert words.room_words(BUILD) == "3.1 GiB of 72 GiB"
    assert (words.next_words(BUILD), words.ends_words(BUILD), words.last_kill_words(BUILD, NOW)) == ("cc1plus", "38", "now")
    assert words.kill_words(LastKill(NOW - 6 * 3600, "kernel", "ld"), NOW) == "The kernel ended ld 6 h ago."
    assert "first limit in 1 min to 3 min" in words.falling_words(BUILD)


def test_a_silent_machine_says_for_how_long() -> None:
    assert words.forecast_words(SILENT, NOW) == "no answer for 14 min"
    assert words.since_words(SILENT._replace(heard=NOW - 3 * 86400 - 5), NOW) == "no answer for 3 d"
    assert words.no_answer_words(SILENT._replace(heard=None), NOW) == "no answer"
    assert words.last_kill_words(SILENT, NOW) == "—"


def test_without_a_trend_nothing_is_foretold() -> None:
    calm = BUILD._replace(state=State.CALM, forecast=None, grower=None)
    assert words.forecast_words(calm, NOW) == "no trend"
    assert words.outlook_words(calm) == "earlyoom would end cc1plus first."
    assert words.growth_words(calm) == ""
    assert words.outlook_words(calm._replace(next_ends=())) == ""


@pytest.mark.parametrize(
    "share,text", [(None, "—"), (0.0, "0.0 %"), (0.061, "6.1 %"), (0.0996, "10 %"), (0.41, "41 %"), (1.0, "100 %")]
)
def test_pressure_has_a_decimal_under_ten(share: float | None, text: str) -> None:
    assert words.pressure_words(share) == text


def test_the_headline_names_the_worst() -> None:
    assert words.headline(page(critical=1, warning=1, watch=3, calm=13, no_data=2)) == "20 machines, 1 critical"
    assert words.headline(page(warning=2, calm=9_998)) == "10,000 machines, 2 warning"
    assert words.headline(page(calm=1)) == "1 machine"
    assert words.answering_words(page(calm=18, no_data=2)) == "18 of 20 answer"


def test_names_of_others_are_made_safe() -> None:
    hostile = BUILD._replace(
        identity=(("instance", "a\x1b[2J\u202eb"),), next_ends=(NextEnd("\x07", "x\ny", "", 1.0, 1),), system="\x1b]0;t\x07"
    )
    for text in (words.next_words(hostile), words.outlook_words(hostile), words.machine_words(hostile)):
        assert text.isprintable()


def test_json_has_stable_keys_and_no_word_of_another_language() -> None:
    told = json.loads(json.dumps(words.machine_json(BUILD, 1), allow_nan=False))
    assert list(told) == [
        "rank", "machine", "labels", "state", "since", "room", "memory", "swap", "swap_free", "layers", "pressure", "forecast",
        "shrinking", "next_victims", "last_kill", "grower", "kernel", "system", "heard",
    ]  # fmt: skip
    assert (told["state"], told["labels"]["instance"]) == ("critical", "build-03:9099")
    assert told["forecast"] == {"earliest": 60.0, "likeliest": 100.0, "latest": 180.0}
    assert words.machine_json(SILENT, 2)["forecast"] is None
