"""The places of cgroups with systemd-oomd."""

from guardian.kernel.cgroup import MemoryCgroup
from guardian.kernel.meminfo import MemInfo
from guardian.model.killers import OomdRank, OomdRules, oomd_ranks

GIB, MIB = 1 << 30, 1 << 20
MEMORY = MemInfo(16 * GIB, GIB, swap_total=8 * GIB, swap_free=GIB)
TOP = "/user.slice/user-1000.slice/user@1000.service"
CGROUPS = (
    MemoryCgroup("/", 2),
    MemoryCgroup(TOP, 2, current=9 * GIB, swap_current=5 * GIB),
    MemoryCgroup(f"{TOP}/app.slice", 2, current=8 * GIB, swap_current=5 * GIB),
    MemoryCgroup(f"{TOP}/app.slice/app-code-1.scope", 2, current=3 * GIB, swap_current=2 * GIB),
    MemoryCgroup(f"{TOP}/app.slice/app-java-1.scope", 2, current=4 * GIB, swap_current=GIB),
    MemoryCgroup(f"{TOP}/session.slice", 2, current=500 * MIB, swap_current=10 * MIB),
    MemoryCgroup("/system.slice/cron.service", 2, current=6 * GIB, swap_current=3 * GIB),
)


def test_by_swap_and_by_size_among_what_is_watched() -> None:
    ranks = oomd_ranks(OomdRules(swap=("/",), pressure=((TOP, 0.6),)), MEMORY, CGROUPS)
    assert ranks == {
        "/system.slice/cron.service": OomdRank(swap=1),
        f"{TOP}/app.slice/app-code-1.scope": OomdRank(swap=2, pressure=2),
        f"{TOP}/app.slice/app-java-1.scope": OomdRank(swap=3, pressure=1),
        f"{TOP}/session.slice": OomdRank(pressure=3),
    }


def test_one_that_dies_as_a_group_is_a_candidate_itself() -> None:
    grouped = tuple(one._replace(oom_group=True) if one.path == f"{TOP}/app.slice" else one for one in CGROUPS)
    ranks = oomd_ranks(OomdRules(swap=(TOP,)), MEMORY, grouped)
    assert ranks[f"{TOP}/app.slice"] == OomdRank(swap=1)


def test_nothing_is_watched_nothing_is_ranked() -> None:
    assert oomd_ranks(OomdRules(), MEMORY, CGROUPS) == {}
    assert oomd_ranks(OomdRules(swap=("/",)), MEMORY._replace(swap_total=0), CGROUPS) == {}
