"""/proc/zoneinfo: watermarks and LRU sizes of each zone.

    Node 0, zone   Normal
      pages free     81263
            min      2712
            low      3390
            high     4068
            managed  1032192
            protection: (0, 0, 0, 0, 0)
          nr_zone_inactive_file 572193

Source: mm/vmstat.c:zoneinfo_show_print().
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from guardian.kernel.errors import Unparsable
from guardian.kernel.keyed import parse_number


class Zone(NamedTuple):
    """One zone of one node, all sizes in pages; None where this kernel does not print it.

    `protection` is lowmem_reserve per requesting zone index.  `unreclaimable` is the node's flag after fruitless reclaim.
    """

    node: int
    name: str
    free: int
    min: int
    low: int
    high: int
    managed: int | None
    protection: tuple[int, ...]
    active_file: int | None = None
    inactive_file: int | None = None
    active_anon: int | None = None
    inactive_anon: int | None = None
    free_highatomic: int | None = None
    free_cma: int | None = None
    unreclaimable: bool | None = None


_HEAD = re.compile(r"^Node +([0-9]{1,9}), zone +(\S+)", re.MULTILINE)
_UNRECLAIMABLE = re.compile(r"(?:node|all)_unreclaimable: +([0-9]+)")
# Names of a zone's own counters: since 4.8 with nr_zone_, before that without.
_COUNTERS = {
    "free_highatomic": "free_highatomic",
    "nr_free_highatomic": "free_highatomic",
    "nr_free_cma": "free_cma",
    "nr_zone_active_file": "active_file",
    "nr_zone_inactive_file": "inactive_file",
    "nr_zone_active_anon": "active_anon",
    "nr_zone_inactive_anon": "inactive_anon",
    "nr_active_file": "active_file",
    "nr_inactive_file": "inactive_file",
    "nr_active_anon": "active_anon",
    "nr_inactive_anon": "inactive_anon",
    "min": "min",
    "low": "low",
    "high": "high",
    "managed": "managed",
}


def parse_zoneinfo(text: str) -> tuple[Zone, ...]:
    """The zones of /proc/zoneinfo in its order; those without free pages and watermarks are left out.

    Raises Unparsable when there is none.
    """
    zones = [zone for section in _sections(text) if (zone := _parse_zone(*section)) is not None]
    if not zones:
        raise Unparsable("proc/zoneinfo", "no zone with free pages and watermarks")
    return tuple(zones)


def _sections(text: str) -> Iterator[tuple[int, str, str]]:
    """Node, zone name and text of each zone."""
    heads = list(_HEAD.finditer(text))
    ends = [head.start() for head in heads[1:]] + [len(text)]
    for head, end in zip(heads, ends, strict=False):
        yield int(head[1]), head[2], text[head.end() : end]


def _parse_zone(node: int, name: str, text: str) -> Zone | None:
    """One zone; None when its free pages or one of its watermarks is missing or malformed."""
    # Node-wide counters stand above "pages free", per-CPU ones (with a "high:" of their own) from "pagesets" on.
    _, _, text = text.partition("\n  pages free")
    text, _, tail = text.partition("\n  pagesets")
    free, *lines = text.split("\n")
    values = {"free": free.strip()}
    protection: tuple[int, ...] = ()
    for line in lines:
        key, _, value = line.strip().partition(" ")
        if key in _COUNTERS:
            values[_COUNTERS[key]] = value
        elif key == "protection:":
            protection = _protection(value)
    numbers = {field: number for field, value in values.items() if (number := parse_number(value)) is not None}
    if not {"free", "min", "low", "high"} <= numbers.keys():
        return None
    flag = _UNRECLAIMABLE.search(tail)
    return Zone(
        node, name, numbers["free"], numbers["min"], numbers["low"], numbers["high"], numbers.get("managed"), protection,
        numbers.get("active_file"), numbers.get("inactive_file"), numbers.get("active_anon"),
        numbers.get("inactive_anon"), numbers.get("free_highatomic"), numbers.get("free_cma"),
        None if flag is None else flag[1] != "0",
    )  # fmt: skip


def _protection(text: str) -> tuple[int, ...]:
    """The numbers of "(0, 3019, 18891)"; empty when malformed."""
    try:
        return tuple(map(int, text.strip().strip("()").split(",")))
    except ValueError:
        return ()
