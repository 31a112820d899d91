"""The beat of an agent: it looks as often as the state asks for, and outlives a lack of memory of its own."""

import gc
import os
import select
import time
from collections.abc import Callable

from guardian.adapters.own_memory import Ballast, lock_memory
from guardian.adapters.poll_loop import PollLoop
from guardian.adapters.service_watchdog import ServiceWatchdog
from guardian.engine import Engine
from guardian.kernel.errors import KernelFileError
from guardian.kernel.tree import KernelTree
from guardian.model.verdict import State, Verdict
from guardian.protocol.i18n import _
from guardian.sampling.interval import next_look

# 150 ms of waiting within 2 s; windows of whole 2 s need no privilege.
TRIGGER = "some 150000 2000000"
_PRESSURE = "proc/pressure/memory"
_LEAST_BETWEEN = 0.5


class Watch:
    """Ticks the engine in `loop` and hands each verdict to `act`, with the monotonic time of the look.

    `looks` counts the looks, and `seconds` how long they and what followed from them took.
    """

    def __init__(
        self, tree: KernelTree, engine: Engine, act: Callable[[Verdict, float], None], say: Callable[[str], None]
    ) -> None:
        self._tree, self._engine, self._act, self._say = tree, engine, act, say
        self.loop = PollLoop()
        self._ballast, self._watchdog = Ballast(), ServiceWatchdog()
        self._started = self._looked = time.monotonic()
        self._complaint = ""
        self._trigger = -1
        self.looks, self.seconds = 0, 0.0
        self.locked = lock_memory()

    def run(self) -> None:
        """Look until the loop is stopped."""
        self._say(self.locked.words)
        try:
            self._arm()
            self.look()
            # What lives now lives to the end; the collector need not look at it again.
            gc.collect()
            gc.freeze()
            self._watchdog.ready()
            while not self.loop.stopped:
                self._turn()
        finally:
            self._watchdog.close()
            self._disarm()

    def look(self, *, woken: bool = False) -> None:
        """Look now, and plan the next look.  `woken`: there is a reason to look at everything."""
        self._looked = now = time.monotonic()
        try:
            verdict = self._engine.tick(woken=woken)
        except KernelFileError as error:
            self._complain(_("cannot measure: {reason}").format(reason=error))
        else:
            self._complain("")
            self._weigh(verdict.state)
            self._act(verdict, now)
            self._watchdog.alive()
        finally:
            done = time.monotonic()
            self.looks += 1
            self.seconds += done - now
            wait = next_look(self._started, done, self._engine.interval)
            self.loop.at(done + wait, "tick", self.look)

    def _weigh(self, state: State) -> None:
        """Let the ballast go while it is critical, so that there is something to speak with."""
        if state is State.CRITICAL:
            self._ballast.release()
        elif state is State.CALM:
            self._ballast.take()

    def _turn(self) -> None:
        """One round; the agent's own memory being refused is survived by letting the ballast go."""
        try:
            self.loop.turn()
        except MemoryError:
            self._ballast.release()
            gc.collect()
            self._complain(_("had no memory itself for a moment, and goes on"))

    def _complain(self, words: str) -> None:
        """Say once what goes wrong each second."""
        if words and words != self._complaint:
            self._say(words)
        self._complaint = words

    def _arm(self) -> None:
        try:
            self._trigger = self._tree.arm(_PRESSURE, TRIGGER)
        except KernelFileError as error:
            self._say(_("no pressure trigger ({reason}); looks each second").format(reason=error))
        else:
            self.loop.watch(self._trigger, select.POLLPRI, self._pressed)

    def _disarm(self) -> None:
        if self._trigger >= 0:
            self.loop.unwatch(self._trigger)
            os.close(self._trigger)
            self._trigger = -1

    def _pressed(self, events: int) -> None:
        """Tasks wait for memory: look now, not at the next second."""
        if events & select.POLLERR:
            self._disarm()
        elif time.monotonic() - self._looked >= _LEAST_BETWEEN:
            self.look(woken=True)
