"""`guardian explain`: terms that add up, origin, company, and processes that are not there."""

import json
import os
import threading
from collections.abc import Callable
from typing import Any

import pytest

Run = Callable[..., Any]
GIB = 1 << 30


def explained(guardian: Run, root: Any, pid: int) -> dict[str, Any]:
    said = guardian("--root", root.folder, "explain", pid, "--json")
    assert (said.code, said.err) == (0, "")
    process: dict[str, Any] = json.loads(said.out)["process"]
    return process


def test_terms_add_up_to_the_badness(guardian: Run, fake_root: Any) -> None:
    for pid in (100, 200, 400):
        process = explained(guardian, fake_root, pid)
        assert sum(term["pages"] for term in process["terms"]) == process["badness"]


def test_first_one_says_below_which_adjustment_it_would_not_be(guardian: Run, fake_root: Any) -> None:
    process = explained(guardian, fake_root, 200)
    assert (process["rank"], process["ranked"]) == (1, 3)
    first_from = process["first_from"]
    assert 200 < first_from <= 300
    for adjustment, name in ((first_from, "code"), (first_from - 1, "firefox")):
        said = guardian("--root", fake_root.folder, "what-if", "--pid", 200, "--adj", adjustment, "--json")
        assert json.loads(said.out)["victims"][0]["name"] == name


def test_words(guardian: Run, fake_root: Any) -> None:
    said = guardian("--root", fake_root.folder, "explain", 200)
    assert (said.code, said.err) == (0, "")
    for words in (
        "Number 1 of 3: it would be ended first.",
        "1.0 GiB of memory and +7.2 GiB from the adjustment +300 make 8.2 GiB of points.",
        "Private memory",
        "RssAnon",
        "Adjustment +300",
        "Nothing else ends with it.",
        "it is no longer first.",
        "Ending it gives back 1.0 GiB for certain",
    ):
        assert words in said.out, words


def test_the_protected_say_why(guardian: Run, fake_root: Any) -> None:
    said = guardian("--root", fake_root.folder, "explain", 300)
    assert "Never ended: oom_score_adj -1000." in said.out
    assert explained(guardian, fake_root, 300)["terms"] == []
    assert "Never ended: init." in guardian("--root", fake_root.folder, "explain", 1).out


def test_a_vanished_pid_is_one_clear_line(guardian: Run, fake_root: Any) -> None:
    said = guardian("--root", fake_root.folder, "explain", 4_000_000)
    assert (said.code, said.out) == (1, "")
    assert said.err == "guardian: 4000000: no such process; it may have ended. List them: guardian victims --all\n"


@pytest.mark.parametrize("pid", ["0", "-5", "99999999999", "1e3", "firefox", ""])
def test_what_is_no_pid_is_wrong_usage(guardian: Run, fake_root: Any, pid: str) -> None:
    said = guardian("--root", fake_root.folder, "explain", "--", pid)
    assert (said.code, said.out, said.err.count("\n")) == (2, "", 1)


def test_real_process_of_this_machine(guardian: Run) -> None:
    said = guardian("explain", os.getpid(), "--json")
    process = json.loads(said.out)["process"]
    assert process["pid"] == os.getpid()
    assert process["frees"] > 0
    assert process["origin"]["text"]


def test_a_thread_leads_to_its_process(guardian: Run) -> None:
    ended = threading.Event()
    thread = threading.Thread(target=ended.wait)
    thread.start()
    try:
        said = guardian("explain", thread.native_id)
    finally:
        ended.set()
        thread.join()
    assert (said.code, said.out) == (1, "")
    assert f"{thread.native_id} is a thread; its process is {os.getpid()}" in said.err


def test_a_hostile_name_is_escaped(guardian: Run, fake_root: Any) -> None:
    fake_root.add(500, b"x\n\x1b]0;owned\x07", rss=GIB)
    said = guardian("--root", fake_root.folder, "explain", 500)
    assert "x\\n\\x1b]0;owned\\x07" in said.out
    assert "\x1b" not in said.out
