"""Page Protection as values: every plan as wished and as the machine says, what is left to choose from, and what to be warned of.

Pure: pins, drop-ins and a table of processes go in; nothing is read or written.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import Enum
from types import MappingProxyType
from typing import NamedTuple

from guardian.kernel.process import Process, ProcessKey
from guardian.policy.acts import Act, UnitWish
from guardian.policy.pins import Keeper, Member, Pin, Plan, Standing, plans
from guardian.protocol.plans import UnitPlan
from guardian.protocol.rules import Rule, RuleError, Subject, parse_rule

NO_UNIT_PLAN = UnitPlan()


class Stand(Enum):
    """How a plan fares as a whole."""

    HELD = "held"
    PARTLY = "partly"
    NOT_HELD = "not held"
    IMPOSSIBLE = "impossible here"
    WAITING = "waiting"


class Kept(NamedTuple):
    """A drop-in of ours: its wish, its path, and what the manager says is in effect (None: none answers)."""

    wish: UnitWish
    path: str
    effective: UnitPlan | None


class PlanRow(NamedTuple):
    """One plan of the page.  `kept` is its drop-in, None for a rule or a single process."""

    id: str
    plan: Plan
    kept: Kept | None = None

    @property
    def adj(self) -> int | None:
        """The wished adjustment, None where the plan leaves it alone."""
        return self.plan.pin.rule.adj if self.kept is None else self.kept.wish.plan.oom_score_adjust

    @property
    def wish(self) -> UnitPlan:
        """What the plan wishes beside the adjustment."""
        return NO_UNIT_PLAN if self.kept is None else self.kept.wish.plan

    @property
    def stand(self) -> Stand:
        """How it fares."""
        members = self.plan.members
        if not members:
            return Stand.WAITING
        if any(each.standing is Standing.IMPOSSIBLE for each in members) and not self.plan.held:
            return Stand.IMPOSSIBLE
        if self.plan.held == len(members):
            return Stand.HELD if self._properties_held else Stand.PARTLY
        return Stand.PARTLY if self.plan.held else Stand.NOT_HELD

    @property
    def _properties_held(self) -> bool:
        if self.kept is None or self.kept.effective is None:
            return True
        pairs = zip(self.kept.wish.plan, self.kept.effective, strict=True)
        return all(wished is None or wished == now for wished, now in pairs)


class Shares(NamedTuple):
    """Bytes of memory and swap that programs hold, by how they stand before the killer.

    `immortal` (never ended: −1000 and the like) is part of `protected`; `left` counts processes that can be ended and are not
    protected.
    """

    protected: int
    ordinary: int
    offered: int
    immortal: int
    left: int

    @property
    def total(self) -> int:
        """All of them."""
        return self.protected + self.ordinary + self.offered

    @property
    def share(self) -> float:
        """The protected part of it."""
        return self.protected / self.total if self.total else 0.0


class Heirs(NamedTuple):
    """What a plan's programs have started: they inherit its value.  `names` are the commonest first."""

    row: str
    title: str
    value: int
    processes: int
    names: tuple[str, ...]


class Protection(NamedTuple):
    """All that the page shows.

    `helper` is whether the helper is there, `oomd` whether systemd-oomd runs.  `reserved` is bytes that MemoryLow= plans keep.
    `own` is Guardian's own process in the table, `complaints` are sentences on what could not be learnt.  `lost` says how often a
    process set its own value again, and when last (seconds since the epoch).
    """

    rows: tuple[PlanRow, ...]
    shares: Shares
    heirs: tuple[Heirs, ...]
    reserved: int
    helper: bool
    oomd: bool
    own: Process | None
    complaints: tuple[str, ...] = ()
    lost: Mapping[ProcessKey, tuple[int, float]] = MappingProxyType({})


class Overwrites:
    """Remembers which process had its wished value and lost it: its program sets it again."""

    def __init__(self) -> None:
        self._held: dict[ProcessKey, int] = {}
        self._lost: dict[ProcessKey, tuple[int, float]] = {}

    def look(self, rows: Iterable[PlanRow], time: float, living: frozenset[ProcessKey]) -> None:
        """Take note of how members stand at `time` (seconds since the epoch)."""
        for row in rows:
            for member in row.plan.members:
                key = member.process.key
                if member.standing is Standing.HELD:
                    self._held[key] = member.wanted
                elif self._held.pop(key, None) == member.wanted:
                    self._lost[key] = (self._lost.get(key, (0, 0.0))[0] + 1, time)
        for known in (self._held, self._lost):
            for key in known.keys() - living:
                known.pop(key)

    def tried(self) -> dict[ProcessKey, int]:
        """Values that were seen held: whoever has another one now set it itself."""
        return dict(self._held)

    def lost(self, key: ProcessKey) -> tuple[int, float] | None:
        """How often a process set its value again, and when last; None where it never did."""
        return self._lost.get(key)


def rows_of(
    pins: Iterable[Pin],
    kept: Iterable[Kept],
    acts: Iterable[Act],
    processes: Sequence[Process],
    subject: Callable[[Process], Subject],
    tried: Mapping[ProcessKey, int],
    impossible: Mapping[ProcessKey, int],
) -> tuple[PlanRow, ...]:
    """Lasting rules first, then drop-ins, then what was done once to single processes that no rule means."""
    lasting = tuple(pins)
    units = tuple(kept)
    unit_pins = tuple(_pin_of(each) for each in units)
    found = plans((*lasting, *unit_pins), processes, subject, tried, impossible)
    rows = [PlanRow(f"{plan.pin.keeper.value}:{plan.pin.rule.id}", plan) for plan in found[: len(lasting)]]
    for each, plan in zip(units, found[len(lasting) :], strict=True):
        shown = plan if each.wish.plan.oom_score_adjust is not None else _without_wish(plan)
        rows.append(PlanRow(f"unit:{each.wish.user}:{each.wish.unit}", shown, each))
    meant = {member.process.key for row in rows for member in row.plan.members}
    once = _once(acts, meant, processes)
    rows += [PlanRow(f"once:{plan.pin.key}", plan) for plan in plans(once, processes, subject, tried, impossible)]
    return tuple(rows)


def _pin_of(kept: Kept) -> Pin:
    value = kept.wish.plan.oom_score_adjust
    return Pin(Rule("unit", kept.wish.unit, value if value is not None else 0), Keeper.HELPER)


def _without_wish(plan: Plan) -> Plan:
    """A plan that leaves the adjustment alone: every value is right."""
    members = tuple(Member(each.process, each.now or 0, each.now, Standing.HELD) for each in plan.members)
    return plan._replace(members=members)


def _once(acts: Iterable[Act], meant: set[ProcessKey], processes: Sequence[Process]) -> list[Pin]:
    living = {process.key for process in processes}
    last: dict[ProcessKey, Pin] = {}
    for act in acts:
        for change in act.changes:
            if change.key in living and change.key not in meant:
                rule = Rule("name", change.name, change.now)
                last[change.key] = Pin(rule, Keeper.ONCE, change.key)
    return list(last.values())


def shares_of(rows: Iterable[PlanRow], processes: Sequence[Process]) -> Shares:
    """How much of what programs hold is protected, by what /proc says or a plan wishes."""
    pinned = {member.process.key for row in rows if row.adj is not None and row.adj < 0 for member in row.plan.members}
    protected = ordinary = offered = immortal = left = 0
    for process in processes:
        if process.memory is None or process.kernel_thread:
            continue
        size = process.memory.rss + process.memory.swap
        adj = process.oom_score_adj or 0
        if adj < 0 or process.key in pinned or process.pid == 1:
            protected += size
            immortal += size if adj == -1000 or process.pid == 1 else 0
        else:
            left += 1
            if adj > 0:
                offered += size
            else:
                ordinary += size
    return Shares(protected, ordinary, offered, immortal, left)


def heirs_of(rows: Iterable[PlanRow], processes: Sequence[Process]) -> tuple[Heirs, ...]:
    """For each plan below 0, who descends from its programs, is not meant by it and has its value."""
    children = children_of(processes)
    found = []
    for row in rows:
        value = row.adj
        if value is None or value >= 0:
            continue
        meant = {member.process.key for member in row.plan.members}
        below = descendants([member.process for member in row.plan.members], children)
        having = [child for child in below if child.key not in meant and child.oom_score_adj == value]
        if having:
            counts: dict[str, int] = {}
            for child in having:
                counts[child.name] = counts.get(child.name, 0) + 1
            names = tuple(sorted(counts, key=lambda name: (-counts[name], name)))
            found.append(Heirs(row.id, title_of(row), value, len(having), names))
    return tuple(found)


def children_of(processes: Iterable[Process]) -> dict[int, list[Process]]:
    """The children of each process by the parent's pid."""
    found: dict[int, list[Process]] = {}
    for process in processes:
        found.setdefault(process.ppid, []).append(process)
    return found


def descendants(parents: Sequence[Process], children: Mapping[int, Sequence[Process]]) -> list[Process]:
    """All that descend from some processes, each once; `children` by the parent's pid."""
    seen: dict[ProcessKey, Process] = {}
    todo = list(parents)
    while todo:
        for child in children.get(todo.pop().pid, ()):
            if child.key not in seen:
                seen[child.key] = child
                todo.append(child)
    return list(seen.values())


def title_of(row: PlanRow) -> str:
    """What a plan is for, in a word: the program, unit or application without path and suffix."""
    rule = row.plan.pin.rule
    if rule.kind == "exe":
        return rule.target.rsplit("/", 1)[-1]
    if rule.kind == "unit":
        return rule.target.rpartition(".")[0].removesuffix("@")
    if rule.kind == "app":
        return rule.target.rsplit(".", 1)[-1]
    return rule.target


def rule_for(subject: Subject, kind: str, value: int, user: str | None, *, immortal: bool = False) -> Rule:
    """The rule that means every process of a subject's program, unit or application.  RuleError where there is none."""
    target = {"exe": subject.exe, "unit": subject.unit, "app": subject.app, "name": subject.name}[kind]
    if target is None:
        raise RuleError(f"its {kind} is not known")
    keys: dict[str, object] = {kind: target, "adj": value}
    if immortal:
        keys["immortal"] = True
    if kind in ("app", "name") and value < 0 and user is not None:
        keys["user"] = user
    return parse_rule(keys)


def counts_of(rows: Iterable[PlanRow]) -> dict[Stand, int]:
    """How many plans stand in each way; ways that none has are left out."""
    found: dict[Stand, int] = {}
    for row in rows:
        found[row.stand] = found.get(row.stand, 0) + 1
    return {stand: found[stand] for stand in Stand if stand in found}
