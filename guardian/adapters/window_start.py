"""Brings the window to the front at one of its pages: by the bus where it runs or can be activated, else as a new program.

Source: org.freedesktop.Application (Desktop Entry Specification, "D-Bus Activation"); xdg-activation-v1.
"""

import os
import sys
from collections.abc import Callable, Mapping

from jeepney import DBusAddress, HeaderFields, Message, MessageType, new_method_call

from guardian.adapters.child_environment import child_environment

APP_NAME = "io.github.oomguardian.App"
_APP = DBusAddress("/io/github/oomguardian/App", APP_NAME, "org.freedesktop.Application")
PAGE_ACTION = "page"


class WindowStart:
    """`send` gives a message to the bus and returns its serial; None without a bus."""

    def __init__(
        self,
        send: Callable[[Message], int | None],
        say: Callable[[str], None],
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        self._send, self._say, self._environ = send, say, environ
        self._asked: dict[int, str] = {}

    def open(self, page: str, token: str = "") -> None:
        """Show a page; `token` lets the window take the focus."""
        platform = {"activation-token": ("s", token), "desktop-startup-id": ("s", token)} if token else {}
        body = (PAGE_ACTION, [("s", page)], platform)
        serial = self._send(new_method_call(_APP, "ActivateAction", "sava{sv}", body))
        if serial is None:
            self._start(token)
        else:
            self._asked[serial] = token

    def connected(self) -> None:
        """Nothing is asked before somebody wants the window."""

    def lost(self) -> None:
        """No answer will come any more."""
        self._asked.clear()

    def heard(self, message: Message) -> None:
        """Where the bus knows no window, start one."""
        fields = message.header.fields
        token = self._asked.pop(fields.get(HeaderFields.reply_serial, 0), None)
        if token is None or message.header.message_type is not MessageType.error:
            return
        if fields.get(HeaderFields.error_name, "").endswith((".ServiceUnknown", ".NameHasNoOwner")):
            self._start(token)

    def _start(self, token: str) -> None:
        environ = child_environment(self._environ)
        if token:
            environ["XDG_ACTIVATION_TOKEN"] = token
        try:
            os.posix_spawn(sys.executable, [sys.executable, "-m", "guardian"], environ, setsid=True)
        except OSError as error:
            self._say(error.strerror or str(error))
