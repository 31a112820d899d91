"""Which kills are shown: by killer, since when, of which start of the machine, and by words."""

from collections.abc import Sequence
from typing import NamedTuple

from guardian.model.history import Kill
from guardian.policy.kill_words import headline, lane_words, reason_words

DAY = 86400.0


class HistoryFilter(NamedTuple):
    """What is wanted; "" and None want all.

    `lane` is a lane of the timeline, `since` and `until` seconds since the epoch, `text` words that must all be there.
    """

    lane: str = ""
    since: float | None = None
    until: float | None = None
    text: str = ""

    @property
    def wants_all(self) -> bool:
        """Whether nothing is left out."""
        return not self.lane and self.since is None and self.until is None and not self.text.strip()

    def takes(self, kill: Kill) -> bool:
        """Whether a kill is among those wanted; those without a time belong to any time."""
        if self.lane and lane_words(kill) != self.lane:
            return False
        if kill.time is not None:
            if self.since is not None and kill.time < self.since:
                return False
            if self.until is not None and kill.time >= self.until:
                return False
        words = self.text.lower().split()
        return not words or all(word in _told(kill) for word in words)


def kept(kills: Sequence[Kill], wanted: HistoryFilter) -> tuple[Kill, ...]:
    """The kills that a filter takes."""
    return tuple(kills) if wanted.wants_all else tuple(kill for kill in kills if wanted.takes(kill))


def _told(kill: Kill) -> str:
    """Everything of a kill that may be looked for."""
    parties = [*kill.victims, *filter(None, (kill.culprit, kill.invoker))]
    words = [headline(kill), lane_words(kill), reason_words(kill), kill.memcg or "", kill.reason or ""]
    words += [f"{party.name} {party.pid or ''} {party.cgroup or ''}" for party in parties]
    return " ".join(words).lower()
