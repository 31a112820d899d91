"""Values of sysctls that would leave the machine unable to go on, and the commit limit that some of them depend on.  Pure.

Source: mm/util.c:vm_commit_limit(), __vm_enough_memory(); Documentation/admin-guide/sysctl/vm.rst (min_free_kbytes:
"Setting this too high will OOM your machine instantly").
"""

from typing import Literal, NamedTuple

DEFAULT_RATIO = 50
_NEVER_MORE = 2
_KIB = 1024
# No machine gains from keeping more than this share of its memory back, nor from taking more than half of what is left at once.
_MOST_RESERVED = 5
_MOST_TAKEN = 2
_COMMIT_KEYS = frozenset(("vm.overcommit_memory", "vm.overcommit_ratio", "vm.overcommit_kbytes", "vm.admin_reserve_kbytes"))
DEADLY_KEYS = _COMMIT_KEYS | {"vm.min_free_kbytes"}


class MemoryFacts(NamedTuple):
    """What the judgement looks at: memory in bytes, and the switches in the kernel's own units.

    `huge` is the pool of huge pages, `promised` Committed_AS, `available` MemAvailable (None where it is not told).
    """

    ram: int
    huge: int
    swap: int
    promised: int
    available: int | None
    mode: int
    ratio: int
    kbytes: int
    admin_reserve_kbytes: int
    min_free_kbytes: int


class Deadly(NamedTuple):
    """Why a value is not set: `have` bytes are promised (or would be kept back) while only `allow` would be."""

    why: Literal["promised", "reserve"]
    have: int
    allow: int


def commit_limit_pages(ram: int, huge: int, swap: int, ratio: int, kbytes: int, page_size: int) -> int:
    """CommitLimit in pages; `ram`, `huge` and `swap` are in pages too.  `kbytes` other than 0 takes the ratio's place."""
    base = kbytes * _KIB // page_size if kbytes else (ram - huge) * ratio // 100
    return base + swap


def allowed_bytes(facts: MemoryFacts) -> int:
    """What mode 2 promises at most to those without CAP_SYS_ADMIN."""
    limit = commit_limit_pages(facts.ram, facts.huge, facts.swap, facts.ratio, facts.kbytes, 1)
    return limit - facts.admin_reserve_kbytes * _KIB


def with_value(facts: MemoryFacts, key: str, number: int) -> MemoryFacts:
    """The facts as they would be after a write; a ratio takes the kbytes' place and the other way round."""
    if key == "vm.overcommit_memory":
        return facts._replace(mode=number)
    if key == "vm.overcommit_ratio":
        return facts._replace(ratio=number, kbytes=0)
    if key == "vm.overcommit_kbytes":
        return facts._replace(kbytes=number, ratio=0)
    if key == "vm.admin_reserve_kbytes":
        return facts._replace(admin_reserve_kbytes=number)
    if key == "vm.min_free_kbytes":
        return facts._replace(min_free_kbytes=number)
    return facts


def deadly(key: str, number: int, facts: MemoryFacts) -> Deadly | None:
    """Why the value would stop new programs at once, or end running ones; None where it does not."""
    after = with_value(facts, key, number)
    if key in _COMMIT_KEYS and after.mode == _NEVER_MORE and allowed_bytes(after) <= facts.promised:
        return Deadly("promised", facts.promised, max(0, allowed_bytes(after)))
    if key == "vm.min_free_kbytes" and number > facts.min_free_kbytes:
        more = (number - facts.min_free_kbytes) * _KIB
        left = facts.ram if facts.available is None else facts.available
        most = min(facts.ram // _MOST_RESERVED, facts.min_free_kbytes * _KIB + left // _MOST_TAKEN)
        if number * _KIB > facts.ram // _MOST_RESERVED or more > left // _MOST_TAKEN:
            return Deadly("reserve", number * _KIB, most)
    return None
