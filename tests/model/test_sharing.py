"""Processes that share an mm, and cgroups that die as one."""

import pytest

from guardian.kernel.cgroup import MemoryCgroup
from guardian.kernel.process import Process
from guardian.model.domain import OomDomain
from guardian.model.era import Era
from guardian.model.sharing import Fates, at_or_below, mm_sharers, oom_group_of
from guardian.model.victim import dies_with, rank_victims
from tests.model.conftest import PAGE, process_of

NOT_EXECED = 0x40
WORLD = OomDomain("global", 1_000_000, PAGE)


def family(**child: object) -> list[Process]:
    """A parent and two children made by clone(CLONE_VM), the second by the first."""
    parent = process_of(50, 120, 4, vm_size=900 * PAGE)
    first = process_of(51, 120, 4, vm_size=900 * PAGE, ppid=50, flags=NOT_EXECED)._replace(**child)  # type: ignore[arg-type]
    second = first._replace(key=first.key._replace(pid=52, start_ticks=52), ppid=51)
    return [parent, first, second]


def sharers(processes: list[Process]) -> dict[int, list[int]]:
    return {key.pid: sorted(one.pid for one in group) for key, group in mm_sharers(processes).items()}


def test_children_with_their_parents_memory_share_it() -> None:
    assert sharers(family()) == {50: [50, 51, 52], 51: [50, 51, 52], 52: [50, 51, 52]}


@pytest.mark.parametrize(
    "child",
    [
        {"flags": 0},
        {"vm_size": 901 * PAGE},
        {"ppid": 1},
        {"memory": process_of(1, 120, 3).memory},
        {"memory": None},
    ],
    ids=["called exec", "other virtual size", "another's child", "fewer file pages", "no memory"],
)
def test_a_difference_tells_a_copy_from_a_sharer(child: dict[str, object]) -> None:
    parent, first, _ = family(**child)
    assert sharers([parent, first]) == {}


def test_siblings_without_their_parent_go_unseen() -> None:
    _, first, _ = family()
    assert sharers([first, first._replace(key=first.key._replace(pid=60))]) == {}


def test_a_ring_of_parents_in_a_torn_sample_ends() -> None:
    one = process_of(51, 9, ppid=52, flags=NOT_EXECED)
    two = process_of(52, 9, ppid=51, flags=NOT_EXECED)
    assert set(sharers([one, two])) == {51, 52}
    assert set(sharers([one._replace(ppid=51)])) <= {51}


@pytest.mark.parametrize(
    "path,top,inside",
    [("/a/b", "/a", True), ("/a", "/a", True), ("/ab", "/a", False), ("/", "/a", False), (None, "/a", False), (None, "/", True)],
)
def test_below_a_cgroup(path: str | None, top: str, inside: bool) -> None:
    assert at_or_below(path, top) is inside


@pytest.mark.parametrize(
    "path,grouped,domain,group",
    [
        ("/a/b/c", {"/a/b"}, None, "/a/b"),
        ("/a/b/c", {"/a", "/a/b"}, None, "/a"),
        ("/a/b/c", {"/a", "/a/b"}, "/a/b", "/a/b"),
        ("/a/b/c", {"/a"}, "/a/b", None),
        ("/a/b", {"/a/b/c"}, None, None),
        ("/x", {"/a"}, None, None),
        ("/x", {"/x"}, "/a", None),
        (None, {"/a"}, None, None),
        ("/", {""}, None, None),
    ],
)
def test_the_highest_group_below_the_domain_dies(
    path: str | None, grouped: set[str], domain: str | None, group: str | None
) -> None:
    where = WORLD if domain is None else OomDomain("memcg", 1000, PAGE, cgroup=domain)
    assert oom_group_of(path, frozenset(grouped), where) == group


def test_a_group_spares_the_protected_and_init() -> None:
    processes = [
        process_of(1, 5, score=0, cgroup="/app"),
        process_of(10, 50, cgroup="/app"),
        process_of(11, 5, adj=-1000, cgroup="/app"),
        process_of(12, 5, cgroup="/app/inner"),
        process_of(13, memory=None, state="Z", cgroup="/app"),
        process_of(14, 5, cgroup="/other"),
    ]
    groups = [MemoryCgroup("/app", 2, oom_group=True), MemoryCgroup("/app/inner", 2, oom_group=False)]
    first = rank_victims(processes, WORLD, Era.E8, cgroups=groups)[0]
    assert first.process.pid == 10
    assert first.also_dies == 1
    assert [one.pid for one in dies_with(first, processes, groups, WORLD, Era.E8)] == [12]


@pytest.mark.parametrize("era,doomed", [(Era.E4, [52]), (Era.E5, [51, 52]), (Era.E8, [51, 52])])
def test_protected_sharers_were_spared_once(era: Era, doomed: list[int]) -> None:
    parent, first, second = family()
    processes = [parent, first._replace(oom_score_adj=-1000), second]
    assert [one.pid for one in Fates(processes, None, WORLD, era).companions(parent)] == doomed


def test_an_mm_counts_once() -> None:
    processes = [*family(), process_of(60, 7)]
    assert [one.pid for one in Fates(processes, None, WORLD, Era.E8).distinct(processes)] == [50, 60]


def test_most_die_alone() -> None:
    assert Fates([process_of(10, 5)], [MemoryCgroup("/a", 2, oom_group=True)], WORLD, Era.E8).lonely
    assert not Fates(family(), None, WORLD, Era.E8).lonely
