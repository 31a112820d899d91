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
