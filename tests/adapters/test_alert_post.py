"""Alerts on their way: the real sending program, a real keyring, a real receiver that fails in every way; time compressed."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from guardian.adapters import alert_post, secrets
from guardian.adapters.alert_child import AlertChild
from guardian.adapters.alert_post import AlertPost
from guardian.adapters.channel_file import ChannelFile
from guardian.adapters.poll_loop import PollLoop
from guardian.model.history import Kill, Party
from guardian.model.verdict import State, Verdict
from guardian.policy import outbox
from guardian.policy.channels import Channel
from tests.http_receiver import HANG, LOSE_ANSWER, RESET, Receiver
from tests.secret_service import Prompter, SecretService

HOOK = Channel("hook", "webhook", ("warning", "critical", "kill"))
VERDICT = Verdict(0, State.CRITICAL, 1 << 30, 1 << 30, 0, None, None, None, None, (), (), ())
KILL = Kill(None, 1_790_000_000.0, "kernel", (Party(4242, "firefox"),))


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten minutes of waiting are six seconds."""
    monkeypatch.setattr(outbox, "BACK_OFF", tuple(wait / 100 for wait in outbox.BACK_OFF))
    monkeypatch.setattr(alert_post, "FIRST_SECONDS", 0.05)


class Agent:
    """The part of the agent that sends, in a loop of its own."""

    def __init__(self, folder: Path) -> None:
        self.loop = PollLoop()
        self.said: list[str] = []
        self.folder = folder
        self.post = AlertPost(self.loop, self.said.append, str(folder))
        self.post.take_channels()

    def until(self, true: Callable[[], object], seconds: float = 90.0) -> None:
        """Go on until something is true; fails in the end."""
        until = time.monotonic() + seconds
        while not true():
            assert time.monotonic() < until, self.said
            self.loop.turn(0.05)

    @property
    def waiting(self) -> int:
        return len(self.post._box.messages)

    @property
    def idle(self) -> bool:
        return not self.waiting and self.post._child is None

    def judge(self, state: State) -> None:
        self.post.tick(VERDICT._replace(state=state))

    def restart(self, *, crashed: bool = False) -> "Agent":
        """The next agent; after a crash, whatever this one would have done at its end is not done."""
        if crashed:
            self.post._spool.close()
            if self.post._child is not None:
                self.post._child.end()
        else:
            self.post.close()
        return Agent(self.folder)


@pytest.fixture
def agent(tmp_path: Path, service: SecretService, receiver: Receiver, quick: None) -> Iterator[Agent]:
    secrets.store(HOOK.secret, f"{receiver.address}/x?rto=2")
    ChannelFile().write((HOOK,))
    made = Agent(tmp_path / "state")
    yield made
    made.post.close()


def ids(receiver: Receiver) -> list[str]:
    return [one["message"].rsplit(" ", 1)[1] for one in receiver.got]


def test_an_episode_and_a_kill_arrive_once(agent: Agent, receiver: Receiver) -> None:
    for state in (State.WARNING, State.CRITICAL, State.CRITICAL):
        agent.judge(state)
    agent.post.killed(KILL)
    agent.post.killed(KILL)
    agent.until(lambda: agent.idle)
    agent.judge(State.CRITICAL)
    assert agent.idle
    first, second = receiver.got
    assert "Critical: 1.0 GiB of room is left" in first["title"]
    assert os.uname().nodename in first["title"]
    assert "the kernel ended firefox" in second["title"].replace("The kernel", "the kernel")
    assert len(set(ids(receiver))) == 2
    assert "Delivered" in agent.said[-1]


@pytest.mark.parametrize("how", [500, 429, 403, 302, RESET])
def test_what_is_not_taken_is_sent_again(agent: Agent, receiver: Receiver, how: int | str) -> None:
    receiver.how = how
    agent.judge(State.CRITICAL)
    agent.until(lambda: receiver.asked >= 3)
    assert agent.waiting == 1
    receiver.how, arrived = 200, len(receiver.got)
    agent.until(lambda: agent.idle)
    assert len(receiver.got) == arrived + 1
    assert len(agent.said) == 2, agent.said


@pytest.mark.parametrize("how", [LOSE_ANSWER, HANG])
def test_where_the_answer_is_lost_it_comes_twice_with_the_same_id(agent: Agent, receiver: Receiver, how: str) -> None:
    receiver.how = how
    agent.judge(State.CRITICAL)
    agent.until(lambda: len(receiver.got) == 1)
    receiver.how = 200
    agent.until(lambda: agent.idle)
    assert len(receiver.got) == 2
    assert len(set(ids(receiver))) == 1


def test_a_long_outage_loses_nothing(agent: Agent, receiver: Receiver) -> None:
    receiver.stop()
    open_files = len(os.listdir("/proc/self/fd"))
    agent.judge(State.WARNING)
    for number in range(3):
        agent.post.killed(KILL._replace(victims=(Party(number + 1, "firefox"),)))
    # Ten minutes and more, a hundredth of it here.
    tried = time.monotonic()
    agent.until(lambda: time.monotonic() - tried > 7)
    assert agent.waiting == 4
    agent.until(lambda: agent.post._child is None and len(os.listdir("/proc/self/fd")) <= open_files)
    assert len(agent.said) == 1
    assert "cannot be reached" in agent.said[0]
    receiver.start()
    agent.until(lambda: agent.idle)
    assert len(receiver.got) == len(set(ids(receiver))) == 4
    assert "Warning" in receiver.got[0]["title"]


@pytest.mark.parametrize("crashed", [False, True])
def test_nothing_is_lost_or_doubled_by_a_restart(agent: Agent, receiver: Receiver, crashed: bool) -> None:
    receiver.stop()
    agent.judge(State.CRITICAL)
    agent.post.killed(KILL)
    agent.until(lambda: agent.said)
    second = agent.restart(crashed=crashed)
    with closing(second.post):
        assert second.waiting == 2
        # The same episode still goes on, and the same kill is told again.
        second.judge(State.CRITICAL)
        second.post.killed(KILL)
        assert second.waiting == 2
        receiver.start()
        second.until(lambda: second.idle)
        assert len(receiver.got) == len(set(ids(receiver))) == 2
    third = Agent(agent.folder)
    with closing(third.post):
        third.judge(State.CRITICAL)
        assert third.idle


def test_what_is_on_its_way_at_the_end_is_heard_of(agent: Agent, receiver: Receiver) -> None:
    agent.judge(State.CRITICAL)
    agent.until(lambda: agent.post._child is not None)
    second = agent.restart()
    with closing(second.post):
        assert len(receiver.got) == 1
        assert second.idle


def test_a_sending_program_that_does_not_go_holds_up_nobody(
    agent: Agent, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(alert_post, "_GONE_SECONDS", 0.1)
    real, asked = os.waitpid, 0

    def stuck(pid: int, options: int) -> tuple[int, int]:
        nonlocal asked
        assert options == os.WNOHANG
        asked += 1
        return (0, 0) if asked < 4 else real(pid, 0)

    with monkeypatch.context() as kernel:
        kernel.setattr(os, "waitpid", stuck)
        agent.judge(State.CRITICAL)
        agent.until(lambda: agent.idle)
        assert agent.post._leaving
        agent.until(lambda: not agent.post._leaving)
    assert len(receiver.got) == 1


def test_a_locked_keyring_asks_once_and_the_alert_goes_out_when_it_is_open(
    agent: Agent, receiver: Receiver, service: SecretService, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = 0
    real = alert_post.AlertChild

    def noted(request: bytes) -> AlertChild:
        nonlocal started
        started += 1
        return real(request)

    monkeypatch.setattr(alert_post, "AlertChild", noted)
    service.lock()
    with closing(Prompter()) as prompter:
        agent.judge(State.CRITICAL)
        agent.until(lambda: started >= 4)
        assert prompter.asked == 1
    assert len(agent.said) == 1
    assert "locked" in agent.said[0]
    service.stop()
    service.start()
    agent.until(lambda: agent.idle)
    assert len(receiver.got) == 1


def test_without_a_keyring_the_channel_is_off_and_says_how_to_get_one(agent: Agent, service: SecretService) -> None:
    service.stop()
    agent.judge(State.CRITICAL)
    agent.until(lambda: agent.said)
    assert "Install gnome-keyring" in agent.said[0]
    assert agent.waiting == 1


def test_quiet_hours_hold_what_can_wait(agent: Agent, receiver: Receiver) -> None:
    now = time.localtime()
    minute = now.tm_hour * 60 + now.tm_min
    ChannelFile().write((HOOK._replace(quiet=((minute - 5) % 1440, (minute + 60) % 1440)),))
    agent.post.take_channels()
    agent.post.killed(KILL)
    agent.judge(State.CRITICAL)
    agent.until(lambda: receiver.got and agent.post._child is None)
    assert "Critical" in receiver.got[0]["title"]
    assert [one.event for one in agent.post._box.messages] == ["kill"]


def test_a_channel_that_is_taken_away_takes_its_messages_along(agent: Agent, receiver: Receiver) -> None:
    receiver.stop()
    agent.judge(State.CRITICAL)
    agent.until(lambda: agent.said)
    ChannelFile().write(())
    agent.post.take_channels()
    assert agent.waiting == 0


def test_one_program_at_a_time(agent: Agent, receiver: Receiver) -> None:
    most = 0
    stop = threading.Event()
    secrets.store("alerts/two", f"{receiver.address}/two")
    ChannelFile().write((HOOK, HOOK._replace(name="two")))
    agent.post.take_channels()
    agent.judge(State.CRITICAL)
    agent.post.killed(KILL)

    def count() -> bool:
        nonlocal most
        most = max(most, len(Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()))
        return agent.idle

    before = len(Path(f"/proc/self/task/{os.getpid()}/children").read_text().split())
    agent.until(count)
    stop.set()
    assert most - before <= 1
    assert {(one["path"], one["message"].rsplit(" ", 1)[1]) for one in receiver.got} == {
        (path, own_id) for path in ("/x", "/two") for own_id in ids(receiver)
    }
    assert len(receiver.got) == 4
