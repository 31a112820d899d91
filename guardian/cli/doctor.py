"""`guardian doctor`: for each capability what works here, what is missing, and how to get it."""

import argparse

from guardian.adapters.capabilities.capability import Capability
from guardian.cli.output import make_console, write_json
from guardian.cli.parser import add_json
from guardian.protocol.i18n import N_, _, ngettext, use_language

DESCRIPTION = N_(
    "Looks at everything OOM Guardian can use on this machine and says for each: does it work, what was found,\n"
    "and how to get it where it is missing. Changes nothing. Nothing of it is required: each part does what it can."
)
EXAMPLES = "guardian doctor\nguardian doctor --json"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `guardian doctor`."""
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Print all capabilities; returns 0, whatever is missing."""
    found = look(args.root)
    if args.json:
        write_json({"capabilities": [capability._asdict() for capability in found]})
    else:
        show(found)
    return 0


def look(root: str) -> tuple[Capability, ...]:
    """Every capability of this machine, kernel files taken from below `root`."""
    from guardian.adapters.capabilities.desktop import desktop_capabilities
    from guardian.adapters.capabilities.kernel_files import kernel_capabilities
    from guardian.adapters.capabilities.machine import machine_capabilities
    from guardian.cli.measure import measure
    from guardian.kernel.errors import KernelFileError
    from guardian.kernel.tree import KernelTree

    tree = KernelTree(root)
    try:
        snapshot = measure(tree)
    except KernelFileError:
        snapshot = None
    return (
        *kernel_capabilities(tree, snapshot),
        *machine_capabilities(tree, snapshot),
        *desktop_capabilities(use_language()),
    )


def show(found: tuple[Capability, ...]) -> None:
    """Print the capabilities as a table with words for every mark."""
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, show_header=False, padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for capability in found:
        mark, style = _mark(capability)
        says = Text(capability.says)
        if capability.get:
            says.append(f"\n{capability.get}", style="dim")
        table.add_row(Text(mark, style=style), Text(capability.title), says)
    console = make_console()
    console.print(table)
    missing = sum(capability.works is False for capability in found)
    console.print()
    if missing:
        text = ngettext(
            "{count} thing is missing; what needs it goes without.",
            "{count} things are missing; what needs them goes without.",
            missing,
        )
        console.print(text.format(count=missing))
    else:
        console.print(_("Nothing is missing."))


def _mark(capability: Capability) -> tuple[str, str]:
    if capability.works is None:
        return _("–"), "dim"
    return (_("works"), "green") if capability.works else (_("missing"), "yellow")
