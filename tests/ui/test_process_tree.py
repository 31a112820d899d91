"""Processes laid out as a tree and by application."""

from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from guardian.kernel.process import Process, ProcessKey, ProcessMemory
from guardian.model.victim import Victim
from guardian.ui.process_line import Surroundings
from guardian.ui.process_order import ProcessOrder
from guardian.ui.process_tree import AppNames, gather_groups, lay_out_groups, lay_out_tree, sum_group
from guardian.ui.victims_filter import VictimsFilter

Make = Callable[..., Process]


def victim(pid: int, ppid: int, start: int, name: str = "x") -> Victim:
    memory = ProcessMemory(pid << 20, 0, 0, 0, 0)
    return Victim(pid, Process(ProcessKey(pid, start), name, ppid, "S", 0, 1, memory=memory), pid, 0.0, 700)


FAMILIES = st.lists(
    st.tuples(st.integers(1, 40), st.integers(0, 40), st.integers(0, 6)), max_size=40, unique_by=lambda each: each[0]
).map(lambda rows: [victim(pid, ppid, start) for pid, ppid, start in rows])


@given(FAMILIES, st.sets(st.integers(1, 40)))
def test_every_process_stands_once_below_its_parent(family: list[Victim], closed_pids: set[int]) -> None:
    layout = lay_out_tree(family, None, set())
    assert sorted(layout.ids) == sorted(one.process.key for one in family)
    stack: list[ProcessKey] = []
    by_key = {one.process.key: one for one in family}
    for line_id in layout.ids:
        assert isinstance(line_id, ProcessKey)
        depth = layout.places[line_id].depth if line_id in layout.places else 0
        del stack[depth:]
        if depth:
            assert by_key[line_id].process.ppid == stack[-1].pid
        stack.append(line_id)
    closed = {one.process.key for one in family if one.process.pid in closed_pids}
    assert set(lay_out_tree(family, None, closed).ids) <= set(layout.ids)


@given(FAMILIES, st.sets(st.integers(1, 40)))
def test_a_search_keeps_the_way_up(family: list[Victim], wanted: set[int]) -> None:
    layout = lay_out_tree(family, lambda one: one.process.pid in wanted, set())
    shown = {line_id.pid for line_id in layout.ids if isinstance(line_id, ProcessKey)}
    assert {one.process.pid for one in family if one.process.pid in wanted} <= shown
    leaves = [line_id for line_id in layout.ids if line_id not in layout.places or not layout.places[line_id].below]
    assert all(isinstance(line_id, ProcessKey) and line_id.pid in wanted for line_id in leaves)


def test_a_search_that_stays_keeps_nothing_of_those_who_have_ended() -> None:
    laying = ProcessOrder()
    laying.order = laying.order._replace(wanted=VictimsFilter(text="cc1"))
    for round_ in range(50):
        family = [victim(pid, 1, round_, "cc1plus") for pid in range(100, 200)]
        assert len(laying.lay_out(family, Surroundings()).shown) == 100
    assert len(laying._texts._texts) <= 3 * 100 + 64


def test_a_chain_of_forks_may_be_deep() -> None:
    chain = [victim(pid, pid - 1, pid) for pid in range(1, 5000)]
    layout = lay_out_tree(chain, None, set())
    assert layout.places[ProcessKey(4999, 4999)].depth == 4998


def test_a_group_sums_memory_and_keeps_the_first_ones_points(make_process: Make) -> None:
    members = [
        Victim(rank, make_process(pid, "clang++", 100, cgroup=cgroup), 50 - rank, 0.1, 700, also_dies=rank)
        for rank, (pid, cgroup) in enumerate(((30, "/a"), (31, "/b"), (32, "/a")), 4)
    ]
    groups = gather_groups(members, AppNames())
    assert list(groups) == ["clang++"]
    total = sum_group("clang++", groups["clang++"])
    single = members[0].process.memory
    assert single is not None
    assert total.process.memory == ProcessMemory(*(3 * size for size in single))
    assert (total.rank, total.badness, total.also_dies) == (4, 46, 4)
    assert total.process.cgroup is None
    assert total.process.uid == members[0].process.uid
    closed = lay_out_groups(["clang++"], groups, set(), list)
    assert closed.ids == ["clang++"]
    opened = lay_out_groups(["clang++"], groups, {"clang++"}, lambda some: some[::-1])
    assert opened.ids == ["clang++", *(one.process.key for one in members[::-1])]
    assert opened.places["clang++"].below == 3
