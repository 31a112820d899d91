"""`guardian doctor`: for each capability what works here, what is missing, and how to get it."""

import argparse

from guardian.adapters.capabilities.capability import Capability
from guardian.adapters.settings_place import chosen_language
from guardian.cli.output import make_console, write_json
from guardian.cli.parser import add_json
from guardian.model.killer_scene import KillerScene
from guardian.model.verdict import State
from guardian.policy.killer_findings import finding_json, findings, fix_words, killer_rows
from guardian.protocol.i18n import N_, _, ngettext, use_language
from guardian.sampling.snapshot import Snapshot

DESCRIPTION = N_(
    "Looks at everything OOM Guardian can use on this machine and says for each: does it work, what was found,\n"
    "and how to get it where it is missing. Then who else ends programs here, and where two of them clash. Changes\n"
    "nothing. Nothing of it is required: each part does what it can."
)
EXAMPLES = "guardian doctor\nguardian doctor --json"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `guardian doctor`."""
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Print all capabilities; returns 0, whatever is missing."""
    snapshot = _measured(args.root)
    found = look(args.root, snapshot)
    scene = killers(args.root, snapshot)
    if args.json:
        rows, told = [], []
        if scene is not None:
            rows = [row._asdict() for row in killer_rows(scene)]
            told = [finding_json(one) for one in findings(scene)]
        write_json({"capabilities": [capability._asdict() for capability in found], "killers": {"who": rows, "findings": told}})
    else:
        show(found)
        if scene is not None:
            show_killers(scene)
    return 0


def _measured(root: str) -> Snapshot | None:
    from guardian.cli.measure import measure
    from guardian.kernel.errors import KernelFileError
    from guardian.kernel.tree import KernelTree

    try:
        return measure(KernelTree(root))
    except KernelFileError:
        return None


def killers(root: str, snapshot: Snapshot | None) -> KillerScene | None:
    """Who ends programs here; None where not even memory can be read."""
    from guardian.adapters.killer_scene import look_at_killers

    return look_at_killers(snapshot.sample, root) if snapshot is not None else None


def show_killers(scene: KillerScene) -> None:
    """Print who ends programs here, and what is worth knowing about it."""
    from rich.table import Table
    from rich.text import Text

    console = make_console()
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for head in (_("Who ends programs here"), _("State"), _("Acts when")):
        table.add_column(Text(head, style="bold"), overflow="fold")
    for row in killer_rows(scene):
        table.add_row(*(Text(cell, style="" if row.there else "dim") for cell in (row.who, row.state, row.acts_when)))
    console.print()
    console.print(table)
    for one in findings(scene):
        console.print()
        console.print(Text(one.headline, style="" if one.state is State.CALM else "yellow"))
        console.print(Text(f"  {one.text}"))
        if one.command is not None:
            console.print(Text(f"  {one.command}"), soft_wrap=True)
        if one.wish is not None:
            console.print(Text(f"  {fix_words(one.wish)}"))


def look(root: str, snapshot: Snapshot | None) -> tuple[Capability, ...]:
    """Every capability of this machine, kernel files taken from below `root`."""
    from guardian.adapters.capabilities.desktop import desktop_capabilities
    from guardian.adapters.capabilities.kernel_files import kernel_capabilities
    from guardian.adapters.capabilities.machine import machine_capabilities
    from guardian.kernel.tree import KernelTree

    tree = KernelTree(root)
    return (
        *kernel_capabilities(tree, snapshot),
        *machine_capabilities(tree, snapshot),
        *desktop_capabilities(use_language(chosen_language())),
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
