"""`guardian growth`: programs that grow steadily, how sure that is, and what grows inside one of them."""

import argparse
import time
from typing import Any, NamedTuple

from guardian.cli.failure import CommandFailed, no_such_process
from guardian.cli.measure import looks, measure, tree_of
from guardian.cli.output import write_json, write_line
from guardian.cli.parser import add_json, seconds_from, whole_from
from guardian.kernel.process import Process, ProcessKey
from guardian.model.grower_search import TOLD_AFTER, GrowerSearch
from guardian.model.growers import LEAST_GROWTH
from guardian.model.mapping_growth import InsideLook
from guardian.model.sustained import FEWEST, Trend, sustained
from guardian.protocol.i18n import N_, _, ngettext
from guardian.protocol.printable import encodable, printable
from guardian.protocol.quantities import format_bytes, format_duration, format_growth, format_percent

DESCRIPTION = N_(
    "Lists the programs and applications that grow steadily, by the sizes that the agent has kept over minutes to days: how\n"
    "fast, with its interval of 95 %, how sure it is that this is more than chance, what is usual, and how earlier runs went.\n"
    "Starting, filling a cache, collecting garbage and opening tabs do not count. Without the agent, or with --seconds, it\n"
    "watches by itself."
)
EXAMPLES = """
guardian growth
guardian growth --pid 4242
guardian growth --seconds 60 --json
"""
SURE = 0.95
_WATCHED = 12.0
_INSIDE = 10.0


class Growing(NamedTuple):
    """One process that grows: bytes it holds now, its trend, and seconds until room is gone by it alone."""

    process: Process
    memory: int
    trend: Trend
    lasts: float


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `guardian growth`."""
    watch = _("watch for so long instead of asking the history (at least 5)")
    parser.add_argument("--seconds", type=seconds_from(FEWEST), metavar="S", help=watch)
    inside = _("what grows inside this process: which kinds of memory, PSS and USS")
    parser.add_argument("--pid", type=whole_from(1), metavar="PID", help=inside)
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Ask the history, or watch, or look inside; then print."""
    if args.pid is not None:
        return _inside(args)
    if args.seconds is None:
        found, why_not = _kept()
        if found is not None:
            return _tell_kept(args, found)
        if not args.json:
            write_line(why_not)
    return _watch(args)


def _kept() -> tuple[GrowerSearch | None, str]:
    """What the history says of now, or why it says nothing."""
    from guardian.adapters.growth_history import kept_growers
    from guardian.adapters.history_schema import StoreUnusable
    from guardian.policy.growth_words import span_words

    try:
        found = kept_growers()
    except StoreUnusable as error:
        return None, str(error)
    if found.newest is None:
        return None, _("The agent has kept no sizes yet, so growth over minutes to days is not known. Start it: guardian agent")
    if not found.fresh(time.time()):
        ago = span_words(time.time() - found.newest)
        return None, _("The last kept sizes are {time} old: the agent does not run. Start it: guardian agent").format(time=ago)
    return found, ""


def _tell_kept(args: argparse.Namespace, found: GrowerSearch) -> int:
    from guardian.policy.growth_words import grower_row, growth_sentence, span_words, story_sentence, who_words

    room = measure(tree_of(args)).room
    if args.json:
        rows = [grower_row(one, room) for one in found.growers]
        write_json({"source": "history", "seconds": found.seconds, "room": room, "watched": found.looked_at, "growing": rows})
        return 0
    for one in found.growers:
        write_line(f"{who_words(one)}: {growth_sentence(one, room)}")
        story = story_sentence(one)
        if story:
            write_line(f"    {story}")
    count, span = found.looked_at, span_words(found.seconds)
    if not found.growers:
        words = ngettext(
            "Nothing grows steadily: {count} program or application was watched for up to {time}.",
            "Nothing grows steadily: {count} programs and applications were watched for up to {time}.",
            count,
        )
        write_line(words.format(count=count, time=span))
    if found.seconds < TOLD_AFTER:
        write_line(_("What grows can be told from what only starts after about {time}.").format(time=format_duration(TOLD_AFTER)))
    return 0


def _watch(args: argparse.Namespace) -> int:
    seconds = args.seconds if args.seconds is not None else _WATCHED
    found, room = growing(args, seconds)
    if args.json:
        rows = [_row(one) for one in found]
        write_json({"source": "watched", "seconds": seconds, "room": room, "growing": rows})
        return 0
    if not found:
        write_line(_("Nothing grew steadily within {time}.").format(time=format_duration(seconds)))
        return 0
    for one in found:
        write_line(
            _("{name} ({pid}): {rate} MiB/min, has {size}, {confidence} sure; room lasts {time} by it alone").format(
                name=printable(one.process.name),
                pid=one.process.pid,
                rate=format_growth(one.trend.rate),
                size=format_bytes(one.memory),
                confidence=format_percent(min(one.trend.confidence, 0.99)),
                time=format_duration(one.lasts),
            )
        )
    return 0


def growing(args: argparse.Namespace, seconds: float) -> tuple[list[Growing], int]:
    """Those that grow steadily, the fastest first, and the room in bytes at the end."""
    points: dict[ProcessKey, list[tuple[float, int]]] = {}
    last: dict[ProcessKey, Process] = {}
    room = 0
    for snapshot in looks(tree_of(args), 1.0, int(seconds) + 1):
        room = snapshot.room
        last = {process.key: process for process in snapshot.sample.processes or () if process.memory is not None}
        for key, process in last.items():
            points.setdefault(key, []).append((snapshot.sample.monotonic, _held(process)))
    found = []
    for key, process in last.items():
        trend = sustained(points[key])
        if trend is not None and trend.rate >= LEAST_GROWTH and trend.confidence >= SURE:
            found.append(Growing(process, _held(process), trend, room / trend.rate))
    return sorted(found, key=lambda one: -one.trend.rate), room


def _held(process: Process) -> int:
    return process.memory.rss_anon + process.memory.swap if process.memory is not None else 0


def _row(one: Growing) -> dict[str, Any]:
    return {
        "kind": "process",
        "pid": one.process.pid,
        "start_ticks": one.process.key.start_ticks,
        "name": encodable(one.process.name),
        "memory": one.memory,
        "growth": one.trend.rate,
        "confidence": round(one.trend.confidence, 4),
        "room_lasts": one.lasts,
    }


def _inside(args: argparse.Namespace) -> int:
    from guardian.policy.growth_words import inside_sentence, mapping_name

    look = _look(args)
    if args.json:
        write_json(
            {
                "pid": args.pid,
                "seconds": look.seconds,
                "before": look.before._asdict(),
                "now": look.now._asdict(),
                "grown": look.grown,
                "mappings": [{**row._asdict(), "name": encodable(row.name)} for row in look.growing],
                "rest": look.rest,
            }
        )
        return 0
    write_line(inside_sentence(look))
    for row in look.growing:
        words = ngettext("{grown} {name}: {size} in {count} piece", "{grown} {name}: {size} in {count} pieces", row.mappings)
        grown, size = format_bytes(row.grown, sign=True), format_bytes(row.held)
        write_line("    " + words.format(grown=grown, name=mapping_name(row.name), size=size, count=row.mappings))
    if not look.growing:
        write_line("    " + _("No kind of its memory grew."))
    return 0


def _look(args: argparse.Namespace) -> InsideLook:
    from guardian.adapters.growth_history import look_inside
    from guardian.kernel.errors import Denied, KernelFileError, Vanished
    from guardian.kernel.process import parse_stat

    tree = tree_of(args)
    try:
        stat = parse_stat(tree.read(f"proc/{args.pid}/stat"))
        look = look_inside(tree, ProcessKey(args.pid, stat.start_ticks), args.seconds or _INSIDE)
    except Vanished:
        raise no_such_process(args.pid) from None
    except Denied:
        owner = _("{pid}: its memory may be seen by its owner and root alone. Try: sudo guardian growth --pid {pid}")
        raise CommandFailed(owner.format(pid=args.pid)) from None
    except KernelFileError as error:
        raise CommandFailed(str(error)) from None
    assert look is not None
    return look
