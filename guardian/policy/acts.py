"""What a user asks to be done to programs, what was done, and what takes it back.

Pure: orders go in, acts come out of whoever carries them out, and the journal of acts says what an undo has to write.
"""

from collections.abc import Iterable, Mapping
from typing import Literal, NamedTuple

from guardian.kernel.process import Process, ProcessKey
from guardian.policy.applications import Group
from guardian.policy.group_limit import Place
from guardian.policy.pins import Pin
from guardian.policy.setting_changes import SettingChange, Write
from guardian.protocol.plans import UnitPlan
from guardian.protocol.rules import Rule

SignalName = Literal["TERM", "KILL", "STOP", "CONT"]
MOST_ACTS = 200


class UnitWish(NamedTuple):
    """What a unit of the system's or the user's own manager should have."""

    unit: str
    user: bool
    plan: UnitPlan


class PinOrder(NamedTuple):
    """Set an adjustment: now for `processes`, and where `rule` or `unit` is there also for those that start later.

    `value` None leaves the adjustments as they are (a unit's other properties alone).  `group` is the application or unit that
    the processes are the whole of, None else.
    """

    label: str
    processes: tuple[Process, ...]
    value: int | None
    rule: Rule | None = None
    unit: UnitWish | None = None
    immortal: bool = False
    group: Group | None = None


class SignalOrder(NamedTuple):
    """End, freeze or continue these processes; `group` is the application or unit that they are the whole of, None else."""

    label: str
    processes: tuple[Process, ...]
    signal: SignalName
    group: Group | None = None


class LimitOrder(NamedTuple):
    """Hold the group of these processes at so many bytes (memory.high); None lets it have as much as it likes again."""

    label: str
    processes: tuple[Process, ...]
    place: Place
    high: int | None


class SwapOutOrder(NamedTuple):
    """Move what these processes do not use to swap; `group` is theirs alone, None where they share it with others."""

    label: str
    processes: tuple[Process, ...]
    group: str | None


class ForgetOrder(NamedTuple):
    """Take a lasting plan away; processes keep what they have."""

    label: str
    pin: Pin | None = None
    unit: UnitWish | None = None


class SettingOrder(NamedTuple):
    """Set sysctls, in this order: until the next boot, for good, or on trial for `rollback` seconds (0: no trial)."""

    label: str
    writes: tuple[Write, ...]
    persist: bool = False
    rollback: int = 0


class SettleOrder(NamedTuple):
    """End a trial: keep what is tried, or go back at once."""

    label: str
    changes: tuple[SettingChange, ...]
    keep: bool


class Change(NamedTuple):
    """One process's adjustment before an act and as read back after it."""

    key: ProcessKey
    name: str
    before: int
    now: int


class GroupLimit(NamedTuple):
    """The limit of one group before an act and as read back after it; bytes, None where there is none.

    `path` is the cgroup, as in /proc/PID/cgroup.
    """

    path: str
    before: int | None
    now: int | None


class SwappedOut(NamedTuple):
    """What moving to swap gave, in bytes as read before and after: out of memory, into swap, and the room in memory gained."""

    left: int
    into_swap: int
    room: int


class Act(NamedTuple):
    """One thing that was done, with all that takes it back.

    `time` is seconds since the epoch.  `kept` and `forgotten` are lasting rules, `units` and `units_gone` drop-ins, `frozen`
    processes that were stopped and `continued` those that go on, `ended` what an end was asked of (which nothing takes back).
    `settings` are sysctls; those `on_trial` go back by themselves.
    `limits` are groups that are held back; `swapped_out` comes back by itself, as it is used.
    """

    label: str
    time: float
    changes: tuple[Change, ...] = ()
    kept: tuple[Pin, ...] = ()
    forgotten: tuple[Pin, ...] = ()
    units: tuple[UnitWish, ...] = ()
    units_gone: tuple[UnitWish, ...] = ()
    frozen: tuple[ProcessKey, ...] = ()
    continued: tuple[ProcessKey, ...] = ()
    ended: tuple[ProcessKey, ...] = ()
    forced: bool = False
    settings: tuple[SettingChange, ...] = ()
    on_trial: tuple[SettingChange, ...] = ()
    limits: tuple[GroupLimit, ...] = ()
    swapped_out: SwappedOut | None = None

    @property
    def can_undo(self) -> bool:
        """Whether there is something to take back."""
        changed = any(change.before != change.now for change in self.changes)
        limited = any(limit.before != limit.now for limit in self.limits)
        lasting = (self.kept, self.forgotten, self.units, self.units_gone, self.frozen, self.settings)
        return changed or limited or any(lasting)


class UndoOrder(NamedTuple):
    """Take these acts back, newest first.

    `also` are processes that a rule of theirs has set since: what they have, and what they get back.
    """

    acts: tuple[Act, ...]
    also: tuple[Change, ...] = ()


Order = PinOrder | SignalOrder | LimitOrder | SwapOutOrder | ForgetOrder | SettingOrder | SettleOrder | UndoOrder


class Done(NamedTuple):
    """What came of an order: the act as it was carried out, and a sentence for each part that was not.

    `undone` are acts that were taken back.  `gone` counts processes that had ended before.
    """

    order: Order
    act: Act
    refusals: tuple[str, ...] = ()
    undone: tuple[Act, ...] = ()
    gone: int = 0


class Steps(NamedTuple):
    """What an undo has to do: rules and drop-ins first, since their keepers would set the values again."""

    forget: tuple[Pin, ...]
    keep: tuple[Pin, ...]
    unprotect: tuple[UnitWish, ...]
    protect: tuple[UnitWish, ...]
    write: tuple[Change, ...]
    thaw: tuple[ProcessKey, ...]
    limits: tuple[GroupLimit, ...] = ()


def undo_steps(acts: Iterable[Act], current: Mapping[ProcessKey, int | None]) -> Steps:
    """What takes acts back, given what /proc says now.

    A process goes back to what it had before the first of the acts.  One that has another value than the last act gave it was
    set by somebody else since and is left alone; one that is not in `current` has ended.
    """
    ordered = sorted(acts, key=lambda act: act.time)
    first: dict[ProcessKey, Change] = {}
    last: dict[ProcessKey, Change] = {}
    for act in ordered:
        for change in act.changes:
            first.setdefault(change.key, change)
            last[change.key] = change
    write = tuple(
        Change(key, change.name, last[key].now, change.before)
        for key, change in first.items()
        if key in current and current[key] == last[key].now != change.before
    )
    # What took the place of another rule gives it back by that one's being kept again; of several the earliest counts.
    kept = [pin for act in ordered for pin in act.kept]
    gone = [pin for act in ordered for pin in act.forgotten]
    made = [wish for act in ordered for wish in act.units]
    removed = [wish for act in ordered for wish in act.units_gone]
    stopped = {key: True for act in ordered for key in act.frozen}
    for act in ordered:
        for key in act.continued:
            stopped.pop(key, None)
    back = [pin for pin in gone if pin not in kept]
    back = [pin for at, pin in enumerate(back) if not any(pin.is_same_rule(one) for one in back[:at])]
    return Steps(
        tuple(pin for pin in kept if pin not in gone and not any(pin.is_same_rule(one) for one in back)),
        tuple(back),
        tuple(wish for wish in made if wish not in removed),
        tuple(wish for wish in removed if wish not in made),
        write,
        tuple(key for key in stopped if key in current),
        _limits_back(ordered),
    )


def _limits_back(ordered: Iterable[Act]) -> tuple[GroupLimit, ...]:
    """For each group what the last act gave it, and what it had before the first."""
    found: dict[str, GroupLimit] = {}
    for act in ordered:
        for limit in act.limits:
            first = found.get(limit.path)
            found[limit.path] = GroupLimit(limit.path, limit.now, first.now if first is not None else limit.before)
    return tuple(limit for limit in found.values() if limit.before != limit.now)


def with_done(acts: tuple[Act, ...], done: Done) -> tuple[Act, ...]:
    """The journal after an order: acts that were taken back are gone, one that can be is added."""
    left = tuple(act for act in acts if act not in done.undone)
    if isinstance(done.order, UndoOrder) or not done.act.can_undo:
        return left
    return (*left, done.act)[-MOST_ACTS:]


def tried_values(acts: Iterable[Act]) -> dict[ProcessKey, int]:
    """The values that acts wrote and read back: a process that has another one since set it itself."""
    return {change.key: change.now for act in acts for change in act.changes}
