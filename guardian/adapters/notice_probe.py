"""The self-test of notifications: one harmless message, and what became of it in words.

Source: Desktop Notifications Specification 1.3 (Notify).
"""

from collections.abc import Mapping
from typing import Any

from jeepney import DBusAddress, Message, new_method_call

from guardian.adapters.notifications import APP_ID, APP_NAME, PATH, SERVER
from guardian.adapters.session_bus import CallFailed
from guardian.protocol.i18n import _
from guardian.protocol.printable import printable

_AS_SERVER = -1


def probe_notice() -> Message:
    """A message of normal urgency that the server takes away by itself."""
    hints: Mapping[str, tuple[str, Any]] = {"urgency": ("y", 1), "desktop-entry": ("s", APP_ID)}
    words = _("This is how OOM Guardian warns before memory runs out.")
    arguments: tuple[Any, ...] = (APP_NAME, 0, APP_ID, _("Test notification"), words, [], hints, _AS_SERVER)
    return new_method_call(DBusAddress(PATH, SERVER, SERVER), "Notify", "susssasa{sv}i", arguments)


def probe_words(answer: tuple[object, ...] | CallFailed) -> str:
    """What became of the probe, by the server's answer."""
    if not isinstance(answer, CallFailed):
        return _("The notification server took the test notification.")
    words = _("No test notification: no notification server answered ({reason}). Desktops bring one; else install dunst or mako.")
    return words.format(reason=printable(str(answer)))
