"""Writes oom_score_adj of the user's own processes: raising it, which the kernel allows without any privilege.

Source: fs/proc/base.c:__set_oom_adj(): a value below the lowest that a privileged writer set (at first 0, or what was
inherited) needs CAP_SYS_RESOURCE; anything above is the owner's to choose.
"""

import os
from typing import NamedTuple

from guardian.kernel.errors import Unparsable
from guardian.kernel.process import PF_KTHREAD, ProcessKey, parse_oom_score_adj, parse_stat
from guardian.model.badness import ADJ_MAX, ADJ_MIN
from guardian.protocol.i18n import _
from guardian.protocol.printable import printable
from guardian.protocol.quantities import format_adjustment

# First whatever it holds: a thousandth of all memory for each step.
SACRIFICE = ADJ_MAX


class Adjusted(NamedTuple):
    """What one write did: the adjustment before it, and the one that was read back after it."""

    key: ProcessKey
    name: str
    before: int
    now: int


class NotAdjusted(Exception):
    """Nothing was changed; the text says why and what would work."""


class Adjuster:
    """Sets adjustments by /proc below `root`, one process at a time, never another than the one that was meant."""

    def __init__(self, root: str = "/") -> None:
        self._proc = os.path.join(root, "proc")

    def adjust(self, key: ProcessKey, value: int) -> Adjusted:
        """Write an adjustment and read it back.  Raises NotAdjusted.

        The directory of the process is held open meanwhile, so that a pid that is used again cannot be hit.
        """
        if not ADJ_MIN < value <= ADJ_MAX:
            raise NotAdjusted(_("Not set: an adjustment lies between −999 and +1000."))
        gone = _("The process ({pid}) had already ended. Nothing was changed.").format(pid=key.pid)
        try:
            folder = os.open(f"{self._proc}/{key.pid}", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC | os.O_NOFOLLOW)
        except OSError as error:
            raise NotAdjusted(gone) from error
        try:
            name = _name_of(folder, key)
            before = _read_adjustment(folder)
            _write(folder, value)
            return Adjusted(key, name, before, _read_adjustment(folder))
        except (ProcessLookupError, FileNotFoundError, Unparsable) as error:
            raise NotAdjusted(gone) from error
        except PermissionError as error:
            raise NotAdjusted(_refusal(value)) from error
        except OSError as error:
            raise NotAdjusted(_("Not changed: {reason}.").format(reason=error.strerror)) from error
        finally:
            os.close(folder)

    def sacrifice(self, key: ProcessKey) -> Adjusted:
        """Let a process be ended before all others.  Raises NotAdjusted."""
        return self.adjust(key, SACRIFICE)


def _refusal(value: int) -> str:
    return _(
        "Not changed: the kernel does not let you set {value}. Raising the adjustment of your own programs needs no password; "
        "lowering it, and those of others, needs the helper."
    ).format(value=format_adjustment(value))


def _name_of(folder: int, key: ProcessKey) -> str:
    """The name of the process behind the open directory.  Raises FileNotFoundError unless it is the one that was meant."""
    stat = parse_stat(_read(folder, "stat"))
    if stat.start_ticks != key.start_ticks or stat.state in "ZXx":
        raise FileNotFoundError
    if stat.flags & PF_KTHREAD or key.pid == 1:
        raise NotAdjusted(_("Not set: the kernel never ends this process, so its adjustment means nothing."))
    return printable(stat.comm)


def _read_adjustment(folder: int) -> int:
    value = parse_oom_score_adj(_read(folder, "oom_score_adj"))
    if value is None:
        raise Unparsable("oom_score_adj", "no number")
    return value


def _read(folder: int, name: str) -> str:
    file = os.open(name, os.O_RDONLY | os.O_CLOEXEC, dir_fd=folder)
    try:
        return os.read(file, 4096).decode("utf-8", "replace")
    finally:
        os.close(file)


def _write(folder: int, value: int) -> None:
    file = os.open("oom_score_adj", os.O_WRONLY | os.O_CLOEXEC, dir_fd=folder)
    try:
        os.write(file, str(value).encode())
    finally:
        os.close(file)
