"""What the agent keeps of each tick, and of each kill: who caused it, what had been said before, and the entry itself."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from guardian.adapters.boot_clock import boot_id, booted_at, placed, started_at
from guardian.adapters.history_writer import HistoryWriter
from guardian.adapters.journal_look import journal_kills
from guardian.adapters.kernel_ring import KMSG, kernel_ring_pieces
from guardian.adapters.kernel_watch import KernelLogWatch, may_tell
from guardian.adapters.log_keeper import keep_what_logs_tell
from guardian.adapters.oomd_signal import OomdSignal
from guardian.adapters.poll_loop import PollLoop
from guardian.model.culprits import Growth
from guardian.model.history import Alerted, Kill, Moment, Party, StoredAct, StoredAlert, StoredForecast
from guardian.model.kept_sizes import SizeWatch
from guardian.model.verdict import NextVictim, State, Verdict
from guardian.model.witness import kills_seen, risen, taken_by, worth_a_look
from guardian.policy.alerts import LEVELS, Alert
from guardian.protocol.i18n import _
from guardian.sampling.snapshot import Snapshot

if TYPE_CHECKING:
    from guardian.kernel.oom_log import Event
    from guardian.model.forensics import Forensics

MOMENT_SECONDS = 10.0
# While memory is short, compilers and the like come and go each second.
LOOK_SECONDS = 15.0
_LARGEST = 3
_EARLY = 0.5


class HistoryRecorder:
    """Feeds the history from the agent's loop; never waits.

    `told` hears of each new kill at once, in the loop's thread.
    """

    def __init__(
        self,
        loop: PollLoop,
        writer: HistoryWriter,
        told: Callable[[Kill], None] = lambda _kill: None,
        say: Callable[[str], None] = lambda _words: None,
        kmsg: str = KMSG,
    ) -> None:
        self._writer, self._told, self._say, self._kmsg = writer, told, say, kmsg
        self._watch = KernelLogWatch(loop, self._event, kmsg)
        self._oomd = OomdSignal(loop, self._event)
        self._forensics: Forensics | None = None
        self._growth = Growth()
        self._boot, self._zero = boot_id(), started_at()
        self._sizes = SizeWatch(self._boot)
        self._moment_at = float("-inf")
        self._last: Snapshot | None = None
        self._expected: tuple[NextVictim, ...] = ()
        self._look_due, self._looked_at = False, float("-inf")
        self._alert: Alert | None = None
        self._leads: dict[State, float] = {}
        self._forecast_at = float("-inf")
        self._forecasts: list[tuple[float, tuple[float, float, float]]] = []

    def start(self) -> None:
        """Watch the kernel's log, listen to systemd-oomd, and have kept what this boot's log holds already."""
        self._oomd.start()
        if self._watch.start():
            if any(map(may_tell, kernel_ring_pieces(self._kmsg))):
                self._writer.look(keep_what_logs_tell)
        else:
            self._say(_("the kernel log is not readable; kills are seen by the kernel's count and who is gone"))

    def _judge(self, event: "Event") -> Kill | None:
        from guardian.model.forensics import Forensics

        self._forensics = self._forensics or Forensics()
        return self._forensics.judge(event)

    def close(self) -> None:
        """Watch no more, and have all on disk."""
        self._watch.close()
        self._oomd.close()
        self._writer.close()

    def tick(self, verdict: Verdict, snapshot: Snapshot | None, alerts: Sequence[Alert]) -> None:
        """Take in one tick's verdict, its last table of processes, and what is told."""
        self._note_alerts(verdict, alerts)
        if snapshot is not None and snapshot is not self._last:
            self._note_table(snapshot, verdict.next_victims)
        self._note_forecast(verdict)
        if snapshot is not None and verdict.time - self._moment_at >= MOMENT_SECONDS - _EARLY:
            self._moment_at = verdict.time
            self._writer.put(_moment(verdict, snapshot))

    def note_act(self, when: float, act: str, target: str, result: str | None = None) -> None:
        """Keep something that was done; `result` says why it did not work."""
        self._writer.put(StoredAct(when, act, target, result))

    def _event(self, event: "Event") -> None:
        kill = self._judge(event)
        if kill is not None:
            # Suspending stops the log's clock, so its zero is asked for anew.
            self._zero = started_at()
            self._keep(placed(kill, self._boot, self._zero))

    def _keep(self, kill: Kill) -> None:
        if kill.cause is None:
            kill = kill._replace(culprit=self._growth.culprit(kill) or kill.culprit)
        when = kill.time or 0.0
        leads = tuple(Alerted(level.value, when - since) for level, since in self._leads.items() if since < when)
        kill = kill._replace(alerted=leads)
        self._close_forecasts("kill", when)
        self._writer.put(kill)
        self._told(kill)

    def _note_table(self, snapshot: Snapshot, expected: Sequence[NextVictim]) -> None:
        """Compare two tables: who is gone, and was that a kill that no log tells of?"""
        sample, last = snapshot.sample, self._last
        self._growth.note(sample.time, sample.processes or ())
        for floors in self._sizes.note(sample.time, booted_at(), sample.processes or ()):
            self._writer.put(floors)
        if last is not None:
            living = {process.key for process in sample.processes or ()}
            count = _count(snapshot) - _count(last)
            kill = None
            if count <= 0:
                kill = taken_by((*self._expected, *expected), last.victims, living, sample.time)
            elif not self._watch.watching:
                kill = kills_seen(last.victims, living, count, risen(last.sample.cgroups, sample.cgroups), sample.time)
            if kill is not None:
                self._keep(kill._replace(boot=self._boot))
            self._look_due |= worth_a_look((*self._expected, *expected), last.victims, living)
            if self._look_due and sample.monotonic - self._looked_at >= LOOK_SECONDS:
                self._look_due, self._looked_at = False, sample.monotonic
                self._writer.look(journal_kills)
        self._last, self._expected = snapshot, tuple(expected)

    def _note_alerts(self, verdict: Verdict, alerts: Sequence[Alert]) -> None:
        """Keep each alert when it begins, gives way to another level, and ends."""
        now = next((alert for alert in alerts if alert.level in LEVELS), None)
        before = self._alert
        if (before and (before.level, before.since)) != (now and (now.level, now.since)):
            if before is not None:
                self._writer.put(StoredAlert(before.since, verdict.time, before.level.value, before.text))
            if now is not None:
                self._writer.put(StoredAlert(now.since, None, now.level.value, now.text))
        self._alert = now
        reached = LEVELS[: LEVELS.index(now.level) + 1] if now is not None else ()
        for level in reached:
            self._leads.setdefault(level, verdict.time)
        for level in [level for level in self._leads if level not in reached]:
            del self._leads[level]

    def _note_forecast(self, verdict: Verdict) -> None:
        """Keep a forecast each ten seconds while there is one, and how it ended once it is over."""
        left = verdict.seconds_left
        if left is not None and verdict.time - self._forecast_at >= MOMENT_SECONDS - _EARLY:
            self._forecast_at = verdict.time
            self._forecasts.append((verdict.time, left))
            self._writer.put(StoredForecast(verdict.time, *left))
            del self._forecasts[:-360]
        elif left is None and self._forecasts and verdict.state is State.CALM:
            self._close_forecasts("over", verdict.time)

    def _close_forecasts(self, outcome: str, when: float) -> None:
        for then, left in self._forecasts:
            self._writer.put(StoredForecast(then, *left, outcome, when - then))
        self._forecasts.clear()


def _count(snapshot: Snapshot) -> int:
    """The kernel's count of kills since its start."""
    vmstat = snapshot.sample.vmstat
    return (vmstat.get("oom_kill") or 0) if vmstat is not None else 0


def _moment(verdict: Verdict, snapshot: Snapshot) -> Moment:
    """The compact snapshot that is kept."""
    sample = snapshot.sample
    by_size = sorted(
        (victim for victim in snapshot.victims[:64] if victim.process.memory is not None),
        key=lambda victim: victim.badness or 0,
        reverse=True,
    )
    largest = tuple(
        Party(one.process.key.pid, one.process.name, memory=one.process.memory.rss + one.process.memory.swap)
        for one in by_size[:_LARGEST]
        if one.process.memory is not None
    )
    return Moment(
        verdict.time, snapshot.composition, verdict.room, sample.memory.swap_total, sample.memory.swap_free,
        verdict.pressure_some, verdict.pressure_full, verdict.state.value, largest,
    )  # fmt: skip
