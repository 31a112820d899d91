"""`guardian what-if`: the order that would result; nothing is changed."""

import argparse
from collections.abc import Mapping, Sequence

from guardian.cli.failure import WrongUsage, no_such_process
from guardian.cli.measure import measure, tree_of
from guardian.cli.output import make_console, write_json, write_line
from guardian.cli.parser import add_json, signed_size_argument, size_argument, whole_from
from guardian.cli.tables import TERMINAL_ROWS, agreement, columns_for, json_head, json_row, notes, victim_table
from guardian.fields import Row, rows_of
from guardian.kernel.process import ProcessKey
from guardian.model.more_memory import Machine, More, room_with
from guardian.model.what_if import what_if, with_more
from guardian.policy.paper_words import paper_json, paper_lines, ranking_line
from guardian.protocol.i18n import N_, _
from guardian.sampling.sample import Sample
from guardian.sampling.snapshot import Snapshot

DESCRIPTION = N_(
    "Shows the order that would result if adjustments were others, if processes had ended, or if there were more\n"
    "memory: RAM, swap on a disk or on zram; then also the room and for how long it would last. Nothing is changed: it\n"
    "only computes, with the kernel's own rules."
)
EXAMPLES = N_("""
guardian what-if --pid 4242 --adj 500               let 4242 be ended sooner
guardian what-if --pid 1 --adj 0 --pid 2 --adj -500  several at once
guardian what-if --without 4242                     as if 4242 had ended
guardian what-if --swap 8GiB                        with 8 GiB of swap more; less: --swap=-2GiB
guardian what-if --zram 8GiB                        with zram that may store 8 GiB more
guardian what-if --ram 16GiB                        with 16 GiB of RAM more
""")
MOST_PID = 1 << 22


class _Adjusting(argparse.Action):
    """Pairs each --pid with the --adj that follows it."""

    def __call__(
        self, parser: argparse.ArgumentParser, namespace: argparse.Namespace, value: object, option: str | None = None
    ) -> None:
        pairs: list[list[object]] = getattr(namespace, self.dest) or []
        if option == "--pid":
            pairs.append([value])
        elif not pairs or len(pairs[-1]) == 2:
            parser.error(_("--adj {value} follows no --pid").format(value=value))
        else:
            pairs[-1].append(value)
        setattr(namespace, self.dest, pairs)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `guardian what-if`."""
    pid, adj = whole_from(1, MOST_PID), whole_from(-1000, 1000)
    pids = _("a process whose adjustment would be the --adj that follows")
    parser.add_argument("--pid", type=pid, metavar="PID", dest="adjustments", action=_Adjusting, help=pids)
    adjs = _("its oom_score_adj, -1000 … 1000")
    parser.add_argument("--adj", type=adj, metavar="N", dest="adjustments", action=_Adjusting, help=adjs)
    parser.add_argument("--without", type=pid, metavar="PID", action="append", default=[], help=_("as if this process had ended"))
    swap = _("so much more swap (less: --swap=-2GiB)")
    parser.add_argument("--swap", type=signed_size_argument, metavar="BYTES", default=0, help=swap)
    zram = _("zram that may store so much more, compressed in RAM")
    parser.add_argument("--zram", type=size_argument, metavar="BYTES", default=0, help=zram)
    parser.add_argument("--ram", type=size_argument, metavar="BYTES", default=0, help=_("so much more RAM"))
    parser.add_argument("-n", type=whole_from(1), metavar="N", dest="count", help=_("show the first N only"))
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Print the resulting order, with the place that each has now."""
    adjustments = _pairs(args)
    more = More(args.swap, args.zram, args.ram)
    if not adjustments and not args.without and not any(more):
        raise WrongUsage(
            _("what-if of what? Give --pid with --adj, --without, --swap, --zram or --ram. See: guardian what-if --help")
        )
    snapshot = measure(tree_of(args))
    _require(snapshot, (*adjustments, *args.without))
    sample = snapshot.sample
    victims = what_if(
        sample.processes or (),
        snapshot.domain,
        snapshot.era,
        adjustments=adjustments,
        without=args.without,
        extra_bytes=more.weight,
        cgroups=sample.cgroups,
    )
    result = snapshot._replace(domain=with_more(snapshot.domain, more.weight), victims=victims)
    was = {victim.process.key: victim.rank for victim in snapshot.victims}
    ranked = tuple(victim for victim in victims if victim.rank is not None)
    wanted = args.count if args.count is not None or args.json else TERMINAL_ROWS
    rows = rows_of(result._replace(victims=ranked[:wanted]))
    if args.json:
        supposed = {
            "adjustments": [{"pid": p, "adj": n} for p, n in adjustments.items()],
            "without": args.without,
            **more._asdict(),
        }
        told = [{**json_row(row), "was": was.get(row.key)} for row in rows]
        memory = paper_json(room_with(machine_of(sample), more), _forecast(args)) if any(more) else {}
        write_json({**json_head(result), "supposed": supposed, **memory, "victims": told})
    else:
        _show(result, rows, was)
        if any(more):
            _show_memory(args, snapshot, result, more)
    return 0


def machine_of(sample: Sample) -> Machine:
    """What room is made of in a sample."""
    return Machine(sample.memory, sample.page_size, sample.zones, sample.swaps, sample.zram)


def _forecast(args: argparse.Namespace) -> tuple[float, float, float] | None:
    """The agent's forecast; None where there is no agent, or no trend."""
    from guardian.adapters.agent_client import NoAgent, ask_agent
    from guardian.adapters.session_bus import NoBus

    if args.root != "/":
        return None
    try:
        return ask_agent().seconds_left
    except (NoBus, NoAgent):
        return None


def _show_memory(args: argparse.Namespace, snapshot: Snapshot, result: Snapshot, more: More) -> None:
    paper = room_with(machine_of(snapshot.sample), more)
    write_line()
    for line in (*paper_lines(more, paper, _forecast(args)), ranking_line(snapshot.victims, result.victims)):
        write_line(line)


def _pairs(args: argparse.Namespace) -> dict[int, int]:
    found = {}
    for pair in args.adjustments or ():
        if len(pair) != 2:
            raise WrongUsage(_("--pid {pid} has no --adj after it. See: guardian what-if --help").format(pid=pair[0]))
        found[pair[0]] = pair[1]
    return found


def _require(snapshot: Snapshot, pids: Sequence[int]) -> None:
    there = {victim.process.pid for victim in snapshot.victims}
    for pid in pids:
        if pid not in there:
            raise no_such_process(pid)


def _show(result: Snapshot, rows: Sequence[Row], was: Mapping[ProcessKey, int | None]) -> None:
    from rich.text import Text

    console = make_console()
    console.print(victim_table(rows, columns_for(console.width), was))
    console.print()
    console.print(Text(_("Nothing was changed: this is only what would be."), style="dim"))
    console.print(Text(agreement(result), style="dim"))
    for line in notes(result):
        console.print(Text(line, style="yellow"))
