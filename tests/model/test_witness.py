"""Kills seen from outside, where no log may be read; and who grew before."""

from collections.abc import Callable

from guardian.kernel.cgroup import MemoryCgroup
from guardian.kernel.process import Process
from guardian.model.composition import Composition
from guardian.model.culprits import Growth
from guardian.model.domain import OomDomain
from guardian.model.era import Era
from guardian.model.history import Kill, Party
from guardian.model.verdict import NextVictim
from guardian.model.victim import rank_victims
from guardian.model.witness import kills_seen, risen, taken_by, worth_a_look

MIB = 1 << 20
Make = Callable[..., Process]


def group(path: str, kills: int | None) -> MemoryCgroup:
    return MemoryCgroup(path, 2, events=None if kills is None else {"oom_kill": kills})


def test_the_deepest_group_whose_count_rose() -> None:
    before = [group("/", 3), group("/a", 1), group("/a/b", 1), group("/c", 0), group("/new", None)]
    now = [group("/", 5), group("/a", 3), group("/a/b", 3), group("/c", 0), group("/new", 2)]
    assert risen(before, now) == {"/a/b": 2}
    assert risen(None, now) == {}


def test_the_first_in_rank_of_those_that_are_gone(make: Make, million: OomDomain) -> None:
    table = [make(1001, anon=900), make(1002, anon=50_000), make(1003, anon=70_000), make(1004, anon=9, cgroup="/a")]
    ranking = rank_victims(table, million, Era.E8)
    living = {table[2].key}
    seen = kills_seen(ranking, living, 1, {}, 100.0)
    assert seen is not None
    assert ([victim.pid for victim in seen.victims], seen.killer, seen.constraint) == ([1002], "kernel", None)
    assert seen.doubt is not None
    inside = kills_seen(ranking, living, 1, {"/a": 1}, 100.0)
    assert inside is not None
    assert (inside.victim.pid, inside.memcg) == (1004, "/a")
    assert kills_seen(ranking, {one.key for one in table}, 1, {}, 100.0) is None


def expecting(process: Process, nearness: float, killer: str = "earlyoom") -> NextVictim:
    return NextVictim(killer, "", "", nearness, process.name, process.key, None, 5, 0)  # type: ignore[arg-type]


def test_a_killer_at_its_limit_whose_next_victim_is_gone(make: Make, million: OomDomain) -> None:
    hog, other = make(1001, anon=90_000), make(1002, anon=5)
    ranking = rank_victims([hog, other], million, Era.E8)
    seen = taken_by([expecting(hog, 1.0)], ranking, {other.key}, 100.0)
    assert seen is not None
    assert (seen.killer, seen.victim.pid, seen.sources) == ("earlyoom", 1001, ("watched",))
    assert seen.doubt is not None
    assert taken_by([expecting(hog, 1.0)], ranking, {hog.key, other.key}, 100.0) is None
    assert taken_by([expecting(hog, 0.5)], ranking, {other.key}, 100.0) is None
    assert taken_by([expecting(hog, 1.0, "kernel")], ranking, {other.key}, 100.0) is None


def test_a_look_is_worth_it_only_near_a_killers_limit(make: Make, million: OomDomain) -> None:
    hog, small = make(1001, anon=90_000), make(1002, anon=5)
    ranking = rank_victims([hog, small], million, Era.E8)
    assert worth_a_look([expecting(small, 0.9)], ranking, {small.key})
    assert not worth_a_look([expecting(small, 0.9)], ranking, {hog.key})
    assert not worth_a_look([expecting(small, 0.5)], ranking, {small.key})
    assert not worth_a_look([expecting(small, 1.0, "kernel")], ranking, {small.key})
    assert not worth_a_look([], ranking, {small.key})


def test_the_culprit_grew_most_though_another_was_larger(make: Make) -> None:
    growth = Growth()
    for step in range(7):
        growth.note(100.0 + 10 * step, [make(1001, anon=500_000), make(1002, anon=10_000 + step * 20_000, name="ld")])
    kill = Kill(None, 165.0, "kernel", (Party(1001, "p1001"),), constraint="global")
    culprit = growth.culprit(kill)
    assert culprit is not None
    assert (culprit.pid, culprit.name, culprit.growth, culprit.span) == (1002, "ld", 120_000 * 4096, 60.0)


def test_nobody_is_blamed_for_breathing(make: Make) -> None:
    growth = Growth()
    growth.note(100.0, [make(1001, anon=500_000)])
    growth.note(110.0, [make(1001, anon=500_500)])
    assert growth.culprit(Kill(None, 111.0, "kernel", (Party(1001, "p1001"),))) is None


def test_a_limit_is_hit_by_those_inside(make: Make) -> None:
    growth = Growth()
    growth.note(100.0, [make(1001, anon=0), make(1002, anon=0, cgroup="/small/x")])
    growth.note(110.0, [make(1001, anon=500_000), make(1002, anon=9_000, cgroup="/small/x")])
    limit = Composition(64 * MIB, 0, 0, 0, 0, None, 0, 0, 0)
    kill = Kill(None, 111.0, "kernel", (Party(1002, "p1002"),), constraint="memcg", memcg="/small", composition=limit)
    culprit = growth.culprit(kill)
    assert culprit is not None
    assert culprit.pid == 1002
