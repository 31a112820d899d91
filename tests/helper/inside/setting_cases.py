"""Settings on the real bus: kept, taken back, tried by a session that dies, refused.  Only vm.page-cluster is truly changed."""

import json
import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from world import ANNA, PASSWORD, call, local_session, polkit_rule

KEY, FILE = "vm.page-cluster", Path("/etc/sysctl.d/60-oom-guardian.conf")
WHERE = Path("/proc/sys/vm/page-cluster")
NONE: dict[str, Any] = {}
# A session of its own that has a setting tried, says so, and then waits to be killed.
TRIES = (
    "import json, sys, time; from world import ask_with_password; "
    "print(json.dumps(ask_with_password(*json.loads(sys.argv[1]))), flush=True); time.sleep(600)"
)


def now() -> str:
    return WHERE.read_text().strip()


def other() -> str:
    return "2" if now() != "2" else "3"


def set_setting(value: str, persist: bool = False, rollback: int = 0, **more: bool) -> tuple[str | None, tuple[Any, ...]]:
    options = {name: ("b", flag) for name, flag in more.items()}
    return call("SetSetting", "ssbua{sv}", [KEY, value, persist, rollback, options])


def back_to(value: str, seconds: float) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until and now() != value:
        time.sleep(0.05)
    return now() == value


def a_setting_is_kept_and_the_file_goes_with_the_undo() -> None:
    before, wished = now(), other()
    assert set_setting(wished, persist=True) == (None, (before,))
    assert now() == wished
    assert FILE.read_text().startswith("# Kept by OOM Guardian")
    assert f"{KEY} = {wished}\n" in FILE.read_text()
    assert FILE.stat().st_mode & 0o777 == 0o644
    assert set_setting(before, forget=True) == (None, (wished,))
    assert now() == before
    assert not FILE.exists()


def a_setting_on_trial_goes_back_though_its_session_was_killed() -> None:
    polkit_rule("local", local_session("settings"))
    before, wished = now(), other()
    body = ["SetSetting", "ssbua{sv}", [KEY, wished, True, 4, {"interactive": ["b", True]}], PASSWORD]
    session = _session(body)
    assert session.stdout is not None
    assert '"error": null' in session.stdout.readline()
    assert now() == wished
    os.killpg(session.pid, signal.SIGKILL)
    session.wait()
    assert back_to(before, 30)
    assert not FILE.exists()
    polkit_rule("local", None)


def a_trial_outlives_the_helper_itself() -> None:
    before, wished = now(), other()
    assert set_setting(wished, persist=True, rollback=3)[0] is None
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and b"oom-guardian-helper" in (folder / "cmdline").read_bytes():
            os.kill(int(folder.name), signal.SIGKILL)
    time.sleep(0.5)
    # Whoever starts it again: systemd by its unit, here the next call.
    assert call("ListRules", "", [])[0] is None
    assert back_to(before, 30)
    assert not FILE.exists()


def a_setting_on_trial_is_kept_by_its_owner() -> None:
    before, wished = now(), other()
    assert set_setting(wished, persist=True, rollback=60)[0] is None
    assert not FILE.exists()
    assert call("KeepSetting", "sa{sv}", [KEY, NONE]) == (None, ())
    assert f"{KEY} = {wished}\n" in FILE.read_text()
    assert call("KeepSetting", "sa{sv}", [KEY, NONE])[0] == "Refused"
    assert set_setting(before, forget=True)[0] is None
    assert not FILE.exists()


def a_value_that_would_stop_the_machine_is_refused_with_its_reason() -> None:
    held = Path("/proc/sys/vm/min_free_kbytes").read_text()
    error, (words,) = call("SetSetting", "ssbua{sv}", ["vm.min_free_kbytes", str(1 << 31), False, 0, NONE])
    assert error == "Refused"
    assert "would end running programs at once; at most" in words
    assert Path("/proc/sys/vm/min_free_kbytes").read_text() == held


def guardian(*arguments: str) -> "subprocess.CompletedProcess[str]":
    environment = {"PATH": "/usr/bin:/bin", "XDG_STATE_HOME": "/run/state", "LANG": "C.UTF-8", "HOME": "/root"}
    argv = [sys.executable, "-B", "-m", "guardian", *arguments]
    checkout = Path(__file__).resolve().parents[3]
    return subprocess.run(argv, cwd=checkout, env=environment, capture_output=True, text=True, timeout=120, check=False)


def the_command_line_sets_tries_keeps_and_takes_back() -> None:
    before, wished = now(), other()
    done = guardian("settings", "set", f"{KEY}={wished}", "--persist")
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    assert f"{KEY} is {wished} (was {before}). It is kept across restarts." in done.stdout
    assert now() == wished
    shown = json.loads(guardian("settings", "show", KEY, "--json").stdout)
    assert shown["boot"]["path"] == f"/{FILE.relative_to('/')}"
    done = guardian("settings", "undo")
    assert (done.returncode, done.stdout) == (0, f"{KEY} is {before} (was {wished}). It is kept no longer.\n"), done.stderr
    assert (now(), FILE.exists()) == (before, False)
    done = guardian("settings", "undo")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    done = guardian("settings", "set", f"{KEY}={wished}", "--persist", "--rollback", "60")
    assert f"It goes back to {KEY}={before} in 60 s." in done.stdout, done.stderr
    done = guardian("settings", "keep")
    assert done.stdout.startswith("Kept: "), done.stderr
    assert FILE.exists()
    assert guardian("settings", "undo").returncode == 0
    assert (now(), FILE.exists()) == (before, False)


def the_command_line_refuses_what_would_stop_the_machine() -> None:
    done = guardian("settings", "set", "vm.min_free_kbytes=2147483648")
    assert done.returncode == 1
    assert done.stderr.startswith("guardian: Not set: ")
    assert "would end running programs at once" in done.stderr


def at_a_terminal(answer: str, *arguments: str) -> str:
    """What a command says at a terminal where its question gets this answer."""
    ours, theirs = pty.openpty()
    environment = {"PATH": "/usr/bin:/bin", "XDG_STATE_HOME": "/run/state", "LANG": "C.UTF-8", "HOME": "/root", "TERM": "dumb"}
    argv = [sys.executable, "-B", "-m", "guardian", *arguments]
    one = subprocess.Popen(
        argv, cwd=Path(__file__).resolve().parents[3], env=environment, stdin=theirs, stdout=theirs, stderr=theirs
    )
    os.close(theirs)
    said = b""
    while b"[y/N]" not in said:
        said += os.read(ours, 4096)
    os.write(ours, f"{answer}\n".encode())
    try:
        while more := os.read(ours, 4096):
            said += more
    except OSError:
        pass  # the other end was closed
    os.close(ours)
    assert one.wait(timeout=60) == 0, said
    return said.decode()


def a_terminal_asks_whether_to_keep() -> None:
    before, wished = now(), other()
    words = ("settings", "set", f"{KEY}={wished}", "--persist", "--rollback")
    said = at_a_terminal("n", *words)
    assert f"It goes back to {KEY}={before} in 30 s." in said, said
    assert f"Back to {KEY}={before}." in said, said
    assert (now(), FILE.exists()) == (before, False)
    said = at_a_terminal("y", *words)
    assert "Kept: " in said, said
    assert (now(), FILE.exists()) == (wished, True)
    assert guardian("settings", "undo").returncode == 0
    assert (now(), FILE.exists()) == (before, False)


def the_window_tries_keeps_and_takes_back() -> None:
    before, wished = now(), other()
    environment = {
        "PATH": "/usr/bin:/bin", "HOME": "/root", "LANG": "C.UTF-8", "QT_QPA_PLATFORM": "offscreen",
        "XDG_STATE_HOME": "/run/window", "XDG_DATA_HOME": "/run/window", "XDG_RUNTIME_DIR": "/run/window",
    }  # fmt: skip
    Path("/run/window").mkdir(mode=0o700)
    argv = [sys.executable, "-B", str(Path(__file__).with_name("window_try.py")), KEY, WHERE.name, wished]
    done = subprocess.run(argv, env=environment, capture_output=True, text=True, timeout=200, check=False)
    assert done.returncode == 0, (done.stdout, done.stderr[-800:])
    tried, back, kept, undone = done.stdout.splitlines()
    assert tried.startswith(f"{wished} {KEY} is {wished}. It goes back to {before} in "), tried
    assert back == f"{before} {KEY}: back to what it was.", back
    assert kept == f"{wished} {KEY} is {wished} (was {before}). It is kept across restarts.", kept
    assert undone == f"{before} {KEY} is {before} (was {wished}). It is kept no longer.", undone
    assert not FILE.exists()


def _session(body: list[Any]) -> "subprocess.Popen[str]":
    environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *sys.path])}
    argv = ["/usr/bin/python3", "-B", "-c", TRIES, json.dumps(body)]
    return subprocess.Popen(
        argv, env=environment, user=ANNA, group=ANNA, extra_groups=[], stdout=-1, text=True, start_new_session=True
    )


SETTING_CASES: tuple[Callable[[], None], ...] = (
    a_setting_is_kept_and_the_file_goes_with_the_undo,
    a_setting_on_trial_goes_back_though_its_session_was_killed,
    a_trial_outlives_the_helper_itself,
    a_setting_on_trial_is_kept_by_its_owner,
    a_value_that_would_stop_the_machine_is_refused_with_its_reason,
    the_command_line_sets_tries_keeps_and_takes_back,
    the_command_line_refuses_what_would_stop_the_machine,
    a_terminal_asks_whether_to_keep,
    the_window_tries_keeps_and_takes_back,
)
