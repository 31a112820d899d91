"""A real Secret Service of a test's own: gnome-keyring on the test's bus, unlocked, with its files in the test's folder."""

import os
import select
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from jeepney import DBusAddress, HeaderFields, Message, MessageType, new_error, new_method_call

from guardian.adapters.session_bus import BUS, connect, session_bus_address

LOGIN = "/org/freedesktop/secrets/collection/login"
_SERVICE = DBusAddress("/org/freedesktop/secrets", "org.freedesktop.secrets", "org.freedesktop.Secret.Service")
_SECONDS = 60.0


class SecretService:
    """gnome-keyring-daemon in the foreground, with a login keyring that is open."""

    def __init__(self) -> None:
        if shutil.which("gnome-keyring-daemon") is None:
            pytest.skip("gnome-keyring-daemon is missing (Debian: gnome-keyring)")
        self.pid = 0
        self._daemon: subprocess.Popen[bytes] | None = None

    def start(self, password: str = "of the keyring") -> None:
        """Start it, and wait until the keyring is there and open."""
        command = ["gnome-keyring-daemon", "--unlock", "--foreground", "--components=secrets"]
        environ = os.environ | {"HOME": os.environ["XDG_DATA_HOME"]}
        self._daemon = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environ
        )
        assert self._daemon.stdin is not None
        self._daemon.stdin.write(password.encode())
        self._daemon.stdin.close()
        self.pid = self._daemon.pid
        wait_for(lambda: self._owned() and not self._locked())

    def lock(self) -> None:
        """Lock the keyring, as a desktop does."""
        self._call(new_method_call(_SERVICE, "Lock", "ao", ([LOGIN],)))
        wait_for(self._locked)

    def stop(self) -> None:
        """End it."""
        if self._daemon is not None:
            self._daemon.kill()
            self._daemon.wait()
            self._daemon = None

    def _owned(self) -> bool:
        (owned,) = self._call(new_method_call(BUS, "NameHasOwner", "s", ("org.freedesktop.secrets",)))
        return bool(owned)

    def _locked(self) -> bool:
        properties = DBusAddress(LOGIN, "org.freedesktop.secrets", "org.freedesktop.DBus.Properties")
        ((_kind, locked),) = self._call(new_method_call(properties, "Get", "ss", ("org.freedesktop.Secret.Collection", "Locked")))
        return bool(locked)

    @staticmethod
    def _call(message: Message) -> tuple[Any, ...]:
        connection = connect(session_bus_address(), timeout=20)
        try:
            return connection.call(message, 20)
        finally:
            connection.close()


class Prompter:
    """Stands where the desktop's question for a password would come from: counts how often it is asked, and never asks."""

    def __init__(self) -> None:
        self.asked = 0
        self._connection = connect(session_bus_address(), timeout=20)
        assert self._connection.request_name("org.gnome.keyring.SystemPrompter")
        self._ending, self._end = socket.socketpair()
        self._thread = threading.Thread(target=self._serve, name="prompter")
        self._thread.start()

    def close(self) -> None:
        """End it."""
        self._end.send(b"x")
        self._thread.join(20)
        self._connection.close()
        self._ending.close()
        self._end.close()

    def _serve(self) -> None:
        while self._ending not in select.select([self._connection, self._ending], [], [])[0]:
            for message in self._connection.receive():
                if message.header.message_type is MessageType.method_call:
                    self.asked += message.header.fields.get(HeaderFields.member) == "BeginPrompting"
                    self._connection.send(new_error(message, "org.gnome.keyring.Prompter.InProgress"))
                    self._connection.flush()


def wait_for(true: Callable[[], object], seconds: float = _SECONDS) -> None:
    """Wait until something is true; fails in the end."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.02)
