"""Files for the desktop, read by the tools that desktops read them with."""

import re
import shutil
import subprocess
from configparser import ConfigParser
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from guardian import __version__

ID = "io.github.oomguardian.App"


def accepted(*command: str) -> None:
    if not shutil.which(command[0]):
        pytest.skip(f"{command[0]} is not installed")
    run = subprocess.run(command, check=False, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr


def test_desktop_entries_are_valid(checkout: Path) -> None:
    accepted("desktop-file-validate", str(checkout / f"resources/{ID}.desktop"))
    accepted("desktop-file-validate", str(checkout / "resources/autostart/io.github.oomguardian.Agent.desktop"))


def test_appstream_page_is_valid(checkout: Path) -> None:
    accepted("appstreamcli", "validate", "--no-net", str(checkout / f"resources/{ID}.metainfo.xml"))


def test_shell_scripts_are_sound(checkout: Path) -> None:
    scripts = [str(path) for path in (*checkout.glob("installers/*.sh"), *checkout.glob("docs/*.sh"), checkout / ".ci/run")]
    assert scripts
    accepted("shellcheck", "--external-sources", "--source-path", str(checkout), *scripts)


def test_scripts_of_packages_are_sound(checkout: Path, tmp_path: Path) -> None:
    """As they are packed: what is common to all first."""
    common = (checkout / "installers/live.sh").read_text(encoding="utf-8")
    for script in checkout.glob("installers/package/*.sh"):
        whole = tmp_path / script.name
        whole.write_text(f"#!/bin/sh\nset -e\n{common}{script.read_text(encoding='utf-8')}", encoding="utf-8")
        # Not all of what is common is called by each.
        accepted("shellcheck", "--exclude", "SC2317,SC2034", str(whole))


def test_desktop_entry_is_translated(checkout: Path) -> None:
    entry = ConfigParser(interpolation=None, strict=False)
    entry.optionxform = str  # type: ignore[assignment,method-assign]
    entry.read(checkout / f"resources/{ID}.desktop", encoding="utf-8")
    shown = [
        (section, key) for section in entry.sections() for key in entry[section] if key in {"GenericName", "Comment", "Keywords"}
    ]
    assert shown
    assert [(section, key) for section, key in shown if f"{key}[zh_CN]" not in entry[section]] == []


def test_appstream_page_announces_this_version(checkout: Path) -> None:
    page = ET.parse(checkout / f"resources/{ID}.metainfo.xml")
    newest = page.find("releases/release")
    assert newest is not None
    assert newest.get("version") == __version__


def test_changelog_has_this_version(checkout: Path) -> None:
    headings = re.findall(r"^## \[(.+?)\]", (checkout / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert headings[0] == "Unreleased"
    assert __version__ in headings or headings == ["Unreleased"]


def test_icon_is_drawn_in_shapes_alone(checkout: Path) -> None:
    """No fonts and no pictures from elsewhere: it looks the same everywhere and at every size."""
    root = ET.parse(checkout / f"resources/icons/{ID}.svg").getroot()
    tags = {element.tag.rpartition("}")[2] for element in root.iter()}
    assert tags <= {"svg", "title", "clipPath", "g", "path", "rect"}
    assert root.get("viewBox") == "0 0 128 128"
