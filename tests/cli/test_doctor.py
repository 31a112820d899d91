"""`guardian doctor`: every capability in words, here and on a machine that has next to nothing."""

import json
from collections.abc import Callable
from typing import Any

import pytest

Run = Callable[..., Any]

NAMES = {
    *("scores", "oom_score", "other_users", "psi", "memory_cgroups", "lower_adjustment", "swap", "psi_triggers", "kernel_log"),
    *("journal", "locked_memory", "other_killers", "polkit", "helper", "display", "locale", "session_bus", "agent", "tray"),
    *("notifications", "keyring", "user_units", "qt"),
}


def looked(guardian: Run, *args: object) -> dict[str, dict[str, Any]]:
    said = guardian(*args, "doctor", "--json")
    assert (said.code, said.err) == (0, "")
    found = json.loads(said.out)
    assert found["schema"] == 1
    return {one["name"]: one for one in found["capabilities"]}


def test_this_machine(guardian: Run) -> None:
    found = looked(guardian)
    assert set(found) == NAMES
    for one in found.values():
        assert set(one) == {"name", "title", "works", "says", "get"}
        assert one["title"]
        assert one["says"]
    assert found["scores"]["works"] is True
    assert found["display"]["works"] is False
    assert found["session_bus"]["get"]


def test_words(guardian: Run) -> None:
    said = guardian("doctor")
    assert said.code == 0
    assert "Same scores as the kernel" in said.out
    assert "works" in said.out
    assert "; what needs" in said.out


def test_a_machine_with_next_to_nothing(guardian: Run, tmp_path: Any) -> None:
    found = looked(guardian, "--root", tmp_path)
    assert [found[name]["works"] for name in ("scores", "oom_score", "psi", "memory_cgroups", "swap", "psi_triggers")] == [
        *(None, False, False, False, None, False)
    ]


def test_hidepid_is_found(guardian: Run, fake_root: Any) -> None:
    fake_root.write("proc/self/mountinfo", "22 1 0:20 / /proc rw,nosuid - proc proc rw,hidepid=invisible\n")
    found = looked(guardian, "--root", fake_root.folder)["other_users"]
    assert "hidepid=invisible" in found["says"]
    assert "remount,hidepid=0" in found["get"]


def test_swap_and_cgroup_v2_are_found(guardian: Run, fake_root: Any) -> None:
    fake_root.write("proc/self/mountinfo", "29 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n")
    fake_root.write("sys/fs/cgroup/cgroup.controllers", "cpu memory io\n")
    found = looked(guardian, "--root", fake_root.folder)
    assert found["memory_cgroups"] == found["memory_cgroups"] | {"works": True, "get": None}
    assert "8.0 GiB" in found["swap"]["says"]
    fake_root.write("sys/fs/cgroup/cgroup.controllers", "cpu io\n")
    assert looked(guardian, "--root", fake_root.folder)["memory_cgroups"]["works"] is False


def test_other_killers_are_named(guardian: Run, fake_root: Any) -> None:
    fake_root.add(700, "systemd-oomd", rss=1 << 20)
    fake_root.add(701, "earlyoom", rss=1 << 20)
    assert "systemd-oomd, earlyoom" in looked(guardian, "--root", fake_root.folder)["other_killers"]["says"]


def test_a_bus_without_services(guardian: Run, private_bus: Any) -> None:
    found = looked(guardian)
    assert found["session_bus"]["works"] is True
    for name in ("agent", "tray", "notifications", "keyring", "user_units"):
        assert found[name]["works"] is False, name
        assert found[name]["get"], name


def test_a_bus_that_cannot_be_reached(guardian: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", f"unix:path={tmp_path / 'none'}")
    found = looked(guardian)
    assert found["session_bus"]["works"] is False
    assert found["tray"]["says"] == "Needs the session bus."


def test_services_that_are_there_work(guardian: Run, private_bus: Any) -> None:
    for name in ("org.freedesktop.Notifications", "org.freedesktop.secrets"):
        text = f"[D-BUS Service]\nName={name}\nExec=/bin/false\n"
        (private_bus.services / f"{name}.service").write_text(text)
    private_bus.stop()
    private_bus.start()
    found = looked(guardian)
    assert found["notifications"]["works"] is True
    assert found["keyring"]["works"] is True


def test_killers_that_clash_are_told_with_the_way_out(guardian: Run, fake_root: Any) -> None:
    fake_root.add(700, "nohang", rss=1 << 20)
    fake_root.add(701, "earlyoom", rss=1 << 20)
    said = guardian("--root", fake_root.folder, "doctor", "--json")
    killers = json.loads(said.out)["killers"]
    assert [row["who"] for row in killers["who"]] == ["earlyoom", "nohang", "Kernel", "systemd-oomd"]
    assert killers["findings"][0]["name"] == "two_killers"
    assert killers["findings"][0]["command"].startswith("sudo systemctl disable --now")
    words = guardian("--root", fake_root.folder, "doctor").out
    assert "earlyoom and nohang both run." in words
    assert killers["findings"][0]["command"] in words
