"""The memory controller of cgroup v1, whose files have other names and count swap together with memory.

    memory.limit_in_bytes  9223372036854771712
    memory.oom_control     oom_kill_disable 0, under_oom 0, oom_kill 0 (a line each)

Source: Documentation/admin-guide/cgroup-v1/memory.rst; mm/memcontrol-v1.c.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from guardian.kernel.keyed import parse_keyed, parse_number

USAGE = "memory.usage_in_bytes"
# "No limit" is the largest count of pages as bytes: near 2**63 with 64 bits, 8 TiB less a page with 32.
_ENDLESS = 1 << 62
_ENDLESS_32_BITS = (2**31 - 1) * 4096


class V1Memory(NamedTuple):
    """The files of one v1 cgroup, swap apart from memory; bytes, None where unknown or (for limits) where there is none."""

    usage: int | None
    limit: int | None
    swap_usage: int | None
    swap_limit: int | None
    oom_disabled: bool | None
    events: Mapping[str, int] | None
    reclaimable_file: int | None


class OomControl(NamedTuple):
    """memory.oom_control: whether tasks are parked instead of killed, whether some are, and kills so far (since 4.13)."""

    oom_disabled: bool | None
    under_oom: bool | None
    oom_kill: int | None


def parse_limit(text: str | None) -> int | None:
    """Bytes of a limit; None for v1's "no limit", a huge number, and when malformed."""
    limit = parse_number(text)
    return None if limit is None or limit < 0 or limit >= _ENDLESS or limit == _ENDLESS_32_BITS else limit


def parse_oom_control(text: str) -> OomControl:
    """The value of memory.oom_control."""
    numbers = parse_keyed(text)
    disabled, under = numbers.get("oom_kill_disable"), numbers.get("under_oom")
    return OomControl(None if disabled is None else disabled != 0, None if under is None else under != 0, numbers.get("oom_kill"))


def parse_reclaimable_file(text: str) -> int | None:
    """Bytes of file cache of a group and all below it, from memory.stat; None when a line is missing."""
    stat = parse_keyed(text)
    active, inactive = stat.get("total_active_file"), stat.get("total_inactive_file")
    return None if active is None or inactive is None else active + inactive


def parse_files(text: Callable[[str], str | None]) -> V1Memory:
    """One group; `text` gives a file's text by its name, None where it is not there."""
    usage, limit = parse_number(text(USAGE)), parse_limit(text("memory.limit_in_bytes"))
    both, both_limit = parse_number(text("memory.memsw.usage_in_bytes")), parse_limit(text("memory.memsw.limit_in_bytes"))
    control = text("memory.oom_control")
    stat = text("memory.stat") if limit is not None else None
    # The two counters are read one after the other, so their difference may fall below zero for a moment.
    return V1Memory(
        usage,
        limit,
        None if usage is None or both is None else max(0, both - usage),
        None if limit is None or both_limit is None else max(0, both_limit - limit),
        None if control is None else parse_oom_control(control).oom_disabled,
        None if control is None else {k: n for k, n in parse_keyed(control).items() if k in ("oom_kill", "under_oom")},
        None if stat is None else parse_reclaimable_file(stat),
    )
