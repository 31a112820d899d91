"""/proc/vmstat, whose names come and go."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardian.kernel.errors import Unparsable
from guardian.kernel.tree import KernelTree, RecordedTree
from guardian.kernel.vmstat import parse_vmstat


def test_counters_by_name() -> None:
    stat = parse_vmstat("pgscan_direct 17\noom_kill 2\nnr_free_pages 80102\n")
    assert stat.get("oom_kill") == 2
    assert stat.get("pgscan_direct") == 17
    assert stat.get("pgscan_khugepaged") is None


def test_odd_lines_are_left_out() -> None:
    stat = parse_vmstat("pgfault 1\nunknown\nbroken x\n\nnr_dirty -3\ntwo 1 2\n")
    assert dict(stat.counters) == {"pgfault": 1, "nr_dirty": -3}


@pytest.mark.parametrize("text", ["", "\n", "what", "a b\n"])
def test_what_is_no_vmstat_is_refused(text: str) -> None:
    with pytest.raises(Unparsable):
        parse_vmstat(text)


def test_this_machine() -> None:
    text = KernelTree().read("proc/vmstat")
    stat = parse_vmstat(text)
    assert len(stat.counters) == text.count("\n")
    assert stat.counters["pgfault"] > 0


def test_recordings(each_recording: Path, moments: Callable[[Path], Iterator[RecordedTree]]) -> None:
    before = 0
    for tree in moments(each_recording):
        stat = parse_vmstat(tree.read("proc/vmstat"))
        assert stat.counters["oom_kill"] >= before
        before = stat.counters["oom_kill"]


@given(st.text() | st.text("ab_ 12\n"))
def test_no_text_is_too_odd(text: str) -> None:
    with suppress(Unparsable):
        assert parse_vmstat(text).counters


@given(st.dictionaries(st.from_regex(r"[a-z][a-z0-9_]{0,20}", fullmatch=True), st.integers(0, 1 << 63), min_size=1))
def test_what_was_written_is_read(counters: dict[str, int]) -> None:
    assert dict(parse_vmstat("".join(f"{name} {value}\n" for name, value in counters.items())).counters) == counters
