"""What the running agent says, for those who ask once: the command line, scripts, doctor.

Source: guardian/protocol/agent.py.
"""

import os
from collections.abc import Mapping
from contextlib import closing

from jeepney import DBusAddress, Message, MessageFlag, Properties

from guardian.adapters.agent_values import BadValue, verdict_from_bus
from guardian.adapters.session_bus import BusLost, CallFailed, connect, session_bus_address
from guardian.model.verdict import Verdict
from guardian.protocol.agent import AGENT_INTERFACE, AGENT_NAME, AGENT_PATH
from guardian.protocol.i18n import _

AGENT = DBusAddress(AGENT_PATH, AGENT_NAME, AGENT_INTERFACE)

_ABSENT = frozenset(("org.freedesktop.DBus.Error.ServiceUnknown", "org.freedesktop.DBus.Error.NameHasNoOwner"))


class NoAgent(Exception):
    """No agent answers with what can be understood; the text says why."""


def ask_all() -> Message:
    """The call that asks for all properties, without having an agent started for it."""
    message: Message = Properties(AGENT).get_all()
    message.header.flags |= MessageFlag.no_auto_start
    return message


def verdict_of(properties: object) -> Verdict:
    """The verdict in the answer to `ask_all`.  Raises NoAgent when the agent says something else than the protocol."""
    try:
        state, forecast, victims = (_value(properties, name) for name in ("State", "Forecast", "NextVictims"))
        return verdict_from_bus(state, forecast, victims)
    except BadValue as error:
        raise NoAgent(_("The agent speaks another language: {reason}. Restart it.").format(reason=error)) from error


def ask_agent(environ: Mapping[str, str] = os.environ, timeout: float = 1.0) -> Verdict:
    """The running agent's verdict.  Raises NoBus or NoAgent."""
    with closing(connect(session_bus_address(environ), timeout)) as connection:
        try:
            (properties,) = connection.call(ask_all(), timeout)
        except CallFailed as error:
            if error.name in _ABSENT:
                raise NoAgent(_("No agent runs on this session bus.")) from error
            raise NoAgent(_("The agent does not answer: {reason}.").format(reason=error)) from error
        except (BusLost, ValueError) as error:
            raise NoAgent(_("The session bus is gone: {reason}.").format(reason=error)) from error
    return verdict_of(properties)


def _value(properties: object, name: str) -> object:
    """One property without its variant's signature."""
    if not isinstance(properties, Mapping):
        raise BadValue("no properties")
    variant = properties.get(name)
    if not isinstance(variant, tuple) or len(variant) != 2:
        raise BadValue(f"no property {name}")
    value: object = variant[1]
    return value
