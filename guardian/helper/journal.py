"""Who did what to whom, for the administrator: one structured line for each act and each refusal.

Source: systemd "Native Journal Protocol"; RFC 3164 for the fallback to /dev/log.
"""

import contextlib
import socket
import sys
from collections.abc import Mapping

from guardian.protocol.printable import printable

_JOURNAL, _SYSLOG = "run/systemd/journal/socket", "dev/log"
_NOTICE, _WARNING = 5, 4
_AUTHPRIV = 10


def note(message: str, fields: Mapping[str, object], *, refused: bool = False, root: str = "/") -> None:
    """Writes one line to the journal, else to syslog, and to stderr; never raises, since the act was already decided."""
    text = printable(message)
    priority = _WARNING if refused else _NOTICE
    entry = {"MESSAGE": text, "PRIORITY": priority, "SYSLOG_IDENTIFIER": "oom-guardian-helper"}
    entry |= {f"OOM_GUARDIAN_{key.upper()}": printable(str(value)) for key, value in fields.items()}
    lines = "".join(f"{key}={value}\n" for key, value in entry.items()).encode()
    plain = f"<{_AUTHPRIV * 8 + priority}>oom-guardian-helper: {text}".encode()
    if not _send(root + _JOURNAL, lines):
        _send(root + _SYSLOG, plain)
    with contextlib.suppress(OSError, ValueError):
        sys.stderr.write(text + "\n")
        sys.stderr.flush()


def _send(path: str, datagram: bytes) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as line:
        try:
            line.settimeout(0.5)
            line.sendto(datagram, path)
        except OSError:
            return False
    return True
