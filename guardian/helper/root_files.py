"""Files that only root may write: whole or not at all, and never through a link somebody else made."""

import contextlib
import os
import stat
import tempfile

from guardian.helper.errors import Failed


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


def only_roots(path: str) -> bool:
    """Whether the file and every folder above it belong to root and nobody else may write them."""
    at = os.path.abspath(path)
    while True:
        try:
            found = os.lstat(at)
        except OSError:
            return False
        if stat.S_ISLNK(found.st_mode) or found.st_uid != 0 or found.st_mode & 0o022:
            return False
        above = os.path.dirname(at)
        if above == at:
            return True
        at = above
