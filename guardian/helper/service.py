"""The helper on the bus: one loop that takes calls, asks polkit, acts once and answers, and leaves when idle.

Calls are generators that yield bus calls and take their replies, so that a dialog that is open for one holds up no other.
Source: D-Bus Specification; polkit Authority interface.
"""

import time
from collections import Counter
from collections.abc import Callable, Generator
from typing import Any, NamedTuple

from jeepney import HeaderFields, Message, MessageFlag, MessageType, new_error, new_method_return
from jeepney.bus_messages import message_bus
from jeepney.io.blocking import DBusConnection

from guardian.helper import authority, journal
from guardian.helper.acts import Act, Caller, parse_options
from guardian.helper.errors import Failed, HelperError, InvalidArgs, NotAuthorized
from guardian.helper.log_acts import ReadKernelLog
from guardian.helper.process_acts import SendSignal, SetAdj
from guardian.helper.rule_acts import PutRule, RemoveRule, RuleList
from guardian.helper.setting_acts import KeepSetting, SetSetting, SettingWish
from guardian.helper.setting_store import SettingStore
from guardian.helper.unit_acts import RemoveUnitProtection, SetUnitProtection
from guardian.protocol import helper as names
from guardian.protocol.wire import TolerantParser, readable

Task = Generator[Message, Message, Message | None]
_UNKNOWN_METHOD = "org.freedesktop.DBus.Error.UnknownMethod"
_REPLY_SECONDS = names.DIALOG_SECONDS


class _Waiting(NamedTuple):
    task: Task
    until: float


class Service:
    """Serves calls that arrive on `bus`; `root` is where /proc, /etc and /run are found."""

    def __init__(self, bus: DBusConnection, root: str = "/") -> None:
        bus.parser = TolerantParser()
        self._bus, self._root = bus, root
        self._waiting: dict[int, _Waiting] = {}
        self._dialogs: Counter[int] = Counter()
        self._held: Counter[int] = Counter()
        self._asked = 0
        self._settings, self._rules = SettingStore(root), RuleList(root)
        self._last = time.monotonic()
        self._failure: HelperError | None = None

    def run(self, idle_seconds: float = names.IDLE_SECONDS) -> None:
        """Serve until nothing was asked for `idle_seconds`, nothing is pending and no setting is on trial."""
        self._step(self._own_name(), None)
        while True:
            if self._failure is not None:
                raise self._failure
            next_trial = self._end_trials()
            self._expire()
            quiet = time.monotonic() - self._last
            if quiet >= idle_seconds and not self._waiting and next_trial is None:
                return
            waits = [max(0.05, idle_seconds - quiet), 5.0, *([max(0.05, next_trial)] if next_trial is not None else [])]
            try:
                message = self._bus.receive(timeout=min(waits))
            except TimeoutError:
                continue
            self._take(message)

    def _own_name(self) -> Task:
        # Asked for within the loop: the call that started the helper may arrive before the answer to this.
        reply = yield message_bus.RequestName(names.HELPER_NAME, 4)
        if reply.header.message_type is not MessageType.method_return or reply.body[0] not in (1, 4):
            self._failure = Failed(f"{names.HELPER_NAME} is not to be had on this bus; is another helper running?")
        return None

    def _take(self, message: Message) -> None:
        header = message.header
        if header.message_type is MessageType.method_call:
            self._last = time.monotonic()
            self._step(self._answer(message), None)
        elif header.message_type in (MessageType.method_return, MessageType.error):
            waiting = self._waiting.pop(int(header.fields.get(HeaderFields.reply_serial, -1)), None)
            if waiting is not None:
                self._last = time.monotonic()
                self._step(waiting.task, message)

    def _step(self, task: Task, reply: Message | None) -> None:
        """Run a call's generator up to its next bus call, or to its end."""
        try:
            wanted = next(task) if reply is None else task.send(reply)
        except StopIteration as end:
            self._end(end)
            return
        self._await(task, wanted)

    def _end(self, end: StopIteration) -> None:
        if end.value is not None:
            self._bus.send(end.value)

    def _await(self, task: Task, wanted: Message) -> None:
        serial = next(self._bus.outgoing_serial)
        self._waiting[serial] = _Waiting(task, time.monotonic() + _REPLY_SECONDS)
        self._bus.send(wanted, serial=serial)

    def _expire(self) -> None:
        """End calls whose answer never came: what they did by halves is undone, what they hold is let go, the caller is told."""
        now = time.monotonic()
        for serial in [serial for serial, waiting in self._waiting.items() if waiting.until < now]:
            task = self._waiting.pop(serial).task
            try:
                wanted = task.throw(Failed("Not changed: no answer came in time."))
            except StopIteration as end:
                self._end(end)
            except Failed as failure:
                self._failure = failure
            else:
                self._await(task, wanted)

    def _end_trials(self) -> float | None:
        try:
            ended, complaints, left = self._settings.end_due()
        except HelperError as error:
            ended, complaints, left = (), (str(error),), 5.0
        for trial in ended:
            journal.note(f"{trial.key} was on trial and is back to {dict(trial.restore)}", {"uid": trial.uid}, root=self._root)
        for complaint in complaints:
            journal.note(f"A setting could not be put back: {complaint}", {}, refused=True, root=self._root)
        return left

    def _answer(self, call: Message) -> Task:
        """The reply to one call; never raises, whatever was sent."""
        quiet = bool(call.header.flags & MessageFlag.no_reply_expected)
        try:
            reply = yield from self._serve(call)
        except HelperError as error:
            reply = new_error(call, error.name, "s", (str(error),))
        except Exception as error:  # noqa: BLE001 - one call that fails must not end those of others
            journal.note(f"A call failed unexpectedly: {type(error).__name__}: {error}", {}, refused=True, root=self._root)
            reply = new_error(call, names.FAILED, "s", ("The helper could not do this; its journal says why.",))
        return None if quiet else reply

    def _serve(self, call: Message) -> Task:
        fields = call.header.fields
        interface, member = fields.get(HeaderFields.interface), str(fields.get(HeaderFields.member, ""))
        signature = fields.get(HeaderFields.signature, "")
        if interface == "org.freedesktop.DBus.Introspectable" and member == "Introspect":
            return new_method_return(call, "s", (names.introspection(),))
        if interface == "org.freedesktop.DBus.Peer" and member == "Ping":
            return new_method_return(call)
        method = names.METHODS.get(member)
        if (
            method is None
            or interface not in (None, names.HELPER_INTERFACE)
            or fields.get(HeaderFields.path) != names.HELPER_PATH
        ):
            return new_error(call, _UNKNOWN_METHOD, "s", ("The helper has no such method.",))
        if signature != method.takes or not readable(call):
            raise InvalidArgs(f"{member} takes {method.takes or 'nothing'}.")
        if method.action is None:
            return new_method_return(call, "aa{sv}", (self._rules.rows(),))
        caller = yield from self._caller(call)
        size = int(call.header.body_length) + names.BYTES_PER_CALL
        if caller.uid and self._held[caller.uid] + size > names.BYTES_PER_USER:
            raise NotAuthorized("Not changed: too much was asked at once; wait for the answers.")
        self._held[caller.uid] += size
        try:
            body = yield from self._act(caller, member, call.body, method.action)
        finally:
            self._held[caller.uid] -= size
        return new_method_return(call, method.gives, body) if method.gives else new_method_return(call)

    def _caller(self, call: Message) -> Generator[Message, Message, Caller]:
        sender = str(call.header.fields.get(HeaderFields.sender, ""))
        reply = yield message_bus.GetConnectionUnixUser(sender)
        if not sender or reply.header.message_type is not MessageType.method_return:
            raise NotAuthorized("The caller has left.")
        return Caller(sender, int(reply.body[0]))

    def _act(
        self, caller: Caller, member: str, body: tuple[Any, ...], action: str
    ) -> Generator[Message, Message, tuple[Any, ...]]:
        """The body of the reply: prepared, authorised, compared again, done, read back, written to the journal.

        A call that would be refused anyway asks polkit without a dialog first, so that strangers learn nothing from it.
        """
        facts = {"caller_uid": caller.uid, "caller": caller.name, "method": member}
        try:
            options = parse_options(body[-1])
            act = _PREPARE[member](caller, body, options, self._root)
        except HelperError as error:
            yield from authority.authorize(caller.name, action, {})
            journal.note(f"{member} by uid {caller.uid} refused: {error}", facts, refused=True, root=self._root)
            raise
        try:
            yield from self._authorize(caller, act, bool(options.get("interactive", False)))
            act.compare()
            result = act.perform()
            done = result if isinstance(result, tuple) else (yield from result)
        except HelperError as error:
            journal.note(
                f"{member} by uid {caller.uid} not done: {error}", facts | dict(act.record()), refused=True, root=self._root
            )
            raise
        finally:
            act.close()
            self._rules.forget()
        told = " ".join(f"{key}={value}" for key, value in act.record().items())
        journal.note(f"{member} by uid {caller.uid}: {told}", facts | dict(act.record()), root=self._root)
        return done

    def _authorize(self, caller: Caller, act: Act, interactive: bool) -> Generator[Message, Message, None]:
        """Asks polkit for this act; at most a few dialogs of one user are open at once, and none outlives its caller."""
        if not interactive:
            yield from authority.authorize(caller.name, act.action, act.details)
            return
        if caller.uid and self._dialogs[caller.uid] >= names.DIALOGS_PER_USER:
            raise NotAuthorized("Not changed: other questions are still open; answer them first.")
        self._dialogs[caller.uid] += 1
        self._asked += 1
        cancellation = f"{self._bus.unique_name}/{self._asked}"
        try:
            yield from authority.authorize(caller.name, act.action, act.details, cancellation, dialog=act.dialog)
        except Failed:
            # No answer in time, or none that counts: a dialog that may be open is closed.
            self._bus.send(authority.cancel(cancellation))
            raise
        finally:
            self._dialogs[caller.uid] -= 1
        present = yield message_bus.NameHasOwner(caller.name)
        if present.header.message_type is not MessageType.method_return or not present.body[0]:
            raise NotAuthorized("The caller left while the question was open; nothing was changed.")


_PREPARE: dict[str, Callable[[Caller, tuple[Any, ...], dict[str, Any], str], Act]] = {
    "SetOomScoreAdj": lambda _, body, options, root: SetAdj(body[0], body[1], body[2], options, root),
    "Signal": lambda _, body, __, root: SendSignal(body[0], body[1], body[2], root),
    "PutRule": lambda _, body, options, root: PutRule(body[0], options, root),
    "RemoveRule": lambda _, body, __, root: RemoveRule(body[0], root),
    "SetUnitProtection": lambda _, body, options, root: SetUnitProtection(body[0], body[1], options, root),
    "RemoveUnitProtection": lambda _, body, __, root: RemoveUnitProtection(body[0], root),
    "SetSetting": lambda caller, body, options, root: SetSetting(
        SettingWish(body[0], body[1], body[2], body[3], forget=options.get("forget", False)), caller, root
    ),
    "KeepSetting": lambda caller, body, __, root: KeepSetting(body[0], caller, root),
    "ReadKernelLog": lambda _, body, __, root: ReadKernelLog(body[0], root),
}
