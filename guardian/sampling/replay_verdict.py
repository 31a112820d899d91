"""What a recording shows: the alerts that would have been raised, and each kill beside the victim that was expected.

Nothing that came later is used: an alert rests on the samples up to it, a prediction on the last sample that ended before the
killer began to choose.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from guardian.kernel.errors import KernelFileError
from guardian.kernel.process import ProcessKey
from guardian.protocol.i18n import _
from guardian.sampling.kill_lines import KillLine
from guardian.sampling.parsed import ParsedTexts
from guardian.sampling.prediction import Candidate, Machine, predict
from guardian.sampling.replay import Gap, Recording
from guardian.sampling.sample import Sample
from guardian.sampling.sampler import take_sample
from guardian.sampling.scoring import KernelScoring, probed, scoring_of
from guardian.sampling.snapshot import Snapshot, interpret

Level = Literal["watch", "warning", "critical"]
LEVELS: tuple[Level, ...] = ("watch", "warning", "critical")
LOUD = frozenset({"warning", "critical"})
SPAN_GAP_SECONDS = 2.0
TRUE_ALARM_SECONDS = 30.0


class Raised(NamedTuple):
    """What a judge says of a moment: an alert's level, its text in the user's language, and the seconds left, None if untold."""

    level: Level
    text: str
    seconds_left: float | None


Judge = Callable[[Snapshot], Raised | None]


class ReplayAlert(NamedTuple):
    """An alert while it held; times are seconds from the first sample, `until` None where it held to the end."""

    t: float
    until: float | None
    level: Level
    text: str
    seconds_left: float | None


class ReplayKill(NamedTuple):
    """A kill of the log beside the prediction; `t` is seconds from the first sample.

    `lead` tells for each level how long before the kill an alert of it or above had begun that held to the end, None without one.
    """

    t: float
    pid: int
    name: str
    predicted: tuple[Candidate, ...]
    hit: bool
    caveat: str | None
    lead: Mapping[Level, float | None]


class ReplayVerdict(NamedTuple):
    """Everything that a recording shows; `gap` says where it breaks off, None when it is whole."""

    kernel: str
    duration: float
    samples: int
    alerts: tuple[ReplayAlert, ...]
    kills: tuple[ReplayKill, ...]
    false_alarms: int
    gap: Gap | None


def replayed_samples(recording: Recording) -> Iterator[tuple[float, Sample]]:
    """Each sample of a recording with the time at which it ended (its own CLOCK_MONOTONIC), through the code of live use."""
    parsed = ParsedTexts()
    for moment in recording.moments():
        try:
            sample = take_sample(
                moment.tree,
                realtime=moment.begin + recording.realtime_offset,
                monotonic=moment.begin,
                page_size=recording.page_size,
                parsed=parsed,
            )
        except KernelFileError as error:
            recording.gap = Gap(recording.line, str(error))
            return
        if sample.memory.mem_total <= 0:
            recording.gap = Gap(recording.line, _("the machine has no memory"))
            return
        yield moment.end, sample


def replay_verdict(recording: Recording, judge: Judge | None = None) -> ReplayVerdict:
    """Replay a recording.  `judge` is asked at every sample, in order; without one there are no alerts."""
    foresight = _Foresight(recording)
    alerts = _Alerts()
    before: Snapshot | None = None
    kernel = scoring_of(recording.release)
    last = recording.first
    count = 0
    for end, sample in replayed_samples(recording):
        kernel = probed(kernel, sample)
        foresight.advance(end, sample, kernel)
        if judge is not None:
            before = interpret(sample, before, kernel)
            alerts.note(sample.monotonic - recording.first, judge(before))
        last = sample.monotonic
        count += 1
    foreseen = foresight.finish(kernel)
    told = alerts.told
    times = [kill.t for kill in foreseen]
    return ReplayVerdict(
        kernel=recording.release,
        duration=last - recording.first,
        samples=count,
        alerts=tuple(told),
        kills=tuple(kill._replace(lead={level: lead(told, kill.t, level) for level in LEVELS}) for kill in foreseen),
        false_alarms=false_alarms(told, times),
        gap=recording.gap,
    )


class _Foresight:
    """Settles each kill of the log with the last sample that ended before it."""

    def __init__(self, recording: Recording) -> None:
        self._recording = recording
        self._waiting = recording.kills()
        self._machine = machine_of(recording.static)
        self._dead: set[ProcessKey] = set()
        self._earlier: Sample | None = None
        self._last: Sample | None = None
        self._kills: list[ReplayKill] = []

    def advance(self, end: float, sample: Sample, kernel: KernelScoring) -> None:
        """Take in a sample that ended at `end`; kills that began before that are settled with the one before."""
        while self._waiting and self._last is not None and self._waiting[0].invoked < end:
            self._settle(self._waiting.pop(0), kernel)
        self._earlier, self._last = self._last, sample

    def finish(self, kernel: KernelScoring) -> list[ReplayKill]:
        """Settle what is left; returns all kills in their order."""
        while self._waiting and self._last is not None:
            self._settle(self._waiting.pop(0), kernel)
        return self._kills

    def _settle(self, kill: KillLine, kernel: KernelScoring) -> None:
        last = self._last
        if last is None:
            return
        foreseen = predict(kill, (self._earlier, last), kernel, self._machine, self._dead)
        first = foreseen.candidates[0].pid if foreseen.candidates else None
        self._kills.append(
            ReplayKill(
                kill.time - self._recording.first,
                kill.pid,
                kill.name,
                foreseen.candidates,
                first == kill.pid,
                foreseen.caveat,
                {},
            )
        )
        self._dead |= {process.key for process in last.processes or () if process.key.pid == kill.pid}


class _Alerts:
    """The alerts so far, folded from what the judge says sample by sample."""

    def __init__(self) -> None:
        self.told: list[ReplayAlert] = []

    def note(self, t: float, raised: Raised | None) -> None:
        """Take in one answer: the alert that holds goes on, ends, or gives way to another level."""
        held = self.told[-1] if self.told and self.told[-1].until is None else None
        if held is not None and (raised is None or raised.level != held.level):
            self.told[-1] = held._replace(until=t)
            held = None
        if held is None and raised is not None:
            self.told.append(ReplayAlert(t, None, raised.level, raised.text, raised.seconds_left))


def machine_of(static: Mapping[str, str]) -> Machine:
    """What a recording's unchanging files say of the machine; one processor where they do not tell."""
    processors = sum(line.startswith("processor") for line in static.get("/proc/cpuinfo", "").split("\n"))
    return Machine(max(1, processors), static.get("/proc/sys/vm/oom_kill_allocating_task", "").strip() not in {"", "0"})


def spans(alerts: Sequence[ReplayAlert], level: Level) -> list[tuple[float, float]]:
    """When alerts of a level or above held, short gaps closed; the end is infinite where one held to the end."""
    least = LEVELS.index(level)
    joined: list[tuple[float, float]] = []
    for alert in alerts:
        if LEVELS.index(alert.level) < least:
            continue
        until = float("inf") if alert.until is None else alert.until
        if joined and alert.t <= joined[-1][1] + SPAN_GAP_SECONDS:
            joined[-1] = (joined[-1][0], max(joined[-1][1], until))
        else:
            joined.append((alert.t, until))
    return joined


def lead(alerts: Sequence[ReplayAlert], kill: float, level: Level) -> float | None:
    """Seconds from the start of the alert that held when the kill came to the kill; None where none held."""
    for start, end in spans(alerts, level):
        if start < kill <= end + SPAN_GAP_SECONDS:
            return kill - start
    return None


def false_alarms(alerts: Sequence[ReplayAlert], kills: Sequence[float]) -> int:
    """How many times it was loud (warning or above) with no kill meanwhile or soon after."""
    return sum(not any(start <= kill <= end + TRUE_ALARM_SECONDS for kill in kills) for start, end in spans(alerts, "warning"))


def as_json(verdict: ReplayVerdict) -> dict[str, Any]:
    """The verdict as `replay --json` prints it."""
    return {
        "schema": 1,
        "kernel": verdict.kernel,
        "duration": _rounded(verdict.duration),
        "samples": verdict.samples,
        "gap": verdict.gap._asdict() if verdict.gap else None,
        "alerts": [
            {
                "t": _rounded(alert.t),
                "until": _rounded(alert.until),
                "level": alert.level,
                "text": alert.text,
                "seconds_left": _rounded(alert.seconds_left),
            }
            for alert in verdict.alerts
        ],
        "kills": [
            {
                "t": _rounded(kill.t),
                "victim": {"pid": kill.pid, "name": kill.name},
                "predicted": [candidate._asdict() for candidate in kill.predicted],
                "hit": kill.hit,
                "caveat": kill.caveat,
                "lead": {level: _rounded(seconds) for level, seconds in kill.lead.items()},
            }
            for kill in verdict.kills
        ],
        "false_alarms": verdict.false_alarms,
    }


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 3)
