"""Units in which many programs live and may die together."""

from guardian.kernel.cgroup import MemoryCgroup
from guardian.kernel.process import Process, ProcessKey, ProcessMemory
from guardian.model.killer_scene import MANY, MOST_UNITS, VERY_MANY, unit_path, units_together
from guardian.model.killers import OomdRules

USER = "/user.slice/user-1000.slice/user@1000.service"
TERMINAL = f"{USER}/app.slice/vte-spawn-1.scope"
MIB = 1 << 20


def process(pid: int, name: str, cgroup: str) -> Process:
    return Process(ProcessKey(pid, 1), name, 1, "S", 0, 1, memory=ProcessMemory(pid * MIB, 0, 0, 0, 0), cgroup=cgroup)


def unit(count: int, cgroup: str, first: int = 1, shell: str = "bash") -> list[Process]:
    return [process(first + at, shell if not at else "node", cgroup) for at in range(count)]


def test_a_unit_with_a_shell_and_many_processes() -> None:
    found = units_together([*unit(MANY, TERMINAL), *unit(MANY - 1, f"{USER}/small.scope", 900)], [], None)
    (terminal,) = found
    assert (terminal.unit, terminal.user, terminal.processes, terminal.largest) == ("vte-spawn-1.scope", True, MANY, "node")
    assert not terminal.dies_as_one


def test_one_program_of_many_processes_is_no_crowd_until_there_are_very_many() -> None:
    browser = f"{USER}/app.slice/app-firefox@0.service"
    assert units_together(unit(MANY, browser, shell="firefox"), [], None) == ()
    assert len(units_together(unit(VERY_MANY, browser, shell="firefox"), [], None)) == 1


def test_who_would_take_it_whole() -> None:
    crowd = unit(MANY, f"{TERMINAL}/inner")
    (by_group,) = units_together(crowd, [MemoryCgroup(TERMINAL, 2, oom_group=True)], None)
    assert (by_group.path, by_group.group, by_group.dies_as_one) == (TERMINAL, True, True)
    (watched,) = units_together(crowd, [], OomdRules(("/",), ((USER, 0.5),)))
    assert (watched.by_swap, watched.by_pressure, watched.dies_as_one) == (True, True, True)
    (free,) = units_together(crowd, [], OomdRules((), (("/system.slice", 0.5),)))
    assert not free.dies_as_one


def test_a_wish_to_be_spared_is_heeded_under_pressure_and_by_swap_only_of_root() -> None:
    (here,) = units_together(unit(MANY, TERMINAL), [], OomdRules((), ((USER, 0.5),)))
    assert not here._replace(preference="avoid").watched
    assert here._replace(preference="avoid", by_swap=True).watched
    assert not here._replace(preference="omit", by_swap=True, user=False).watched


def test_units_are_the_innermost_and_never_a_whole_user() -> None:
    assert unit_path(f"{USER}/app.slice/a.service/b.scope/c") == f"{USER}/app.slice/a.service/b.scope"
    assert unit_path(f"{USER}/init.scope") is None
    assert unit_path("/user.slice/user-1.slice/session-2.scope") == "/user.slice/user-1.slice/session-2.scope"
    assert unit_path("/") is None
    assert unit_path(None) is None


def test_only_the_most_crowded_are_told() -> None:
    crowds = [one for at in range(MOST_UNITS + 3) for one in unit(MANY + at, f"/user.slice/u{at}.scope", 1 + 100 * at)]
    found = units_together(crowds, [], None)
    assert [one.processes for one in found] == [MANY + at for at in range(MOST_UNITS + 2, 2, -1)]
