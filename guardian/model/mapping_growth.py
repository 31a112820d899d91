"""Which mappings of a process grow, from two looks at its smaps.

Mappings of one kind are told together: a heap may lie in hundreds of pieces, of which the kernel joins and splits some at will.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from guardian.kernel.smaps import Footprint, Mapping, footprint_of

ANONYMOUS: Final = "[anonymous]"
LEAST: Final = 64 << 10
MOST: Final = 8


class MappingGrowth(NamedTuple):
    """Mappings of one name: how many, what they hold now (private and swap, bytes), and by how much they grew."""

    name: str
    mappings: int
    held: int
    grown: int


class InsideLook(NamedTuple):
    """Two looks at the inside of a process, `seconds` apart.

    `growing` are the names whose mappings grew, most first; `rest` is what all others grew by (negative where they shrank).
    """

    seconds: float
    before: Footprint
    now: Footprint
    growing: tuple[MappingGrowth, ...]
    rest: int

    @property
    def grown(self) -> int:
        """Bytes, private and swap, by which the whole process grew."""
        return self.now.uss + self.now.swap - self.before.uss - self.before.swap


def compare_mappings(before: Sequence[Mapping], now: Sequence[Mapping], seconds: float, most: int = MOST) -> InsideLook:
    """What grew between two looks."""
    then = _by_name(before)
    rows = []
    for name, mappings in _by_name(now).items():
        held = sum(one.held for one in mappings)
        grown = held - sum(one.held for one in then.get(name, ()))
        rows.append(MappingGrowth(name, len(mappings), held, grown))
    growing = sorted((row for row in rows if row.grown >= LEAST), key=lambda row: (-row.grown, row.name))[:most]
    first, last = _footprint(before), _footprint(now)
    whole = last.uss + last.swap - first.uss - first.swap
    return InsideLook(seconds, first, last, tuple(growing), whole - sum(row.grown for row in growing))


def _by_name(mappings: Sequence[Mapping]) -> dict[str, list[Mapping]]:
    found: dict[str, list[Mapping]] = {}
    for one in mappings:
        found.setdefault(one.name or ANONYMOUS, []).append(one)
    return found


def _footprint(mappings: Sequence[Mapping]) -> Footprint:
    return footprint_of(tuple(mappings)) if mappings else Footprint(0, 0, 0, 0)
