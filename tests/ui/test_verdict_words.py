"""The banner's sentences are those of the look."""

from collections.abc import Callable

import pytest

from guardian.kernel.process import ProcessKey
from guardian.model.verdict import NextVictim, State, Verdict
from guardian.ui.verdict_words import banner_words, measuring_words, silent_words

GIB, MIB = 1 << 30, 1 << 20
Make = Callable[..., Verdict]


def test_calm(verdict: Make) -> None:
    words = banner_words(verdict(State.CALM))
    assert words.headline == "Calm: about 15 GiB of room"
    assert words.why == "8.3 GiB in memory and 6.9 GiB in swap. Nothing grows fast enough to matter."


def test_calm_while_room_falls_for_a_moment_does_not_say_that_nothing_grows(verdict: Make) -> None:
    growers = verdict(State.CRITICAL).growers
    made = verdict(State.CALM, shrinking=100.0 * MIB, growers=growers)
    assert banner_words(made).why == "8.3 GiB in memory and 6.9 GiB in swap. ld.lld grows 620 MiB/min."


def test_watch(verdict: Make) -> None:
    made = verdict(State.WATCH, seconds_left=(3600.0, 7200.0, 14400.0), shrinking=310 * MIB / 60)
    assert banner_words(made).headline == "Watch: room shrinks by 310 MiB/min, 1 … 4 h left"


def test_watch_without_a_trend_names_the_room(verdict: Make) -> None:
    assert banner_words(verdict(State.WATCH, room=2 * GIB)).headline == "Watch: 2.0 GiB of room"


def test_warning(verdict: Make) -> None:
    firefox = NextVictim("systemd-oomd", "swap over 90 %", "now 80 %", 0.9, "Firefox", None, "/a", 3 * GIB, 14)
    made = verdict(State.WARNING, seconds_left=(360.0, 700.0, 1200.0), next_victims=(firefox,))
    assert banner_words(made).headline == "Warning: systemd-oomd would end Firefox in 6 … 20 min"


def test_critical(verdict: Make) -> None:
    words = banner_words(verdict(State.CRITICAL))
    assert words.headline == "systemd-oomd will end your terminal in 40 s … 2 min"
    assert words.why == "34 processes would end. ld.lld grows 620 MiB/min. 2.3 GiB of room is left."


def test_the_kernel_begins_a_sentence_with_a_capital(verdict: Make) -> None:
    code = NextVictim("kernel", "nothing left to free", "0.1 GiB left", 0.99, "code", ProcessKey(6120, 1), None, GIB, 0)
    made = verdict(State.CRITICAL, next_victims=(code,), seconds_left=None, growers=())
    assert banner_words(made) == ("The kernel will end code next", "1 process would end. 2.3 GiB of room is left.")


@pytest.mark.parametrize("state", [State.WARNING, State.CRITICAL])
def test_danger_without_a_known_victim_still_says_how_much_is_left(verdict: Make, state: State) -> None:
    words = banner_words(verdict(state, next_victims=(), seconds_left=None))
    assert words.headline == f"{state.value.capitalize()}: 2.3 GiB of room is left"


def test_no_data() -> None:
    words = silent_words(12.2, 1_790_000_000.0)
    assert words.headline == "No data for 12 s: the agent does not answer"
    assert words.why.endswith("The agent has ended, or the machine is too busy to run it.")


def test_measuring() -> None:
    assert measuring_words() == ("Measuring", "The first forecast needs 30 s.")


def test_a_machine_without_swap_says_so(verdict: Make) -> None:
    assert banner_words(verdict(room_swap=0)).why.startswith("8.3 GiB in memory, no swap.")


def test_the_end_of_a_groups_limit_is_told_as_such(verdict: Make) -> None:
    limit = NextVictim("memcg", "limit of /pg", "0.1 GiB left", 0.5, "postgres", ProcessKey(9120, 1), "/pg/main", GIB, 0)
    others = verdict(State.CRITICAL).next_victims
    group = verdict(State.WATCH, next_victims=(*others, limit), group="/pg", seconds_left=(42.0, 70.0, 118.0), shrinking=9e6)
    assert banner_words(group).headline == "Watch: pg reaches its memory limit in 40 s … 2 min"
    assert banner_words(group._replace(state=State.CRITICAL)).headline == "A memory limit will end postgres in 40 s … 2 min"


def test_names_that_others_chose_stay_on_their_line(verdict: Make) -> None:
    evil = NextVictim("kernel", "", "", 0.9, "a\nb\u202ec", ProcessKey(1, 1), None, GIB, 0)
    headline = banner_words(verdict(State.CRITICAL, next_victims=(evil,))).headline
    assert "\n" not in headline
    assert "\u202e" not in headline
