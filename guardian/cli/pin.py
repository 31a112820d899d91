"""`guardian pin`: protect a program, or let it be ended first; now, and with --persist for good."""

import argparse

from guardian.adapters.helper_client import HelperClient, HelperRefused, NoHelper
from guardian.adapters.pinner import NotPinned, Pinner
from guardian.cli.failure import CommandFailed, WrongUsage
from guardian.cli.output import warn, write_line
from guardian.cli.parser import size_argument, whole_from
from guardian.cli.pin_targets import Target, add_target, apply, meant, rule_of, target_of, told
from guardian.policy.pins import IMMORTAL, Keeper
from guardian.protocol.i18n import N_, _
from guardian.protocol.quantities import format_adjustment
from guardian.protocol.rules import Subject

DESCRIPTION = N_(
    "Sets the adjustment (oom_score_adj) of a process, or of every process of a program, unit or application.\n"
    "Below 0 protects, above 0 lets it be ended sooner. Raising your own programs needs no password; all else is done\n"
    "by the root helper, which asks for one. What is told afterwards was read back from /proc."
)
EXAMPLES = N_("""
guardian pin 4242 --adj -500                              protect one process
guardian pin --exe /usr/bin/clang --adj 500 --persist     end every clang first, now and in future
guardian pin --unit postgresql.service --adj -500 --persist   protect a unit for good
guardian pin --app org.mozilla.firefox --adj 300          let an application be ended sooner
""")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `guardian pin`."""
    add_target(parser)
    adjs = _("−1000 … 1000; −500 protects well, −1000 makes it impossible to end (needs --immortal)")
    parser.add_argument("--adj", type=whole_from(-1000, 1000), metavar="N", required=True, help=adjs)
    parser.add_argument("--persist", action="store_true", help=_("keep it for processes that start later, also after a restart"))
    insists = _("with --persist: set it again each time the program sets another, at most once a minute")
    parser.add_argument("--insist", action="store_true", help=insists)
    parser.add_argument("--immortal", action="store_true", help=_("say that you mean −1000"))
    unit = parser.add_argument_group(_("with --unit and --persist, kept as a drop-in of systemd"))
    unit.add_argument(
        "--on-kill", choices=("continue", "stop", "kill"), help=_("OOMPolicy=: what a kill of one process does to the unit")
    )
    unit.add_argument(
        "--oomd", choices=("none", "avoid", "omit"), help=_("ManagedOOMPreference=: how systemd-oomd sees the unit")
    )
    unit.add_argument("--reserve", type=size_argument, metavar="BYTES", help=_("MemoryLow=: memory that reclaim leaves alone"))


def run(args: argparse.Namespace) -> int:
    """Set, keep, and say what /proc says."""
    target, value = target_of(args), args.adj
    if (value == IMMORTAL) != args.immortal:
        raise WrongUsage(
            _("−1000 and --immortal go together: nothing could end this program, nor what it starts. −900 protects enough")
        )
    wishes = _unit_plan(args)
    if len(wishes) > 1 and not (args.unit and args.persist):
        raise WrongUsage(_("--on-kill, --oomd and --reserve go with --unit and --persist"))
    by_unit = bool(args.unit) and args.unit.endswith(".service")
    if args.insist and (not args.persist or by_unit):
        raise WrongUsage(_("--insist goes with --persist and a rule: a drop-in of a service acts when it starts"))
    pinner = Pinner()
    processes, subjects = meant(args, target)
    if not processes and not args.persist:
        raise CommandFailed(_("Nothing of that kind runs now. With --persist it is kept for later"))
    outcomes = apply(pinner, processes, value, immortal=args.immortal)
    lines = told(outcomes, value)
    if args.persist:
        subject = subjects.describe(processes[0]) if processes else None
        lines.append(_keep(args, pinner, target, rule_of(target, value, subject, immortal=args.immortal).adj, wishes, subject))
    for line in lines:
        write_line(line)
    if value < 0:
        warn(_("What it starts from now on inherits {value}.").format(value=format_adjustment(value)))
    return 0


def _unit_plan(args: argparse.Namespace) -> dict[str, int | str]:
    wishes: dict[str, int | str | None] = {
        "OOMScoreAdjust": args.adj,
        "OOMPolicy": args.on_kill,
        "ManagedOOMPreference": args.oomd,
        "MemoryLow": args.reserve,
    }
    return {key: value for key, value in wishes.items() if value is not None}


def _keep(
    args: argparse.Namespace, pinner: Pinner, target: Target, value: int, wishes: dict[str, int | str], subject: Subject | None
) -> str:
    """Keep the wish; the sentence that says how."""
    if target.kind == "unit" and target.value.endswith(".service"):
        try:
            path = HelperClient().protect_unit(target.value, wishes, immortal=args.immortal)
        except (NoHelper, HelperRefused) as error:
            raise CommandFailed(str(error)) from error
        return _("Kept in {path}; the adjustment counts from the unit's next start").format(path=path)
    try:
        rule = rule_of(target, value, subject, immortal=args.immortal)
        pin = pinner.keep(rule._replace(insist=args.insist))
    except NotPinned as error:
        raise CommandFailed(str(error)) from error
    if pin.keeper is Keeper.AGENT:
        return _("Kept as {id} in your own rules; the agent applies it").format(id=pin.rule.id)
    return _("Kept as {id} by the helper, for processes as they start").format(id=pin.rule.id)
