"""A recording as history: its kills with the minutes before each, and what would have been said ahead of them."""

import os
from collections.abc import Callable
from typing import NamedTuple

from guardian.adapters.kill_sources import read_text
from guardian.kernel.process import ProcessMemory
from guardian.model.history import Alerted, Kill, Moment, Party
from guardian.protocol.i18n import _
from guardian.sampling.replay import SAMPLES, Recording
from guardian.sampling.replay_verdict import Judge, Raised, ReplayVerdict, replay_verdict
from guardian.sampling.snapshot import Snapshot

_LARGEST = 5
_SAME_KILL = 2.0
BEFORE_SECONDS = 600.0


class ReadingCancelled(Exception):
    """The reading was ended before its end, as asked."""


class OpenedRecording(NamedTuple):
    """What a recording tells: its kills, the machine at each sample, and the verdict of the replay.

    `moments` are in seconds since the epoch; where the recording does not know the clock of the day, both they and the kills'
    `seconds` count from its start, and the kills have no `time`.
    """

    kills: tuple[Kill, ...]
    moments: tuple[Moment, ...]
    verdict: ReplayVerdict

    def before(self, kill: Kill) -> tuple[Moment, ...]:
        """The moments of the ten minutes before a kill."""
        at = kill.time if kill.time is not None else kill.seconds
        if at is None:
            return self.moments
        return tuple(one for one in self.moments if at - BEFORE_SECONDS <= one.time <= at + 1)


def is_recording(path: str) -> bool:
    """Whether a path is a recording's folder, or its samples."""
    return os.path.basename(path) == SAMPLES or os.path.isfile(os.path.join(path, SAMPLES))


def open_recording(path: str, judge: Judge, told: Callable[[int], bool] | None = None) -> OpenedRecording:
    """Read a recording; `told` hears how many samples were read and ends the reading by returning False.

    Raises NotARecording, ReadingCancelled.
    """
    recording = Recording(path)
    moments: list[Moment] = []

    def noted(snapshot: Snapshot) -> Raised | None:
        moments.append(_moment(snapshot))
        if told is not None and not told(len(moments)):
            raise ReadingCancelled
        return judge(snapshot)

    verdict = replay_verdict(recording, noted)
    kills = read_text("\n".join(recording.log_lines())).kills
    placed = tuple(_placed(kill, verdict, recording) for kill in kills)
    return OpenedRecording(placed, tuple(moments), verdict)


def _placed(kill: Kill, verdict: ReplayVerdict, recording: Recording) -> Kill:
    """A kill of the recorded log by the recording's clock, with the alerts that held when it came."""
    at = None if kill.seconds is None else kill.seconds + recording.log_offset
    alerted: tuple[Alerted, ...] = ()
    for seen in verdict.kills:
        if at is not None and seen.pid == kill.victim.pid and abs(recording.first + seen.t - at) < _SAME_KILL:
            alerted = tuple(Alerted(level, ahead) for level, ahead in seen.lead.items() if ahead is not None)
    zero = recording.realtime_offset
    return kill._replace(
        seconds=at,
        time=zero + at if zero and at is not None else None,
        alerted=alerted,
        sources=(_("recording"),),
        release=kill.release or recording.release or None,
    )


def _moment(snapshot: Snapshot) -> Moment:
    sample = snapshot.sample
    largest = sorted(snapshot.victims, key=lambda one: -_held(one.process.memory))[:_LARGEST]
    return Moment(
        sample.time,
        snapshot.composition,
        snapshot.room,
        sample.memory.swap_total,
        sample.memory.swap_free,
        sample.pressure.some.avg10 if sample.pressure else None,
        sample.pressure.full.avg10 if sample.pressure and sample.pressure.full else None,
        None,
        tuple(Party(one.process.key.pid, one.process.name, one.process.cgroup, _held(one.process.memory)) for one in largest),
    )


def _held(memory: ProcessMemory | None) -> int:
    return 0 if memory is None else memory.rss_anon + memory.swap
