"""Pins as plans: who is meant, how each stands, and what is still owed."""

from collections.abc import Sequence

import pytest

from guardian.kernel.process import Process, ProcessKey, ProcessMemory
from guardian.policy.pins import Adjust, Keeper, Pin, Standing, budget, heirs, plan_adjustments, plans
from guardian.protocol.rules import Rule, Subject

MIB = 1 << 20


def process(pid: int, name: str = "clang", adj: int | None = 0, ppid: int = 1, mib: int = 10) -> Process:
    memory = ProcessMemory(mib * MIB, 0, 0, 0, 0)
    return Process(ProcessKey(pid, pid * 10), name, ppid, "S", 0, 1, uid=1000, memory=memory, oom_score_adj=adj)


def subject(one: Process) -> Subject:
    return Subject(f"/usr/bin/{one.name}", one.name, None, False, None, "anna")


def clang(adj: int = 500, keeper: Keeper = Keeper.AGENT, user: str | None = None) -> Pin:
    return Pin(Rule("exe", "/usr/bin/clang", adj, user), keeper)


def standings(pin: Pin, people: Sequence[Process], **known: dict[ProcessKey, int]) -> list[Standing]:
    return [member.standing for plan in plans([pin], people, subject, **known) for member in plan.members]


def test_a_wish_is_owed_until_proc_says_so() -> None:
    people = [process(10), process(11, adj=500), process(12, "vim")]
    found = plans([clang()], people, subject)
    assert [member.standing for member in found[0].members] == [Standing.WANTED, Standing.HELD]
    assert plan_adjustments(found) == (Adjust(ProcessKey(10, 100), 500),)
    assert found[0].held == 1


def test_what_a_program_overwrote_is_left_to_it() -> None:
    people = [process(10, adj=300)]
    key = people[0].key
    assert standings(clang(), people, tried={key: 500}) == [Standing.OVERWRITTEN]
    assert plan_adjustments(plans([clang()], people, subject, tried={key: 500})) == ()


def test_what_the_kernel_refused_is_impossible_and_not_tried_again() -> None:
    people = [process(10)]
    assert standings(clang(-500), people, impossible={people[0].key: -500}) == [Standing.IMPOSSIBLE]


def test_the_first_of_several_pins_counts() -> None:
    people = [process(10)]
    assert plan_adjustments(plans([clang(500), clang(100)], people, subject)) == (Adjust(people[0].key, 500),)
    helped = plans([clang(-500, Keeper.HELPER), clang(100)], people, subject)
    assert plan_adjustments(helped) == ()


@pytest.mark.parametrize("user, members", [(None, 1), ("anna", 1), ("bert", 0)])
def test_a_user_narrows_a_rule(user: str | None, members: int) -> None:
    assert len(plans([clang(user=user)], [process(10)], subject)[0].members) == members


def test_one_process_is_meant_by_its_key_alone() -> None:
    pin = Pin(Rule("name", "clang", 500), Keeper.ONCE, ProcessKey(10, 100))
    assert [m.process.pid for m in plans([pin], [process(10), process(11)], subject)[0].members] == [10]


def test_init_kernel_threads_and_zombies_are_never_meant() -> None:
    people = [process(1), process(2)._replace(flags=0x00200000), process(3)._replace(state="Z")]
    assert plans([clang()], people, subject)[0].members == ()


def test_heirs_are_all_descendants() -> None:
    people = [process(10), process(11, ppid=10), process(12, ppid=11), process(13, ppid=1), process(14, ppid=14)]
    assert {one.pid for one in heirs(people[0].key, people)} == {11, 12}


def test_the_budget_counts_what_is_protected() -> None:
    people = [process(10, mib=60), process(11, "vim", mib=40)]
    found = budget(plans([clang(-500)], people, subject), people)
    assert found.protected == 60 * MIB
    assert found.share == pytest.approx(0.6)
    assert found.killable_left == 1
