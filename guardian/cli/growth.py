"""`guardian growth`: programs that grow steadily, and how sure that is."""

import argparse
from typing import Any, NamedTuple

from guardian.cli.measure import looks, tree_of
from guardian.cli.output import write_json, write_line
from guardian.cli.parser import add_json, seconds_from
from guardian.kernel.process import Process, ProcessKey
from guardian.model.growers import LEAST_GROWTH
from guardian.model.sustained import FEWEST, Trend, sustained
from guardian.protocol.i18n import N_, _
from guardian.protocol.printable import encodable, printable
from guardian.protocol.quantities import format_bytes, format_duration, format_growth, format_percent

DESCRIPTION = N_(
    "Watches for some seconds and lists the programs whose memory (anon and swap) rises all the time, with the confidence that\n"
    "this is more than chance, and how long room would last if they went on."
)
EXAMPLES = """
guardian growth
guardian growth --seconds 60 --json
"""
SURE = 0.95


class Growing(NamedTuple):
    """One process that grows: bytes it holds now, its trend, and seconds until room is gone by it alone."""

    process: Process
    memory: int
    trend: Trend
    lasts: float


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `guardian growth`."""
    parser.add_argument(
        "--seconds", type=seconds_from(FEWEST), default=12.0, metavar="S", help=_("how long to watch (default 12, at least 5)")
    )
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Watch, then print."""
    found, room = growing(args)
    if args.json:
        write_json({"seconds": args.seconds, "room": room, "growing": [_row(one) for one in found]})
        return 0
    if not found:
        write_line(_("Nothing grew steadily within {time}.").format(time=format_duration(args.seconds)))
        return 0
    for one in found:
        write_line(
            _("{name} ({pid}): {rate} MiB/min, has {size}, {confidence} sure; room lasts {time} by it alone").format(
                name=printable(one.process.name),
                pid=one.process.pid,
                rate=format_growth(one.trend.rate),
                size=format_bytes(one.memory),
                confidence=format_percent(one.trend.confidence),
                time=format_duration(one.lasts),
            )
        )
    return 0


def growing(args: argparse.Namespace) -> tuple[list[Growing], int]:
    """Those that grow steadily, the fastest first, and the room in bytes at the end."""
    points: dict[ProcessKey, list[tuple[float, int]]] = {}
    last: dict[ProcessKey, Process] = {}
    room = 0
    for snapshot in looks(tree_of(args), 1.0, int(args.seconds) + 1):
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
        "pid": one.process.pid,
        "start_ticks": one.process.key.start_ticks,
        "name": encodable(one.process.name),
        "memory": one.memory,
        "growth": one.trend.rate,
        "confidence": round(one.trend.confidence, 4),
        "room_lasts": one.lasts,
    }
