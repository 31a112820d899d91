"""`guardian victims`: whom the kernel would end, in its own order."""

import argparse
from collections.abc import Sequence
from typing import Any

from guardian.cli.failure import CommandFailed, WrongUsage
from guardian.cli.measure import measure, tree_of
from guardian.cli.output import make_console, write_json
from guardian.cli.parser import add_json, size_argument, whole_from
from guardian.cli.tables import TERMINAL_COLUMNS, agreement, json_kernel, json_row, json_rows, victim_table
from guardian.fields import Row, point_size, rows_of
from guardian.kernel.cgroup import MemoryCgroup
from guardian.model.constraints import memcg_domain
from guardian.model.kill_sequence import KillStep, kill_sequence
from guardian.model.victim import Victim, rank_victims
from guardian.protocol.i18n import N_, _, ngettext
from guardian.protocol.printable import printable
from guardian.protocol.quantities import format_bytes
from guardian.sampling.snapshot import Snapshot

DESCRIPTION = N_(
    "Ranks all processes as the kernel's OOM killer does: by points (badness), which are memory plus what the\n"
    "adjustment (oom_score_adj) adds. Number 1 would be ended first. Nothing is changed."
)
EXAMPLES = """
guardian victims                        the first 20
guardian victims --all --json           every process, also those never ended, for programs
guardian victims --memcg /user.slice    whom that control group's own limit would hit
guardian victims --free 4GiB            who would end, one after another, until 4 GiB are free
"""
TERMINAL_ROWS = 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `guardian victims`."""
    parser.add_argument("-n", type=whole_from(1), metavar="N", dest="count", help=_("show the first N only"))
    parser.add_argument("--all", action="store_true", help=_("also those that are never ended, with the reason"))
    add_json(parser)
    parser.add_argument("--memcg", metavar="PATH", help=_("rank inside one memory cgroup, as its own limit would"))
    parser.add_argument(
        "--free", type=size_argument, metavar="BYTES", help=_("the sequence that would end until so much is free (512M, 2GiB)")
    )


def run(args: argparse.Namespace) -> int:
    """Print the ranking."""
    if args.free is not None and args.all:
        raise WrongUsage(_("--free and --all do not go together: who is never ended frees nothing. See: guardian victims --help"))
    snapshot = measure(tree_of(args))
    if args.memcg is not None:
        snapshot = inside_cgroup(snapshot, args.memcg)
    if args.free is not None:
        return _show_sequence(snapshot, args)
    chosen = [victim for victim in snapshot.victims if args.all or victim.rank is not None]
    wanted = args.count if args.count is not None or args.json or args.all else TERMINAL_ROWS
    rows = rows_of(snapshot._replace(victims=tuple(chosen[:wanted])))
    if args.json:
        write_json({**json_head(snapshot), "victims": json_rows(rows)})
    else:
        _show(snapshot, rows, len(chosen), args)
    return 0


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


def inside_cgroup(snapshot: Snapshot, path: str) -> Snapshot:
    """The snapshot as one memory cgroup's own limit would see it.  Raises CommandFailed where there is no such group."""
    sample = snapshot.sample
    group = _find_cgroup(snapshot, path)
    domain = memcg_domain(group, sample.memory, snapshot.domain.page_size)
    victims = rank_victims(
        sample.processes or (), domain, snapshot.era, cgroups=sample.cgroups, machine_pages=snapshot.domain.total_pages
    )
    return snapshot._replace(domain=domain, victims=victims)


def _find_cgroup(snapshot: Snapshot, path: str) -> MemoryCgroup:
    groups = snapshot.sample.cgroups
    if groups is None:
        raise CommandFailed(_("No memory cgroups here, so none can be ranked. What works here: guardian doctor"))
    wanted = "/" + path.strip("/")
    for group in groups:
        if group.path == wanted:
            return group
    known = sorted(group.path for group in groups if group.max is not None)
    said = printable(path)
    if known:
        text = _("{path}: no such memory cgroup. Those with a limit: {known}")
        return _no_group(text.format(path=said, known=printable(", ".join(known[:5]))))
    return _no_group(_("{path}: no such memory cgroup. A process names its own in /proc/PID/cgroup").format(path=said))


def _no_group(text: str) -> MemoryCgroup:
    raise CommandFailed(text)


def _show(snapshot: Snapshot, rows: Sequence[Row], there: int, args: argparse.Namespace) -> None:
    from rich.text import Text

    console = make_console()
    columns = (*TERMINAL_COLUMNS, "unkillable") if args.all else TERMINAL_COLUMNS
    console.print(victim_table(rows, columns))
    console.print()
    if snapshot.domain.cgroup is not None:
        total = format_bytes(snapshot.domain.total_pages * snapshot.domain.page_size)
        console.print(Text(_("Inside {path}, which divides {size}.").format(path=printable(snapshot.domain.cgroup), size=total)))
    if len(rows) < there:
        console.print(
            Text(_("{shown} of {count} shown; all of them: guardian victims -n {count}").format(shown=len(rows), count=there))
        )
    console.print(Text(agreement(snapshot), style="dim"))
    for line in notes(snapshot):
        console.print(Text(line, style="yellow"))


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


def _show_sequence(snapshot: Snapshot, args: argparse.Namespace) -> int:
    sample = snapshot.sample
    steps = kill_sequence(sample.processes or (), snapshot.domain, snapshot.era, args.free, sample.cgroups)
    reached = steps[-1].cumulative if steps else 0
    shown = steps if args.count is None else steps[: args.count]
    if args.json:
        free = {"wanted": args.free, "reached": reached, "enough": reached >= args.free, "steps": len(steps)}
        write_json({**json_head(snapshot), "free": free, "victims": [_json_step(step, snapshot) for step in shown]})
        return 0
    _print_steps(shown)
    console = make_console()
    text = _("{count} kills give back {size}.") if reached >= args.free else _("All {count} kills give back only {size}.")
    console.print()
    console.print(text.format(count=len(steps), size=format_bytes(reached)))
    return 0


def _row_of(victim: Victim, snapshot: Snapshot) -> Row:
    return Row(victim, point_size(snapshot.domain, snapshot.era), snapshot.growth.get(victim.process.key))


def _json_step(step: KillStep, snapshot: Snapshot) -> dict[str, Any]:
    ended = [{"pid": one.pid, "start_ticks": one.key.start_ticks, "name": one.name} for one in step.killed]
    return {**json_row(_row_of(step.victim, snapshot)), "frees": step.frees, "cumulative": step.cumulative, "ends": ended}


def _print_steps(steps: Sequence[KillStep]) -> None:
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
    make_console().print(table)
