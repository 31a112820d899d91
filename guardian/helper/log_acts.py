"""Reading the kernel log's OOM reports for somebody who may not.

Only reports and the lines within them are given away, since the log holds much that is nobody else's business.
Source: Documentation/ABI/testing/dev-kmsg.
"""

import os
import re
import time
from typing import Any

from guardian.helper.acts import PlainAct
from guardian.helper.errors import Failed
from guardian.protocol.helper import KERNEL_LOG_BYTES

_BEGIN = re.compile(
    r"invoked oom-killer:|[Oo]ut of memory( \([a-z_]+\))?: Kill|Out of memory and no killable|"
    r"are going to be killed due to memory\.oom\.group"
)
_END = re.compile(
    r"Killed process \d+|System is deadlocked on memory|no killable processes|Kernel panic - not syncing: Out of memory"
)
_ALONE = re.compile(r"oom_reaper: |Killed process \d+ |OOM request ignored|oom-kill:constraint=")
_HEADER = "invoked oom-killer:"
# A report is printed in one go; one whose end was lost must not take what follows it along.
_REPORT_LINES, _REPORT_USEC = 20000, 30_000_000


class ReadKernelLog(PlainAct):
    """Gives the OOM reports of this boot since a moment (CLOCK_REALTIME microseconds), whole ones, at most 4 MiB, newest kept."""

    action = "read-log"

    def __init__(self, since_usec: int, root: str) -> None:
        self._since, self._root = since_usec, root
        super().__init__({"since": str(since_usec)})

    def perform(self) -> tuple[Any, ...]:
        """(lines,), each as dmesg prints it: "[seconds.micros] text"."""
        offset = time.clock_gettime_ns(time.CLOCK_REALTIME) // 1000 - time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        reports = oom_reports(self._records(), self._since - offset)
        kept: list[str] = []
        size = 0
        for report in reversed(reports):
            size += sum(len(line) + 8 for line in report)
            if size > KERNEL_LOG_BYTES:
                break
            kept[:0] = report
        self._record = {"lines": len(kept)}
        return (kept,)

    def _records(self) -> list[str]:
        try:
            log = os.open(self._root + "dev/kmsg", os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            raise Failed(f"The kernel log could not be opened: {error.strerror}.") from None
        found = []
        try:
            while True:
                try:
                    found.append(os.read(log, 8192).decode("utf-8", "replace"))
                except BlockingIOError:
                    return found
                except BrokenPipeError:
                    continue  # that record was overwritten; the next read goes on with the oldest there is
        except OSError as error:
            raise Failed(f"The kernel log could not be read: {error.strerror}.") from None
        finally:
            os.close(log)


def oom_reports(records: list[str], since_usec: int) -> list[list[str]]:
    """The OOM reports among /dev/kmsg records from `since_usec` (log clock) on, each as its lines; kernel records only."""
    reports: list[list[str]] = []
    current: list[str] | None = None
    begun = 0
    for record in records:
        head, _, rest = record.partition(";")
        fields = head.split(",")
        if len(fields) < 3 or not fields[0].isdigit() or not fields[2].isdigit() or int(fields[0]) >> 3:
            continue
        usec, text = int(fields[2]), rest.split("\n", 1)[0]
        if usec < since_usec:
            continue
        line = f"[{usec // 1000000:5d}.{usec % 1000000:06d}] {text}"
        if current is not None and (usec - begun > _REPORT_USEC or _HEADER in text):
            current = None
        if current is None and not _BEGIN.search(text):
            if _ALONE.search(text):
                reports.append([line])
            continue
        if current is None:
            current, begun = [], usec
            reports.append(current)
        current.append(line)
        if _END.search(text) or len(current) >= _REPORT_LINES:
            current = None
    return reports
