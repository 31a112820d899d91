"""The files of a kernel below one root: the live machine's, or a recording's.

Nothing else opens files of /proc, /sys or the cgroup hierarchies, so that a recording replays through the same code.
Paths are relative to the root, such as "proc/meminfo".
"""

import errno
import os
from collections.abc import Iterable, Mapping
from typing import NoReturn, Protocol

from guardian.kernel.errors import Denied, KernelFileError, Vanished

_CHUNK = 65536
# Pressure files of a kernel booted with psi=0 open and then fail with EOPNOTSUPP; an unplugged device gives ENODEV.
_ABSENT = frozenset({errno.ENOENT, errno.ESRCH, errno.ENOTDIR, errno.EOPNOTSUPP, errno.ENODEV, errno.ENXIO})
_DENIED = frozenset({errno.EACCES, errno.EPERM})


class Tree(Protocol):
    """Where kernel files are read from."""

    def read(self, path: str) -> str:
        """The file's text; bytes that are not UTF-8 come as U+FFFD.  Raises Vanished, Denied or KernelFileError."""

    def read_or_none(self, path: str) -> str | None:
        """The file's text, None when it is not there or may not be read."""

    def names(self, path: str) -> list[str]:
        """The names in a folder, in no order."""

    def link(self, path: str) -> str:
        """What a symbolic link points to."""

    def pids(self) -> list[int]:
        """The processes listed in /proc."""


class KernelTree:
    """The files of a running kernel below `root`."""

    def __init__(self, root: str | os.PathLike[str] = "/") -> None:
        self.root = os.fspath(root).rstrip("/") + "/"

    def read(self, path: str) -> str:
        """The file's text; bytes that are not UTF-8 come as U+FFFD.  Raises Vanished, Denied or KernelFileError."""
        return self.read_bytes(path).decode("utf-8", "replace")

    def read_bytes(self, path: str) -> bytes:
        """The file as bytes.  Raises as `read` does."""
        try:
            fd = os.open(self.root + path, os.O_RDONLY | os.O_CLOEXEC)
        except (OSError, ValueError) as error:
            _refuse(path, error)
        try:
            chunk = os.read(fd, _CHUNK)
            text = chunk
            # seq_file returns whole records only, so a short read is not yet the end.
            while chunk:
                chunk = os.read(fd, _CHUNK)
                text += chunk
        except OSError as error:
            _refuse(path, error)
        finally:
            os.close(fd)
        return text

    def read_or_none(self, path: str) -> str | None:
        """The file's text, None when it is not there or may not be read."""
        try:
            return self.read(path)
        except (Vanished, Denied):
            return None

    def names(self, path: str) -> list[str]:
        """The names in a folder, in no order."""
        try:
            return os.listdir(self.root + path)
        except (OSError, ValueError) as error:
            _refuse(path, error)

    def link(self, path: str) -> str:
        """What a symbolic link points to."""
        try:
            return os.fsencode(os.readlink(self.root + path)).decode("utf-8", "replace")
        except (OSError, ValueError) as error:
            _refuse(path, error)

    def pids(self) -> list[int]:
        """The processes listed in /proc."""
        return [int(name) for name in self.names("proc") if name.isascii() and name.isdigit()]

    def open(self, path: str) -> int:
        """A descriptor to keep and read again and again; the caller closes it."""
        try:
            return os.open(self.root + path, os.O_RDONLY | os.O_CLOEXEC)
        except (OSError, ValueError) as error:
            _refuse(path, error)

    def arm(self, path: str, trigger: str) -> int:
        """A descriptor of a pressure file that polls as POLLPRI each time `trigger` fires; the caller closes it.

        Source: Documentation/accounting/psi.rst, "Monitoring for pressure thresholds".
        """
        try:
            fd = os.open(self.root + path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        except (OSError, ValueError) as error:
            _refuse(path, error)
        try:
            # The kernel puts its NUL over the last byte written.  Source: kernel/sched/psi.c:psi_write().
            os.write(fd, trigger.encode("ascii") + b"\0")
        except OSError as error:
            os.close(fd)
            _refuse(path, error)
        return fd

    @staticmethod
    def read_fd(fd: int, path: str = "") -> bytes:
        """What a kept descriptor says now; the kernel writes the text anew.  `path` only names it in errors."""
        try:
            text = chunk = os.pread(fd, _CHUNK, 0)
            while chunk:
                chunk = os.pread(fd, _CHUNK, len(text))
                text += chunk
        except OSError as error:
            _refuse(path or f"descriptor {fd}", error)
        return text


class RecordedTree:
    """The files of one recorded moment, with absolute paths as keys ("/proc/meminfo")."""

    def __init__(self, files: Mapping[str, str] | None = None) -> None:
        self._files: dict[str, str] = {}
        self._folders: dict[str, dict[str, int]] = {"": {}}
        self.update(files or {})

    def update(self, changed: Mapping[str, str], gone: Iterable[str] = ()) -> None:
        """Go on to the next moment: texts that are new or different, and paths that are there no more."""
        for path in gone:
            if self._files.pop(path, None) is not None:
                self._count(path, -1)
        for path, text in changed.items():
            if path not in self._files:
                self._count(path, 1)
            self._files[path] = text

    def read(self, path: str) -> str:
        """The recorded text.  Raises Vanished when it was not recorded."""
        try:
            return self._files["/" + path]
        except KeyError:
            raise Vanished(path, "not in the recording") from None

    def read_or_none(self, path: str) -> str | None:
        """The recorded text, None when it was not recorded."""
        return self._files.get("/" + path)

    def names(self, path: str) -> list[str]:
        """The names in a folder: of those files and folders that were recorded."""
        folder = self._folders.get(("/" + path.strip("/")) if path.strip("/") else "")
        if folder is None:
            raise Vanished(path, "not in the recording")
        return list(folder)

    def link(self, path: str) -> str:
        """What a symbolic link pointed to: recorded as the text of its path."""
        return self.read(path)

    def pids(self) -> list[int]:
        """The processes that have any recorded file."""
        return [int(name) for name in self._folders.get("/proc", ()) if name.isascii() and name.isdigit()]

    def _count(self, path: str, by: int) -> None:
        """Keep, for each folder above `path`, how many files lie under each of its names."""
        parent, _, name = path.rpartition("/")
        while True:
            folder = self._folders.setdefault(parent, {})
            folder[name] = folder.get(name, 0) + by
            if not folder[name]:
                del folder[name]
                if not folder and parent:
                    del self._folders[parent]
            if not parent:
                return
            parent, _, name = parent.rpartition("/")


def _refuse(path: str, error: OSError | ValueError) -> NoReturn:
    """Raise the kernel layer's own error for one of the system's."""
    number = getattr(error, "errno", None)
    kind = Vanished if number in _ABSENT else Denied if number in _DENIED else KernelFileError
    raise kind(path, getattr(error, "strerror", None) or str(error)) from error
