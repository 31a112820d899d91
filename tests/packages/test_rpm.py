"""The .rpm: its relations and files, and a life in a root with rpm's own database, since no Fedora can be had here.

The root is a Debian 13, whose Python is newer than that of Debian 12; what the package depends on comes by Debian's names, so
rpm is told not to look for it.
"""

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from guardian import __version__

pytestmark = [pytest.mark.packages, pytest.mark.slow]
Run = Callable[..., str]


@pytest.fixture(scope="module")
def rpm(build: Callable[[str], Path]) -> Path:
    if shutil.which("rpm") is None:
        pytest.skip("rpm is not installed")
    return build("rpm")


@pytest.fixture(scope="module")
def root(rpm: Path, debs: tuple[Path, Path], unpacked: Callable[..., Path]) -> Iterator[Path]:
    root = unpacked("trixie", "rpm,procps,libglib2.0-bin,fonts-dejavu-core", debs[0])
    shutil.copy(rpm, root / "it.rpm")
    yield root
    shutil.rmtree(root, ignore_errors=True)


def test_it_is_small_and_tells_what_it_needs(rpm: Path, run: Run) -> None:
    assert rpm.stat().st_size < 80e6
    needs = run("rpm", "-qp", "--requires", rpm).split("\n")
    assert {"python3 >= 3.12", "python3-numpy", "python3-keyring", "polkit", "dbus", "libEGL.so.1()(64bit)"} <= set(needs)
    # What comes along is asked of nobody, and nothing is bound to one minor version of Python.
    assert [need for need in needs if re.search(r"libQt6|libicu|python\(abi\)|libpython", need)] == []
    assert run("rpm", "-qp", "--qf", "%{VERSION} %{ARCH}", rpm).split()[0] == __version__


def test_it_owns_its_files_and_no_folder_of_the_system(rpm: Path, run: Run) -> None:
    files = run("rpm", "-qpl", rpm).splitlines()
    assert {"/usr/bin/guardian", "/usr/share/man/zh_CN/man1/guardian.1.gz", "/usr/share/zsh/site-functions/_guardian"} <= set(
        files
    )
    assert {"/usr", "/usr/bin", "/usr/lib", "/etc", "/usr/share"} & set(files) == set()
    assert "/usr/share/licenses/oom-guardian/LGPL-3.0.txt" in files
    assert run("rpm", "-qpc", rpm).split() == ["/etc/xdg/autostart/io.github.oomguardian.Agent.desktop"]
    assert [file for file in files if re.search(r"\.cpython-3\d+", file)] == []


def test_it_installs_runs_and_goes(root: Path, inside: Run) -> None:
    inside(root, "rpm", "--install", "--nodeps", "/it.rpm")
    assert inside(root, "guardian", "--version").strip() == f"OOM Guardian {__version__}"
    assert inside(root, "guardian", "victims", "-n", "1", "--json").startswith("{")
    assert inside(root, "/usr/bin/python3", "-I", "/usr/lib/oom-guardian/oom-guardian-helper", "--check") == ""
    window = ["timeout", "12", "guardian"]
    said = inside(root, "sh", "-c", f"{' '.join(window)} 2>&1; [ $? = 124 ]", environ={"QT_QPA_PLATFORM": "offscreen"})
    assert "Traceback" not in said
    inside(root, "rpm", "--upgrade", "--force", "--nodeps", "/it.rpm")
    assert list((root / "usr/lib/oom-guardian").rglob("*.pyc"))
    inside(root, "rpm", "--erase", "oom-guardian")
    elsewhere = (root / "proc", root / "root", root / "tmp")
    assert [str(path) for path in root.rglob("*guardian*") if not any(path.is_relative_to(one) for one in elsewhere)] == []
