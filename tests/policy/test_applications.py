"""What belongs to one application or unit, so that an act can mean the whole of it."""

import pytest

from guardian.kernel.process import Process, ProcessKey
from guardian.policy.applications import Group, group_of, whole_of

USER = "/user.slice/user-1000.slice/user@1000.service"


def process(pid: int, cgroup: str | None, uid: int = 1000, state: str = "S") -> Process:
    return Process(ProcessKey(pid, 1), f"p{pid}", 1, state, 0, 1, uid=uid, cgroup=cgroup)


@pytest.mark.parametrize(
    "path, group, words",
    [
        (f"{USER}/app.slice/app-firefox-77.scope", Group("app", "firefox"), "firefox"),
        (
            f"{USER}/app.slice/app-org.gnome.Terminal.slice/vte-spawn-1.scope",
            Group("app", "org.gnome.Terminal"),
            "Terminal",
        ),
        ("/system.slice/postgresql@16-main.service", Group("unit", "postgresql@16-main.service"), "postgresql@16-main"),
        (f"{USER}/session.slice/pipewire.service", Group("unit", "pipewire.service"), "pipewire"),
        ("/user.slice/user-1000.slice/session-3.scope", None, ""),
        (f"{USER}/init.scope", None, ""),
        ("/", None, ""),
        (None, None, ""),
    ],
)
def test_what_a_cgroup_belongs_to(path: str | None, group: Group | None, words: str) -> None:
    assert group_of(path) == group
    assert group is None or group.words == words


def test_the_whole_is_of_one_user_and_over_several_scopes() -> None:
    one, two = (process(pid, f"{USER}/app.slice/app-firefox-{pid}.scope") for pid in (10, 11))
    others = [
        process(12, f"{USER}/app.slice/app-code-1.scope"),
        process(13, f"{USER}/app.slice/app-firefox-10.scope", uid=1001),
        process(14, f"{USER}/app.slice/app-firefox-10.scope", state="Z"),
        process(15, None),
    ]
    whole = whole_of([one], [one, two, *others])
    assert whole is not None
    assert whole.processes == (one, two)
    assert whole_of([one, others[0]], [one, two, *others]) is None
    assert whole_of([others[3]], others) is None
    assert whole_of([], others) is None
