"""Log files of any size, plain or compressed, as pieces of bytes; and where a machine keeps those that may tell of kills.

Source: syslog(3), logrotate(8), gzip(1), xz(1), zstd(1).
"""

import lzma
import os
import shutil
import stat
import subprocess
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO, NamedTuple, Protocol

from guardian.protocol.i18n import _
from guardian.protocol.printable import printable

PIECE = 1 << 20
FOLDER = "/var/log"
_NAMES = ("kern.log", "messages", "syslog")
_GZIP, _XZ, _BZIP2, _ZSTD = b"\x1f\x8b", b"\xfd7zXZ\0", b"BZh", b"\x28\xb5\x2f\xfd"


class LogUnreadable(Exception):
    """A log that cannot be read; the text says what, why and what would help."""


class Progress(NamedTuple):
    """How far a log is read: bytes so far and of how many (as stored on disk); `total` None for a pipe."""

    done: int
    total: int | None


Told = Callable[[Progress], bool]


class LogFile(NamedTuple):
    """One log on disk with the time at which it ends, in seconds since the epoch."""

    path: str
    until: float


def machine_logs(folder: str = FOLDER) -> list[LogFile]:
    """The system's logs that may hold kernel messages, rotated ones too, oldest first."""
    try:
        names = os.listdir(folder)
    except OSError:
        return []
    found = []
    for name in names:
        if name in _NAMES or name.startswith(tuple(f"{known}{sign}" for known in _NAMES for sign in ".-")):
            path = os.path.join(folder, name)
            try:
                state = os.stat(path)
            except OSError:
                continue
            if stat.S_ISREG(state.st_mode) and state.st_size:
                found.append(LogFile(path, state.st_mtime))
    return sorted(found, key=lambda log: (log.until, log.path))


def read_pieces(path: str, told: Told | None = None) -> Iterator[bytes]:
    """The text of a log, unpacked where it is packed.  "-" is standard input.

    `told` hears how far it is and ends the reading by returning False.  Raises LogUnreadable.
    """
    try:
        with _opened(path) as raw:
            status = os.fstat(raw.fileno())
            if stat.S_ISDIR(status.st_mode):
                raise LogUnreadable(
                    _("{path} is a folder. Give a log file, or - for standard input").format(path=printable(path))
                )
            total = status.st_size if stat.S_ISREG(status.st_mode) else None
            for piece in _unpacked(raw, path):
                yield piece
                if told is not None and not told(Progress(0 if total is None else raw.tell(), total)):
                    return
    except (OSError, EOFError, ValueError, lzma.LZMAError, zlib.error) as error:
        raise _unreadable(path, error) from error


@contextmanager
def _opened(path: str) -> Iterator[IO[bytes]]:
    if path == "-":
        with open(0, "rb", closefd=False) as given:
            yield given
        return
    with open(path, "rb") as raw:
        yield raw


def _unpacked(raw: IO[bytes], path: str) -> Iterator[bytes]:
    """The pieces of a file, by what its first bytes say it is."""
    peek = getattr(raw, "peek", None)
    head = peek(6)[:6] if peek is not None else b""
    if head.startswith(_GZIP):
        import gzip

        with gzip.GzipFile(fileobj=raw) as unpacked:
            yield from _pieces(unpacked)
    elif head.startswith(_XZ):
        with lzma.LZMAFile(raw) as unpacked_xz:
            yield from _pieces(unpacked_xz)
    elif head.startswith(_BZIP2):
        import bz2

        with bz2.BZ2File(raw) as unpacked_bz2:
            yield from _pieces(unpacked_bz2)
    elif head.startswith(_ZSTD):
        yield from _by_zstd(raw, path)
    else:
        yield from _pieces(raw)


class _Readable(Protocol):
    """What pieces are read from."""

    def read(self, size: int, /) -> bytes:
        """The next bytes, none at the end."""


def _pieces(stream: _Readable) -> Iterator[bytes]:
    # A pipe gives what there is at once, so that a kill is told when it comes.
    read = getattr(stream, "read1", stream.read)
    while piece := read(PIECE):
        yield piece


def _by_zstd(raw: IO[bytes], path: str) -> Iterator[bytes]:
    """Python has no zstd of its own before 3.14, so the program does it."""
    program = shutil.which("zstd")
    if program is None:
        raise LogUnreadable(
            _("{path} is packed with zstd, which is not installed. Install the package zstd").format(path=printable(path))
        )
    # The descriptor's own place counts for the program, not what was peeked.
    try:
        os.lseek(raw.fileno(), 0, os.SEEK_SET)
    except OSError:
        raise LogUnreadable(_("Packed with zstd, which a pipe cannot be read twice for. Use: zstd -dc FILE | …")) from None
    with subprocess.Popen([program, "-dcq"], stdin=raw, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as unpacking:
        if unpacking.stdout is not None:
            try:
                yield from _pieces(unpacking.stdout)
            finally:
                if unpacking.poll() is None and not unpacking.stdout.closed:
                    unpacking.stdout.close()
    if unpacking.returncode > 0:
        raise EOFError(_("zstd cannot unpack it to its end"))


def _unreadable(path: str, error: Exception) -> LogUnreadable:
    name = _("standard input") if path == "-" else printable(path)
    if isinstance(error, PermissionError):
        return LogUnreadable(
            _("{path} may not be read by this user. Members of the group adm may: sudo usermod -aG adm $USER").format(path=name)
        )
    reason = getattr(error, "strerror", None) or str(error)
    return LogUnreadable(_("{path} cannot be read: {reason}").format(path=name, reason=reason))
