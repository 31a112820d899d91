"""Judged looks at the machine, or at the tree that stands for it: one, or one at each beat."""

import argparse
import os
import time
from collections.abc import Iterator

from guardian.cli.cadence import beats
from guardian.kernel.tree import KernelTree
from guardian.model.constraints import global_domain
from guardian.model.era import Era
from guardian.model.first_victims import first_victims
from guardian.model.victim import Victim
from guardian.sampling.sample import Sample
from guardian.sampling.sampler import take_sample
from guardian.sampling.scoring import KernelScoring, probed, read_release, scoring_of
from guardian.sampling.snapshot import Snapshot, interpret, victims_of


def tree_of(args: argparse.Namespace) -> KernelTree:
    """The tree that the command line names: the live machine's, unless tests say otherwise."""
    return KernelTree(args.root)


def page_size_here() -> int:
    """Bytes of a page on this machine."""
    return os.sysconf("SC_PAGE_SIZE")


def measure(tree: KernelTree) -> Snapshot:
    """Take one exact sample with the table and judge it.  Raises KernelFileError when even meminfo cannot be had."""
    sample = take_sample(tree, realtime=time.time(), monotonic=time.monotonic(), page_size=page_size_here())
    return interpret(sample, None, scoring_of(read_release(tree)))


def looks(tree: KernelTree, interval: float, most: int | None = None) -> Iterator[Snapshot]:
    """A judged look at each beat, cheap because what a look needs stays open.  Raises KernelFileError without meminfo."""
    from guardian.sampling.live import LiveSampler

    before = None
    with LiveSampler(tree, page_size_here()) as sampler:
        for now in beats(interval, most):
            before = interpret(sampler.take(realtime=time.time(), monotonic=now), before, sampler.kernel)
            yield before


def first_looks(tree: KernelTree, interval: float, count: int) -> Iterator[tuple[Sample, tuple[Victim, ...]]]:
    """A sample and its first `count` victims at each beat, without all else that a snapshot holds."""
    from guardian.sampling.live import LiveSampler

    with LiveSampler(tree, page_size_here()) as sampler:
        scoring = sampler.kernel
        for now in beats(interval):
            sample = sampler.take(realtime=time.time(), monotonic=now)
            scoring = probed(scoring, sample)
            yield sample, _first(sample, scoring, count)


def _first(sample: Sample, scoring: KernelScoring, count: int) -> tuple[Victim, ...]:
    domain = global_domain(sample.memory, sample.page_size)
    if scoring.era is Era.E1 or scoring.era is Era.E2:
        return tuple(victim for victim in victims_of(sample, domain, scoring)[:count] if victim.rank is not None)
    return first_victims(sample.processes or (), domain, scoring.era, count)
