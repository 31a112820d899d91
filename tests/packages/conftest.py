"""Packages as they are built, and small Debian roots to install them in.  Needs root, mmdebstrap and systemd-nspawn."""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from guardian import __version__

NEXT = "99.0.0"
Build = Callable[[str], Path]
TOOLS = ("mmdebstrap", "systemd-nspawn", "unshare", "dpkg-deb")


def sh(*argv: object, seconds: float = 900, **more: Any) -> subprocess.CompletedProcess[str]:
    """Run to the end."""
    return subprocess.run([str(a) for a in argv], capture_output=True, text=True, timeout=seconds, check=False, **more)


def must(*argv: object, **more: Any) -> str:
    """Run what has to succeed; its stdout."""
    done = sh(*argv, **more)
    assert done.returncode == 0, f"{argv}: {done.stdout[-2000:]}{done.stderr[-2000:]}"
    return done.stdout


@pytest.fixture(scope="session", autouse=True)
def _able() -> None:
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    if missing or os.getuid() != 0:
        pytest.skip(f"needs root and {', '.join(missing) or 'nothing else'}")


def copy_of(checkout: Path, folder: Path) -> Path:
    """The checkout's committed and changed files alone, to build in without touching it."""
    listed = must("git", "-c", "safe.directory=*", "ls-files", "--cached", "--others", "--exclude-standard", cwd=checkout)
    for name in listed.splitlines():
        if (checkout / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(checkout / name, folder / name)
    return folder


@pytest.fixture(scope="session")
def workshop(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the checkout that builds; set up once."""
    return copy_of(checkout, tmp_path_factory.mktemp("workshop") / "place")


@pytest.fixture(scope="session")
def build(workshop: Path) -> Build:
    """Run build.sh for one kind; the file it made."""

    def built(kind: str) -> Path:
        environ = {**os.environ, "SOURCE_DATE_EPOCH": "1700000000"}
        must(workshop / "installers/build.sh", kind, env=environ, cwd="/")
        return max((workshop / "dist").iterdir(), key=lambda path: path.stat().st_mtime)

    return built


@pytest.fixture(scope="session")
def debs(workshop: Path, build: Build) -> tuple[Path, Path]:
    """The package, and one of a later version with the same content."""
    now = build("deb")
    source = workshop / "guardian/__init__.py"
    before = source.read_text(encoding="utf-8")
    source.write_text(before.replace(f'"{__version__}"', f'"{NEXT}"'), encoding="utf-8")
    later = build("deb")
    source.write_text(before, encoding="utf-8")
    assert now.name != later.name
    return now, later


@pytest.fixture(scope="session")
def run() -> Callable[..., str]:
    """Run what has to succeed; what it said."""
    return must


@pytest.fixture(scope="session")
def inside() -> Callable[..., str]:
    """Run what has to succeed within a root, in process and mount namespaces of its own."""
    return _inside


@pytest.fixture(scope="session")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Make a Debian of a suite with some packages and all that a .deb depends on, but not that .deb itself."""

    def made(suite: str, packages: str, deb: Path, *mirror: str) -> Path:
        root = tmp_path_factory.mktemp("root") / suite
        must("mmdebstrap", "--variant=minbase", f"--include=apt,{packages}", "--skip=cleanup/apt", suite, root, *mirror)
        (root / "usr/sbin/policy-rc.d").write_text("#!/bin/sh\nexit 101\n", encoding="ascii")
        (root / "usr/sbin/policy-rc.d").chmod(0o755)
        shutil.copy(os.path.realpath("/etc/resolv.conf"), root / "etc/resolv.conf")
        relations = must("dpkg-deb", "--field", deb, "Depends").strip()
        quiet = {"DEBIAN_FRONTEND": "noninteractive"}
        _inside(root, "apt-get", "satisfy", "-y", "-q", "--no-install-recommends", relations, environ=quiet)
        (root / "usr/sbin/policy-rc.d").unlink()
        return root

    return made


def _inside(root: Path, *argv: str, environ: dict[str, str] | None = None) -> str:
    # rpm makes namespaces for its scripts, for which the root has to be a mount.
    mounts = (
        f"mount --make-rprivate /; mount --bind {root} {root}; mount -t proc proc {root}/proc; mount --rbind /dev {root}/dev; "
        f'cd {root}; mount --move . / 2>/dev/null; exec chroot . "$@"'
    )
    plain = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "HOME": "/root"}
    return must("unshare", "-m", "-p", "-f", "--kill-child", "--", "bash", "-c", mounts, "-", *argv, env=plain | (environ or {}))
