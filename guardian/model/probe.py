"""Which era's formula the running kernel uses, found by recomputing its own scores.

Back-ports make a release a poor witness: 5.4.144 scores like 5.9.  Source: fs/proc/base.c:proc_oom_score() of each era.
"""

from collections.abc import Sequence
from typing import Final

from guardian.kernel.errors import Unparsable
from guardian.kernel.process import Process
from guardian.kernel.release import KernelRelease, parse_release
from guardian.kernel.zoneinfo import Zone
from guardian.model.badness import badness, oom_score
from guardian.model.domain import OomDomain
from guardian.model.era import Era, Verification
from guardian.model.victim import in_vfork

# Share of exact scores from which an era counts as proved.
VERIFIED_SHARE: Final = 0.99
_FIRST_RELEASES: Final[tuple[tuple[tuple[int, int, int], Era], ...]] = (
    ((7, 0, 0), Era.E9),
    ((5, 9, 0), Era.E8),
    ((5, 2, 0), Era.E7),
    ((4, 17, 0), Era.E6),
    ((3, 14, 0), Era.E5),
    ((3, 5, 0), Era.E4),
    ((2, 6, 36), Era.E3),
    ((2, 5, 0), Era.E2),
    ((0, 0, 0), Era.E1),
)
# Eras that print the same scores; what tells them apart is the release.
_SAME_SCORES: Final = ((Era.E3,), (Era.E4,), (Era.E5,), (Era.E6, Era.E7), (Era.E8, Era.E9))


def verified(verification: Verification) -> bool:
    """Whether so many scores came out exact that the era is proved."""
    return verification.checked > 0 and verification.exact >= VERIFIED_SHARE * verification.checked


def era_of_release(release: str) -> Era:
    """The era that uname -r speaks for, with the back-ports known; the newest for a text that is no release.

    A distribution may have carried a later formula back, so `probe_era` is the better witness.
    """
    try:
        parsed = parse_release(release)
    except Unparsable:
        return Era.E9
    if parsed.enterprise == 6:
        # 2.6.32 with the rewrite of 2.6.36 and oom_score_adj.
        return Era.E3
    if parsed.version[:2] == (5, 4) and _signed_in_54(parsed):
        return Era.E8
    return next(era for first, era in _FIRST_RELEASES if parsed.version >= first)


def _signed_in_54(release: KernelRelease) -> bool:
    """Whether a 5.4 kernel has the signed badness of 5.9, which 5.4.144 took over.

    Ubuntu counts its builds of 5.4.0 instead; build 216 has it, and those from about 90 on came after 5.4.144.
    """
    if release.patch >= 144:
        return True
    build = release.tail.removeprefix("-").partition("-")[0]
    return release.patch == 0 and build.isdecimal() and int(build) >= 90


def probe_era(
    processes: Sequence[Process], domain: OomDomain, release: str, zones: Sequence[Zone] | None = None
) -> tuple[Era, Verification]:
    """The era whose formula gives the most scores exactly, and how many; `domain` must be the global one.

    Only processes are counted whose memory, adjustment and score are known and whose 0 cannot mean that the kernel has
    set them aside.  Of eras that explain the scores equally well, the nearest to the one the release speaks for wins; `zones`
    tell 7.0 by its counter of free high-order atomic pages.
    """
    expected = era_of_release(release)
    if expected is Era.E8 and zones is not None and any(zone.free_highatomic is not None for zone in zones):
        expected = Era.E9
    if expected is Era.E1 or expected is Era.E2:
        return expected, Verification(0, 0)
    by_pid = {process.key.pid: process for process in processes}
    witnesses = [process for process in processes if _testifies(process) and not in_vfork(process, by_pid)]
    exact = {eras: sum(_explains(process, domain, eras[0]) for process in witnesses) for eras in _SAME_SCORES}
    most = max(exact.values())
    best = [eras for eras in _SAME_SCORES if exact[eras] == most]
    order = tuple(Era)
    # The nearest to what the release says; of two as near the newer one.
    era = min(
        (era for eras in best for era in eras),
        key=lambda era: (abs(order.index(era) - order.index(expected)), -order.index(era)),
    )
    return era, Verification(len(witnesses), most)


def _testifies(process: Process) -> bool:
    """Whether its score depends on the formula and cannot be 0 for another reason."""
    return (
        process.memory is not None
        and process.oom_score is not None
        and process.oom_score_adj is not None
        and not process.kernel_thread
        and not process.exiting
        and not process.kill_pending
    )


def _explains(process: Process, domain: OomDomain, era: Era) -> bool:
    return oom_score(badness(process, domain, era), domain.total_pages, era) == process.oom_score
