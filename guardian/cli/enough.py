"""`guardian enough BYTES`: would the kernel grant such an allocation now, in this overcommit mode and in the others."""

import argparse
from typing import Any

from guardian.cli.measure import page_size_here, tree_of
from guardian.cli.output import make_console, write_json
from guardian.cli.parser import add_json, size_argument
from guardian.kernel.errors import KernelFileError, Unparsable
from guardian.kernel.meminfo import parse_meminfo
from guardian.kernel.process import CAP_SYS_ADMIN, parse_status
from guardian.kernel.release import KernelRelease, read_release
from guardian.kernel.sysctl import read_memory_settings
from guardian.kernel.tree import Tree
from guardian.kernel.zoneinfo import parse_zoneinfo
from guardian.model.overcommit import Caller, Grant, Machine, grant
from guardian.protocol.i18n import N_, _
from guardian.protocol.quantities import UNKNOWN, format_bytes

DESCRIPTION = N_(
    "Says whether the kernel would grant one allocation of so many bytes now, in the overcommit mode that is set\n"
    "(vm.overcommit_memory) and in the two others, and why. A refusal is an error for the program that asks, never the\n"
    "end of another. Granted memory may still run out when it is used."
)
EXAMPLES = "guardian enough 8GiB\nguardian enough 512M --json"
MODES = (0, 1, 2)
_NEWEST = KernelRelease(7, 0, 0)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `guardian enough`."""
    parser.add_argument("bytes", type=size_argument, metavar="BYTES", help=_("the size of one request, such as 512M or 8GiB"))
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Print the kernel's answer; returns 0 for a refusal too."""
    tree = tree_of(args)
    machine, caller = read_machine(tree), read_caller(tree)
    now = grant(args.bytes, machine, caller)
    by_mode = [grant(args.bytes, with_mode(machine, mode), caller) for mode in MODES]
    if args.json:
        write_json({"bytes": args.bytes, **now._asdict(), "modes": [_json(one) for one in by_mode]})
    else:
        _show(args.bytes, now, by_mode)
    return 0


def read_machine(tree: Tree) -> Machine:
    """What the decision looks at.  Raises KernelFileError when meminfo cannot be had."""
    try:
        release = read_release(tree)
    except KernelFileError:
        release = _NEWEST
    try:
        zones = parse_zoneinfo(tree.read_or_none("proc/zoneinfo") or "")
    except Unparsable:
        zones = ()
    return Machine(parse_meminfo(tree.read("proc/meminfo")), read_memory_settings(tree), release, page_size_here(), zones)


def read_caller(tree: Tree) -> Caller:
    """A program with this one's own rights and no memory yet."""
    try:
        held = parse_status(tree.read("proc/self/status")).cap_effective
    except KernelFileError:
        held = None
    return Caller(admin=bool((held or 0) >> CAP_SYS_ADMIN & 1))


def with_mode(machine: Machine, mode: int) -> Machine:
    """The machine as if vm.overcommit_memory were another."""
    return machine._replace(settings=machine.settings._replace(overcommit_memory=mode))


def _json(one: Grant) -> dict[str, Any]:
    return {"mode": one.mode, "allowed": one.allowed, "limit": one.limit, "reason": one.reason}


def _answer(one: Grant) -> str:
    return _("granted") if one.allowed else _("refused")


def _show(size: int, now: Grant, by_mode: list[Grant]) -> None:
    from rich.table import Table
    from rich.text import Text

    console = make_console()
    text = _("{size} at once would be granted now.") if now.allowed else _("{size} at once would be refused now.")
    console.print(Text(text.format(size=format_bytes(size)), style="bold"))
    console.print(Text(now.reason))
    console.print()
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for head, right in ((_("Mode"), True), (_("Answer"), False), (_("At most"), True), (_("Why"), False)):
        table.add_column(Text(head), justify="right" if right else "left", no_wrap=right)
    for one in by_mode:
        limit = UNKNOWN if one.limit is None else format_bytes(one.limit, 1)
        style = "bold" if one.mode == now.mode else ""
        mark = f"{one.mode} ◂" if one.mode == now.mode else f"{one.mode}  "
        table.add_row(*(Text(cell, style=style) for cell in (mark, _answer(one), limit, one.reason)))
    console.print(table)
