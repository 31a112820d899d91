"""The history's tables in SQLite, how they have changed since the first version, and how the file is opened.

Write-ahead log with a flush at every commit: what was committed survives a power cut.
Source: sqlite.org "Write-Ahead Logging", "PRAGMA synchronous", "PRAGMA user_version".
"""

import contextlib
import os
import sqlite3
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from guardian.protocol.i18n import _
from guardian.protocol.printable import printable

if TYPE_CHECKING:
    from pathlib import Path

FILE_NAME = "history.sqlite"
FOLDER_NAME = "oom-guardian"
VERSION = 3
_BUSY_SECONDS = 5.0
# Small pages and a small cache: the agent must stay small itself.
_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA cache_size=-64",
    "PRAGMA wal_autocheckpoint=64",
    "PRAGMA journal_size_limit=524288",
    "PRAGMA foreign_keys=ON",
)

# What each version adds to the one before; never changed once released.
MIGRATIONS: Mapping[int, Sequence[str]] = {
    1: (
        "CREATE TABLE kills (id INTEGER PRIMARY KEY, time REAL, boot TEXT, killer TEXT NOT NULL, body TEXT NOT NULL)",
        "CREATE INDEX kills_by_time ON kills (time)",
        """CREATE TABLE alerts (since REAL NOT NULL, until REAL, level TEXT NOT NULL, text TEXT NOT NULL,
           PRIMARY KEY (since, level)) WITHOUT ROWID""",
        "CREATE TABLE acts (id INTEGER PRIMARY KEY, time REAL NOT NULL, act TEXT NOT NULL, target TEXT NOT NULL, result TEXT)",
        "CREATE TABLE snapshots (time REAL PRIMARY KEY, minute INTEGER NOT NULL, body TEXT NOT NULL) WITHOUT ROWID",
        """CREATE TABLE before_kill (kill INTEGER NOT NULL REFERENCES kills (id) ON DELETE CASCADE, time REAL NOT NULL,
           body TEXT NOT NULL, PRIMARY KEY (kill, time)) WITHOUT ROWID""",
    ),
    2: (
        """CREATE TABLE forecasts (time REAL PRIMARY KEY, earliest REAL NOT NULL, likeliest REAL NOT NULL, latest REAL NOT NULL,
           outcome TEXT, after REAL) WITHOUT ROWID""",
    ),
    3: (
        """CREATE TABLE subjects (id INTEGER PRIMARY KEY, app TEXT NOT NULL, name TEXT NOT NULL, began REAL NOT NULL, boot TEXT,
           pid INTEGER, start_ticks INTEGER, ended REAL)""",
        """CREATE TABLE sizes (apart INTEGER NOT NULL, time REAL NOT NULL, body BLOB NOT NULL,
           PRIMARY KEY (apart, time)) WITHOUT ROWID""",
    ),
}


class StoreUnusable(Exception):
    """The history cannot be kept or read; the text says why and what would help."""


def data_folder(environ: Mapping[str, str] = os.environ) -> str:
    """The user's folder of kept data.  Source: XDG Base Directory Specification ($XDG_DATA_HOME)."""
    base = environ.get("XDG_DATA_HOME", "")
    return os.path.join(base if base.startswith("/") else os.path.expanduser("~/.local/share"), FOLDER_NAME)


def history_file(environ: Mapping[str, str] = os.environ) -> str:
    """Where the history of this user is kept."""
    return os.path.join(data_folder(environ), FILE_NAME)


def history_path(environ: Mapping[str, str] = os.environ) -> "Path":
    """The same as a Path, for whoever has one anyway: pathlib costs the agent half a MiB."""
    from pathlib import Path

    return Path(history_file(environ))


def open_history(path: str, *, writable: bool) -> sqlite3.Connection:
    """A connection whose tables are of this version.  Raises StoreUnusable.

    A damaged file is put aside by the one who writes, and a new one begun.
    """
    try:
        return _opened(path, writable=writable)
    except sqlite3.DatabaseError as error:
        if not writable or isinstance(error, sqlite3.OperationalError):
            raise StoreUnusable(_unusable(path, error)) from error
    put_aside(path)
    try:
        return _opened(path, writable=True)
    except (OSError, sqlite3.Error) as error:
        raise StoreUnusable(_unusable(path, error)) from error


def put_aside(path: str) -> None:
    """Rename a damaged store, so that it can still be looked at; what goes with it goes away."""
    with contextlib.suppress(OSError):
        os.rename(path, f"{path}.damaged-{int(time.time())}")
    for tail in ("-wal", "-shm"):
        with contextlib.suppress(OSError):
            os.unlink(path + tail)


def _opened(path: str, *, writable: bool) -> sqlite3.Connection:
    if writable:
        try:
            os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        except OSError as error:
            raise StoreUnusable(_unusable(os.path.dirname(path), error)) from error
    elif not os.path.exists(path):
        raise StoreUnusable(_("There is no history yet at {path}: the agent writes it").format(path=printable(path)))
    mode = "rwc" if writable else "ro"
    connection = sqlite3.connect(
        f"file:{_quoted(os.path.abspath(path))}?mode={mode}",
        uri=True,
        timeout=_BUSY_SECONDS,
        isolation_level=None,
        check_same_thread=False,
    )
    try:
        if writable:
            for pragma in _PRAGMAS:
                connection.execute(pragma)
            _migrate(connection, path)
        _check(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def _quoted(path: str) -> str:
    """A path as an URI has it."""
    return path.replace("%", "%25").replace("?", "%3f").replace("#", "%23")


def version_of(connection: sqlite3.Connection) -> int:
    """The version of a store's tables; 0 for an empty one."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _migrate(connection: sqlite3.Connection, path: str) -> None:
    """Bring the tables to this version, each step whole or not at all."""
    for version in range(version_of(connection) + 1, VERSION + 1):
        connection.execute("BEGIN IMMEDIATE")
        try:
            # Another process may have been faster.
            if version_of(connection) < version:
                for statement in MIGRATIONS[version]:
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version={version}")
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
    if os.name == "posix":
        with contextlib.suppress(OSError):
            os.chmod(path, 0o600)


def _check(connection: sqlite3.Connection, path: str) -> None:
    found = version_of(connection)
    if found > VERSION:
        raise StoreUnusable(
            _(
                "{path} was written by a later OOM Guardian (version {found} of the tables, known is {known}). Update this one"
            ).format(path=printable(path), found=found, known=VERSION)
        )


def _unusable(path: str, error: Exception) -> str:
    reason = getattr(error, "strerror", None) or str(error)
    return _("The history at {path} cannot be used: {reason}").format(path=printable(path), reason=reason)
