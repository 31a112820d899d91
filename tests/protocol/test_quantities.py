"""Sizes, adjustments and spans as people read and write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardian.protocol import quantities as q


@pytest.mark.parametrize(
    "text,size",
    [
        ("1024", 1024),
        ("0", 0),
        ("512M", 512 << 20),
        ("2GiB", 2 << 30),
        ("2 gib", 2 << 30),
        ("1.5G", 3 << 29),
        ("10kB", 10 << 10),
        ("7B", 7),
        (" 3t ", 3 << 40),
        ("1p", 1 << 50),
    ],
)
def test_sizes_people_write(text: str, size: int) -> None:
    assert q.parse_bytes(text) == size


@pytest.mark.parametrize("text", ["", "G", "-1", "1e9", "2 GiB GiB", "0x10", "1,5G", "nan", "٣", "1.G", "99999P", "9" * 5000])
def test_what_is_no_size_is_refused_with_words(text: str) -> None:
    with pytest.raises(ValueError, match=r"is no size|more than any machine"):
        q.parse_bytes(text)


@pytest.mark.parametrize(
    "size,words",
    [
        (None, "—"),
        (0, "0 B"),
        (999, "999 B"),
        (1024, "1.0 KiB"),
        (310 << 20, "310 MiB"),
        (int(4.2 * q.GIB), "4.2 GiB"),
        (15 << 30, "15 GiB"),
        (10 * q.GIB - 1, "10 GiB"),
        (q.GIB - 1, "1.0 GiB"),
        (-(3 << 29), "−1.5 GiB"),
        (1023 << 50, "1023 PiB"),
        (1 << 62, "4096 PiB"),
    ],
)
def test_bytes_in_a_sentence(size: int | None, words: str) -> None:
    assert q.format_bytes(size) == words


def test_sign_and_digits_on_demand() -> None:
    assert q.format_bytes(int(7.1 * q.GIB), sign=True) == "+7.1 GiB"
    assert q.format_bytes(int(18.6 * q.GIB), 1) == "18.6 GiB"
    assert q.format_mib(7219 << 20, sign=True) == "+7,219"
    assert q.format_mib(-1 << 30) == "−1,024"


@pytest.mark.parametrize("size,text", [(None, "—"), (0, "0.00"), (-1, "0.00"), (int(-11.26 * q.GIB), "−11.26"), (q.GIB, "1.00")])
def test_gib_column_never_shows_minus_zero(size: int | None, text: str) -> None:
    assert q.format_gib(size) == text


@pytest.mark.parametrize("value,text", [(300, "+300"), (0, "0"), (-500, "−500"), (None, "—")])
def test_adjustments(value: int | None, text: str) -> None:
    assert q.format_adjustment(value) == text


def test_growth_is_mib_per_minute() -> None:
    assert q.format_growth(310 * q.MIB / 60) == "+310"
    assert q.format_growth(-3 * q.MIB / 60) == "−3"
    assert q.format_growth(100.0) == "0"
    assert q.format_growth(None) == "—"


@pytest.mark.parametrize(
    "seconds,words",
    [
        (0, "10 s"),
        (38, "40 s"),
        (54, "50 s"),
        (56, "1 min"),
        (95, "2 min"),
        (9.4 * 60, "9 min"),
        (9.6 * 60, "10 min"),
        (21 * 60, "20 min"),
        (57 * 60, "55 min"),
        (58 * 60, "1 h"),
        (3.6 * 3600, "4 h"),
    ],
)
def test_durations_round_to_what_a_forecast_can_mean(seconds: float, words: str) -> None:
    assert q.format_duration(seconds) == words


def test_spans_name_the_unit_once() -> None:
    assert q.format_span(38, 125) == "40 s … 2 min"
    assert q.format_span(4 * 60, 9 * 60) == "4 … 9 min"
    assert q.format_span(9 * 60, 4 * 60) == "4 … 9 min"
    assert q.format_span(3600, 4 * 3600) == "1 … 4 h"
    assert q.format_span(361, 362) == "6 min"
    assert q.format_span(None, 4.0) == "—"


@given(st.integers(0, 1 << 62))
def test_plain_bytes_survive_being_written_and_read(size: int) -> None:
    assert q.parse_bytes(str(size)) == size


@given(st.floats(0, 1e7), st.floats(0, 1e7))
def test_a_longer_time_never_reads_shorter(one: float, other: float) -> None:
    def length(seconds: float) -> int:
        count, unit = q.format_duration(seconds).split()
        return int(count) * {"s": 1, "min": 60, "h": 3600}[unit]

    low, high = sorted((one, other))
    assert length(low) <= length(high)
