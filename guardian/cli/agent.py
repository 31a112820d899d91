"""`guardian agent`: the part that is always on.  Watches, judges, and tells on the session bus.

One thread, one poll(): the bus, a pressure trigger, signals and a timer of one second.
"""

import os
import signal
import time
from typing import TYPE_CHECKING

from guardian.adapters.agent_bus import AgentBus
from guardian.adapters.agent_service import AgentAct, AgentService
from guardian.adapters.agent_values import BusDict
from guardian.adapters.freezer import Freezer, state_folder
from guardian.adapters.history_recorder import HistoryRecorder
from guardian.adapters.history_writer import HistoryWriter, load_store
from guardian.adapters.killers import KillersHere
from guardian.adapters.own_rules import OwnRules
from guardian.adapters.poll_loop import SignalPipe
from guardian.adapters.settings_file import SettingsFile
from guardian.adapters.window_start import WindowStart
from guardian.cli.agent_away import Away
from guardian.cli.agent_notices import Notices
from guardian.cli.agent_relief import Relief
from guardian.cli.agent_watch import Watch
from guardian.cli.output import warn
from guardian.engine import Engine
from guardian.kernel.tree import KernelTree
from guardian.model.history import Kill
from guardian.model.verdict import State, Verdict
from guardian.policy.settings import limits_of
from guardian.protocol.i18n import N_, _, use_language
from guardian.sampling.live import LiveSampler

if TYPE_CHECKING:
    import argparse

    from guardian.cli.agent_export import Export
    from guardian.cli.agent_options import AgentOptions

EXAMPLES = N_("""
guardian agent                     watch this machine until it is told to end (Ctrl+C, SIGTERM)
guardian agent --metrics :9842     serve metrics for Prometheus as well, on this machine alone
guardian agent --system            on a server: no session, no bus; log and metrics alone
gdbus call --session --dest io.github.oomguardian.Agent1 --object-path /io/github/oomguardian/Agent1 \\
  --method org.freedesktop.DBus.Properties.Get io.github.oomguardian.Agent1 State
""")
DAY_SECONDS = 86400.0


class Agent:
    """Ties engine, bus, kernel and history together in one loop; without a `writer` no history is kept."""

    def __init__(
        self, tree: KernelTree, engine: Engine, writer: HistoryWriter | None = None, export: "Export | None" = None
    ) -> None:
        self._tree, self._engine, self._export = tree, engine, export
        self._watch = Watch(tree, engine, self._act, say)
        self._loop = self._watch.loop
        self._file = SettingsFile()
        self._settings = self._file.read().settings
        self._rules = OwnRules(say)
        service = AgentService(self._own, _machine_id(tree))
        self._bus = AgentBus(self._loop, service, say, self._loop.stop)
        window = WindowStart(self._bus.send, say)
        self._notices = Notices(self._bus.send, window, say)
        self._away = Away(self._loop, say)
        self._bus.add(self._notices.notifier)
        self._bus.add(window)
        self._snapshot: object = None
        self._writer = writer
        self._recorder = HistoryRecorder(self._loop, writer, self._killed, say) if writer is not None else None
        freezer = Freezer(state_folder())
        notices = self._notices
        self._relief = Relief(tree, freezer, say, self._note, notices.froze, notices.thawed, self._loop, notices.swapped_out)
        self._relief.changed = service.changed
        self._notices.relief = self._relief
        acts: dict[str, AgentAct] = {
            "Freeze": self._relief.freeze,
            "Thaw": self._relief.thaw,
            "Snooze": self._notices.snooze,
            "TestNotification": self._notices.test,
        }
        service.offer(acts, self._bus.allows)
        self._adjustment = (tree.read_or_none("proc/self/oom_score_adj") or "").strip()

    def run(self) -> int:
        """Go on until a signal ends it, another agent is found or the session has ended; all are a proper end."""
        loop = self._loop
        signals = SignalPipe(loop, {signal.SIGTERM: self._end, signal.SIGINT: self._end, signal.SIGHUP: self._again})
        try:
            self._bus.start()
            if loop.stopped:
                return 0
            if self._export is not None:
                self._export.open(locked=self._watch.locked.held)
            self._relief.start()
            self._take_settings()
            if self._recorder is not None:
                self._recorder.start()
            self._watch.run()
        finally:
            self._relief.close()
            self._away.close()
            self._bus.close()
            if self._recorder is not None:
                self._recorder.close()
            if self._export is not None:
                self._export.close()
            signals.close()
        return 0

    def _own(self) -> BusDict:
        """Who the agent is, how likely it would itself be ended, and what it has frozen."""
        own: BusDict = {"agent_pid": ("u", os.getpid()), "memory_locked": ("b", self._watch.locked.held)}
        if self._adjustment:
            own["agent_oom_score_adj"] = ("i", int(self._adjustment))
        return own | self._relief.own_keys() | self._notices.own_keys()

    def _end(self) -> None:
        say(_("ends, as it was told to"))
        self._loop.stop()

    def _again(self) -> None:
        """SIGHUP: read the settings and look at once."""
        self._take_settings()
        if self._export is not None:
            self._export.renew()
        self._watch.look(woken=True)

    def _act(self, verdict: Verdict, now: float) -> None:
        """Say first, then do, then note."""
        self._notices.tick(verdict)
        self._bus.publish(verdict, self._engine.alerts, now)
        self._away.tick(verdict)
        snapshot = self._engine.snapshot
        self._relief.tick(verdict, snapshot, self._settings)
        if snapshot is not None and snapshot is not self._snapshot:
            self._snapshot = snapshot
            self._rules.apply(snapshot.sample.processes or ())
            if verdict.state is State.CALM:
                self._take_settings()
        if self._recorder is not None:
            self._recorder.tick(verdict, snapshot, self._engine.alerts)
        if self._export is not None:
            self._export.tick(verdict, self._engine, self._watch)

    def _take_settings(self) -> None:
        """Take over what the user changed; looked for only while there is time."""
        found = self._file.read()
        for complaint in found.complaints if found.settings is not self._settings else ():
            say(complaint)
        language = found.settings.text("desktop.language")
        if language != self._settings.text("desktop.language"):
            use_language(language or None)
        self._settings = self._notices.settings = found.settings
        self._away.take_channels()
        if self._writer is not None:
            days, size = found.settings.number("history.days"), found.settings.number("history.size")
            self._writer.keep(days * DAY_SECONDS, int(size))
        snapshot = self._engine.snapshot
        memory = snapshot.sample.memory if snapshot is not None else None
        self._engine.limits = limits_of(found.settings, memory.mem_total + (memory.swap_total or 0) if memory else None)

    def _killed(self, kill: Kill) -> None:
        if self._export is not None:
            self._export.kept(kill)
        self._bus.tell_kill(kill)
        self._notices.killed(kill)
        self._away.killed(kill)

    def _note(self, when: float, act: str, target: str, result: str | None) -> None:
        """Keep an act in the history, where one is kept."""
        if self._recorder is not None:
            self._recorder.note_act(when, act, target, result)


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


def add_arguments(parser: "argparse.ArgumentParser") -> None:
    """What it can be told."""
    from guardian.cli.agent_options import add_options

    add_options(parser)


def run(args: "argparse.Namespace") -> int:
    """Be the agent; ends with 0 when told to, or when the session has one already."""
    from guardian.cli.agent_options import options_of, watch_by

    return watch_by(args.root, options_of(args))


def watch(root: str, options: "AgentOptions | None" = None) -> int:
    """Be the agent of the machine below `root`, in this thread, to the end."""
    tree = KernelTree(root)
    adjustment = (tree.read_or_none("proc/self/oom_score_adj") or "?").strip()
    say(_("runs as process {pid}, oom_score_adj {adjustment}").format(pid=os.getpid(), adjustment=adjustment))
    export = None
    if options is not None and options.exports:
        # The libraries of metrics are for those who want some.
        from guardian.cli.agent_export import Export

        export = Export(options, tree, say)
    load_store()
    with LiveSampler(tree, os.sysconf("SC_PAGE_SIZE")) as source:
        writer = HistoryWriter(say=say, kept=export.kept) if export is not None else HistoryWriter(say=say)
        return Agent(tree, Engine(source, time, killers=KillersHere()), writer, export).run()
