"""The agent's own engine as the judge of a recording: it is given the recorded samples and the recording's clock."""

from collections.abc import Callable, Sequence
from typing import Protocol

from guardian.model.verdict import State, Verdict
from guardian.sampling.replay_verdict import Level, Raised
from guardian.sampling.sample import Sample
from guardian.sampling.scoring import KernelScoring, scoring_of
from guardian.sampling.snapshot import Snapshot

_LEVELS: dict[State, Level] = {State.WATCH: "watch", State.WARNING: "warning", State.CRITICAL: "critical"}


class Told(Protocol):
    """What an engine tells now."""

    @property
    def level(self) -> State:
        """How urgent it is."""

    @property
    def text(self) -> str:
        """It in words."""


class Judging(Protocol):
    """The part of an engine that a replay needs."""

    @property
    def alerts(self) -> Sequence[Told]:
        """What is told now."""

    def tick(self) -> Verdict:
        """Look and judge."""


class Tape:
    """Source and clock at once: hands the engine the sample of the moment."""

    def __init__(self) -> None:
        self.kernel: KernelScoring = scoring_of("")
        self.sample: Sample | None = None

    def take(self, *, realtime: float, monotonic: float, table: bool = True) -> Sample:  # noqa: ARG002 - a recording has its own clock
        """The recorded sample, with or without its table."""
        sample = self._there()
        return sample if table else sample._replace(processes=None)

    def glance(self, *, realtime: float, monotonic: float) -> Sample:  # noqa: ARG002 - a recording has its own clock
        """The recorded meminfo and pressure, all else left out."""
        whole = self._there()
        return whole._replace(vmstat=None, zones=None, swaps=None, zram=None, cgroups=None, processes=None)

    def time(self) -> float:
        """Seconds since the epoch, of the recording."""
        return self._there().time

    def monotonic(self) -> float:
        """Seconds of the recording's CLOCK_MONOTONIC."""
        return self._there().monotonic

    def _there(self) -> Sample:
        if self.sample is None:
            raise RuntimeError("no sample yet")
        return self.sample


class TapedJudge:
    """Asks an engine at every sample what it would tell, as the agent does; `make` builds it from source and clock."""

    def __init__(self, make: Callable[[Tape, Tape], Judging]) -> None:
        self._tape = Tape()
        self._engine = make(self._tape, self._tape)

    def __call__(self, snapshot: Snapshot) -> Raised | None:
        """The most urgent alert at this moment, None when all is calm."""
        self._tape.sample = snapshot.sample
        self._tape.kernel = snapshot.kernel or self._tape.kernel
        verdict = self._engine.tick()
        told = [alert for alert in self._engine.alerts if alert.level in _LEVELS]
        if not told:
            return None
        worst = max(told, key=lambda alert: list(_LEVELS).index(alert.level))
        left = verdict.seconds_left
        return Raised(_LEVELS[worst.level], worst.text, None if left is None else left[1])
