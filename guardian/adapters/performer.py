"""Carries out what a user asks: adjustments, rules, drop-ins and signals; by the helper only where privilege is needed.

Everything is read back; what could not be done is told in words beside what was.
"""

import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

from guardian.adapters.adjuster import Adjuster
from guardian.adapters.group_acts import GroupActs
from guardian.adapters.helper_client import HelperClient, HelperRefused, NoHelper
from guardian.adapters.latecomers import latecomers
from guardian.adapters.pinner import NotPinned, Outcome, Pinner
from guardian.adapters.setting_writer import SettingWriter
from guardian.adapters.signals import NotSent, send_signal
from guardian.adapters.user_rules import UserRuleFile
from guardian.adapters.user_units import UnitsRefused, UserUnits
from guardian.kernel.errors import Unparsable
from guardian.kernel.process import Process, ProcessKey, parse_oom_score_adj, parse_stat
from guardian.policy.acts import (
    Act,
    Change,
    Done,
    ForgetOrder,
    LimitOrder,
    Order,
    PinOrder,
    SettingOrder,
    SettleOrder,
    SignalName,
    SignalOrder,
    SwapOutOrder,
    UndoOrder,
    UnitWish,
    undo_steps,
)
from guardian.policy.applications import Group
from guardian.policy.pins import Keeper, Pin
from guardian.protocol.i18n import _
from guardian.protocol.printable import printable
from guardian.protocol.quantities import format_adjustment
from guardian.protocol.rules import Rule

T = TypeVar("T")

_MOST_ROUNDS = 5


class Performer:
    """Does one order after the other for one user; each call may take as long as a password dialog."""

    def __init__(
        self,
        helper: HelperClient | None = None,
        own_rules: UserRuleFile | None = None,
        user_units: UserUnits | None = None,
        groups: GroupActs | None = None,
    ) -> None:
        self._helper = helper or HelperClient()
        self._pinner = Pinner(Adjuster(), self._helper, own_rules)
        self._user_units = user_units or UserUnits()
        self._settings = SettingWriter(self._helper)
        self._groups = groups or GroupActs()

    def perform(self, order: Order) -> Done:
        """Carry an order out; what was refused is in the answer, nothing is raised."""
        if isinstance(order, PinOrder):
            return self._pin(order)
        if isinstance(order, SignalOrder):
            return self._signal(order)
        if isinstance(order, LimitOrder):
            return self._groups.limit(order)
        if isinstance(order, SwapOutOrder):
            return self._groups.swap_out(order)
        if isinstance(order, ForgetOrder):
            return self._forget(order)
        if isinstance(order, SettingOrder | SettleOrder):
            return self._settings.perform(order)
        return self._undo(order)

    def hang_up(self) -> None:
        """Give up what waits for the helper, now and later; may be called from any thread."""
        self._helper.hang_up()

    def pins(self) -> tuple[tuple[Pin, ...], tuple[str, ...]]:
        """All lasting pins, and a sentence for each that could not be learnt."""
        return self._pinner.pins()

    def _pin(self, order: PinOrder) -> Done:
        """What lasts comes first: where it is refused, no process is changed either."""
        refusals: list[str] = []
        kept: tuple[Pin, ...] = ()
        replaced: tuple[Pin, ...] = ()
        units: tuple[UnitWish, ...] = ()
        if order.unit is not None:
            units = _each(self._protect_unit, (order.unit,), refusals, immortal=order.immortal)
        if order.rule is not None:
            try:
                earlier, _unread = self._pinner.pins()
                pin = self._keep(order.rule, order.processes)
                kept = (pin,)
                replaced = tuple(one for one in earlier if one.is_same_rule(pin) and one != pin)
            except (NotPinned, NoHelper, HelperRefused) as error:
                refusals.append(str(error))
        outcomes: list[Outcome] = []
        if order.value is not None and not refusals:
            wishes = ((process, order.value) for process in _all_of(order.group, order.processes))
            outcomes = self._set_all(wishes, immortal=order.immortal)
            refusals += _refused(outcomes, order.value)
        act = Act(order.label, time.time(), _changes(outcomes), kept, replaced, units=units)
        return Done(order, act, tuple(dict.fromkeys(refusals)), gone=sum(one.gone for one in outcomes))

    def _set_all(self, wishes: Iterable[tuple[Process, int]], *, immortal: bool = False) -> list[Outcome]:
        """Set each; after a refusal that would only repeat itself (no helper, no password) the rest is left alone."""
        outcomes: list[Outcome] = []
        for process, value in wishes:
            outcome = self._pinner.set(process, value, immortal=immortal)
            outcomes.append(outcome)
            if outcome.done is None and not outcome.gone:
                break
        return outcomes

    def _signal(self, order: SignalOrder) -> Done:
        sent: list[ProcessKey] = []
        refusals: list[str] = []
        gone = 0
        for process in _all_of(order.group, order.processes):
            try:
                self._send(process.key, order.signal)
                sent.append(process.key)
            except NotSent as error:
                gone += error.gone
                words = str(error)
                if error.gone:
                    words = _("{name} ({pid}) had already ended. Nothing was sent.").format(
                        name=printable(process.name), pid=process.pid
                    )
                refusals.append(words)
                if not error.gone:
                    break
        keys = tuple(sent)
        act = Act(
            order.label,
            time.time(),
            frozen=keys if order.signal == "STOP" else (),
            continued=keys if order.signal == "CONT" else (),
            ended=keys if order.signal in ("TERM", "KILL") else (),
            forced=order.signal == "KILL",
        )
        return Done(order, act, tuple(dict.fromkeys(refusals)), gone=gone)

    def _send(self, key: ProcessKey, name: SignalName) -> None:
        try:
            send_signal(key, name)
        except NotSent as error:
            if not error.foreign:
                raise
            try:
                self._helper.signal(key, name)
            except NoHelper as refusal:
                raise NotSent(f"{error} {refusal}") from refusal
            except HelperRefused as refusal:
                raise NotSent(str(refusal), gone=refusal.gone) from refusal

    def _forget(self, order: ForgetOrder) -> Done:
        refusals: list[str] = []
        pins = _each(self._forget_pin, (order.pin,) if order.pin else (), refusals)
        units = _each(self._unprotect_unit, (order.unit,) if order.unit else (), refusals)
        return Done(order, Act(order.label, time.time(), forgotten=pins, units_gone=units), tuple(refusals))

    def _undo(self, order: UndoOrder) -> Done:
        """Rules and drop-ins first: their keepers would set the values again."""
        keys = {key for act in order.acts for key in (*(change.key for change in act.changes), *act.frozen)}
        steps = undo_steps(order.acts, {key: value for key in keys for value in _current(key)})
        refusals: list[str] = []
        forgotten = _each(self._forget_pin, steps.forget, refusals)
        kept = _each(self._keep_pin, steps.keep, refusals)
        units_gone = _each(self._unprotect_unit, steps.unprotect, refusals)
        units = _each(self._protect_unit, steps.protect, refusals)
        outcomes: list[Outcome] = []
        if not refusals:
            also = [change for change in order.also if change.before in _current(change.key)]
            back = [(_bare(change), change.now) for change in (*steps.write, *also)]
            outcomes = self._set_all(back)
            refusals += [why for (_one, value), found in zip(back, outcomes, strict=False) for why in _refused([found], value)]
        for key in steps.thaw:
            try:
                self._send(key, "CONT")
            except NotSent as error:
                if not error.gone:
                    refusals.append(str(error))
        limits = self._groups.put_back(steps.limits, refusals)
        settings = self._settings.take_back(order.acts, refusals) if not refusals else ()
        label = order.acts[-1].label if len(order.acts) == 1 else ""
        act = Act(
            label, time.time(), _changes(outcomes), kept, forgotten, units, units_gone,
            continued=steps.thaw, settings=settings, limits=limits,
        )  # fmt: skip
        return Done(order, act, tuple(dict.fromkeys(refusals)), () if refusals else order.acts, sum(one.gone for one in outcomes))

    # What lasts; each gives back what was done, or raises one of the four refusals.

    def _keep(self, rule: Rule, processes: Sequence[Process]) -> Pin:
        """A rule for programs of others is the helper's, whatever it wishes: the user's agent could not apply it."""
        own = os.geteuid()
        if own != 0 and any(process.uid != own for process in processes):
            return Pin(rule._replace(id=self._helper.put_rule(rule)), Keeper.HELPER)
        return self._pinner.keep(rule)

    def _keep_pin(self, pin: Pin) -> Pin:
        rule = pin.rule._replace(id="")
        if pin.keeper is Keeper.HELPER:
            return Pin(rule._replace(id=self._helper.put_rule(rule)), Keeper.HELPER)
        return self._pinner.keep(rule)

    def _forget_pin(self, pin: Pin) -> Pin:
        self._pinner.forget(pin)
        return pin

    def _protect_unit(self, wish: UnitWish, *, immortal: bool = False) -> UnitWish:
        if wish.user:
            self._user_units.protect(wish.unit, wish.plan)
        else:
            plan = wish.plan
            keys: dict[str, int | str | None] = {
                "OOMScoreAdjust": plan.oom_score_adjust,
                "OOMPolicy": plan.oom_policy,
                "ManagedOOMPreference": plan.managed_oom_preference,
                "MemoryLow": plan.memory_low,
            }
            wished = {key: value for key, value in keys.items() if value is not None}
            self._helper.protect_unit(wish.unit, wished, immortal=immortal)
        return wish

    def _unprotect_unit(self, wish: UnitWish) -> UnitWish:
        if wish.user:
            self._user_units.unprotect(wish.unit)
        else:
            self._helper.unprotect_unit(wish.unit)
        return wish


def _all_of(group: Group | None, processes: Sequence[Process]) -> Iterator[Process]:
    """The processes, then those that their application started meanwhile, as long as it goes on doing so."""
    yield from processes
    known = {process.key for process in processes}
    for _round in range(_MOST_ROUNDS if group is not None and processes else 0):
        assert group is not None
        late = latecomers(group, processes[0].uid, known)
        if not late:
            return
        known |= {process.key for process in late}
        yield from late


def _each(act: Callable[..., T], wishes: Iterable[T], refusals: list[str], **more: bool) -> tuple[T, ...]:
    done = []
    for wish in wishes:
        try:
            done.append(act(wish, **more))
        except (NotPinned, UnitsRefused, NoHelper, HelperRefused) as error:
            refusals.append(str(error))
    return tuple(done)


def _changes(outcomes: Iterable[Outcome]) -> tuple[Change, ...]:
    return tuple(
        Change(one.done.key, printable(one.process.name), one.done.before, one.done.now)
        for one in outcomes
        if one.done is not None
    )


def _refused(outcomes: Iterable[Outcome], value: int) -> list[str]:
    """A sentence for each process that does not have the value now; one that had ended is no refusal."""
    found = []
    for outcome in outcomes:
        name, pid = printable(outcome.process.name), outcome.process.pid
        if outcome.done is None:
            if not outcome.gone:
                found.append(outcome.why)
        elif outcome.done.now != value:
            found.append(
                _("{name} ({pid}): not held. {value} was written, /proc says {now}.").format(
                    name=name, pid=pid, value=format_adjustment(value), now=format_adjustment(outcome.done.now)
                )
            )
    return found


def _current(key: ProcessKey) -> list[int | None]:
    """What /proc says of a process now, in a list; empty where it has ended."""
    base = f"/proc/{key.pid}"
    try:
        with open(f"{base}/stat", encoding="utf-8", errors="replace") as file:
            stat = parse_stat(file.read())
        if stat.start_ticks != key.start_ticks or stat.state in "ZXx":
            return []
        with open(f"{base}/oom_score_adj", encoding="ascii") as file:
            return [parse_oom_score_adj(file.read())]
    except (OSError, Unparsable):
        return []


def _bare(change: Change) -> Process:
    """The process of a change, as far as a write needs it; whoever owns it now is asked of /proc."""
    try:
        uid: int | None = os.stat(f"/proc/{change.key.pid}").st_uid
    except OSError:
        uid = None
    return Process(change.key, change.name, 0, "S", 0, 1, uid=uid)
