"""The plan that a kill suggests: the unit, application, program or name of what was ended."""

import pytest

from guardian.model.era import Era
from guardian.model.history import Candidate, Kill, Party, Rescored
from guardian.policy.pins import PROTECT
from guardian.policy.prevention import Prevention, prevention_of
from guardian.protocol.rules import Subject

USER = "/user.slice/user-1000.slice/user@1000.service"


def kill_of(name: str, cgroup: str | None = None, killer: str = "kernel", uid: int | None = 1000, group: bool = False) -> Kill:
    return Kill(1.0, None, killer, (Party(4242, name, cgroup, uid=uid),), group=group)  # type: ignore[arg-type]


def running(name: str, exe: str | None) -> Subject:
    return Subject(exe, name, None, False, None, "anna")


@pytest.mark.parametrize(
    "kill, expected",
    [
        (kill_of("postgres", "/system.slice/postgresql.service"), Prevention("unit", "postgresql.service")),
        (
            kill_of("mysqld.service", "/system.slice/mysqld.service", "systemd-oomd", None, group=True),
            Prevention("unit", "mysqld.service", oomd="avoid"),
        ),
        (
            kill_of("vte-spawn-1.scope", f"{USER}/app.slice/app-org.gnome.Terminal.slice/vte-spawn-1.scope", "systemd-oomd"),
            Prevention("app", "org.gnome.Terminal", uid=1000),
        ),
        (kill_of("firefox", f"{USER}/app.slice/app-firefox-77.scope"), Prevention("app", "firefox", uid=1000)),
        (kill_of("clang++"), Prevention("exe", "/usr/bin/clang++")),
        (kill_of("python3"), Prevention("name", "python3", uid=1000)),
        (kill_of("tool"), Prevention("name", "tool", uid=1000)),
        (kill_of("a name of far more than that"), Prevention("name", "a name of far m", uid=1000)),
    ],
)
def test_whom_a_plan_is_for(kill: Kill, expected: Prevention) -> None:
    people = [running("clang++", "/usr/bin/clang++"), running("python3", "/usr/bin/python3"), running("tool", "/home/anna/tool")]
    assert prevention_of(kill, people) == expected


@pytest.mark.parametrize("rival, adjustment", [(200_000, -850), (900_000, PROTECT)])
def test_it_protects_as_much_as_the_kill_would_have_taken(rival: int, adjustment: int) -> None:
    candidates = (
        Candidate(1, 4242, "big", 1_000_000, 4096 * 1_000_000, 0, 0, ended=True),
        Candidate(2, 7, "next", rival, 4096 * rival, 0, 0),
    )
    kill = kill_of("big")._replace(rescored=Rescored(True, "", Era.E8, 1_000_000, candidates))
    assert prevention_of(kill).adjustment == adjustment
