"""Keeps the agent's object on the session bus: connects, owns the name, answers, and comes back after the bus was restarted.

Source: guardian/protocol/agent.py; D-Bus Specification, "RequestName", "NameOwnerChanged".
"""

import os
import select
import time
from collections.abc import Callable, Mapping
from typing import Protocol

from jeepney import DBusAddress, HeaderFields, Message, MessageType, new_method_call, new_signal

from guardian.adapters.agent_service import AgentService
from guardian.adapters.agent_values import kill_to_bus
from guardian.adapters.poll_loop import PollLoop
from guardian.adapters.session_bus import BUS, BusConnection, BusLost, CallFailed, NoBus, connect, session_bus_address
from guardian.model.history import Kill
from guardian.model.verdict import Verdict
from guardian.policy.alerts import Alert
from guardian.protocol.agent import AGENT_INTERFACE, AGENT_NAME, AGENT_PATH
from guardian.protocol.i18n import _

FIRST_WAIT, LONGEST_WAIT = 1.0, 30.0
# A bus that was there and stays away this long, its socket too, has ended with its session; the next starts its own agent.
ORPHAN_SECONDS = 60.0
_CONNECT_TIMEOUT = 1.0
_ASK_TIMEOUT = 0.5
_EMITTER = DBusAddress(AGENT_PATH, interface=AGENT_INTERFACE)


class NameTaken(Exception):
    """Another agent serves this session."""


class Peer(Protocol):
    """Who else talks over the agent's connection."""

    def connected(self) -> None:
        """The bus is there, perhaps again."""

    def lost(self) -> None:
        """The bus has gone."""

    def heard(self, message: Message) -> None:
        """An answer or a signal has come."""


class AgentBus:
    """The agent's side of the bus.

    `say` writes one line for the log; `finished` is called when there is nothing to do here any more: another agent owns the
    name, or the session has ended.
    """

    def __init__(
        self,
        loop: PollLoop,
        service: AgentService,
        say: Callable[[str], None],
        finished: Callable[[], None],
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        self._loop, self._service, self._say, self._finished, self._environ = loop, service, say, finished, environ
        self._connection: BusConnection | None = None
        self._matched: frozenset[str] = frozenset()
        self._wait = FIRST_WAIT
        self._last_reason = ""
        self._lost_at: float | None = None
        self._peers: list[Peer] = []

    def add(self, peer: Peer) -> None:
        """Let somebody else talk over this connection; to be called before `start`."""
        self._peers.append(peer)

    def send(self, message: Message) -> int | None:
        """Send a message; its serial, None without a bus."""
        return self._send(message)

    def allows(self, unique_name: str) -> bool:
        """Whether a caller is this very user, as the bus says."""
        if self._connection is None or not unique_name:
            return False
        try:
            (uid,) = self._connection.call(new_method_call(BUS, "GetConnectionUnixUser", "s", (unique_name,)), _ASK_TIMEOUT)
        except (CallFailed, BusLost, ValueError):
            return False
        # What arrived meanwhile is in no socket any more.
        self._loop.at(time.monotonic(), "bus-kept", lambda: self._ready(0))
        return bool(uid == os.getuid())

    @property
    def connected(self) -> bool:
        """Whether the name is owned now."""
        return self._connection is not None

    def start(self) -> None:
        """Go on the bus; where there is none, try again later and say so once."""
        try:
            connection = self._owned()
        except NoBus as reason:
            self._retry(str(reason))
        except NameTaken:
            self._say(_("another agent serves this session; nothing to do"))
            self._finished()
        else:
            self._connection, self._lost_at = connection, None
            self._wait, self._last_reason = FIRST_WAIT, ""
            self._say(_("owns {name} on the session bus").format(name=AGENT_NAME))
            self._loop.watch(connection.fileno(), select.POLLIN, self._ready)
            for peer in self._peers:
                peer.connected()
            # What arrived while the name was asked for is in no socket any more.
            self._ready(0)

    def publish(self, verdict: Verdict, alerts: tuple[Alert, ...], now: float) -> None:
        """Tell whoever listens."""
        message = self._service.publish(verdict, alerts, now)
        if message is not None:
            self._send(message)

    def tell_kill(self, kill: Kill) -> None:
        """Tell whoever listens that somebody was ended."""
        self._send(new_signal(_EMITTER, "Killed", "a{sv}", (kill_to_bus(kill),)))

    def close(self) -> None:
        """Leave the bus; the name is free at once."""
        self._loop.cancel("bus")
        if self._connection is not None:
            self._loop.unwatch(self._connection.fileno())
            self._connection.close()
            self._connection = None

    def _owned(self) -> BusConnection:
        connection = connect(session_bus_address(self._environ), _CONNECT_TIMEOUT)
        try:
            owned = connection.request_name(AGENT_NAME)
        except (BusLost, CallFailed, ValueError) as error:
            connection.close()
            raise NoBus(_("The session bus does not give a name: {reason}.").format(reason=error)) from error
        if not owned:
            connection.close()
            raise NameTaken
        return connection

    def _ready(self, _events: int) -> None:
        connection = self._connection
        if connection is None:
            return
        try:
            connection.flush()
            for message in connection.receive():
                self._handle(message)
            self._await_room(connection)
        except BusLost as lost:
            self._lost(str(lost))

    def _handle(self, message: Message) -> None:
        if message.header.message_type is not MessageType.method_call:
            if message.header.message_type is MessageType.signal:
                self._name_gone(message)
            for peer in self._peers:
                peer.heard(message)
            return
        answer = self._service.answer(message)
        # The rule goes first: whoever leaves right after the answer is still noticed.
        self._match_listeners()
        if answer is not None:
            self._send(answer)

    def _name_gone(self, message: Message) -> None:
        fields = message.header.fields
        if fields.get(HeaderFields.sender) == "org.freedesktop.DBus" and fields.get(HeaderFields.member) == "NameOwnerChanged":
            name, _before, now = message.body
            if not now:
                self._service.gone(name)
                self._match_listeners()

    def _match_listeners(self) -> None:
        """Ask the bus to tell when one of those who listen leaves."""
        wanted = self._service.listeners
        if wanted == self._matched or self._connection is None:
            return
        for name in wanted - self._matched:
            self._connection.add_match(_leaves(name))
        for name in self._matched - wanted:
            self._connection.remove_match(_leaves(name))
        self._matched = wanted

    def _send(self, message: Message) -> int | None:
        if self._connection is None:
            return None
        try:
            serial = self._connection.send(message)
            self._await_room(self._connection)
        except BusLost as lost:
            self._lost(str(lost))
            return None
        return serial

    def _await_room(self, connection: BusConnection) -> None:
        if connection is self._connection:
            self._loop.watch(connection.fileno(), select.POLLIN | (select.POLLOUT if connection.unsent else 0), self._ready)

    def _lost(self, reason: str) -> None:
        self.close()
        self._service.forget_listeners()
        for peer in self._peers:
            peer.lost()
        self._matched = frozenset()
        self._lost_at = time.monotonic()
        self._retry(_("The session bus is gone: {reason}.").format(reason=reason))

    def _retry(self, reason: str) -> None:
        now = time.monotonic()
        if self._lost_at is not None and now - self._lost_at > ORPHAN_SECONDS and not self._socket_there():
            self._say(_("the session has ended; nothing to do"))
            self._finished()
            return
        if reason != self._last_reason:
            self._last_reason = reason
            self._say(_("{reason} Goes on without it and tries again.").format(reason=reason))
        self._loop.at(now + self._wait, "bus", self.start)
        self._wait = min(self._wait * 2, LONGEST_WAIT)

    def _socket_there(self) -> bool:
        """Whether the bus that was lost still has its socket; one without a path counts as gone."""
        try:
            address = session_bus_address(self._environ)
        except NoBus:
            return False
        paths = [part[5:] for part in address.partition(":")[2].split(",") if part.startswith("path=")]
        return any(os.path.exists(path) for path in paths)


def _leaves(unique_name: str) -> str:
    return (
        "type='signal',sender='org.freedesktop.DBus',path='/org/freedesktop/DBus',interface='org.freedesktop.DBus',"
        f"member='NameOwnerChanged',arg0='{unique_name}',arg2=''"
    )
