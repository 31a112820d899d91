"""The .deb as a file: what Debian's own checker says, its size, and what it is bound to."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

pytestmark = [pytest.mark.packages, pytest.mark.slow]
Run = Callable[..., str]


@pytest.fixture(scope="module")
def deb(debs: tuple[Path, Path]) -> Path:
    return debs[0]


def test_debian_s_checker_has_nothing_to_say(deb: Path, run: Run) -> None:
    if shutil.which("lintian") is None:
        pytest.skip("lintian is not installed")
    said = run("lintian", "--tag-display-limit", "0", "--fail-on", "error", deb)
    assert [line for line in said.splitlines() if line[:2] in {"E:", "W:"}] == []


def test_every_override_has_its_reason(checkout: Path) -> None:
    lines = (checkout / "installers/package/lintian/oom-guardian").read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith("# ")
    assert all(line.startswith(("# ", "oom-guardian: ")) for line in lines)


def test_it_is_small(deb: Path) -> None:
    assert deb.stat().st_size < 80e6


def test_no_file_is_bound_to_one_minor_version_of_python(deb: Path, run: Run) -> None:
    names = [line.split(maxsplit=5)[5] for line in run("dpkg-deb", "--contents", deb).splitlines()]
    assert [name for name in names if re.search(r"cpython-3\d+|/python3\.\d+/|\.pyc$|__pycache__", name)] == []
    modules = [name for name in names if re.fullmatch(r".*/app/(?!PySide6/Qt/).*\.so", name)]
    assert modules
    assert [name for name in modules if not name.endswith(".abi3.so")] == []


def test_its_scripts_end_well_where_nothing_of_it_is_there(deb: Path, run: Run, tmp_path: Path) -> None:
    """As dpkg calls them when something went wrong before: each ends with 0 and says nothing."""
    run("dpkg-deb", "--control", deb, tmp_path)
    for script in ("postinst", "prerm", "postrm"):
        assert run("sh", "-n", tmp_path / script) == ""
        assert run("sh", tmp_path / script, "failed-upgrade", "0.0") == ""
