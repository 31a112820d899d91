"""Who ends programs here: rows, clashes, and fixes that are safe."""

import shlex

import pytest

from guardian.kernel.cgroup import MemoryCgroup
from guardian.kernel.meminfo import MemInfo
from guardian.model.constraints import tightest_limits
from guardian.model.killer_scene import KillerHere, KillerScene, UnitTogether
from guardian.model.killers import OomdRules, PercentRules
from guardian.model.verdict import State
from guardian.policy.killer_commands import limit_earlyoom, swap_ignored, turn_off
from guardian.policy.killer_findings import Finding, acts_when, findings, killer_rows
from guardian.protocol.plans import UnitPlan

GIB, MIB = 1 << 30, 1 << 20
USER = "/user.slice/user-1000.slice/user@1000.service"
TERMINAL = f"{USER}/app.slice/app-gnome-org.gnome.Terminal-77.scope"
OOMD = OomdRules(("/",), ((USER, 0.5),), 0.9, 20.0)
ABSENT = tuple(KillerHere(name, installed=False) for name in ("systemd-oomd", "earlyoom", "nohang"))


def memory(total: float, swap: float = 0.0) -> MemInfo:
    return MemInfo(int(total * GIB), GIB, GIB, swap_total=int(swap * GIB), swap_free=int(swap * GIB))


def scene(*running: KillerHere, total: float = 16, swap: float = 8, **more: object) -> KillerScene:
    names = {one.name for one in running}
    killers = (*running, *(one for one in ABSENT if one.name not in names))
    return KillerScene(memory(total, swap), killers)._replace(**more)  # type: ignore[arg-type]


def oomd(rules: OomdRules = OOMD) -> KillerHere:
    return KillerHere("systemd-oomd", installed=True, rules=rules)


def earlyoom(memory_share: float = 0.1, swap_share: float = 0.1, *arguments: str) -> KillerHere:
    rules = PercentRules("earlyoom", memory=memory_share, swap=swap_share)
    return KillerHere("earlyoom", installed=True, rules=rules, arguments=("earlyoom", *arguments))


def told(killers: KillerScene) -> dict[str, Finding]:
    return {one.name: one for one in findings(killers)}


def test_rows_name_everybody_and_when_they_act() -> None:
    groups = [MemoryCgroup("/system.slice/docker-0a1b.scope", 2, current=900 * MIB, max=GIB)]
    here = scene(oomd(), limits=tightest_limits(groups, memory(16, 8), 4096))
    rows = killer_rows(here._replace(killers=(oomd(), KillerHere("earlyoom", installed=True), ABSENT[2])))
    assert [(row.who, row.state, row.acts_when) for row in rows] == [
        ("systemd-oomd", "running", "memory and swap > 90 %; pressure > 50 % for 20 s"),
        ("Kernel", "always", "nothing left to free"),
        ("docker-0a1b.scope", "limit 1.0 GiB", "the limit is reached"),
        ("earlyoom", "does not run", "—"),
        ("nohang", "not installed", "—"),
    ]
    assert [row.there for row in rows] == [True, True, True, False, False]
    assert killer_rows(scene(oomd(OomdRules())))[0].acts_when == "never, as it is set up"
    bytes_set = PercentRules("earlyoom", memory=1.0, memory_bytes=GIB)
    assert acts_when(KillerHere("earlyoom", installed=True, rules=bytes_set)).startswith(
        "memory under 1.0 GiB and swap under 10 %"
    )


def test_the_kernel_alone_is_no_clash() -> None:
    (only,) = findings(scene())
    assert (only.name, only.state, only.command, only.wish) == ("no_clash", State.CALM, None, None)
    assert "kernel alone" in only.text


def test_oomd_alone_is_usually_first_and_no_clash() -> None:
    first, calm = findings(scene(oomd()))
    assert (first.name, first.state, first.command) == ("oomd_first", State.CALM, "guardian run -- make")
    assert calm.text == "systemd-oomd acts at 2.4 GiB of room, the kernel at about 0."


@pytest.mark.parametrize(
    "running, off",
    [
        ((oomd(), earlyoom(0.05)), "earlyoom"),
        # One that can never act is the one to turn off.
        ((oomd(OomdRules()), earlyoom(0.05)), "systemd-oomd"),
        ((earlyoom(0.05), KillerHere("nohang", installed=True, rules=PercentRules("nohang"))), "earlyoom"),
    ],
)
def test_two_killers_clash(running: tuple[KillerHere, ...], off: str) -> None:
    first = findings(scene(*running))[0]
    assert (first.name, first.state) == ("two_killers", State.WARNING)
    assert first.command == turn_off(off)


@pytest.mark.parametrize(
    "here, words",
    [
        (scene(oomd(OomdRules())), "No unit asks to be watched"),
        (scene(oomd(OomdRules(swap=("/",))), swap=0), "there is none"),
        (scene(oomd(OomdRules(pressure=((USER, 0.5),))), pressure=False), "psi=1"),
        (scene(oomd(), unified=False), "version 2"),
    ],
)
def test_oomd_that_can_never_act_is_told_with_the_reason(here: KillerScene, words: str) -> None:
    idle = told(here)["oomd_idle"]
    assert idle.state is State.WATCH
    assert words in idle.text


def test_oomd_without_swap_but_with_pressure_is_only_to_know() -> None:
    found = told(scene(oomd(), swap=0))
    assert found["oomd_without_swap"].state is State.CALM
    assert "oomd_idle" not in found


def test_ten_per_cent_of_256_gib_is_too_early() -> None:
    early = told(scene(earlyoom(0.1, 0.1, "-r", "3600", "-m", "10"), total=256, swap=0))["acts_too_early"]
    assert "26 GiB" in early.headline
    assert early.command is not None
    # The other arguments stay; what the shell makes of the line is the file that Debian's unit reads.
    written = shlex.split(early.command.split(" | ")[0])[1]
    assert shlex.split(written) == ["EARLYOOM_ARGS=-r 3600 -M 1048576,524288"]
    assert "acts_too_early" not in told(scene(earlyoom(0.1), total=16))
    assert "acts_too_early" not in told(scene(earlyoom(0.01), total=1024))


def test_four_per_cent_of_a_small_machine_is_too_late() -> None:
    late = told(scene(earlyoom(0.04, 0.1, "-m", "4"), total=3, swap=0))["acts_too_late"]
    assert late.command is not None
    assert "-M 314572,157286" in late.command


def test_earlyoom_waits_for_much_swap() -> None:
    waits = told(scene(earlyoom(0.1, 0.1, "-s10"), swap=32))["waits_for_swap"]
    assert "29 GiB" in waits.text
    assert waits.command is not None
    assert waits.command.startswith("echo 'EARLYOOM_ARGS=\"-s 100\"' | sudo tee /etc/default/earlyoom && ")
    assert "waits_for_swap" not in told(scene(earlyoom(0.1, 1.0), swap=32))
    assert "waits_for_swap" not in told(scene(earlyoom(), swap=2))


def terminal(**more: object) -> UnitTogether:
    unit = UnitTogether(TERMINAL.rpartition("/")[2], TERMINAL, True, 2104, 9 * GIB, "node")
    return unit._replace(**more)  # type: ignore[arg-type]


def test_a_terminal_with_two_thousand_processes_that_dies_as_one() -> None:
    dies = told(scene(oomd(), units=(terminal(by_pressure=True, policy="stop"),)))["dies_as_one"]
    assert dies.state is State.WATCH
    assert dies.headline.endswith("2104 processes would end at once.")
    assert "node" in dies.text
    assert dies.wish is not None
    assert (dies.wish.user, dies.wish.plan) == (True, UnitPlan(None, "continue", "avoid", None))


def test_a_plan_that_is_held_is_told_no_more() -> None:
    held = terminal(by_pressure=True, policy="continue", preference="avoid")
    assert "dies_as_one" not in told(scene(oomd(), units=(held,)))


def test_where_no_plan_helps_the_way_around_is_named() -> None:
    # By swap systemd-oomd heeds only what root has wished; another user's units are not ours to change.
    for unit in (terminal(by_swap=True), terminal(by_pressure=True, policy="stop", mine=False), terminal(group=True)):
        dies = told(scene(oomd(), units=(unit,)))["dies_as_one"]
        assert dies.wish is None
        assert "guardian run -- make" in dies.text


def test_a_group_near_its_limit() -> None:
    def at(current: int) -> KillerScene:
        groups = [MemoryCgroup("/system.slice/pg.service", 2, current=current, max=GIB)]
        return scene(limits=tightest_limits(groups, memory(16), 4096), total=16, swap=0)

    assert "pg.service is close" in told(at(1000 * MIB))["near_limit"].headline
    assert "near_limit" not in told(at(500 * MIB))


def test_commands_take_hostile_arguments_as_text() -> None:
    hostile = ("earlyoom", "--avoid", "'; rm -rf ~ #$(id)", "-m", "5,3")
    for command in (limit_earlyoom(hostile, 64 * GIB), swap_ignored(hostile)):
        words = shlex.split(command.split(" | sudo tee")[0])
        assert words[0] == "echo"
        assert len(words) == 2
        assert "'; rm -rf ~ #$(id)" in shlex.split(shlex.split(words[1])[0].removeprefix("EARLYOOM_ARGS="))
