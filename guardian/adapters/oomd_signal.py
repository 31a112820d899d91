"""What systemd-oomd tells on the system bus when it has ended a cgroup.

    signal org.freedesktop.oom1.Manager.Killed(s cgroup, s reason)

Source: org.freedesktop.oom1(5).
"""

import os
import select
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

from jeepney import HeaderFields, Message, MessageType

from guardian.adapters.poll_loop import PollLoop
from guardian.adapters.session_bus import BusConnection, BusLost, CallFailed, NoBus, connect, system_bus_address

if TYPE_CHECKING:
    from guardian.kernel.userspace_kill import UserspaceKill

OOMD_INTERFACE = "org.freedesktop.oom1.Manager"
OOMD_PATH = "/org/freedesktop/oom1"
OOMD_NAME = "org.freedesktop.oom1"
_CONNECT_TIMEOUT = 1.0
_MOST_TEXT = 4096
_RULE = f"type='signal',sender='{OOMD_NAME}',path='{OOMD_PATH}',interface='{OOMD_INTERFACE}',member='Killed'"


class OomdSignal:
    """Calls back with each kill that systemd-oomd tells; silent where there is no system bus."""

    def __init__(self, loop: PollLoop, tell: "Callable[[UserspaceKill], None]", environ: Mapping[str, str] = os.environ) -> None:
        self._loop, self._tell = loop, tell
        self._address = system_bus_address(environ)
        self._bus: BusConnection | None = None

    def start(self) -> bool:
        """Listen; False where there is no system bus."""
        try:
            bus = connect(self._address, _CONNECT_TIMEOUT)
        except (NoBus, BusLost):
            return False
        # Only the owner of oomd's name is heard: anybody may send a signal of this interface.
        try:
            bus.add_match(_RULE)
        except BusLost:
            return False
        self._bus = bus
        self._loop.watch(bus.fileno(), select.POLLIN, self._ready)
        self._ready(0)
        return self._bus is not None

    def close(self) -> None:
        """Listen no more."""
        bus, self._bus = self._bus, None
        if bus is not None:
            self._loop.unwatch(bus.fileno())
            with suppress(BusLost, OSError):
                bus.close()

    def _ready(self, _events: int) -> None:
        bus = self._bus
        if bus is None:
            return
        try:
            bus.flush()
            for message in bus.receive():
                kill = killed_of(message)
                if kill is not None:
                    self._tell(kill)
        except (BusLost, CallFailed):
            self.close()


def killed_of(message: Message) -> "UserspaceKill | None":
    """The kill that a signal tells of; None for any other message."""
    fields = message.header.fields
    if message.header.message_type is not MessageType.signal or fields.get(HeaderFields.interface) != OOMD_INTERFACE:
        return None
    # The rule holds for what is sent to all; a signal sent to us alone may come from anybody.
    if HeaderFields.destination in fields:
        return None
    if fields.get(HeaderFields.member) != "Killed" or fields.get(HeaderFields.signature) != "ss":
        return None
    from guardian.kernel.userspace_kill import UserspaceKill

    cgroup, reason = (str(text)[:_MOST_TEXT] for text in message.body)
    name = cgroup.rstrip("/").rpartition("/")[2] or cgroup
    return UserspaceKill("systemd-oomd", None, name, cgroup, "KILL", reason, time=time.time())
