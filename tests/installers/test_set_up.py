"""run.sh on a small checkout of the test's own: the real scripts, a real venv, an empty lock, a program that says what it got."""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

PROGRAM = "import os, sys\nprint(sys.argv[1:], oct(os.umask(0)), os.getcwd())\nsys.exit(7)\n"
NOBODY = 65534


@pytest.fixture(scope="module")
def place(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout without a venv, its path holding a blank."""
    place = tmp_path_factory.mktemp("some place")
    shutil.copytree(checkout / "installers", place / "installers")
    (place / "requirements").mkdir()
    (place / "requirements/run.txt").write_text("# nothing\n")
    (place / "guardian").mkdir()
    (place / "guardian/__init__.py").touch()
    (place / "guardian/__main__.py").write_text(PROGRAM)
    return place


def begin(place: Path, *args: str) -> subprocess.Popen[str]:
    command = [str(place / "installers/run.sh"), *args]
    return subprocess.Popen(command, cwd="/", umask=0o027, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def start(place: Path, *args: str) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of one start."""
    process = begin(place, *args)
    said, progress = process.communicate(timeout=120)
    return process.returncode, said, progress


@pytest.fixture(scope="module")
def first_starts(place: Path) -> list[tuple[int, str, str]]:
    """Two first starts at the same time."""
    both = [begin(place, "a b", "--json"), begin(place, "a b", "--json")]
    return [(process.returncode, said, progress) for process in both for said, progress in [process.communicate(timeout=180)]]


EXPECTED = "['a b', '--json'] 0o27 /\n"


def test_first_starts_at_once_both_run_and_one_sets_up(first_starts: list[tuple[int, str, str]]) -> None:
    assert [(code, said) for code, said, _ in first_starts] == [(7, EXPECTED)] * 2
    assert sum("setting up" in progress.replace("another start is setting up", "") for _, _, progress in first_starts) == 1


@pytest.mark.usefixtures("first_starts")
def test_second_start_says_nothing_and_is_quick(place: Path) -> None:
    before = time.monotonic()
    assert start(place, "a b", "--json") == (7, EXPECTED, "")
    assert time.monotonic() - before < 1


@pytest.mark.usefixtures("first_starts")
def test_venv_may_be_used_by_other_users(place: Path) -> None:
    # In spite of the starter's umask of 027.
    assert os.stat(place / ".venv/bin").st_mode & 0o055 == 0o055


@pytest.mark.usefixtures("first_starts")
def test_another_lock_is_installed_into_the_same_venv(place: Path) -> None:
    kept = place / ".venv/kept"
    kept.touch()
    with open(place / "requirements/run.txt", "a") as lock:
        lock.write("# changed\n")
    code, said, progress = start(place, "a b", "--json")
    assert (code, said) == (7, EXPECTED)
    assert "installing the locked libraries" in progress
    assert kept.exists()


@pytest.mark.usefixtures("first_starts")
def test_set_up_that_was_cut_short_starts_again(place: Path) -> None:
    (place / ".venv/set-up.run").unlink()
    (place / ".venv/half-written").touch()
    code, said, progress = start(place, "a b", "--json")
    assert (code, said) == (7, EXPECTED)
    assert "cut short" in progress
    assert not (place / ".venv/half-written").exists()


@pytest.fixture
def locked_place(checkout: Path) -> Iterator[Path]:
    """A checkout that everybody may read and nobody may write; not below pytest's own folder, which is private."""
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        shutil.copytree(checkout / "installers", place / "installers")
        (place / "requirements").mkdir()
        (place / "requirements/run.txt").touch()
        place.chmod(0o555)
        yield place
        place.chmod(0o755)


def test_checkout_of_somebody_else_is_refused_in_words(locked_place: Path) -> None:
    command = [str(locked_place / "installers/run.sh")]
    if os.getuid() == 0:
        command = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--", *command]
    run = subprocess.run(command, check=False, capture_output=True, text=True)
    assert (run.returncode, run.stdout) == (1, "")
    assert "is not writable by" in run.stderr
    assert not (locked_place / ".venv").exists()
