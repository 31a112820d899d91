"""The four ways to name what is pinned, shared by `pin`, `unpin` and the like."""

import argparse
import os
from collections.abc import Sequence
from typing import NamedTuple

from guardian.adapters.pinner import Outcome, Pinner
from guardian.adapters.subjects import Subjects, user_name
from guardian.cli.failure import CommandFailed, WrongUsage, no_such_process
from guardian.cli.measure import measure, tree_of
from guardian.cli.parser import whole_from
from guardian.kernel.process import Process
from guardian.protocol.i18n import _
from guardian.protocol.printable import printable
from guardian.protocol.quantities import format_adjustment
from guardian.protocol.refusals import in_readers_language
from guardian.protocol.rules import Kind, Rule, RuleError, Subject, matches, parse_rule

MOST_PID = 1 << 22


class Target(NamedTuple):
    """What the command line names: one pid, or a kind and its value."""

    pid: int | None
    kind: Kind | None
    value: str


def add_target(parser: argparse.ArgumentParser) -> None:
    """Declare PID, --exe, --unit and --app, of which exactly one is given."""
    choice = parser.add_mutually_exclusive_group(required=True)
    choice.add_argument("pid", nargs="?", type=whole_from(1, MOST_PID), metavar="PID", help=_("one process"))
    choice.add_argument("--exe", metavar="PATH", help=_("every process of this program"))
    choice.add_argument("--unit", metavar="UNIT", help=_("every process of this systemd unit"))
    choice.add_argument("--app", metavar="ID", help=_("every process of this application, by its desktop id"))


def target_of(args: argparse.Namespace) -> Target:
    """The one target that was given."""
    if args.pid is not None:
        return Target(args.pid, None, "")
    if args.exe is not None:
        return Target(None, "exe", args.exe)
    if args.unit is not None:
        return Target(None, "unit", args.unit)
    return Target(None, "app", args.app)


def rule_of(target: Target, value: int, subject: Subject | None, *, immortal: bool = False) -> Rule:
    """The rule for a target; a single process stands for its program.  Raises WrongUsage for one that no rule can have."""
    kind, name = target.kind, target.value
    if kind is None:
        if subject is None or subject.exe is None:
            raise WrongUsage(_("Its program cannot be read, so no rule can name it; use --exe, --unit or --app"))
        kind, name = "exe", subject.exe
    keys: dict[str, object] = {kind: name, "adj": value}
    if immortal:
        keys["immortal"] = True
    if kind == "app" and value < 0:
        keys["user"] = user_name(os.geteuid()) or ""
    try:
        return parse_rule(keys)
    except RuleError as error:
        raise WrongUsage(_("No such rule can be kept: {reason}").format(reason=in_readers_language(str(error)))) from error


def meant(args: argparse.Namespace, target: Target) -> tuple[Sequence[Process], Subjects]:
    """The processes that a target means now.  Raises CommandFailed for a pid that is not there."""
    processes = measure(tree_of(args)).sample.processes or ()
    subjects = Subjects(args.root)
    if target.pid is not None:
        found = [process for process in processes if process.pid == target.pid]
        if not found:
            raise no_such_process(target.pid)
        return found, subjects
    assert target.kind is not None
    probe = Rule(target.kind, target.value, 0)
    people = [process for process in processes if not process.kernel_thread and process.state not in "ZX"]
    return [process for process in people if matches(probe, subjects.describe(process))], subjects


def apply(pinner: Pinner, processes: Sequence[Process], value: int, *, immortal: bool = False) -> list[Outcome]:
    """Set the adjustment of each process; after a refusal that would only repeat itself the rest is left alone."""
    outcomes: list[Outcome] = []
    for process in processes:
        outcome = pinner.set(process, value, immortal=immortal)
        outcomes.append(outcome)
        if outcome.done is None and not outcome.gone:
            break
    return outcomes


def told(outcomes: Sequence[Outcome], value: int) -> list[str]:
    """A line for each process that was changed, as /proc says it.  Raises CommandFailed where one was not."""
    lines = []
    for outcome in outcomes:
        if outcome.done is None:
            if outcome.gone and len(outcomes) > 1:
                continue
            raise CommandFailed(outcome.why)
        done = outcome.done
        name = f"{printable(outcome.process.name)} ({outcome.process.pid})"
        if done.now != value:
            raise CommandFailed(
                _("{name}: not held. {value} was written, /proc says {now}.").format(
                    name=name, value=format_adjustment(value), now=format_adjustment(done.now)
                )
            )
        lines.append(
            _("{name}: {before} → {now}, read back from /proc").format(
                name=name, before=format_adjustment(done.before), now=format_adjustment(done.now)
            )
        )
    return lines
