import pytest

from guardian.adapters.metric_names import LabelNames, stable_unit
from guardian.protocol.metrics import OTHER


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize(
    "cgroup,name",
    [
        ("/user.slice/user-1000.slice/user@1000.service/app.slice/app-gnome-org.gnome.Terminal-4242.scope", "org.gnome.Terminal"),
        ("/system.slice/postgresql@15-main.service", "postgresql@15-main.service"),
        ("/user.slice/user-1000.slice/session-12.scope", "session.scope"),
        ("/system.slice/run-u123.service", "run.service"),
        ("/system.slice/run-r0a1b2c3d4e5f60718293a4b5c6d7e8f9.scope", "run.scope"),
        ("/system.slice/docker-" + "0a1b2c3d" * 8 + ".scope", "docker.scope"),
        ("/user.slice/vte-spawn-8e2f2b8c-1f1e-4d4c-9a2a-7c0d2b3b4f5a.scope", "vte-spawn.scope"),
        ("/kubepods.slice/kubepods-burstable-pod8e2f2b8c_1f1e_4d4c_9a2a_7c0d2b3b4f5a.slice", "kubepods-burstable-pod.slice"),
        ("/system.slice/face-cafe.scope", "face-cafe.scope"),
        ("/system.slice/bad\x1b\n\u202ename.service", "bad\\x1b\\n\\u202ename.service"),
        ("/somewhere/else", ""),
        ("/", ""),
        (None, ""),
    ],
)
def test_a_unit_is_named_without_what_changes_from_start_to_start(cgroup: str | None, name: str) -> None:
    assert stable_unit(cgroup) == name


def test_a_program_that_renames_itself_again_and_again_makes_few_series() -> None:
    clock = Clock()
    names = LabelNames(most=5, clock=clock)
    assert len({names.program(f"x{number}") for number in range(1000)} - {OTHER}) == 5
    assert names.program("x1") == "x1"
    assert names.program("new") == OTHER
    clock.now = 90000.0
    assert names.program("new") == "new"


def test_stand_ins_are_the_same_for_the_same_name_and_tell_nothing() -> None:
    names, again, elsewhere = LabelNames(b"one"), LabelNames(b"one"), LabelNames(b"two")
    hidden = names.program("tax-return-2026")
    assert hidden == again.program("tax-return-2026")
    assert hidden != elsewhere.program("tax-return-2026")
    assert "tax" not in hidden
    assert hidden != names.program("tax-return-2027")
    assert "postgres" not in names.unit("/system.slice/postgresql.service")


def test_names_cannot_break_lines() -> None:
    assert "\n" not in LabelNames().program('evil"\n} 1\nname')
    assert LabelNames().program(None) == LabelNames().unit(None) == ""
