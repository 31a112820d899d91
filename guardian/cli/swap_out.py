"""`guardian swap-out PID`: move what a running program does not use to swap."""

import argparse
import os

from guardian.adapters.performer import Performer
from guardian.cli.explain import MOST_PID
from guardian.cli.explanation import find
from guardian.cli.failure import CommandFailed
from guardian.cli.measure import measure, tree_of
from guardian.cli.output import write_line
from guardian.cli.parser import whole_from
from guardian.policy.act_words import done_words
from guardian.policy.acts import SwapOutOrder
from guardian.policy.group_limit import own_group
from guardian.protocol.i18n import N_, _
from guardian.protocol.printable import printable

DESCRIPTION = N_(
    "Moves memory that a program does not use to swap before it is short, and says how much room that gave. Of a group of its\n"
    "own the kernel takes what was longest unused; of a program that stands still, all of it. It comes back by itself when it\n"
    "is used. File cache is room as it is, so without swap there is nothing to move."
)
EXAMPLES = """
guardian swap-out 4242
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `guardian swap-out`."""
    parser.add_argument("pid", type=whole_from(1, MOST_PID), metavar="PID", help=_("the process, or one of its group"))


def run(args: argparse.Namespace) -> int:
    """Move, and say what that gave."""
    tree = tree_of(args)
    snapshot = measure(tree)
    chosen = find(snapshot, tree, args.pid).process
    group = own_group((chosen,), snapshot.sample.processes or (), os.geteuid(), os.getpid())
    done = Performer().perform(SwapOutOrder(printable(chosen.name), (chosen,), group))
    if done.refusals:
        raise CommandFailed(done_words(done))
    write_line(done_words(done))
    return 0
