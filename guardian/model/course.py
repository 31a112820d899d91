"""The course of a machine towards the end of its memory: two judges side by side, each with its evidence.

The outlook says when what is left would be gone; the kernel's own criterion and the classic clock say whether it is gone now.
Source: mm/page_alloc.c:should_reclaim_retry(); mm/util.c:__vm_enough_memory() for overcommit mode 2.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from guardian.kernel.meminfo import MemInfo
from guardian.kernel.pressure import Pressure
from guardian.kernel.vmstat import VmStat
from guardian.kernel.zoneinfo import Zone
from guardian.model.classic_clock import ClassicCheck, ClassicClock, checks, failure_seen, wind
from guardian.model.constraints import Limit
from guardian.model.criterion import gave_up, reclaim_between, zone_slack
from guardian.model.decline import Decline, Holdings, follow, forget
from guardian.model.outlook import DEFAULT_LIMITS, Limits, Outlook, look_ahead
from guardian.model.verdict import Evidence, State

_ORDER = tuple(State)
# The first second of looking belongs to whatever was starting then, this program included.
SETTLING_SECONDS = 1.0
_MOST_GROUPS = 64
_NEVER_REFUSE = 2


class Facts(NamedTuple):
    """What one moment of the machine tells the judges; None is unknown.

    `at` is monotonic seconds, `room` what can still be used and `total` all there is, in bytes, `swap` whether any is set up.
    `holdings` are bytes of anon + swap per process, None where the table was not read.
    """

    at: float
    memory: MemInfo
    page_size: int
    room: int
    total: int
    swap: bool
    pressure: Pressure | None = None
    vmstat: VmStat | None = None
    zones: Sequence[Zone] | None = None
    limits: Sequence[Limit] = ()
    holdings: Holdings | None = None
    overcommit_mode: int | None = None


class Course(NamedTuple):
    """What has to be known of the past to judge the next moment."""

    started: float
    at: float
    room: Decline
    groups: Mapping[str, Decline]
    vmstat: VmStat | None
    clock: ClassicClock


class Reading(NamedTuple):
    """The judgement of one moment.

    `group` is the limited cgroup that is in danger, None where none is, and `group_outlook` its own.  `kills` counts the kills
    since the moment before.  `proxy` says by which sign an allocation failed, None where none did.
    """

    state: State
    outlook: Outlook
    group: str | None
    group_outlook: Outlook | None
    evidence: tuple[Evidence, ...]
    classic: tuple[ClassicCheck, ...]
    classic_kill: bool
    proxy: str | None
    kills: int


def read_course(before: Course | None, facts: Facts, limits: Limits = DEFAULT_LIMITS) -> tuple[Course, Reading]:
    """The judgement of a moment, and what to remember for the next."""
    kills = _kills(before, facts)
    past = None if before is None or facts.at - before.started < SETTLING_SECONDS else before.room
    room = follow(forget(past) if past is not None and kills else past, facts.at, facts.room, facts.total, facts.holdings)
    outlook = look_ahead(room, facts.at, facts.room, swap=facts.swap, limits=limits)
    groups, group, group_outlook = _groups(before, facts, limits)
    waiting = facts.pressure.some.avg10 if facts.pressure else None
    failure = failure_seen(before.vmstat if before else None, facts.vmstat, facts.memory.swap_free, waiting)
    clock, classic_kill = wind(
        before.clock if before else ClassicClock(), facts.at, facts.memory.swap_free, failure is not None, kills > 0
    )
    criterion = _criterion(before, facts, limits)
    refused_first = commit_left(facts) is not None and (commit_left(facts) or 0) < facts.room
    state = _milder(outlook.state, refused_first)
    if group_outlook is not None:
        state = _worse(state, group_outlook.state)
    if any(one.met for one in criterion if one.name in ("thrashing", "zone slack")):
        state = _worse(state, State.CRITICAL)
    if any(one.met for one in criterion if one.name == "pressure"):
        # Copying much makes all wait too, with all the room there is: worth a look, no more.
        state = _worse(state, State.WATCH)
    reading = Reading(
        state=state,
        outlook=outlook,
        group=group,
        group_outlook=group_outlook,
        evidence=(*_trend(outlook, facts, limits), *criterion),
        classic=checks(clock, facts.at, facts.memory.swap_free),
        classic_kill=classic_kill,
        proxy=failure.proxy if failure else None,
        kills=kills,
    )
    started = facts.at if before is None else before.started
    return Course(started, facts.at, room, groups, facts.vmstat or (before.vmstat if before else None), clock), reading


def commit_left(facts: Facts) -> int | None:
    """Bytes that may still be promised in overcommit mode 2, which refuses requests before memory ends; None in other modes."""
    if facts.overcommit_mode != _NEVER_REFUSE or facts.memory.commit_limit is None or facts.memory.committed_as is None:
        return None
    return max(0, facts.memory.commit_limit - facts.memory.committed_as)


def _milder(state: State, refused_first: bool) -> State:
    """Where requests are refused first, programs fail to allocate, but nothing is killed: worth a look, no alarm."""
    return State.WATCH if refused_first and state in (State.WARNING, State.CRITICAL) else state


def _kills(before: Course | None, facts: Facts) -> int:
    was = before.vmstat.get("oom_kill") if before and before.vmstat else None
    now = facts.vmstat.get("oom_kill") if facts.vmstat else None
    return max(0, now - was) if was is not None and now is not None else 0


def _groups(before: Course | None, facts: Facts, limits: Limits) -> tuple[Mapping[str, Decline], str | None, Outlook | None]:
    """The falls of all limited cgroups, and the one in the most danger."""
    found: dict[str, Decline] = {}
    worst: tuple[str, Outlook] | None = None
    for limit in _limited(facts.limits):
        path, total = limit.cgroup.path, limit.domain.total_pages * limit.domain.page_size
        left = max(0, limit.distance or 0)
        settled = before is not None and facts.at - before.started >= SETTLING_SECONDS
        decline = follow(before.groups.get(path) if before and settled else None, facts.at, left, total)
        found[path] = decline
        outlook = look_ahead(decline, facts.at, left, swap=False, limits=limits)
        if outlook.speed is None:
            # A group that rests at its limit lives on its page cache; only growth leads to a kill there.
            continue
        if worst is None or _ORDER.index(outlook.state) > _ORDER.index(worst[1].state):
            worst = (path, outlook)
    return found, *(worst if worst is not None and worst[1].state is not State.CALM else (None, None))


def _limited(limits: Iterable[Limit]) -> list[Limit]:
    return [limit for limit in limits if limit.distance is not None and limit.cgroup.max][:_MOST_GROUPS]


def _trend(outlook: Outlook, facts: Facts, limits: Limits) -> tuple[Evidence, ...]:
    swap_free = facts.memory.swap_free if facts.swap else None
    low = (limits.low_room_with_swap if facts.swap else limits.low_room) * facts.total
    seconds = outlook.seconds[1] if outlook.seconds else None
    belief = (limits.belief_with_swap if facts.swap else limits.belief) * outlook.seconds_falling
    due = min(belief, limits.farthest) if seconds is not None else None
    return (
        Evidence("room", facts.room, low, met=facts.room < low),
        Evidence("swap", swap_free, None, met=False),
        Evidence("seconds left", seconds, due, met=seconds is not None and due is not None and seconds <= due),
    )


def _criterion(before: Course | None, facts: Facts, limits: Limits) -> tuple[Evidence, ...]:
    """The kernel's own signs, as far as they can be seen."""
    found: list[Evidence] = []
    full = (facts.pressure.full or facts.pressure.some).avg10 if facts.pressure else None
    thin = facts.room < limits.critical_room * facts.total
    found.append(Evidence("pressure", full, limits.thrashing, met=full is not None and full >= limits.thrashing))
    found.append(Evidence("thrashing", full, limits.thrashing, met=thin and full is not None and full >= limits.thrashing))
    if facts.zones:
        slack = zone_slack(facts.zones, facts.page_size, swap_free=bool(facts.memory.swap_free))
        if slack is not None:
            found.append(Evidence("zone slack", slack.best, 0, met=slack.best <= 0))
        tired = gave_up(facts.zones)
        if tired is not None:
            found.append(Evidence("kswapd gave up", float(tired), 1.0, met=tired))
    if before is not None and before.vmstat is not None and facts.vmstat is not None:
        reclaim = reclaim_between(before.vmstat, facts.vmstat, facts.at - before.at)
        fruit = reclaim.fruit
        found.append(Evidence("reclaim fruit", fruit, 0.01, met=fruit is not None and fruit < 0.01 and reclaim.stalls > 0))
        found.append(Evidence("refaults", reclaim.refaults, None, met=False))
    left = commit_left(facts)
    if left is not None:
        found.append(Evidence("commit", left, 0, met=left <= 0))
    return tuple(found)


def _worse(one: State, other: State) -> State:
    return max(one, other, key=_ORDER.index)
