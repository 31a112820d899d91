"""Pins as plans: what is wished for a program, what /proc says of it, and the writes that are still needed.

The wish is stated once; each tick compares it with what /proc says and plans only the difference.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import Enum
from typing import NamedTuple

from guardian.kernel.process import Process, ProcessKey
from guardian.protocol.rules import Rule, Subject, matches

PROTECT, IMMORTAL, SACRIFICE = -500, -1000, 1000
USER_FLOOR = 100


class Keeper(Enum):
    """Who applies a wish: nobody but the moment it was made, the user's agent, or root's enforcer."""

    ONCE = "once"
    AGENT = "agent"
    HELPER = "helper"


class Standing(Enum):
    """How a process fares against its wish."""

    HELD = "held"
    WANTED = "wanted"
    OVERWRITTEN = "overwritten"
    IMPOSSIBLE = "impossible here"


class Pin(NamedTuple):
    """One wish: a rule and who keeps it.  `key` is set for a single process, whose rule is its name then."""

    rule: Rule
    keeper: Keeper
    key: ProcessKey | None = None

    def is_same_rule(self, other: "Pin") -> bool:
        """Whether the two are one rule of one keeper, whatever they wish: the later took the place of the earlier."""
        return self.keeper is other.keeper and self.rule.id == other.rule.id


class Member(NamedTuple):
    """One process that a pin means: what is wished, what /proc says, and how it stands."""

    process: Process
    wanted: int
    now: int | None
    standing: Standing


class Plan(NamedTuple):
    """A pin with all processes it means now."""

    pin: Pin
    members: tuple[Member, ...]

    @property
    def held(self) -> int:
        """How many have the wished value."""
        return sum(member.standing is Standing.HELD for member in self.members)


class Adjust(NamedTuple):
    """One write that is still needed."""

    key: ProcessKey
    value: int


class Budget(NamedTuple):
    """What is protected: bytes of memory held by processes that pins lower, the share of all that is in use, and whether the
    kernel would still find a victim.
    """

    protected: int
    share: float
    killable_left: int


Describe = Callable[[Process], Subject]


def plans(
    pins: Iterable[Pin],
    processes: Sequence[Process],
    subject: Describe,
    tried: Mapping[ProcessKey, int] | None = None,
    impossible: Mapping[ProcessKey, int] | None = None,
) -> tuple[Plan, ...]:
    """Each pin with its processes as they stand.

    `tried` are values that were written and read back before: a process that has another one since set it itself.
    `impossible` are values that the kernel refused.
    """
    people = [process for process in processes if not process.kernel_thread and process.pid != 1 and process.state not in "ZX"]
    subjects = {process.key: subject(process) for process in people}
    found = []
    for pin in pins:
        meant = [process for process in people if _means(pin, process, subjects[process.key])]
        found.append(Plan(pin, tuple(_member(pin, process, tried or {}, impossible or {}) for process in meant)))
    return tuple(found)


def plan_adjustments(found: Iterable[Plan], *, keeper: Keeper = Keeper.AGENT) -> tuple[Adjust, ...]:
    """The writes that `keeper` still owes; a process meant by several pins follows the first.

    A value that its program overwrote is left to it, for fighting over it would never end, unless the rule insists.
    """
    owed: dict[ProcessKey, Adjust | None] = {}
    for plan in found:
        for member in plan.members:
            insists = member.standing is Standing.OVERWRITTEN and plan.pin.rule.insist
            due = (member.standing is Standing.WANTED or insists) and plan.pin.keeper is keeper
            owed.setdefault(member.process.key, Adjust(member.process.key, member.wanted) if due else None)
    return tuple(one for one in owed.values() if one is not None)


def heirs(key: ProcessKey, processes: Sequence[Process]) -> tuple[Process, ...]:
    """All processes that descend from one: what it starts from now on inherits its value, these did not."""
    by_parent: dict[int, list[Process]] = {}
    for process in processes:
        by_parent.setdefault(process.ppid, []).append(process)
    found: list[Process] = []
    todo = [key.pid]
    seen = {key.pid}
    while todo:
        for child in by_parent.get(todo.pop(), ()):
            if child.pid not in seen:
                seen.add(child.pid)
                found.append(child)
                todo.append(child.pid)
    return tuple(found)


def budget(found: Iterable[Plan], processes: Sequence[Process]) -> Budget:
    """How much is protected by pins below 0, and how many processes could still be ended in their place."""
    pinned = {member.process.key for plan in found if plan.pin.rule.adj < 0 for member in plan.members}
    sizes = {process.key: process.memory.rss + process.memory.swap for process in processes if process.memory is not None}
    protected = sum(size for key, size in sizes.items() if key in pinned)
    total = sum(sizes.values())
    left = sum(1 for process in processes if process.memory is not None and process.key not in pinned and process.pid != 1)
    return Budget(protected, protected / total if total else 0.0, left)


def only_raises(rule: Rule, floor: int = 0) -> bool:
    """Whether a rule asks for nothing that its owner could not do without privilege."""
    return rule.adj >= max(0, floor)


def _means(pin: Pin, process: Process, subject: Subject) -> bool:
    return process.key == pin.key if pin.key is not None else matches(pin.rule, subject)


def _member(pin: Pin, process: Process, tried: Mapping[ProcessKey, int], impossible: Mapping[ProcessKey, int]) -> Member:
    wanted, now = pin.rule.adj, process.oom_score_adj
    if now == wanted:
        standing = Standing.HELD
    elif impossible.get(process.key) == wanted:
        standing = Standing.IMPOSSIBLE
    elif tried.get(process.key) == wanted:
        standing = Standing.OVERWRITTEN
    else:
        standing = Standing.WANTED
    return Member(process, wanted, now, standing)
