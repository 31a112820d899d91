"""Acts on units of the system manager: a drop-in of ours, loaded and read back.

Source: systemd.unit(5) (drop-ins), org.freedesktop.systemd1(5) (Manager.Reload, Manager.GetUnit, unit properties).
"""

import contextlib
import os
from collections.abc import Generator, Mapping
from typing import Any

from jeepney import DBusAddress, Message, MessageType, new_method_call

from guardian.helper.acts import PlainAct, Steps, Variants, plain_values
from guardian.helper.errors import Failed, Gone, Refused
from guardian.helper.root_files import make_folder, remove, remove_empty, write_whole
from guardian.protocol.dialogs import REMOVE_UNIT_PLAN
from guardian.protocol.plans import DROP_IN, OWNER_HEADER, UnitPlan, drop_in_text, parse_plan
from guardian.protocol.rules import ADJ_MIN, RuleError, check_unit

_SYSTEMD = "org.freedesktop.systemd1"
_MANAGER = DBusAddress("/org/freedesktop/systemd1", _SYSTEMD, "org.freedesktop.systemd1.Manager")
_INTERFACES = {"service": "Service", "socket": "Socket", "mount": "Mount", "swap": "Swap", "scope": "Scope", "slice": "Slice"}


class _UnitAct(PlainAct):
    action = "units"

    def __init__(self, unit: str, details: Mapping[str, str], root: str) -> None:
        try:
            self._unit = check_unit(unit)
        except RuleError as error:
            raise Refused(f"Not changed: {error}.") from None
        self._root = root
        self._folder = f"{root}etc/systemd/system/{unit}.d"
        self._path = f"{self._folder}/{DROP_IN}"
        super().__init__({"unit": unit, "what": unit, **details})

    def _need_systemd(self) -> None:
        if not os.path.isdir(f"{self._root}run/systemd/system"):
            raise Failed("There is no systemd here, so a unit cannot be protected; protect the program or the process.")

    def _ours(self) -> str | None:
        """Our drop-in's text, None without one.  Failed where it is not ours: nothing of an administrator's is overwritten."""
        try:
            with open(self._path, encoding="utf-8", errors="replace") as file:
                text = file.read()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise Failed(f"{self._path} could not be read: {error.strerror}.") from None
        if not text.startswith(OWNER_HEADER):
            raise Failed(f"{self._path} was not written by OOM Guardian and is left alone.")
        return text


class SetUnitProtection(_UnitAct):
    """Writes a unit's drop-in, has the manager load it, and reads the effective values back."""

    def __init__(self, unit: str, keys: Variants, options: Mapping[str, Any], root: str) -> None:
        super().__init__(unit, {}, root)
        try:
            self._plan: UnitPlan = parse_plan(plain_values(keys), unit)
        except RuleError as error:
            raise Refused(f"Not changed: {error}.") from None
        if self._plan.oom_score_adjust == ADJ_MIN:
            if not options.get("immortal", False):
                raise Refused("Not set: -1000 needs the option immortal; -900 protects enough.")
            self.action = "immortal"
        wishes = {key: value for key, value in self._plan._asdict().items() if value is not None}
        self.details = {**self.details, "plan": ", ".join(f"{key}={value}" for key, value in wishes.items())}

    def perform(self) -> Steps:
        """(path,).  Where the manager will not take it, all is as it was before."""
        self._need_systemd()
        earlier = self._ours()
        make_folder(self._folder)
        write_whole(self._path, drop_in_text(self._plan, self._unit))
        try:
            yield from _reload()
            self._record = {"effective": (yield from self._read_back())}
        except Failed:
            if earlier is None:
                remove(self._path)
                remove_empty(self._folder)
            else:
                write_whole(self._path, earlier)
            # The manager may have loaded what has just been taken back.
            with contextlib.suppress(Failed):
                yield from _reload()
            raise
        return (self._path,)

    def _read_back(self) -> Generator[Message, Message, str]:
        reply = yield new_method_call(_MANAGER, "LoadUnit", "s", (self._unit,))
        if reply.header.message_type is not MessageType.method_return:
            return "unit not loaded"
        interface = f"{_SYSTEMD}.{_INTERFACES[self._unit.rpartition('.')[2]]}"
        address = DBusAddress(reply.body[0], _SYSTEMD, "org.freedesktop.DBus.Properties")
        found = yield new_method_call(address, "GetAll", "s", (interface,))
        if found.header.message_type is not MessageType.method_return:
            return "not readable"
        wished = {
            "OOMScoreAdjust": self._plan.oom_score_adjust,
            "OOMPolicy": self._plan.oom_policy,
            "ManagedOOMPreference": self._plan.managed_oom_preference,
            "MemoryLow": self._plan.memory_low,
        }
        values = {key: found.body[0][key][1] for key, value in wished.items() if value is not None and key in found.body[0]}
        wrong = [key for key, value in values.items() if value != wished[key]]
        if wrong:
            raise Failed(f"Not held: systemd says {wrong[0]}={values[wrong[0]]} for {self._unit}; another drop-in is stronger.")
        return ", ".join(f"{key}={value}" for key, value in values.items())


class RemoveUnitProtection(_UnitAct):
    """Removes our drop-in; nothing of it stays behind."""

    dialog = REMOVE_UNIT_PLAN

    def __init__(self, unit: str, root: str) -> None:
        super().__init__(unit, {"removal": "yes"}, root)

    def perform(self) -> Steps:
        """Nothing to return.  Gone where there is no drop-in of ours."""
        self._need_systemd()
        self._ours()
        if not remove(self._path):
            raise Gone(f"{self._unit} has no protection by OOM Guardian.")
        remove_empty(self._folder)
        yield from _reload()
        return ()


def _reload() -> Generator[Message, Message, None]:
    reply = yield new_method_call(_MANAGER, "Reload")
    if reply.header.message_type is not MessageType.method_return:
        raise Failed("systemd did not reload its units; look at journalctl -u init.scope.")
