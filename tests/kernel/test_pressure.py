"""Pressure files of the machine and of cgroups."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardian.kernel.errors import Unparsable
from guardian.kernel.pressure import Pressure, Stall, parse_pressure
from guardian.kernel.tree import KernelTree, RecordedTree

SOME = "some avg10=0.12 avg60=40.00 avg300=100.00 total=1500000\n"
FULL = "full avg10=1.00 avg60=0.00 avg300=0.00 total=4567\n"


def test_shares_are_fractions_and_totals_seconds() -> None:
    pressure = parse_pressure(SOME + FULL)
    assert pressure.some == pytest.approx(Stall(0.0012, 0.4, 1.0, 1.5))
    assert pressure.full == pytest.approx(Stall(0.01, 0.0, 0.0, 0.004567))


def test_the_processor_has_no_full_line_before_5_13() -> None:
    assert parse_pressure(SOME).full is None


def test_a_malformed_full_line_is_unknown() -> None:
    assert parse_pressure(SOME + "full avg10=1.00 avg60=0.00 total=4567\n").full is None
    assert parse_pressure(SOME + "full avg10=nan avg60=0.00 avg300=0.00 total=4567\n").full is None


@pytest.mark.parametrize("text", ["", FULL, "some\n", "some avg10=x avg60=0 avg300=0 total=0\n", SOME.replace("total", "sum")])
def test_what_is_no_pressure_is_refused(text: str) -> None:
    with pytest.raises(Unparsable):
        parse_pressure(text)


def test_this_machine() -> None:
    text = KernelTree().read_or_none("proc/pressure/memory")
    if text is None:
        pytest.skip("/proc/pressure is missing: a kernel before 4.20, or one without PSI")
    pressure = parse_pressure(text)
    assert pressure.full is not None
    assert 0 <= pressure.some.avg10 <= 1
    assert pressure.full.total <= pressure.some.total


def test_recordings(each_recording: Path, moments: Callable[[Path], Iterator[RecordedTree]]) -> None:
    total = 0.0
    for tree in moments(each_recording):
        for kind in ("memory", "io", "cpu"):
            parse_pressure(tree.read(f"proc/pressure/{kind}"))
        pressure = parse_pressure(tree.read("proc/pressure/memory"))
        assert pressure.some.total >= total
        total = pressure.some.total


@given(
    st.text()
    | st.lists(st.sampled_from(["some", "full", " ", "avg10=", "avg60=", "avg300=", "total=", "1", ".", "inf", "\n"])).map(
        "".join
    )
)
def test_no_text_is_too_odd(text: str) -> None:
    with suppress(Unparsable):
        parse_pressure(text)


STALLS = st.tuples(st.integers(0, 10000), st.integers(0, 10000), st.integers(0, 10000), st.integers(0, 1 << 50))


@given(STALLS, STALLS)
def test_what_was_written_is_read(some: tuple[int, int, int, int], full: tuple[int, int, int, int]) -> None:
    def line(kind: str, stall: tuple[int, int, int, int]) -> str:
        shares = (f"{share // 100}.{share % 100:02}" for share in stall[:3])
        return "{} avg10={} avg60={} avg300={} total={}\n".format(kind, *shares, stall[3])

    def value(stall: tuple[int, int, int, int]) -> Stall:
        return Stall(*(pytest.approx(share / 10000) for share in stall[:3]), pytest.approx(stall[3] / 1e6))

    assert parse_pressure(line("some", some) + line("full", full)) == Pressure(value(some), value(full))
