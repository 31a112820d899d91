"""Killers in user space: when each acts, and whom it would take, by its own rules.

systemd-oomd kills whole cgroups and does not look at oom_score; earlyoom and nohang kill the process with the highest oom_score.
Source: systemd-oomd.service(8), oomd.conf(5), systemd.resource-control(5) (252); earlyoom(1) (1.7, 1.9); nohang.conf (0.3).
"""

import re
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from guardian.kernel.cgroup import MemoryCgroup
from guardian.kernel.meminfo import MemInfo
from guardian.kernel.process import Process
from guardian.model.verdict import NextVictim
from guardian.protocol.i18n import _
from guardian.protocol.quantities import format_percent

# systemd-oomd leaves cgroups alone that use no more than this share of all swap.
OOMD_LEAST_SWAP: Final = 0.05
PREFERENCE: Final = 300


class OomdRules(NamedTuple):
    """systemd-oomd as configured: shares are fractions, `duration` in seconds.

    `swap` are the cgroups below which it kills when memory and swap are used beyond `used_limit`; `pressure` those below which
    it kills when all tasks waited for longer than the given share.
    """

    swap: tuple[str, ...] = ()
    pressure: tuple[tuple[str, float], ...] = ()
    used_limit: float = 0.90
    duration: float = 30.0


class PercentRules(NamedTuple):
    """earlyoom or nohang: it acts when both memory and swap are no more than these shares free.

    `base` says what memory is compared with: all RAM, or available + anonymous ("user", earlyoom 1.8+).  `prefer` and `avoid`
    shift oom_score by 300, `ignore` is never taken; patterns are searched in the name.  `memory_bytes` and `swap_bytes` are
    limits in bytes, None where only shares are set; of both the smaller one counts.
    """

    name: str
    memory: float = 0.10
    swap: float = 0.10
    base: str = "all"
    prefer: str | None = None
    avoid: str | None = None
    ignore: str | None = None
    memory_bytes: int | None = None
    swap_bytes: int | None = None


def shares_of(rules: PercentRules, memory: MemInfo) -> tuple[float, float]:
    """The limits of memory and swap as shares of this machine's, whatever they were set in."""
    pairs = ((rules.memory, rules.memory_bytes, memory.mem_total), (rules.swap, rules.swap_bytes, memory.swap_total or 0))
    found = [share if size is None or not total else min(share, size / total) for share, size, total in pairs]
    return found[0], found[1]


Rules = OomdRules | PercentRules


def user_space_victims(
    rules: Iterable[Rules], memory: MemInfo, processes: Sequence[Process], cgroups: Sequence[MemoryCgroup]
) -> tuple[NextVictim, ...]:
    """What each killer in user space would do next, as far as it can be told from outside."""
    found: list[NextVictim] = []
    for one in rules:
        if isinstance(one, PercentRules):
            found.append(_by_percent(one, memory, processes))
        else:
            found += _oomd(one, memory, processes, cgroups)
    return tuple(found)


def _by_percent(rules: PercentRules, memory: MemInfo, processes: Sequence[Process]) -> NextVictim:
    free = _available_share(memory, rules.base)
    swap = (memory.swap_free or 0) / memory.swap_total if memory.swap_total else 0.0
    victim = max((one for one in processes if _eligible(one, rules)), key=lambda one: _preference(one, rules), default=None)
    least_memory, least_swap = shares_of(rules, memory)
    condition = _("memory and swap under {share} free").format(share=format_percent(least_memory))
    if not memory.swap_total:
        condition = _("memory under {share} free").format(share=format_percent(least_memory))
    now = _("now {share} free").format(share=format_percent(free))
    nearness = min(_nearness(free, least_memory), _nearness(swap, least_swap))
    return NextVictim(
        killer="earlyoom" if rules.name == "earlyoom" else "nohang",
        acts_when=condition,
        distance=now,
        nearness=nearness,
        name=victim.name if victim else None,
        key=victim.key if victim else None,
        cgroup=victim.cgroup if victim else None,
        frees=victim.memory.frees if victim and victim.memory else None,
        also_dies=0,
    )


def _available_share(memory: MemInfo, base: str) -> float:
    available = memory.mem_available if memory.mem_available is not None else memory.mem_free
    whole = memory.mem_total if base == "all" else available + (memory.anon_pages or 0)
    return available / whole if whole else 0.0


def _nearness(free: float, limit: float) -> float:
    """0 where all is free, 1 where the limit is reached."""
    return min(1.0, max(0.0, (1.0 - free) / (1.0 - limit))) if limit < 1 else 1.0


def _eligible(process: Process, rules: PercentRules) -> bool:
    if process.pid == 1 or process.kernel_thread or process.memory is None or process.oom_score is None:
        return False
    if process.oom_score_adj == -1000 or process.name == rules.name or process.state in "ZX":
        return False
    return not (rules.ignore and _found(rules.ignore, process.name))


def _preference(process: Process, rules: PercentRules) -> tuple[int, int]:
    score = process.oom_score or 0
    if rules.prefer and _found(rules.prefer, process.name):
        score += PREFERENCE
    if rules.avoid and _found(rules.avoid, process.name):
        score -= PREFERENCE
    return score, process.memory.rss if process.memory else 0


def _found(pattern: str, name: str) -> bool:
    try:
        return re.search(pattern, name) is not None
    except re.error:
        return False


def _oomd(
    rules: OomdRules, memory: MemInfo, processes: Sequence[Process], cgroups: Sequence[MemoryCgroup]
) -> Iterable[NextVictim]:
    if rules.swap and memory.swap_total:
        yield _oomd_swap(rules, memory, processes, cgroups)
    for path, limit in rules.pressure:
        monitored = next((one for one in cgroups if one.path == path), None)
        if monitored is not None and monitored.pressure is not None:
            yield _oomd_pressure(rules, monitored, limit, processes, cgroups)


def _oomd_swap(rules: OomdRules, memory: MemInfo, processes: Sequence[Process], cgroups: Sequence[MemoryCgroup]) -> NextVictim:
    total = memory.swap_total or 1
    used_swap = 1 - (memory.swap_free or 0) / total
    used_memory = 1 - _available_share(memory, "all")
    candidates = [one for top in rules.swap for one in _leaves(top, cgroups) if (one.swap_current or 0) > OOMD_LEAST_SWAP * total]
    victim = max(candidates, key=lambda one: one.swap_current or 0, default=None)
    return _whole_group(
        victim,
        processes,
        condition=_("memory and swap over {share}").format(share=format_percent(rules.used_limit)),
        distance=_("now {share}").format(share=format_percent(min(used_swap, used_memory))),
        nearness=min(1.0, min(used_swap, used_memory) / rules.used_limit),
    )


def _oomd_pressure(
    rules: OomdRules, monitored: MemoryCgroup, limit: float, processes: Sequence[Process], cgroups: Sequence[MemoryCgroup]
) -> NextVictim:
    """Its order is by recent reclaim, which is not told from outside; the largest stands in for it."""
    full = monitored.pressure.full if monitored.pressure else None
    waited = full.avg10 if full else 0.0
    victim = max(_leaves(monitored.path, cgroups), key=lambda one: one.current or 0, default=None)
    return _whole_group(
        victim,
        processes,
        condition=_("pressure over {share} for {seconds:g} s").format(share=format_percent(limit), seconds=rules.duration),
        distance=_("now {share}").format(share=format_percent(waited)),
        nearness=min(1.0, waited / limit) if limit else 1.0,
    )


def _leaves(top: str, cgroups: Sequence[MemoryCgroup]) -> list[MemoryCgroup]:
    """What may be killed below a monitored cgroup: those without children, and those that die as a group."""
    prefix = top.rstrip("/") + "/"
    below = [one for one in cgroups if one.path.startswith(prefix) and one.path != top]
    parents = {one.path.rpartition("/")[0] for one in below}
    return [one for one in below if one.oom_group or one.path not in parents]


def _whole_group(
    victim: MemoryCgroup | None, processes: Sequence[Process], *, condition: str, distance: str, nearness: float
) -> NextVictim:
    members = []
    if victim is not None:
        inside = victim.path.rstrip("/") + "/"
        members = [one for one in processes if one.cgroup is not None and f"{one.cgroup}/".startswith(inside)]
    largest = max(members, key=lambda one: one.memory.frees if one.memory else 0, default=None)
    return NextVictim(
        killer="systemd-oomd",
        acts_when=condition,
        distance=distance,
        nearness=nearness,
        name=largest.name if largest else None,
        key=None,
        cgroup=victim.path if victim else None,
        frees=(victim.current or 0) + (victim.swap_current or 0) if victim else None,
        also_dies=max(0, len(members) - 1),
    )


class OomdRank(NamedTuple):
    """A cgroup's place with systemd-oomd, from 1: when swap fills, and under pressure; None where it is no candidate."""

    swap: int | None = None
    pressure: int | None = None


def oomd_ranks(rules: OomdRules, memory: MemInfo, cgroups: Sequence[MemoryCgroup]) -> dict[str, OomdRank]:
    """The places of all candidates by path.

    Under pressure its order is by recent reclaim, which is not told from outside; the size stands in for it, within each
    monitored cgroup apart.
    """
    least = OOMD_LEAST_SWAP * (memory.swap_total or 0)
    swapped = {one.path: one for top in rules.swap for one in _leaves(top, cgroups) if (one.swap_current or 0) > least}
    by_swap = sorted(swapped.values(), key=lambda one: -(one.swap_current or 0)) if memory.swap_total else []
    found = {one.path: OomdRank(swap=rank) for rank, one in enumerate(by_swap, 1)}
    for top, _limit in rules.pressure:
        by_size = sorted(_leaves(top, cgroups), key=lambda one: -(one.current or 0))
        for rank, one in enumerate(by_size, 1):
            before = found.get(one.path, OomdRank())
            better = rank if before.pressure is None else min(rank, before.pressure)
            found[one.path] = before._replace(pressure=better)
    return found
