"""`guardian enough`: the contract's JSON in every mode, and the words."""

import json
from collections.abc import Callable
from typing import Any

import pytest

Run = Callable[..., Any]
GIB = 1 << 30


def asked(guardian: Run, root: Any, size: object) -> dict[str, Any]:
    said = guardian("--root", root.folder, "enough", size, "--json")
    assert (said.code, said.err) == (0, "")
    found: dict[str, Any] = json.loads(said.out)
    return found


def test_json_is_the_contract(guardian: Run, fake_root: Any) -> None:
    found = asked(guardian, fake_root, "2GiB")
    assert list(found)[:6] == ["schema", "bytes", "allowed", "mode", "limit", "reason"]
    assert (found["schema"], found["bytes"], found["allowed"], found["mode"]) == (1, 2 * GIB, True, 0)
    assert found["limit"] == 24 * GIB
    assert found["reason"]


@pytest.mark.parametrize("mode,limit", [(0, 24 * GIB), (1, None), (2, "commit")])
def test_every_mode(guardian: Run, fake_root: Any, mode: int, limit: object) -> None:
    fake_root.write("proc/sys/vm/overcommit_memory", f"{mode}\n")
    fake_root.write("proc/sys/vm/overcommit_ratio", "50\n")
    found = asked(guardian, fake_root, "100T")
    assert found["mode"] == mode
    assert found["allowed"] is (mode == 1)
    # Half of 16 GiB and 8 GiB of swap, nothing promised yet; the very last page is refused.
    expected = 16 * GIB if limit == "commit" else limit
    assert found["limit"] == expected or expected - found["limit"] <= 1 << 16
    assert {one["mode"]: one["allowed"] for one in found["modes"]} == {0: False, 1: True, 2: False}


def test_words(guardian: Run, fake_root: Any) -> None:
    said = guardian("--root", fake_root.folder, "enough", "25GiB")
    assert said.code == 0
    assert said.out.startswith("25 GiB at once would be refused now.\n")
    assert "0 ◂" in said.out


@pytest.mark.parametrize("size", ["", "lots", "-1", "9" * 40])
def test_what_is_no_size_is_wrong_usage(guardian: Run, size: str) -> None:
    said = guardian("enough", "--", size)
    assert (said.code, said.out, said.err.count("\n")) == (2, "", 1)
