"""The helper on a real system bus with real polkitd, in mount and pid namespaces of its own."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

INSIDE = Path(__file__).parent / "inside"
NAMES = [
    line.strip(" ,\n")
    for name in ("dialog_cases.py", "log_cases.py", "setting_cases.py", "cases.py")
    for line in (INSIDE / name).read_text().partition("CASES: ")[2].splitlines()[1:]
    if line.startswith("    ")
]


def _missing() -> str | None:
    if os.geteuid() != 0:
        return "needs root, for namespaces of its own"
    wanted = {"unshare", "dbus-daemon", "useradd", "chpasswd", "locale-gen"}
    absent = sorted(name for name in wanted if shutil.which(name, path="/usr/sbin:/usr/bin:/sbin:/bin") is None)
    if not Path("/usr/lib/polkit-1/polkit-agent-helper-1").exists():
        absent.append("polkitd")
    if absent:
        return f"needs {', '.join(absent)}"
    # Root of a container may lack the right, and a chroot is no mount of its own.
    tried = subprocess.run(["unshare", "-m", "-p", "-f", "--mount-proc", "true"], capture_output=True, text=True, check=False)
    return f"needs namespaces of its own: {tried.stderr.strip()}" if tried.returncode else None


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str | None]]:
    """What each case came to."""
    why = _missing()
    if why:
        pytest.skip(why)
    scratch = tmp_path_factory.mktemp("world")
    scratch.chmod(0o755)
    for folder in (scratch.parent, scratch.parent.parent):
        folder.chmod(0o755)
    told = scratch / "report.json"
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("DBUS_", "XDG_"))}
    done = subprocess.run(
        [
            "unshare",
            "-m",
            "-p",
            "-f",
            "--mount-proc",
            "--kill-child",
            "--",
            sys.executable,
            "-B",
            str(INSIDE),
            str(scratch),
            str(told),
        ],
        capture_output=True,
        text=True,
        timeout=400,
        env=environment,
        check=False,
    )
    if not told.exists():
        pytest.fail(f"the world could not be built: {done.stderr[-1500:]}")
    yield json.loads(told.read_text())
    shutil.rmtree(scratch, ignore_errors=True)


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_case(report: dict[str, str | None], name: str) -> None:
    assert name in report, "it was cut short before this case"
    assert report[name] is None, report[name]
