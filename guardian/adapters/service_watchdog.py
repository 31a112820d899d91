"""Tells systemd that the agent is ready and alive, so that one that hangs is started again.

Source: sd_notify(3), sd_watchdog_enabled(3).
"""

import os
import socket
from collections.abc import Mapping


class ServiceWatchdog:
    """Does nothing where no service manager listens."""

    def __init__(self, environ: Mapping[str, str] = os.environ) -> None:
        address = environ.get("NOTIFY_SOCKET", "")
        self._socket = _connected(address) if address[:1] in ("/", "@") else None
        self.wanted = self._socket is not None and _for_us(environ)

    def ready(self) -> None:
        """The agent serves."""
        self._tell(b"READY=1")

    def alive(self) -> None:
        """The agent has just measured."""
        if self.wanted:
            self._tell(b"WATCHDOG=1")

    def close(self) -> None:
        """Tell that it ends by itself."""
        self._tell(b"STOPPING=1")
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _tell(self, state: bytes) -> None:
        if self._socket is not None:
            try:
                self._socket.send(state)
            except OSError:
                # A manager that does not listen now will be told again the next second.
                return


def _connected(address: str) -> socket.socket | None:
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK)
    try:
        sock.connect("\0" + address[1:] if address[0] == "@" else address)
    except OSError:
        sock.close()
        return None
    return sock


def _for_us(environ: Mapping[str, str]) -> bool:
    """Whether a watchdog waits for this very process."""
    pid = environ.get("WATCHDOG_PID", "")
    return environ.get("WATCHDOG_USEC", "").isdigit() and (not pid or pid == str(os.getpid()))
