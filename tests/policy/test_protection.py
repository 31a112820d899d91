"""Plans as wished and as they stand; what is left to choose from; who inherits."""

import pytest

from guardian.kernel.process import Process, ProcessKey, ProcessMemory
from guardian.policy.acts import Act, Change, UnitWish
from guardian.policy.pins import Keeper, Pin
from guardian.policy.protection import (
    Kept,
    Overwrites,
    PlanRow,
    Stand,
    counts_of,
    heirs_of,
    rows_of,
    rule_for,
    shares_of,
    title_of,
)
from guardian.protocol.plans import UnitPlan
from guardian.protocol.rules import Rule, RuleError, Subject

MIB = 1 << 20


def process(pid: int, name: str = "x", adj: int = 0, mib: int = 100, ppid: int = 1) -> Process:
    memory = ProcessMemory(mib * MIB, 0, 0, 0, 0)
    return Process(ProcessKey(pid, pid), name, ppid, "S", 0, 1, uid=1000, memory=memory, oom_score_adj=adj)


def subject(one: Process) -> Subject:
    return Subject(f"/usr/bin/{one.name}", one.name, f"{one.name}.service", system=True, app=one.name, user="anna")


def rows(
    pins: tuple[Pin, ...] = (),
    kept: tuple[Kept, ...] = (),
    acts: tuple[Act, ...] = (),
    table: tuple[Process, ...] = (),
    impossible: dict[ProcessKey, int] | None = None,
    tried: dict[ProcessKey, int] | None = None,
) -> tuple[PlanRow, ...]:
    return rows_of(pins, kept, acts, table, subject, tried or {}, impossible or {})


def pin(name: str, adj: int) -> Pin:
    return Pin(Rule("exe", f"/usr/bin/{name}", adj, id=f"id-{name}"), Keeper.HELPER)


@pytest.mark.parametrize(
    "table, stand",
    [
        ((), Stand.WAITING),
        ((process(5, "a", -500), process(6, "a", -500)), Stand.HELD),
        ((process(5, "a", -500), process(6, "a", 300)), Stand.PARTLY),
        ((process(5, "a"),), Stand.NOT_HELD),
    ],
)
def test_how_a_plan_stands(table: tuple[Process, ...], stand: Stand) -> None:
    (row,) = rows((pin("a", -500),), table=table)
    assert row.stand is stand
    assert counts_of([row]) == {stand: 1}


def test_what_the_kernel_refused_is_impossible_here() -> None:
    (row,) = rows((pin("a", -500),), table=(process(5, "a"),), impossible={ProcessKey(5, 5): -500})
    assert row.stand is Stand.IMPOSSIBLE


def test_a_drop_in_stands_by_proc_and_by_what_the_manager_says() -> None:
    wish = UnitWish("a.service", user=False, plan=UnitPlan(-500, "continue"))
    held = Kept(wish, "/x", UnitPlan(-500, "continue", "none"))
    other = held._replace(effective=UnitPlan(-500, "stop"))
    table = (process(5, "a", -500),)
    assert rows(kept=(held,), table=table)[0].stand is Stand.HELD
    assert rows(kept=(other,), table=table)[0].stand is Stand.PARTLY
    alone = held._replace(wish=wish._replace(plan=UnitPlan(oom_policy="continue")))
    (row,) = rows(kept=(alone,), table=(process(5, "a", 7),))
    assert (row.adj, row.stand) == (None, Stand.HELD)


def test_what_was_done_once_is_shown_while_it_lives_and_no_rule_means_it() -> None:
    acts = (Act("a", 1.0, (Change(ProcessKey(5, 5), "a", 0, 1000), Change(ProcessKey(9, 9), "gone", 0, 1000))),)
    (row,) = rows(acts=acts, table=(process(5, "a", 1000),))
    assert (row.plan.pin.keeper, row.adj, row.stand) == (Keeper.ONCE, 1000, Stand.HELD)
    assert [one.plan.pin.keeper for one in rows((pin("a", 1000),), acts=acts, table=(process(5, "a", 1000),))] == [Keeper.HELPER]


def test_who_sets_its_value_again_is_counted() -> None:
    seen, table = Overwrites(), (process(5, "a", -500),)
    living = frozenset(one.key for one in table)
    for second, adj in enumerate((-500, 300, -500, 300, 300)):
        now = (process(5, "a", adj),)
        found = rows((pin("a", -500),), table=now, tried=seen.tried())
        seen.look(found, float(second), living)
    assert seen.lost(ProcessKey(5, 5)) == (2, 3.0)
    seen.look((), 9.0, frozenset())
    assert seen.lost(ProcessKey(5, 5)) is None


def test_shares_add_up_and_count_what_is_left() -> None:
    table = (
        process(1, "init"),
        process(5, "a", -500, 300),
        process(6, "b", 0, 200),
        process(7, "c", 300, 400),
        process(8, "d", -1000, 50),
    )
    shares = shares_of(rows((pin("a", -500),), table=table), table)
    sizes = (shares.protected, shares.ordinary, shares.offered, shares.immortal)
    assert [size // MIB for size in sizes] == [450, 200, 400, 150]
    assert (shares.left, shares.total // MIB) == (2, 1050)


def test_a_wish_counts_before_it_is_held() -> None:
    table = (process(5, "a", 0, 300),)
    assert shares_of(rows((pin("a", -500),), table=table), table).share == 1.0
    assert shares_of((), ()).share == 0.0


def test_heirs_are_those_that_have_it_without_being_meant() -> None:
    table = (process(5, "a", -500), process(6, "sh", -500, ppid=5), process(7, "cc", -500, ppid=6), process(8, "ok", 0, ppid=6))
    (found,) = heirs_of(rows((pin("a", -500),), table=table), table)
    assert (found.title, found.processes, found.names) == ("a", 2, ("cc", "sh"))
    assert heirs_of(rows((pin("a", 500),), table=table), table) == ()


def test_titles() -> None:
    found = {kind: title_of(PlanRow("x", rows((Pin(Rule(kind, target, 1), Keeper.AGENT),))[0].plan)) for kind, target in TARGETS}
    assert found == {"exe": "rustc", "unit": "postgresql@16", "app": "firefox", "name": "sh"}


TARGETS = (("exe", "/usr/bin/rustc"), ("unit", "postgresql@16.service"), ("app", "org.mozilla.firefox"), ("name", "sh"))


def test_rules_for_a_subject() -> None:
    known = subject(process(5, "a"))
    assert rule_for(known, "exe", -500, "anna") == Rule("exe", "/usr/bin/a", -500)
    assert rule_for(known, "app", -500, "anna") == Rule("app", "a", -500, "anna")
    with pytest.raises(RuleError, match="not known"):
        rule_for(known._replace(unit=None), "unit", 5, "anna")
    with pytest.raises(RuleError, match="system units only"):
        rule_for(known, "exe", -1000, None, immortal=True)
