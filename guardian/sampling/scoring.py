"""How the running kernel scores: found once from its own scores, and looked into again now and then."""

from typing import NamedTuple

from guardian.kernel.tree import Tree
from guardian.model.constraints import global_domain
from guardian.model.era import Era, Verification
from guardian.model.probe import era_of_release, probe_era
from guardian.sampling.sample import Sample

PROBE_SECONDS = 600.0


class KernelScoring(NamedTuple):
    """The kernel's way of scoring.

    `release` is uname -r, "" where unknown.  `verification` is None until a table was compared; `probed_at` is when that was,
    in seconds of CLOCK_MONOTONIC.
    """

    release: str
    era: Era
    verification: Verification | None = None
    probed_at: float | None = None


def read_release(tree: Tree) -> str:
    """Uname -r of a tree's kernel, "" where it does not tell."""
    return (tree.read_or_none("proc/sys/kernel/osrelease") or "").strip()


def scoring_of(release: str) -> KernelScoring:
    """What a release alone speaks for; nothing is verified."""
    return KernelScoring(release, era_of_release(release))


def probed(kernel: KernelScoring, sample: Sample) -> KernelScoring:
    """The scoring verified against a sample's own scores; the same value where it has no table or was probed lately."""
    if not sample.processes:
        return kernel
    if kernel.probed_at is not None and 0 <= sample.monotonic - kernel.probed_at < PROBE_SECONDS:
        return kernel
    domain = global_domain(sample.memory, sample.page_size)
    era, verification = probe_era(sample.processes, domain, kernel.release, sample.zones)
    return KernelScoring(kernel.release, era, verification, sample.monotonic)
