"""The session bus in Qt's event loop: calls with answers, names, matches and an object of our own.

It comes back after the bus was restarted.  QtDBus cannot send unsigned numbers from Python, nor read nested dictionaries.
"""

import os
import time
from collections.abc import Callable, Mapping

from jeepney import HeaderFields, Message, MessageFlag, MessageType, new_error
from PySide6.QtCore import QObject, QSocketNotifier, QTimer, Signal, Slot

from guardian.adapters.session_bus import BusConnection, BusLost, CallFailed, NoBus, body_of, connect, session_bus_address

Answered = Callable[[tuple[object, ...] | CallFailed], None]

_FIRST_WAIT, _LONGEST_WAIT = 1.0, 30.0
_CONNECT_TIMEOUT = 1.0
_NO_REPLY = "org.freedesktop.DBus.Error.NoReply"
_UNKNOWN = "org.freedesktop.DBus.Error.UnknownMethod"


class QtBus(QObject):
    """One connection to the session bus, for all parts of the window.

    `found` and `lost` tell when a bus is there and when it is not (with the reason); `heard` brings each signal that matches.
    """

    found = Signal()
    lost = Signal(str)
    heard = Signal(object)

    def __init__(self, parent: QObject | None = None, environ: Mapping[str, str] = os.environ) -> None:
        super().__init__(parent)
        self._environ = environ
        self._connection: BusConnection | None = None
        self._readable: QSocketNotifier | None = None
        self._writable: QSocketNotifier | None = None
        self._asked: dict[int, tuple[float, Answered]] = {}
        self._rules: list[str] = []
        self._serve: Callable[[Message], Message | None] | None = None
        self._wait = _FIRST_WAIT
        self._again = QTimer(self, singleShot=True)
        self._again.timeout.connect(self.start)
        self._overdue = QTimer(self, interval=500)
        self._overdue.timeout.connect(self._give_up)

    @property
    def connected(self) -> bool:
        """Whether there is a bus now."""
        return self._connection is not None

    @Slot()
    def start(self) -> None:
        """Connect; where there is no bus, say so by `lost` and try again later."""
        if self._connection is not None:
            return
        try:
            connection = connect(session_bus_address(self._environ), _CONNECT_TIMEOUT)
            for rule in self._rules:
                connection.add_match(rule)
        except (NoBus, BusLost) as reason:
            self._retry(str(reason))
            return
        self._connection = connection
        self._wait = _FIRST_WAIT
        self._readable = QSocketNotifier(connection.fileno(), QSocketNotifier.Type.Read, self)
        self._readable.activated.connect(self._read)
        self._writable = QSocketNotifier(connection.fileno(), QSocketNotifier.Type.Write, self)
        self._writable.setEnabled(connection.unsent)
        self._writable.activated.connect(self._write)
        QTimer.singleShot(0, self._read)
        self.found.emit()

    @Slot()
    def stop(self) -> None:
        """Leave the bus; names are free at once, and calls under way get no answer."""
        self._again.stop()
        self._overdue.stop()
        self._asked.clear()
        self._close()

    def match(self, rule: str) -> None:
        """Hear signals that fit a match rule, now and after every reconnection."""
        self._rules.append(rule)
        self._sent(lambda bus: bus.add_match(rule))

    def serve(self, handler: Callable[[Message], Message | None]) -> None:
        """Have method calls to this connection answered by a handler; it gives None for what is not its own."""
        self._serve = handler

    def call(self, message: Message, answered: Answered, timeout: float = 2.0) -> None:
        """Send a call; `answered` gets the answer's body, or CallFailed, later and in this thread."""
        serial = self.send(message)
        if serial is None:
            failed = CallFailed("org.freedesktop.DBus.Error.Disconnected", "no bus")
            QTimer.singleShot(0, self, lambda: answered(failed))
            return
        self._asked[serial] = (time.monotonic() + timeout, answered)
        if not self._overdue.isActive():
            self._overdue.start()

    def send(self, message: Message) -> int | None:
        """Send without waiting for an answer; None where there is no bus."""
        return self._sent(lambda bus: bus.send(message))

    def own_name(self, name: str) -> bool:
        """Ask for a name and wait for the bus to answer; false where somebody else has it or there is no bus."""
        if self._connection is None:
            return False
        try:
            owned = self._connection.request_name(name)
        except (BusLost, CallFailed, ValueError) as error:
            self._drop(str(error))
            return False
        # What arrived meanwhile is in no socket any more.
        QTimer.singleShot(0, self._read)
        return owned

    def _sent(self, act: Callable[[BusConnection], int]) -> int | None:
        connection = self._connection
        if connection is None:
            return None
        try:
            serial = act(connection)
        except BusLost as reason:
            self._drop(str(reason))
            return None
        if self._writable is not None:
            self._writable.setEnabled(connection.unsent)
        return serial

    @Slot()
    def _read(self) -> None:
        connection = self._connection
        if connection is None:
            return
        try:
            messages = connection.receive()
        except BusLost as reason:
            self._drop(str(reason))
            return
        for message in messages:
            self._take(message)

    @Slot()
    def _write(self) -> None:
        connection = self._connection
        if connection is None or self._writable is None:
            return
        try:
            connection.flush()
        except BusLost as reason:
            self._drop(str(reason))
            return
        self._writable.setEnabled(connection.unsent)

    def _take(self, message: Message) -> None:
        kind = message.header.message_type
        if kind is MessageType.signal:
            self.heard.emit(message)
        elif kind is MessageType.method_call:
            self._answer(message)
        else:
            asked = self._asked.pop(message.header.fields.get(HeaderFields.reply_serial, -1), None)
            if asked is not None:
                asked[1](_answer_of(message))

    def _answer(self, message: Message) -> None:
        answer = self._serve(message) if self._serve is not None else None
        if message.header.flags & MessageFlag.no_reply_expected:
            return
        self.send(answer or new_error(message, _UNKNOWN, "s", ("Nothing of this name here",)))

    @Slot()
    def _give_up(self) -> None:
        now = time.monotonic()
        for serial, (until, answered) in tuple(self._asked.items()):
            if until <= now:
                del self._asked[serial]
                answered(CallFailed(_NO_REPLY, "no answer in time"))
        if not self._asked:
            self._overdue.stop()

    def _drop(self, reason: str) -> None:
        self._close()
        asked, self._asked = self._asked, {}
        for _until, answered in asked.values():
            answered(CallFailed("org.freedesktop.DBus.Error.Disconnected", reason))
        self._retry(reason)

    def _close(self) -> None:
        for notifier in (self._readable, self._writable):
            if notifier is not None:
                notifier.setEnabled(False)
                notifier.deleteLater()
        self._readable = self._writable = None
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _retry(self, reason: str) -> None:
        self._again.start(int(self._wait * 1000))
        self._wait = min(self._wait * 2, _LONGEST_WAIT)
        self.lost.emit(reason)


def _answer_of(message: Message) -> tuple[object, ...] | CallFailed:
    try:
        return body_of(message)
    except CallFailed as failed:
        return failed
