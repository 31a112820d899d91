"""`guardian what-if`: pairs of --pid and --adj, ended processes, more swap; nothing is changed."""

import json
from collections.abc import Callable
from typing import Any

import pytest

Run = Callable[..., Any]


def supposed(guardian: Run, root: Any, *args: object) -> dict[str, Any]:
    said = guardian("--root", root.folder, "what-if", *args, "--json")
    assert (said.code, said.err) == (0, "")
    found: dict[str, Any] = json.loads(said.out)
    return found


def order(found: dict[str, Any]) -> list[tuple[str, int | None]]:
    return [(row["name"], row["was"]) for row in found["victims"]]


def test_adjustments_come_in_pairs(guardian: Run, fake_root: Any) -> None:
    found = supposed(guardian, fake_root, "--pid", 200, "--adj", 0, "--pid", 400, "--adj", 1000)
    assert order(found) == [("bash", 3), ("firefox", 2), ("code", 1)]
    assert found["supposed"]["adjustments"] == [{"pid": 200, "adj": 0}, {"pid": 400, "adj": 1000}]


def test_minus_1000_takes_out_of_the_order_and_0_brings_back_in(guardian: Run, fake_root: Any) -> None:
    assert "code" not in dict(order(supposed(guardian, fake_root, "--pid", 200, "--adj", -1000)))
    assert ("sshd", None) in order(supposed(guardian, fake_root, "--pid", 300, "--adj", 0))


def test_without(guardian: Run, fake_root: Any) -> None:
    assert order(supposed(guardian, fake_root, "--without", 200, "--without", 400)) == [("firefox", 2)]


def test_more_swap_weighs_adjustments_more(guardian: Run, fake_root: Any) -> None:
    more = supposed(guardian, fake_root, "--swap", "24GiB")
    assert more["total_pages"] == fake_root.total * 2
    less = supposed(guardian, fake_root, "--swap=-8GiB")
    assert less["total_pages"] == fake_root.total - (8 << 30) // less["page_size"]


def test_words_say_that_nothing_was_changed(guardian: Run, fake_root: Any) -> None:
    said = guardian("--root", fake_root.folder, "what-if", "--without", 200)
    assert said.code == 0
    assert "Nothing was changed" in said.out
    assert "Now" in said.out.splitlines()[0]
    assert (fake_root.folder / "proc/200/oom_score_adj").read_text() == "300\n"


@pytest.mark.parametrize(
    "args",
    [
        (),
        ("--pid", "200"),
        ("--adj", "5"),
        ("--pid", "200", "--adj", "5", "--adj", "6"),
        ("--pid", "200", "--adj", "1001"),
        ("--swap", "x"),
    ],
)
def test_what_makes_no_sense_is_wrong_usage(guardian: Run, fake_root: Any, args: tuple[str, ...]) -> None:
    said = guardian("--root", fake_root.folder, "what-if", *args)
    assert (said.code, said.out, said.err.count("\n")) == (2, "", 1)
    assert "--help" in said.err


def test_a_vanished_pid_fails(guardian: Run, fake_root: Any) -> None:
    for option in (("--without", 4_000_000), ("--pid", 4_000_000, "--adj", 0)):
        said = guardian("--root", fake_root.folder, "what-if", *option)
        assert (said.code, said.out) == (1, "")
        assert "4000000: no such process" in said.err


def test_more_memory_gives_room_and_says_what_is_assumed(guardian: Run, fake_root: Any) -> None:
    found = supposed(guardian, fake_root, "--ram", "64GiB")
    assert found["room"]["would"] - found["room"]["now"] == 63 << 30
    assert found["total_pages"] == fake_root.total + (63 << 30) // found["page_size"]
    assert found["seconds_left"] == {"now": None, "would": None}
    zram = supposed(guardian, fake_root, "--zram", "4GiB")
    assert zram["supposed"]["zram"] == 4 << 30
    assert zram["room"]["now"] < zram["room"]["low"] < zram["room"]["would"] < zram["room"]["high"]
    assert zram["zram_ratio"]["measured"] is False
    assert "room" not in supposed(guardian, fake_root, "--without", 200)


def test_more_memory_in_words(guardian: Run, fake_root: Any) -> None:
    said = guardian("--root", fake_root.folder, "what-if", "--zram", "4GiB", "--swap", "1GiB").out
    for words in ("Room would be", "Assumed: zram stores 2.5 bytes", "no forecast to change", "slow", "First to be ended stays"):
        assert words in said


@pytest.mark.parametrize("option", ["--zram", "--ram"])
def test_memory_is_only_added(guardian: Run, fake_root: Any, option: str) -> None:
    said = guardian("--root", fake_root.folder, "what-if", f"{option}=-1GiB")
    assert (said.code, said.out) == (2, "")
