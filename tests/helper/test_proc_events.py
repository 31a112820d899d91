"""Each exec is told, or it is said at once that none will be: a kernel that keeps silent must not pass for a quiet machine."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from guardian.helper.proc_events import ProcessEvents

TRIED = """
from guardian.helper.proc_events import ProcessEvents
try:
    ProcessEvents()
except OSError as error:
    print(error.errno)
"""


def test_an_exec_is_told() -> None:
    try:
        events = ProcessEvents()
    except OSError as error:
        pytest.skip(f"no process events here: {error}")
    try:
        with subprocess.Popen(["/bin/sleep", "0"]) as process:
            process.wait()
        deadline, found = time.monotonic() + 2, list[int]()
        while process.pid not in found and time.monotonic() < deadline:
            found += events.pids()[0]
            time.sleep(0.01)
        assert process.pid in found
    finally:
        events.close()


def test_in_a_pid_namespace_it_is_refused(checkout: Path) -> None:
    unshare = shutil.which("unshare")
    argv = [unshare or "unshare", "-p", "-f", "--mount-proc"]
    if os.geteuid() != 0 or unshare is None or subprocess.run([*argv, "true"], capture_output=True, check=False).returncode:
        pytest.skip("needs root and unshare, for a namespace of its own")
    done = subprocess.run(
        [*argv, sys.executable, "-c", TRIED], capture_output=True, text=True, cwd=checkout, timeout=30, check=True
    )
    assert done.stdout.strip() != ""
