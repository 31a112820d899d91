"""Whom the kernel would take next: of the whole machine, and of each group near its limit."""

import pytest

from guardian.kernel.cgroup import MemoryCgroup
from guardian.kernel.meminfo import MemInfo
from guardian.model.constraints import global_domain, tightest_limits
from guardian.model.era import Era
from guardian.model.next_victims import next_victims
from guardian.model.room import Room
from guardian.model.victim import rank_victims
from tests.model.conftest import PAGE, process_of

MIB, GIB = 1 << 20, 1 << 30
LAPTOP = MemInfo(16 * GIB, 4 * GIB, swap_total=8 * GIB, swap_free=8 * GIB)
SERVER = MemInfo(512 * GIB, 4 * GIB, swap_total=0, swap_free=0)


def test_the_next_of_the_machine_and_of_each_group_near_its_limit() -> None:
    processes = [
        process_of(10, 900, cgroup="/big"),
        process_of(11, 50, cgroup="/app/x"),
        process_of(12, 60, adj=-1, cgroup="/app"),
        process_of(13, 70, cgroup="/app/y"),
    ]
    groups = [MemoryCgroup("/app", 2, current=990 * MIB, max=1000 * MIB), MemoryCgroup("/big", 2, current=MIB, max=GIB)]
    domain, bounds = global_domain(SERVER, PAGE), tightest_limits(groups, SERVER, PAGE)
    victims = rank_victims(processes, domain, Era.E8)
    found = next_victims(victims, processes, domain, Era.E8, SERVER, Room(100 * GIB, 0), bounds, groups)
    assert [(one.killer, one.key and one.key.pid, one.cgroup, one.also_dies) for one in found] == [
        ("memcg", 13, "/app", 0),
        ("kernel", 10, "/big", 0),
    ]
    assert found[0].frees == 70 * PAGE
    assert found[0].distance == "10 MiB left"
    assert found[0].acts_when == "limit of /app"
    assert found[0].nearness == pytest.approx(0.99)
    assert found[1].distance == "100 GiB left"
    assert found[1].nearness == pytest.approx(1 - 100 / 512)
    # Version 1 may stop the tasks of a full cgroup instead.
    stopped = tightest_limits([groups[0]._replace(oom_disabled=True)], SERVER, PAGE)
    assert len(next_victims(victims, processes, domain, Era.E8, SERVER, Room(100 * GIB, 0), stopped, groups)) == 1


def test_a_group_dies_with_its_victim() -> None:
    processes = [process_of(10, 900, cgroup="/app"), process_of(11, 50, cgroup="/app")]
    groups = [MemoryCgroup("/app", 2, oom_group=True)]
    domain = global_domain(SERVER, PAGE)
    victims = rank_victims(processes, domain, Era.E8, cgroups=groups)
    (with_swap,) = next_victims(victims, processes, domain, Era.E8, LAPTOP, Room(4 * GIB, 2 * GIB), cgroups=groups)
    assert with_swap.nearness == 0.75
    (one,) = next_victims(victims, processes, domain, Era.E8, SERVER, Room(0, 0), cgroups=groups)
    assert (one.frees, one.also_dies, one.nearness) == (950 * PAGE, 1, 1.0)


def test_where_nobody_can_be_taken_nobody_is_next() -> None:
    domain = global_domain(SERVER, PAGE)
    victims = rank_victims([process_of(1, 5, score=0)], domain, Era.E8)
    assert next_victims(victims, [process_of(1, 5, score=0)], domain, Era.E8, SERVER, Room(0, 0)) == ()
