"""The shell that tells running parts of a change: what a user's programs get of root's when they are asked."""

import os
import re
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from guardian.protocol.plans import DROP_IN, OWNER_HEADER

NOBODY = 65534
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root asks others' service managers")


def ask(checkout: Path, folder: Path, program: str, seconds: int = 30) -> subprocess.CompletedProcess[str]:
    """Ask the service manager of nobody, for which a program of ours stands in; a secret and a descriptor are root's."""
    folder.chmod(0o777)
    (folder / "systemctl").write_text(f"#!/bin/sh\n{program}\n")
    (folder / "systemctl").chmod(0o755)
    words = f'. "$0"; ask_seconds={seconds}; ask_one_user {NOBODY} {NOBODY} {folder} stop x.service'
    return subprocess.run(
        ["sh", "-ec", f"exec 3>&1; {words}; echo went on", str(checkout / "installers/live.sh")],
        env={"PATH": f"{folder}:{os.environ['PATH']}", "PASSWORD": "geheim"}, capture_output=True, text=True, check=True,
    )  # fmt: skip


@pytest.fixture
def folder() -> Iterator[Path]:
    """One that nobody may enter, which is not so below pytest's own."""
    with tempfile.TemporaryDirectory(prefix="live-") as made:
        yield Path(made)


@needs_root
def test_a_user_gets_neither_environment_nor_terminal_nor_descriptors(checkout: Path, folder: Path) -> None:
    said = folder / "said"
    program = f'{{ id -u; echo "$@"; env; ls -l /proc/$$/fd; cut -d" " -f6 /proc/$$/stat; echo $$; }} >{said} 2>&1'
    assert ask(checkout, folder, program).stdout == "went on\n"
    lines = said.read_text().splitlines()
    assert lines[:2] == [str(NOBODY), "--user stop x.service"]
    assert f"XDG_RUNTIME_DIR={folder}" in lines
    assert "geheim" not in said.read_text()
    assert not [line for line in lines if "pipe:" in line or "/pts/" in line or "/tty" in line]
    # A session of its own has no terminal that could be typed into.
    assert lines[-2].strip() == lines[-1]


@needs_root
def test_a_user_cannot_hold_up_a_package(checkout: Path, folder: Path) -> None:
    began = time.monotonic()
    done = ask(checkout, folder, "trap '' TERM; exec sleep 120", seconds=1)
    assert done.stdout == "went on\n"
    assert time.monotonic() - began < 60


def test_a_purge_takes_only_what_was_written_by_it(checkout: Path, tmp_path: Path) -> None:
    parts = (checkout / name for name in ("installers/live.sh", "installers/package/after-remove.sh"))
    script = "set -e\n" + "\n".join(part.read_text() for part in parts)
    # All of it below a root of its own.
    script = re.sub(r"/(?=(?:etc|run|var|usr|proc)/)", f"{tmp_path}/", script)
    written = {"ours.service.d": OWNER_HEADER + "[Service]\nOOMScoreAdjust=-500\n", "theirs.service.d": "[Service]\nNice=1\n"}
    for folder, text in written.items():
        path = tmp_path / "etc/systemd/system" / folder / DROP_IN
        path.parent.mkdir(parents=True)
        path.write_text(text)
    subprocess.run(["sh", "-c", script, "postrm", "purge"], check=True, timeout=60)
    assert [path.name for path in (tmp_path / "etc/systemd/system").iterdir()] == ["theirs.service.d"]
    assert (tmp_path / "etc/systemd/system/theirs.service.d" / DROP_IN).exists()
