"""One message per episode: what it says, when it is updated, when it is closed."""

import pytest

from guardian.kernel.process import ProcessKey
from guardian.model.history import Kill, Party
from guardian.model.verdict import Grower, NextVictim, State, Verdict
from guardian.policy.episodes import (
    CRITICAL,
    MOST_BUTTONS,
    NORMAL,
    NOTHING,
    Silence,
    Step,
    Told,
    danger_notice,
    frozen_notice,
    kill_notice,
    over_notice,
    plan_episode,
    swapped_notice,
)
from guardian.policy.relief import Frozen
from guardian.policy.settings import DEFAULTS

MIB, GIB = 1 << 20, 1 << 30
CLANG = ProcessKey(4242, 99)
CALM = Verdict(0.0, State.CALM, 7 * GIB, 7 * GIB, 0, 0.0, 0.0, None, None, (), ())
OOMD = NextVictim("systemd-oomd", "", "", 0.9, None, None, "/user.slice/app-gnome-org.gnome.Terminal-1.scope", None, 33)
WARNING = CALM._replace(
    state=State.WARNING,
    seconds_left=(240.0, 350.0, 540.0),
    growers=(Grower("clang++", CLANG, 3, int(4.2 * GIB), 310 * MIB / 60),),
    next_victims=(OOMD,),
)
SEVERE = WARNING._replace(state=State.CRITICAL, seconds_left=(40.0, 60.0, 120.0), room=2 * GIB)
ALOUD = Silence()


def told(verdict: Verdict, at: float = 0.0) -> Told:
    found, _step = plan_episode(None, verdict, at, DEFAULTS, ALOUD)
    assert found is not None
    return found


def test_a_warning_says_name_number_and_act() -> None:
    notice = danger_notice(WARNING)
    assert notice.summary == "clang++ fills memory in 4 … 9 min"
    assert notice.body == "It grows 310 MiB/min and has 4.2 GiB. systemd-oomd would end org.gnome.Terminal, 34 processes."
    assert [one.label for one in notice.buttons] == ["Freeze", "Details", "Quiet for 15 min"]
    assert (notice.urgency, notice.key) == (NORMAL, CLANG)


def test_critical_says_who_will_be_ended() -> None:
    notice = danger_notice(SEVERE)
    assert notice.summary == "org.gnome.Terminal will be ended in 40 s … 2 min"
    assert notice.body == "clang++ grows 310 MiB/min and has 4.2 GiB. 34 processes would end with it."
    assert [one.act for one in notice.buttons] == ["freeze", "end", "details"]
    assert notice.urgency == CRITICAL


@pytest.mark.parametrize("verdict", [WARNING, SEVERE])
@pytest.mark.parametrize("growers", [(), WARNING.growers])
@pytest.mark.parametrize("victims", [(), WARNING.next_victims])
@pytest.mark.parametrize("left", [None, (10.0, 20.0, 30.0)])
def test_every_mixture_of_knowledge_makes_whole_sentences(verdict: Verdict, growers, victims, left) -> None:  # noqa: ANN001
    notice = danger_notice(verdict._replace(growers=growers, next_victims=victims, seconds_left=left))
    assert notice.summary
    assert "{" not in notice.summary + notice.body
    assert 1 <= len(notice.buttons) <= MOST_BUTTONS
    assert "None" not in notice.summary + notice.body


def test_what_may_not_be_frozen_is_not_offered() -> None:
    assert "freeze" not in [one.act for one in danger_notice(SEVERE, may_freeze=False).buttons]


@pytest.mark.parametrize("state", [State.CALM, State.WATCH])
def test_calm_and_watch_never_notify(state: State) -> None:
    assert plan_episode(None, WARNING._replace(state=state), 0.0, DEFAULTS, ALOUD) == (None, NOTHING)


def test_figures_are_updated_in_place_but_not_more_often_than_every_ten_seconds() -> None:
    before = told(WARNING)
    later = WARNING._replace(seconds_left=(120.0, 180.0, 240.0))
    assert plan_episode(before, later, 9.0, DEFAULTS, ALOUD) == (before, NOTHING)
    after, step = plan_episode(before, later, 10.0, DEFAULTS, ALOUD)
    assert step.show is not None
    assert "2 … 4 min" in step.show.summary
    assert plan_episode(after, later, 30.0, DEFAULTS, ALOUD) == (after, NOTHING)


def test_getting_worse_is_said_at_once() -> None:
    _after, step = plan_episode(told(WARNING), SEVERE, 0.5, DEFAULTS, ALOUD)
    assert step.show is not None
    assert step.show.urgency == CRITICAL


def test_it_closes_when_over_and_reminds_of_what_is_frozen() -> None:
    assert plan_episode(told(WARNING), CALM, 30.0, DEFAULTS, ALOUD) == (None, Step(close=True))
    frozen = (Frozen("ld.lld", (CLANG,), 0.0),)
    _none, step = plan_episode(told(WARNING), CALM, 30.0, DEFAULTS, ALOUD, frozen)
    assert step.show is not None
    assert step.show.summary == "Danger over: 7.0 GiB of room"
    assert "ld.lld is frozen and keeps its memory." in step.show.body
    assert [one.act for one in step.show.buttons] == ["thaw"]


def test_silence_of_the_data_closes_nothing() -> None:
    before = told(WARNING)
    assert plan_episode(before, CALM._replace(state=State.NO_DATA), 30.0, DEFAULTS, ALOUD) == (before, NOTHING)


def test_what_was_closed_by_hand_comes_back_only_when_it_gets_worse() -> None:
    closed = told(WARNING)._replace(dismissed=True)
    later = WARNING._replace(seconds_left=(60.0, 80.0, 100.0))
    assert plan_episode(closed, later, 60.0, DEFAULTS, ALOUD) == (closed, NOTHING)
    after, step = plan_episode(closed, SEVERE, 60.0, DEFAULTS, ALOUD)
    assert step.show is not None
    assert after is not None
    assert not after.dismissed


@pytest.mark.parametrize("silence", [Silence(until=100.0), Silence(inhibited=True)])
def test_quiet_and_do_not_disturb_hold_warnings_back_but_never_critical(silence: Silence) -> None:
    assert plan_episode(None, WARNING, 50.0, DEFAULTS, silence) == (None, NOTHING)
    assert plan_episode(None, SEVERE, 50.0, DEFAULTS, silence)[1].show is not None


def test_quiet_ends() -> None:
    assert plan_episode(None, WARNING, 100.0, DEFAULTS, Silence(until=100.0))[1].show is not None


def test_settings_decide() -> None:
    only = DEFAULTS.changed("notifications.level", "critical")
    assert plan_episode(None, WARNING, 0.0, only, ALOUD) == (None, NOTHING)
    assert plan_episode(None, SEVERE, 0.0, only, ALOUD)[1].show is not None
    off = DEFAULTS.changed("notifications.enabled", value=False)
    assert plan_episode(None, SEVERE, 0.0, off, ALOUD) == (None, NOTHING)
    loud = DEFAULTS.changed("notifications.respect_do_not_disturb", value=False)
    assert plan_episode(None, WARNING, 0.0, loud, Silence(inhibited=True))[1].show is not None


def test_hostile_names_stay_on_their_line() -> None:
    grower = WARNING.growers[0]._replace(name="a\nb\u202e")
    notice = danger_notice(WARNING._replace(growers=(grower,)))
    assert notice.summary.startswith("a\\nb\\u202e fills")


def test_a_kill_says_who_by_whom_and_why_and_stays() -> None:
    kill = Kill(
        1.0, 2.0, "systemd-oomd", (Party(None, "/app.slice/app-gnome-org.gnome.Terminal-1.scope"),), processes=34,
        freed=int(7.3 * GIB), culprit=Party(7, "ld.lld", growth=int(4.9 * GIB), span=360.0),
    )  # fmt: skip
    notice = kill_notice(kill)
    assert notice.summary == "systemd-oomd ended org.gnome.Terminal"
    assert notice.body == "34 processes, 7.3 GiB. Cause: ld.lld, +4.9 GiB in 6 min."
    assert notice.stays
    assert notice.page == "history"


def test_what_is_frozen_offers_to_go_on_and_where_it_can_to_make_room() -> None:
    entry = Frozen("ld.lld", (CLANG,), 0.0, cgroup="/app-ld-1.scope")
    for notice in (frozen_notice(entry, by_rule=True), over_notice(CALM, entry)):
        assert [one.act for one in notice.buttons] == ["thaw"]
    offered = (frozen_notice(entry, by_rule=True, may_swap_out=True), over_notice(CALM, entry, may_swap_out=True))
    for notice in offered:
        assert [(one.act, one.label) for one in notice.buttons] == [("thaw", "Continue ld.lld"), ("swap_out", "Move it to swap")]
        assert notice.key == CLANG
    _told, step = plan_episode(told(WARNING), CALM, 5.0, DEFAULTS, ALOUD, (entry,), may_swap_out=True)
    assert step.show == offered[1]


def test_what_moving_gave_leaves_the_way_back() -> None:
    notice = swapped_notice(Frozen("ld.lld", (CLANG,), 0.0), "ld.lld: 2.0 GiB left memory.")
    assert (notice.summary, notice.body) == ("ld.lld is frozen", "ld.lld: 2.0 GiB left memory.")
    assert [one.act for one in notice.buttons] == ["thaw"]
