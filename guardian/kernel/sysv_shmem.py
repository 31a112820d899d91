"""/proc/sysvipc/shm: segments of shared memory that outlive their makers, so that no kill frees them.

    key shmid perms size cpid lpid nattch uid gid cuid cgid atime dtime ctime rss swap
    0   32768  1600 524288 4242 4300 2 1000 1000 1000 1000 1790000000 0 1790000000 524288 0

Source: ipc/shm.c:sysvipc_shm_proc_show(), proc_sysvipc(5).
"""

from typing import NamedTuple


class SharedSegment(NamedTuple):
    """One segment: bytes reserved, resident and swapped (None before 2.6.36), who made it and how many attached it."""

    shmid: int
    size: int
    creator: int
    attached: int
    uid: int
    rss: int | None
    swap: int | None


def parse_sysv_shmem(text: str) -> tuple[SharedSegment, ...]:
    """The segments in the kernel's order; lines that make no sense are left out."""
    segments = []
    for line in text.split("\n"):
        words = line.split()
        try:
            numbers = [int(word) for word in words]
        except ValueError:
            continue
        if len(numbers) >= 14:
            rss, swap = numbers[14:16] if len(numbers) >= 16 else (None, None)
            segments.append(SharedSegment(numbers[1], numbers[3], numbers[4], numbers[6], numbers[7], rss, swap))
    return tuple(segments)
