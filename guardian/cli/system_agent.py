"""`guardian agent --system`: the agent of a machine that nobody sits at.  It watches, logs, serves metrics, and acts on nothing.

No session bus is asked for; rules, freezing and notifications belong to the agent of a user.
"""

import os
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING

from guardian.adapters.history_recorder import HistoryRecorder
from guardian.adapters.history_writer import HistoryWriter, load_store
from guardian.adapters.killers import KillersHere
from guardian.adapters.poll_loop import SignalPipe
from guardian.adapters.settings_file import FoundSettings, SettingsFile
from guardian.adapters.system_log import SystemLog
from guardian.cli.agent_watch import Watch
from guardian.engine import Engine
from guardian.kernel.tree import KernelTree
from guardian.model.history import Kill
from guardian.model.verdict import State, Verdict
from guardian.policy.log_entries import NOTICE, Entry, is_due, kill_entry, state_entry
from guardian.policy.settings import limits_of
from guardian.protocol.i18n import _
from guardian.sampling.live import LiveSampler

if TYPE_CHECKING:
    from guardian.cli.agent_export import Export
    from guardian.cli.agent_options import AgentOptions


class SystemAgent:
    """Ties engine, log, history and metrics together in one loop."""

    def __init__(
        self, tree: KernelTree, engine: Engine, writer: HistoryWriter, log: SystemLog, export: "Export | None" = None
    ) -> None:
        self._engine, self._log, self._export = engine, log, export
        self._watch = Watch(tree, engine, self._act, log.say)
        self._recorder = HistoryRecorder(self._watch.loop, writer, self._killed, log.say)
        self._file = SettingsFile()
        self._found: FoundSettings | None = None
        self._told: State | None = None
        self._told_at = float("-inf")
        self._snapshot: object = None

    def run(self) -> int:
        """Go on until a signal ends it.  Raises CommandFailed where the metrics cannot be served."""
        watch = self._watch
        ends = dict.fromkeys((signal.SIGTERM, signal.SIGINT), self._end)
        signals = SignalPipe(watch.loop, {**ends, signal.SIGHUP: self._again})
        try:
            if self._export is not None:
                self._export.open(locked=watch.locked.held)
            self._take_settings()
            self._recorder.start()
            watch.run()
        finally:
            self._recorder.close()
            if self._export is not None:
                self._export.close()
            signals.close()
        return 0

    def _end(self) -> None:
        self._log.say(_("ends, as it was told to"))
        self._watch.loop.stop()

    def _again(self) -> None:
        """SIGHUP: read settings and certificates, and look at once."""
        self._take_settings()
        if self._export is not None:
            self._export.renew()
        self._watch.look(woken=True)

    def _act(self, verdict: Verdict, now: float) -> None:
        if is_due(self._told, self._told_at, verdict.state, now):
            self._log.tell(state_entry(verdict))
            self._told_at = now
            self._told = verdict.state
        elif self._told is None:
            self._told = verdict.state
        snapshot = self._engine.snapshot
        if snapshot is not self._snapshot and verdict.state is State.CALM:
            self._take_settings()
        self._snapshot = snapshot
        self._recorder.tick(verdict, snapshot, self._engine.alerts)
        if self._export is not None:
            self._export.tick(verdict, self._engine, self._watch)

    def _killed(self, kill: Kill) -> None:
        self._log.tell(kill_entry(kill))
        if self._export is not None:
            self._export.kept(kill)

    def _take_settings(self) -> None:
        """Take over the thresholds of the settings, as they are now."""
        found = self._file.read()
        for complaint in found.complaints if found is not self._found else ():
            self._log.say(complaint)
        self._found = found
        snapshot = self._engine.snapshot
        memory = snapshot.sample.memory if snapshot is not None else None
        self._engine.limits = limits_of(found.settings, memory.mem_total + (memory.swap_total or 0) if memory else None)


def watch_system(root: str, options: "AgentOptions") -> int:
    """Be the agent of the machine below `root`, to the end.  The history lies in the service's state folder, if any."""
    tree, log = KernelTree(root), SystemLog()
    history = _history_path()
    words = _("runs as process {pid}, user {user}, without a session").format(pid=os.getpid(), user=os.geteuid())
    log.tell(Entry(words, NOTICE))
    export = None
    if options.exports:
        from guardian.cli.agent_export import Export

        export = Export(options, tree, log.say, history)
    load_store()
    with LiveSampler(tree, os.sysconf("SC_PAGE_SIZE")) as source:
        writer = HistoryWriter(history, log.say, export.kept) if export is not None else HistoryWriter(history, log.say)
        return SystemAgent(tree, Engine(source, time, killers=KillersHere()), writer, log, export).run()


def _history_path() -> Path | None:
    """In $STATE_DIRECTORY, which systemd sets; None for the user's own place.  Source: systemd.exec(5)."""
    folder = os.environ.get("STATE_DIRECTORY", "").split(":")[0]
    return Path(folder) / "history.sqlite" if folder.startswith("/") else None
