"""The kernel's own log as far as its ring buffer reaches back, read without waiting.

    6,339,5140900,-;oom_reaper: reaped process 4242 (hog)

Source: Documentation/ABI/testing/dev-kmsg.
"""

import os
from collections.abc import Iterator

KMSG = "/dev/kmsg"
_RECORD = 8192
_LINES = 100


def read_kernel_ring(since: float = 0.0, path: str = KMSG) -> str | None:
    """Lines as dmesg prints them, from `since` (seconds of the log's clock) on; None where it may not be read."""
    try:
        return b"".join(kernel_ring_pieces(path, since)).decode("utf-8", "replace")
    except OSError:
        return None


def kernel_ring_pieces(path: str = KMSG, since: float = 0.0) -> Iterator[bytes]:
    """The same in pieces of whole lines, so that little memory is needed.  Raises OSError where it may not be read."""
    fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    lines: list[str] = []
    try:
        while True:
            try:
                record = os.read(fd, _RECORD)
            except BrokenPipeError:
                # The oldest records were overwritten while we read; the next read goes on behind them.
                continue
            except OSError:
                # EAGAIN: all has been read.
                break
            if not record:
                break
            line = dmesg_line(record, since)
            if line is not None:
                lines.append(line + "\n")
            if len(lines) == _LINES:
                yield "".join(lines).encode("utf-8", "replace")
                lines.clear()
    finally:
        os.close(fd)
    yield "".join(lines).encode("utf-8", "replace")


def dmesg_line(record: bytes, since: float = 0.0) -> str | None:
    """One record of /dev/kmsg as dmesg prints it; None when it is older than `since`, or not a record."""
    head, semicolon, text = record.partition(b";")
    fields = head.split(b",")
    if not semicolon or len(fields) < 3 or not fields[2].isdigit():
        return None
    usec = int(fields[2])
    if usec < since * 1e6:
        return None
    said = text.partition(b"\n")[0].decode("utf-8", "replace")
    return f"[{usec // 1_000_000:5d}.{usec % 1_000_000:06d}] {said}"
