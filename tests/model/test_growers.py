"""Which programs grow most."""

from hypothesis import given
from hypothesis import strategies as st

from guardian.kernel.process import Process, ProcessKey, ProcessMemory
from guardian.model.growers import LEAST_GROWTH, top_growers

MIB = 1 << 20


def process(pid: int, name: str, anon: int | None, swap: int = 0) -> Process:
    memory = None if anon is None else ProcessMemory(anon, 7 * MIB, 0, swap, 0)
    return Process(ProcessKey(pid, pid), name, 1, "S", 0, 1, memory=memory)


def test_those_of_one_name_count_together_and_the_largest_stands_for_them() -> None:
    processes = [process(1, "cc", 100 * MIB), process(2, "cc", 300 * MIB, 50 * MIB), process(3, "ld", 900 * MIB)]
    growth = {processes[0].key: 3.0 * MIB, processes[1].key: 1.0 * MIB, processes[2].key: 2.0 * MIB}
    compiler, linker = top_growers(processes, growth)
    assert compiler == ("cc", ProcessKey(2, 2), 2, 450 * MIB, 4.0 * MIB)
    assert linker.name == "ld"


def test_what_shrinks_rests_or_is_not_known_is_no_grower() -> None:
    processes = [process(1, "a", 10 * MIB), process(2, "b", 10 * MIB), process(3, "c", None), process(4, "d", 10 * MIB)]
    growth = {processes[0].key: -5.0 * MIB, processes[1].key: LEAST_GROWTH / 2, processes[2].key: 9.0 * MIB}
    assert top_growers(processes, growth) == ()


def test_one_that_shrinks_is_set_against_its_namesake() -> None:
    processes = [process(1, "a", 10 * MIB), process(2, "a", 20 * MIB)]
    assert top_growers(processes, {processes[0].key: 5.0 * MIB, processes[1].key: -5.0 * MIB}) == ()


@given(
    st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(0, 1 << 40), st.floats(-1e9, 1e9)), max_size=30), st.integers(0, 5)
)
def test_at_most_so_many_and_the_fastest_first(rows: list[tuple[str, int, float]], most: int) -> None:
    processes = [process(pid, name, anon) for pid, (name, anon, _rate) in enumerate(rows, start=1)]
    growth = {one.key: rate for one, (_name, _anon, rate) in zip(processes, rows, strict=True)}
    found = top_growers(processes, growth, most)
    assert len(found) <= most
    assert [one.growth for one in found] == sorted((one.growth for one in found), reverse=True)
    assert all(one.growth >= LEAST_GROWTH for one in found)
    assert len({one.name for one in found}) == len(found)
