"""`guardian limit PID`: hold a running program's memory at a limit, or take the limit away."""

import argparse
import os

from guardian.adapters.performer import Performer
from guardian.cli.explain import MOST_PID
from guardian.cli.explanation import find
from guardian.cli.failure import CommandFailed, WrongUsage
from guardian.cli.measure import measure, tree_of
from guardian.cli.output import write_line
from guardian.cli.parser import size_argument, whole_from
from guardian.policy.act_words import done_words
from guardian.policy.acts import LimitOrder
from guardian.policy.group_limit import LimitRefused, limit_refusal, members_of, plan_limit
from guardian.protocol.i18n import N_, _, ngettext
from guardian.protocol.printable import printable

DESCRIPTION = N_(
    "Holds the group of a running program at so much memory (MemoryHigh=). Above it the kernel slows the group down and moves\n"
    "what it does not use to swap; nobody is ended for it. It holds until it is taken away, the program ends or the machine\n"
    "starts anew. A program that is still to be started: guardian run --limit"
)
EXAMPLES = """
guardian limit 4242 --to 2G
guardian limit 4242 --none
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `guardian limit`."""
    parser.add_argument("pid", type=whole_from(1, MOST_PID), metavar="PID", help=_("a process of the group"))
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument("--to", type=size_argument, metavar="BYTES", help=_("at most so much, such as 2G"))
    choice.add_argument("--none", action="store_true", help=_("take the limit away"))


def run(args: argparse.Namespace) -> int:
    """Set or remove the limit and say what was read back."""
    if args.to is None and not args.none:
        raise WrongUsage(_("how much? guardian limit {pid} --to 2G, or --none").format(pid=args.pid))
    tree = tree_of(args)
    snapshot = measure(tree)
    chosen = find(snapshot, tree, args.pid).process
    table = snapshot.sample.processes or ()
    refusal = limit_refusal((chosen,), table, snapshot.sample.cgroups, os.geteuid(), os.getpid())
    if refusal:
        raise CommandFailed(refusal)
    try:
        place = plan_limit((chosen,), table, os.geteuid(), os.getpid())
    except LimitRefused as refused:
        raise CommandFailed(str(refused)) from refused
    done = Performer().perform(LimitOrder(printable(chosen.name), (chosen,), place, args.to))
    if done.refusals:
        raise CommandFailed(done_words(done))
    write_line(done_words(done))
    count = len(members_of(place.path, table))
    words = ngettext("{count} process lives in {path}", "{count} processes live in {path}", count)
    write_line(words.format(count=count, path=printable(place.path)))
    return 0
