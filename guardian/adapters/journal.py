"""Kills in the systemd journal: the kernel's messages and those of user-space killers, of all boots that it keeps.

    journalctl -o json _TRANSPORT=kernel + SYSLOG_IDENTIFIER=systemd-oomd + …

Source: journalctl(1), systemd.journal-fields(7), the catalog of systemd ("A process of unit … has been killed").
"""

import json
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from guardian.kernel.log_prefix import LogLine
from guardian.kernel.oom_log import Event, OomLogParser
from guardian.protocol.i18n import _

_UNIT_OUT_OF_MEMORY = "fe6faa94e7774663a0da52717891d8ef"
_UNIT_OOMD_KILL = "d989611b15e44c9dbf31e3c81256e4ed"
_MATCHES = (
    "_TRANSPORT=kernel",
    "SYSLOG_IDENTIFIER=systemd-oomd",
    "SYSLOG_IDENTIFIER=earlyoom",
    "SYSLOG_IDENTIFIER=nohang",
    "SYSLOG_IDENTIFIER=nohang-desktop",
    f"MESSAGE_ID={_UNIT_OUT_OF_MEMORY}",
    f"MESSAGE_ID={_UNIT_OOMD_KILL}",
)
_FIELDS = "MESSAGE,_TRANSPORT,SYSLOG_IDENTIFIER,_COMM,_BOOT_ID,_SOURCE_MONOTONIC_TIMESTAMP"
_LONGEST_LINE = 1 << 20
_LEAST_BETWEEN = 0.1

Told = Callable[[float], bool]


class NoJournal(Exception):
    """The journal cannot be read; the text says why and what would help."""


def journal_command(since: float | None = None, folder: str | None = None) -> list[str]:
    """What is run; `folder` is a journal other than the machine's own."""
    command = ["journalctl", "-o", "json", "--no-pager", "--quiet", "--all", f"--output-fields={_FIELDS}"]
    if since is not None:
        command.append(f"--since=@{int(since)}")
    if folder is not None:
        command.append(f"--directory={folder}")
    matches: list[str] = []
    for match in _MATCHES:
        matches += ["+", match] if matches else [match]
    return [*command, *matches]


def read_journal(
    since: float | None = None, told: Told | None = None, folder: str | None = None
) -> Iterator[tuple[Event, str | None]]:
    """All reports and kills of the journal in its order, each with the id of its boot.  Raises NoJournal.

    `told` hears the time (seconds since the epoch) that is reached and ends the reading by returning False.
    """
    command = journal_command(since, folder)
    program = shutil.which(command[0])
    if program is None:
        raise NoJournal(_("There is no journalctl here: this machine keeps no journal"))
    running = subprocess.Popen([program, *command[1:]], stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL)
    said = ""
    with running:
        out, errors = running.stdout, running.stderr
        if out is not None and errors is not None:
            try:
                yield from _events(iter(lambda: out.readline(_LONGEST_LINE), b""), told)
            finally:
                if running.poll() is None:
                    running.terminate()
                said = errors.read(4096).decode("utf-8", "replace").strip()
    if running.returncode > 0:
        raise NoJournal(_("The journal cannot be read: {reason}").format(reason=said.splitlines()[-1] if said else "?"))


def _events(lines: Iterator[bytes], told: Told | None) -> Iterator[tuple[Event, str | None]]:
    """The events of journal entries; what one boot began no other one ends."""
    parser, boot, heard = OomLogParser(), None, 0.0
    for text in lines:
        entry = _entry(text)
        if entry is None:
            continue
        here = entry.get("_BOOT_ID")
        if here != boot:
            for event in parser.finish():
                yield event, boot
            parser, boot = OomLogParser(), here
        for line in entry_lines(entry):
            for event in parser.feed(line):
                yield event, boot
            if told is not None and time.monotonic() - heard >= _LEAST_BETWEEN:
                heard = time.monotonic()
                if not told(line.time or 0.0):
                    return
    for event in parser.finish():
        yield event, boot


def _entry(text: bytes) -> Mapping[str, Any] | None:
    try:
        entry = json.loads(text)
    except ValueError:
        return None
    return entry if isinstance(entry, dict) else None


def entry_lines(entry: Mapping[str, Any]) -> Iterator[LogLine]:
    """The lines of one entry of the journal, with its clocks."""
    message = entry.get("MESSAGE")
    if isinstance(message, list):
        # Bytes that are not UTF-8 come as numbers.
        message = bytes(one for one in message if isinstance(one, int) and 0 <= one < 256).decode("utf-8", "replace")
    if not isinstance(message, str):
        return
    sender = "kernel" if entry.get("_TRANSPORT") == "kernel" else entry.get("SYSLOG_IDENTIFIER") or entry.get("_COMM")
    seconds = _seconds(entry.get("_SOURCE_MONOTONIC_TIMESTAMP") or entry.get("__MONOTONIC_TIMESTAMP"))
    when = _seconds(entry.get("__REALTIME_TIMESTAMP"))
    for text in message.splitlines():
        yield LogLine(text.strip(), seconds, when, sender if isinstance(sender, str) else None, stamped=True)


def _seconds(usec: object) -> float | None:
    return int(usec) / 1e6 if isinstance(usec, str) and usec.isascii() and usec.isdigit() else None
