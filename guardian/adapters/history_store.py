"""The history that is kept: kills, alerts, acts, forecasts with their outcome, and snapshots that thin out with age.

The last hours lie 10 s apart, days one minute; the oldest go first; the minutes before a kill stay.
"""

import json
import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Self

from guardian.adapters.history_schema import VERSION, StoreUnusable, history_file, history_path, open_history, version_of
from guardian.adapters.size_store import SizeStore
from guardian.model.attribution import merge, same_death
from guardian.model.history import Kill, Moment, StoredAct, StoredAlert, StoredForecast
from guardian.model.kept_sizes import Floors, KeptSizes
from guardian.policy.kill_json import kill_from_mapping, kill_to_mapping, moment_from_mapping, moment_to_mapping

__all__ = ["HistoryStore", "StoreUnusable", "history_path"]

FINE_SECONDS = 6 * 3600.0
COARSE_SECONDS = 7 * 86400.0
BEFORE_SECONDS = 600.0
MOST_BYTES = 16 << 20
_SAME_DEATH_SECONDS = 60.0
_COARSE = 60
_AT_ONCE = 200
# With a kill go the minutes before it.
_EVENTS = (("forecasts", "time"), ("acts", "time"), ("alerts", "since"), ("kills", "time"))
_OLDEST_FIRST = (("snapshots", "time"), ("sizes", "time"), *_EVENTS)


class HistoryStore:
    """The store at a path; for one thread.  Raises StoreUnusable where it cannot be opened."""

    def __init__(self, path: str | os.PathLike[str] | None = None, *, writable: bool = True) -> None:
        self.path = os.fspath(path) if path is not None else history_file()
        self._connection = open_history(self.path, writable=writable)
        self._sizes = SizeStore(self._connection)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing of what is written inside, on disk when it ends.  Raises sqlite3.Error."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise

    def kills(self, since: float | None = None, until: float | None = None) -> tuple[Kill, ...]:
        """The kills, oldest first; those without a time are always among them.  Raises StoreUnusable."""
        rows = self._rows(
            "SELECT id, body FROM kills WHERE (?1 IS NULL OR time IS NULL OR time >= ?1)"
            " AND (?2 IS NULL OR time IS NULL OR time <= ?2) ORDER BY time, id",
            (since, until),
        )
        return tuple(kill for key, body in rows if (kill := _kill(body, key)) is not None)

    def last_kill(self) -> Kill | None:
        """The last kill whose time is known; None where there is none.  Raises StoreUnusable."""
        rows = self._rows("SELECT id, body FROM kills WHERE time IS NOT NULL ORDER BY time DESC, id DESC LIMIT 1", ())
        return next((kill for key, body in rows if (kill := _kill(body, key)) is not None), None)

    def moments(self, since: float, until: float) -> tuple[Moment, ...]:
        """The snapshots of a time, oldest first.  Raises StoreUnusable."""
        rows = self._rows("SELECT body FROM snapshots WHERE time BETWEEN ? AND ? ORDER BY time", (since, until))
        return _moments(body for (body,) in rows)

    def minutes_before(self, key: int) -> tuple[Moment, ...]:
        """The snapshots of the ten minutes before a stored kill, oldest first.  Raises StoreUnusable."""
        rows = self._rows("SELECT body FROM before_kill WHERE kill = ? ORDER BY time", (key,))
        return _moments(body for (body,) in rows)

    def alerts(self, since: float = 0.0) -> tuple[StoredAlert, ...]:
        """The alerts, oldest first.  Raises StoreUnusable."""
        rows = self._rows("SELECT since, until, level, text FROM alerts WHERE since >= ? ORDER BY since", (since,))
        return tuple(StoredAlert(*row) for row in rows)

    def acts(self, since: float = 0.0) -> tuple[StoredAct, ...]:
        """The acts, oldest first.  Raises StoreUnusable."""
        rows = self._rows("SELECT time, act, target, result FROM acts WHERE time >= ? ORDER BY time, id", (since,))
        return tuple(StoredAct(*row) for row in rows)

    def forecasts(self, since: float = 0.0) -> tuple[StoredForecast, ...]:
        """The forecasts with their outcome, oldest first.  Raises StoreUnusable."""
        rows = self._rows(
            "SELECT time, earliest, likeliest, latest, outcome, after FROM forecasts WHERE time >= ? ORDER BY time", (since,)
        )
        return tuple(StoredForecast(*row) for row in rows)

    def sizes(self, since: float = 0.0) -> KeptSizes:
        """The sizes of programs from a time on.  Raises StoreUnusable."""
        try:
            return self._sizes.kept(since)
        except sqlite3.Error as error:
            if isinstance(error, sqlite3.OperationalError) and version_of(self._connection) < VERSION:
                return KeptSizes((), {}, {})
            raise StoreUnusable(str(error)) from error

    def put_floors(self, floors: Floors) -> None:
        """Keep the sizes of a stretch of time."""
        self._sizes.put(floors)

    def put_kill(self, kill: Kill) -> Kill:
        """Keep a kill, as one entry with what is known of it already, and the minutes before it; returns the entry."""
        known = next((one for one in self._near(kill) if same_death(one, kill)), None)
        if known is not None:
            whole = merge(known, kill)
            self._run("UPDATE kills SET time = ?, boot = ?, killer = ?, body = ? WHERE id = ?", (*_row(whole), known.key))
            return whole._replace(key=known.key)
        self._run("INSERT INTO kills (time, boot, killer, body) VALUES (?, ?, ?, ?)", _row(kill))
        key = int(self._connection.execute("SELECT last_insert_rowid()").fetchone()[0])
        if kill.time is not None:
            self._run(
                "INSERT OR IGNORE INTO before_kill SELECT ?, time, body FROM snapshots WHERE time BETWEEN ? AND ?",
                (key, kill.time - BEFORE_SECONDS, kill.time + 1),
            )
        return kill._replace(key=key)

    def put_moment(self, moment: Moment) -> None:
        """Keep a snapshot; the first of each minute is kept for days."""
        minute = moment.time // _COARSE * _COARSE
        first = not self._connection.execute(
            "SELECT 1 FROM snapshots WHERE time >= ? AND time < ? AND minute LIMIT 1", (minute, minute + _COARSE)
        ).fetchone()
        body = json.dumps(moment_to_mapping(moment), separators=(",", ":"))
        self._run("INSERT OR REPLACE INTO snapshots VALUES (?, ?, ?)", (moment.time, first, body))

    def put_alert(self, alert: StoredAlert) -> None:
        """Keep an alert, or when it ended."""
        self._run("INSERT OR REPLACE INTO alerts VALUES (?, ?, ?, ?)", alert)

    def put_act(self, act: StoredAct) -> None:
        """Keep an act."""
        self._run("INSERT INTO acts (time, act, target, result) VALUES (?, ?, ?, ?)", act)

    def put_forecast(self, forecast: StoredForecast) -> None:
        """Keep a forecast, or its outcome."""
        self._run("INSERT OR REPLACE INTO forecasts VALUES (?, ?, ?, ?, ?, ?)", forecast)

    def thin_out(self, now: float, most_bytes: int | None = None, most_seconds: float | None = None) -> None:
        """Let go what is old: snapshots by age, events once they are older than `most_seconds` (None: never).

        Where the file holds more than `most_bytes` (None: MOST_BYTES) the oldest goes: snapshots first, then sizes, then events.
        """
        self._run("DELETE FROM snapshots WHERE time < ? AND NOT minute", (now - FINE_SECONDS,))
        self._run("DELETE FROM snapshots WHERE time < ?", (now - COARSE_SECONDS,))
        self._sizes.thin_out(now)
        if most_seconds is not None:
            for table, column in _EVENTS:
                self._run(f"DELETE FROM {table} WHERE {column} < ?", (now - most_seconds,))
        for table, column in _OLDEST_FIRST:
            while self._bytes() > (MOST_BYTES if most_bytes is None else most_bytes):
                oldest = f"SELECT {column} FROM {table} WHERE {column} IS NOT NULL ORDER BY {column} LIMIT {_AT_ONCE}"
                if not self._connection.execute(f"DELETE FROM {table} WHERE {column} IN ({oldest})").rowcount:
                    break

    def _bytes(self) -> int:
        """The size of the pages in use."""
        pages, free, size = (
            int(self._connection.execute(f"PRAGMA {name}").fetchone()[0])
            for name in ("page_count", "freelist_count", "page_size")
        )
        return (pages - free) * size

    def _near(self, kill: Kill) -> Sequence[Kill]:
        if kill.time is None:
            return [one for one in self.kills() if one.time is None]
        return self.kills(kill.time - _SAME_DEATH_SECONDS, kill.time + _SAME_DEATH_SECONDS)

    def _rows(self, query: str, values: Sequence[object]) -> list[tuple[Any, ...]]:
        try:
            return self._connection.execute(query, tuple(values)).fetchall()
        except sqlite3.Error as error:
            # A reader may meet a store that is just being made, or one that an earlier version wrote: what it lacks is empty.
            if isinstance(error, sqlite3.OperationalError) and version_of(self._connection) < VERSION:
                return []
            raise StoreUnusable(str(error)) from error

    def _run(self, statement: str, values: Sequence[object]) -> None:
        self._connection.execute(statement, tuple(values))


def _row(kill: Kill) -> tuple[object, ...]:
    body = json.dumps(kill_to_mapping(kill), separators=(",", ":"), ensure_ascii=False)
    return kill.time, kill.boot, kill.killer, body


def _kill(body: object, key: object) -> Kill | None:
    """A stored kill; None for one that cannot be understood, so that one broken row hides no other."""
    try:
        return kill_from_mapping(json.loads(str(body)), int(str(key)))
    except ValueError:
        return None


def _moments(bodies: Iterable[object]) -> tuple[Moment, ...]:
    found = []
    for body in bodies:
        try:
            found.append(moment_from_mapping(json.loads(str(body))))
        except ValueError:
            continue
    return tuple(found)
