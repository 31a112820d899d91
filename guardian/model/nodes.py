"""Sets of memory nodes, as cpusets and policies name them."""

from functools import lru_cache

from guardian.kernel.errors import Unparsable
from guardian.kernel.id_list import parse_id_list


@lru_cache(maxsize=64)
def nodes_of(text: str) -> frozenset[int] | None:
    """The nodes of a list such as "0-1,3"; None where the text is no list."""
    try:
        return frozenset(parse_id_list(text))
    except Unparsable:
        return None


def may_meet(allowed: str | None, wanted: str | None) -> bool:
    """Whether two lists of nodes have one in common; true where either is unknown."""
    if allowed is None or wanted is None:
        return True
    here, there = nodes_of(allowed), nodes_of(wanted)
    return here is None or there is None or bool(here & there)
