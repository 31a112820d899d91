"""`guardian agent`: the part that is always on.  Watches, judges, and tells on the session bus.

One thread, one poll(): the bus, a pressure trigger, signals and a timer of one second.
"""

import argparse
import gc
import os
import select
import signal
import time

from guardian.adapters.agent_bus import AgentBus
from guardian.adapters.agent_service import AgentService
from guardian.adapters.agent_values import BusDict
from guardian.adapters.history_recorder import HistoryRecorder
from guardian.adapters.history_writer import HistoryWriter
from guardian.adapters.poll_loop import PollLoop, SignalPipe
from guardian.cli.output import warn
from guardian.engine import Engine
from guardian.kernel.errors import KernelFileError
from guardian.kernel.tree import KernelTree
from guardian.protocol.i18n import _
from guardian.sampling.interval import next_look
from guardian.sampling.live import LiveSampler

EXAMPLES = """
guardian agent                     watch this machine until it is told to end (Ctrl+C, SIGTERM)
gdbus call --session --dest io.github.oomguardian.Agent1 --object-path /io/github/oomguardian/Agent1 \\
  --method org.freedesktop.DBus.Properties.Get io.github.oomguardian.Agent1 State
"""

# 150 ms of waiting within 2 s; windows of whole 2 s need no privilege.
TRIGGER = "some 150000 2000000"
_PRESSURE = "proc/pressure/memory"
_LEAST_BETWEEN = 0.5


class Agent:
    """Ties engine, bus, kernel and history together in one loop; without a `writer` no history is kept."""

    def __init__(self, tree: KernelTree, engine: Engine, writer: HistoryWriter | None = None) -> None:
        self._tree, self._engine = tree, engine
        self._loop = PollLoop()
        service = AgentService(self._own, _machine_id(tree))
        self._bus = AgentBus(self._loop, service, say, self._loop.stop)
        self._started = self._ticked = time.monotonic()
        self._complaint = ""
        self._trigger = -1
        self._recorder = HistoryRecorder(self._loop, writer, self._bus.tell_kill, say) if writer is not None else None

    def run(self) -> int:
        """Go on until a signal ends it, another agent is found or the session has ended; all are a proper end."""
        loop = self._loop
        signals = SignalPipe(loop, {signal.SIGTERM: self._end, signal.SIGINT: self._end, signal.SIGHUP: self._again})
        try:
            self._bus.start()
            if loop.stopped:
                return 0
            self._arm()
            if self._recorder is not None:
                self._recorder.start()
            self._tick(woken=False)
            # What lives now lives to the end; the collector need not look at it again.
            gc.collect()
            gc.freeze()
            loop.run()
        finally:
            self._bus.close()
            self._disarm()
            if self._recorder is not None:
                self._recorder.close()
            signals.close()
        return 0

    def _own(self) -> BusDict:
        """Who the agent is, and how likely it would itself be ended."""
        own: BusDict = {"agent_pid": ("u", os.getpid())}
        adjustment = (self._tree.read_or_none("proc/self/oom_score_adj") or "").strip()
        if adjustment:
            own["agent_oom_score_adj"] = ("i", int(adjustment))
        return own

    def _end(self) -> None:
        say(_("ends, as it was told to"))
        self._loop.stop()

    def _again(self) -> None:
        """SIGHUP: look at once."""
        self._tick(woken=True)

    def _timer(self) -> None:
        self._tick(woken=False)

    def _tick(self, *, woken: bool) -> None:
        self._ticked = now = time.monotonic()
        try:
            verdict = self._engine.tick(woken=woken)
        except KernelFileError as error:
            self._complain(_("cannot measure: {reason}").format(reason=error))
        else:
            self._complain("")
            self._bus.publish(verdict, self._engine.alerts, now)
            if self._recorder is not None:
                self._recorder.tick(verdict, self._engine.snapshot, self._engine.alerts)
        wait = next_look(self._started, time.monotonic(), self._engine.interval)
        self._loop.at(time.monotonic() + wait, "tick", self._timer)

    def _complain(self, words: str) -> None:
        """Say once what goes wrong each second."""
        if words and words != self._complaint:
            say(words)
        self._complaint = words

    def _arm(self) -> None:
        try:
            self._trigger = self._tree.arm(_PRESSURE, TRIGGER)
        except KernelFileError as error:
            say(_("no pressure trigger ({reason}); looks each second").format(reason=error))
        else:
            self._loop.watch(self._trigger, select.POLLPRI, self._pressed)

    def _disarm(self) -> None:
        if self._trigger >= 0:
            self._loop.unwatch(self._trigger)
            os.close(self._trigger)
            self._trigger = -1

    def _pressed(self, events: int) -> None:
        """Tasks wait for memory: look now, not at the next second."""
        if events & select.POLLERR:
            self._disarm()
        elif time.monotonic() - self._ticked >= _LEAST_BETWEEN:
            self._tick(woken=True)


def say(words: str) -> None:
    """One plain line on stderr."""
    warn("guardian agent: " + " ".join(words.split()))


def _machine_id(tree: KernelTree) -> str | None:
    """The machine's id, which D-Bus peers may ask for.  Source: machine-id(5)."""
    for path in ("etc/machine-id", "var/lib/dbus/machine-id"):
        found = (tree.read_or_none(path) or "").strip()
        if found:
            return found
    return None


def run(args: argparse.Namespace) -> int:
    """Be the agent; ends with 0 when told to, or when the session has one already."""
    tree = KernelTree(args.root)
    adjustment = (tree.read_or_none("proc/self/oom_score_adj") or "?").strip()
    say(_("runs as process {pid}, oom_score_adj {adjustment}").format(pid=os.getpid(), adjustment=adjustment))
    with LiveSampler(tree, os.sysconf("SC_PAGE_SIZE")) as source:
        return Agent(tree, Engine(source, time), HistoryWriter(say=say)).run()
