"""/sys/block/zram*/mm_stat: what compressed swap really costs.

    orig_data_size compr_data_size mem_used_total mem_limit mem_used_max same_pages pages_compacted huge_pages

Source: Documentation/admin-guide/blockdev/zram.rst.
"""

from typing import NamedTuple

from guardian.kernel.errors import Denied, Unparsable, Vanished
from guardian.kernel.tree import Tree


class ZramDevice(NamedTuple):
    """One zram device, in bytes: what was stored, what it was compressed to, what the pool takes of RAM.

    `limit` is None where none is set (the file says 0).
    """

    name: str
    stored: int
    compressed: int
    pool: int
    limit: int | None


def parse_mm_stat(name: str, text: str) -> ZramDevice:
    """The value of one device's mm_stat.  Raises Unparsable."""
    try:
        stored, compressed, pool, limit = map(int, text.split()[:4])
    except ValueError as error:
        raise Unparsable(f"sys/block/{name}/mm_stat", str(error)) from error
    return ZramDevice(name, stored, compressed, pool, limit or None)


def read_zram(tree: Tree) -> tuple[ZramDevice, ...]:
    """The zram devices of a machine; empty without any, and on kernels before 4.2, which have no mm_stat."""
    try:
        names = [name for name in tree.names("sys/block") if name.startswith("zram")]
    except (Vanished, Denied):
        return ()
    texts = ((name, tree.read_or_none(f"sys/block/{name}/mm_stat")) for name in sorted(names))
    return tuple(parse_mm_stat(name, text) for name, text in texts if text)
