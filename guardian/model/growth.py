"""How fast each process grows.

Only what ending a process would give back counts: file pages come and go with reclaim.
"""

from collections.abc import Iterable, Mapping

from guardian.kernel.process import Process, ProcessKey


def growth_rates(before: Iterable[Process], now: Iterable[Process], seconds: float) -> Mapping[ProcessKey, float]:
    """Bytes of anon + swap per second by which each process grew, negative where it shrank.

    Only processes whose memory was known both times are in it; none where no time has passed.
    """
    if seconds <= 0:
        return {}
    held = {process.key: process.memory for process in before if process.memory is not None}
    rates = {}
    for process in now:
        old, new = held.get(process.key), process.memory
        if old is not None and new is not None:
            rates[process.key] = 0.0 if old is new else (new.rss_anon + new.swap - old.rss_anon - old.swap) / seconds
    return rates
