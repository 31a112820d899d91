"""The agent's object on the session bus: answers calls and tells what changed.  It never ends by what a caller sends.

It has no socket of its own: the owner passes in every message that arrives and sends what comes back.
Source: D-Bus Specification, "Standard Interfaces"; guardian/protocol/agent.py.
"""

from collections.abc import Callable, Mapping
from typing import Any

from jeepney import DBusAddress, HeaderFields, Message, MessageFlag, MessageType, new_error, new_method_return, new_signal

from guardian.adapters.agent_values import BusDict, alerts_to_bus, forecast_to_bus, next_victims_to_bus, state_to_bus
from guardian.model.verdict import Verdict
from guardian.policy.alerts import Alert
from guardian.protocol.agent import (
    AGENT_INTERFACE,
    AGENT_PATH,
    BEAT_SECONDS,
    INTROSPECTION,
    METHODS,
    PROPERTY_TYPES,
)

PROPERTIES_INTERFACE = "org.freedesktop.DBus.Properties"
INTROSPECTABLE = "org.freedesktop.DBus.Introspectable"
PEER = "org.freedesktop.DBus.Peer"
_INTERFACES = frozenset(("", AGENT_INTERFACE, PROPERTIES_INTERFACE, INTROSPECTABLE, PEER))
_ERROR = "org.freedesktop.DBus.Error."
_EMITTER = DBusAddress(AGENT_PATH, interface=PROPERTIES_INTERFACE)
_MOST_LISTENERS = 64
# Ticks come each second, a little early or late; signals of one second must not pile up with those that pressure hastens.
_LEAST_GAP = 0.9

Answer = tuple[str | None, tuple[Any, ...]]
# Does what a method says with its arguments; raises ActRefused.
AgentAct = Callable[..., tuple[Any, ...]]


class ActRefused(Exception):
    """An act that was not done; the text says what, why and what would work."""


class Refusal(Exception):
    """A call that is answered by a D-Bus error of this name (without the common prefix)."""

    def __init__(self, name: str, text: str) -> None:
        super().__init__(text)
        self.name = _ERROR + name


class AgentService:
    """Answers with the properties' present values.

    `own` gives further keys of State that say who the agent is; `machine_id` is for Peer, None where there is none.
    """

    def __init__(
        self,
        own: Callable[[], BusDict] = dict,
        machine_id: str | None = None,
    ) -> None:
        self._own = own
        self._machine_id = machine_id
        self._acts: Mapping[str, AgentAct] = {}
        self._allowed: Callable[[str], bool] = lambda _sender: False
        self._verdict: Verdict | None = None
        self._alerts: tuple[Alert, ...] = ()
        self._listeners: dict[str, None] = {}
        self._meaning: object = None
        self._told_at: float | None = None
        self._waiting: set[str] = set()
        self._methods: Mapping[tuple[str, str], tuple[str, Callable[[Message], Answer]]] = {
            (PROPERTIES_INTERFACE, "Get"): ("ss", self._get),
            (PROPERTIES_INTERFACE, "GetAll"): ("s", self._get_all),
            (PROPERTIES_INTERFACE, "Set"): ("ssv", self._set),
            (INTROSPECTABLE, "Introspect"): ("", self._introspect),
            (PEER, "Ping"): ("", lambda _message: (None, ())),
            (PEER, "GetMachineId"): ("", self._get_machine_id),
            **{(AGENT_INTERFACE, name): (taken, self._act) for name, (taken, _given) in METHODS.items()},
        }

    def offer(self, acts: Mapping[str, AgentAct], allowed: Callable[[str], bool]) -> None:
        """Serve the agent's own methods, by name, to callers (by unique name) that are `allowed`."""
        self._acts, self._allowed = acts, allowed

    @property
    def listeners(self) -> frozenset[str]:
        """Unique names of those who asked for all properties and are still on the bus."""
        return frozenset(self._listeners)

    def gone(self, unique_name: str) -> None:
        """A listener has left the bus."""
        self._listeners.pop(unique_name, None)

    def forget_listeners(self) -> None:
        """The bus itself has gone, and with it all who listened."""
        self._listeners.clear()

    def answer(self, message: Message) -> Message | None:
        """The answer to a call; None for other messages and for calls that want none."""
        if message.header.message_type is not MessageType.method_call:
            return None
        try:
            signature, body = self._answer(message)
            reply = new_method_return(message, signature, body)
        except Refusal as refusal:
            reply = new_error(message, refusal.name, "s", (str(refusal),))
        if message.header.flags & MessageFlag.no_reply_expected:
            return None
        return reply

    def publish(self, verdict: Verdict, alerts: tuple[Alert, ...], now: float) -> Message | None:
        """Take over a new verdict; the signal to send, at most one a second and only where it says something new.

        Figures that merely drift (time, room) are told every few seconds, and only while somebody listens.
        """
        self._verdict, self._alerts = verdict, alerts
        meaning = _meaning(verdict, alerts)
        if meaning != self._meaning:
            self._meaning = meaning
            self._waiting = set(PROPERTY_TYPES)
        elif self._listeners and (self._told_at is None or now - self._told_at >= BEAT_SECONDS):
            self._waiting |= {"State", "Forecast"}
        if not self._waiting or (self._told_at is not None and now - self._told_at < _LEAST_GAP):
            return None
        changed = {name: (PROPERTY_TYPES[name], self._value(name)) for name in sorted(self._waiting)}
        self._waiting = set()
        self._told_at = now
        return new_signal(_EMITTER, "PropertiesChanged", "sa{sv}as", (AGENT_INTERFACE, changed, []))

    def changed(self) -> None:
        """What `own` says is news: to be told with the next verdict."""
        self._waiting.add("State")

    def _value(self, name: str) -> Any:  # noqa: ANN401 - as D-Bus carries it
        """A property's present value, made when somebody wants it."""
        verdict = self._verdict
        if name == "State":
            return (state_to_bus(verdict) if verdict is not None else {}) | self._own()
        if name == "Forecast":
            return forecast_to_bus(verdict) if verdict is not None else {}
        if name == "NextVictims":
            return next_victims_to_bus(verdict) if verdict is not None else []
        return alerts_to_bus(self._alerts)

    def _act(self, message: Message) -> Answer:
        fields = message.header.fields
        if not self._allowed(fields.get(HeaderFields.sender, "")):
            raise Refusal("AccessDenied", "Only the user whose agent this is may ask for that")
        name = fields[HeaderFields.member]
        if name not in self._acts:
            raise Refusal("NotSupported", f"This agent cannot {name}")
        try:
            answer = self._acts[name](*message.body)
        except ActRefused as refused:
            raise Refusal("Failed", str(refused)) from refused
        return METHODS[name][1] or None, answer

    def _answer(self, message: Message) -> Answer:
        fields = message.header.fields
        path, interface = fields.get(HeaderFields.path, ""), fields.get(HeaderFields.interface)
        member = fields.get(HeaderFields.member, "")
        if path != AGENT_PATH and not _leads_here(path) and interface != PEER:
            raise Refusal("UnknownObject", f"No object {path}")
        known = [
            (where, method) for (where, name), method in self._methods.items() if name == member and interface in {None, where}
        ]
        if not known or (path != AGENT_PATH and known[0][0] in {PROPERTIES_INTERFACE, AGENT_INTERFACE}):
            raise Refusal("UnknownMethod", f"No method {member} on {interface or 'any interface'} of {path}")
        wanted, method = known[0][1]
        given = fields.get(HeaderFields.signature, "")
        if given != wanted:
            raise Refusal("InvalidArgs", f"{member} takes ({wanted}), not ({given})")
        return method(message)

    def _get(self, message: Message) -> Answer:
        interface, name = message.body
        _check_interface(interface)
        if name not in PROPERTY_TYPES:
            raise Refusal("UnknownProperty", f"No property {name}")
        return "v", ((PROPERTY_TYPES[name], self._value(name)),)

    def _get_all(self, message: Message) -> Answer:
        (interface,) = message.body
        if interface and interface != AGENT_INTERFACE:
            # Interfaces without properties are there too; unknown ones are an error.
            _check_interface(interface)
            return "a{sv}", ({},)
        self._listen(message.header.fields.get(HeaderFields.sender))
        return "a{sv}", ({name: (kind, self._value(name)) for name, kind in PROPERTY_TYPES.items()},)

    def _listen(self, sender: str | None) -> None:
        if sender is None:
            return
        self._listeners.pop(sender, None)
        self._listeners[sender] = None
        while len(self._listeners) > _MOST_LISTENERS:
            del self._listeners[next(iter(self._listeners))]

    def _set(self, message: Message) -> Answer:
        interface, name, _value = message.body
        _check_interface(interface)
        if name not in PROPERTY_TYPES:
            raise Refusal("UnknownProperty", f"No property {name}")
        raise Refusal("PropertyReadOnly", f"{name} can only be read")

    def _introspect(self, message: Message) -> Answer:
        path = message.header.fields.get(HeaderFields.path, "")
        if path == AGENT_PATH:
            return "s", (INTROSPECTION,)
        below = AGENT_PATH[len(path.rstrip("/")) + 1 :].split("/")[0]
        return "s", (f'<node>\n  <node name="{below}"/>\n</node>\n',)

    def _get_machine_id(self, _message: Message) -> Answer:
        if not self._machine_id:
            raise Refusal("Failed", "This machine has no machine id")
        return "s", (self._machine_id,)


def _leads_here(path: str) -> bool:
    """Whether a path lies above the agent's object."""
    return path == "/" or AGENT_PATH.startswith(path + "/")


def _check_interface(interface: str) -> None:
    if interface not in _INTERFACES:
        raise Refusal("UnknownInterface", f"No interface {interface}")


def _meaning(verdict: Verdict, alerts: tuple[Alert, ...]) -> object:
    """What of a verdict is news when it differs: the state, who would be next, whether there is a forecast."""
    return (
        verdict.state,
        verdict.seconds_left is None,
        tuple((one.killer, one.key, one.name, one.cgroup) for one in verdict.next_victims),
        tuple((one.level, one.since) for one in alerts),
    )
