"""`guardian record`: keeps what the kernel says, moment by moment, so that it can be looked at again elsewhere."""

import argparse
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from guardian.adapters.kernel_ring import read_kernel_ring
from guardian.cli.cadence import beats
from guardian.cli.failure import CommandFailed
from guardian.cli.measure import page_size_here, tree_of
from guardian.cli.output import warn, write_line
from guardian.cli.parser import seconds_from, whole_from
from guardian.protocol.i18n import N_, _
from guardian.protocol.printable import printable
from guardian.protocol.quantities import format_bytes, format_seconds
from guardian.sampling.recording import Clocks, NotWritable, Recorder, record
from guardian.sampling.redaction import Redaction

DESCRIPTION = N_(
    "Writes the files of /proc that OOM Guardian reads, sample by sample, into a folder, until Ctrl-C or for so many\n"
    "seconds. guardian replay plays it back on any machine. A bug report is one such folder; with --redact it holds\n"
    "no names of programs, users or files."
)
EXAMPLES = """
guardian record -o /tmp/slow --seconds 60
guardian record -o report --redact --interval 500
guardian replay report
"""
MOST_INTERVAL = 3_600_000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `guardian record`."""
    parser.add_argument(
        "-o", metavar="DIR", dest="folder", required=True, help=_("the folder to write; it must hold no recording yet")
    )
    parser.add_argument("--seconds", type=seconds_from(0.0), metavar="S", help=_("how long (default: until Ctrl-C)"))
    interval = _("milliseconds between two samples (default 1000)")
    parser.add_argument("--interval", type=whole_from(10, MOST_INTERVAL), metavar="MS", default=1000, help=interval)
    parser.add_argument("--redact", action="store_true", help=_("put stand-ins for names, users and command lines"))


def run(args: argparse.Namespace) -> int:
    """Record until the time is over or a signal comes, then close the recording properly."""
    redaction = Redaction() if args.redact else None
    clocks = Clocks(time.monotonic_ns, time.time_ns)
    begun = time.monotonic()
    try:
        recorder = Recorder(args.folder, tree_of(args), clocks, page_size=page_size_here(), redaction=redaction)
        if args.seconds is None:
            warn(_("Recording to {folder} until Ctrl-C.").format(folder=printable(args.folder)))
        # Whatever ends it, what was recorded so far is kept whole.
        try:
            with ended_by_signals():
                record(recorder, _ticks(args))
        except KeyboardInterrupt:
            pass
        finally:
            recorder.close(read_kernel_ring(begun) or "" if args.root == "/" else "")
    except NotWritable as error:
        raise CommandFailed(str(error)) from error
    size = sum(file.stat().st_size for file in Path(args.folder).iterdir() if file.is_file())
    text = _("{count} samples in {seconds}, {size}: {folder}. Look at them: guardian replay {folder}")
    seconds = format_seconds(time.monotonic() - begun)
    write_line(
        text.format(count=recorder.samples, seconds=seconds, size=format_bytes(size), folder=printable(os.fspath(args.folder)))
    )
    return 0


def _ticks(args: argparse.Namespace) -> Iterator[float]:
    interval = args.interval / 1000
    count = None if args.seconds is None else int(args.seconds / interval) + 1
    return beats(interval, count)


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """Meanwhile SIGTERM ends the program as Ctrl-C does, so that what is open can be closed."""

    def interrupt(_number: int, _frame: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
