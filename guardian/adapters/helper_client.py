"""Asking the root helper: one call, one answer, and a refusal in words that say what would work.

Source: guardian/protocol/helper.py.
"""

import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from typing import Any

from jeepney import DBusAddress, Message, new_method_call

from guardian.adapters.session_bus import BusConnection, BusLost, CallFailed, NoBus, connect, system_bus_address
from guardian.kernel.process import ProcessKey
from guardian.protocol import helper as names
from guardian.protocol.i18n import _
from guardian.protocol.refusals import in_readers_language
from guardian.protocol.rules import Rule, RuleError, parse_rule

HELPER = DBusAddress(names.HELPER_PATH, names.HELPER_NAME, names.HELPER_INTERFACE)

_ABSENT = frozenset(("org.freedesktop.DBus.Error.ServiceUnknown", "org.freedesktop.DBus.Error.NameHasNoOwner"))
_QUICK_SECONDS = 10.0

Options = dict[str, tuple[str, Any]]


class NoHelper(Exception):
    """The helper is not to be had; the text says how to get it."""


class HelperRefused(Exception):
    """The helper, polkit or the kernel said no; `name` is the D-Bus error, the text its reason."""

    def __init__(self, name: str, text: str) -> None:
        super().__init__(text)
        self.name = name

    @property
    def gone(self) -> bool:
        """Whether the process had ended."""
        return self.name == names.GONE

    @property
    def unauthorized(self) -> bool:
        """Whether the password was not given, or nobody could be asked for it."""
        return self.name == names.NOT_AUTHORIZED


def options(*, interactive: bool = True, immortal: bool = False, forget: bool = False) -> Options:
    """The options that every method takes last."""
    found: Options = {"interactive": ("b", interactive)}
    return found | {name: ("b", True) for name, wanted in (("immortal", immortal), ("forget", forget)) if wanted}


def method_call(member: str, arguments: Sequence[Any]) -> Message:
    """The call of one of the helper's methods."""
    return new_method_call(HELPER, member, names.METHODS[member].takes or None, tuple(arguments))


def failure_of(error: CallFailed) -> NoHelper | HelperRefused:
    """What an error reply means."""
    if error.name in _ABSENT:
        return NoHelper(_("The helper is not installed, so values cannot be lowered. Install it: installers/install-helper.sh"))
    return HelperRefused(error.name, in_readers_language(str(error)) or error.name)


class HelperClient:
    """Calls the helper on the system bus, each on a connection of its own, so that a dialog may take its time."""

    def __init__(self, environ: Mapping[str, str] = os.environ) -> None:
        self._address = system_bus_address(environ)
        self._lock = threading.Lock()
        self._waiting: set[BusConnection] = set()
        self._hung_up = False

    def hang_up(self) -> None:
        """End the calls that wait for an answer, and every later one at once; may be called from any thread."""
        with self._lock:
            self._hung_up = True
            for bus in self._waiting:
                bus.shut_down()

    @contextmanager
    def _connected(self) -> Iterator[BusConnection]:
        with closing(connect(self._address)) as bus:
            with self._lock:
                if self._hung_up:
                    raise BusLost(_("the program ends"))
                self._waiting.add(bus)
            try:
                yield bus
            finally:
                with self._lock:
                    self._waiting.discard(bus)

    def call(self, member: str, *arguments: Any) -> tuple[Any, ...]:
        """The body of the answer.  Raises NoHelper or HelperRefused."""
        asks = bool(arguments) and isinstance(arguments[-1], dict) and arguments[-1].get("interactive", ("b", False))[1]
        timeout = names.DIALOG_SECONDS if asks else _QUICK_SECONDS
        try:
            with self._connected() as bus:
                return bus.call(method_call(member, arguments), timeout)
        except CallFailed as error:
            raise failure_of(error) from error
        except (NoBus, BusLost) as error:
            raise NoHelper(_("There is no system bus, so the helper cannot be asked: {reason}").format(reason=error)) from error

    def set_adjustment(self, key: ProcessKey, value: int, *, interactive: bool = True, immortal: bool = False) -> tuple[int, int]:
        """(before, now) of one process's oom_score_adj.  Raises NoHelper or HelperRefused."""
        choice = options(interactive=interactive, immortal=immortal)
        before, now = self.call("SetOomScoreAdj", key.pid, key.start_ticks, value, choice)
        return int(before), int(now)

    def put_rule(self, rule: Rule, *, interactive: bool = True) -> str:
        """The id of a lasting rule.  Raises NoHelper or HelperRefused."""
        kinds = {str: "s", int: "i", bool: "b"}
        keys = {key: (kinds[type(value)], value) for key, value in rule.as_mapping().items()}
        return str(self.call("PutRule", keys, options(interactive=interactive, immortal=rule.immortal))[0])

    def remove_rule(self, rule_id: str, *, interactive: bool = True) -> None:
        """Take a lasting rule away.  Raises NoHelper or HelperRefused."""
        self.call("RemoveRule", rule_id, options(interactive=interactive))

    def rules(self) -> tuple[Rule, ...]:
        """All lasting rules; one that cannot be understood is left out.  Raises NoHelper or HelperRefused."""
        found = []
        for keys in self.call("ListRules")[0]:
            plain = {name: value for name, (_kind, value) in keys.items()}
            try:
                found.append(parse_rule({k: v for k, v in plain.items() if k != "id"}, str(plain.get("id", ""))))
            except RuleError:
                continue
        return tuple(found)

    def protect_unit(self, unit: str, plan: Mapping[str, int | str], *, interactive: bool = True, immortal: bool = False) -> str:
        """The path of the drop-in of a system unit's plan.  Raises NoHelper or HelperRefused."""
        kinds = {"OOMScoreAdjust": "i", "OOMPolicy": "s", "ManagedOOMPreference": "s", "MemoryLow": "t"}
        keys = {key: (kinds[key], value) for key, value in plan.items()}
        return str(self.call("SetUnitProtection", unit, keys, options(interactive=interactive, immortal=immortal))[0])

    def unprotect_unit(self, unit: str, *, interactive: bool = True) -> None:
        """Take the drop-in of a system unit away.  Raises NoHelper or HelperRefused."""
        self.call("RemoveUnitProtection", unit, options(interactive=interactive))

    def set_setting(
        self, key: str, value: int, *, persist: bool = False, rollback: int = 0, forget: bool = False, interactive: bool = True
    ) -> str:
        """What the sysctl was before.  Raises NoHelper or HelperRefused."""
        choice = options(interactive=interactive, forget=forget)
        return str(self.call("SetSetting", key, str(value), persist, rollback, choice)[0])

    def keep_setting(self, key: str, *, interactive: bool = True) -> None:
        """End a trial in favour of the new value.  Raises NoHelper or HelperRefused."""
        self.call("KeepSetting", key, options(interactive=interactive))

    def signal(self, key: ProcessKey, name: str, *, interactive: bool = True) -> None:
        """Send TERM, KILL, STOP or CONT.  Raises NoHelper or HelperRefused."""
        self.call("Signal", key.pid, key.start_ticks, name, options(interactive=interactive))

    def kernel_log(self, since: float, *, interactive: bool = True) -> list[str]:
        """OOM reports since a moment (seconds since the epoch), line by line.  Raises NoHelper or HelperRefused."""
        return [str(line) for line in self.call("ReadKernelLog", max(0, int(since * 1e6)), options(interactive=interactive))[0]]
