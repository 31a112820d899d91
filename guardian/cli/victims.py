"""`guardian victims`: whom the kernel would end, in its own order."""

import argparse
from collections.abc import Sequence

from guardian.cli.failure import CommandFailed, WrongUsage
from guardian.cli.kill_steps import show_sequence
from guardian.cli.measure import measure, tree_of
from guardian.cli.output import make_console, write_json
from guardian.cli.parser import add_json, size_argument, whole_from
from guardian.cli.tables import TERMINAL_ROWS, agreement, columns_for, json_head, json_rows, notes, victim_table
from guardian.fields import Row, rows_of
from guardian.kernel.cgroup import MemoryCgroup
from guardian.model.constraints import memcg_domain
from guardian.model.victim import rank_victims
from guardian.protocol.i18n import N_, _
from guardian.protocol.printable import printable
from guardian.protocol.quantities import format_bytes
from guardian.sampling.snapshot import Snapshot

DESCRIPTION = N_(
    "Ranks all processes as the kernel's OOM killer does: by points (badness), which are memory plus what the\n"
    "adjustment (oom_score_adj) adds. Number 1 would be ended first. Nothing is changed."
)
EXAMPLES = N_("""
guardian victims                        the first 20
guardian victims --all --json           every process, also those never ended, for programs
guardian victims --memcg /user.slice    whom that control group's own limit would hit
guardian victims --free 4GiB            who would end, one after another, until 4 GiB are free
""")


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
        return show_sequence(snapshot, args)
    chosen = [victim for victim in snapshot.victims if args.all or victim.rank is not None]
    wanted = args.count if args.count is not None or args.json or args.all else TERMINAL_ROWS
    rows = rows_of(snapshot._replace(victims=tuple(chosen[:wanted])))
    if args.json:
        write_json({**json_head(snapshot), "victims": json_rows(rows)})
    else:
        _show(snapshot, rows, len(chosen), args)
    return 0


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
    columns = columns_for(console.width)
    columns = (*columns, "unkillable") if args.all else columns
    console.print(victim_table(rows, columns))
    console.print()
    if snapshot.domain.cgroup is not None:
        total = format_bytes(snapshot.domain.total_pages * snapshot.domain.page_size)
        console.print(Text(_("Inside {path}, which divides {size}.").format(path=printable(snapshot.domain.cgroup), size=total)))
    if len(rows) < there:
        console.print(Text(_("{shown} of {count} shown; -n {count} shows all.").format(shown=len(rows), count=there)))
    console.print(Text(agreement(snapshot), style="dim"))
    for line in notes(snapshot):
        console.print(Text(line, style="yellow"))
