"""The package in a booted Debian 12 with a real session: installed, used, upgraded, removed, purged."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

pytestmark = [pytest.mark.packages, pytest.mark.slow, pytest.mark.desktop]

# Beside what the package itself depends on: a session with a screen, a window manager and somebody who shows notifications.
DESKTOP = (
    "systemd,systemd-sysv,libpam-systemd,dbus,dbus-user-session,polkitd,procps,sudo,xvfb,xauth,xdotool,openbox,dunst,imagemagick,"
    "x11-utils,libglib2.0-bin,fonts-dejavu-core,man-db,bash-completion"
)
RUNNER = """[Unit]
After=multi-user.target dbus.service systemd-logind.service

[Service]
ExecStart=/usr/bin/python3 -B /story/story.py
StandardOutput=file:/out/runner.log
StandardError=inherit
"""
STEPS = (
    "somebody logs in",
    "install",
    "units are sound",
    "pages and completion",
    "start from the menu",
    "the agent runs",
    "start at login",
    "pin with a password",
    "refused without it",
    "a lasting rule",
    "a machine's agent",
    "a drill",
    "notifications",
    "upgrade",
    "remove",
    "install again",
    "purge",
)
# What package tools keep, and what is not on disk.
_LEFT_OUT = ("proc", "sys", "dev", "run", "tmp", "packages", "out", "story", "var", "home", "etc/systemd/system")


def files_of(root: Path) -> set[str]:
    """All that lies in a root."""
    found = set()
    for folder, names, files in os.walk(root):
        inner = os.path.relpath(folder, root)
        names[:] = [name for name in names if os.path.normpath(f"{inner}/{name}") not in _LEFT_OUT]
        found |= {os.path.normpath(f"{inner}/{name}") for name in names + files}
    return found


@pytest.fixture
def root(debs: tuple[Path, Path], unpacked: Callable[..., Path]) -> Iterator[Path]:
    """A Debian 12 with a desktop's parts, and both packages in /packages."""
    root = unpacked("bookworm", DESKTOP, debs[0])
    (root / "packages").mkdir()
    for deb in debs:
        shutil.copy(deb, root / "packages")
    yield root
    shutil.rmtree(root, ignore_errors=True)


def test_a_life_of_the_package(root: Path) -> None:
    shutil.copytree(Path(__file__).parent / "inside", root / "story")
    (root / "out").mkdir(mode=0o777)
    (root / "out").chmod(0o777)
    unit = root / "etc/systemd/system/story.service"
    unit.write_text(RUNNER, encoding="ascii")
    wants = root / "etc/systemd/system/multi-user.target.wants"
    wants.mkdir(exist_ok=True)
    (wants / "story.service").symlink_to("/etc/systemd/system/story.service")
    before = files_of(root)
    boot = ["systemd-nspawn", "-q", "-D", str(root), "--keep-unit", "--register=no", "--private-network", "--boot"]
    subprocess.run(boot, check=False, capture_output=True, stdin=subprocess.DEVNULL, timeout=900)
    keep = Path(os.environ.get("OOM_GUARDIAN_PACKAGES_OUT", ""))
    if keep.is_absolute():
        shutil.copytree(root / "out", keep, dirs_exist_ok=True)
    told = json.loads((root / "out/story.json").read_text(encoding="utf-8"))
    assert [one for one in told if one["held"] != "yes"] == []
    assert tuple(one["step"] for one in told) == STEPS
    assert (root / "out/window.png").stat().st_size > 20_000
    left = {path for path in files_of(root) - before if "guardian" in path.lower()}
    assert left == set()
    assert [str(path) for path in (root / "etc/systemd").rglob("*guardian*")] == []
