"""How a command says that it could not do its work."""

from guardian.protocol.i18n import _

DONE, FAILED, USAGE = 0, 1, 2
INTERRUPTED = 130
PIPE_CLOSED = 141


class CommandFailed(Exception):
    """One line for the user: what, why and what to do.  Ends the program with exit code 1."""


class WrongUsage(Exception):
    """Arguments that make no sense together.  Ends the program with exit code 2."""


def no_such_process(pid: int) -> CommandFailed:
    """The failure for a pid that is not there any more."""
    return CommandFailed(_("{pid}: no such process; it may have ended. List them: guardian victims --all").format(pid=pid))
