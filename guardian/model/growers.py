"""Which programs grow most, those of one name taken together.

A compiler that runs eight times is one cause; ending or freezing concerns the largest of them.
"""

from collections.abc import Iterable, Mapping
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
    names: dict[str, Grower] = {}
    largest: dict[str, int] = {}
    for process in processes:
        rate, memory = growth.get(process.key), process.memory
        if rate is None or memory is None:
            continue
        held = memory.rss_anon + memory.swap
        known = names.get(process.name, Grower(process.name, process.key, 0, 0, 0.0))
        if held >= largest.get(process.name, 0):
            largest[process.name] = held
            known = known._replace(key=process.key)
        names[process.name] = known._replace(
            processes=known.processes + 1, memory=known.memory + held, growth=known.growth + rate
        )
    found = [one for one in names.values() if one.growth >= least]
    return tuple(sorted(found, key=lambda one: (-one.growth, one.name))[:most])
