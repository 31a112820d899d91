"""`guardian pins`: lasting protections, as wished and as /proc says."""

import argparse
from collections.abc import Sequence
from typing import Any

from guardian.adapters.pinner import Pinner
from guardian.adapters.subjects import Subjects
from guardian.cli.measure import measure, tree_of
from guardian.cli.output import make_console, warn, write_json, write_line
from guardian.cli.parser import add_json
from guardian.policy.pins import Budget, Keeper, Plan, Standing, budget, plans
from guardian.protocol.i18n import N_, _, ngettext
from guardian.protocol.printable import printable
from guardian.protocol.quantities import format_adjustment, format_bytes, format_percent

DESCRIPTION = N_(
    "Lists every lasting rule with the processes it means now: wanted is what the rule says, held is what /proc says."
)
EXAMPLES = """
guardian pins
guardian pins --json
"""
STANDINGS = {
    Standing.HELD: N_("held"),
    Standing.WANTED: N_("wanted"),
    Standing.OVERWRITTEN: N_("overwritten by the program"),
    Standing.IMPOSSIBLE: N_("impossible here"),
}
KEEPERS = {Keeper.ONCE: N_("once"), Keeper.AGENT: N_("your agent"), Keeper.HELPER: N_("the helper")}
_MUCH = 0.5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `guardian pins`."""
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Print the rules and how they stand."""
    pins, complaints = Pinner(interactive=False).pins()
    processes = measure(tree_of(args)).sample.processes or ()
    found = plans(pins, processes, Subjects(args.root).describe)
    used = budget(found, processes)
    if args.json:
        write_json({"pins": [_json_plan(plan) for plan in found], "budget": used._asdict(), "complaints": list(complaints)})
        return 0
    for complaint in complaints:
        warn(complaint)
    _show(found, used)
    return 0


def _json_plan(plan: Plan) -> dict[str, Any]:
    rule = plan.pin.rule
    return {
        "id": rule.id,
        **dict.fromkeys(("exe", "unit", "app", "name")),
        rule.kind: rule.target,
        "user": rule.user,
        "adj": rule.adj,
        "keeper": plan.pin.keeper.value,
        "held": plan.held,
        "processes": [
            {
                "pid": member.process.pid,
                "start_ticks": member.process.key.start_ticks,
                "name": printable(member.process.name),
                "wanted": member.wanted,
                "now": member.now,
                "standing": member.standing.value,
            }
            for member in plan.members
        ],
    }


def _show(found: Sequence[Plan], used: Budget) -> None:
    if not found:
        write_line(_("No lasting protections. Make one: guardian pin --exe PATH --adj −500 --persist"))
        return
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for title in (_("What"), _("Which"), _("User")):
        table.add_column(title)
    table.add_column(_("Wanted"), justify="right")
    table.add_column(_("Held"), justify="right")
    table.add_column(_("Kept by"))
    table.add_column(_("Rule"))
    for plan in found:
        rule = plan.pin.rule
        held = f"{plan.held} / {len(plan.members)}" if plan.members else "—"
        keeper = _(KEEPERS[plan.pin.keeper])
        table.add_row(rule.kind, printable(rule.target), rule.user or "—", format_adjustment(rule.adj), held, keeper, rule.id)
    make_console().print(table)
    for plan in found:
        for member in plan.members:
            if member.standing is not Standing.HELD:
                write_line(
                    _("{name} ({pid}): {standing}; /proc says {now}").format(
                        name=printable(member.process.name),
                        pid=member.process.pid,
                        standing=_(STANDINGS[member.standing]),
                        now="—" if member.now is None else format_adjustment(member.now),
                    )
                )
    if used.protected:
        words = _("{size} of memory is protected, {share} of what is in use.").format(
            size=format_bytes(used.protected), share=format_percent(used.share)
        )
        write_line(words)
    if used.share > _MUCH or not used.killable_left:
        left = ngettext(
            "Only {count} process could still be ended.", "Only {count} processes could still be ended.", used.killable_left
        )
        warn(_("That is much: with no victim left the kernel would panic.") + " " + left.format(count=used.killable_left))
