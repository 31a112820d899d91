"""What packages are made of: the list of files, the libraries they carry, what is left to the system."""

import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

LINE = re.compile(r"(?P<part>\w+)\s+(?P<mode>[0-7]{3})\s+(?P<source>\S+)\s+(?P<target>/\S+/)")
BUILT = {"jeepney", "libraries", "icons", "man", "completions", "doc", "licences"}


@pytest.fixture
def libraries(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(checkout / "installers/package"))
    import libraries

    monkeypatch.delitem(sys.modules, "libraries")
    return libraries


def lines(checkout: Path) -> list[re.Match[str]]:
    texts = (checkout / "installers/files.txt").read_text(encoding="utf-8").splitlines()
    found = [LINE.fullmatch(text) for text in texts if text and not text.startswith("#")]
    assert None not in found
    return [one for one in found if one is not None]


def test_every_source_is_there(checkout: Path) -> None:
    for line in lines(checkout):
        source = line["source"]
        if source.startswith("@"):
            assert source[1:].split("/")[0] in BUILT
        else:
            path = checkout / source
            assert path.is_dir() if source.endswith("/") else path.is_file(), source


def test_nothing_is_listed_twice(checkout: Path) -> None:
    """The packager refuses two files in one place, but only when a package is built."""
    places = [(line["source"], line["target"]) for line in lines(checkout)]
    assert sorted(set(places)) == sorted(places)


def test_every_resource_is_packed(checkout: Path) -> None:
    sources = [line["source"] for line in lines(checkout)]
    own = [path.relative_to(checkout).as_posix() for path in (checkout / "resources").rglob("*") if path.is_file()]
    packed = [file for file in own if any(file == one or (one.endswith("/") and file.startswith(one)) for one in sources)]
    assert sorted(set(own) - set(packed)) == ["resources/locale/zh_CN/LC_MESSAGES/oom-guardian.po"]


def test_the_helper_gets_no_more_than_it_may_import(checkout: Path) -> None:
    """Its folder is root's import path: the layers it may use, and the one library."""
    code = [
        line["source"]
        for line in lines(checkout)
        if line["part"] == "helper" and line["target"].startswith("/usr/lib/oom-guardian/")
    ]
    assert code == [
        "guardian/__init__.py",
        "guardian/helper/",
        "guardian/kernel/",
        "guardian/protocol/",
        "@jeepney/",
        "resources/helper/oom-guardian-helper",
    ]


def test_qt_s_modules_are_those_that_the_window_imports(checkout: Path, libraries: ModuleType) -> None:
    texts = [path.read_text(encoding="utf-8") for path in (checkout / "guardian").rglob("*.py")]
    imported = {name for text in texts for name in re.findall(r"from PySide6\.(Qt\w+) import", text)}
    assert imported <= set(libraries.QT_MODULES)


@pytest.mark.parametrize("kind", ["deb", "rpm"])
def test_every_carried_library_is_locked(checkout: Path, libraries: ModuleType, kind: str) -> None:
    target = libraries.TARGETS[kind]
    carried = libraries.carried_names(checkout, target)
    assert {"jeepney", "psutil", "pyside6-essentials", "rich"} <= carried
    assert not carried & {"numpy", "keyring", "cryptography", "cffi", "requests", "pyyaml"}
    assert carried <= libraries.locked_requirements(checkout / "requirements/run.txt", target).keys()


def test_qt_fits_the_python_of_each_kind(checkout: Path, libraries: ModuleType) -> None:
    """PySide6 6.12.0 loses references on Python 3.11, which Debian 12 has."""
    lock = checkout / "requirements/run.txt"
    chosen = {
        kind: libraries.locked_requirements(lock, target)["pyside6-essentials"] for kind, target in libraries.TARGETS.items()
    }
    assert not chosen["deb"].startswith("PySide6-Essentials==6.12.0 ".lower())


def test_vendored_names_hide_none_of_the_standard_library(libraries: ModuleType, checkout: Path) -> None:
    """The program's folder stands before the standard library in its path."""
    modules = {name.replace("-", "_") for name in libraries.carried_names(checkout, libraries.TARGETS["deb"])}
    assert not modules & set(sys.stdlib_module_names)
