"""The wheel: the same bytes each time, with what the program needs when pip installs it."""

import hashlib
import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

pytestmark = [pytest.mark.packages, pytest.mark.slow]


def test_it_is_the_same_each_time(workshop: Path, build: Callable[[str], Path]) -> None:
    first = build("wheel")
    digest = hashlib.sha256(first.read_bytes()).hexdigest()
    # Neither the clock nor the umask nor the age of the files may show.
    for path in (workshop / "guardian").rglob("*.py"):
        os.utime(path)
        path.chmod(0o600)
    first.unlink()
    assert hashlib.sha256(build("wheel").read_bytes()).hexdigest() == digest


def test_it_holds_code_and_catalogues_and_no_tests(build: Callable[[str], Path]) -> None:
    wheel = build("wheel")
    names = zipfile.ZipFile(wheel).namelist()
    assert "guardian/cli/main.py" in names
    assert "guardian/resources/locale/zh_CN/LC_MESSAGES/oom-guardian.mo" in names
    assert [name for name in names if "test" in name.lower().split("/")] == []
    assert zipfile.ZipFile(wheel).testzip() is None
