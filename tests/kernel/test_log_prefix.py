"""What stands before a message, in every form that logs have it."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardian.kernel.log_prefix import LogLine, parse_log_line

SAID = "Out of memory: Killed process 7 (x)"


def local(*date: int) -> float:
    year, month, day, hour, minute, second = date
    return time.mktime((year, month, day, hour, minute, second, 0, 0, -1))


JUNE = local(2026, 6, 20, 12, 47, 2)
UNTIL = local(2026, 11, 23, 18, 0, 0)


@pytest.mark.parametrize(
    "prefix, seconds, stamp, sender, stamped",
    [
        ("", None, None, None, False),
        ("    ", None, None, None, False),
        ("> > ", None, None, None, False),
        (">> > | ", None, None, None, False),
        ("kernel: ", None, None, "kernel", True),
        ("[    7.733865] ", 7.733865, None, None, True),
        ("[59622.176098]  ", 59622.176098, None, None, True),
        ("> [  246.610518][ T1778] ", 246.610518, None, None, True),
        ("[71073.562094] [T13546] ", 71073.562094, None, None, True),
        ("[   12.345678][    C3] ", 12.345678, None, None, True),
        ("<3>[76541.326764] ", 76541.326764, None, None, True),
        ("3,19685768,241227988581,-,caller=T12845;", 241227.988581, None, "kernel", True),
        ("6,1,5000000,c;", 5.0, None, "kernel", True),
        ("Jun 20 12:47:02 new-db1 kernel: ", None, JUNE, "kernel", True),
        ("Jun 20 12:47:02 new-db1 kernel: [15180285.537297] ", 15180285.537297, JUNE, "kernel", True),
        ("    Jun 20 12:47:02 kernel: ", None, JUNE, "kernel", True),
        ("juin 20 12:47:02 hôte kernel: ", None, JUNE, "kernel", True),
        ("июн 20 12:47:02 PC kernel: ", None, JUNE, "kernel", True),
        ("6月 20 12:47:02 zhuji kernel: ", None, JUNE, "kernel", True),
        ("Dec 24 12:47:02 host kernel: ", None, local(2025, 12, 24, 12, 47, 2), "kernel", True),
        ("12:47:02 host systemd-oomd[1261]: ", None, None, "systemd-oomd", True),
        ("Jun 20 12:47:02 systemd-oomd[93234]: ", None, JUNE, "systemd-oomd", True),
        ("Jun 20 12:47:02: ", None, JUNE, None, True),
        ("[   77.740597] systemd-oomd[659]: ", 77.740597, None, "systemd-oomd", True),
        ("[ 1234.567890] host kernel: ", 1234.56789, None, "kernel", True),
        ("[sam. juin 20 12:47:02 2026] ", None, JUNE, None, True),
        ("[Sat Jun 20 12:47:02 2026] ", None, JUNE, None, True),
        ("[六 6月 20 12:47:02 2026] ", None, JUNE, None, True),
        ("2026-06-20T12:47:02 host kernel: ", None, JUNE, "kernel", True),
        ("2026-06-20 12:47:02,500: ", None, JUNE + 0.5, None, True),
        ("2026-06-20T12:47:02.250000+00:00 host kernel: ", None, 1781959622.25, "kernel", True),
        ("2026-06-20T12:47:02+0200 host kernel[1]: ", None, 1781952422.0, "kernel", True),
        ("2026-06-20T12:47:02Z host earlyoom[77]: ", None, 1781959622.0, "earlyoom", True),
        ('<span class="quotelev1">&gt; ', None, None, None, False),
        ("Creating journal (4096 blocks): [   35.419377] ", 35.419377, None, None, True),
        ("[<c01484c4>] <4>", None, None, None, True),
    ],
)
def test_prefixes(prefix: str, seconds: float | None, stamp: float | None, sender: str | None, stamped: bool) -> None:
    line = parse_log_line(f"{prefix}{SAID}\r\n", UNTIL)
    assert line == LogLine(SAID, pytest.approx(seconds), pytest.approx(stamp), sender, stamped)


def test_the_year_is_the_last_in_which_that_day_had_come() -> None:
    line = f"Nov 24 12:00:00 host kernel: {SAID}"
    assert parse_log_line(line, UNTIL).time == local(2026, 11, 24, 12, 0, 0)
    assert parse_log_line(line, UNTIL - 86400 * 2).time == local(2025, 11, 24, 12, 0, 0)
    assert parse_log_line(line).time is None


@pytest.mark.parametrize("line", ["Foo 20 12:47:02 h kernel: x", "Jun 99 12:47:02 h kernel: x", "Jun 20 29:47:02 h kernel: x"])
def test_days_that_never_were_have_no_time(line: str) -> None:
    read = parse_log_line(line, UNTIL)
    assert (read.text, read.time, read.sender) == ("x", None, "kernel")
    assert parse_log_line("2026-13-45T12:47:02 h kernel: x").time is None


def test_a_stamp_alone_awaits_its_text() -> None:
    assert parse_log_line("[29924.805968] ") == LogLine("", 29924.805968, None, None, True)


def test_rows_and_names_are_not_taken_for_prefixes() -> None:
    for text in (
        "[  14696]     0 14696    56226 bash",
        "[ pid ]   uid  tgid total_vm",
        "in:imjournal invoked oom-killer: gfp_mask=0x0",
    ):
        assert parse_log_line(text).text == text
        assert parse_log_line(f"Jun 20 12:47:02 host kernel: {text}").text == text


def test_spaces_of_mail_programs_are_spaces() -> None:
    assert parse_log_line("[\xa0 267]\xa0\xa0 0").text == "[  267]   0"


@given(st.text(), st.none() | st.floats(0, 4e9))
def test_no_line_is_too_odd(text: str, until: float | None) -> None:
    line = parse_log_line(text, until)
    assert len(line.text) <= max(len(text), 1) * 4


PIECES = ("[", "]", " ", "1.000000", "<3>", "Jun 20 12:00:00", "2026-06-20T12:00:00", "host", "kernel:", "x[1]:", "&gt;", "<br>")


@given(st.lists(st.sampled_from(PIECES)).map("".join))
def test_nearly_prefixes_are_survived(text: str) -> None:
    line = parse_log_line(text + " Killed", UNTIL)
    assert line.text.endswith("Killed")
