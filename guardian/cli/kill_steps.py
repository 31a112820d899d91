"""`guardian victims --free`: who would end, one after another, until so much is free."""

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from guardian.cli.output import make_console, write_json
from guardian.cli.tables import TERMINAL_ROWS, json_head, json_row
from guardian.fields import Row, point_size
from guardian.model.kill_sequence import KillStep, kill_sequence
from guardian.model.victim import Victim
from guardian.protocol.i18n import _, ngettext
from guardian.protocol.printable import printable
from guardian.protocol.quantities import format_bytes
from guardian.sampling.snapshot import Snapshot

if TYPE_CHECKING:
    from rich.table import Table


def show_sequence(snapshot: Snapshot, args: argparse.Namespace) -> int:
    """Print the kills until `args.free` bytes are given back; the first `args.count` of them."""
    sample = snapshot.sample
    steps = kill_sequence(sample.processes or (), snapshot.domain, snapshot.era, args.free, sample.cgroups)
    reached = steps[-1].cumulative if steps else 0
    shown = steps[: args.count if args.count is not None or args.json else TERMINAL_ROWS]
    if args.json:
        free = {"wanted": args.free, "reached": reached, "enough": reached >= args.free, "steps": len(steps)}
        write_json({**json_head(snapshot), "free": free, "victims": [_json_step(step, snapshot) for step in shown]})
        return 0
    console = make_console()
    console.print(_steps_table(shown))
    console.print()
    if len(shown) < len(steps):
        console.print(_("The first {shown} of {count} shown.").format(shown=len(shown), count=len(steps)))
    console.print(_outcome(len(steps), reached, args.free))
    return 0


def _outcome(kills: int, reached: int, wanted: int) -> str:
    if reached >= wanted:
        text = ngettext("{count} kill gives back {size}.", "{count} kills give back {size}.", kills)
    else:
        text = ngettext(
            "{count} kill gives back only {size}, and nobody is left.",
            "{count} kills give back only {size}, and nobody is left.",
            kills,
        )
    return text.format(count=kills, size=format_bytes(reached))


def _row_of(victim: Victim, snapshot: Snapshot) -> Row:
    return Row(victim, point_size(snapshot.domain, snapshot.era), snapshot.growth.get(victim.process.key))


def _json_step(step: KillStep, snapshot: Snapshot) -> dict[str, Any]:
    ended = [{"pid": one.pid, "start_ticks": one.key.start_ticks, "name": one.name} for one in step.killed]
    return {**json_row(_row_of(step.victim, snapshot)), "frees": step.frees, "cumulative": step.cumulative, "ends": ended}


def _steps_table(steps: Sequence[KillStep]) -> "Table":
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for head, right in (
        (_("Step"), True),
        (_("Chosen"), False),
        (_("PID"), True),
        (_("Ends"), False),
        (_("Frees"), True),
        (_("In all"), True),
    ):
        table.add_column(Text(head), justify="right" if right else "left", no_wrap=True, overflow="ellipsis")
    for number, step in enumerate(steps, 1):
        first = step.killed[0]
        names = printable(first.name) if first.key != step.victim.process.key else _("itself")
        if len(step.killed) > 1:
            names += " " + _("and {count} more").format(count=len(step.killed) - 1)
        cells = (number, printable(step.victim.process.name), step.victim.process.pid, names)
        table.add_row(*(Text(str(cell)) for cell in cells), Text(format_bytes(step.frees)), Text(format_bytes(step.cumulative)))
    return table
