"""The sizes of programs in the history's file: one row for each stretch, whose bytes hold all subjects of it.

Each entry has 10 bytes, little-endian: the subject's number, KiB held, and by how many processes.
"""

import sqlite3
import struct
from collections.abc import Iterable

from guardian.model.kept_sizes import GRAINS, Floors, Held, KeptRow, KeptSizes, Subject
from guardian.protocol.printable import encodable

_ENTRY = struct.Struct("<IIH")
_MOST_KIB, _MOST_COUNT = (1 << 32) - 1, (1 << 16) - 1
MOST_SUBJECTS = 20_000

_Identity = tuple[str | None, str, int | None, float | None]
_COLUMNS = "app, name, began, boot, pid, start_ticks"


class SizeStore:
    """Reads and writes the sizes by a connection of the history's.  Raises sqlite3.Error."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._numbers: dict[_Identity, int] = {}
        self._former: dict[_Identity, int] | None = None

    def put(self, floors: Floors) -> None:
        """Keep one stretch; subjects that are new get a number, those that are gone an end."""
        if self._former is None:
            self._former = self._unended()
        body = b"".join(self._entry(who, held) for who, held in floors.held.items())
        if floors.apart == GRAINS[0].apart:
            self._end({_identity(who) for who in floors.held}, floors.time)
        self._connection.execute("INSERT OR REPLACE INTO sizes VALUES (?, ?, ?)", (floors.apart, floors.time, body))

    def thin_out(self, now: float) -> None:
        """Let go what is older than its grain reaches, and those who are in nothing any more."""
        for grain in GRAINS:
            self._connection.execute("DELETE FROM sizes WHERE apart = ? AND time < ?", (grain.apart, now - grain.reaches))
        self._connection.execute("DELETE FROM subjects WHERE ended < ?", (now - GRAINS[-1].reaches,))
        oldest = "SELECT id FROM subjects WHERE ended IS NOT NULL ORDER BY ended DESC LIMIT -1 OFFSET ?"
        self._connection.execute(f"DELETE FROM subjects WHERE id IN ({oldest})", (MOST_SUBJECTS,))

    def kept(self, since: float = 0.0) -> KeptSizes:
        """What is kept from a time on: where fine rows are, the coarse ones of the same time are left out."""
        rows: list[KeptRow] = []
        oldest = float("inf")
        for grain in GRAINS:
            query = "SELECT time, body FROM sizes WHERE apart = ? AND time >= ? AND time < ? ORDER BY time"
            found = self._connection.execute(query, (grain.apart, since, oldest)).fetchall()
            rows += [KeptRow(time, grain.apart, dict(_entries(body))) for time, body in found]
            oldest = min([oldest, *(time for time, _body in found[:1])])
        subjects: dict[int, Subject] = {}
        ended: dict[int, float] = {}
        for number, end, *who in self._connection.execute(f"SELECT id, ended, {_COLUMNS} FROM subjects"):
            subjects[number] = Subject(*who)
            if end is not None:
                ended[number] = end
        return KeptSizes(tuple(sorted(rows, key=_time)), subjects, ended)

    def _unended(self) -> dict[_Identity, int]:
        """Those of an agent before this one that had not ended: the run of an application is known by its name."""
        query = f"SELECT id, {_COLUMNS} FROM subjects WHERE ended IS NULL"
        found = [(number, Subject(*who)) for number, *who in self._connection.execute(query)]
        return {_mark(who): number for number, who in found}

    def _entry(self, who: Subject, held: Held) -> bytes:
        identity = _identity(who)
        number = self._numbers.get(identity)
        if number is None:
            number = (self._former or {}).pop(_mark(who), None) or self._insert(who)
            self._numbers[identity] = number
        return _ENTRY.pack(number, min(held.size >> 10, _MOST_KIB), min(held.processes, _MOST_COUNT))

    def _insert(self, who: Subject) -> int:
        values = (encodable(who.app), encodable(who.name), *who[2:])
        made = self._connection.execute(f"INSERT INTO subjects ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)", values)
        return made.lastrowid or 0

    def _end(self, living: set[_Identity], when: float) -> None:
        """Note the end of those that are in the newest stretch no more, and of what an earlier agent left unclaimed."""
        gone = [identity for identity in self._numbers if identity not in living]
        numbers = [self._numbers.pop(identity) for identity in gone]
        if self._former:
            numbers += self._former.values()
            self._former = {}
        self._connection.executemany("UPDATE subjects SET ended = ? WHERE id = ?", [(when, number) for number in numbers])


def _identity(who: Subject) -> _Identity:
    """What makes a subject itself whatever the clock of the day is set to."""
    return who.boot, who.name, who.pid, who.start_ticks if who.pid is not None else who.began


def _mark(who: Subject) -> _Identity:
    """The identity by which a later agent knows a subject again: the run of an application has no number of its own."""
    return _identity(who) if who.pid is not None else (who.boot, who.name, None, None)


def _entries(body: bytes) -> Iterable[tuple[int, Held]]:
    """The entries of a row; a row that is cut off loses its last."""
    for number, kib, processes in _ENTRY.iter_unpack(body[: len(body) // _ENTRY.size * _ENTRY.size]):
        yield number, Held(kib << 10, processes)


def _time(row: KeptRow) -> float:
    return row.time
