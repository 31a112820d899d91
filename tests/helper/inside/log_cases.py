"""The kernel's log by the helper, asked for from the command line as people do."""

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from cases import said
from world import PASSWORD, as_anna, local_session, polkit_rule, sh

V1, V2 = Path("/sys/fs/cgroup/memory"), Path("/sys/fs/cgroup")
SOURCE = "kernel log of this start"
# Grows until it is ended, in a memory cgroup that it enters itself.
GROWS = "import sys; open(sys.argv[1], 'w').write('0'); held = [bytearray(b'x' * (1 << 20)) for _ in range(1 << 10)]"


@contextlib.contextmanager
def closed_log() -> Iterator[None]:
    """The kernel's log is root's alone, whatever this machine allows; nothing but this world sees it so."""
    node = Path("/run/kmsg-of-root")
    made = sh("mknod", "-m", "600", node, "c", "1", "11").returncode == 0
    if made:
        assert sh("mount", "--bind", node, "/dev/kmsg").returncode == 0
    yield
    if made:
        sh("umount", "/dev/kmsg")


def end_one() -> int | None:
    """Have the kernel end a process for its cgroup's limit; its pid, None where no such group may be made here."""
    group = (V1 if V1.is_dir() else V2) / f"oom-guardian-log-{os.getpid()}"
    try:
        group.mkdir()
        (group / ("memory.limit_in_bytes" if V1.is_dir() else "memory.max")).write_text("64M")
    except OSError:
        return None
    try:
        with subprocess.Popen([sys.executable, "-S", "-c", GROWS, str(group / "cgroup.procs")], stderr=-3) as grower:
            return grower.pid if grower.wait(60) == -9 else None
    finally:
        until = time.monotonic() + 5
        while group.exists() and time.monotonic() < until:
            with contextlib.suppress(OSError):
                group.rmdir()
            time.sleep(0.05)


def history(*arguments: str, password: str = PASSWORD) -> Any:
    return said(as_anna("run_with_password", ["/usr/bin/python3", "-B", "-m", "guardian", "history", *arguments], password))


def history_asks_for_the_kernel_log_and_shows_its_kills() -> None:
    polkit_rule("local", local_session("read-log"))
    with closed_log():
        ended = end_one()
        got = history("--ask", "--json", "--since", "10min")
        assert got["code"] == 0, got
        assert got["messages"] == ["Authentication is needed to read the kernel's out-of-memory reports"]
        assert "not readable" not in got["errors"], got["errors"]
        kills = json.loads(got["out"])["kills"]
        if ended is not None:
            assert any(kill["constraint"] == "memcg" and kill["killer"] == "kernel" for kill in kills), kills
        plain = history("--ask", "--since", "10min")["out"]
        assert SOURCE in plain or len(kills) > 0, plain
    polkit_rule("local", None)


def without_the_password_history_says_why_and_goes_on() -> None:
    polkit_rule("local", local_session("read-log"))
    with closed_log():
        got = history("--ask", "--json", password=f"not {PASSWORD}")
        assert got["code"] == 0, got
        assert "The kernel log is not readable for you. Not changed: the password was not given" in got["errors"]
        silent = history("--json")
        assert silent["messages"] == []
        assert "guardian history --ask" in silent["errors"], silent["errors"]
    polkit_rule("local", None)


LOG_CASES: tuple[Callable[[], None], ...] = (
    history_asks_for_the_kernel_log_and_shows_its_kills,
    without_the_password_history_says_why_and_goes_on,
)
