"""The verdict in one line of words."""

import pytest

from guardian.model.verdict import NextVictim, State, Verdict
from guardian.policy.headline import first_to_act, forecast_line, state_line

GIB = 1 << 30
NOBODY = Verdict(0.0, State.CALM, 15 * GIB, 15 * GIB, 0, None, None, None, None, (), ())


def killer(name: str, nearness: float | None) -> NextVictim:
    return NextVictim(name, "", "", nearness, "firefox", None, None, GIB, 0)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "state,line",
    [
        (State.CALM, "Calm: about 15 GiB of room"),
        (State.WATCH, "Watch: 15 GiB of room"),
        (State.CRITICAL, "Critical: 15 GiB of room"),
        (State.NO_DATA, "No data: the agent does not answer"),
    ],
)
def test_the_first_line_says_state_and_room(state: State, line: str) -> None:
    assert state_line(NOBODY._replace(state=state)) == line


def test_the_second_line_names_who_acts_and_when() -> None:
    critical = NOBODY._replace(
        state=State.CRITICAL,
        seconds_left=(42.0, 70.0, 118.0),
        next_victims=(killer("kernel", 0.6), killer("systemd-oomd", 0.9), killer("earlyoom", None)),
    )
    assert forecast_line(critical) == "systemd-oomd acts in 40 s … 2 min"
    assert forecast_line(critical._replace(next_victims=())) == "The kernel acts in 40 s … 2 min"


def test_without_a_trend_no_time_is_made_up() -> None:
    assert forecast_line(NOBODY) == "No trend, so no forecast"
    assert first_to_act(NOBODY) is None


def test_a_forecast_of_the_machine_is_not_about_a_groups_limit() -> None:
    limit, wide = killer("memcg", 0.99)._replace(cgroup="/pg/main"), killer("earlyoom", 0.4)
    both = NOBODY._replace(next_victims=(limit, wide))
    assert first_to_act(both) is limit
    soon = both._replace(seconds_left=(42.0, 70.0, 118.0))
    assert first_to_act(soon) is wide
    assert first_to_act(soon._replace(next_victims=(limit,))) is limit


@pytest.mark.parametrize("group, meant", [("/pg", True), ("/pg/main", True), ("/pg/ma", False)])
def test_a_forecast_of_a_groups_limit_is_about_no_other(group: str, meant: bool) -> None:
    limit, wide = killer("memcg", 0.4)._replace(cgroup="/pg/main"), killer("memcg", 0.9)._replace(cgroup="/other")
    verdict = NOBODY._replace(next_victims=(limit, wide), seconds_left=(1.0, 2.0, 3.0), group=group)
    assert (first_to_act(verdict) is limit) == meant
