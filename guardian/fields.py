"""Every value that can be shown of a process, declared once.

The window's table, the terminal's tables, `--json` and the metrics all read `FIELDS`.  A `Row` is one victim with what its
snapshot knows of it; rows are frozen and compare by value, so "changed" is `!=`.
"""

import os
from collections.abc import Callable, Mapping
from functools import cache
from typing import Literal, NamedTuple

from guardian.kernel.process import ProcessKey
from guardian.model.domain import OomDomain
from guardian.model.era import Era
from guardian.model.victim import Victim
from guardian.protocol.i18n import N_, _
from guardian.protocol.printable import printable
from guardian.protocol.quantities import (
    UNKNOWN,
    format_adjustment,
    format_gib,
    format_growth,
    format_number,
)
from guardian.sampling.snapshot import Snapshot

Value = int | float | str | None

_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


class Extras(NamedTuple):
    """What other sources know of a process; None where nobody asked or nobody knows.

    `origin` is a sentence on where its oom_score_adj comes from.  The oomd ranks count from 1 among systemd-oomd's candidates.
    """

    command_line: str | None = None
    origin: str | None = None
    oomd_swap_rank: int | None = None
    oomd_pressure_rank: int | None = None


NO_EXTRAS = Extras()


class Row(NamedTuple):
    """One process as every view shows it; `growth` is bytes per second, `started` seconds since the epoch.

    `page_size` is what one point of badness stands for: a page, but in 2.6.36 - 3.4 a thousandth of the domain.
    """

    victim: Victim
    page_size: int
    growth: float | None = None
    started: float | None = None
    extras: Extras = NO_EXTRAS

    @property
    def key(self) -> ProcessKey:
        """The identity by which selections, pins and orders name the process."""
        return self.victim.process.key


def point_size(domain: OomDomain, era: Era) -> int:
    """Bytes that one point of badness stands for."""
    return domain.total_pages * domain.page_size // 1000 if era is Era.E3 else domain.page_size


def rows_of(
    snapshot: Snapshot,
    extras: Mapping[ProcessKey, Extras] | None = None,
    boot_time: float | None = None,
) -> tuple[Row, ...]:
    """A row for every victim of the snapshot, in its order.

    `boot_time` is seconds since the epoch (btime of /proc/stat); without it the start of processes is unknown.
    """
    page_size, growth, more = point_size(snapshot.domain, snapshot.era), snapshot.growth, extras or {}
    rows = []
    for victim in snapshot.victims:
        key = victim.process.key
        started = None if boot_time is None else boot_time + key.start_ticks / _TICKS_PER_SECOND
        rows.append(Row(victim, page_size, growth.get(key), started, more.get(key, NO_EXTRAS)))
    return tuple(rows)


class Field(NamedTuple):
    """One value of a row.

    `name` is its stable name: JSON key, column id, key of metrics' labels.  `title` (and `unit`, a second line under it) are
    marked for the catalogue and translated by whoever shows them; a field with an empty title is no column.  `value` gives
    the raw value (bytes, seconds, text) that sorting and JSON use, `text` what a cell shows.  `quiet` is the value that is
    drawn in the quietest colour.  `width` is in pixels of the window at scale 1.  `metric` is its OpenMetrics name
    without what all victims' metrics begin with.
    """

    name: str
    title: str
    unit: str
    value: Callable[[Row], Value]
    text: Callable[[Value], str]
    align: Literal["left", "right", "bar"] = "right"
    width: int = 64
    hidden: bool = False
    quiet: Value = 0
    hint: str = ""
    metric: str | None = None

    def cell(self, row: Row) -> str:
        """What a table cell shows for the row."""
        return self.text(self.value(row))


@cache
def user_name(uid: int) -> str:
    """The login name of a user id; the number itself where it has none."""
    # pwd may ask a directory service over the network, hence the cache.
    import pwd

    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def unit_of(cgroup: str | None) -> str | None:
    """The systemd unit a cgroup path lies in: its last .service or .scope, else its last .slice; None without one."""
    parts = (cgroup or "").split("/")
    for suffixes in ((".service", ".scope", ".socket", ".mount"), (".slice",)):
        for part in reversed(parts):
            if part.endswith(suffixes):
                return part
    return None


def points_of(row: Row) -> int | None:
    """Badness in bytes; None for those the killer would never take."""
    badness = row.victim.badness
    return None if badness is None or row.victim.unkillable else badness * row.page_size


def counted_of(row: Row) -> int | None:
    """Bytes that count as memory in the badness: resident, in swap and page tables."""
    memory = row.victim.process.memory
    return None if memory is None else memory.rss + memory.swap + memory.page_tables


def _memory(name: str) -> Callable[[Row], Value]:
    def value(row: Row) -> Value:
        memory = row.victim.process.memory
        size: int | None = getattr(memory, name) if memory is not None else None
        return size

    return value


def _user(row: Row) -> Value:
    uid = row.victim.process.uid
    return None if uid is None else user_name(uid)


def _score(row: Row) -> Value:
    kernels = row.victim.process.oom_score
    return row.victim.oom_score if kernels is None else kernels


def _ends(row: Row) -> Value:
    return None if row.victim.rank is None else row.victim.also_dies + 1


def _plain(value: Value) -> str:
    return UNKNOWN if value is None else printable(str(value))


def _count(value: Value) -> str:
    return format_number(value) if isinstance(value, int) else UNKNOWN


def _share(value: Value) -> str:
    return format_number(value * 100, 1) if isinstance(value, int | float) else UNKNOWN


def _gib(value: Value) -> str:
    return format_gib(value) if isinstance(value, int | float) else UNKNOWN


def _growth(value: Value) -> str:
    return format_growth(value) if isinstance(value, int | float) else UNKNOWN


def _adjustment(value: Value) -> str:
    return format_adjustment(value) if isinstance(value, int) else UNKNOWN


def _clock(value: Value) -> str:
    import time

    if not isinstance(value, int | float):
        return UNKNOWN
    then, now = time.localtime(value), time.localtime()
    return time.strftime("%H:%M" if then[:3] == now[:3] else "%Y-%m-%d %H:%M", then)


def _reason(value: Value) -> str:
    return UNKNOWN if value is None else _(str(value))


FIELDS: tuple[Field, ...] = (
    Field(
        "rank",
        N_("#"),
        "",
        lambda row: row.victim.rank,
        _count,
        width=48,
        quiet=None,
        metric="rank",
        hint=N_("Place in the kernel's order: 1 would be ended first"),
    ),
    Field(
        "name",
        N_("Program"),
        "",
        lambda row: row.victim.process.name,
        _plain,
        "left",
        136,
        hint=N_("Name as the kernel knows it (comm)"),
    ),
    Field("pid", N_("PID"), "", lambda row: row.victim.process.pid, _plain),
    Field("user", N_("User"), "", _user, _plain, "left", 76),
    Field(
        "points_bar",
        N_("Points"),
        N_("memory + adjustment"),
        points_of,
        _gib,
        "bar",
        160,
        hint=N_("Memory in blue, adjustment hatched"),
    ),
    Field(
        "points",
        N_("Points"),
        N_("GiB"),
        points_of,
        _gib,
        metric="badness_bytes",
        hint=N_("What the kernel ranks by (badness): memory plus adjustment"),
    ),
    Field(
        "memory",
        N_("Memory"),
        N_("GiB"),
        counted_of,
        _gib,
        metric="counted_bytes",
        hint=N_("What counts: resident memory, swap and page tables"),
    ),
    Field(
        "oom_score_adj",
        N_("Adjust"),
        "",
        lambda row: row.victim.process.oom_score_adj,
        _adjustment,
        width=60,
        metric="oom_score_adj",
        hint=N_("oom_score_adj: each step adds a thousandth of all memory and swap"),
    ),
    Field("score", N_("Score"), "", _score, _count, width=56, hint=N_("oom_score, as /proc shows it; 666 means no points")),
    Field(
        "growth",
        N_("Growth"),
        N_("MiB/min"),
        lambda row: row.growth,
        _growth,
        width=68,
        metric="growth_bytes_per_second",
        hint=N_("Change of own memory and swap"),
    ),
    Field(
        "oomd_swap_rank",
        N_("oomd"),
        N_("swap"),
        lambda row: row.extras.oomd_swap_rank,
        _count,
        width=56,
        hint=N_("Place of its group with systemd-oomd when swap fills"),
    ),
    Field(
        "oomd_pressure_rank",
        N_("oomd"),
        N_("pressure"),
        lambda row: row.extras.oomd_pressure_rank,
        _count,
        width=70,
        hint=N_("Place of its group with systemd-oomd under pressure"),
    ),
    Field(
        "ends",
        N_("Ends"),
        N_("with it"),
        _ends,
        _count,
        quiet=1,
        metric="processes",
        hint=N_("Processes that end if it is chosen, itself included"),
    ),
    Field("unit", N_("Unit"), "", lambda row: unit_of(row.victim.process.cgroup), _plain, "left", 160, hidden=True),
    Field("command_line", N_("Command line"), "", lambda row: row.extras.command_line, _plain, "left", 240, hidden=True),
    Field("swap", N_("Swap"), N_("GiB"), _memory("swap"), _gib, hidden=True),
    Field("rss_shmem", N_("Shared"), N_("GiB"), _memory("rss_shmem"), _gib, hidden=True),
    Field("started", N_("Start"), "", lambda row: row.started, _clock, width=120, hidden=True),
    Field("origin", N_("Adjusted by"), "", lambda row: row.extras.origin, _plain, "left", 200, hidden=True),
    Field("unkillable", N_("Never ended"), "", lambda row: row.victim.unkillable, _reason, "left", 140, hidden=True),
    Field("rss_anon", N_("Private"), N_("GiB"), _memory("rss_anon"), _gib, hidden=True),
    Field("rss_file", N_("Files"), N_("GiB"), _memory("rss_file"), _gib, hidden=True),
    Field("page_tables", N_("Page tables"), N_("GiB"), _memory("page_tables"), _gib, hidden=True),
    Field(
        "frees",
        N_("Frees"),
        N_("GiB"),
        _memory("frees"),
        _gib,
        hidden=True,
        metric="frees_bytes",
        hint=N_("What ending it gives back for certain: private memory, swap and page tables"),
    ),
    Field("share", N_("Share"), "%", lambda row: row.victim.share, _share, hidden=True),
    Field("cgroup", N_("Control group"), "", lambda row: row.victim.process.cgroup, _plain, "left", 240, hidden=True),
    Field("start_ticks", "", "", lambda row: row.key.start_ticks, _count),
    Field("badness", "", "", lambda row: row.victim.badness, _count),
    Field("oom_score", "", "", lambda row: row.victim.oom_score, _count),
    Field("kernel_oom_score", "", "", lambda row: row.victim.process.oom_score, _count),
)

BY_NAME: Mapping[str, Field] = {field.name: field for field in FIELDS}

COLUMNS: tuple[Field, ...] = tuple(field for field in FIELDS if field.title)

JSON_KEYS = (
    "rank",
    "pid",
    "start_ticks",
    "name",
    "user",
    "cgroup",
    "badness",
    "share",
    "oom_score",
    "kernel_oom_score",
    "oom_score_adj",
    "rss_anon",
    "rss_file",
    "rss_shmem",
    "swap",
    "page_tables",
    "unkillable",
)
JSON_FIELDS: tuple[Field, ...] = tuple(BY_NAME[name] for name in JSON_KEYS)
UNKILLABLE_REASONS = (N_("init"), N_("kernel thread"), N_("oom_score_adj -1000"), N_("vfork"), N_("reaped"))
