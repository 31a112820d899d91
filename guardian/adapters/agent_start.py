"""Starts an agent that outlives its starter, where the bus cannot do it: from a checkout, or without packages.

Source: posix_spawn(3), setsid(2); XDG Base Directory Specification ("state").
"""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from guardian.adapters.child_environment import child_environment
from guardian.protocol.i18n import _

_LARGEST_LOG = 256 << 10


class CannotStart(Exception):
    """The agent could not be started; the text says why and what would work."""


class AgentProcess:
    """One started agent; `running` also clears away what has ended."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._running = True

    @property
    def running(self) -> bool:
        """Whether it has not ended yet."""
        if self._running:
            try:
                self._running = os.waitpid(self.pid, os.WNOHANG) == (0, 0)
            except ChildProcessError:
                self._running = False
        return self._running


def log_path(environ: Mapping[str, str] = os.environ) -> Path:
    """Where a detached agent's messages go."""
    given = environ.get("XDG_STATE_HOME", "")
    state = Path(given) if os.path.isabs(given) else Path(environ.get("HOME") or "/tmp") / ".local" / "state"  # noqa: S108 - no home
    return state / "oom-guardian" / "agent.log"


def start_agent(environ: Mapping[str, str] = os.environ) -> AgentProcess:
    """Start an agent in a session of its own, without a terminal.  Raises CannotStart.

    Two of them do no harm: the second finds the name taken and ends.
    """
    if not sys.executable:
        raise CannotStart(_("No agent started: this Python does not know where it is. Start it: guardian agent"))
    log = _opened_log(log_path(environ))
    null = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
    try:
        actions = [
            (os.POSIX_SPAWN_DUP2, null, 0),
            (os.POSIX_SPAWN_DUP2, null, 1),
            (os.POSIX_SPAWN_DUP2, null if log is None else log, 2),
        ]
        command = [sys.executable, "-m", "guardian", "agent"]
        return AgentProcess(
            os.posix_spawn(sys.executable, command, child_environment(environ), file_actions=actions, setsid=True)
        )
    except (OSError, NotImplementedError) as error:
        raise CannotStart(_("No agent started: {reason}. Start it: guardian agent").format(reason=error)) from error
    finally:
        os.close(null)
        if log is not None:
            os.close(log)


def _opened_log(path: Path) -> int | None:
    """The log to append to, begun anew when it has grown long; None where it cannot be written."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if path.exists() and path.stat().st_size > _LARGEST_LOG:
            flags |= os.O_TRUNC
        return os.open(path, flags, 0o600)
    except OSError:
        return None
