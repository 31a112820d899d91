"""What leaves the machine says where, what and when, the same id each time, and calls nobody."""

import time

from guardian.kernel.process import ProcessKey
from guardian.model.history import Kill, Party
from guardian.model.verdict import Grower, State, Verdict
from guardian.policy.away_words import episode_id, episode_message, host_name, kill_id, kill_message, trial_message

NOW = 1_790_000_000.0
HOSTILE = "<!channel> @everyone @here \x1b[31m\n<@U1>"


def verdict(name: str = "firefox", state: State = State.WARNING) -> Verdict:
    grower = Grower(name, ProcessKey(7, 70), 1, 4 << 30, 1 << 20)
    return Verdict(NOW, state, 1 << 30, 1 << 30, 0, None, None, (60.0, 90.0, 120.0), 1e6, (), (), (grower,))


def test_a_warning_in_full() -> None:
    own_id = episode_id("box", NOW)
    words = episode_message(verdict(), "box", own_id, NOW)
    assert own_id == "box/20260921T141320Z"
    assert words.title == "box: Warning: firefox fills memory in 1 … 2 min"
    body = words.body.splitlines()
    assert "1.0 GiB of room is left." in body
    assert body[-1].startswith(time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(NOW)))
    assert body[-1].endswith(own_id)
    assert not words.urgent
    assert episode_message(verdict(state=State.CRITICAL), "box", own_id, NOW).urgent


def test_room_is_said_once() -> None:
    bare = verdict(state=State.CRITICAL)._replace(growers=(), seconds_left=None)
    words = episode_message(bare, "box", "x", NOW)
    assert (words.title + words.body).count("of room is left") == 1


def test_a_kill_has_the_same_id_whoever_tells_it_again() -> None:
    kill = Kill(5.0, NOW, "systemd-oomd", (Party(4242, "firefox"),))
    assert kill_id("box", kill, NOW + 5) == kill_id("box", kill, NOW + 999) == "box/20260921T141320Z/systemd-oomd/4242"
    words = kill_message(kill, "box", "x", NOW + 999)
    assert words.title == "box: systemd-oomd ended firefox"
    assert words.body.splitlines()[-1].startswith(time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(NOW)))


def test_names_call_nobody_and_stay_on_their_line() -> None:
    kill = Kill(5.0, NOW, "kernel", (Party(1, HOSTILE),), culprit=Party(2, HOSTILE))
    for words in (episode_message(verdict(HOSTILE), "box", "x", NOW), kill_message(kill, "box", "x", NOW)):
        said = words.title + words.body
        assert "everyone" in said
        for call in ("<!", "<@", "@everyone", "@here", "\x1b"):
            assert call not in said
        assert "\n" not in words.title


def test_what_is_no_call_stays() -> None:
    name = "user@1000.service <b> @hereafter"
    assert name in episode_message(verdict(name), "box", "x", NOW).title


def test_hosts_have_names() -> None:
    assert host_name("box\n") == "box"
    assert host_name("a/b") == "a-b"
    assert host_name("") == "this machine"
    assert trial_message("box", "x", NOW).title == "box: A test, nothing is wrong"
