"""What happens to the package in a booted machine, told step by step: run as root by a unit, writes /out/story.json.

A step that fails is told with its reason, and the story goes on: one boot shows all.
"""

import json
import os
import pwd
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

OUT = Path("/out")
ANNA, PASSWORD = "anna", "correct horse"
UNITS = (
    "oom-guardian-enforcer.path",
    "oom-guardian-enforcer.service",
    "oom-guardian-helper.service",
    "oom-guardian-system-agent.service",
)
told: list[dict[str, str]] = []


def sh(*argv: str, seconds: float = 120, **more: object) -> str:
    """Run what has to succeed; what it said."""
    done = subprocess.run(argv, capture_output=True, text=True, timeout=seconds, check=False, **more)  # type: ignore[call-overload]
    said = f"{done.stdout}{done.stderr}".strip()
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(argv)}: exit {done.returncode}: {said[-1500:]}")
    return said


def until(what: Callable[[], str], seconds: float = 60) -> str:
    """Wait until it says something."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            said = what()
        except AssertionError:
            said = ""
        if said:
            return said
        time.sleep(0.3)
    raise AssertionError(f"{what.__name__}: nothing within {seconds:.0f} s")


def step(name: str, act: Callable[[], str]) -> None:
    """Do one step and keep what it said."""
    try:
        told.append({"step": name, "held": "yes", "said": act()})
    except Exception as error:  # noqa: BLE001 - the story is told to its end
        told.append({"step": name, "held": "no", "said": f"{type(error).__name__}: {error}"})
    (OUT / "story.json").write_text(json.dumps(told, indent=1), encoding="utf-8")


def as_anna(*argv: str, seconds: float = 60) -> str:
    """Run something in anna's session, with its bus and screen."""
    uid = pwd.getpwnam(ANNA).pw_uid
    environ = {
        "XDG_RUNTIME_DIR": f"/run/user/{uid}",
        "DBUS_SESSION_BUS_ADDRESS": f"unix:path=/run/user/{uid}/bus",
        "DISPLAY": ":7",
        "LANG": "C.UTF-8",
    }
    words = [f"{name}={value}" for name, value in environ.items()]
    return sh("runuser", "-u", ANNA, "--", "env", *words, *argv, seconds=seconds)


def asking(password: str, *command: str) -> str:
    """A command started as the desktop starts programs, below the user's own manager; PASSWORD for every dialog."""
    as_service = ("systemd-run", "--user", "--quiet", "--pipe", "--wait", "--collect")
    return as_anna(*as_service, "/usr/bin/python3", "/story/answering.py", password, "guardian", *command)


def install(which: str) -> str:
    """Install one of the packages; what it depends on is there, and no network is."""
    (deb,) = Path("/packages").glob(f"oom-guardian_{which}*.deb")
    sh("dpkg", "--install", str(deb), seconds=300)
    return as_anna("guardian", "--version")


def log_in() -> str:
    """A session as a display manager makes it: at a seat, active, with a screen."""
    sh("useradd", "-m", "-s", "/bin/bash", "-G", "sudo", ANNA)
    sh("chpasswd", input=f"{ANNA}:{PASSWORD}\n")
    session = ["systemd-run", "--unit=session-of-anna", f"--uid={ANNA}", "-p", "PAMName=login", "-p", "WorkingDirectory=~"]
    session += ["-E", "XDG_SEAT=seat0", "-E", "XDG_SESSION_TYPE=x11", "-E", "XDG_SESSION_CLASS=user", "-E", "DISPLAY=:7"]
    sh(*session, "/bin/bash", "/story/session.sh")
    return until(lambda: as_anna("xdotool", "search", "--name", "openbox|.") and sh("loginctl", "--no-legend", "list-sessions"))


def start_from_the_menu() -> str:
    """As a menu does: by the desktop entry."""
    sh("systemd-run", "--unit=menu", f"--uid={ANNA}", "--collect", *_environment(), "gio", "launch",
       "/usr/share/applications/io.github.oomguardian.App.desktop")  # fmt: skip
    found = until(lambda: as_anna("xdotool", "search", "--onlyvisible", "--name", "OOM Guardian"), 120)
    time.sleep(6)
    picture("window")
    return f"window {found.split()[-1]}"


def _environment() -> list[str]:
    uid = pwd.getpwnam(ANNA).pw_uid
    values = {
        "XDG_RUNTIME_DIR": f"/run/user/{uid}",
        "DBUS_SESSION_BUS_ADDRESS": f"unix:path=/run/user/{uid}/bus",
        "DISPLAY": ":7",
    }
    return [word for name, value in values.items() for word in ("-E", f"{name}={value}")] + ["-p", "KillMode=process"]


def picture(name: str) -> None:
    """The screen as it is."""
    as_anna("import", "-silent", "-window", "root", f"/out/{name}.png")


def agent_pid() -> str:
    """The process of its unit."""
    return until(lambda: as_anna("systemctl", "--user", "show", "-P", "MainPID", "oom-guardian-agent.service").strip("0\n"))


def agent_runs() -> str:
    """Started by the bus, as its unit; under its own name, and small."""
    at = Path("/proc", agent_pid())
    name = (at / "comm").read_text().strip()
    assert name == "guardian", name
    kib = next(int(line.split()[1]) for line in (at / "status").read_text().splitlines() if line.startswith("VmRSS"))
    assert kib < 24 << 10, f"{kib} KiB"
    return f"{at.name}, {kib / 1024:.1f} MiB resident"


def switch_on_at_login() -> str:
    """By the command that a user has."""
    said = as_anna("guardian", "config", "set", "desktop.start_at_login=on")
    assert as_anna("systemctl", "--user", "is-enabled", "oom-guardian-agent.service") == "enabled"
    as_anna("guardian", "config", "set", "notifications.quiet=120")
    return said


def pin_with_password() -> str:
    """Raise a process of root's: the helper is started by the bus, polkit asks, and the password is given."""
    victim = subprocess.Popen(["/usr/bin/sleep", "600"])
    try:
        said = asking(PASSWORD, "pin", str(victim.pid), "--adj", "300")
        now = Path(f"/proc/{victim.pid}/oom_score_adj").read_text().strip()
        assert now == "300", f"{now} after: {said}"
        return said
    finally:
        victim.kill()
        victim.wait()


def refuse_without_password() -> str:
    """A wrong password changes nothing."""
    victim = subprocess.Popen(["/usr/bin/sleep", "600"])
    try:
        sh("systemctl", "restart", "polkit.service")  # what was answered before is forgotten
        try:
            said = asking("wrong", "pin", str(victim.pid), "--adj", "300")
        except AssertionError as refused:
            said = str(refused)
        now = Path(f"/proc/{victim.pid}/oom_score_adj").read_text().strip()
        assert now == "0", f"{now} after: {said}"
        return said
    finally:
        victim.kill()
        victim.wait()


def keep_a_rule() -> str:
    """A lasting rule of the helper's; the unit that waits for the first one starts the enforcer."""
    try:
        said = asking(PASSWORD, "pin", "--exe", "/usr/bin/tail", "--adj", "-200", "--persist")
    except AssertionError as error:
        said = str(error)
    rules = "\n".join(path.read_text() for path in Path("/etc/oom-guardian/rules.d").glob("*.toml"))
    assert "/usr/bin/tail" in rules, said
    until(lambda: sh("systemctl", "is-active", "oom-guardian-enforcer.service"))
    return said


def watch_the_machine() -> str:
    """The agent without a session, by a unit that the admin switches on; it serves metrics to this machine."""
    sh("systemctl", "enable", "--now", "oom-guardian-system-agent.service")
    asked = (
        "/usr/bin/python3",
        "-c",
        "import urllib.request as u; print(u.urlopen('http://127.0.0.1:9842/metrics').read().decode())",
    )
    served = until(lambda: sh(*asked))
    lines = [line for line in served.splitlines() if not line.startswith("#")]
    assert [line for line in lines if line.startswith("oom_guardian_")], served[:500]
    return f"{len(lines)} values"


def be_warned() -> str:
    """A fire drill; what was shown on the desktop meanwhile."""
    sh("mount", "-o", "remount,bind,rw", "/sys/fs/cgroup/memory")
    said = sh("guardian", "drill", seconds=120)
    picture("drill")
    return said


def notifications() -> str:
    """What the desktop's notification service was given meanwhile: a warning, and who was ended."""

    def both() -> str:
        as_anna("dunstctl", "close-all")
        shown = json.loads(as_anna("dunstctl", "history"))["data"][0]
        said = "; ".join(f"{one['summary']['data']}: {one['body']['data']}" for one in shown)
        return said if "would end" in said and "The kernel ended" in said else ""

    return until(both)


def upgrade() -> str:
    """A later version: settings and rules stay, what runs is renewed."""
    before = agent_pid()
    said = install("99.0")
    assert "99.0" in said, said
    after = until(lambda: ((now := agent_pid()) != before and now) or "")
    kept = as_anna("guardian", "config", "get", "notifications.quiet")
    assert "120" in kept or "2 min" in kept, kept
    assert list(Path("/etc/oom-guardian/rules.d").glob("*.toml"))
    assert sh("systemctl", "is-active", "oom-guardian-enforcer.service") == "active"
    assert as_anna("systemctl", "--user", "is-enabled", "oom-guardian-agent.service") == "enabled"
    return f"{said}; agent {before} → {after}; {kept}"


def remove() -> str:
    """Without a purge: nothing runs, but what was asked to be kept stays."""
    said = sh("apt-get", "remove", "-y", "-q", "oom-guardian")
    assert list(Path("/etc/oom-guardian/rules.d").glob("*.toml"))
    until(lambda: "" if running() else "gone")
    return said.splitlines()[-1]


def purge() -> str:
    """Nothing of it is left, nor runs."""
    sh("apt-get", "purge", "-y", "-q", "oom-guardian")
    assert not running(), running()
    kept = [str(path) for top in ("/etc", "/var/lib") for path in Path(top).rglob("oom-guardian*") if "dpkg" not in path.parts]
    assert kept == [], kept
    for unit in UNITS:
        state = sh("systemctl", "show", "-P", "LoadState", unit)
        assert state == "not-found", f"{unit} is {state}"
    failed = sh("systemctl", "--no-legend", "--failed")
    assert "guardian" not in failed, failed
    return "nothing runs, no unit is known"


def running() -> str:
    """Processes of the package."""
    found = []
    for at in Path("/proc").glob("[0-9]*"):
        try:
            words = (at / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if "guardian" in words and at.name != str(os.getpid()):
            found.append(f"{at.name} {words}")
    return "; ".join(found)


def units_are_sound() -> str:
    """Each unit, as systemd itself reads it; it says nothing about sound ones."""
    system = [str(path) for path in Path("/usr/lib/systemd/system").glob("oom-guardian-*")]
    said = sh("systemd-analyze", "verify", *system) + as_anna("systemd-analyze", "--user", "verify", "oom-guardian-agent.service")
    assert said == "", said
    return f"{len(system) + 1} units"


def pages_open() -> str:
    """Manual pages by name, in both languages, and completion as a shell loads it."""
    english = sh("man", "guardian-pin", env={**os.environ, "LC_ALL": "C.UTF-8", "MANWIDTH": "100"})
    assert "guardian pin" in english
    code = "source /usr/share/bash-completion/bash_completion; _completion_loader guardian; complete -p guardian"
    return sh("bash", "-c", code)


def main() -> None:
    """Tell it, then end the machine."""
    step("somebody logs in", log_in)
    step("install", lambda: install("0."))
    step("units are sound", units_are_sound)
    step("pages and completion", pages_open)
    step("start from the menu", start_from_the_menu)
    step("the agent runs", agent_runs)
    step("start at login", switch_on_at_login)
    step("pin with a password", pin_with_password)
    step("refused without it", refuse_without_password)
    step("a lasting rule", keep_a_rule)
    step("a machine's agent", watch_the_machine)
    step("a drill", be_warned)
    step("notifications", notifications)
    step("upgrade", upgrade)
    step("remove", remove)
    step("install again", lambda: install("99.0"))
    step("purge", purge)
    subprocess.run(["systemctl", "poweroff", "--force"], check=False)


if __name__ == "__main__":
    sys.exit(main())
