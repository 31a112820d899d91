"""Killers in user space by their own rules: when, whom, and what else."""

from guardian.kernel.cgroup import MemoryCgroup
from guardian.kernel.meminfo import MemInfo
from guardian.kernel.pressure import Pressure, Stall
from guardian.kernel.process import Process, ProcessKey, ProcessMemory
from guardian.model.killers import OomdRules, PercentRules, user_space_victims

GIB = 1 << 30


def machine(available: float, swap_free: float = 0.0, swap: float = 0.0) -> MemInfo:
    return MemInfo(
        mem_total=16 * GIB,
        mem_free=int(available * GIB),
        mem_available=int(available * GIB),
        swap_total=int(swap * GIB),
        swap_free=int(swap_free * GIB),
        anon_pages=8 * GIB,
    )


def process(pid: int, name: str, score: int, gib: float = 1.0, cgroup: str = "/a", adj: int = 0) -> Process:
    memory = ProcessMemory(int(gib * GIB), 0, 0, 0, 0)
    return Process(
        ProcessKey(pid, pid), name, 1, "S", 0, 1, uid=1000, memory=memory, oom_score_adj=adj, oom_score=score, cgroup=cgroup
    )


PEOPLE = (process(10, "code", 800, 1), process(11, "java", 750, 4), process(12, "Xorg", 900, 1), process(1, "systemd", 999))


def test_earlyoom_takes_the_highest_score_and_tells_its_distance() -> None:
    (one,) = user_space_victims([PercentRules("earlyoom")], machine(8), PEOPLE, ())
    assert (one.killer, one.name) == ("earlyoom", "Xorg")
    assert one.nearness is not None
    assert 0.5 < one.nearness < 0.6
    assert one.frees == GIB


def test_earlyoom_prefers_avoids_and_ignores_by_pattern() -> None:
    rules = PercentRules("earlyoom", prefer="^java$", avoid="^(Xorg|code)$")
    (one,) = user_space_victims([rules], machine(1), PEOPLE, ())
    assert one.name == "java"
    (one,) = user_space_victims([PercentRules("earlyoom", ignore="Xorg|code")], machine(1), PEOPLE, ())
    assert one.name == "java"
    (one,) = user_space_victims([PercentRules("earlyoom", ignore="(")], machine(1), PEOPLE, ())
    assert one.name == "Xorg"


def test_earlyoom_waits_for_swap_as_well() -> None:
    (one,) = user_space_victims([PercentRules("earlyoom")], machine(0.8, swap=8, swap_free=8), PEOPLE, ())
    assert one.nearness == 0
    (one,) = user_space_victims([PercentRules("earlyoom")], machine(0.8, swap=8, swap_free=0.1), PEOPLE, ())
    assert one.nearness == 1


def test_protected_ones_are_never_taken() -> None:
    people = (process(10, "db", 0, adj=-1000), process(11, "earlyoom", 666))
    (one,) = user_space_victims([PercentRules("earlyoom")], machine(1), people, ())
    assert one.name is None


def groups(full: float = 0.0) -> tuple[MemoryCgroup, ...]:
    stall = Stall(full, 0.0, 0.0, 0.0)
    user = "/user.slice/user-1000.slice/user@1000.service"
    return (
        MemoryCgroup("/", 2),
        MemoryCgroup(user, 2, current=9 * GIB, pressure=Pressure(stall, stall)),
        MemoryCgroup(f"{user}/app.slice", 2, current=9 * GIB, swap_current=3 * GIB),
        MemoryCgroup(f"{user}/app.slice/app-firefox-1.scope", 2, current=3 * GIB, swap_current=2 * GIB),
        MemoryCgroup(f"{user}/app.slice/app-code-2.scope", 2, current=5 * GIB, swap_current=1 * GIB),
        MemoryCgroup(f"{user}/app.slice/small.scope", 2, current=1 * GIB, swap_current=GIB // 100),
    )


def test_oomd_by_swap_takes_the_leaf_with_most_swap_whole() -> None:
    inside = groups()[3].path
    people = [process(20, "firefox", 700, 2, inside), process(21, "Web", 700, 1, inside + "/x"), process(22, "code", 900, 4)]
    (one,) = user_space_victims([OomdRules(swap=("/",))], machine(1, swap=8, swap_free=0.4), people, groups())
    assert one.cgroup == inside
    assert (one.name, one.also_dies, one.key) == ("firefox", 1, None)
    assert one.frees == 5 * GIB
    assert one.nearness == 1


def test_oomd_without_swap_has_no_swap_rule() -> None:
    assert user_space_victims([OomdRules(swap=("/",))], machine(1), PEOPLE, groups()) == ()


def test_oomd_by_pressure_takes_a_leaf_below_the_monitored_one() -> None:
    rules = OomdRules(pressure=(("/user.slice/user-1000.slice/user@1000.service", 0.5),), duration=20)
    (one,) = user_space_victims([rules], machine(8), PEOPLE, groups(0.25))
    assert one.cgroup is not None
    assert one.cgroup.endswith("app-code-2.scope")
    assert one.nearness == 0.5
    assert "20 s" in one.acts_when
