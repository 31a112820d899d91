"""Which group a limit means, and whom nobody may hold back with it."""

import pytest

from guardian.kernel.cgroup import MemoryCgroup
from guardian.kernel.process import Process, ProcessKey
from guardian.policy.group_limit import (
    LimitRefused,
    Place,
    limit_refusal,
    members_of,
    own_group,
    place_of,
    plan_limit,
    swap_refusal,
)

ME, OWN = 1000, 7
USER = "/user.slice/user-1000.slice/user@1000.service/app.slice"
GROUPS = (MemoryCgroup("/", 2),)


def process(pid: int, name: str, cgroup: str | None, *, uid: int = ME, ppid: int = 1, state: str = "S") -> Process:
    return Process(ProcessKey(pid, pid), name, ppid, state, 0, 1, uid=uid, cgroup=cgroup)


@pytest.mark.parametrize(
    "cgroup,place",
    [
        (f"{USER}/app-firefox-1.scope", Place(f"{USER}/app-firefox-1.scope", "app-firefox-1.scope", user=True)),
        # A limit is the unit's, not that of a group which the unit made for itself.
        (f"{USER}/box.service/payload", Place(f"{USER}/box.service", "box.service", user=True)),
        ("/system.slice/cron.service", Place("/system.slice/cron.service", "cron.service", user=False)),
        ("/user.slice/session-2.scope", Place("/user.slice/session-2.scope", "session-2.scope", user=False)),
        ("/mine", Place("/mine", None, user=False)),
        ("/", None),
        (None, None),
    ],
)
def test_place(cgroup: str | None, place: Place | None) -> None:
    assert place_of(cgroup) == place


def test_a_program_with_a_group_of_its_own() -> None:
    browser, tab = process(10, "firefox", f"{USER}/app-firefox-1.scope"), process(11, "tab", f"{USER}/app-firefox-1.scope/x")
    table = [browser, tab, process(12, "gnome-shell", "/user.slice/session.scope")]
    place = plan_limit([browser], table, ME, OWN)
    assert place.unit == "app-firefox-1.scope"
    assert members_of(place.path, table) == (browser, tab)
    assert limit_refusal([browser], table, GROUPS, ME, OWN) == ""
    assert own_group([browser, tab], table, ME, OWN) == place.path


def test_a_neighbour_by_name_is_no_member() -> None:
    one = process(10, "a", "/a.scope")
    assert members_of("/a.scope", [one, process(11, "b", "/a.scope2")]) == (one,)


@pytest.mark.parametrize(
    "chosen,others,words",
    [
        (process(10, "x", "/s.scope"), [process(11, "Xorg", "/s.scope")], "shares its group with Xorg"),
        (process(10, "x", "/s.scope"), [process(OWN, "guardian", "/s.scope")], "shares its group with guardian"),
        (process(10, "x", None), [], "has no group of its own"),
        (process(10, "x", "/"), [], "has no group of its own"),
        (process(10, "x", f"{USER}/a.scope"), [process(11, "y", f"{USER}/a.scope", uid=33)], "Others' programs live"),
        (process(10, "x", "/system.slice/x.service"), [], "is the system's, not yours"),
    ],
)
def test_whom_nobody_may_hold_back(chosen: Process, others: list[Process], words: str) -> None:
    with pytest.raises(LimitRefused, match=words):
        plan_limit([chosen], [chosen, *others], ME, OWN)
    assert words in limit_refusal([chosen], [chosen, *others], GROUPS, ME, OWN)
    assert own_group([chosen], [chosen, *others], ME, OWN) is None


def test_an_administrator_may_limit_the_systems_units_and_others_programs() -> None:
    chosen = process(10, "x", "/system.slice/x.service", uid=33)
    assert plan_limit([chosen], [chosen], 0, OWN).unit == "x.service"


def test_one_group_at_a_time() -> None:
    two = [process(10, "a", f"{USER}/a.scope"), process(11, "b", f"{USER}/b.scope")]
    with pytest.raises(LimitRefused, match="different groups"):
        plan_limit(two, two, ME, OWN)


@pytest.mark.parametrize(
    "cgroups,words",
    [(None, "no memory groups"), ((), "no memory groups"), ((MemoryCgroup("/", 1),), "version 1")],
)
def test_kernels_that_cannot(cgroups: tuple[MemoryCgroup, ...] | None, words: str) -> None:
    chosen = process(10, "x", f"{USER}/a.scope")
    assert words in limit_refusal([chosen], [chosen], cgroups, ME, OWN)


def test_what_can_go_to_swap() -> None:
    running, stopped = process(10, "x", "/a"), process(11, "y", "/a", state="T")
    assert "No free swap" in swap_refusal([running], "/a", 0, version=2)
    assert "No free swap" in swap_refusal([stopped], "/a", None, version=2)
    assert swap_refusal([running], "/a", 1 << 30, version=2) == ""
    assert "Freeze it first" in swap_refusal([running], "/a", 1 << 30, version=1)
    assert "Freeze it first" in swap_refusal([running, stopped], None, 1 << 30, version=2)
    assert swap_refusal([stopped], None, 1 << 30, version=1) == ""
