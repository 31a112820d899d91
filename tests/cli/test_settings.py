"""`guardian settings`: listed, explained, exported; what is refused says why.  Changes are tried on the real bus elsewhere."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]
VALUES = {
    "overcommit_ratio": 50, "overcommit_kbytes": 0, "panic_on_oom": 0, "oom_kill_allocating_task": 0, "oom_dump_tasks": 1,
    "min_free_kbytes": 67584, "watermark_scale_factor": 10, "swappiness": 60, "page-cluster": 3, "admin_reserve_kbytes": 8192,
    "user_reserve_kbytes": 131072,
}  # fmt: skip


@pytest.fixture
def machine(fake_root: Any) -> Any:
    for name, value in VALUES.items():
        fake_root.write(f"proc/sys/vm/{name}", f"{value}\n")
    fake_root.write("proc/sys/kernel/panic", "0\n")
    text = (fake_root.folder / "proc/meminfo").read_text()
    fake_root.write("proc/meminfo", text + f"Committed_AS: {18 << 20} kB\n")
    fake_root.write("etc/sysctl.d/60-oom-guardian.conf", "vm.swappiness = 60\n")
    fake_root.write("etc/sysctl.d/99-mine.conf", "# mine\nvm.swappiness=80\n")
    return fake_root


def test_the_list_has_value_meaning_and_advice(guardian: Run, machine: Any) -> None:
    said = guardian("--root", machine.folder, "settings")
    assert (said.code, said.err) == (0, "")
    line = next(line for line in said.out.splitlines() if line.startswith("vm.swappiness"))
    assert line.split() == ["vm.swappiness", "60", "how", "readily", "programs", "go", "to", "swap", "+", "100", "suits", "zram"]
    assert "+ vm.swappiness: All swap is on zram" in said.out
    assert "does not exist on this kernel" in said.out


def test_json_has_all_that_is_known(guardian: Run, machine: Any) -> None:
    found = json.loads(guardian("--root", machine.folder, "settings", "--json").out)
    assert found["schema"] == 1
    rows = {row["key"]: row for row in found["settings"]}
    swappiness = rows["vm.swappiness"]
    assert (swappiness["value"], swappiness["default"], swappiness["settable"]) == (60, 60, True)
    assert swappiness["boot"] == {
        "value": "80", "path": "/etc/sysctl.d/99-mine.conf", "line": 2,
        "beaten": ["/etc/sysctl.d/60-oom-guardian.conf"], "unread": None,
    }  # fmt: skip
    assert swappiness["advice"]["kind"] == "change"
    assert swappiness["advice"]["value"] == 100
    assert (rows["zswap"]["value"], rows["zswap"]["settable"]) == (None, False)


def test_one_is_explained_with_its_source(guardian: Run, machine: Any) -> None:
    said = guardian("--root", machine.folder, "settings", "show", "swappiness")
    assert said.out.startswith("vm.swappiness = 60\n")
    assert "At boot /etc/sysctl.d/99-mine.conf, line 2, sets it to 80." in said.out
    assert "It wins over /etc/sysctl.d/60-oom-guardian.conf, since its name comes later." in said.out
    assert "It was changed since." in said.out
    one = json.loads(guardian("--root", machine.folder, "settings", "show", "vm.swappiness", "--json").out)
    assert one["key"] == "vm.swappiness"


def test_the_switch_of_rhel_4_is_explained(guardian: Run, machine: Any) -> None:
    said = guardian("--root", machine.folder, "settings", "show", "vm.oom-kill")
    assert "Only RHEL 4 had it" in said.out
    assert "on this kernel there is no off switch" in said.out


def test_exports_are_files_that_say_the_same(guardian: Run, machine: Any) -> None:
    machine.write("proc/sys/vm/overcommit_memory", "1\n")
    plain = guardian("--root", machine.folder, "settings", "--export", "sysctl").out
    assert plain.splitlines()[1:] == ["vm.swappiness = 60", "vm.overcommit_memory = 1"]
    advised = guardian("--root", machine.folder, "settings", "--export", "sysctl", "--advised").out
    wished = dict(line.split(" = ") for line in advised.splitlines()[1:])
    assert wished == {
        "vm.swappiness": "100", "vm.page-cluster": "0", "vm.watermark_scale_factor": "125", "vm.overcommit_memory": "0",
    }  # fmt: skip
    ansible = guardian("--root", machine.folder, "settings", "--export", "ansible", "--advised").out
    assert '    - {name: vm.swappiness, value: "100"}\n' in ansible
    assert "  ansible.posix.sysctl:\n" in ansible


def test_a_deadly_value_is_refused_with_the_reason_and_the_way(guardian: Run, machine: Any) -> None:
    said = guardian("--root", machine.folder, "settings", "set", "vm.overcommit_memory=2")
    assert (said.code, said.out) == (1, "")
    assert said.err == (
        "guardian: Not set: Mode 2 with 50 % would stop new programs at once. 18.0 GiB are promised already, the limit would "
        "be 16.0 GiB. From 63 % on it fits.\n"
    )
    assert Path(machine.folder, "proc/sys/vm/overcommit_memory").read_text() == "0\n"


def test_what_this_kernel_lacks_is_said(guardian: Run, machine: Any) -> None:
    (machine.folder / "proc/sys/vm/watermark_scale_factor").unlink()
    said = guardian("--root", machine.folder, "settings", "set", "watermark_scale_factor=125")
    assert (said.code, said.out) == (1, "")
    assert said.err == "guardian: Not set: this kernel has no vm.watermark_scale_factor\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ("set", "vm.swappiness"),
        ("set", "vm.swappiness=x"),
        ("set", "kernel.modprobe=1"),
        ("set", "zswap=1"),
        ("set",),
        ("set", "vm.swappiness=1", "--rollback", "0"),
        ("show", "vm.nothing"),
        ("show", "\x1b[31mred"),
        ("--advised",),
        ("--export", "toml"),
    ],
)
def test_what_makes_no_sense_is_wrong_usage(guardian: Run, machine: Any, arguments: tuple[str, ...]) -> None:
    said = guardian("--root", machine.folder, "settings", *arguments)
    assert (said.code, said.out, said.err.count("\n")) == (2, "", 1)
    assert "\x1b" not in said.err


def test_nothing_to_take_back_or_to_keep(guardian: Run, machine: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    for act in ("undo", "keep"):
        said = guardian("--root", machine.folder, "settings", act)
        assert (said.code, said.out, said.err.count("\n")) == (1, "", 1)
        assert said.err.startswith("guardian: Nothing to ")
