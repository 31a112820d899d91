"""Builds a package for a distribution into dist/, from the list in installers/files.txt:  build.py deb|rpm"""

import gzip
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

import copyright_file
from libraries import LEFT_TO_SYSTEM, TARGETS, Target, fetch_wheels, prune_libraries, unpack

from guardian import __version__

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
_SCRIPTS = {"postinstall": "after-install.sh", "preremove": "before-remove.sh", "postremove": "after-remove.sh"}
_MACHINES = {"x86_64": "amd64", "aarch64": "arm64"}
# What a theme of the desktop brings along, or the C library; asked of nobody.
_ALWAYS_THERE = ("ld-linux", "libc.", "libdl.", "libm.", "libpthread.", "libresolv.", "librt.", "libgcc_s.", "libstdc++.")
_OF_GTK = ("libatk", "libcairo", "libgdk", "libgio", "libgobject", "libgthread", "libgtk", "libharfbuzz", "libpango")

_DESCRIPTION = """shows whom the kernel would end when memory runs out
When memory runs out, Linux ends a program. OOM Guardian computes the same
choice as the running kernel, all the time, and shows it before it happens:
who would be ended, which terms made its points, what would end with it, and
how much room is left until then.
.
A tray program with a window for the desktop, and a command line for
terminals, scripts and ssh. Looking needs no privilege; a root helper that
polkit guards protects programs of others."""


class Line(NamedTuple):
    """One line of the list of files."""

    part: str
    mode: str
    source: str
    target: str


def main() -> None:
    """Build the kind of package that the command line names."""
    kind = sys.argv[1]
    work = ROOT / "build" / kind
    shutil.rmtree(work, ignore_errors=True)
    made = make_folders(work, TARGETS[kind])
    contents = [entry for line in listed_files(kind) for entry in package_entries(line, made)]
    contents += own_folders(contents)
    config = work / "nfpm.json"
    config.write_text(json.dumps(package(kind, work, contents), indent=1), encoding="utf-8")
    nfpm = Path(sys.executable).parent / "nfpm"
    subprocess.run(
        [str(nfpm), "package", "--config", str(config), "--packager", kind, "--target", str(ROOT / "dist")], check=True
    )


def listed_files(kind: str) -> Iterator[Line]:
    """The list's lines that count for a kind of package."""
    for text in (ROOT / "installers/files.txt").read_text(encoding="utf-8").splitlines():
        if text.strip() and not text.startswith("#"):
            line = Line(*text.split())
            if line.part in {"helper", "app", "config", kind}:
                yield line


def package_entries(line: Line, made: Path) -> Iterator[dict[str, Any]]:
    """What nfpm shall pack for a line: files one by one, so that no folder of the system's becomes the package's."""
    source = made / line.source[1:] if line.source.startswith("@") else ROOT / line.source
    files = sorted(source.rglob("*")) if line.source.endswith("/") else [source]
    if not source.exists():
        sys.exit(f"build.py: {source} of installers/files.txt does not exist")
    for path in files:
        inner = path.relative_to(source if source.is_dir() else source.parent)
        if path.is_file() and not {"tests", "__pycache__"} & set(inner.parts):
            entry: dict[str, Any] = {"src": str(path), "dst": line.target + str(inner), "file_info": {"mode": int(line.mode, 8)}}
            if line.part == "config":
                entry["type"] = "config|noreplace"
            yield entry


def own_folders(contents: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The folders that are the package's alone and go with it: rpm leaves those that nobody owns."""
    parents = {parent for entry in contents for parent in PurePosixPath(entry["dst"]).parents if "oom-guardian" in parent.parts}
    return [{"dst": str(parent), "type": "dir", "file_info": {"mode": 0o755}} for parent in sorted(parents)]


def make_folders(work: Path, target: Target) -> Path:
    """The folders that the list names by @NAME/; also which libraries the system has to bring, in system-libraries.txt."""
    made = work / "made"
    for wheel in fetch_wheels(ROOT, target, work / "wheels"):
        unpack(wheel, made / "libraries", made / "licences")
    outside = prune_libraries(made / "libraries")
    (work / "system-libraries.txt").write_text("\n".join(sorted(outside)) + "\n", encoding="utf-8")
    shutil.copytree(made / "libraries/jeepney", made / "jeepney")
    for language in ("C", "zh_CN"):
        _run_pages("man", made / "man", language)
    _run_pages("completions", made / "completions", "C")
    _run_pages("icons", made / "icons", "C")
    (made / "doc").mkdir()
    (made / "doc/copyright").write_text(copyright_file.text(ROOT, made / "licences"), encoding="utf-8")
    news = (ROOT / "CHANGELOG.md").read_bytes()
    (made / "doc/changelog.gz").write_bytes(gzip.compress(news, 9, mtime=0))
    return made


def package(kind: str, work: Path, contents: list[dict[str, Any]]) -> dict[str, Any]:
    """What nfpm is told."""
    epoch = int(os.environ["SOURCE_DATE_EPOCH"])
    outside = [name for name in (work / "system-libraries.txt").read_text(encoding="utf-8").split() if _is_asked_for(name)]
    summary = {"deb": debian_needs, "rpm": fedora_needs}[kind](outside)
    return {
        "name": "oom-guardian",
        "arch": _MACHINES[TARGETS[kind].machine],
        "version": __version__,
        "section": "utils",
        "priority": "optional",
        "maintainer": "OOM Guardian contributors <oom-guardian@users.noreply.github.com>",
        "homepage": "https://github.com/oomguardian/oom-guardian",
        "license": "MIT AND LGPL-3.0-only",
        "description": _DESCRIPTION,
        "mtime": datetime.fromtimestamp(epoch, UTC).isoformat(),
        "contents": contents,
        "scripts": {when: str(_script(work, name)) for when, name in _SCRIPTS.items()},
        "rpm": {"summary": _DESCRIPTION.partition("\n")[0], "compression": "zstd", "buildhost": "localhost"},
        "deb": {"compression": "xz"},
        **summary,
    }


def debian_needs(outside: list[str]) -> dict[str, Any]:
    """Relations of the .deb; the packages of Qt's libraries are those that set-up.sh installs for a checkout."""
    told = subprocess.run(
        ["sh", "-c", '. "$0"; printf %s "$qt_libraries"', str(ROOT / "installers/set-up.sh")],
        check=True,
        capture_output=True,
        text=True,
    )
    packages = dict(line.split() for line in told.stdout.split("\n") if line)
    unknown = [name for name in outside if name not in packages and name != "libbrotlicommon.so.1"]
    if unknown:
        sys.exit(f"build.py: installers/set-up.sh names no package for {', '.join(unknown)}")
    return {
        "depends": [
            "python3 (>= 3.11)",
            "libc6 (>= 2.34)",
            "libgcc-s1",
            "libstdc++6",
            "default-dbus-system-bus | dbus-system-bus",
            "polkitd | policykit-1",
            *(debian for debian, _ in LEFT_TO_SYSTEM.values()),
            *sorted({packages[name] for name in outside if name in packages}),
        ],
        "recommends": ["default-dbus-session-bus | dbus-session-bus", "fonts-dejavu-core | fonts-noto-core", "systemd"],
        "suggests": ["fonts-noto-cjk", "libgtk-3-0"],
    }


def fedora_needs(outside: list[str]) -> dict[str, Any]:
    """Relations of the .rpm: libraries by their own names."""
    return {
        "depends": [
            "/usr/bin/python3",
            "python3 >= 3.12",
            "dbus",
            "polkit",
            *(fedora for _, fedora in LEFT_TO_SYSTEM.values()),
            *(f"{name}()(64bit)" for name in outside),
        ],
        "recommends": ["dejavu-sans-fonts", "systemd"],
        "suggests": ["google-noto-sans-cjk-fonts", "gtk3"],
    }


def _is_asked_for(library: str) -> bool:
    return not library.startswith(_ALWAYS_THERE + _OF_GTK)


def _script(work: Path, name: str) -> Path:
    """A script of the package: what is common to all, then what belongs to its moment."""
    path = work / name
    parts = ["#!/bin/sh\nset -e\n", *(file.read_text(encoding="utf-8") for file in (ROOT / "installers/live.sh", HERE / name))]
    path.write_text("\n".join(parts), encoding="utf-8")
    return path


def _run_pages(what: str, folder: Path, language: str) -> None:
    environ = {**os.environ, "LC_ALL": "C.UTF-8", "LANGUAGE": language, "COLUMNS": "80"}
    subprocess.run([sys.executable, str(HERE / "pages.py"), what, str(folder)], check=True, env=environ)


if __name__ == "__main__":
    main()
