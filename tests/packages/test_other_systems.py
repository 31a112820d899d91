"""The one .deb on systems with other Pythons: it installs, shows, opens its window and goes.

Ubuntu's archive has no key on a Debian; OOM_GUARDIAN_UBUNTU_SOURCE gives a line for apt with the word SUITE in it, such as
`deb [signed-by=/path/to/key] http://a.mirror/ubuntu SUITE main universe`.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

pytestmark = [pytest.mark.packages, pytest.mark.slow]
Run = Callable[..., str]
UBUNTU = os.environ.get("OOM_GUARDIAN_UBUNTU_SOURCE", "")
SYSTEMS = {"trixie": (), "noble": (UBUNTU,), "resolute": (UBUNTU,)}


@pytest.fixture(params=SYSTEMS)
def root(request: pytest.FixtureRequest, debs: tuple[Path, Path], unpacked: Callable[..., Path]) -> Iterator[Path]:
    mirror = [line.replace("SUITE", request.param) for line in SYSTEMS[request.param]]
    if not all(mirror):
        pytest.skip("OOM_GUARDIAN_UBUNTU_SOURCE names no source")
    root = unpacked(request.param, "ca-certificates,procps,fonts-dejavu-core", debs[0], *mirror)
    shutil.copy(debs[0], root / "it.deb")
    yield root
    shutil.rmtree(root, ignore_errors=True)


def test_it_installs_runs_and_goes(root: Path, inside: Run) -> None:
    inside(root, "dpkg", "--install", "/it.deb")
    assert inside(root, "guardian", "victims", "-n", "1", "--json").startswith("{")
    assert inside(root, "/usr/bin/python3", "-I", "/usr/lib/oom-guardian/oom-guardian-helper", "--check") == ""
    said = inside(root, "sh", "-c", "timeout 15 guardian 2>&1; [ $? = 124 ]", environ={"QT_QPA_PLATFORM": "offscreen"})
    assert "Traceback" not in said
    assert "Qt for Python 6" in inside(root, "sh", "-c", "guardian doctor || true")
    code = "import sys; sys.path.insert(0, '/usr/lib/oom-guardian/app'); import apprise, keyring, prometheus_client, pyqtgraph"
    inside(root, "python3", "-sP", "-c", code, environ={"QT_QPA_PLATFORM": "offscreen"})
    inside(root, "dpkg", "--purge", "oom-guardian")
    elsewhere = (root / "proc", root / "root", root / "tmp")
    assert [str(path) for path in root.rglob("*guardian*") if not any(path.is_relative_to(one) for one in elsewhere)] == []
