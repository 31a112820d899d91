"""The locks against what pyproject.toml asks for: every library pinned within its range, hashed, from no named index."""

import re
import tomllib
from itertools import product
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")


def entries(lock: Path) -> list[str]:
    """Each entry of a lock as one line, its hashes included."""
    joined = lock.read_text(encoding="utf-8").replace("\\\n", " ")
    return [line for line in joined.splitlines() if line.strip() and not line.startswith("#")]


def pinned(lock: Path) -> dict[tuple[str, str], str]:
    """Versions by (name, marker)."""
    wanted = [Requirement(HASH.sub("", entry).strip()) for entry in entries(lock)]
    return {(canonicalize_name(one.name), str(one.marker or "")): str(one.specifier) for one in wanted}


@pytest.mark.parametrize("name", ["run", "test", "package"])
def test_every_entry_is_exact_and_hashed(checkout: Path, name: str) -> None:
    lines = entries(checkout / "requirements" / f"{name}.txt")
    assert lines
    assert [line for line in lines if not re.match(r"[a-z0-9-]+==\S+ ", line) or not HASH.search(line)] == []


def test_the_other_locks_hold_that_of_run(checkout: Path) -> None:
    run, test, package = (pinned(checkout / "requirements" / f"{name}.txt") for name in ("run", "test", "package"))
    assert run.items() <= test.items()
    assert run.items() <= package.items()


@pytest.mark.parametrize("name", ["run", "test", "package"])
def test_locked_versions_are_what_the_project_asks_for(checkout: Path, name: str) -> None:
    project = tomllib.loads((checkout / "pyproject.toml").read_text(encoding="utf-8"))
    asked = project["project"]["dependencies"] + project["dependency-groups"].get(name, [])
    locked = pinned(checkout / "requirements" / f"{name}.txt")
    for wanted in map(Requirement, asked):
        for python, machine in product(("3.11", "3.12", "3.13", "3.14"), ("x86_64", "aarch64")):
            place = {"python_version": python, "python_full_version": f"{python}.1", "platform_machine": machine}
            if wanted.marker and not wanted.marker.evaluate(place):
                continue
            versions = [
                version.removeprefix("==")
                for (library, marker), version in locked.items()
                if library == canonicalize_name(wanted.name)
                and (not marker or Requirement(f"x; {marker}").marker.evaluate(place))  # type: ignore[union-attr]
            ]
            assert len(versions) == 1, f"{wanted.name} on Python {python}, {machine}: {versions}"
            assert wanted.specifier.contains(versions[0]), f"{wanted} is locked to {versions[0]}"
