"""Arguments of the command line, with help that teaches: what a command is for, an example, what its exit code says."""

import argparse
import gettext
import os
import sys
from collections.abc import Callable, Iterable
from types import ModuleType
from typing import NoReturn

from guardian import __version__
from guardian.cli.commands import GROUPS, Command, offered_commands
from guardian.cli.failure import USAGE
from guardian.protocol.i18n import DOMAIN, N_, _, locale_folders
from guardian.protocol.printable import printable
from guardian.protocol.quantities import parse_bytes

PROGRAM = "guardian"
_DAY = 86400
_LONGEST_NAME = 40

# argparse asks gettext for these itself; marking them here puts them into the catalogue.
ARGPARSE_TEXTS = (
    N_("usage: "),
    N_("positional arguments"),
    N_("options"),
    N_("show this help message and exit"),
    N_("show program's version number and exit"),
    N_("the following arguments are required: %s"),
    N_("unrecognized arguments: %s"),
    N_("expected one argument"),
    N_("expected at least one argument"),
    N_("invalid %(type)s value: %(value)r"),
    N_("argument %(argument_name)s: %(message)s"),
    N_("not allowed with argument %s"),
)

EXIT_CODES = N_("exit code: 0 done, 1 failed (one line on stderr says why), 2 wrong usage")


class _Help(argparse.RawDescriptionHelpFormatter):
    """Help as wide as the terminal.  argparse would ask shutil, which loads a MiB of archive formats into the agent."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=_columns() - 2)


def _columns() -> int:
    """Columns of the terminal, as COLUMNS says or stdout; 80 in a pipe."""
    said = os.environ.get("COLUMNS", "")
    if said.isdecimal() and int(said) > 0:
        return int(said)
    try:
        return os.get_terminal_size(1).columns or 80
    except OSError:
        return 80


class Parser(argparse.ArgumentParser):
    """An argument parser that refuses in one line and points to the help."""

    def error(self, message: str) -> NoReturn:
        """Say what was wrong with the arguments and end with exit code 2."""
        line = _("{program}: {message}. See: {program} --help").format(program=self.prog, message=message.rstrip("."))
        sys.stderr.write(line + "\n")
        sys.exit(USAGE)


def use_catalogue() -> None:
    """Let argparse find its own sentences in our catalogue."""
    for folder in locale_folders():
        if gettext.find(DOMAIN, folder):
            gettext.bindtextdomain(DOMAIN, folder)
            gettext.textdomain(DOMAIN)
            return


def program_parser() -> Parser:
    """The parser of what stands before a command."""
    parser = Parser(
        prog=PROGRAM,
        usage=_("guardian [--hidden] | guardian COMMAND [ARGUMENTS] | guardian COMMAND --help"),
        description=_(
            "Shows whom the Linux kernel would end when memory runs out, and why, before it happens.\n"
            "Without a command it opens the window; without a display it shows the live list here."
        ),
        formatter_class=_Help,
        epilog=_commands_help(offered_commands()),
    )
    parser.add_argument("--hidden", action="store_true", help=_("start in the tray, without a window"))
    told = _("show program's version number and exit")
    parser.add_argument("--version", action="version", version=f"OOM Guardian {__version__}", help=told)
    # For tests and for looking at copied trees: kernel files are read below this folder.
    parser.add_argument("--root", default="/", help=argparse.SUPPRESS)
    return parser


def command_parser(command: Command, module: ModuleType) -> Parser:
    """The parser of one command's own arguments."""
    examples = getattr(module, "EXAMPLES", "")
    parts = [_("examples:") + "\n" + _indented(_(examples))] if examples else []
    parts.append(_(getattr(module, "EXIT_CODES", EXIT_CODES)))
    summary, about = _(command.summary), getattr(module, "DESCRIPTION", "")
    parser = Parser(
        prog=f"{PROGRAM} {command.name}",
        description=_(about) if about else summary[:1].upper() + summary[1:] + ".",
        formatter_class=_Help,
        epilog="\n\n".join(parts),
        allow_abbrev=False,
    )
    add = getattr(module, "add_arguments", None)
    if add is not None:
        add(parser)
    return parser


def unknown_command(name: str) -> str:
    """The line that refuses an unknown command, with the nearest one that exists."""
    import difflib

    names = [command.name for command in offered_commands()]
    name = printable(name[:_LONGEST_NAME])
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    if near:
        return _("“{name}” is no command of guardian. Did you mean: guardian {near}").format(name=name, near=near[0])
    return _("“{name}” is no command of guardian. List them: guardian --help").format(name=name)


def size_argument(text: str) -> int:
    """An argument type: bytes, or a size such as 512M."""
    try:
        return parse_bytes(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def signed_size_argument(text: str) -> int:
    """An argument type: a size, or one less: "-2GiB"."""
    size = size_argument(text.lstrip().removeprefix("-"))
    return -size if text.lstrip().startswith("-") else size


def whole_from(least: int, most: int | None = None) -> Callable[[str], int]:
    """An argument type: a whole number from `least` on; `most` None has no end."""

    def whole(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            raise argparse.ArgumentTypeError(_("{text!r} is no whole number").format(text=text[:24])) from None
        if value < least or (most is not None and value > most):
            span = f"{least} … {most}" if most is not None else _("{least} or more").format(least=least)
            raise argparse.ArgumentTypeError(_("{value} is out of range, want {span}").format(value=value, span=span))
        return value

    return whole


def seconds_from(least: float) -> Callable[[str], float]:
    """An argument type: seconds, at least `least` and at most a day."""

    def seconds(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            raise argparse.ArgumentTypeError(_("{text!r} is no number of seconds").format(text=text[:24])) from None
        if not least <= value <= _DAY:
            raise argparse.ArgumentTypeError(
                _("{value} s is out of range, want {span}").format(value=text[:24], span=f"{least} … {_DAY}")
            )
        return value

    return seconds


def add_json(parser: argparse.ArgumentParser) -> None:
    """Add `--json`, which every command that tells something has."""
    parser.add_argument("--json", action="store_true", help=_("print JSON alone, with stable keys; bytes and seconds"))


def _commands_help(commands: Iterable[Command]) -> str:
    lines = []
    known = tuple(commands)
    for group in GROUPS:
        members = [command for command in known if command.group == group]
        if members:
            lines.append(f"{_(group)}:")
            lines += [f"  {command.name:<9} {_(command.summary)}" for command in members]
            lines.append("")
    lines.append(_("examples:"))
    lines += ["  guardian victims -n 5", "  guardian explain 4242", "  guardian what-if --pid 4242 --adj 500"]
    return "\n".join([*lines, "", _(EXIT_CODES)])


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.strip().splitlines())
