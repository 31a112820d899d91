"""The window's view of the agent: its verdicts as they come, its silence, and an agent started where none runs.

Source: guardian/protocol/agent.py; D-Bus Specification, "StartServiceByName".
"""

import os
import time
from collections.abc import Callable, Mapping

from jeepney import HeaderFields, Message, new_method_call
from PySide6.QtCore import QObject, QTimer, Signal, Slot

from guardian.adapters.agent_client import AGENT, NoAgent, ask_all, verdict_of
from guardian.adapters.agent_start import AgentProcess, CannotStart, start_agent
from guardian.adapters.agent_values import BadValue, FrozenProgram, alerts_from_bus, frozen_from_bus, quiet_from_bus
from guardian.adapters.session_bus import BUS, CallFailed
from guardian.model.verdict import State, Verdict
from guardian.policy.alerts import Alert
from guardian.protocol.agent import AGENT_INTERFACE, AGENT_NAME, AGENT_PATH, SILENT_SECONDS
from guardian.protocol.i18n import _
from guardian.ui.local_judge import LocalJudge
from guardian.ui.qt_bus import QtBus

_FIRST_WAIT, _LONGEST_WAIT = 2.0, 120.0
# An agent that lived so long did not fail at its start.
_GOOD_LIFE = 30.0
_ACTIVATION_TIMEOUT = 25.0

_OWNER_CHANGED = (
    "type='signal',sender='org.freedesktop.DBus',path='/org/freedesktop/DBus',interface='org.freedesktop.DBus',"
    f"member='NameOwnerChanged',arg0='{AGENT_NAME}'"
)
_CHANGED = (
    f"type='signal',sender='{AGENT_NAME}',path='{AGENT_PATH}',interface='org.freedesktop.DBus.Properties',"
    f"member='PropertiesChanged',arg0='{AGENT_INTERFACE}'"
)


class AgentLink(QObject):
    """Follows the agent.

    `verdict_changed` brings a Verdict, one with State.NO_DATA once the agent was silent too long; `alerts_changed` its alerts.
    `frozen_changed` brings the programs (FrozenProgram) that it keeps frozen, when they change, `quiet_changed` for how many
    more seconds it holds warnings back (whole minutes; 0: not).
    `found` and `lost` tell whether an agent owns the name; `words_changed` says in words how it stands, for the status bar.
    Without a session bus `judge` judges instead, and its verdicts come the same way.
    """

    verdict_changed = Signal(object)
    alerts_changed = Signal(object)
    frozen_changed = Signal(object)
    quiet_changed = Signal(int)
    found = Signal()
    lost = Signal()
    words_changed = Signal(str)

    def __init__(
        self,
        bus: QtBus,
        parent: QObject | None = None,
        *,
        judge: LocalJudge | None = None,
        start: Callable[[Mapping[str, str]], AgentProcess] = start_agent,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        super().__init__(parent)
        self._bus, self._start_process, self._environ = bus, start, environ
        self.judge = judge or LocalJudge(self)
        self.judge.judged.connect(self._take_verdict)
        self.judge.failed.connect(self._say)
        self._following = False
        self.verdict: Verdict | None = None
        self.words = ""
        self._owner = ""
        self._properties: dict[str, object] = {}
        self.frozen: tuple[FrozenProgram, ...] = ()
        self._quiet = 0
        self._process: AgentProcess | None = None
        self._started_at = 0.0
        self._heard_at: float | None = None
        self._wait = _FIRST_WAIT
        self._again = QTimer(self, singleShot=True)
        self._again.timeout.connect(self.start_agent)
        self._silence = QTimer(self, interval=1000)
        self._silence.timeout.connect(self._check_silence)
        bus.found.connect(self._bus_found)
        bus.lost.connect(self._bus_lost)
        bus.heard.connect(self._hear)
        bus.match(_OWNER_CHANGED)
        bus.match(_CHANGED)

    @property
    def has_agent(self) -> bool:
        """Whether an agent owns the name."""
        return bool(self._owner)

    @property
    def silent_seconds(self) -> float | None:
        """Seconds since the agent last said anything; None before it ever did."""
        return None if self._heard_at is None else time.monotonic() - self._heard_at

    def start(self) -> None:
        """Begin to follow; the bus may be there already or come later."""
        self._following = True
        self._silence.start()
        if self._bus.connected:
            self._bus_found()
        else:
            self._bus_lost("")

    @Slot()
    def start_agent(self) -> None:
        """Start an agent if none owns the name: by the bus where a service file is installed, else as a process."""
        self._again.stop()
        if self._owner or not self._following or not self._bus.connected:
            return
        if not self.judge.running:
            self._say(_("Starting the agent"))
        self._bus.call(new_method_call(BUS, "StartServiceByName", "su", (AGENT_NAME, 0)), self._activated, _ACTIVATION_TIMEOUT)

    def speak_anew(self) -> None:
        """Say how it stands in another language."""
        if self._owner:
            self.ask()
        elif self.judge.running:
            connected, alone = (
                _("No agent can be had: this window judges by itself"),
                _("No session bus: this window judges by itself"),
            )
            self._say(connected if self._bus.connected else alone)

    def ask(self) -> None:
        """Have the agent say all it knows now."""
        if self._bus.connected:
            self._bus.call(ask_all(), self._take_all)

    def snooze(self, seconds: int, answered: Callable[[tuple[object, ...] | CallFailed], None]) -> None:
        """Have the agent hold warnings back for so long; 0 ends that."""
        self._bus.call(new_method_call(AGENT, "Snooze", "u", (seconds,)), answered)

    def stop(self) -> None:
        """Follow no more, whatever the bus does; the agent goes on."""
        self._following = False
        self._silence.stop()
        self._again.stop()
        self.judge.stop()

    @Slot()
    def _bus_found(self) -> None:
        if not self._following:
            return
        self.judge.stop()
        self._bus.call(new_method_call(BUS, "GetNameOwner", "s", (AGENT_NAME,)), self._take_owner)

    @Slot(str)
    def _bus_lost(self, _reason: str) -> None:
        if not self._following:
            return
        self._again.stop()
        self._set_owner("")
        self._heard_at = None
        self._say(_("No session bus: this window judges by itself"))
        self.judge.start()

    def _take_owner(self, answer: tuple[object, ...] | CallFailed) -> None:
        if isinstance(answer, CallFailed):
            self._set_owner("")
            self.start_agent()
        else:
            self._set_owner(str(answer[0]))

    def _set_owner(self, owner: str) -> None:
        if owner == self._owner:
            return
        self._owner = owner
        if owner:
            self.judge.stop()
            self._heard_at = time.monotonic()
            self._started_at = self._heard_at
            self._say(_("Agent runs"))
            self.found.emit()
            self.ask()
        else:
            self._properties = {}
            # An agent that ends lets all go on.
            self._take_frozen(())
            self._take_quiet(0)
            self.lost.emit()

    @Slot(object)
    def _hear(self, message: Message) -> None:
        fields = message.header.fields
        member = fields.get(HeaderFields.member)
        if member == "NameOwnerChanged" and len(message.body) == 3 and message.body[0] == AGENT_NAME:
            self._owner_changed(message.body[2])
        elif member == "PropertiesChanged" and self._owner and fields.get(HeaderFields.sender) == self._owner:
            body = message.body if fields.get(HeaderFields.signature) == "sa{sv}as" else ("", {}, [])
            self._take_properties(body[1])

    def _owner_changed(self, owner: str) -> None:
        had = bool(self._owner)
        self._set_owner(owner)
        if owner or not had:
            return
        self._say(_("The agent has ended; it is started again"))
        if time.monotonic() - self._started_at > _GOOD_LIFE:
            self._wait = _FIRST_WAIT
        self._start_later()

    def _start_later(self) -> None:
        """Starting again waits longer each time, so that an agent that cannot live does not keep the machine busy."""
        if self._wait > 2 * _FIRST_WAIT:
            self._say(_("No agent can be had: this window judges by itself"))
            self.judge.start()
        self._again.start(int(self._wait * 1000))
        self._wait = min(self._wait * 2, _LONGEST_WAIT)

    def _activated(self, answer: tuple[object, ...] | CallFailed) -> None:
        """The bus started it, or has no service file and leaves it to us."""
        if self._owner or not self._following or not isinstance(answer, CallFailed):
            return
        if self._process is not None and self._process.running:
            # It lives and does not own the name yet, or cannot reach the bus; a second one would fare no better.
            self._start_later()
            return
        try:
            self._process = self._start_process(self._environ)
        except CannotStart as reason:
            self._say(str(reason))
        # Should it end before it owns the name, nothing else would tell.
        self._start_later()

    def _take_all(self, answer: tuple[object, ...] | CallFailed) -> None:
        if not isinstance(answer, CallFailed):
            self._take_properties(answer[0])

    def _take_properties(self, changed: object) -> None:
        if not isinstance(changed, dict):
            return
        self._properties |= changed
        try:
            verdict = verdict_of(self._properties)
            alerts = alerts_from_bus(self._properties.get("Alerts", ("aa{sv}", []))[1])  # type: ignore[index]
            own = self._properties.get("State", ("a{sv}", {}))[1]  # type: ignore[index]
            frozen, quiet = frozen_from_bus(own), quiet_from_bus(own)
        except (NoAgent, BadValue, TypeError, IndexError) as error:
            self._say(str(error))
            return
        self._heard_at = time.monotonic()
        self._say(_("Agent runs"))
        self._take_frozen(frozen)
        self._take_quiet(quiet)
        self._take_verdict(verdict, alerts)

    def _take_frozen(self, frozen: tuple[FrozenProgram, ...]) -> None:
        if frozen != self.frozen:
            self.frozen = frozen
            self.frozen_changed.emit(frozen)

    def _take_quiet(self, seconds: int) -> None:
        # Said once a minute at the most: each change of a menu's words goes over the bus to the panel.
        whole = -(-seconds // 60) * 60
        if whole != self._quiet:
            self._quiet = whole
            self.quiet_changed.emit(whole)

    @Slot(object, object)
    def _take_verdict(self, verdict: Verdict, alerts: tuple[Alert, ...]) -> None:
        self.verdict = verdict
        self.verdict_changed.emit(verdict)
        self.alerts_changed.emit(alerts)

    @Slot()
    def _check_silence(self) -> None:
        """Once nothing came for a while, the last verdict no longer counts."""
        if self._process is not None and not self._process.running:
            self._process = None
        silent = self.silent_seconds
        if silent is None or silent < SILENT_SECONDS or self.judge.running:
            return
        self._say(_("No data for {seconds} s: the agent does not answer").format(seconds=int(silent)))
        if self.verdict is not None and self.verdict.state is not State.NO_DATA:
            self.verdict = self.verdict._replace(state=State.NO_DATA)
            self.verdict_changed.emit(self.verdict)

    @Slot(str)
    def _say(self, words: str) -> None:
        if words != self.words:
            self.words = words
            self.words_changed.emit(words)
