"""The table of tasks in an OOM report: whom the kernel had to choose from.

    [  pid  ]   uid  tgid total_vm      rss rss_anon rss_file rss_shmem pgtables_bytes swapents oom_score_adj name
    [    128]     0   128    16991    16711    16512        0       199   172032        0             0 renderer

Source: mm/oom_kill.c:dump_tasks(), whose columns changed with 3.5, 4.0, 4.14, 4.15, 4.19 and 6.8.
"""

import re
from typing import NamedTuple

# Everything that any released kernel prints; whoever scores a table refuses one with others.
KNOWN_COLUMNS = frozenset(
    {"pid", "uid", "tgid", "total_vm", "rss", "rss_anon", "rss_file", "rss_shmem", "cpu", "nr_ptes", "nr_pmds", "nr_puds"}
    | {"pgtables_bytes", "swapents", "oom_adj", "oom_score_adj", "name"}
)
_HEAD = re.compile(r"\[ *pid *\](.*)")
_ROW = re.compile(r"\[ *(\d{1,10})\] +(?=\d)")


class TaskRow(NamedTuple):
    """One task; `total_vm`, `rss` and its parts, `page_table_pages` and `swap_entries` in pages of the machine that died.

    `page_table_bytes` since 4.15, `page_table_pages` (all levels printed) before; None where there is no such column.
    """

    pid: int
    uid: int
    tgid: int
    name: str
    total_vm: int
    rss: int
    rss_anon: int | None = None
    rss_file: int | None = None
    rss_shmem: int | None = None
    page_table_bytes: int | None = None
    page_table_pages: int | None = None
    swap_entries: int | None = None
    oom_adj: int | None = None
    oom_score_adj: int | None = None


class TaskTable(NamedTuple):
    """The rows in the kernel's order.

    `whole`: no row was seen that could not be read, and the heading was there.  `known`: a released kernel's columns.
    """

    columns: tuple[str, ...]
    rows: tuple[TaskRow, ...]
    whole: bool

    @property
    def known(self) -> bool:
        """Whether all columns are those of a released kernel; else their meaning is a guess."""
        return set(self.columns) <= KNOWN_COLUMNS and {"rss", "name"} <= set(self.columns)


def parse_table_head(text: str) -> tuple[str, ...] | None:
    """The columns that a heading names, "pid" first; None when the text is no heading."""
    found = _HEAD.match(text)
    return ("pid", *found[1].split()) if found else None


def is_row(text: str) -> bool:
    """Whether the text begins like a row."""
    return _ROW.match(text) is not None


def parse_row(text: str, columns: tuple[str, ...]) -> TaskRow | None:
    """One row of a table with these columns; None when numbers or name are missing (a line broken by a mail program)."""
    found = _ROW.match(text)
    if found is None or columns[-1:] != ("name",):
        return None
    words = text[found.end() :].split(None, len(columns) - 2)
    if len(words) != len(columns) - 1:
        return None
    try:
        values = dict(zip(columns[1:-1], map(int, words[:-1]), strict=True))
        tables = [values[name] for name in ("nr_ptes", "nr_pmds", "nr_puds") if name in values]
        return TaskRow(
            int(found[1]),
            values["uid"],
            values["tgid"],
            words[-1],
            values["total_vm"],
            values["rss"],
            values.get("rss_anon"),
            values.get("rss_file"),
            values.get("rss_shmem"),
            values.get("pgtables_bytes"),
            sum(tables) if tables else None,
            values.get("swapents"),
            values.get("oom_adj"),
            values.get("oom_score_adj"),
        )
    except (ValueError, KeyError):
        return None
