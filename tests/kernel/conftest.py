"""Recorded kernels for the parsers, and bytes that no parser may stumble over."""

import gzip
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from guardian.kernel.tree import RecordedTree


@pytest.fixture
def moments() -> Callable[[Path], Iterator[RecordedTree]]:
    """The moments of a recording, one after the other, in one tree that goes on."""
    return _moments


def _moments(folder: Path) -> Iterator[RecordedTree]:
    tree = RecordedTree()
    with gzip.open(folder / "samples.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            item = json.loads(line)
            if "static" in item:
                tree.update(item["static"])
            elif "set" in item:
                changed = {path: _patched(tree, path, change) for path, change in item["set"].items()}
                tree.update(changed, item.get("gone", ()))
                yield tree


def _patched(tree: RecordedTree, path: str, change: str | list[tuple[int, str]]) -> str:
    if isinstance(change, str):
        return change
    lines = tree.read(path.lstrip("/")).split("\n")
    for number, text in change:
        lines[number] = text
    return "\n".join(lines)
