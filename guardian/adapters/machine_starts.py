"""When this machine was started: its own record of starts, the journal's list of boots, and the running clock.

Source: utmp(5) (BOOT_TIME), journalctl(1) (--list-boots).
"""

import json
import struct
import subprocess
from typing import Any

from guardian.adapters.boot_clock import started_at

WTMP = "/var/log/wtmp"
# utmp(5): type, pid, line, id, user, host, exit, session, seconds, microseconds, address, unused.
_RECORD = struct.Struct("<hxxi32s4s32s256shhiii16s20s")
_BOOT_TIME = 2
_SECONDS = 9
_MOST_BYTES = 16 << 20
# The record is written a while after the kernel's clock began, and clocks are set during a start.
_SAME_START = 120.0
_TIMEOUT = 10.0


def machine_starts(since: float = 0.0, wtmp: str = WTMP) -> tuple[float, ...]:
    """The starts that are known, in seconds since the epoch, oldest first; this one is always among them."""
    found = sorted({*_recorded(wtmp), *_of_journal(), started_at()})
    told: list[float] = []
    for start in found:
        if start >= since and (not told or start - told[-1] > _SAME_START):
            told.append(start)
    return tuple(told)


def _recorded(path: str) -> list[float]:
    try:
        with open(path, "rb") as file:
            raw = file.read(_MOST_BYTES)
    except OSError:
        return []
    whole = len(raw) - len(raw) % _RECORD.size
    records = _RECORD.iter_unpack(raw[:whole])
    return [float(record[_SECONDS]) for record in records if record[0] == _BOOT_TIME and record[_SECONDS] > 0]


def _of_journal() -> list[float]:
    """The first entry of each boot in the journal; none where there is no journal."""
    command = ["journalctl", "--list-boots", "--no-pager", "--quiet", "--output=json"]
    try:
        done = subprocess.run(command, capture_output=True, timeout=_TIMEOUT, check=False)
        boots: Any = json.loads(done.stdout) if done.returncode == 0 and done.stdout.strip() else []
        return [int(boot["first_entry"]) / 1e6 for boot in boots]
    except (OSError, subprocess.TimeoutExpired, ValueError, KeyError, TypeError):
        return []
