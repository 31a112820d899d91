"""The scene of killers, from files as distributions have them."""

import os
from pathlib import Path

from guardian.adapters.killer_scene import look_at_killers
from guardian.kernel.cgroup import MemoryCgroup
from guardian.kernel.meminfo import MemInfo
from guardian.kernel.process import Process, ProcessKey, ProcessMemory
from guardian.model.killer_scene import MANY
from guardian.model.killers import PercentRules
from guardian.protocol.plans import UnitPlan
from guardian.sampling.sample import Sample

GIB = 1 << 30
MINE = f"/user.slice/user-{os.geteuid()}.slice/user@{os.geteuid()}.service/app.slice/vte-spawn-1.scope"
OTHER = "/user.slice/user-4242.slice/user@4242.service/app.slice/vte-spawn-2.scope"


def process(pid: int, name: str, cgroup: str = "/") -> Process:
    return Process(ProcessKey(pid, 1), name, 1, "S", 0, 1, memory=ProcessMemory(1 << 20, 0, 0, 0, 0), cgroup=cgroup)


def sample(processes: list[Process]) -> Sample:
    memory = MemInfo(16 * GIB, GIB, GIB, swap_total=0, swap_free=0)
    groups = (MemoryCgroup("/system.slice/pg.service", 2, current=GIB, max=2 * GIB),)
    return Sample(0.0, 0.0, 4096, memory, None, None, None, None, None, groups, tuple(processes))


def write(root: Path, name: str, text: str | bytes = "") -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())


def crowd(cgroup: str, first: int) -> list[Process]:
    return [process(first + at, "bash" if not at else "cc1", cgroup) for at in range(MANY)]


def test_who_runs_who_is_installed_and_what_managers_say(tmp_path: Path) -> None:
    write(tmp_path, "usr/lib/systemd/systemd-oomd")
    write(tmp_path, "usr/bin/earlyoom")
    write(tmp_path, "proc/700/cmdline", b"/usr/bin/earlyoom\0-m\0005\0")
    asked = []

    def plan_of(unit: str, user: bool) -> UnitPlan | None:
        asked.append((unit, user))
        return UnitPlan(None, "stop", "none", None)

    scene = look_at_killers(sample([process(700, "earlyoom"), *crowd(MINE, 1000), *crowd(OTHER, 2000)]), str(tmp_path), plan_of)
    assert [(one.name, one.installed, one.running) for one in scene.killers] == [
        ("systemd-oomd", True, False),
        ("earlyoom", True, True),
        ("nohang", False, False),
    ]
    assert scene.killers[1].rules == PercentRules("earlyoom", memory=0.05)
    assert scene.killers[1].arguments[1:3] == ("-m", "5")
    assert [limit.cgroup.path for limit in scene.limits] == ["/system.slice/pg.service"]
    assert (scene.pressure, scene.unified) == (False, True)
    # Another user's manager is not asked.
    assert asked == [("vte-spawn-1.scope", True)]
    assert {unit.unit: (unit.mine, unit.policy) for unit in scene.units} == {
        "vte-spawn-1.scope": (True, "stop"),
        "vte-spawn-2.scope": (False, None),
    }


def test_cgroups_of_version_1_are_told(tmp_path: Path) -> None:
    write(tmp_path, "proc/self/mountinfo", "30 23 0:27 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n")
    assert not look_at_killers(sample([]), str(tmp_path)).unified
