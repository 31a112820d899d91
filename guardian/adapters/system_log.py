"""The log of an agent without a desktop: entries with fields for the journal, and lines of key=value where there is none.

    time=2026-05-01T10:00:00Z level=warning msg="Warning: 1.2 GiB of room." state=warning room_bytes=1288490188

Source: systemd "Native Journal Protocol"; systemd.exec(5) ($JOURNAL_STREAM).
"""

import os
import socket
import sys
import time
from collections.abc import Mapping
from typing import TextIO

from guardian.policy.log_entries import INFO, Entry
from guardian.protocol.printable import encodable, printable

JOURNAL = "/run/systemd/journal/socket"
IDENTIFIER = "oom-guardian"
_PREFIX = "OOM_GUARDIAN_"
_LEVELS = {2: "critical", 3: "error", 4: "warning", 5: "notice", 6: "info"}
_SECONDS = 0.2


class SystemLog:
    """Where `journal` is a socket and this process's stderr is the journal's, entries go there; else to `out`, stderr."""

    def __init__(self, journal: str = JOURNAL, out: TextIO | None = None, environ: Mapping[str, str] = os.environ) -> None:
        self._journal = journal if environ.get("JOURNAL_STREAM") else None
        self._out = out

    def say(self, words: str) -> None:
        """One plain line."""
        self.tell(Entry(" ".join(words.split()), INFO))

    def tell(self, entry: Entry) -> None:
        """Write an entry; one that cannot be written is lost, since nothing may hold the agent up."""
        fields = {name: encodable(printable(str(value))) for name, value in entry.fields.items()}
        message = encodable(printable(entry.message))
        if self._journal is not None and self._sent(message, entry.priority, fields):
            return
        stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        words = {"time": stamp, "level": _LEVELS.get(entry.priority, "info"), "msg": message, **fields}
        out = self._out or sys.stderr
        try:
            out.write(" ".join(f"{name}={_quoted(value)}" for name, value in words.items()) + "\n")
            out.flush()
        except (OSError, ValueError):
            return

    def _sent(self, message: str, priority: int, fields: Mapping[str, str]) -> bool:
        entry = {"MESSAGE": message, "PRIORITY": str(priority), "SYSLOG_IDENTIFIER": IDENTIFIER}
        entry |= {_PREFIX + name.upper(): value for name, value in fields.items()}
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as line:
                line.settimeout(_SECONDS)
                line.sendto("".join(f"{name}={value}\n" for name, value in entry.items()).encode(), self._journal or "")
        except OSError:
            return False
        return True


def _quoted(value: str) -> str:
    """A value as logfmt has it: in quotes where it holds more than plain characters."""
    if value and all(char.isalnum() or char in "-_.:/@" for char in value):
        return value
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
