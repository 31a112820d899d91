"""`guardian run`: start a program protected, sacrificed or limited, in a systemd scope of its own where there is a manager."""

import argparse
import os
import shutil
from pathlib import Path

from guardian.adapters.adjuster import Adjuster, NotAdjusted
from guardian.adapters.helper_client import HelperClient, HelperRefused, NoHelper
from guardian.cli.failure import CommandFailed, WrongUsage
from guardian.cli.output import warn
from guardian.cli.parser import size_argument
from guardian.kernel.process import ProcessKey, parse_stat
from guardian.policy.pins import PROTECT, SACRIFICE
from guardian.protocol.i18n import N_, _
from guardian.protocol.quantities import format_bytes

DESCRIPTION = N_(
    "Starts a program with a plan: --sacrifice lets it be ended first, --protect shields it (asks for a password), --limit\n"
    "gives it a memory limit of its own. Where systemd runs for the user, it gets a scope of its own."
)
EXAMPLES = N_("""
guardian run --sacrifice -- make -j16        if memory runs out, the build ends, not the editor
guardian run --limit 4G -- ./experiment      never more than 4 GiB; only it is ended beyond that
guardian run --protect -- ./long-computation
""")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `guardian run`."""
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument("--sacrifice", action="store_true", help=_("let it be ended before all others (+1000)"))
    choice.add_argument("--protect", action="store_true", help=_("shield it (−500), through the helper"))
    parser.add_argument("--limit", type=size_argument, metavar="BYTES", help=_("at most so much memory (MemoryMax=)"))
    parser.add_argument("command", nargs=argparse.REMAINDER, metavar="-- CMD…", help=_("the program and its arguments"))


def run(args: argparse.Namespace) -> int:
    """Become the program; only a failure returns."""
    command = args.command[1:] if args.command[:1] == ["--"] else args.command
    if not command:
        raise WrongUsage(_("run what? guardian run --sacrifice -- COMMAND"))
    program = shutil.which(command[0])
    if program is None:
        raise CommandFailed(_("{command}: no such program. Give its path, or install it").format(command=command[0]))
    if args.sacrifice:
        _adjust(SACRIFICE)
    elif args.protect:
        _protect()
    argv = _scoped(command, args.limit)
    os.execvp(argv[0], argv)
    raise AssertionError("exec does not return")


def _own_key() -> ProcessKey:
    return ProcessKey(os.getpid(), parse_stat(Path("/proc/self/stat").read_text("utf-8", "replace")).start_ticks)


def _adjust(value: int) -> None:
    """Set this process's own adjustment, which the program inherits."""
    try:
        Adjuster().adjust(_own_key(), value)
    except NotAdjusted as error:
        raise CommandFailed(str(error)) from error


def _protect() -> None:
    try:
        HelperClient().set_adjustment(_own_key(), PROTECT)
    except (NoHelper, HelperRefused) as error:
        raise CommandFailed(_("Not started: it could not be protected. {reason}").format(reason=error)) from error


def _scoped(command: list[str], limit: int | None) -> list[str]:
    """The command within a scope of the user manager, where there is one; plain otherwise."""
    tool = shutil.which("systemd-run")
    if tool is None or not _manager():
        if limit is not None:
            raise CommandFailed(
                _("Not started: a limit of {size} needs a systemd manager for the user, and none answers here").format(
                    size=format_bytes(limit)
                )
            )
        warn(_("No systemd for the user here: started plainly, without a scope of its own"))
        return command
    argv = [tool, "--scope", "--quiet", "--collect", "--same-dir"]
    if os.geteuid() != 0:
        argv.append("--user")
    if limit is not None:
        argv += ["-p", f"MemoryMax={limit}", "-p", "MemorySwapMax=0"]
    return [*argv, "--", *command]


def _manager() -> bool:
    """Whether a manager of systemd's answers for this user."""
    if os.geteuid() == 0:
        return Path("/run/systemd/system").is_dir()
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    return bool(runtime) and (Path(runtime) / "systemd" / "private").exists()
