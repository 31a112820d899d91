"""Messages on the desktop, by whatever notification server the session has.

Nothing here waits: calls go out on the agent's own connection, answers and signals come back through `heard`.  A server that is
started anew is shown again what is still true.
Source: Desktop Notifications Specification 1.3; its property Inhibited; dunst's own `paused`.
"""

from collections.abc import Callable, Mapping
from typing import Any

from jeepney import DBusAddress, HeaderFields, Message, MessageType, Properties, new_method_call

from guardian.adapters.session_bus import BUS
from guardian.policy.episodes import Notice
from guardian.protocol.printable import encodable

SERVER = "org.freedesktop.Notifications"
PATH = "/org/freedesktop/Notifications"
APP_NAME, APP_ID = "OOM Guardian", "io.github.oomguardian.App"
DUNST = "org.dunstproject.cmd0"
_PROPERTIES = "org.freedesktop.DBus.Properties"
_SERVER = DBusAddress(PATH, SERVER, SERVER)
_DEFAULT = "default"
_NEVER, _AS_SERVER = 0, -1
_MATCHES = (
    f"type='signal',sender='{SERVER}',path='{PATH}',interface='{SERVER}'",
    f"type='signal',sender='{SERVER}',path='{PATH}',interface='{_PROPERTIES}'",
    f"type='signal',sender='org.freedesktop.DBus',interface='org.freedesktop.DBus',member='NameOwnerChanged',arg0='{SERVER}'",
)

Body = tuple[Any, ...] | None
Send = Callable[[Message], int | None]


class _Slot:
    """One place on the screen: what it shows, the server's id for it, and what waits for that id."""

    def __init__(self) -> None:
        self.notice: Notice | None = None
        self.id = 0
        self.serial: int | None = None
        self.waiting: Notice | None = None
        self.close = False


class Notifier:
    """Shows one message per slot, and says what users do with it.

    `send` gives a message to the bus and returns its serial, None where there is no bus.  `acted` is called with the act
    ("" for a click on the message itself), the notice and an activation token; `closed` with the slot's name and its notice.
    """

    def __init__(self, send: Send, acted: Callable[[str, Notice, str], None], closed: Callable[[str, Notice], None]) -> None:
        self._send, self._acted, self._closed = send, acted, closed
        self._slots: dict[str, _Slot] = {}
        self._asked: dict[int, Callable[[Body], None]] = {}
        self._tokens: dict[int, str] = {}
        self.capabilities: frozenset[str] | None = None
        self._owner = ""
        self._inhibited = self._paused = False

    @property
    def inhibited(self) -> bool:
        """Whether the desktop shows no notifications now (do not disturb), where it tells."""
        return self._inhibited or self._paused

    def shown(self, slot: str) -> Notice | None:
        """What a slot shows now."""
        found = self._slots.get(slot)
        return found.notice if found is not None else None

    def connected(self) -> None:
        """The bus is there: listen to the server, if there is one already.  None is started for that."""
        for rule in _MATCHES:
            self._send(new_method_call(BUS, "AddMatch", "s", (rule,)))
        self._ask(new_method_call(BUS, "GetNameOwner", "s", (SERVER,)), self._take_owner)

    def lost(self) -> None:
        """The bus has gone, and with it all that was shown."""
        self._asked.clear()
        self._tokens.clear()
        self._owner, self.capabilities = "", None
        for slot in self._slots.values():
            slot.id, slot.serial = 0, None

    def show(self, name: str, notice: Notice) -> bool:
        """Show a message in a slot, in place of what it shows; whether there was a bus to send it to."""
        slot = self._slots.setdefault(name, _Slot())
        slot.close = False
        if slot.serial is not None:
            slot.waiting = notice
            return True
        slot.notice = notice
        serial = self._send(self._message(notice, slot.id))
        if serial is None:
            return False
        slot.serial = serial
        self._asked[serial] = lambda body: self._take_id(slot, body)
        return True

    def close(self, name: str) -> None:
        """Take a slot's message from the screen."""
        slot = self._slots.get(name)
        if slot is None:
            return
        slot.waiting = None
        if slot.serial is not None:
            slot.close = True
            return
        number, slot.id, slot.notice = slot.id, 0, None
        if number:
            self._send(new_method_call(_SERVER, "CloseNotification", "u", (number,)))

    def heard(self, message: Message) -> None:
        """Take in an answer, or a signal of the server or about it."""
        fields = message.header.fields
        kind = message.header.message_type
        if kind in {MessageType.method_return, MessageType.error}:
            answer = self._asked.pop(fields.get(HeaderFields.reply_serial, 0), None)
            if answer is not None:
                answer(message.body if kind is MessageType.method_return else None)
        elif kind is MessageType.signal:
            sender, member = fields.get(HeaderFields.sender), fields.get(HeaderFields.member, "")
            signature = fields.get(HeaderFields.signature, "")
            if sender == "org.freedesktop.DBus" and member == "NameOwnerChanged" and message.body[0] == SERVER:
                self._change_owner(message.body[2])
            elif sender == self._owner and self._owner:
                self._signal(member, signature, message.body)

    def _signal(self, member: str, signature: str, body: tuple[Any, ...]) -> None:
        if (member, signature) == ("NotificationClosed", "uu"):
            self._tokens.pop(body[0], None)
            self._take_close(body[0])
        elif (member, signature) == ("ActivationToken", "us"):
            self._tokens = {body[0]: body[1]}
        elif (member, signature) == ("ActionInvoked", "us"):
            slot = self._slot_of(body[0])
            if slot is not None and slot[1].notice is not None:
                self._acted("" if body[1] == _DEFAULT else body[1], slot[1].notice, self._tokens.pop(body[0], ""))
        elif (member, signature) == ("PropertiesChanged", "sa{sv}as"):
            self._take_properties(body[1])

    def _slot_of(self, number: int) -> tuple[str, _Slot] | None:
        return next(((name, slot) for name, slot in self._slots.items() if slot.id == number and number), None)

    def _take_close(self, number: int) -> None:
        found = self._slot_of(number)
        if found is None:
            return
        name, slot = found
        notice, slot.id, slot.notice = slot.notice, 0, None
        if notice is not None:
            self._closed(name, notice)

    def _take_id(self, slot: _Slot, body: Body) -> None:
        """The server's answer to a message: its id; None where it refused or there is no server."""
        slot.serial = None
        slot.id = body[0] if body and isinstance(body[0], int) else 0
        if body is None:
            slot.notice = None
        waiting, slot.waiting = slot.waiting, None
        name = next(one for one, candidate in self._slots.items() if candidate is slot)
        if slot.close:
            slot.close = False
            self.close(name)
        elif waiting is not None:
            self.show(name, waiting)

    def _take_owner(self, body: Body) -> None:
        self._change_owner(body[0] if body else "")

    def _change_owner(self, owner: str) -> None:
        if owner == self._owner:
            return
        self._owner, self.capabilities = owner, None
        self._inhibited = self._paused = False
        for slot in self._slots.values():
            slot.id = 0
        if not owner:
            return
        self._ask(new_method_call(_SERVER, "GetCapabilities"), self._take_capabilities)
        self._ask(Properties(DBusAddress(PATH, SERVER, SERVER)).get("Inhibited"), self._take_inhibited)
        self._ask(Properties(DBusAddress(PATH, SERVER, DUNST)).get("paused"), self._take_paused)
        for name, slot in list(self._slots.items()):
            # A message that started its server arrives there by itself.
            if slot.notice is not None and slot.serial is None:
                self.show(name, slot.notice)

    def _ask(self, message: Message, take: Callable[[Body], None]) -> None:
        serial = self._send(message)
        if serial is not None:
            self._asked[serial] = take

    def _take_capabilities(self, body: Body) -> None:
        if body and isinstance(body[0], list):
            self.capabilities = frozenset(one for one in body[0] if isinstance(one, str))

    def _take_inhibited(self, body: Body) -> None:
        self._inhibited = _truth(body)

    def _take_paused(self, body: Body) -> None:
        self._paused = _truth(body)

    def _take_properties(self, changed: Mapping[str, Any]) -> None:
        if "Inhibited" in changed:
            self._inhibited = _truth((changed["Inhibited"],))
        if "paused" in changed:
            self._paused = _truth((changed["paused"],))

    def _message(self, notice: Notice, replaces: int) -> Message:
        body, known = encodable(notice.body), self.capabilities
        if known is None or "body-markup" in known:
            body = body.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        actions = [_DEFAULT, ""]
        if known is None or "actions" in known:
            for button in notice.buttons:
                actions += [button.act, encodable(button.label)]
        icon = f"{APP_ID}-{notice.state.value.replace(' ', '-')}-symbolic"
        hints = {"urgency": ("y", notice.urgency), "desktop-entry": ("s", APP_ID), "category": ("s", "device")}
        expires = _NEVER if notice.stays else _AS_SERVER
        arguments = (APP_NAME, replaces, icon, encodable(notice.summary), body, actions, hints, expires)
        return new_method_call(_SERVER, "Notify", "susssasa{sv}i", arguments)


def _truth(body: Body) -> bool:
    """A boolean of a Get answer; false where there is no such property, or where it is answered by something else."""
    return bool(body) and body is not None and body[0] == ("b", True)
