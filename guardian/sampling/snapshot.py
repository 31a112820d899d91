"""A sample judged: the one value that table, pages, command line and metrics show."""

from collections.abc import Mapping
from typing import NamedTuple

from guardian.kernel.errors import Unparsable
from guardian.kernel.process import Process, ProcessKey
from guardian.kernel.release import parse_release
from guardian.model.badness_old import OldKernel
from guardian.model.composition import Composition, compose
from guardian.model.constraints import global_domain
from guardian.model.domain import OomDomain
from guardian.model.era import Era, Verification
from guardian.model.growth import growth_rates
from guardian.model.room import room
from guardian.model.victim import Victim, rank_victims
from guardian.sampling.sample import Sample
from guardian.sampling.scoring import KernelScoring, probed, scoring_of

GROWTH_SECONDS = 15.0
# Less says more of the moment than of the program.
_YOUNGEST_SECONDS = 1.0
_MARK_SECONDS = 3.0
_USER_HZ = 100

Mark = tuple[float, tuple[Process, ...]]


class Snapshot(NamedTuple):
    """What one sample means, given the one before it.

    `victims` holds every process: the ranked ones in the killer's order, then those it would never take.  It is empty when
    the sample has no table.  `room` is bytes that can still be used before reclaim has nothing left (memory and swap);
    `room_memory` and `room_swap` are its parts.  `growth` is bytes per second of anon + swap, present only for processes
    seen before.  `verification` is None until a table was read.  `release` is uname -r.  `kernel` is how it scores, to be
    handed on to the next; `marks` are tables of the last seconds (CLOCK_MONOTONIC), from which growth is measured.
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
    kernel: KernelScoring | None = None
    marks: tuple[Mark, ...] = ()


def interpret(now: Sample, before: Snapshot | None, kernel: KernelScoring | None = None) -> Snapshot:
    """Judge a sample.  `kernel` is `scoring_of(release)`; what the snapshot before has found out by probing is taken over.

    Growth is measured over the last GROWTH_SECONDS as far as tables reach back, so that one odd tick does not count for much.
    Without `kernel` the release is unknown, and the era is what probing says.
    """
    if before is not None and before.sample.monotonic > now.monotonic:
        before = None
    known = before.kernel if before is not None else None
    if known is None or (kernel is not None and kernel.release != known.release):
        known = kernel or scoring_of("")
    scoring = probed(known, now)
    domain = global_domain(now.memory, now.page_size)
    left = room(now.memory, now.page_size, now.zones, now.swaps, now.zram)
    marks = before.marks if before is not None else ()
    return Snapshot(
        sample=now,
        release=scoring.release,
        era=scoring.era,
        verification=scoring.verification,
        domain=domain,
        composition=compose(now.memory, None if now.zram is None else sum(device.pool for device in now.zram)),
        room=left.total,
        room_memory=left.memory,
        room_swap=left.swap,
        victims=victims_of(now, domain, scoring),
        growth=_growth(now, marks),
        kernel=scoring,
        marks=_marked(now, marks),
    )


def victims_of(sample: Sample, domain: OomDomain, kernel: KernelScoring) -> tuple[Victim, ...]:
    """The victims of one sample in one domain, best first; empty when it has no table."""
    if sample.processes is None:
        return ()
    return rank_victims(
        sample.processes,
        domain,
        kernel.era,
        cgroups=sample.cgroups,
        old=_old_kernel(sample, kernel),
        machine_pages=None if domain.constraint == "global" else global_domain(sample.memory, sample.page_size).total_pages,
    )


def _old_kernel(sample: Sample, kernel: KernelScoring) -> OldKernel | None:
    """What the formulas before 2.6.36 ask of the machine; None for all later ones."""
    if kernel.era not in (Era.E1, Era.E2):
        return None
    try:
        release = parse_release(kernel.release).version
    except Unparsable:
        release = (2, 6, 24)
    return OldKernel(int(sample.monotonic * _USER_HZ), _USER_HZ, release)


def _growth(now: Sample, marks: tuple[Mark, ...]) -> Mapping[ProcessKey, float]:
    """Rates since the newest table that is old enough, else since the oldest there is.

    Of programs that were born after it, since the first table they are in: those that fill memory in seconds are often young.
    """
    if now.processes is None or not marks:
        return {}
    first = next((number for number in reversed(range(len(marks))) if now.monotonic - marks[number][0] >= GROWTH_SECONDS), 0)
    found = dict(growth_rates(marks[first][1], now.processes, now.monotonic - marks[first][0]))
    young = [one for one in now.processes if one.memory is not None and one.key not in found]
    for at, table in marks[first + 1 :]:
        if not young or now.monotonic - at < _YOUNGEST_SECONDS:
            break
        rates = growth_rates(table, young, now.monotonic - at)
        found |= rates
        young = [one for one in young if one.key not in rates]
    return found


def _marked(now: Sample, marks: tuple[Mark, ...]) -> tuple[Mark, ...]:
    """The tables to measure later growth from: some seconds apart, none older than is needed."""
    old = [mark for mark in marks if now.monotonic - mark[0] >= GROWTH_SECONDS]
    kept = (*old[-1:], *marks[len(old) :])
    if now.processes is None or (kept and now.monotonic - kept[-1][0] < _MARK_SECONDS):
        return kept
    return (*kept, (now.monotonic, now.processes))
