"""Runs a command with an authentication agent for this session, which gives one password:  answering.py PASSWORD COMMAND…

Source: polkit's org.freedesktop.PolicyKit1.AuthenticationAgent.
"""

import asyncio
import os
import pwd
import sys
from pathlib import Path

from jeepney import DBusAddress, HeaderFields, MatchRule, new_error, new_method_call, new_method_return
from jeepney.io.asyncio import open_dbus_router

AUTHORITY = DBusAddress(
    "/org/freedesktop/PolicyKit1/Authority", "org.freedesktop.PolicyKit1", "org.freedesktop.PolicyKit1.Authority"
)
PATH = "/io/github/oomguardian/TestAgent"


async def authenticate(cookie: str, user: str, password: str) -> bool:
    """Let polkit's own setuid program ask PAM."""
    helper = await asyncio.create_subprocess_exec("/usr/lib/polkit-1/polkit-agent-helper-1", user, stdin=-1, stdout=-1)
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


def start_ticks(pid: int) -> int:
    """Field 22 of stat."""
    return int(Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[19])


async def main(password: str, *command: str) -> int:
    """Register, run, answer until the command ends; its exit code."""
    async with open_dbus_router(bus="SYSTEM") as router:
        with router.filter(MatchRule(type="method_call"), bufsize=16) as calls:

            async def serve() -> None:
                while True:
                    message = await calls.get()
                    if message.header.fields[HeaderFields.member] != "BeginAuthentication":
                        await router.send(new_method_return(message))
                        continue
                    sys.stdout.write(f"dialog: {message.body[1]}\n")
                    user = pwd.getpwuid(message.body[5][0][1]["uid"][1]).pw_name
                    good = await authenticate(message.body[4], user, password)
                    refused = new_error(message, "org.freedesktop.PolicyKit1.Error.Failed", "s", ("no",))
                    await router.send(new_method_return(message) if good else refused)

            answering = asyncio.create_task(serve())
            # Polkit looks for an agent of the caller itself first, so the command gets the pid that is registered for.
            child = await asyncio.create_subprocess_exec("/bin/sh", "-c", 'read _; exec "$@"', "-", *command, stdin=-1)
            me = {"pid": ("u", child.pid), "start-time": ("t", start_ticks(child.pid)), "uid": ("i", os.getuid())}
            asked = new_method_call(
                AUTHORITY, "RegisterAuthenticationAgent", "(sa{sv})ss", (("unix-process", me), "C.UTF-8", PATH)
            )
            await router.send_and_get_reply(asked)
            assert child.stdin is not None
            child.stdin.write(b"\n")
            code = await asyncio.wait_for(child.wait(), 50)
            answering.cancel()
            return code


if __name__ == "__main__":
    sys.exit(asyncio.run(main(*sys.argv[1:])))
