"""`guardian watch`: the ranking, live."""

import argparse
import time
from typing import TYPE_CHECKING

from guardian.cli.measure import first_looks, looks, tree_of
from guardian.cli.output import json_line, make_console, opened_stdout
from guardian.cli.parser import add_json, seconds_from, whole_from
from guardian.cli.tables import TERMINAL_ROWS, agreement, columns_for, json_row, notes, victim_table
from guardian.fields import Row, rows_of
from guardian.kernel.tree import KernelTree
from guardian.protocol.i18n import N_, _
from guardian.protocol.quantities import format_bytes, format_percent
from guardian.sampling.snapshot import Snapshot

if TYPE_CHECKING:
    from rich.console import Group, RenderableType

DESCRIPTION = N_(
    "Shows whom the kernel would end, each second anew, until Ctrl-C. With --json each tick is one JSON object on a\n"
    "line of its own: time, how many processes were scanned, and the first victims."
)
EXAMPLES = """
guardian watch
guardian watch --json -n 5 | jq -c '.victims[0] | [.name, .badness]'
guardian watch --interval 5
"""
EXIT_CODES = N_("exit code: 130 after Ctrl-C, 1 failed (one line on stderr says why), 2 wrong usage")
JSON_ROWS = 25
HEAD_LINES = 8
LEAST_ROWS = 3


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `guardian watch`."""
    add_json(parser)
    parser.add_argument(
        "-n", type=whole_from(1), metavar="N", dest="count", help=_("show the first N (default: what fits, JSON 25)")
    )
    parser.add_argument(
        "--interval", type=seconds_from(0.1), metavar="S", default=1.0, help=_("seconds between two looks (default 1)")
    )


def run(args: argparse.Namespace) -> int:
    """Go on until interrupted."""
    tree = tree_of(args)
    if args.json:
        return _print_json(tree, args)
    if opened_stdout().isatty():
        return _show_live(tree, args)
    return _print_tables(tree, args)


def _print_json(tree: KernelTree, args: argparse.Namespace) -> int:
    """A line each tick; only the head is ranked, so that it stays cheap among thousands of processes."""
    out = opened_stdout()
    for sample, victims in first_looks(tree, args.interval, args.count or JSON_ROWS):
        rows = [json_row(Row(victim, sample.page_size)) for victim in victims]
        out.write(json_line({"time": sample.time, "processes": len(sample.processes or ()), "victims": rows}) + "\n")
        out.flush()
    return 0


def _show_live(tree: KernelTree, args: argparse.Namespace) -> int:
    """Repaint the terminal's own alternate screen, which gives the shell's text back at the end."""
    from rich.live import Live as LiveScreen

    console = make_console()
    with LiveScreen(console=console, screen=True, auto_refresh=False) as screen:
        for snapshot in looks(tree, args.interval):
            fitting = max(LEAST_ROWS, console.size.height - HEAD_LINES)
            screen.update(picture(snapshot, min(args.count or fitting, fitting), console.width), refresh=True)
    return 0


def _print_tables(tree: KernelTree, args: argparse.Namespace) -> int:
    """For pipes and files: one table after the other."""
    console = make_console()
    for snapshot in looks(tree, args.interval):
        console.print(picture(snapshot, args.count or TERMINAL_ROWS, console.width))
        console.print()
        opened_stdout().flush()
    return 0


def picture(snapshot: Snapshot, count: int, width: int) -> "Group":
    """Room and pressure in a line, the first victims, and what could not be read; `width` is in characters."""
    from rich.console import Group
    from rich.text import Text

    top = tuple(victim for victim in snapshot.victims[:count] if victim.rank is not None)
    clock = time.strftime("%H:%M:%S", time.localtime(snapshot.sample.time))
    head = Text(_("Room {size}").format(size=format_bytes(snapshot.room)), style="bold")
    pressure = snapshot.sample.pressure
    if pressure is not None:
        head.append("  " + _("pressure {percent}").format(percent=format_percent(pressure.some.avg10)), style="not bold")
    head.append(f"  {clock}", style="not bold dim")
    lines: list[RenderableType] = [
        head,
        Text(""),
        victim_table(rows_of(snapshot._replace(victims=top)), columns_for(width)),
        Text(""),
    ]
    lines += [Text(note, style="yellow") for note in notes(snapshot)]
    return Group(*lines, Text(agreement(snapshot), style="dim"))
