"""Today's test of whether memory is out, seen from outside: no zone could satisfy another try, or reclaim goes round in vain.

Source: mm/page_alloc.c:should_reclaim_retry(), __zone_watermark_ok() (4.7 and later); mm/vmscan.c for node_unreclaimable.
"""

from collections.abc import Sequence
from typing import NamedTuple

from guardian.kernel.vmstat import VmStat
from guardian.kernel.zoneinfo import Zone


class Slack(NamedTuple):
    """Bytes above the min watermark if all that can be reclaimed were: in the best zone (the kernel's criterion), and in all."""

    best: int
    total: int


class Reclaim(NamedTuple):
    """What reclaim did in an interval: pages looked at and freed, stalls of allocating tasks, refaults and swap-ins a second."""

    scanned: int
    freed: int
    stalls: int
    refaults: float
    swap_ins: float

    @property
    def fruit(self) -> float | None:
        """The share that was freed of what was looked at; None where nothing was."""
        return self.freed / self.scanned if self.scanned else None


def zone_slack(zones: Sequence[Zone], page_size: int, *, swap_free: bool) -> Slack | None:
    """The slack of a machine's zones for an ordinary movable request of one page; None without a managed zone.

    Anonymous pages count only while swap is free: without it they cannot go anywhere.
    """
    slacks = [_slack(zone, zones, swap_free=swap_free) for zone in zones if zone.managed]
    if not slacks:
        return None
    return Slack(max(slacks) * page_size, sum(max(0, slack) for slack in slacks) * page_size)


def gave_up(zones: Sequence[Zone]) -> bool | None:
    """Whether kswapd gave up on every node that has memory; None where this kernel does not tell."""
    told = [zone.unreclaimable for zone in zones if zone.managed and zone.unreclaimable is not None]
    return all(told) if told else None


def reclaim_between(before: VmStat, now: VmStat, seconds: float) -> Reclaim:
    """What reclaim did between two looks at the counters, `seconds` apart."""

    def rise(prefix: str) -> int:
        return max(0, now.total(prefix) - before.total(prefix))

    elapsed = max(seconds, 1e-3)
    return Reclaim(
        scanned=rise("pgscan_direct") + rise("pgscan_kswapd"),
        freed=rise("pgsteal_direct") + rise("pgsteal_kswapd"),
        stalls=rise("allocstall"),
        refaults=rise("workingset_refault") / elapsed,
        swap_ins=rise("pswpin") / elapsed,
    )


def _slack(zone: Zone, zones: Sequence[Zone], *, swap_free: bool) -> int:
    files = (zone.active_file or 0) + (zone.inactive_file or 0)
    anonymous = (zone.active_anon or 0) + (zone.inactive_anon or 0) if swap_free else 0
    return zone.free - (zone.free_highatomic or 0) + files + anonymous - zone.min - _reserve(zone, zones)


def _reserve(zone: Zone, zones: Sequence[Zone]) -> int:
    """What the zone keeps back from a request that may use the movable zone too."""
    names = [other.name for other in zones if other.node == zone.node]
    highest = names.index("Movable") if "Movable" in names else len(names) - 1
    return zone.protection[highest] if highest < len(zone.protection) else max(zone.protection, default=0)
