"""Which unit a process belongs to, as rules see it: named by the system's own systemd, not by what runs below."""

import pytest

from guardian.helper.enforcer import unit_of


@pytest.mark.parametrize(
    "path, unit, system",
    [
        ("/system.slice/postgresql.service", "postgresql.service", True),
        ("/system.slice/system-postgresql.slice/postgresql@15-main.service", "postgresql@15-main.service", True),
        ("/system.slice/docker-0a1b.scope/system.slice/postgresql.service", "docker-0a1b.scope", True),
        ("/system.slice/worker.service/postgresql.service", "worker.service", True),
        ("/machine.slice/machine-a.scope/payload/system.slice/postgresql.service", "machine-a.scope", False),
        ("/user.slice/user-1000.slice/user@1000.service/app.slice/app-firefox.scope", "app-firefox.scope", False),
        ("/user.slice/user-1000.slice/user@1000.service/app.slice/a.service/b.service", "a.service", False),
        ("/user.slice/user-1000.slice/user@1000.service/system.slice/a.service", "a.service", False),
        ("/user.slice/user-1000.slice/user@1000.service/init.scope", "init.scope", False),
        ("/user.slice/user-1000.slice/session-2.scope", "session-2.scope", False),
        ("/docker/0a1b/system.slice/postgresql.service", None, False),
        ("/system.slice", None, True),
        ("/", None, False),
    ],
)
def test_the_outermost_unit_counts(path: str, unit: str | None, system: bool) -> None:
    assert unit_of(path) == (unit, system)
