"""Files that only root may write: whole or not at all, and never through a link somebody else made."""

import contextlib
import os
import stat
import tempfile

from guardian.helper.errors import Failed
from guardian.kernel.mounts import mount_of, parse_mountinfo

_MAX_LINKS = 40


def make_folder(path: str) -> None:
    """The folder, made with mode 0755 where it is missing.  Failed where it is not root's alone."""
    try:
        if not os.path.isdir(path):
            os.makedirs(path)
            os.chmod(path, 0o755)  # noqa: S103 - rules and drop-ins are there for all to read
        found = os.lstat(path)
    except OSError as error:
        raise Failed(f"{path} could not be made: {error.strerror}.") from None
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o022:
        raise Failed(f"{path} is not root's alone, so nothing is written there.")


def write_whole(path: str, text: str) -> None:
    """Replaces the file in one step, on the disk before it counts.  Failed where that could not be done."""
    folder = os.path.dirname(path)
    temporary = ""
    try:
        file, temporary = tempfile.mkstemp(prefix=".oom-guardian-", dir=folder)
        with os.fdopen(file, "w", encoding="utf-8") as out:
            out.write(text)
            out.flush()
            os.fchmod(out.fileno(), 0o644)
            os.fsync(out.fileno())
        os.replace(temporary, path)
    except OSError as error:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise Failed(f"{path} could not be written: {error.strerror}.") from None


def remove(path: str) -> bool:
    """Whether the file was there to be removed.  Failed where it could not be."""
    try:
        os.unlink(path)
    except FileNotFoundError:
        return False
    except OSError as error:
        raise Failed(f"{path} could not be removed: {error.strerror}.") from None
    return True


def remove_empty(folder: str) -> None:
    """Removes the folder if nothing is left in it."""
    with contextlib.suppress(OSError):
        os.rmdir(folder)


def roots_file(path: str) -> str | None:
    """The regular file that an absolute path leads to, links followed; None unless root alone decides what lies there.

    Looked at from the top down, so that nothing below somebody else's folder is touched: a pipe or a filesystem of theirs
    would not answer.  A filesystem mounted nosuid is one whose owners the machine does not believe (a stick, an image).
    """
    at, rest, links = "/", _parts(path), 0
    try:
        found = os.lstat(at)
        while rest and _is_roots(found):
            below = os.path.normpath(os.path.join(at, rest.pop()))
            found = os.lstat(below)
            if not stat.S_ISLNK(found.st_mode):
                at = below
                continue
            links += 1
            if found.st_uid != 0 or links > _MAX_LINKS:
                return None
            target = os.readlink(below)
            rest += _parts(target)
            at = "/" if target.startswith("/") else at
            found = os.lstat(at)
        whole = not rest and stat.S_ISREG(found.st_mode) and _is_roots(found)
        return at if whole and _heeds_owners(at) else None
    except OSError:
        return None


def _heeds_owners(path: str) -> bool:
    """Whether the machine mounted the filesystem of a path so that a file's owner counts.

    Process 1 is asked, which sees the machine's own mounts: systemd makes all mounts of a unit with NoNewPrivileges nosuid.
    """
    try:
        with open("/proc/1/mountinfo", encoding="utf-8", errors="surrogateescape") as file:
            mount = mount_of(parse_mountinfo(file.read()), path)
    except OSError:
        mount = None
    if mount is None:
        return not os.statvfs(path).f_flag & os.ST_NOSUID
    return "nosuid" not in mount.options


def _parts(path: str) -> list[str]:
    return [part for part in reversed(path.split("/")) if part]


def _is_roots(found: os.stat_result) -> bool:
    return found.st_uid == 0 and not found.st_mode & 0o022
