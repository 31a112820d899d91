"""The program's entry: finds the command, runs it, and turns every way to fail into one line and an exit code."""

import os
import sys
from collections.abc import Sequence

from guardian.cli.failure import DONE, FAILED, INTERRUPTED, PIPE_CLOSED, USAGE, CommandFailed, WrongUsage
from guardian.kernel.errors import Denied, KernelFileError, Vanished
from guardian.protocol.i18n import _, use_language


def main(argv: Sequence[str] | None = None) -> int:
    """Run `guardian ARGV`; returns the exit code.  `argv` None takes the process's own arguments."""
    if argv is None and sys.argv[1:2] == ["agent"]:
        from guardian.cli.lean import start_lean

        start_lean()
    from guardian.cli.output import use_utf8, warn

    _speak(sys.argv[1:] if argv is None else argv)
    use_utf8()
    try:
        try:
            code = _run(list(sys.argv[1:] if argv is None else argv))
        except SystemExit as end:
            # argparse ends this way after --help, --version and a refusal.
            code = end.code if isinstance(end.code, int) else DONE
        if sys.stdout is not None:
            sys.stdout.flush()
    except KeyboardInterrupt:
        code = INTERRUPTED
    except BrokenPipeError:
        _forget_stdout()
        code = PIPE_CLOSED
    except Exception as error:
        if os.environ.get("GUARDIAN_TRACEBACK"):
            raise
        warn("guardian: " + " ".join(_in_words(error).split()))
        code = USAGE if isinstance(error, WrongUsage) else FAILED
    return code


def _speak(argv: Sequence[str]) -> None:
    """Choose the language: that of the settings, else the desktop's."""
    from guardian.adapters.settings_place import chosen_language

    language = chosen_language()
    if language is not None and "agent" not in argv[:1]:
        # The parser's own sentences are looked up by the environment.  The agent's stays, for its setting may change back.
        os.environ["LANGUAGE"] = language
    use_language(language)


def _run(argv: list[str]) -> int:
    """Parse and dispatch.  Raises whatever the command raises."""
    if argv[:1] == ["agent"]:
        # It lives long in little memory; a parser of arguments, and what that brings along, would stay with it.
        if not argv[1:]:
            from guardian.cli import agent

            return agent.watch("/")
        from guardian.cli.agent_options import plain_options, watch_by

        options = plain_options(argv[1:])
        if options is not None:
            return watch_by("/", options)
    from guardian.cli import commands, parser

    parser.use_catalogue()
    first = _first_word(argv)
    if first == len(argv):
        args = parser.program_parser().parse_args(argv)
        from guardian.cli import window

        return window.run(args)
    name = argv[first]
    command = next((c for c in commands.COMMANDS if c.name == name), None)
    if command is None or not command.offered:
        raise WrongUsage(parser.unknown_command(name))
    before = parser.program_parser().parse_args(argv[:first])
    module = command.load()
    args = parser.command_parser(command, module).parse_args(argv[first + 1 :])
    args.root = before.root
    code: int = module.run(args)
    return code


def _first_word(argv: list[str]) -> int:
    """Where the command's name stands; the length where there is none."""
    at = 0
    while at < len(argv) and argv[at].startswith("-"):
        at += 2 if argv[at] == "--root" else 1
    return min(at, len(argv))


def _in_words(error: Exception) -> str:
    """What went wrong, why, and what to do."""
    if isinstance(error, CommandFailed | WrongUsage):
        return str(error)
    if isinstance(error, KernelFileError):
        return _kernel_file(error)
    if isinstance(error, OSError):
        return _system(error)
    return _fault(error)


def _kernel_file(error: KernelFileError) -> str:
    path = "/" + error.path
    if isinstance(error, Denied):
        return _("{path} may not be read by this user. What works here: guardian doctor").format(path=path)
    if isinstance(error, Vanished):
        return _("{path} is not there: no Linux /proc, or a kernel without it. What works here: guardian doctor").format(
            path=path
        )
    return _("{path} cannot be used: {reason}. What works here: guardian doctor").format(path=path, reason=error.reason)


def _system(error: OSError) -> str:
    reason = error.strerror or str(error)
    return (
        f"{error.filename}: {reason}" if error.filename else _("The output could not be written: {reason}").format(reason=reason)
    )


def _fault(fault: Exception) -> str:
    """Where an error of the program itself happened, in one line."""
    at = fault.__traceback__
    while at is not None and at.tb_next is not None:
        at = at.tb_next
    place = f"{os.path.basename(at.tb_frame.f_code.co_filename)}:{at.tb_lineno}" if at is not None else "?"
    return _("A fault of OOM Guardian itself ({kind} at {place}: {text}). Report it; GUARDIAN_TRACEBACK=1 tells more").format(
        kind=type(fault).__name__, place=place, text=fault
    )


def _forget_stdout() -> None:
    """Send what is still buffered nowhere, so that the interpreter does not complain at its end."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, ValueError):
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - it lives as long as the process


if __name__ == "__main__":
    sys.exit(main())
