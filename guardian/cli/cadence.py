"""A steady beat for commands that go on: no drift, and beats missed while the machine stood still are left out."""

import time
from collections.abc import Iterator


def beats(interval: float, most: int | None = None) -> Iterator[float]:
    """CLOCK_MONOTONIC at each beat, sleeping in between; the first comes at once.  `most` None goes on for ever."""
    begun = time.monotonic()
    count = 0
    while most is None or count < most:
        now = time.monotonic()
        yield now
        count += 1
        after = time.monotonic() - begun
        if most is None or count < most:
            time.sleep(interval - after % interval)
