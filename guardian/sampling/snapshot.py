"""A sample judged: the one value that table, pages, command line and metrics show."""

from collections.abc import Mapping
from typing import NamedTuple

from guardian.kernel.process import ProcessKey
from guardian.model.composition import Composition
from guardian.model.domain import OomDomain
from guardian.model.era import Era, Verification
from guardian.model.victim import Victim
from guardian.sampling.sample import Sample


class Snapshot(NamedTuple):
    """What one sample means, given the one before it.

    `victims` holds every process: the ranked ones in the killer's order, then those it would never take.  It is empty when
    the sample has no table.  `room` is bytes that can still be used before reclaim has nothing left (memory and swap);
    `room_memory` and `room_swap` are its parts.  `growth` is bytes per second of anon + swap, present only for processes
    seen before.  `verification` is None until a table was read.  `release` is uname -r.
    """

    sample: Sample
    release: str
    era: Era
    verification: Verification | None
    domain: OomDomain
    composition: Composition
    room: int
    room_memory: int
    room_swap: int
    victims: tuple[Victim, ...]
    growth: Mapping[ProcessKey, float]
