"""What is tried inside the machine, as root, under real systemd with all capabilities; prints one JSON line for each case."""

import json
import subprocess
import sys
import time
import traceback
from functools import partial
from pathlib import Path

sys.path.insert(0, "/usr/lib/oom-guardian")
sys.path.insert(0, "/")

import inside_product
import inside_relief
import inside_settings
from inside_product import GROUP, MIB, adj, eater, ended_one, wait_for
from jeepney import DBusAddress, HeaderFields, MessageType, new_method_call
from jeepney.io.blocking import open_dbus_connection

from guardian.protocol.helper import HELPER_INTERFACE, HELPER_NAME, HELPER_PATH

HELPER = DBusAddress(HELPER_PATH, HELPER_NAME, HELPER_INTERFACE)


def call(member: str, signature: str, *body: object) -> tuple[str | None, tuple[object, ...]]:
    with open_dbus_connection(bus="SYSTEM") as bus:
        reply = bus.send_and_get_reply(new_method_call(HELPER, member, signature or None, body), timeout=90)
    if reply.header.message_type is MessageType.error:
        return str(reply.header.fields[HeaderFields.error_name]).rsplit(".", 1)[-1], reply.body
    return None, reply.body


def ticks(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19])


def drill(pinned: bool) -> tuple[bool, bool]:
    """Whether the larger and the growing process lived when the group's limit was hit."""
    GROUP.mkdir(exist_ok=True)
    (GROUP / "memory.max").write_text(str(140 * MIB))
    (GROUP / "memory.swap.max").write_text("0") if (GROUP / "memory.swap.max").exists() else None
    database = eater(80)
    time.sleep(6)
    if pinned:
        error, body = call("SetOomScoreAdj", "utia{sv}", database, ticks(database), -500, {})
        assert error is None, body
        assert adj(database) == -500
    grower = eater(5, then=200)
    ended = ended_one((database, grower), 60)
    return database != ended, grower != ended


def a_pin_through_the_helper_saves_what_dies_without_it() -> str:
    assert drill(pinned=False) == (False, True), "without the pin the larger one should have been ended"
    assert drill(pinned=True) == (True, False), "with the pin the growing one should have been ended"
    return "80 MiB process ended without the pin, alive at -500; the growing one ended in its place"


def the_log_of_the_kills_can_be_read_through_the_helper() -> str:
    error, (lines, *_) = call("ReadKernelLog", "ta{sv}", 0, {})
    assert error is None
    killed = [line for line in lines if "Killed process" in line]
    assert len(killed) >= 2, lines[:5]
    return f"{len(lines)} lines, {len(killed)} kills"


def a_unit_plan_is_effective_and_leaves_no_file() -> str:
    Path("/etc/systemd/system/db.service").write_text("[Service]\nExecStart=/usr/bin/sleep 600\n")
    subprocess.run(["systemctl", "daemon-reload"], check=True)
    plan = {
        "OOMScoreAdjust": ("i", -300),
        "OOMPolicy": ("s", "continue"),
        "MemoryLow": ("t", 32 * MIB),
        "ManagedOOMPreference": ("s", "avoid"),
    }
    error, body = call("SetUnitProtection", "sa{sv}a{sv}", "db.service", plan, {})
    assert error is None, body
    path = Path(str(body[0]))
    subprocess.run(["systemctl", "start", "db.service"], check=True)
    shown = subprocess.run(
        ["systemctl", "show", "db.service", "-p", "MainPID,OOMScoreAdjust,OOMPolicy,MemoryLow,ManagedOOMPreference"],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    values = dict(line.split("=", 1) for line in shown.split())
    assert values["OOMScoreAdjust"] == "-300", values
    assert values["OOMPolicy"] == "continue", values
    assert values["MemoryLow"] == str(32 * MIB), values
    assert values["ManagedOOMPreference"] == "avoid", values
    assert adj(int(values["MainPID"])) == -300
    low = Path("/sys/fs/cgroup/system.slice/db.service/memory.low").read_text().strip()
    assert low == str(32 * MIB), low
    assert call("RemoveUnitProtection", "sa{sv}", "db.service", {})[0] is None
    assert not path.exists()
    assert not path.parent.exists()
    return "adj -300 in /proc, policy continue, memory.low 32 MiB, avoid; removed without a trace"


def a_lasting_rule_holds_at_birth() -> str:
    error, body = call("PutRule", "a{sv}a{sv}", {"exe": ("s", "/usr/bin/sleep"), "adj": ("i", -200)}, {})
    assert error is None, body

    def active() -> bool:
        done = subprocess.run(
            ["systemctl", "is-active", "oom-guardian-enforcer.service"], capture_output=True, text=True, check=False
        )
        return done.stdout.strip() == "active"

    assert wait_for(active, 60), "the enforcer was not started by its path unit"
    time.sleep(5)
    waits = []
    for _ in range(5):
        child = subprocess.Popen(["/usr/bin/sleep", "60"])
        begun = time.monotonic()
        assert wait_for(partial(_has, child.pid, -200), 10), f"adj {adj(child.pid)}"
        waits.append(time.monotonic() - begun)
        child.kill()
        child.wait()
        time.sleep(0.3)
    assert call("RemoveRule", "sa{sv}", body[0], {})[0] is None
    return f"held after {min(waits) * 1000:.0f} … {max(waits) * 1000:.0f} ms"


def a_setting_on_trial_goes_back_by_itself() -> str:
    before = Path("/proc/sys/vm/swappiness").read_text().strip()
    error, body = call("SetSetting", "ssbua{sv}", "vm.swappiness", "90", True, 3, {})
    assert error is None, body
    assert Path("/proc/sys/vm/swappiness").read_text().strip() == "90"
    assert not Path("/etc/sysctl.d/60-oom-guardian.conf").exists()
    assert wait_for(lambda: Path("/proc/sys/vm/swappiness").read_text().strip() == before, 20)
    assert call("SetSetting", "ssbua{sv}", "vm.swappiness", "80", True, 30, {})[0] is None
    assert call("KeepSetting", "sa{sv}", "vm.swappiness", {})[0] is None
    assert "vm.swappiness = 80" in Path("/etc/sysctl.d/60-oom-guardian.conf").read_text()
    forget = {"forget": ("b", True)}
    assert call("SetSetting", "ssbua{sv}", "vm.swappiness", before, False, 0, forget)[0] is None
    assert not Path("/etc/sysctl.d/60-oom-guardian.conf").exists()
    return "90 went back to " + before + " after 3 s; a kept one is written down, and its file goes with it"


def _has(pid: int, value: int) -> bool:
    return adj(pid) == value


CASES = (
    a_pin_through_the_helper_saves_what_dies_without_it,
    the_log_of_the_kills_can_be_read_through_the_helper,
    a_unit_plan_is_effective_and_leaves_no_file,
    a_lasting_rule_holds_at_birth,
    a_setting_on_trial_goes_back_by_itself,
    *inside_product.CASES,
    *inside_settings.CASES,
    *inside_relief.CASES,
    *inside_settings.SWAP_CASES,
)

if __name__ == "__main__":
    for case in CASES:
        try:
            told, fault = case(), None
        except Exception:  # noqa: BLE001 - whatever it is, it is that case's failure
            told, fault = None, traceback.format_exc()[-900:]
        sys.stdout.write("CASE " + json.dumps({"name": case.__name__, "told": told, "fault": fault}) + "\n")
        sys.stdout.flush()
    sys.stdout.write("CASES DONE\n")
    sys.stdout.flush()
