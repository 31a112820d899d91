"""A connection to a D-Bus message bus that never blocks its owner: bytes in, whole messages out.

The owner polls `fileno()`; `call` alone waits, for command lines and for the moment of connecting.
Source: D-Bus Specification, "Message Protocol", "Authentication Protocol", "Server Addresses".
"""

import os
import select
import socket
import stat
import struct
import time
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any, Literal

from jeepney import DBusAddress, HeaderFields, Message, MessageType, new_method_call
from jeepney.auth import BEGIN, AuthenticationError, Authenticator
from jeepney.bus import get_connectable_addresses

from guardian.protocol.i18n import _

MOST_MESSAGE = 1 << 20
MOST_UNSENT = 1 << 20
PRIMARY_OWNER, ALREADY_OWNER = 1, 4

_SYSTEM_BUS = "unix:path=/run/dbus/system_bus_socket"
_DO_NOT_QUEUE = 4
_CHUNK = 1 << 16
_CHUNKS_A_TURN = 8
_FIXED_HEADER = 16
_NO_REPLY = "org.freedesktop.DBus.Error.NoReply"

BUS = DBusAddress("/org/freedesktop/DBus", "org.freedesktop.DBus", "org.freedesktop.DBus")


class NoBus(Exception):
    """There is no bus to be had; the text says why."""


class BusLost(Exception):
    """The connection to the bus has ended."""


class CallFailed(Exception):
    """A call was answered by an error, or by nobody in time; `name` is the D-Bus error name."""

    def __init__(self, name: str, text: str) -> None:
        super().__init__(text or name)
        self.name = name


def session_bus_address(environ: Mapping[str, str] = os.environ) -> str:
    """The address of the user's session bus.  Raises NoBus.

    Source: D-Bus Specification, "Well-known Message Bus Instances"; systemd's fallback is $XDG_RUNTIME_DIR/bus.
    """
    given = environ.get("DBUS_SESSION_BUS_ADDRESS")
    if given:
        return given
    folder = environ.get("XDG_RUNTIME_DIR")
    if folder:
        path = os.path.join(folder, "bus")
        try:
            if stat.S_ISSOCK(os.stat(path).st_mode):
                return f"unix:path={path}"
        except (OSError, ValueError):
            pass
    raise NoBus(_("There is no session bus: DBUS_SESSION_BUS_ADDRESS is not set."))


def system_bus_address(environ: Mapping[str, str] = os.environ) -> str:
    """The address of the system's bus."""
    return environ.get("DBUS_SYSTEM_BUS_ADDRESS") or _SYSTEM_BUS


def connect(address: str, timeout: float = 2.0) -> "BusConnection":
    """A connection that has said Hello.  Raises NoBus when none of the address's sockets answers within `timeout` seconds."""
    deadline = time.monotonic() + timeout
    sock = _authenticated(address, timeout)
    connection = BusConnection(sock)
    try:
        (connection.unique_name,) = connection.call(new_method_call(BUS, "Hello"), max(0.1, deadline - time.monotonic()))
    except (BusLost, CallFailed, ValueError) as error:
        connection.close()
        raise NoBus(_("The bus at {address} does not answer: {reason}.").format(address=address, reason=error)) from error
    return connection


def _authenticated(address: str, timeout: float) -> socket.socket:
    reason: Exception | None = None
    try:
        for path in get_connectable_addresses(address):
            sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
            try:
                sock.settimeout(timeout)
                sock.connect(path)
                _authenticate(sock)
            except (OSError, ValueError, AuthenticationError) as error:
                sock.close()
                reason = error
                continue
            sock.settimeout(0)
            return sock
    except (ValueError, KeyError, RuntimeError) as error:
        # The address cannot be read, or names only transports that are not sockets (autolaunch, disabled).
        reason = error
    why = getattr(reason, "strerror", None) or str(reason)
    raise NoBus(_("No bus at {address}: {reason}.").format(address=address, reason=why))


def _authenticate(sock: socket.socket) -> None:
    """Log in by the socket's credentials (EXTERNAL); the leading NUL carries them."""
    conversation = Authenticator(inc_null_byte=False)
    sock.sendall(b"\0")
    for line in conversation:
        sock.sendall(line)
        answer = sock.recv(1024)
        if not answer:
            raise ConnectionResetError(_("it closed the connection"))
        conversation.feed(answer)
    sock.sendall(BEGIN)


class BusConnection:
    """One connected socket; everything but `call` returns at once.  `unique_name` is the bus's name for it (":1.7")."""

    def __init__(self, sock: socket.socket) -> None:
        self.unique_name = ""
        self._sock = sock
        self._received = bytearray()
        self._skip = 0
        self._unsent = bytearray()
        self._serial = 0
        self._kept: deque[Message] = deque()

    def fileno(self) -> int:
        """The socket's descriptor, for poll; -1 once closed."""
        return self._sock.fileno()

    def close(self) -> None:
        """End the connection; names owned by it are free at once."""
        self._sock.close()

    def shut_down(self) -> None:
        """Let a `call` that waits in another thread come to its end, as if the bus had closed the connection."""
        with suppress(OSError):
            self._sock.shutdown(socket.SHUT_RDWR)

    @property
    def kept(self) -> bool:
        """Whether messages that arrived during a `call` wait for `receive`; poll does not tell of them."""
        return bool(self._kept)

    @property
    def unsent(self) -> bool:
        """Whether bytes wait for the socket to take them: poll for POLLOUT, then `flush`."""
        return bool(self._unsent)

    def send(self, message: Message) -> int:
        """Send or queue a message and give its serial.  Raises BusLost, also when the bus takes nothing any more."""
        self._serial = self._serial % 0xFFFFFFFF + 1
        self._unsent += message.serialise(serial=self._serial)
        self.flush()
        if len(self._unsent) > MOST_UNSENT:
            self.close()
            raise BusLost(_("the bus takes no more messages"))
        return self._serial

    def flush(self) -> None:
        """Hand waiting bytes to the socket as far as it takes them.  Raises BusLost."""
        try:
            while self._unsent:
                del self._unsent[: self._sock.send(self._unsent)]
        except BlockingIOError:
            pass
        except OSError as error:
            raise BusLost(error.strerror or str(error)) from error

    def receive(self) -> list[Message]:
        """The messages that have arrived; what cannot be read as one is left out.  Raises BusLost at the end of the stream."""
        kept = list(self._kept)
        self._kept.clear()
        if kept:
            return kept
        for _turn in range(_CHUNKS_A_TURN):
            try:
                chunk = self._sock.recv(_CHUNK)
            except BlockingIOError:
                break
            except OSError as error:
                raise BusLost(error.strerror or str(error)) from error
            if not chunk:
                raise BusLost(_("the bus closed the connection"))
            self._received += chunk
            if len(chunk) < _CHUNK:
                break
        return list(self._messages())

    def call(self, message: Message, timeout: float = 2.0) -> tuple[Any, ...]:
        """Send a call, wait for its answer and give the answer's body.  Raises CallFailed or BusLost.

        Other messages that arrive meanwhile are kept for `receive`.
        """
        serial = self.send(message)
        deadline = time.monotonic() + timeout
        poll = select.poll()
        kept: list[Message] = []
        try:
            while True:
                left = deadline - time.monotonic()
                poll.register(self._sock, select.POLLIN | (select.POLLOUT if self._unsent else 0))
                if left <= 0 or not poll.poll(left * 1000):
                    raise CallFailed(_NO_REPLY, _("no answer in {seconds:g} s").format(seconds=timeout))
                self.flush()
                arrived = self.receive()
                for at, answer in enumerate(arrived):
                    if answer.header.fields.get(HeaderFields.reply_serial) == serial:
                        kept += arrived[:at] + arrived[at + 1 :]
                        return body_of(answer)
                kept += arrived
        finally:
            self._kept.extend(kept)

    def request_name(self, name: str) -> bool:
        """Ask for a well-known name without queueing; false when somebody else owns it."""
        (answer,) = self.call(new_method_call(BUS, "RequestName", "su", (name, _DO_NOT_QUEUE)))
        return answer in {PRIMARY_OWNER, ALREADY_OWNER}

    def add_match(self, rule: str) -> int:
        """Have the bus deliver signals that fit a match rule; its answer is not waited for."""
        return self.send(new_method_call(BUS, "AddMatch", "s", (rule,)))

    def remove_match(self, rule: str) -> int:
        """Take one match rule back."""
        return self.send(new_method_call(BUS, "RemoveMatch", "s", (rule,)))

    def _messages(self) -> Iterator[Message]:
        while True:
            if self._skip:
                gone = min(self._skip, len(self._received))
                del self._received[:gone]
                self._skip -= gone
            if self._skip or len(self._received) < _FIXED_HEADER:
                return
            size = _message_size(self._received)
            if size > MOST_MESSAGE:
                self._skip = size
                continue
            if len(self._received) < size:
                return
            raw = bytes(self._received[:size])
            del self._received[:size]
            message = _parse_message(raw)
            if message is not None:
                yield message


def _message_size(received: bytearray) -> int:
    """Bytes of the message that begins here, from the fixed part of its header."""
    order: Literal["little", "big"] = "little" if received[0:1] == b"l" else "big"
    body, fields = int.from_bytes(received[4:8], order), int.from_bytes(received[12:16], order)
    return _FIXED_HEADER + (fields + 7) // 8 * 8 + body


def _parse_message(raw: bytes) -> Message | None:
    """One message; None where it is of a kind, or has header fields, that are not known."""
    try:
        return Message.from_buffer(raw)
    except (ValueError, LookupError, TypeError, RecursionError, struct.error):
        return None


def body_of(answer: Message) -> tuple[Any, ...]:
    """The body of an answer.  Raises CallFailed for an error."""
    if answer.header.message_type is MessageType.error:
        text = answer.body[0] if answer.body and isinstance(answer.body[0], str) else ""
        raise CallFailed(str(answer.header.fields.get(HeaderFields.error_name, "")), text)
    return tuple(answer.body)
