"""What is tried inside: each function is one case, its name the test's; an AssertionError is its failure."""

import json
import os
import random
import shutil
import time
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hostile import some_call
from jeepney import DBusAddress, MessageType, new_method_call
from jeepney.io.blocking import open_dbus_connection
from world import ANNA, PASSWORD, adj, anna, as_anna, call, local_session, polkit_rule, sh, sleeper, start_ticks

from guardian.protocol.helper import HELPER_NAME, HELPER_PATH, METHODS

NONE: dict[str, Any] = {}
ASK = {"interactive": ("b", True)}
RULES = Path("/etc/oom-guardian/rules.d")


def said(done: Any) -> Any:
    assert done.returncode == 0, done.stderr[-800:]
    return json.loads(done.stdout)


def set_adj(pid: int, value: int, options: dict[str, Any] = NONE, ticks: int | None = None) -> tuple[str, str, list[Any]]:
    return "SetOomScoreAdj", "utia{sv}", [pid, start_ticks(pid) if ticks is None else ticks, value, options]


def root_is_allowed_and_told_what_was() -> None:
    target = sleeper()
    assert call(*set_adj(target.pid, 250)) == (None, (0, 250))
    assert call(*set_adj(target.pid, 300)) == (None, (250, 300))
    assert adj(target.pid) == 300
    target.kill()


def lowering_without_the_capability_is_reported_as_not_held() -> None:
    target = sleeper()
    error, body = call(*set_adj(target.pid, -500))
    if error is None:  # a machine whose root may: then it is held
        assert adj(target.pid) == -500
    else:
        assert error == "Failed"
        assert body[0].startswith("Not held")
        assert adj(target.pid) == 0
    target.kill()


def a_user_without_agent_is_refused_and_nothing_written() -> None:
    target = sleeper()
    answers = said(as_anna("plain_calls", [set_adj(target.pid, 250), set_adj(target.pid, 250, ASK)]))
    assert [a[0] for a in answers] == ["NotAuthorized", "NotAuthorized"]
    assert adj(target.pid) == 0
    target.kill()


def the_right_password_is_enough_and_the_dialog_names_the_target() -> None:
    polkit_rule("local", local_session("set-oom-score-adj"))
    target = sleeper()
    got = said(as_anna("ask_with_password", *set_adj(target.pid, 260, ASK), PASSWORD))
    assert got["error"] is None, got
    assert got["body"] == [0, 260]
    assert adj(target.pid) == 260
    (message,) = got["messages"]
    assert "/usr/bin/sleep" in message
    assert str(target.pid) in message
    assert "260" in message
    polkit_rule("local", None)
    target.kill()


def a_wrong_password_changes_nothing() -> None:
    polkit_rule("local", local_session("set-oom-score-adj"))
    target = sleeper()
    got = said(as_anna("ask_with_password", *set_adj(target.pid, 270, ASK), "wrong"))
    assert got["error"] == "NotAuthorized", got
    assert adj(target.pid) == 0
    polkit_rule("local", None)
    target.kill()


def a_rule_may_grant_a_group() -> None:
    polkit_rule(
        "group",
        'polkit.addRule(function(a, s) { if (a.id == "io.github.oomguardian.helper.set-oom-score-adj" && '
        f's.isInGroup("{ANNA}")) return polkit.Result.YES; }});',
    )
    target = sleeper()
    (answer,) = said(as_anna("plain_calls", [set_adj(target.pid, 280)]))
    assert answer[0] is None, answer
    assert adj(target.pid) == 280
    polkit_rule("group", None)
    target.kill()


def every_changing_method_is_refused_to_the_unauthorised() -> None:
    with open_dbus_connection(bus="SYSTEM") as bus:
        address = DBusAddress(HELPER_PATH, HELPER_NAME, "org.freedesktop.DBus.Introspectable")
        (xml,) = bus.send_and_get_reply(new_method_call(address, "Introspect"), timeout=20).body
    found = {
        method.get("name"): "".join(arg.get("type", "") for arg in method.iter("arg") if arg.get("direction") == "in")
        for interface in ET.fromstring(xml).iter("interface")
        if interface.get("name") == HELPER_NAME
        for method in interface.iter("method")
    }
    assert {name: method.takes for name, method in METHODS.items()} == found
    target = sleeper()
    good = {
        "SetOomScoreAdj": [target.pid, start_ticks(target.pid), 450, NONE],
        "PutRule": [{"exe": ("s", "/usr/bin/sleep"), "adj": ("i", 100)}, NONE],
        "RemoveRule": ["exe-sleep-0000000000", NONE],
        "SetUnitProtection": ["cron.service", {"OOMScoreAdjust": ("i", 100)}, NONE],
        "RemoveUnitProtection": ["cron.service", NONE],
        "SetSetting": ["vm.panic_on_oom", Path("/proc/sys/vm/panic_on_oom").read_text().strip(), False, 0, NONE],
        "KeepSetting": ["vm.panic_on_oom", NONE],
        "Signal": [target.pid, start_ticks(target.pid), "KILL", NONE],
        "ReadKernelLog": [0, NONE],
    }
    changing = [name for name in found if name != "ListRules"]
    assert sorted(changing) == sorted(good), "a method was added: it needs a line here"
    answers = said(as_anna("plain_calls", [(name, found[name], good[name]) for name in changing]))
    assert {name: a[0] for name, a in zip(changing, answers, strict=True)} == dict.fromkeys(changing, "NotAuthorized")
    assert target.poll() is None
    assert adj(target.pid) == 0
    target.kill()


def a_stranger_learns_nothing_from_a_bad_call() -> None:
    calls = [
        set_adj(1, 100),
        set_adj(3999999, 100, NONE, 5),
        ("SetSetting", "ssbua{sv}", ["kernel.modprobe", "1", False, 0, NONE]),
    ]
    assert [a[0] for a in said(as_anna("plain_calls", calls))] == ["NotAuthorized"] * 3


def a_pid_used_again_while_the_dialog_was_open_is_refused() -> None:
    polkit_rule("local", local_session("set-oom-score-adj"))
    pause = Path("/run/dialog")
    Path("/run").chmod(0o777)
    target = sleeper()
    pid, body = target.pid, set_adj(target.pid, 290, ASK)
    watcher = os.fork()
    if watcher == 0:
        answered = said(as_anna("ask_with_password", *body, PASSWORD, str(pause)))
        Path("/run/answer").write_text(json.dumps(answered))
        os._exit(0)
    until = time.monotonic() + 20
    while not pause.exists() and time.monotonic() < until:
        time.sleep(0.02)
    assert pause.exists(), "no dialog was opened"
    target.kill()
    target.wait()
    other = None
    for _ in range(50):
        Path("/proc/sys/kernel/ns_last_pid").write_text(str(pid - 1))
        other = sleeper()
        if other.pid == pid:
            break
        other.kill()
        other.wait()
    assert other is not None
    assert other.pid == pid, "the pid could not be used again"
    pause.unlink()
    os.waitpid(watcher, 0)
    got = json.loads(Path("/run/answer").read_text())
    assert got["error"] == "Gone", got
    assert adj(pid) == 0
    other.kill()
    polkit_rule("local", None)


def the_bus_is_answered_while_a_dialog_is_open() -> None:
    polkit_rule("local", local_session("set-oom-score-adj"))
    pause = Path("/run/dialog2")
    target = sleeper()
    watcher = os.fork()
    if watcher == 0:
        as_anna("ask_with_password", *set_adj(target.pid, 295, ASK), PASSWORD, str(pause))
        os._exit(0)
    until = time.monotonic() + 20
    while not pause.exists() and time.monotonic() < until:
        time.sleep(0.02)
    begun = time.monotonic()
    assert call(*set_adj(target.pid, 200))[0] is None
    assert time.monotonic() - begun < 2
    pause.unlink()
    os.waitpid(watcher, 0)
    assert adj(target.pid) == 295
    polkit_rule("local", None)
    target.kill()


def a_forged_answer_of_polkit_is_not_heard() -> None:
    polkit_rule("local", local_session("set-oom-score-adj"))
    pause = Path("/run/dialog3")
    target = sleeper()
    watcher = os.fork()
    if watcher == 0:
        as_anna("ask_with_password", *set_adj(target.pid, 296, ASK), "wrong", str(pause))
        os._exit(0)
    until = time.monotonic() + 20
    while not pause.exists() and time.monotonic() < until:
        time.sleep(0.02)
    assert pause.exists(), "no dialog was opened"
    as_anna("forge_answers", 500)
    assert call("ListRules", "", [])[0] is None
    pause.unlink()
    os.waitpid(watcher, 0)
    assert adj(target.pid) == 0
    polkit_rule("local", None)
    target.kill()


def a_dialog_closes_with_its_caller() -> None:
    polkit_rule("local", local_session("set-oom-score-adj"))
    target = sleeper()
    assert said(as_anna("leave_while_asked", *set_adj(target.pid, 297, ASK))) == ["BeginAuthentication", "CancelAuthentication"]
    assert adj(target.pid) == 0
    polkit_rule("local", None)
    target.kill()


def the_dialog_for_immortality_names_the_target() -> None:
    polkit_rule("local", local_session("immortal"))
    target = sleeper()
    wished = {**ASK, "immortal": ("b", True)}
    got = said(as_anna("ask_with_password", *set_adj(target.pid, -1000, wished), "wrong"))
    assert got["error"] == "NotAuthorized", got
    rule = [{"unit": ("s", "x.service"), "adj": ("i", -1000), "immortal": ("b", True)}, wished]
    got["messages"] += said(as_anna("ask_with_password", "PutRule", "a{sv}a{sv}", rule, "wrong"))["messages"]
    process, unit = got["messages"]
    for part in ("/usr/bin/sleep", str(target.pid), "root"):
        assert part in process
    assert "x.service" in unit
    assert "$" not in process + unit
    polkit_rule("local", None)
    target.kill()


def a_program_on_somebody_elses_filesystem_is_not_protected() -> None:
    stick = Path("/usr/local/stick")
    stick.mkdir()
    done = sh("mount", "-t", "tmpfs", "-o", "nosuid,mode=755", "stick", stick)
    assert done.returncode == 0, done.stderr
    os.mkfifo(stick / "pipe", 0o755)
    shutil.copy("/usr/bin/sleep", stick / "sleep")
    for name in ("pipe", "sleep"):
        rule = {"exe": ("s", str(stick / name)), "adj": ("i", -100)}
        assert call("PutRule", "a{sv}a{sv}", [rule, NONE])[0] == "Refused", name
    # The same file is believed where the machine itself believes whose it is.
    sh("mount", "-o", "remount,suid", stick)
    error, (name,) = call("PutRule", "a{sv}a{sv}", [rule, NONE])
    assert error is None
    assert call("RemoveRule", "sa{sv}", [name, NONE])[0] is None
    sh("umount", stick)


def rules_are_stored_listed_replaced_and_removed() -> None:
    error, (name,) = call("PutRule", "a{sv}a{sv}", [{"exe": ("s", "/usr/bin/sleep"), "adj": ("i", 250)}, NONE])
    assert error is None
    again = call("PutRule", "a{sv}a{sv}", [{"exe": ("s", "/usr/bin/sleep"), "adj": ("i", 350)}, NONE])
    assert again == (None, (name,))
    file = RULES / f"{name}.toml"
    assert "350" in file.read_text()
    assert file.stat().st_mode & 0o777 == 0o644
    ((rule,),) = call("ListRules", "", [])[1]
    assert rule["adj"] == ("i", 350)
    assert call("RemoveRule", "sa{sv}", [name, NONE])[0] is None
    assert not file.exists()
    assert call("RemoveRule", "sa{sv}", [name, NONE])[0] == "Gone"


def a_negative_rule_grants_nobody_immunity() -> None:
    planted = Path("/usr/local/bin/planted")
    planted.write_bytes(b"\x7fELF")
    planted.chmod(0o777)
    scripted = Path("/usr/local/bin/scripted")
    scripted.write_text("#!/bin/sh\n")
    for rule in (
        {"exe": ("s", "/usr/bin/python3"), "adj": ("i", -100)},
        {"exe": ("s", "/bin/sh"), "adj": ("i", -100)},
        {"exe": ("s", str(planted)), "adj": ("i", -100)},
        {"exe": ("s", str(scripted)), "adj": ("i", -100)},
        {"exe": ("s", "/tmp/mine"), "adj": ("i", -100)},
        {"name": ("s", "sleep"), "adj": ("i", -100)},
        {"app": ("s", "org.example.App"), "adj": ("i", -1)},
        {"exe": ("s", "/usr/bin/sleep"), "adj": ("i", -1000), "immortal": ("b", True)},
        {"unit": ("s", "cron.service"), "adj": ("i", -1000)},
        {"name": ("s", "sleep"), "adj": ("i", -100), "user": ("s", "no-such-user")},
    ):
        assert call("PutRule", "a{sv}a{sv}", [rule, NONE])[0] == "Refused", rule
    assert (
        call("PutRule", "a{sv}a{sv}", [{"unit": ("s", "x.service"), "adj": ("i", -1000), "immortal": ("b", True)}, NONE])[0]
        == "Refused"
    )
    both = {"immortal": ("b", True)}
    error, (name,) = call("PutRule", "a{sv}a{sv}", [{"unit": ("s", "x.service"), "adj": ("i", -1000), **both}, both])
    assert error is None
    assert call("RemoveRule", "sa{sv}", [name, NONE])[0] is None
    error, (name,) = call("PutRule", "a{sv}a{sv}", [{"exe": ("s", "/usr/bin/sleep"), "adj": ("i", -100)}, NONE])
    assert error is None
    assert call("RemoveRule", "sa{sv}", [name, NONE])[0] is None


def nothing_is_left_of_a_unit_plan_without_systemd() -> None:
    assert call("SetUnitProtection", "sa{sv}a{sv}", ["cron.service", {"OOMScoreAdjust": ("i", 100)}, NONE])[0] == "Failed"
    assert not Path("/etc/systemd/system/cron.service.d").exists()


def the_helper_signals_one_process_and_leaves_when_idle() -> None:
    target = sleeper()
    assert call("Signal", "utsa{sv}", [target.pid, start_ticks(target.pid) + 1, "TERM", NONE])[0] == "Gone"
    assert call("Signal", "utsa{sv}", [target.pid, start_ticks(target.pid), "TERM", NONE])[0] is None
    assert target.wait(5) == -15


def hostile_calls_change_nothing() -> None:
    """More than ten thousand calls of any type, size and nesting that the bus lets through."""
    target, dice = sleeper(), random.Random(7)
    held, begun, made = adj(target.pid), time.monotonic(), 0
    mine = (target.pid, start_ticks(target.pid))
    with open_dbus_connection(bus="SYSTEM") as bus:
        while made < 10500 and time.monotonic() - begun < 100:
            message = some_call(dice, target.pid)
            # Root may do anything that is well-formed, so what would truly act on the canary is left out.
            if message.body[:2] == mine:
                continue
            made += 1
            reply = bus.send_and_get_reply(message, timeout=20)
            assert reply.header.message_type in (MessageType.error, MessageType.method_return)
    assert made >= 10000, f"only {made} in the time given"
    assert adj(target.pid) == held
    assert target.poll() is None
    assert not [p for p in Path("/etc").rglob("*oom-guardian*.conf") if "ExecStart" in p.read_text()]
    assert call(*set_adj(target.pid, 320)) == (None, (held, 320))
    helper = next(int(p.name) for p in Path("/proc").iterdir() if p.name.isdigit() and b"oom-guardian-helper" in _cmdline(p))
    assert _rss(helper) < 60 << 20, f"the helper grew to {_rss(helper) >> 20} MiB"
    target.kill()


def _cmdline(folder: Path) -> bytes:
    try:
        return (folder / "cmdline").read_bytes()
    except OSError:
        return b""


def _rss(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def users_processes_belong_to_them() -> None:
    target = sleeper(anna())
    assert call(*set_adj(target.pid, 111)) == (None, (0, 111))
    target.kill()


CASES: tuple[Callable[[], None], ...] = (
    root_is_allowed_and_told_what_was,
    lowering_without_the_capability_is_reported_as_not_held,
    users_processes_belong_to_them,
    a_user_without_agent_is_refused_and_nothing_written,
    every_changing_method_is_refused_to_the_unauthorised,
    a_stranger_learns_nothing_from_a_bad_call,
    the_right_password_is_enough_and_the_dialog_names_the_target,
    a_wrong_password_changes_nothing,
    a_rule_may_grant_a_group,
    a_pid_used_again_while_the_dialog_was_open_is_refused,
    the_bus_is_answered_while_a_dialog_is_open,
    a_forged_answer_of_polkit_is_not_heard,
    a_dialog_closes_with_its_caller,
    the_dialog_for_immortality_names_the_target,
    a_program_on_somebody_elses_filesystem_is_not_protected,
    rules_are_stored_listed_replaced_and_removed,
    a_negative_rule_grants_nobody_immunity,
    nothing_is_left_of_a_unit_plan_without_systemd,
    the_helper_signals_one_process_and_leaves_when_idle,
    hostile_calls_change_nothing,
)
