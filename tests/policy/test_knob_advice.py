"""The advice for machines of many kinds, against a table that was gone through line by line."""

from pathlib import Path

import pytest

from guardian.policy.advice import Kind
from guardian.policy.knob_advice import advise
from guardian.policy.knob_words import meaning, show_value, value_of
from guardian.policy.knobs import BY_KEY, KNOBS
from tests.policy.machines import MACHINES, MODERN, profile_of

REVIEWED = Path(__file__).parent / "advice_table.txt"


def lines_of(name: str) -> list[str]:
    profile = MACHINES[name]
    found = [name]
    for knob in KNOBS:
        value, advice = value_of(knob, profile), advise(knob, profile)
        if advice.kind is not Kind.NOTHING or knob.key == "vm.oom-kill":
            mark = "+" if advice.kind is Kind.CHANGE else " "
            found.append(f"{mark} {knob.key} {show_value(knob, value)}: {advice.words}. {advice.reason}")
    return found


def table() -> str:
    return "\n\n".join("\n".join(lines_of(name)) for name in MACHINES) + "\n"


@pytest.mark.parametrize("name", MACHINES)
def test_the_advice_is_the_reviewed_one(name: str) -> None:
    reviewed = {block.split("\n")[0]: block.strip("\n").split("\n") for block in REVIEWED.read_text("utf-8").split("\n\n")}
    assert lines_of(name) == reviewed[name]


def test_there_are_machines_of_many_kinds() -> None:
    assert len(MACHINES) >= 12
    assert REVIEWED.read_text("utf-8") == table()


@pytest.mark.parametrize("name", MACHINES)
def test_advice_followed_is_advice_kept(name: str) -> None:
    """Whoever does what is advised is not told to do something else next."""
    from guardian.policy.knob_effect import Grade, after_write, gravest, predict
    from guardian.policy.setting_changes import Write

    profile = MACHINES[name]
    for knob in KNOBS:
        advice = advise(knob, profile)
        if knob.settable and isinstance(advice.value, int):
            wish = Write(knob.key, advice.value)
            assert gravest(predict([wish], profile)) is not Grade.REFUSED
            assert advise(knob, after_write(profile, wish)).kind is not Kind.CHANGE, knob.key


def test_every_value_has_a_meaning() -> None:
    for profile in MACHINES.values():
        for knob in KNOBS:
            words = meaning(knob, value_of(knob, profile), profile)
            assert words
            assert len(words) < 60


def test_before_5_2_the_reserve_counts_in_mode_0() -> None:
    knob = BY_KEY["vm.admin_reserve_kbytes"]
    assert advise(knob, profile_of(8, release="4.19.0")).kind is Kind.KEEP
    assert advise(knob, profile_of(8, release="5.2.0")).kind is Kind.IDLE


def test_the_lru_protects_where_somebody_sits() -> None:
    knob = BY_KEY["lru_gen.min_ttl_ms"]
    assert advise(knob, profile_of(8, desktop=True)).value == 1000
    assert advise(knob, profile_of(8)).kind is Kind.KEEP
    assert advise(knob, profile_of(8, switches=MODERN._replace(lru_min_ttl=None))).kind is Kind.NOTHING
