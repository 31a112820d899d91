"""A machine within the machine: own mounts, pids, system bus, polkitd and users, with the helper installed by its own script.

Run as root inside `unshare -m -p -f --mount-proc`.  Nothing of it stays: what is written lands in overlays below SCRATCH.
"""

import asyncio
import json
import os
import pwd
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jeepney import DBusAddress, HeaderFields, MatchRule, Message, MessageType, new_error, new_method_call, new_method_return
from jeepney.bus_messages import message_bus
from jeepney.io.asyncio import open_dbus_router
from jeepney.io.blocking import open_dbus_connection

from guardian.protocol.helper import HELPER_INTERFACE, HELPER_NAME, HELPER_PATH

ANNA, PASSWORD = "guardian-anna", "correct horse"
HELPER = DBusAddress(HELPER_PATH, HELPER_NAME, HELPER_INTERFACE)
AUTHORITY = DBusAddress(
    "/org/freedesktop/PolicyKit1/Authority", "org.freedesktop.PolicyKit1", "org.freedesktop.PolicyKit1.Authority"
)
AGENT_PATH = "/io/github/oomguardian/TestAgent"
Answer = tuple[str | None, tuple[Any, ...]]


def sh(*argv: object, **more: Any) -> subprocess.CompletedProcess[str]:
    """Run to the end."""
    return subprocess.run([str(a) for a in argv], capture_output=True, text=True, timeout=120, check=False, **more)


def build(scratch: Path, checkout: Path) -> None:
    """Overlays over /usr /etc /var, an empty /run, a user with a password, the helper installed, a bus with polkitd."""
    sh("mount", "--make-rprivate", "/")
    for top in ("usr", "etc", "var"):
        upper, work = scratch / top / "upper", scratch / top / "work"
        upper.mkdir(parents=True)
        work.mkdir(parents=True)
        done = sh("mount", "-t", "overlay", "overlay", "-o", f"lowerdir=/{top},upperdir={upper},workdir={work}", f"/{top}")
        assert done.returncode == 0, done.stderr
    sh("mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", "/run")
    Path("/run/dbus").mkdir()
    done = sh("useradd", "-M", "-s", "/bin/sh", ANNA)
    assert done.returncode == 0, done.stderr
    done = sh("chpasswd", input=f"{ANNA}:{PASSWORD}\n")
    assert done.returncode == 0, done.stderr
    done = sh(checkout / "installers/install-helper.sh")
    assert done.returncode == 0, done.stderr
    polkit_rule("admin", f'polkit.addAdminRule(function(a, s) {{ return ["unix-user:{ANNA}"]; }});')
    done = sh("dbus-daemon", "--system", "--fork", "--print-pid")
    assert done.returncode == 0, done.stderr


def polkit_rule(name: str, text: str | None) -> None:
    """Set or remove a rule of polkit's; it watches the folder and takes it up by itself."""
    path = Path(f"/etc/polkit-1/rules.d/40-{name}.rules")
    path.parent.mkdir(parents=True, exist_ok=True)
    if text is None:
        path.unlink()
    else:
        path.write_text(text)
    time.sleep(1.5)


def local_session(action: str) -> str:
    """A rule that lets anna be asked for the password, as someone at an active local session would be."""
    return (
        f'polkit.addRule(function(action, subject) {{ if (action.id == "io.github.oomguardian.helper.{action}" && '
        f'subject.user == "{ANNA}") return polkit.Result.AUTH_ADMIN; }});'
    )


def start_ticks(pid: int) -> int:
    """Field 22 of stat."""
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19])


def adj(pid: int) -> int:
    """oom_score_adj as /proc says."""
    return int(Path(f"/proc/{pid}/oom_score_adj").read_text())


def sleeper(uid: int | None = None) -> subprocess.Popen[bytes]:
    """A process to act on."""
    return subprocess.Popen(["/usr/bin/sleep", "600"], user=uid)


def anna() -> int:
    """Her uid."""
    return pwd.getpwnam(ANNA).pw_uid


def call(member: str, signature: str, body: Sequence[Any], timeout: float = 25) -> Answer:
    """One call by whoever runs this: (error name or None, body)."""
    with open_dbus_connection(bus="SYSTEM") as bus:
        reply = bus.send_and_get_reply(new_method_call(HELPER, member, signature or None, tuple(body)), timeout=timeout)
    return answer_of(reply)


def answer_of(reply: Message) -> Answer:
    """The last part of the error's name, None for a return."""
    if reply.header.message_type is MessageType.error:
        return str(reply.header.fields[HeaderFields.error_name]).rsplit(".", 1)[-1], reply.body
    return None, reply.body


def as_anna(script: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Run a function of this module as anna, in a process of hers: SCRIPT is its name, what it returns comes back on stdout."""
    code = f"from world import {script}; import sys, json; print(json.dumps({script}(*map(json.loads, sys.argv[1:]))))"
    environment = {
        "PATH": "/usr/bin:/bin",
        "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *sys.path]),
        "LANG": "C.UTF-8",
    }
    return sh(
        "/usr/bin/python3",
        "-B",
        "-c",
        code,
        *(json.dumps(a) for a in arguments),
        env=environment,
        user=ANNA,
        group=ANNA,
        extra_groups=[],
    )


def plain_calls(calls: list[tuple[str, str, list[Any]]]) -> list[Any]:
    """Several calls in a row, for `as_anna`."""
    return [call(member, signature, revived(body)) for member, signature, body in calls]


def revived(value: Any) -> Any:
    """Variants that went through JSON: their [signature, value] lists become tuples again."""
    if isinstance(value, dict):
        return {key: (each[0], each[1]) for key, each in value.items()}
    if isinstance(value, list):
        return [revived(each) for each in value]
    return value


def ask_with_password(
    member: str, signature: str, body: list[Any], password: str, pause: str = "", locale: str = "C.UTF-8"
) -> dict[str, Any]:
    """A call with a real authentication agent of this process, which answers PAM through polkit's own setuid program.

    With `pause` a file of that name is made when the dialog opens, and the password is given once it is gone.
    """
    return asyncio.run(_ask(member, signature, revived(body), password, pause, locale))


async def _ask(member: str, signature: str, body: list[Any], password: str, pause: str, locale: str) -> dict[str, Any]:
    seen: dict[str, Any] = {"messages": []}
    async with open_dbus_router(bus="SYSTEM") as router:
        with router.filter(MatchRule(type="method_call"), bufsize=16) as calls:
            await router.send_and_get_reply(_register(locale))

            agent = asyncio.create_task(_serve(router, calls, seen, password, pause))
            reply = await asyncio.wait_for(router.send_and_get_reply(new_method_call(HELPER, member, signature, tuple(body))), 40)
            agent.cancel()
    seen["error"], seen["body"] = answer_of(reply)
    return seen


async def _serve(router: Any, calls: Any, seen: dict[str, Any], password: str, pause: str = "") -> None:
    while True:
        message = await calls.get()
        reply = new_method_return(message)
        if message.header.fields[HeaderFields.member] == "BeginAuthentication":
            seen["messages"].append(message.body[1])
            await asyncio.to_thread(_wait_while, pause)
            if not await _authenticate(message.body[4], password):
                reply = new_error(message, "org.freedesktop.PolicyKit1.Error.Failed", "s", ("no",))
        await router.send(reply)


def run_with_password(argv: list[str], password: str) -> dict[str, Any]:
    """A program that asks the helper, with a real authentication agent for its process: what it was asked, said and came to."""
    return asyncio.run(_run(argv, password))


async def _run(argv: list[str], password: str) -> dict[str, Any]:
    seen: dict[str, Any] = {"messages": []}
    # It stands still until somebody can be asked on its behalf.
    program = await asyncio.create_subprocess_exec(
        "/bin/sh", "-c", 'kill -STOP $$; exec "$@"', "sh", *argv, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    async with open_dbus_router(bus="SYSTEM") as router:
        with router.filter(MatchRule(type="method_call"), bufsize=16) as calls:
            reply = await router.send_and_get_reply(_register(pid=program.pid))
            assert reply.header.message_type is not MessageType.error, reply.body
            agent = asyncio.create_task(_serve(router, calls, seen, password))
            await asyncio.to_thread(_wait_until_it_stands, program.pid)
            program.send_signal(signal.SIGCONT)
            out, errors = await asyncio.wait_for(program.communicate(), 60)
            agent.cancel()
    return seen | {"out": out.decode(), "errors": errors.decode(), "code": program.returncode}


def forge_answers(most: int) -> None:
    """Sends the helper a polkit answer of "yes" for every question it may have asked so far."""
    with open_dbus_connection(bus="SYSTEM") as bus:
        (owner,) = bus.send_and_get_reply(message_bus.GetNameOwner(HELPER_NAME)).body
        for serial in range(1, most):
            yes = new_method_call(DBusAddress("/", owner), "x", "(bba{ss})", ((True, False, {}),))
            yes.header.message_type = MessageType.method_return
            yes.header.fields = {
                HeaderFields.destination: owner,
                HeaderFields.reply_serial: serial,
                HeaderFields.signature: "(bba{ss})",
            }
            bus.send(yes)


def leave_while_asked(member: str, signature: str, body: list[Any]) -> list[str]:
    """What the agent is told when the caller's connection closes while its dialog is open."""
    return asyncio.run(_leave(member, signature, revived(body)))


async def _leave(member: str, signature: str, body: list[Any]) -> list[str]:
    told: list[str] = []
    async with open_dbus_router(bus="SYSTEM") as router:
        with router.filter(MatchRule(type="method_call"), bufsize=16) as calls:
            await router.send_and_get_reply(_register())
            caller = open_dbus_connection(bus="SYSTEM")
            caller.send(new_method_call(HELPER, member, signature, tuple(body)))
            while "CancelAuthentication" not in told:
                message = await asyncio.wait_for(calls.get(), 10)
                told.append(str(message.header.fields[HeaderFields.member]))
                if told[-1] == "BeginAuthentication":
                    caller.close()
    return told


def _register(locale: str = "C.UTF-8", pid: int | None = None) -> Message:
    pid = pid or os.getpid()
    me = {"pid": ("u", pid), "start-time": ("t", start_ticks(pid)), "uid": ("i", os.getuid())}
    return new_method_call(AUTHORITY, "RegisterAuthenticationAgent", "(sa{sv})ss", (("unix-process", me), locale, AGENT_PATH))


def _wait_while(pause: str) -> None:
    """Make the file, and wait until somebody removes it; at once without a name."""
    if pause:
        Path(pause).touch()
        while Path(pause).exists():
            time.sleep(0.05)


def _wait_until_it_stands(pid: int) -> None:
    while " (sh) T " not in Path(f"/proc/{pid}/stat").read_text():
        time.sleep(0.02)


async def _authenticate(cookie: str, password: str) -> bool:
    helper = await asyncio.create_subprocess_exec(
        "/usr/lib/polkit-1/polkit-agent-helper-1", pwd.getpwuid(os.getuid()).pw_name, stdin=-1, stdout=-1, stderr=-1
    )
    assert helper.stdin is not None
    assert helper.stdout is not None
    helper.stdin.write(f"{cookie}\n".encode())
    while line := (await helper.stdout.readline()).decode().strip():
        if line.startswith("PAM_PROMPT_ECHO"):
            helper.stdin.write(f"{password}\n".encode())
        if line in ("SUCCESS", "FAILURE"):
            await helper.wait()
            return line == "SUCCESS"
    return False
