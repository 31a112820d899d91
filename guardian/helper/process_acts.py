"""Acts on one process: its oom_score_adj, and signals."""

import os
import signal
from collections.abc import Mapping
from typing import Any

from guardian.helper.acts import PlainAct
from guardian.helper.errors import Failed, Gone, Refused
from guardian.helper.held_process import HeldProcess
from guardian.protocol.rules import ADJ_MAX, ADJ_MIN

SIGNALS = {"TERM": signal.SIGTERM, "KILL": signal.SIGKILL, "STOP": signal.SIGSTOP, "CONT": signal.SIGCONT}
# Freezing these would stop the very dialog, bus or screen on which the thaw has to be asked for.
_NEVER_FROZEN = frozenset(
    (
        *(
            "systemd",
            "systemd-logind",
            "systemd-journal",
            "systemd-udevd",
            "dbus-daemon",
            "dbus-broker",
            "dbus-broker-lau",
            "polkitd",
        ),
        *(
            "Xorg",
            "Xwayland",
            "gnome-shell",
            "kwin_wayland",
            "kwin_x11",
            "mutter",
            "sway",
            "gdm",
            "sddm",
            "lightdm",
            "login",
            "sshd",
        ),
    )
)


class _ProcessAct(PlainAct):
    def __init__(self, held: HeldProcess, extra: Mapping[str, str]) -> None:
        self._held = held
        shown = held.exe or held.name
        what = f"{held.pid} ({held.user}) {shown}"
        super().__init__({"process": held.name, "pid": str(held.pid), "exe": shown, "user": held.user, "what": what, **extra})

    def compare(self) -> None:
        """Gone unless the process that was asked about still lives under its pid, with the same program and owner."""
        exe, user = self.details["exe"], self.details["user"]
        self._held.compare()
        if (self._held.exe or self._held.name) != exe or self._held.user != user:
            raise Gone("The process has become another program meanwhile; nothing was changed.")

    def close(self) -> None:
        """Let the process go."""
        self._held.close()


class SetAdj(_ProcessAct):
    """Writes one process's oom_score_adj and reads it back."""

    action = "set-oom-score-adj"

    def __init__(self, pid: int, start_ticks: int, value: int, options: Mapping[str, Any], root: str) -> None:
        if not ADJ_MIN <= value <= ADJ_MAX:
            raise Refused(f"An adjustment lies between {ADJ_MIN} and {ADJ_MAX}.")
        immortal = options.get("immortal", False)
        if value == ADJ_MIN and not immortal:
            raise Refused("Not set: -1000 makes it impossible to end this program, and what it starts; -900 protects it enough.")
        if immortal and value == ADJ_MIN:
            self.action = "immortal"
        super().__init__(HeldProcess(pid, start_ticks, root), {"value": str(value)})
        self._value = value

    def perform(self) -> tuple[Any, ...]:
        """(before, now), both as /proc says."""
        before = self._held.read_adj()
        self._held.write_adj(self._value)
        now = self._held.read_adj()
        self._record = {"before": before, "after": now}
        if now != self._value:
            raise Failed(f"Not held: {self._value} was written, /proc says {now}.")
        return before, now


class SendSignal(_ProcessAct):
    """Sends one of four signals through a pidfd."""

    action = "signal"

    def __init__(self, pid: int, start_ticks: int, name: str, root: str) -> None:
        if name not in SIGNALS:
            raise Refused(f"Only {', '.join(SIGNALS)} are sent.")
        if pid == os.getpid():
            raise Refused("The helper does not signal itself.")
        held = HeldProcess(pid, start_ticks, root)
        if name == "STOP" and held.name in _NEVER_FROZEN:
            held.close()
            raise Refused("Never frozen: the desktop, the bus or the way to the password would stop with it.")
        try:
            self._pidfd = os.pidfd_open(pid)
        except OSError:
            held.close()
            raise Gone("The process has already ended; nothing was sent.") from None
        super().__init__(held, {"signal": name})

    def perform(self) -> tuple[Any, ...]:
        """Nothing to return."""
        # The pidfd was opened after the directory and both are held, so a matching start time now means the same process.
        try:
            signal.pidfd_send_signal(self._pidfd, SIGNALS[self.details["signal"]])
        except ProcessLookupError:
            raise Gone("The process has already ended; nothing was sent.") from None
        except OSError as error:
            raise Failed(f"The signal was not sent: {error.strerror}.") from None
        return ()

    def close(self) -> None:
        """Let the process and its pidfd go."""
        super().close()
        os.close(self._pidfd)
