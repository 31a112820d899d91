"""Ends, freezes and continues the user's own processes, each through a pidfd, so that no other can be hit.

Source: pidfd_open(2), pidfd_send_signal(2), signal(7).
"""

import os
import signal

from guardian.kernel.errors import Unparsable
from guardian.kernel.process import PF_KTHREAD, ProcessKey, parse_stat
from guardian.protocol.i18n import _

SIGNALS = {"TERM": signal.SIGTERM, "KILL": signal.SIGKILL, "STOP": signal.SIGSTOP, "CONT": signal.SIGCONT}


class NotSent(Exception):
    """No signal was sent; the text says why.  `gone`: the process had ended; `foreign`: it is another user's."""

    def __init__(self, text: str, *, gone: bool = False, foreign: bool = False) -> None:
        super().__init__(text)
        self.gone, self.foreign = gone, foreign


def send_signal(key: ProcessKey, name: str) -> None:
    """Send TERM, KILL, STOP or CONT to the process that was meant.  Raises NotSent.

    The pidfd is opened before the start time is compared: whatever the pid means later, the pidfd stays with that process.
    """
    number = SIGNALS[name]
    if key.pid == 1:
        raise NotSent(_("Not sent: without process 1 the system stops."))
    if key.pid == os.getpid() and name == "STOP":
        raise NotSent(_("Not sent: OOM Guardian could not let itself go on again."))
    try:
        pidfd = os.pidfd_open(key.pid)
    except ProcessLookupError as error:
        raise _gone(key) from error
    except OSError as error:
        raise NotSent(_("Not sent: {reason}.").format(reason=error.strerror)) from error
    try:
        _compare(key)
        signal.pidfd_send_signal(pidfd, number)
    except ProcessLookupError as error:
        raise _gone(key) from error
    except PermissionError as error:
        raise NotSent(_("Not sent: the process ({pid}) is another user's.").format(pid=key.pid), foreign=True) from error
    except OSError as error:
        raise NotSent(_("Not sent: {reason}.").format(reason=error.strerror)) from error
    finally:
        os.close(pidfd)


def lives(key: ProcessKey) -> bool:
    """Whether the very process has not ended."""
    try:
        _compare(key)
    except ProcessLookupError:
        return False
    except (NotSent, OSError):
        pass
    return True


def _compare(key: ProcessKey) -> None:
    try:
        with open(f"/proc/{key.pid}/stat", encoding="utf-8", errors="replace") as file:
            stat = parse_stat(file.read())
    except (FileNotFoundError, Unparsable) as error:
        raise ProcessLookupError from error
    if stat.start_ticks != key.start_ticks or stat.state in "ZXx":
        raise ProcessLookupError
    if stat.flags & PF_KTHREAD:
        raise NotSent(_("Not sent: a thread of the kernel takes no signals."))


def _gone(key: ProcessKey) -> NotSent:
    return NotSent(_("The process ({pid}) had already ended. Nothing was sent.").format(pid=key.pid), gone=True)
