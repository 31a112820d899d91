"""One window per session: the first start owns a name, a later one asks it to come forward and ends.

Source: org.freedesktop.Application (Desktop Entry Specification, "D-Bus Activation"); xdg-activation-v1; startup-notification.
"""

import fcntl
import os
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, cast

from jeepney import DBusAddress, HeaderFields, Message, new_error, new_method_call, new_method_return
from PySide6.QtCore import QObject, QStandardPaths, Signal, Slot

from guardian.adapters.session_bus import BusLost, CallFailed, NoBus, connect, session_bus_address
from guardian.ui.qt_bus import QtBus

if TYPE_CHECKING:
    # Only where there is no bus, and worth three MiB.
    from PySide6.QtNetwork import QLocalServer, QLocalSocket

APP_NAME = "io.github.oomguardian.App"
APP_PATH = "/io/github/oomguardian/App"
APPLICATION = "org.freedesktop.Application"

_SIGNATURES = {"Activate": "a{sv}", "Open": "asa{sv}", "ActivateAction": "sava{sv}"}
_ERROR = "org.freedesktop.DBus.Error."
_MOST_TOKEN = 1024
_WAIT_MS = 2000


def activation_token(environ: Mapping[str, str] = os.environ) -> str:
    """The token by which the desktop lets this start take the focus; "" where it gave none."""
    return (environ.get("XDG_ACTIVATION_TOKEN") or environ.get("DESKTOP_STARTUP_ID") or "")[:_MOST_TOKEN]


class SingleInstance(QObject):
    """`raise_wanted` brings the activation token of a later start, "" where it has none."""

    raise_wanted = Signal(str)

    def __init__(self, bus: QtBus, parent: QObject | None = None, environ: Mapping[str, str] = os.environ) -> None:
        super().__init__(parent)
        self._bus, self._environ = bus, environ
        self._server: QLocalServer | None = None
        self._lock = -1

    def claim(self) -> bool:
        """Become the one window; false when another is there already and was asked to come forward."""
        self._bus.serve(self._answer)
        self._bus.found.connect(self._claim_again)
        if self._bus.connected:
            return self._bus.own_name(APP_NAME) or not self._ask_on_bus()
        return self._claim_socket()

    def release(self) -> None:
        """Be the one window no more; the bus's name goes with its connection."""
        if self._server is not None:
            self._server.close()
            self._server = None
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def _ask_on_bus(self) -> bool:
        """Ask the owner of the name; its answer is waited for, as this process ends right after."""
        token = activation_token(self._environ)
        platform = {"activation-token": ("s", token), "desktop-startup-id": ("s", token)} if token else {}
        call = new_method_call(DBusAddress(APP_PATH, APP_NAME, APPLICATION), "Activate", "a{sv}", (platform,))
        try:
            connection = connect(session_bus_address(self._environ))
            try:
                connection.call(call)
            finally:
                connection.close()
        except (NoBus, BusLost):
            return False
        except CallFailed as failed:
            # Whoever owns the name and does not answer is busy, not absent.
            return not failed.name.endswith((".ServiceUnknown", ".NameHasNoOwner"))
        return True

    @Slot()
    def _claim_again(self) -> None:
        """After the bus came back: the name is free again."""
        self._bus.own_name(APP_NAME)

    def _answer(self, message: Message) -> Message | None:
        fields = message.header.fields
        member, interface = fields.get(HeaderFields.member), fields.get(HeaderFields.interface)
        if fields.get(HeaderFields.path) != APP_PATH or interface not in {None, APPLICATION} or member not in _SIGNATURES:
            return None
        if fields.get(HeaderFields.signature, "") != _SIGNATURES[member]:
            return new_error(message, _ERROR + "InvalidArgs", "s", (f"{member} takes ({_SIGNATURES[member]})",))
        self.raise_wanted.emit(_token_of(message.body[-1]))
        return new_method_return(message)

    def _claim_socket(self) -> bool:
        """Without a bus a lock says who is first, and a socket beside it does the asking; both end with their process."""
        name = _socket_name()
        self._lock = os.open(name + ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._lock)
            self._lock = -1
            self._ask_on_socket(name)
            return False
        from PySide6.QtNetwork import QLocalServer

        # A socket that is there was left by one who died.
        QLocalServer.removeServer(name)
        self._server = QLocalServer(self)
        self._server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        self._server.newConnection.connect(self._accept)
        self._server.listen(name)
        return True

    def _ask_on_socket(self, name: str) -> None:
        """Ask the first, which may be about to listen only now."""
        from PySide6.QtNetwork import QLocalSocket

        asking = QLocalSocket()
        until = time.monotonic() + _WAIT_MS / 1000
        while time.monotonic() < until:
            asking.connectToServer(name)
            if asking.waitForConnected(_WAIT_MS):
                asking.write(activation_token(self._environ).encode("utf-8", "replace") + b"\n")
                asking.waitForBytesWritten(_WAIT_MS)
                asking.disconnectFromServer()
                return
            time.sleep(0.05)

    @Slot()
    def _accept(self) -> None:
        while self._server is not None and (peer := self._server.nextPendingConnection()) is not None:
            peer.setReadBufferSize(_MOST_TOKEN + 1)
            peer.readyRead.connect(self._hear)
            peer.disconnected.connect(peer.deleteLater)
            if peer.canReadLine():
                self._take(peer)

    @Slot()
    def _hear(self) -> None:
        self._take(cast("QLocalSocket", self.sender()))

    def _take(self, peer: "QLocalSocket") -> None:
        if peer.canReadLine():
            line = bytes(peer.readLine().data())
            self.raise_wanted.emit(line.decode("utf-8", "replace").strip())
        elif peer.bytesAvailable() > _MOST_TOKEN:
            peer.abort()


def _socket_name() -> str:
    """A socket in a folder that only this user can reach."""
    return os.path.join(QStandardPaths.writableLocation(QStandardPaths.StandardLocation.RuntimeLocation), "oom-guardian.app")


def _token_of(platform: object) -> str:
    """The token among the platform's values; "" where there is none or it is odd."""
    for key in ("activation-token", "desktop-startup-id"):
        variant = platform.get(key) if isinstance(platform, dict) else None
        if isinstance(variant, tuple) and len(variant) == 2 and isinstance(variant[1], str) and variant[1]:
            return variant[1][:_MOST_TOKEN]
    return ""
