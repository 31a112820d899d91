"""How earlier forecasts came out: each is compared with what room did in the half minute after it."""

from typing import Final, NamedTuple

from guardian.model.arithmetic import median

CLAIM_SECONDS: Final = 10.0
CHECK_SECONDS: Final = 30.0
KEPT: Final = 20
_TOLERANCE: Final = 0.2


class ForecastRecord(NamedTuple):
    """Of the last forecasts that could be checked, how many held, and by how many seconds they were usually off."""

    checked: int
    held: int
    usual_error: float | None


class Claim(NamedTuple):
    """A forecast as it was made: when (monotonic), the room then, and the fall it foretold in bytes per second."""

    at: float
    room: float
    fastest: float
    likeliest: float
    slowest: float


class ForecastBook(NamedTuple):
    """Claims that wait to be checked, and the outcomes of the last ones: whether each held, and its error in seconds."""

    claims: tuple[Claim, ...] = ()
    outcomes: tuple[tuple[bool, float], ...] = ()

    @property
    def record(self) -> ForecastRecord | None:
        """The record so far; None before the first outcome."""
        if not self.outcomes:
            return None
        return ForecastRecord(
            len(self.outcomes), sum(held for held, _ in self.outcomes), median(error for _, error in self.outcomes)
        )


def note(book: ForecastBook, at: float, room: float, seconds: tuple[float, float, float] | None) -> ForecastBook:
    """The book after one moment: a claim more where there is a forecast, an outcome more where one has become due.

    `seconds` are (earliest, likeliest, latest) until nothing is left.
    """
    due = tuple(claim for claim in book.claims if at - claim.at >= CHECK_SECONDS)
    waiting = tuple(claim for claim in book.claims if at - claim.at < CHECK_SECONDS)
    outcomes = (*book.outcomes, *(_outcome(claim, at, room) for claim in due))[-KEPT:]
    if seconds is not None and room > 0 and (not waiting or at - waiting[-1].at >= CLAIM_SECONDS):
        fastest, likeliest, slowest = (room / max(left, 1e-3) for left in seconds)
        # A forecast whose end lies nearer than the check is judged by what is left then, so it cannot be held to a full fall.
        if seconds[1] > CHECK_SECONDS:
            waiting = (*waiting, Claim(at, room, fastest, likeliest, slowest))
    return ForecastBook(waiting, outcomes)


def _outcome(claim: Claim, at: float, room: float) -> tuple[bool, float]:
    span = at - claim.at
    fell, meant = claim.room - room, claim.likeliest * span
    slack = _TOLERANCE * meant
    held = claim.slowest * span - slack <= fell <= claim.fastest * span + slack
    return held, abs(fell - meant) / claim.likeliest
