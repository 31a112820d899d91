"""`guardian explain PID`: why one process stands where it stands."""

import argparse
from typing import TYPE_CHECKING, Any

from guardian.cli.explanation import Explanation, explain, find
from guardian.cli.measure import measure, tree_of
from guardian.cli.output import make_console, write_json
from guardian.cli.parser import add_json, whole_from
from guardian.cli.tables import agreement, json_head, json_row
from guardian.fields import BY_NAME, counted_of, points_of, unit_of
from guardian.model.badness import Terms
from guardian.protocol.i18n import N_, _, ngettext
from guardian.protocol.printable import printable
from guardian.protocol.quantities import format_adjustment, format_bytes, format_mib
from guardian.sampling.snapshot import Snapshot

if TYPE_CHECKING:
    from rich.table import Table

DESCRIPTION = N_(
    "Takes the points (badness) of one process apart: every term of the kernel's sum, where its adjustment\n"
    "(oom_score_adj) comes from, its place in the order, what would end with it and what ending it would give back."
)
EXAMPLES = "guardian explain 4242\nguardian explain $(pidof -s firefox) --json"
MOST_PID = 1 << 22

_TERM_NAMES = {
    "anon": (N_("Private memory"), "RssAnon"),
    "file": (N_("Files mapped"), "RssFile"),
    "shmem": (N_("Shared, tmpfs"), "RssShmem"),
    "swap": (N_("In swap"), "VmSwap"),
    "page_tables": (N_("Page tables"), "VmPTE"),
    "root_bonus": (N_("Root's discount"), ""),
    "adjustment": (N_("Adjustment"), "oom_score_adj"),
    "rounding": (N_("Rounding"), ""),
}
_ALWAYS_SHOWN = frozenset({"anon", "file", "shmem", "swap", "page_tables", "adjustment"})


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `guardian explain`."""
    parser.add_argument(
        "pid", type=whole_from(1, MOST_PID), metavar="PID", help=_("the process; find it with guardian victims or pidof")
    )
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Print the explanation."""
    tree = tree_of(args)
    snapshot = measure(tree)
    told = explain(snapshot, find(snapshot, tree, args.pid))
    if args.json:
        write_json({**json_head(snapshot), "process": _json(told, snapshot)})
    else:
        _show(told, snapshot)
    return 0


def _json(told: Explanation, snapshot: Snapshot) -> dict[str, Any]:
    victim, page = told.row.victim, snapshot.domain.page_size
    memory = victim.process.memory
    parts = [] if told.terms is None else [(name, getattr(told.terms, name)) for name in told.terms._fields]
    return {
        **json_row(told.row),
        "ranked": told.ranked,
        "terms": [{"term": name, "pages": pages, "bytes": pages * page} for name, pages in parts],
        "origin": {"kind": told.origin.kind, "pid": told.origin.holder.pid, "text": told.origin.sentence},
        "unit": unit_of(victim.process.cgroup),
        "counted": counted_of(told.row),
        "frees": None if memory is None else memory.frees,
        "first_from": told.first_from,
        "tied": victim.tied,
        "dying": victim.dying,
        "ends": [{"pid": one.pid, "start_ticks": one.key.start_ticks, "name": one.name} for one in told.company],
    }


def place(told: Explanation) -> str:
    """Its place in the order, in one sentence."""
    victim = told.row.victim
    if victim.unkillable is not None:
        return _("Never ended: {reason}.").format(reason=_(victim.unkillable))
    if victim.dying:
        return _("It is ending already, and holds the next choice up until its memory is free.")
    if victim.rank == 1:
        return _("Number 1 of {count}: it would be ended first.").format(count=told.ranked)
    return _("Number {rank} of {count}.").format(rank=victim.rank, count=told.ranked)


def sum_in_words(told: Explanation) -> str | None:
    """What makes its points, in one sentence; None where they are no sum."""
    points, counted = points_of(told.row), counted_of(told.row)
    adjustment = told.row.victim.process.oom_score_adj
    if points is None or counted is None or told.terms is None or adjustment is None:
        return None
    if not adjustment:
        return _("{memory} of memory make {points} of points.").format(memory=format_bytes(counted), points=format_bytes(points))
    return _("{memory} of memory and {added} from the adjustment {adjustment} make {points} of points.").format(
        memory=format_bytes(counted),
        added=format_bytes(told.terms.adjustment * told.row.page_size, sign=True),
        adjustment=format_adjustment(adjustment),
        points=format_bytes(points),
    )


def sentences(told: Explanation) -> list[str]:
    """All that is said below the terms."""
    victim = told.row.victim
    said = [sum_in_words(told), told.origin.sentence]
    if victim.tied:
        said.append(_("Another process has exactly as many points."))
    if told.first_from is not None:
        text = _("Below {value} it is no longer first.") if victim.rank == 1 else _("From {value} on it would be first.")
        said.append(text.format(value=format_adjustment(told.first_from)))
    memory = victim.process.memory
    if memory is not None and victim.rank is not None:
        text = _("Ending it gives back {frees} for certain, of {counted} counted; files and shared memory may stay.")
        said.append(text.format(frees=format_bytes(memory.frees), counted=format_bytes(counted_of(told.row))))
    if told.company:
        names = printable(", ".join(f"{one.name} ({one.pid})" for one in told.company[:8]))
        text = ngettext("{count} process ends with it: {names}", "{count} processes end with it: {names}", len(told.company))
        said.append(text.format(count=len(told.company), names=names) + (" …" if len(told.company) > 8 else ""))
    elif victim.rank is not None:
        said.append(_("Nothing else ends with it."))
    return [sentence for sentence in said if sentence]


def _show(told: Explanation, snapshot: Snapshot) -> None:
    from rich.text import Text

    console = make_console()
    process = told.row.victim.process
    head = Text(printable(process.name), style="bold").append(f" {process.pid}", style="not bold dim")
    about = [_("user {name}").format(name=BY_NAME["user"].cell(told.row))]
    if unit_of(process.cgroup):
        about.append(_("unit {name}").format(name=BY_NAME["unit"].cell(told.row)))
    console.print(head.append("  " + ", ".join(about), style="not bold"))
    console.print(Text(place(told)))
    if told.terms is not None:
        console.print()
        console.print(_terms_table(told, told.terms, snapshot.domain.page_size))
    console.print()
    for sentence in sentences(told):
        console.print(Text(sentence))
    console.print(Text(agreement(snapshot), style="dim"))


def _terms_table(told: Explanation, parts: Terms, page_size: int) -> "Table":
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    table.add_column(Text(_("Term")))
    table.add_column(Text(_("MiB")), justify="right")
    table.add_column("", style="dim")
    for name, (title, term) in _TERM_NAMES.items():
        pages = getattr(parts, name)
        if not pages and name not in _ALWAYS_SHOWN:
            continue
        label = _(title)
        if name == "adjustment":
            label += " " + format_adjustment(told.row.victim.process.oom_score_adj)
        table.add_row(Text(label), Text(format_mib(pages * page_size, sign=True), style="" if pages else "dim"), term)
    victim = told.row.victim
    scores = _("badness {pages} pages, oom_score {score} (the kernel says {kernel})").format(
        pages=victim.badness, score=victim.oom_score, kernel=BY_NAME["kernel_oom_score"].cell(told.row)
    )
    table.add_row(Text(_("Points"), style="bold"), Text(format_mib(points_of(told.row)), style="bold"), scores)
    return table
