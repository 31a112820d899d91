"""/sys/block/zram*/mm_stat: what compressed swap really costs.

    orig_data_size compr_data_size mem_used_total mem_limit mem_used_max same_pages pages_compacted huge_pages

Source: Documentation/admin-guide/blockdev/zram.rst.
"""

from typing import NamedTuple


class ZramDevice(NamedTuple):
    """One zram device, in bytes: what was stored, what it was compressed to, what the pool takes of RAM.

    `limit` is None where none is set (the file says 0).
    """

    name: str
    stored: int
    compressed: int
    pool: int
    limit: int | None
