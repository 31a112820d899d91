"""/proc/zoneinfo: watermarks and LRU sizes of each zone.

Source: mm/vmstat.c:zoneinfo_show_print().
"""

from typing import NamedTuple


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
