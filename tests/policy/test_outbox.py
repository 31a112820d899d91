"""Once an episode and channel, held by quiet hours, tried again, nothing lost: the plan of what leaves the machine."""

from hypothesis import given
from hypothesis import strategies as st

from guardian.model.verdict import State
from guardian.policy.channels import Channel
from guardian.policy.outbox import (
    BACK_OFF,
    CALM_SECONDS,
    EMPTY,
    LONGEST_BODY,
    MOST_AGE,
    MOST_KILLS,
    MOST_MESSAGES,
    STUCK_SECONDS,
    Message,
    Outbox,
    Words,
    delivered,
    event_of,
    failed,
    follow,
    forget,
    lacking,
    plan_next,
    put_episode,
    put_kill,
)

ALL = Channel("all", "ntfy", ("warning", "critical", "kill"))
CRITICAL = Channel("critical", "ntfy", ("critical",))
NIGHT = Channel("night", "ntfy", ("warning", "critical", "kill"), (22 * 60, 7 * 60))
NOON, MIDNIGHT = 12 * 3600.0, 0.0
NOW = 1_790_000_000.0


def tick(box: Outbox, state: State, now: float, *channels: Channel) -> Outbox:
    """What the agent does each second."""
    box = follow(box, state, now, f"at {now:.0f}")
    event = event_of(state)
    if event is None or not (those := lacking(box, event, channels)):
        return box
    return put_episode(box, event, those, now, Words(event, "", event == "critical"))


def said(box: Outbox) -> list[tuple[str, str]]:
    return [(one.channel, one.event) for one in box.messages]


def test_one_message_an_episode_and_channel() -> None:
    box = EMPTY
    for second in range(30):
        box = tick(box, State.WARNING if second < 10 else State.CRITICAL, NOW + second, ALL, CRITICAL)
        if second == 5:
            box = delivered(box, box.messages[0], NOW + second)
    assert said(box) == [("critical", "critical")]


def test_what_waits_gives_way_to_what_is_worse() -> None:
    box = tick(tick(EMPTY, State.WARNING, NOW, ALL), State.CRITICAL, NOW + 1, ALL)
    assert said(box) == [("all", "critical")]
    assert box.messages[0].words.title == "critical"
    assert said(tick(box, State.WARNING, NOW + 2, ALL)) == [("all", "critical")]


def test_a_short_calm_does_not_end_an_episode_a_long_one_does() -> None:
    box = tick(EMPTY, State.WARNING, NOW, ALL)
    box = delivered(box, box.messages[0], NOW)
    box = tick(box, State.CALM, NOW + CALM_SECONDS / 2, ALL)
    box = tick(box, State.WARNING, NOW + CALM_SECONDS - 1, ALL)
    assert said(box) == []
    box = tick(box, State.CALM, NOW + 3 * CALM_SECONDS, ALL)
    assert box.episode is None
    assert said(tick(box, State.WARNING, NOW + 3 * CALM_SECONDS + 1, ALL)) == [("all", "warning")]


def test_watch_and_silence_send_nothing() -> None:
    for state in (State.CALM, State.WATCH, State.NO_DATA):
        assert tick(EMPTY, state, NOW, ALL) == EMPTY


def test_a_kill_is_told_once_to_those_that_want_it() -> None:
    words = Words("gone", "", urgent=True)
    box = put_kill(EMPTY, "k1", (ALL, CRITICAL), NOW, words)
    assert put_kill(box, "k1", (ALL, CRITICAL), NOW + 1, words) == box
    assert said(put_kill(box, "k2", (ALL, CRITICAL), NOW, words)) == [("all", "kill"), ("all", "kill")]


def test_quiet_hours_hold_all_but_critical() -> None:
    box = put_kill(EMPTY, "k", (NIGHT,), NOW, Words("gone", "", urgent=True))
    found = plan_next(box, (NIGHT,), NOW, MIDNIGHT)
    assert found is not None
    assert found.due == NOW + 7 * 3600
    box = tick(box, State.CRITICAL, NOW, NIGHT)
    found = plan_next(box, (NIGHT,), NOW, MIDNIGHT)
    assert found is not None
    assert (found.message.event, found.due) == ("critical", NOW)
    found = plan_next(box, (NIGHT,), NOW, NOON)
    assert found is not None
    assert found.message.event == "kill"


def test_waits_grow_and_have_an_end() -> None:
    box, now, waits = tick(EMPTY, State.CRITICAL, NOW, ALL), NOW, []
    for _try in range(len(BACK_OFF) + 3):
        box = failed(box, "all", "unreachable", None, now, chance=0.5)
        found = plan_next(box, (ALL,), now, NOON)
        assert found is not None
        waits.append(found.due - now)
        now = found.due
    assert [round(wait) for wait in waits] == [*BACK_OFF, *[BACK_OFF[-1]] * 3]
    box = failed(box, "all", "no-secret", None, now, chance=0.5)
    assert round(box.lines["all"].due - now) == STUCK_SECONDS


def test_a_success_lets_all_follow_that_the_network_held_up() -> None:
    other = ALL._replace(name="other")
    box = put_kill(EMPTY, "k", (ALL, other), NOW, Words("", "", urgent=True))
    box = failed(failed(box, "all", "unreachable", None, NOW, 0), "other", "timeout", None, NOW, 0)
    box = delivered(box, box.messages[0], NOW + 1)
    found = plan_next(box, (ALL, other), NOW + 1, NOON)
    assert found is not None
    assert (found.message.channel, found.due) == ("other", NOW + 1)


def test_a_new_message_is_tried_at_once() -> None:
    box = failed(put_kill(EMPTY, "k", (ALL,), NOW, Words("", "", urgent=True)), "all", "unreachable", None, NOW, 0)
    box = tick(box, State.CRITICAL, NOW + 1, ALL)
    found = plan_next(box, (ALL,), NOW + 1, NOON)
    assert found is not None
    assert found.due == NOW + 1


def test_a_clock_that_goes_back_holds_nothing_for_long() -> None:
    box = failed(tick(EMPTY, State.CRITICAL, NOW, ALL), "all", "unreachable", None, NOW, 1.0)
    found = plan_next(box, (ALL,), NOW - 86400, NOON)
    assert found is not None
    assert found.due <= NOW - 86400 + 2 * STUCK_SECONDS


def test_what_is_too_old_or_has_no_channel_is_forgotten() -> None:
    box = put_kill(EMPTY, "k", (ALL, CRITICAL._replace(events=("kill",))), NOW, Words("", "", urgent=True))
    assert forget(box, (ALL, CRITICAL), NOW + 1) == box
    assert said(forget(box, (ALL,), NOW + 1)) == [("all", "kill")]
    assert said(forget(box, (ALL,), NOW + MOST_AGE + 1)) == []


def test_a_storm_of_kills_is_a_few_messages_that_tell_of_all() -> None:
    box = EMPTY
    for number in range(20):
        box = put_kill(box, f"k{number}", (ALL, CRITICAL), NOW, Words(f"title {number}.", f"body {number}.", urgent=True))
    assert [one.id for one in box.messages] == [f"k{number}" for number in range(MOST_KILLS)]
    said = "".join(one.words.title + one.words.body for one in box.messages)
    assert all(f"title {number}." in said and f"body {number}." in said for number in range(20))
    for number in range(20, 5000):
        box = put_kill(box, f"k{number}", (ALL,), NOW, Words("x" * 50, "y" * 50, urgent=True))
    assert max(len(one.words.body) for one in box.messages) <= LONGEST_BODY


def test_there_is_an_end_to_what_is_kept() -> None:
    many = [Channel(f"c{number}", "ntfy", ("critical",)) for number in range(MOST_MESSAGES + 50)]
    box = tick(EMPTY, State.CRITICAL, NOW, *many)
    assert [one.channel for one in box.messages] == [one.name for one in many[50:]]


STEPS = st.lists(
    st.tuples(st.sampled_from([State.CALM, State.WATCH, State.WARNING, State.CRITICAL]), st.floats(0.5, 90), st.booleans()),
    max_size=60,
)


@given(STEPS)
def test_whatever_happens_no_channel_has_two_of_one_episode(steps: list[tuple[State, float, bool]]) -> None:
    box, now = EMPTY, NOW
    arrived: list[Message] = []
    for state, seconds, works in steps:
        now += seconds
        box = tick(box, state, now, ALL, CRITICAL)
        found = plan_next(box, (ALL, CRITICAL), now, NOON)
        if found is not None and found.due <= now:
            if works:
                arrived.append(found.message)
                box = delivered(box, found.message, now)
            else:
                box = failed(box, found.message.channel, "unreachable", None, now, 0.5)
    told = [(one.id, one.channel) for one in (*arrived, *box.messages)]
    assert len(told) == len(set(told))
    assert all(one.event == "critical" for one in arrived if one.channel == "critical")
