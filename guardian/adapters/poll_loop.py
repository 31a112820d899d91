"""One thread that waits for descriptors, for due times and for signals: all that an always-on process needs.

Source: poll(2), signal(7); CPython's signal.set_wakeup_fd().
"""

import os
import select
import signal
import time
from collections.abc import Callable, Iterable
from types import FrameType


class PollLoop:
    """Runs callbacks of descriptors and timers until `stop`; times are seconds of CLOCK_MONOTONIC."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._poll = select.poll()
        self._callbacks: dict[int, Callable[[int], None]] = {}
        self._due: dict[str, tuple[float, Callable[[], None]]] = {}
        self._stopped = False

    @property
    def stopped(self) -> bool:
        """Whether `stop` was called."""
        return self._stopped

    def watch(self, fd: int, events: int, callback: Callable[[int], None]) -> None:
        """Call back with the events that poll reports for a descriptor; again for the same one changes what is waited for."""
        self._poll.register(fd, events)
        self._callbacks[fd] = callback

    def unwatch(self, fd: int) -> None:
        """Wait for a descriptor no more; to be called before it is closed."""
        if self._callbacks.pop(fd, None) is not None:
            self._poll.unregister(fd)

    def at(self, when: float, name: str, callback: Callable[[], None]) -> None:
        """Call back once at a time; a later call with the same name replaces it."""
        self._due[name] = (when, callback)

    def cancel(self, name: str) -> None:
        """Forget the timer of this name."""
        self._due.pop(name, None)

    def stop(self) -> None:
        """Let `run` return after the callback that is running."""
        self._stopped = True

    def run(self) -> None:
        """Wait and call back until `stop`."""
        while not self._stopped:
            self.turn()

    def turn(self, longest: float | None = None) -> None:
        """Wait once, `longest` seconds at most, and call back what is ready or due."""
        for fd, events in self._poll.poll(self._wait(longest)):
            callback = self._callbacks.get(fd)
            if callback is not None and not self._stopped:
                callback(events)
        now = self._clock()
        for name, (when, due) in tuple(self._due.items()):
            if when <= now and not self._stopped and self._due.get(name) == (when, due):
                del self._due[name]
                due()

    def _wait(self, longest: float | None) -> float | None:
        """Milliseconds for poll, rounded up so that a timer is due when it returns."""
        if self._stopped:
            return 0
        waits = [when - self._clock() for when, _due in self._due.values()]
        if longest is not None:
            waits.append(longest)
        return int(max(0.0, min(waits)) * 1000 + 0.999) if waits else None


class SignalPipe:
    """Signals as bytes on a descriptor, so that they are handled between callbacks and never inside one."""

    def __init__(self, loop: PollLoop, callbacks: dict[signal.Signals, Callable[[], None]]) -> None:
        self._loop = loop
        self._callbacks = callbacks
        self._read, self._write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._before = {number: signal.signal(number, _noted) for number in callbacks}
        self._wakeup = signal.set_wakeup_fd(self._write, warn_on_full_buffer=False)
        loop.watch(self._read, select.POLLIN, self._arrived)

    def close(self) -> None:
        """Give the signals back to whoever had them before."""
        signal.set_wakeup_fd(self._wakeup)
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._loop.unwatch(self._read)
        os.close(self._read)
        os.close(self._write)

    def _arrived(self, _events: int) -> None:
        for number in _numbers(os.read(self._read, 64)):
            callback = self._callbacks.get(number)
            if callback is not None:
                callback()


def _numbers(text: bytes) -> Iterable[signal.Signals]:
    known = set(signal.Signals)
    return [signal.Signals(number) for number in text if number in known]


def _noted(_number: int, _frame: FrameType | None) -> None:
    """A handler of Python's must exist for the wakeup descriptor to be written."""
