"""What each domain divides by, and how far a limited cgroup is from killing."""

import pytest

from guardian.kernel.cgroup import MemoryCgroup
from guardian.kernel.meminfo import MemInfo
from guardian.kernel.zoneinfo import Zone
from guardian.model.constraints import (
    cpuset_domain,
    distance_to_limit,
    global_domain,
    limit_of,
    memcg_domain,
    tightest_limits,
    total_pages,
)

MIB = 1 << 20
MEMORY = MemInfo(1000 * MIB, 100 * MIB, swap_total=200 * MIB, swap_free=150 * MIB)
DRY = MEMORY._replace(swap_total=0, swap_free=0)


def group(path: str = "/a", **more: object) -> MemoryCgroup:
    return MemoryCgroup(path, 2)._replace(**more)  # type: ignore[arg-type]


@pytest.mark.parametrize("page", [4096, 65536])
def test_the_machine_divides_by_ram_and_swap(page: int) -> None:
    assert global_domain(MEMORY, page) == ("global", 1200 * MIB // page, page, None, None)


def test_unknown_swap_is_none() -> None:
    assert total_pages(MemInfo(4096 * 10, 0), 4096) == 10


@pytest.mark.parametrize(
    "limit,swap,pages",
    [
        (100 * MIB, None, 300 * MIB // 4096),
        (100 * MIB, 50 * MIB, 150 * MIB // 4096),
        (100 * MIB, 500 * MIB, 300 * MIB // 4096),
        (100 * MIB, 0, 100 * MIB // 4096),
        (None, None, 1200 * MIB // 4096),
        (0, 0, 1),
    ],
)
def test_a_cgroup_divides_by_its_limit_and_the_swap_it_may_use(limit: int | None, swap: int | None, pages: int) -> None:
    domain = memcg_domain(group(max=limit, swap_max=swap), MEMORY, 4096)
    assert domain == ("memcg", pages, 4096, "/a", None)


def zone(node: int, managed: int | None) -> Zone:
    return Zone(node, "Normal", 0, 0, 0, 0, managed, ())


@pytest.mark.parametrize(
    "mems,zones,pages",
    [
        ("0", [zone(0, 700), zone(0, 50), zone(1, 400)], 750 + 51200),
        ("0-1", [zone(0, 700), zone(1, 400)], 1200 * 256),
        ("7", [zone(0, 700)], 1200 * 256),
        ("", [zone(0, 700)], 1200 * 256),
        ("what", [zone(0, 700)], 1200 * 256),
        ("0", [], 1200 * 256),
        ("0", [zone(0, None), zone(1, 5)], 1200 * 256),
    ],
)
def test_a_cpuset_divides_by_its_nodes_and_all_swap(mems: str, zones: list[Zone], pages: int) -> None:
    domain = cpuset_domain(mems, zones, MEMORY, 4096)
    assert (domain.constraint, domain.total_pages, domain.mems) == ("cpuset", pages, mems)


@pytest.mark.parametrize(
    "cgroup,memory,distance",
    [
        (group(max=100 * MIB, current=60 * MIB, reclaimable_file=10 * MIB), DRY, 50 * MIB),
        (group(max=100 * MIB, current=60 * MIB), DRY, 40 * MIB),
        (group(max=100 * MIB, current=105 * MIB), DRY, -5 * MIB),
        # 50 MiB are anonymous and 40 more fit: no more than 90 can be swapped, and 150 are free.
        (group(max=100 * MIB, current=60 * MIB, reclaimable_file=10 * MIB), MEMORY, 140 * MIB),
        (group(max=100 * MIB, current=60 * MIB, swap_max=30 * MIB, swap_current=10 * MIB), MEMORY, 60 * MIB),
        (group(max=100 * MIB, current=60 * MIB, swap_max=0), MEMORY, 40 * MIB),
        (group(current=60 * MIB), MEMORY, None),
        (group(max=100 * MIB), MEMORY, None),
    ],
)
def test_the_distance_to_a_limit(cgroup: MemoryCgroup, memory: MemInfo, distance: int | None) -> None:
    assert distance_to_limit(cgroup, memory) == distance


def test_limits_below_the_machine_come_nearest_first() -> None:
    groups = [
        group("/far", max=500 * MIB, current=10 * MIB),
        group("/unknown", max=500 * MIB),
        group("/near", max=100 * MIB, current=90 * MIB),
        group("/free", current=90 * MIB),
        group("/as large as all", max=1000 * MIB, current=1),
        group("/slow", high=10 * MIB, current=20 * MIB),
    ]
    limits = tightest_limits(groups, DRY, 4096)
    assert [(limit.cgroup.path, limit.distance) for limit in limits] == [
        ("/near", 10 * MIB),
        ("/far", 490 * MIB),
        ("/unknown", None),
    ]


def test_the_limit_met_first_may_be_an_ancestors() -> None:
    groups = [
        group("/a", max=100 * MIB, current=95 * MIB),
        group("/a/b", max=50 * MIB, current=10 * MIB),
        group("/c", max=10 * MIB, current=10 * MIB),
        group("/d", max=10 * MIB),
    ]
    limits = tightest_limits(groups, DRY, 4096)
    found = {path: limit_of(path, limits) for path in ("/a/b/deep", "/a", "/ab", "/c/x", "/d", "/")}
    assert {path: limit and limit.cgroup.path for path, limit in found.items()} == {
        "/a/b/deep": "/a",
        "/a": "/a",
        "/ab": None,
        "/c/x": "/c",
        "/d": None,
        "/": None,
    }
