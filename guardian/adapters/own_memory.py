"""The agent's own memory: locked so that it can still speak while all else is swapped out, and a ballast to let go of first.

Source: mlockall(2) (MCL_ONFAULT since 4.4), getrlimit(2) (RLIMIT_MEMLOCK), capabilities(7) (CAP_IPC_LOCK).
"""

import os
import resource
from typing import NamedTuple

from guardian.protocol.i18n import _
from guardian.protocol.quantities import format_bytes

BALLAST_BYTES = 128 << 10
# All that the agent maps counts, not only what it touched; later mappings fail once the limit is reached.
ROOM_TO_LOCK = 256 << 20
_CURRENT, _FUTURE, _ONFAULT = 1, 2, 4
_IPC_LOCK = 14


class Locked(NamedTuple):
    """Whether the memory is locked, and a sentence about it."""

    words: str
    held: bool = False


def lock_memory(capabilities: int | None = None, limit: int | None = None) -> Locked:
    """Keep what the agent touches in memory, where the limit allows it.  `limit` is in bytes, -1 none; None asks the kernel."""
    if limit is None:
        limit = resource.getrlimit(resource.RLIMIT_MEMLOCK)[0]
    if capabilities is None:
        capabilities = _effective_capabilities()
    free = limit == resource.RLIM_INFINITY or bool(capabilities >> _IPC_LOCK & 1)
    if not free and limit < ROOM_TO_LOCK:
        return Locked(
            words=_(
                "its memory is not locked: the limit is {limit}. An administrator lifts it with LimitMEMLOCK={wanted} for "
                "user@.service, or memlock in /etc/security/limits.conf"
            ).format(limit=format_bytes(limit), wanted="256M"),
        )
    # Only whoever may lock pays for this import.
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mlockall(_CURRENT | _FUTURE | _ONFAULT) != 0:
        return Locked(words=_("its memory is not locked: {reason}").format(reason=os.strerror(ctypes.get_errno())))
    return Locked(words=_("its memory is locked"), held=True)


class Ballast:
    """Memory held for the moment when none can be had; letting go of it lets the agent say its word."""

    def __init__(self, size: int = BALLAST_BYTES) -> None:
        self._size = size
        self._held: bytearray | None = None
        self.take()

    @property
    def held(self) -> bool:
        """Whether it is there to be released."""
        return self._held is not None

    def take(self) -> None:
        """Hold it again; where even that is refused, go on without."""
        if self._held is None:
            try:
                # Zeros of a bytearray are mapped, not touched; ones are there.
                self._held = bytearray(b"\1") * self._size
            except MemoryError:
                self._held = None

    def release(self) -> None:
        """Give it back to the machine."""
        self._held = None


def _effective_capabilities() -> int:
    try:
        with open("/proc/self/status", encoding="ascii", errors="replace") as status:
            for line in status:
                if line.startswith("CapEff:"):
                    return int(line.split()[1], 16)
    except (OSError, ValueError):
        pass
    return 0
