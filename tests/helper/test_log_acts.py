"""What of the kernel log is given away: out-of-memory reports, and nothing else."""

from guardian.helper.log_acts import oom_reports

SECRET = "audit: something of somebody else's"


def record(seconds: float, text: str, level: int = 6) -> str:
    return f"{level},1,{int(seconds * 1e6)},-;{text}\n SUBSYSTEM=x\n"


def lines(*records: str, since: int = 0) -> str:
    return "\n".join(line for report in oom_reports(list(records), since) for line in report)


def test_a_whole_report_and_nothing_around_it() -> None:
    told = lines(
        record(1, SECRET),
        record(2, "cc1 invoked oom-killer: gfp_mask=0x0"),
        record(2.1, "Mem-Info:"),
        record(2.2, "Out of memory: Killed process 12 (cc1) total-vm:1kB"),
        record(3, SECRET),
        record(4, "oom_reaper: reaped process 12 (cc1)"),
        record(5, SECRET),
    )
    assert [line.partition("] ")[2] for line in told.splitlines()] == [
        "cc1 invoked oom-killer: gfp_mask=0x0",
        "Mem-Info:",
        "Out of memory: Killed process 12 (cc1) total-vm:1kB",
        "oom_reaper: reaped process 12 (cc1)",
    ]


def test_a_report_whose_end_was_lost_takes_nothing_along() -> None:
    told = lines(record(1, "a invoked oom-killer: x"), record(1.1, "Mem-Info:"), record(60, SECRET), record(61, SECRET))
    assert "Mem-Info" in told
    assert "audit" not in told


def test_a_driver_that_is_out_of_memory_begins_no_report() -> None:
    assert lines(record(1, "drm: Out of memory: no room for a buffer"), record(1.1, SECRET)) == ""


def test_what_programs_wrote_into_the_log_is_left_out() -> None:
    assert lines(record(1, "a invoked oom-killer: forged", level=8 + 6)) == ""


def test_old_kernels_and_groups() -> None:
    for text in (
        "Out of memory: Kill process 1 (a) score 2 or sacrifice child",
        "Memory cgroup out of memory: Killed process 9 (a)",
    ):
        assert text in lines(record(1, text))


def test_what_was_before_is_not_told_again() -> None:
    assert lines(record(1, "a invoked oom-killer: x"), record(1.1, "Out of memory: Killed process 1 (a)"), since=2_000_000) == ""


def test_bad_records_are_passed_over() -> None:
    assert oom_reports(["", ";", "a,b,c;x", "6,1", "6,1,99999999999999999999999,-;oom_reaper: x"], 0) != []
    assert oom_reports(["", ";", "a,b,c;x", "6,1"], 0) == []
