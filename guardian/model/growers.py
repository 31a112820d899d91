"""Which programs grow most, those of one name taken together.

A compiler that runs eight times is one cause; ending or freezing concerns the largest of them.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from guardian.kernel.process import Process, ProcessKey
from guardian.model.verdict import Grower

# Less is the breathing of idle programs.
LEAST_GROWTH: Final = (8 << 20) / 60
MOST: Final = 3


def top_growers(
    processes: Iterable[Process], growth: Mapping[ProcessKey, float], most: int = MOST, least: float = LEAST_GROWTH
) -> tuple[Grower, ...]:
    """The fastest growing names, at most `most`, each growing at least `least` bytes per second.

    `growth` is bytes per second of anon + swap; processes that are not in it (new, or not readable) do not count.
    """
    known = [process for process in processes if process.memory is not None]
    # Those that shrink count against their namesakes; names of which none grows need no sum.
    growing = {process.name for process in known if growth.get(process.key, 0.0) > 0}
    named: dict[str, list[Process]] = {}
    for process in known:
        if process.name in growing and process.key in growth:
            named.setdefault(process.name, []).append(process)
    found = [_grower(name, members, growth) for name, members in named.items()]
    return tuple(sorted((one for one in found if one.growth >= least), key=lambda one: (-one.growth, one.name))[:most])


def _grower(name: str, members: Sequence[Process], growth: Mapping[ProcessKey, float]) -> Grower:
    largest = max(members, key=_held)
    return Grower(name, largest.key, len(members), sum(map(_held, members)), sum(growth[one.key] for one in members))


def _held(process: Process) -> int:
    """Bytes of anon and swap."""
    return process.memory.rss_anon + process.memory.swap if process.memory else 0
