"""`guardian history`: what was ended here, by whom and why, from whatever logs the machine has or from a file."""

import argparse
import contextlib
import os
import re
import sys
import time
from collections.abc import Callable, Iterator
from datetime import datetime

from guardian.adapters.kill_sources import Reading, read_log, read_machine
from guardian.adapters.log_files import LogUnreadable, Progress
from guardian.cli.failure import CommandFailed, WrongUsage
from guardian.cli.output import make_console, warn, write_json
from guardian.cli.parser import add_json
from guardian.model.history import Kill
from guardian.policy.kill_json import kill_rows
from guardian.policy.kill_words import explanation, headline, when_words
from guardian.protocol.i18n import N_, _, ngettext
from guardian.protocol.printable import printable
from guardian.protocol.quantities import format_bytes

DESCRIPTION = N_(
    "Tells of every kill for lack of memory: who was ended, by which killer and why, who caused it, and whether our\n"
    "ranking agrees with the kernel's. Reads the history that the agent keeps, the journal, /var/log and the kernel log."
)
EXAMPLES = N_("""
guardian history                          this machine's, of all starts that its logs hold
guardian history --since 7d               of the last seven days
guardian history --log dmesg.txt          what a log file tells; also .gz, .xz, .zst
journalctl -b -1 -k | guardian history --log -
guardian history --export report          the kept history as files, for a bug report
""")
_SPAN = re.compile(r"(\d{1,9}(?:\.\d{1,6})?)\s*(s|min|h|d|w)")
_UNITS = {"s": 1, "min": 60, "h": 3600, "d": 86400, "w": 7 * 86400}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `guardian history`."""
    add_json(parser)
    parser.add_argument("--log", metavar="FILE", help=_("read this log instead of the machine's; - is standard input"))
    parser.add_argument(
        "--since", type=moment_argument, metavar="T", help=_("kills since then: 30min, 6h, 7d, 2026-11-23 or 2026-11-23T14:00")
    )
    parser.add_argument("--export", metavar="DIR", help=_("write the kept history into a new folder: JSON lines, and texts"))
    parser.add_argument("--keep", action="store_true", help=_("keep what this machine's logs tell in the history, for good"))
    parser.add_argument(
        "--ask", action="store_true", help=_("let the helper ask for a password where the kernel log is not readable for you")
    )


def run(args: argparse.Namespace) -> int:
    """Print the kills."""
    if args.export is not None:
        return _export(args)
    with progress_shown() as told:
        reading = _read(args, told)
    if args.keep:
        _keep(reading)
    if args.json:
        write_json({"kills": [row for kill in reading.kills for row in kill_rows(kill)]})
        for gap in reading.gaps:
            warn(_("guardian: not read: {reason}").format(reason=gap))
    else:
        _show(reading, args)
    return 0


def moment_argument(text: str) -> float:
    """An argument type: a time (seconds since the epoch) from a span before now, a date, or seconds since the epoch."""
    if found := _SPAN.fullmatch(text.strip()):
        return time.time() - float(found[1]) * _UNITS[found[2]]
    with contextlib.suppress(ValueError, OverflowError):
        return float(int(text))
    with contextlib.suppress(ValueError, OverflowError, OSError):
        return datetime.fromisoformat(text).timestamp()
    raise argparse.ArgumentTypeError(
        _("{text!r} is no time; write 30min, 6h, 7d, 2026-11-23 or 2026-11-23T14:00").format(text=text[:32])
    )


@contextlib.contextmanager
def progress_shown() -> Iterator[Callable[[str, Progress], bool] | None]:
    """How far a long reading is, on a terminal's stderr; nothing where stderr is no terminal."""
    if sys.stderr is None or not sys.stderr.isatty():
        yield None
        return
    begun, shown = time.monotonic(), 0.0

    def told(source: str, progress: Progress) -> bool:
        nonlocal shown
        now = time.monotonic()
        if now - begun > 1 and now - shown > 0.2:
            shown = now
            share = format_bytes(progress.done)
            if progress.total:
                share = _("{done} of {total}").format(done=share, total=format_bytes(progress.total))
            line = _("Reading {source}: {share}").format(source=printable(source), share=share)
            sys.stderr.write(f"\r\033[K{line}")
            sys.stderr.flush()
        return True

    try:
        yield told
    finally:
        if shown:
            sys.stderr.write("\r\033[K")
            sys.stderr.flush()


def _read(args: argparse.Namespace, told: Callable[[str, Progress], bool] | None) -> Reading:
    if args.log is None and args.root != "/":
        # The disk of another machine: its files, not this kernel's log nor this user's history.
        folder = os.path.join(args.root, "var/log")
        return read_machine(args.since, told, kmsg=None, folder=folder, journal=os.path.join(folder, "journal"))
    if args.log is None:
        return read_machine(args.since, told, ask=args.ask, known=_stored(args.since))
    if args.ask or args.keep:
        raise WrongUsage(_("--ask and --keep are for this machine's own logs, not for --log. See: guardian history --help"))
    try:
        reading = read_log(args.log, told)
    except LogUnreadable as error:
        raise CommandFailed(str(error)) from error
    if args.since is None:
        return reading
    kept = tuple(kill for kill in reading.kills if kill.time is None or kill.time >= args.since)
    return reading._replace(kills=kept)


def _stored(since: float | None) -> tuple[Kill, ...]:
    """What the agent has kept; nothing where there is no store."""
    from guardian.adapters.history_store import HistoryStore, StoreUnusable, history_path

    path = history_path()
    if not path.exists():
        return ()
    try:
        with HistoryStore(path, writable=False) as store:
            return store.kills(since)
    except StoreUnusable as error:
        warn(_("guardian: not read: {reason}").format(reason=error))
        return ()


def _keep(reading: Reading) -> None:
    """Put into the store what is not there yet."""
    import sqlite3

    from guardian.adapters.history_store import HistoryStore, StoreUnusable

    new = [kill for kill in reading.kills if kill.key is None]
    try:
        with HistoryStore() as store, store.transaction():
            for kill in new:
                store.put_kill(kill)
    except (StoreUnusable, sqlite3.Error) as error:
        raise CommandFailed(str(error)) from error


def _export(args: argparse.Namespace) -> int:
    from guardian.adapters.history_export import export_history
    from guardian.adapters.history_store import HistoryStore, StoreUnusable, history_path

    if args.log is not None or args.json:
        raise WrongUsage(_("--export does not go with --log or --json. See: guardian history --help"))
    try:
        with HistoryStore(history_path(), writable=False) as store:
            written = export_history(store, args.export)
    except StoreUnusable as error:
        raise CommandFailed(str(error)) from error
    from guardian.cli.output import write_line

    for path in written:
        write_line(str(path))
    return 0


def _show(reading: Reading, args: argparse.Namespace) -> None:
    from rich.text import Text

    console = make_console()
    for kill in reading.kills:
        console.print(Text(when_words(kill), style="dim").append("  ").append(headline(kill), style="bold"))
        for line in explanation(kill):
            console.print(Text("  " + line))
        console.print()
    console.print(Text(_summary(reading, args)))
    if args.log is None:
        for gap in reading.gaps:
            console.print(Text(_("Not read: {reason}").format(reason=gap), style="yellow"))


def _summary(reading: Reading, args: argparse.Namespace) -> str:
    if not reading.kills:
        if args.log is not None:
            return _("No kill in this log.")
        read = ", ".join(reading.sources) or _("nothing")
        return _("No kill for lack of memory was found. Read: {sources}.").format(sources=printable(read))
    processes = sum(kill.processes for kill in reading.kills)
    count = len(reading.kills)
    told = ngettext("{count} kill", "{count} kills", count).format(count=count)
    if processes != count:
        ended = ngettext("{count} process", "{count} processes", processes).format(count=processes)
        told = _("{kills}, {processes}").format(kills=told, processes=ended)
    checked = [kill.rescored.agrees for kill in reading.kills if kill.rescored.agrees is not None]
    if checked:
        words = _("{told}; {agreeing} of {checked} that could be ranked again agree with the kernel.")
        return words.format(told=told, agreeing=sum(checked), checked=len(checked))
    return f"{told}."
