"""Rows of processes as JSON objects and as a table for the terminal, both from the one declaration of fields."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from guardian.fields import BY_NAME, JSON_FIELDS, Row
from guardian.kernel.process import ProcessKey
from guardian.model.era import Era, Verification
from guardian.protocol.i18n import _, ngettext
from guardian.protocol.quantities import UNKNOWN
from guardian.sampling.snapshot import Snapshot

if TYPE_CHECKING:
    from rich.table import Table

TERMINAL_ROWS = 20
TERMINAL_COLUMNS = ("rank", "name", "pid", "user", "points", "memory", "oom_score_adj", "score", "ends")
# Left out, in this order, where the terminal is narrower than the number of characters.
NARROW = (("score", 110), ("user", 90), ("ends", 76), ("memory", 66))
# The kernel's own words, under the plain ones.
TERMS = {
    "name": "comm",
    "points": "badness",
    "memory": "rss + swap",
    "oom_score_adj": "oom_score_adj",
    "score": "oom_score",
}


def json_row(row: Row) -> dict[str, Any]:
    """One process with the keys of the contract."""
    return {field.name: field.value(row) for field in JSON_FIELDS}


def json_rows(rows: Iterable[Row]) -> list[dict[str, Any]]:
    """Processes with the keys of the contract, in their order."""
    return [json_row(row) for row in rows]


def era_words(era: Era) -> str:
    """The era's name with the first kernel that has it: "E8 (5.9+)"."""
    return f"{era.name} ({era.value}+)"


def json_kernel(release: str, era: Era, verification: Verification | None) -> dict[str, Any]:
    """Which kernel was asked, by which rules it chooses, and how well we recompute its scores."""
    verified = None if verification is None else verification._asdict()
    return {"release": release, "era": era_words(era), "verified": verified}


def json_head(snapshot: Snapshot) -> dict[str, Any]:
    """What stands before the victims: when, which kernel, how much memory is divided."""
    head: dict[str, Any] = {
        "time": snapshot.sample.time,
        "kernel": json_kernel(snapshot.release, snapshot.era, snapshot.verification),
        "page_size": snapshot.domain.page_size,
        "total_pages": snapshot.domain.total_pages,
    }
    if snapshot.domain.cgroup is not None:
        head["memcg"] = snapshot.domain.cgroup
    if snapshot.sample.unreadable:
        head["unreadable"] = snapshot.sample.unreadable
    return head


def agreement(snapshot: Snapshot) -> str:
    """Kernel and score check in one line, as in the window's status bar."""
    release, verification = snapshot.release, snapshot.verification
    if verification is None or not verification.checked:
        return _("Kernel {release} · no score could be compared").format(release=release)
    return _("Kernel {release} · scores agree with the kernel: {exact} of {checked}").format(
        release=release, exact=verification.exact, checked=verification.checked
    )


def notes(snapshot: Snapshot) -> list[str]:
    """What could not be read, in words."""
    count = snapshot.sample.unreadable
    unknown = sum(victim.rank is not None and victim.process.memory is None for victim in snapshot.victims)
    lines = []
    if count:
        lines.append(
            ngettext(
                "{count} process of another user may not be read and is missing here (hidepid). See: guardian doctor",
                "{count} processes of other users may not be read and are missing here (hidepid). See: guardian doctor",
                count,
            ).format(count=count)
        )
    if unknown:
        lines.append(
            ngettext(
                "{count} process: memory not readable. Its points come from the kernel's rounded score.",
                "{count} processes: memory not readable. Their points come from the kernel's rounded score.",
                unknown,
            ).format(count=unknown)
        )
    return lines


def columns_for(width: int) -> tuple[str, ...]:
    """The columns that a terminal of `width` characters has room for."""
    missing = {name for name, least in NARROW if width < least}
    return tuple(name for name in TERMINAL_COLUMNS if name not in missing)


def victim_table(rows: Sequence[Row], columns: Sequence[str], before: Mapping[ProcessKey, int | None] | None = None) -> "Table":
    """The rows as a table whose heads name the unit and the kernel's term; `before` adds the rank that each has now."""
    from rich.table import Table
    from rich.text import Text

    fields = [BY_NAME[name] for name in columns]
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for field in fields:
        head = Text(_(field.title))
        second = " · ".join(filter(None, (_(field.unit) if field.unit else "", TERMS.get(field.name, ""))))
        head.append(f"\n{second}", style="not bold dim")
        right = field.align != "left"
        table.add_column(head, justify="right" if right else "left", no_wrap=True, overflow="ellipsis")
    if before is not None:
        table.add_column(Text(_("Now")).append("\n"), justify="right", no_wrap=True)
    for row in rows:
        cells = []
        for field in fields:
            value = field.value(row)
            style = "dim" if value is None or value == field.quiet else "bold" if field.name == "points" else ""
            cells.append(Text(field.text(value), style=style))
        if before is not None:
            rank = before.get(row.key)
            style = "dim" if rank == row.victim.rank else "bold"
            cells.append(Text(UNKNOWN if rank is None else str(rank), style=style))
        table.add_row(*cells)
    return table
