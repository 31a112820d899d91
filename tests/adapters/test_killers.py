"""Killers found among the processes, and their configuration read from the files they read themselves."""

from pathlib import Path

import pytest

from guardian.adapters.killers import KillersHere, earlyoom_rules
from guardian.kernel.process import Process, ProcessKey
from guardian.model.killers import OomdRules, PercentRules

USER = "/user.slice/user-1000.slice/user@1000.service"


def process(pid: int, name: str) -> Process:
    return Process(ProcessKey(pid, 1), name, 1, "S", 0, 1)


def write(root: Path, name: str, text: str) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


@pytest.mark.parametrize(
    "line, rules",
    [
        ("earlyoom", PercentRules("earlyoom")),
        ("earlyoom -r 3600", PercentRules("earlyoom")),
        ("earlyoom -m 5 -s 20,10", PercentRules("earlyoom", memory=0.05, swap=0.2)),
        ("earlyoom -m5,2", PercentRules("earlyoom", memory=0.05)),
        ("earlyoom --prefer ^java$ --avoid=^X$", PercentRules("earlyoom", prefer="^java$", avoid="^X$")),
        ("earlyoom -m", PercentRules("earlyoom")),
        ("earlyoom --ignore", PercentRules("earlyoom", ignore="")),
        ("earlyoom -M 1048576,524288", PercentRules("earlyoom", memory=1.0, memory_bytes=1 << 30)),
        (
            "earlyoom -m 4 -M1024 -S 2048",
            PercentRules("earlyoom", memory=0.04, swap=1.0, memory_bytes=1 << 20, swap_bytes=2 << 20),
        ),
        ("earlyoom -M much", PercentRules("earlyoom")),
    ],
)
def test_the_command_line_of_earlyoom(line: str, rules: PercentRules) -> None:
    assert earlyoom_rules(line.split()) == rules


def test_nobody_runs_here(tmp_path: Path) -> None:
    assert KillersHere(str(tmp_path)).look([process(5, "bash")]) == ()


def test_oomd_as_debian_configures_it(tmp_path: Path) -> None:
    write(tmp_path, "etc/systemd/oomd.conf", "[OOM]\n#SwapUsedLimit=90%\nDefaultMemoryPressureDurationSec=20s\n")
    write(tmp_path, "usr/lib/systemd/system/-.slice", "[Slice]\n")
    write(tmp_path, "usr/lib/systemd/system/-.slice.d/10-oomd.conf", "[Slice]\nManagedOOMSwap=kill\n")
    limits = "[Service]\nManagedOOMMemoryPressure=kill\nManagedOOMMemoryPressureLimit=50%\n"
    write(tmp_path, "usr/lib/systemd/system/user@.service.d/10-oomd.conf", limits)
    found = KillersHere(str(tmp_path)).look([process(7, "systemd-oomd")], ["/", USER, f"{USER}/app.slice"])
    assert found == (OomdRules(("/",), ((USER, 0.5),), 0.9, 20.0),)


def test_an_administrators_drop_in_is_stronger(tmp_path: Path) -> None:
    write(tmp_path, "usr/lib/systemd/system/-.slice.d/10-oomd.conf", "[Slice]\nManagedOOMSwap=kill\n")
    write(tmp_path, "etc/systemd/system/-.slice.d/99-mine.conf", "[Slice]\nManagedOOMSwap=auto\n")
    write(tmp_path, "etc/systemd/oomd.conf.d/x.conf", "broken\n[OOM]\n")
    (found,) = KillersHere(str(tmp_path)).look([process(7, "systemd-oomd")])
    assert found == OomdRules()


def test_nohang_and_a_command_line_that_is_gone(tmp_path: Path) -> None:
    write(tmp_path, "etc/nohang/nohang.conf", "soft_threshold_min_mem  = 8 %\nsoft_threshold_min_swap = 12 %\n")
    found = KillersHere(str(tmp_path)).look([process(5, "nohang"), process(6, "earlyoom")])
    assert found == (PercentRules("nohang", 0.08, 0.12), PercentRules("earlyoom"))
