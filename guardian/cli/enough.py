"""`guardian enough BYTES`: would the kernel grant such an allocation now, in this overcommit mode and in the others."""

import argparse
from typing import Any

from guardian.adapters.machine_settings import read_caller, read_machine
from guardian.cli.measure import tree_of
from guardian.cli.output import make_console, write_json
from guardian.cli.parser import add_json, size_argument
from guardian.model.overcommit import Grant
from guardian.policy.enough import Answer, answer, gauge_words, limit_words
from guardian.protocol.i18n import N_, _
from guardian.protocol.quantities import UNKNOWN, format_bytes

DESCRIPTION = N_(
    "Says whether the kernel would grant one allocation of so many bytes now, in the overcommit mode that is set\n"
    "(vm.overcommit_memory) and in the two others, and why. A refusal is an error for the program that asks, never the\n"
    "end of another. Granted memory may still run out when it is used."
)
EXAMPLES = "guardian enough 8GiB\nguardian enough 512M --json"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `guardian enough`."""
    parser.add_argument("bytes", type=size_argument, metavar="BYTES", help=_("the size of one request, such as 512M or 8GiB"))
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Print the kernel's answer; returns 0 for a refusal too."""
    tree = tree_of(args)
    found = answer(args.bytes, read_machine(tree), read_caller(tree))
    if args.json:
        write_json(_json_answer(found))
    else:
        _show(found)
    return 0


def _json_answer(found: Answer) -> dict[str, Any]:
    commit = found.commit
    return {
        "bytes": found.size,
        **found.now._asdict(),
        "modes": [_json(one) for one in found.modes],
        "rule": found.rule,
        "commit": {
            "promised": commit.promised,
            "limit": commit.limit,
            "allowed": commit.allowed,
            "enforced": commit.facts.mode == 2,
            "least_ratio": commit.least_ratio,
            "roomy_ratio": commit.roomy_ratio,
        },
    }


def _json(one: Grant) -> dict[str, Any]:
    return {"mode": one.mode, "allowed": one.allowed, "limit": one.limit, "reason": one.reason}


def _answer(one: Grant) -> str:
    return _("granted") if one.allowed else _("refused")


def _show(found: Answer) -> None:
    from rich.table import Table
    from rich.text import Text

    console = make_console()
    now = found.now
    text = _("{size} at once would be granted now.") if now.allowed else _("{size} at once would be refused now.")
    console.print(Text(text.format(size=format_bytes(found.size)), style="bold"))
    console.print(Text(_("{reason} It is {rule}.").format(reason=now.reason, rule=found.rule)))
    console.print()
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for head, right in ((_("Mode"), True), (_("Answer"), False), (_("At most"), True), (_("Why"), False)):
        table.add_column(Text(head), justify="right" if right else "left", no_wrap=right)
    for one in found.modes:
        limit = UNKNOWN if one.limit is None else format_bytes(one.limit, 1)
        style = "bold" if one.mode == now.mode else ""
        mark = f"{one.mode} ◂" if one.mode == now.mode else f"{one.mode}  "
        table.add_row(*(Text(cell, style=style) for cell in (mark, _answer(one), limit, one.reason)))
    console.print(table)
    console.print()
    console.print(Text(gauge_words(found.commit)))
    console.print(Text(limit_words(found.commit)))
