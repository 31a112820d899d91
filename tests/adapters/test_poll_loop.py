"""One thread that waits for descriptors, due times and signals."""

import os
import select
import signal
import time
from collections.abc import Iterator

import pytest

from guardian.adapters.poll_loop import PollLoop, SignalPipe


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    """The two ends of a pipe."""
    ends = os.pipe()
    yield ends
    for end in ends:
        os.close(end)


def test_what_is_ready_is_called_until_it_is_unwatched(pipe: tuple[int, int]) -> None:
    loop, seen = PollLoop(), []
    loop.watch(pipe[0], select.POLLIN, seen.append)
    loop.turn(longest=0)
    assert seen == []
    os.write(pipe[1], b"x")
    loop.turn()
    assert seen == [select.POLLIN]
    loop.unwatch(pipe[0])
    loop.unwatch(pipe[0])
    loop.turn(longest=0)
    assert len(seen) == 1


def test_a_callback_may_end_the_watch_of_another_that_is_ready_too(pipe: tuple[int, int]) -> None:
    loop, calls = PollLoop(), []
    other = os.dup(pipe[0])

    def first(fd: int, rival: int) -> None:
        calls.append(fd)
        loop.unwatch(rival)

    loop.watch(pipe[0], select.POLLIN, lambda _events: first(pipe[0], other))
    loop.watch(other, select.POLLIN, lambda _events: first(other, pipe[0]))
    os.write(pipe[1], b"x")
    loop.turn()
    loop.turn(longest=0)
    os.close(other)
    assert len(set(calls)) == 1


def test_timers_come_when_due_and_a_name_has_one_of_them() -> None:
    now = [0.0]
    loop = PollLoop(clock=lambda: now[0])
    seen: list[str] = []
    loop.at(5.0, "a", lambda: seen.append("replaced"))
    loop.at(2.0, "a", lambda: seen.append("a"))
    loop.at(2.0, "b", lambda: seen.append("b"))
    loop.cancel("b")
    loop.turn(longest=0)
    assert seen == []
    now[0] = 9.0
    loop.turn()
    loop.turn(longest=0)
    assert seen == ["a"]


def test_a_timer_set_by_a_timer_waits_for_its_own_turn() -> None:
    loop, seen = PollLoop(), []

    def again() -> None:
        seen.append(len(seen))
        if len(seen) == 3:
            loop.stop()
        loop.at(time.monotonic(), "tick", again)

    loop.at(time.monotonic(), "tick", again)
    loop.run()
    assert seen == [0, 1, 2]


def test_a_timer_is_not_woken_for_early() -> None:
    loop, seen = PollLoop(), []
    due = time.monotonic() + 0.0505
    loop.at(due, "tick", lambda: seen.append(time.monotonic()))
    turns = 0
    while not seen:
        loop.turn()
        turns += 1
    assert seen[0] >= due
    assert turns <= 2


def test_signals_are_handled_between_callbacks_and_given_back() -> None:
    loop, seen = PollLoop(), []
    before = signal.getsignal(signal.SIGUSR1)
    pipe = SignalPipe(loop, {signal.SIGUSR1: lambda: seen.append("usr1"), signal.SIGTERM: loop.stop})
    signal.raise_signal(signal.SIGUSR1)
    assert seen == []
    loop.turn()
    assert seen == ["usr1"]
    signal.raise_signal(signal.SIGTERM)
    loop.run()
    pipe.close()
    assert signal.getsignal(signal.SIGUSR1) is before
    assert signal.set_wakeup_fd(-1) == -1
