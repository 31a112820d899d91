"""Who may be frozen, what belongs to a program, and when it goes on."""

import pytest

from guardian.kernel.process import PF_KTHREAD, Process, ProcessKey
from guardian.model.verdict import Grower, State
from guardian.policy.relief import NotOffered, Waiting, choose_grower, needed, plan_freeze, plan_thaw
from guardian.policy.settings import DEFAULTS

GIB = 1 << 30
APP = "/user.slice/app.slice/app-gnome-org.gimp.GIMP-99.scope"


def process(pid: int, name: str, ppid: int = 1, **more: object) -> Process:
    fields: dict[str, object] = {"state": "S", "flags": 0, "threads": 1, "uid": 1000} | more
    return Process(ProcessKey(pid, pid * 10), name, ppid, **fields)  # type: ignore[arg-type]


DESKTOP = (
    process(1, "systemd", 0, uid=0),
    process(10, "systemd"),
    process(20, "gnome-shell", 10),
    process(30, "launcher", 10),
    process(31, "konsole", 30, cgroup="/app.slice/app-org.kde.konsole-1.scope"),
    process(32, "bash", 31, cgroup="/app.slice/app-org.kde.konsole-1.scope"),
    process(33, "make", 32, cgroup="/app.slice/app-org.kde.konsole-1.scope"),
    process(34, "clang", 33, cgroup="/app.slice/app-org.kde.konsole-1.scope"),
    process(40, "gimp", 10, cgroup=APP),
    process(41, "script-fu", 40, cgroup=APP),
    process(42, "plugin", 10, cgroup=APP),
    process(50, "python3", 30),
    process(60, "postgres", 1, uid=70),
)
OWN = (50,)


def test_what_the_desktop_needs_is_spared_with_all_its_ancestors() -> None:
    pids = {key.pid for key in needed(DESKTOP, OWN)}
    assert pids == {1, 10, 20, 30, 31, 50}


@pytest.mark.parametrize("pid,why", [(20, "never frozen"), (30, "never frozen"), (50, "never frozen"), (60, "somebody else")])
def test_these_are_refused_in_words(pid: int, why: str) -> None:
    with pytest.raises(NotOffered, match=why):
        plan_freeze(ProcessKey(pid, pid * 10), DESKTOP, 1000, OWN)


def test_one_that_is_gone_or_reused_is_refused() -> None:
    with pytest.raises(NotOffered, match="already ended"):
        plan_freeze(ProcessKey(40, 7), DESKTOP, 1000, OWN)


def test_an_application_stands_still_as_a_whole() -> None:
    target = plan_freeze(ProcessKey(41, 410), DESKTOP, 1000, OWN)
    assert {one.pid for one in target.processes} == {40, 41, 42}
    assert target.cgroup == APP


def test_in_a_terminals_group_only_the_program_and_what_it_started() -> None:
    target = plan_freeze(ProcessKey(33, 330), DESKTOP, 1000, OWN)
    assert [one.pid for one in target.processes] == [33, 34]
    assert target.cgroup is None


def test_threads_of_the_kernel_are_nobodys_to_freeze() -> None:
    thread = process(2, "kthreadd", 0, flags=PF_KTHREAD, uid=0)
    with pytest.raises(NotOffered):
        plan_freeze(thread.key, (*DESKTOP, thread), 0, OWN)


def grower(pid: int, name: str) -> Grower:
    return Grower(name, ProcessKey(pid, pid * 10), 1, GIB, 1e6)


def test_the_rule_acts_only_when_chosen_and_never_on_whom_is_spared() -> None:
    growers = (grower(20, "gnome-shell"), grower(60, "postgres"), grower(34, "clang"), grower(40, "gimp"))
    assert choose_grower(growers, DESKTOP, 1000, OWN, DEFAULTS) is None
    on = DEFAULTS.changed("relief.freeze_when_critical", value=True)
    assert choose_grower(growers, DESKTOP, 1000, OWN, on) == ProcessKey(34, 340)
    spared = on.changed("relief.never_freeze", ["clang"])
    assert choose_grower(growers, DESKTOP, 1000, OWN, spared) == ProcessKey(40, 400)


def test_going_on_needs_room_that_lasts() -> None:
    wait, due = plan_thaw(Waiting(), State.CALM, 3 * GIB, 8 * GIB, 100.0, DEFAULTS)
    assert (wait, due) == (Waiting(100.0), False)
    assert plan_thaw(wait, State.CALM, 3 * GIB, 8 * GIB, 119.0, DEFAULTS)[1] is False
    assert plan_thaw(wait, State.CALM, 3 * GIB, 8 * GIB, 120.0, DEFAULTS)[1] is True
    assert plan_thaw(wait, State.CALM, 1 * GIB, 8 * GIB, 120.0, DEFAULTS) == (Waiting(), False)
    assert plan_thaw(wait, State.WARNING, 3 * GIB, 8 * GIB, 120.0, DEFAULTS) == (Waiting(), False)


def test_room_may_be_asked_for_in_bytes_and_going_on_switched_off() -> None:
    small = DEFAULTS.changed("relief.thaw_room", "1 GiB")
    assert plan_thaw(Waiting(0.0), State.CALM, 1 * GIB, 8 * GIB, 60.0, small)[1] is True
    off = DEFAULTS.changed("relief.thaw_by_itself", value=False)
    assert plan_thaw(Waiting(0.0), State.CALM, 8 * GIB, 8 * GIB, 60.0, off) == (Waiting(), False)
