"""The id of a boot, and what the log's seconds since its start are by the clock of the day.

Source: random(4) (boot_id), clock_gettime(2).
"""

import time

from guardian.model.history import Kill


def boot_id(path: str = "/proc/sys/kernel/random/boot_id") -> str | None:
    """The id of this boot as the journal writes it, None where the kernel has none.  Source: random(4)."""
    try:
        with open(path, encoding="ascii") as text:
            return text.read().strip().replace("-", "") or None
    except OSError:
        return None


def started_at() -> float:
    """When the log's clock was 0, in seconds since the epoch; it stands still while the machine is suspended."""
    return time.time() - time.clock_gettime(time.CLOCK_MONOTONIC)


def booted_at() -> float:
    """When the clock of process starts was 0, in seconds since the epoch; it runs on while suspended (Linux 5.5 and newer)."""
    return time.time() - time.clock_gettime(time.CLOCK_BOOTTIME)


def placed(kill: Kill, boot: str | None, zero: float) -> Kill:
    """A kill of this boot's log, with boot and time of the day."""
    when = kill.time if kill.time is not None or kill.seconds is None else zero + kill.seconds
    return kill._replace(boot=boot, time=when)
