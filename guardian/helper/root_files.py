"""Files that only root may write: whole or not at all, and never through a link somebody else made."""

import contextlib
import os
import stat
import tempfile

from guardian.helper.errors import Failed
from guardian.kernel.mounts import Mount, mount_of, parse_mountinfo

_MAX_LINKS = 40
# Another machine, or a program, answers for these, perhaps never; and whoever it is says who owns a file.
_FAR = frozenset(
    ("9p", "afs", "autofs", "ceph", "cifs", "coda", "gfs2", "glusterfs", "lustre", "ncpfs", "nfs", "nfs4", "ocfs2", "smb3")
)


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

    Looked at from the top down, so that nothing below somebody else's folder is touched, nor a filesystem that another machine
    answers for: it might not answer, and all who ask the helper would wait.  A filesystem mounted nosuid is one whose owners the
    machine does not believe (a stick, an image).
    """
    at, rest, links = "/", _parts(path), 0
    mounts = _machine_mounts()
    far = {mount.point: _is_far(mount) for mount in mounts}
    try:
        found = os.lstat(at)
        while rest and _is_roots(found):
            below = os.path.normpath(os.path.join(at, rest.pop()))
            if far.get(below):
                return None
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
        return at if whole and _heeds_owners(at, mounts) else None
    except OSError:
        return None


def _heeds_owners(path: str, mounts: tuple[Mount, ...]) -> bool:
    """Whether the machine mounted the filesystem of a path so that a file's owner counts."""
    mount = mount_of(mounts, path)
    if mount is None:
        return not os.statvfs(path).f_flag & os.ST_NOSUID
    return "nosuid" not in mount.options


def _machine_mounts() -> tuple[Mount, ...]:
    """The machine's own mounts; none where they are not told.

    Process 1 is asked, which sees them: systemd makes all mounts of a unit with NoNewPrivileges nosuid.
    """
    try:
        with open("/proc/1/mountinfo", encoding="utf-8", errors="surrogateescape") as file:
            return parse_mountinfo(file.read())
    except OSError:
        return ()


def _is_far(mount: Mount) -> bool:
    return mount.kind in _FAR or mount.kind.split(".")[0] in ("fuse", "fuseblk")


def _parts(path: str) -> list[str]:
    return [part for part in reversed(path.split("/")) if part]


def _is_roots(found: os.stat_result) -> bool:
    return found.st_uid == 0 and not found.st_mode & 0o022
