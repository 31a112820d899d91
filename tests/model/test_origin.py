"""Where an adjustment comes from, in kinds and in words."""

from collections.abc import Sequence

import pytest

from guardian.kernel.process import Process
from guardian.model.origin import origin_of_adjustment
from tests.model.conftest import process_of

INIT = process_of(1, name="systemd", adj=0)
MANAGER = process_of(900, name="systemd", adj=100, cgroup="/user.slice/user-1000.slice/user@1000.service/init.scope")
SHELL = process_of(910, name="gnome-shell", adj=200)


def named(name: str, adj: int | None, pid: int = 2000, **more: object) -> Process:
    return process_of(pid, name=name, adj=adj, **more)


@pytest.mark.parametrize(
    "process,ancestors,kind,sentence",
    [
        (named("bash", 0), [INIT], "nobody", "Nobody set it: 0 is the kernel's own value."),
        (named("bash", None), [INIT], "unknown", "The adjustment is not known."),
        (MANAGER, [INIT], "user manager", "systemd gives +100 to each user's manager."),
        (SHELL, [MANAGER, INIT], "user unit", "The user manager gives +200 to all that it starts."),
        (
            named("gedit", 200),
            [SHELL, MANAGER, INIT],
            "inherited",
            "It is inherited from gnome-shell (910). The user manager gives it to all that it starts.",
        ),
        (
            named("code", 300),
            [named("code", 200, 1900), SHELL, MANAGER, INIT],
            "program",
            "Electron asks for +300 in its renderers. Its parent has +200, from the user manager.",
        ),
        (
            named("codec", 300),
            [SHELL, MANAGER, INIT],
            "unclear",
            "The program set +300 itself, or whoever started it did. Its parent has +200, from the user manager.",
        ),
        (
            named("chrome", 300),
            [named("chrome", 0, 1900), INIT],
            "program",
            "Chromium asks for +300 in its renderers. Its parent has 0.",
        ),
        (
            named("Isolated Web Co", 167),
            [named("firefox", 0, 1900)],
            "program",
            "Firefox asks for +167 in such a process. Its parent has 0.",
        ),
        (
            named("backup", 500, cgroup="/system.slice/backup.service"),
            [INIT],
            "system unit",
            "Its unit backup.service asks for +500, or the program set it itself.",
        ),
        (
            named("worker", 500, cgroup="/system.slice/backup.service"),
            [named("backup", 500, 1900, cgroup="/system.slice/backup.service"), INIT],
            "inherited",
            "It is inherited from backup (1900). Its unit backup.service asks for +500, or the program set it itself.",
        ),
        (named("sshd", -1000), [INIT], "program", "It protects itself, as such services do. Its parent has 0."),
        (named("odd", -500), [], "unclear", "The program set −500 itself, or whoever started it did."),
        (
            named("reset", 0),
            [SHELL, MANAGER, INIT],
            "unclear",
            "The program set 0 itself, or whoever started it did. Its parent has +200, from the user manager.",
        ),
        (named("worker", 7), [named("tool", 7, 1900)], "inherited", "It is inherited from tool (1900)."),
    ],
)
def test_origins(process: Process, ancestors: Sequence[Process], kind: str, sentence: str) -> None:
    origin = origin_of_adjustment(process, ancestors)
    assert (origin.kind, origin.sentence) == (kind, sentence)


def test_the_holder_is_the_eldest_with_the_value() -> None:
    child, parent = named("a", 7, 30), named("b", 7, 20)
    assert origin_of_adjustment(child, [parent, named("c", 7, 10), INIT]).holder.pid == 10
    assert origin_of_adjustment(child, [INIT]).holder is child
