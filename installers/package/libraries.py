"""The libraries a package carries: the locked ones, in wheels bound to no Python minor, with what nobody here loads left out.

What a distribution has itself and would mend itself is left to it: numpy, whose wheels fit one Python minor each, and what speaks
with secrets and with the network.
"""

import importlib.metadata
import platform
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

# Library: the package that brings it, named alike by Debian, Ubuntu and Fedora but for the last.
LEFT_TO_SYSTEM = {
    "numpy": ("python3-numpy", "python3-numpy"),
    "keyring": ("python3-keyring", "python3-keyring"),
    "requests": ("python3-requests", "python3-requests"),
    "pyyaml": ("python3-yaml", "python3-pyyaml"),
}
# These come with requests; the system's own trusts the system's own certificates.
_COME_ALONG = {"certifi", "urllib3"}

# The two of OpenGL are asked for by pyqtgraph.
QT_MODULES = ("QtCore", "QtGui", "QtNetwork", "QtOpenGL", "QtOpenGLWidgets", "QtSvg", "QtWidgets")
_QT_PLUGINS = (
    "iconengines/libqsvgicon.so",
    "imageformats/libqsvg.so",
    "platforminputcontexts/libcompose*",
    "platforminputcontexts/libibus*",
    "platforms/libqminimal.so",
    "platforms/libqoffscreen.so",
    "platforms/libqwayland*.so",
    "platforms/libqxcb.so",
    "platformthemes/*",
    "wayland-decoration-client/*",
    "wayland-graphics-integration-client/libqt-plugin-wayland-egl.so",
    "wayland-shell-integration/libxdg-shell.so",
    "xcbglintegrations/*",
)
_UNUSED = ("pyqtgraph/examples/*", "PySide6/scripts/*", "PySide6/typesystems/*", "PySide6/support/*", "*/py.typed", "*.pyi")


class Target(NamedTuple):
    """Whom a package is for: its oldest Python picks the versions, machine and oldest glibc (2.N) pick the wheels."""

    python: str
    machine: str
    glibc: int

    @property
    def place(self) -> dict[str, str]:
        """The environment in which the markers of the lock are read."""
        return {
            "python_version": self.python,
            "python_full_version": f"{self.python}.0",
            "platform_machine": self.machine,
            "platform_python_implementation": "CPython",
            "implementation_name": "cpython",
            "sys_platform": "linux",
            "platform_system": "Linux",
            "os_name": "posix",
            "extra": "",
        }


# 6.12 of PySide6 does not run on Python 3.11 and 6.11 not on 3.15, so the lock holds both.
TARGETS = {"deb": Target("3.11", platform.machine(), 36), "rpm": Target("3.13", platform.machine(), 40)}


def locked_requirements(lock: Path, target: Target) -> dict[str, str]:
    """The lock's entries that hold for a target: by name, as `name==version --hash=…`."""
    chosen = {}
    for entry in lock.read_text(encoding="utf-8").replace("\\\n", " ").splitlines():
        text, *hashes = entry.split(" --hash=")
        if not text.strip():
            continue
        wanted = Requirement(text)
        if wanted.marker is None or wanted.marker.evaluate(target.place):
            pinned = f"{wanted.name}{wanted.specifier}"
            chosen[canonicalize_name(wanted.name)] = " ".join([pinned, *(f"--hash={one.strip()}" for one in hashes)])
    return chosen


def carried_names(project: Path, target: Target) -> set[str]:
    """The libraries that the program needs, and those that these need, but for what is left to the system."""
    asked = tomllib.loads((project / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    found: set[str] = set()
    waiting = [Requirement(text) for text in asked]
    while waiting:
        one = waiting.pop()
        name = canonicalize_name(one.name)
        if name in found | LEFT_TO_SYSTEM.keys() | _COME_ALONG or (one.marker and not one.marker.evaluate(target.place)):
            continue
        found.add(name)
        waiting += [Requirement(text) for text in importlib.metadata.requires(name) or ()]
    return found


def fetch_wheels(project: Path, target: Target, folder: Path) -> list[Path]:
    """Download the wheels that are carried, hashes compared; none may be bound to one minor version of Python."""
    locked = locked_requirements(project / "requirements/run.txt", target)
    folder.mkdir(parents=True)
    wanted = folder / "wanted.txt"
    wanted.write_text("\n".join(locked[name] for name in sorted(carried_names(project, target))) + "\n", encoding="utf-8")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-input", "--disable-pip-version-check"]
    command += ["--require-hashes", "--no-deps", "--only-binary", ":all:", "--dest", str(folder), "--requirement", str(wanted)]
    command += ["--implementation", "cp", "--python-version", target.python, "--abi", "abi3", "--abi", "none"]
    for libc in ("manylinux2010", "manylinux2014", *(f"manylinux_2_{minor}" for minor in range(17, target.glibc + 1))):
        command += ["--platform", f"{libc}_{target.machine}"]
    subprocess.run(command, check=True)
    return sorted(folder.glob("*.whl"))


def unpack(wheel: Path, folder: Path, licences: Path) -> None:
    """Put what is used of a wheel into the folder, and its licences into a folder of its own."""
    name = canonicalize_name(wheel.name.partition("-")[0])
    with zipfile.ZipFile(wheel) as archive:
        for path in (PurePosixPath(name) for name in archive.namelist() if not name.endswith("/")):
            if path.parts[0].endswith(".dist-info"):
                if path.name.upper().startswith(("LICEN", "COPYING", "NOTICE", "AUTHORS")):
                    _write(licences / name / path.name, archive.read(str(path)))
            elif _is_used(path):
                _write(folder / path, archive.read(str(path)))


def prune_libraries(folder: Path) -> set[str]:
    """Remove Qt's libraries that nothing left loads; the names of all that has to come from the system instead."""
    qt = folder / "PySide6/Qt/lib"
    needed, outside = set(), set()
    waiting = [path for path in folder.rglob("*.so*") if path.parent != qt]
    while waiting:
        for name in _needed_by(waiting.pop()):
            own = [path for path in (qt / name, folder / "PySide6" / name, folder / "shiboken6" / name) if path.exists()]
            if not own:
                outside.add(name)
            elif own[0].parent == qt and name not in needed:
                needed.add(name)
                waiting.append(qt / name)
    for path in qt.iterdir():
        if path.name not in needed:
            path.unlink()
    return outside


def _is_used(path: PurePosixPath) -> bool:
    if "tests" in path.parts or path.parts[0].endswith(".data") or any(path.match(one) for one in _UNUSED):
        return False
    if path.parts[0] != "PySide6":
        return not any(str(path).startswith(one.rstrip("*")) for one in _UNUSED if one.endswith("/*"))
    return _is_used_of_qt(path)


def _is_used_of_qt(path: PurePosixPath) -> bool:
    match path.parts[1:]:
        case (name,):
            module = name.partition(".abi3")[0]
            return module in QT_MODULES or name.endswith(".py") or name.startswith("libpyside6.")
        case ("Qt", "lib", _):
            return True
        case ("Qt", "plugins", folder, name):
            return any(PurePosixPath(folder, name).match(one) for one in _QT_PLUGINS)
        case ("Qt", "translations", name):
            return name == "qtbase_zh_CN.qm"
    return False


def _needed_by(path: Path) -> Iterator[str]:
    from elftools.elf.elffile import ELFFile

    with open(path, "rb") as file:
        dynamic = ELFFile(file).get_section_by_name(".dynamic")
        for tag in dynamic.iter_tags() if dynamic is not None else ():
            if tag.entry.d_tag == "DT_NEEDED":
                yield tag.needed


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
