"""The kernel's ring buffer, read without waiting."""

import os
from pathlib import Path

import pytest

from guardian.adapters.kernel_ring import KMSG, dmesg_line, read_kernel_ring


@pytest.mark.parametrize(
    "record,line",
    [
        (b"6,339,5140900,-;NET: Registered\n SUBSYSTEM=net\n", "[    5.140900] NET: Registered"),
        (b"6,1,12345678901234,c,caller=T1;a;b,c\n", "[12345678.901234] a;b,c"),
        (b"6,1,1,-;\xff\n", "[    0.000001] \ufffd"),
        (b"", None),
        (b"no record", None),
        (b"6,1,x,-;text\n", None),
    ],
)
def test_records_read_as_dmesg_prints_them(record: bytes, line: str | None) -> None:
    assert dmesg_line(record) == line


def test_older_records_are_left_out() -> None:
    assert dmesg_line(b"6,1,4999999,-;old\n", since=5.0) is None
    assert dmesg_line(b"6,1,5000000,-;new\n", since=5.0) == "[    5.000000] new"


def test_the_machines_own_log() -> None:
    # Permissions alone do not tell: dmesg_restrict refuses whoever lacks CAP_SYSLOG.
    try:
        os.close(os.open(KMSG, os.O_RDONLY | os.O_NONBLOCK))
    except OSError as error:
        assert read_kernel_ring() is None
        pytest.skip(f"{KMSG} may not be read here: {error.strerror}")
    lines = read_kernel_ring()
    assert lines is not None
    assert all(line.startswith("[") for line in lines.splitlines())
    assert read_kernel_ring(since=1e12) == ""


def test_a_log_that_may_not_be_read_is_unknown(tmp_path: Path) -> None:
    assert read_kernel_ring(path=str(tmp_path / "none")) is None
