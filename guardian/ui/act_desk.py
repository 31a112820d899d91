"""Where acts on programs are ordered, from every page and menu: asks first where it must, then has them carried out."""

import os
from collections.abc import Mapping, Sequence
from functools import partial

from PySide6.QtCore import QObject, QTimer, Signal, Slot
from PySide6.QtWidgets import QWidget

from guardian.adapters.act_journal import ActJournal
from guardian.adapters.adjuster import SACRIFICE
from guardian.adapters.performer import Performer
from guardian.kernel.process import Process, ProcessKey
from guardian.model.history import Kill
from guardian.policy.acts import Act, Change, Done, ForgetOrder, Order, PinOrder, SignalOrder, SwapOutOrder, UndoOrder
from guardian.policy.applications import Group, Whole, whole_of
from guardian.policy.freezing import freeze_refusal
from guardian.policy.group_limit import limit_refusal, own_group, plan_limit, swap_refusal
from guardian.policy.pins import Keeper, Standing
from guardian.policy.prevention import prevention_of
from guardian.policy.protection import PlanRow, Protection, title_of
from guardian.protocol.helper import SERVICE_FILE
from guardian.protocol.i18n import _
from guardian.protocol.printable import printable
from guardian.protocol.rules import Subject
from guardian.sampling.snapshot import Snapshot
from guardian.ui.act_worker import ActWorker
from guardian.ui.end_dialog import EndDialog
from guardian.ui.limit_dialog import LimitDialog
from guardian.ui.plan_reader import Look, PlanReader
from guardian.ui.protect_dialog import ProtectDialog
from guardian.ui.scheme import Scheme
from guardian.ui.side_thread import SideThread

ACTS = ("protect", "sacrifice", "reset", "freeze", "limit", "swap_out", "end", "force")


class ActDesk(QObject):
    """Takes wishes, opens the dialogs they need, and hands orders to the worker.

    `done` brings a Done, `protection_changed` a Protection, `journal_changed` tells of other acts to take back, `busy_changed`
    whether an order is being carried out, `lingers` a sentence on programs that have not ended in time.  `trouble` is a sentence
    on what could not be kept.
    """

    done = Signal(object)
    protection_changed = Signal(object)
    journal_changed = Signal()
    busy_changed = Signal(bool)
    trouble = Signal(str)
    lingers = Signal(str)
    _ordered = Signal(object)
    _look_wanted = Signal(object)
    _reload_wanted = Signal()
    _describe_wanted = Signal(object)
    _look_after_wanted = Signal(object, float)

    def __init__(
        self,
        scheme: Scheme,
        root: str = "/",
        performer: Performer | None = None,
        journal: ActJournal | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._scheme = scheme
        self.acts: tuple[Act, ...] = ()
        self.protection: Protection | None = None
        self.snapshot: Snapshot | None = None
        self._impossible: dict[ProcessKey, int] = {}
        self._stopped: dict[ProcessKey, bool] = {}
        self._looking = self._stale = False
        self._busy = 0
        self._asker: QWidget | None = None
        self._targets: tuple[Process, ...] = ()
        self._edited: PlanRow | None = None
        self._replaced: PlanRow | None = None
        self._prevented: Kill | None = None
        self.dialog: ProtectDialog | EndDialog | LimitDialog | None = None
        worker, reader = ActWorker(performer, journal), PlanReader(root)
        # Two, so that one may wait for a password while the other goes on comparing.
        acting = SideThread(worker, "acts", self, begin=worker.start, cancel=worker.cancel)
        self._threads = (acting, SideThread(reader, "plans", self, cancel=reader.cancel))
        self._ordered.connect(worker.perform)
        self._look_wanted.connect(reader.judge)
        self._reload_wanted.connect(reader.reload)
        self._describe_wanted.connect(reader.describe)
        worker.done.connect(self._take_done)
        worker.journal_read.connect(self._take_journal)
        worker.trouble.connect(self.trouble)
        worker.asked_to_end.connect(self._wait_for_end)
        worker.lingers.connect(self.lingers)
        self._look_after_wanted.connect(worker.look_after)
        reader.judged.connect(self._take_protection)
        reader.described.connect(self._open_protect)

    @Slot()
    def stop(self) -> None:
        """End the threads; what waits for a password is given up."""
        for thread in self._threads:
            thread.stop()

    def start(self) -> None:
        """Begin to work, and read what was done before; twice does no harm."""
        for thread in self._threads:
            thread.start()

    @property
    def busy(self) -> bool:
        """Whether an order is being carried out."""
        return self._busy > 0

    @property
    def has_helper(self) -> bool:
        """Whether the helper is there, as far as was looked."""
        return self.protection.helper if self.protection is not None else os.path.exists(SERVICE_FILE)

    # What is shown

    def follow(self, snapshot: Snapshot) -> None:
        """Compare the plans with a sample; one comparison at a time, the newest sample next."""
        self.snapshot = snapshot
        if snapshot.sample.processes is None:
            return
        if self._looking:
            self._stale = True
            return
        self.start()
        self._looking, self._stale = True, False
        self._look_wanted.emit(Look(snapshot, self.acts, dict(self._impossible)))

    @Slot()
    def reload(self) -> None:
        """Read rules and drop-ins again."""
        self._reload_wanted.emit()
        if self.snapshot is not None:
            self.follow(self.snapshot)

    @Slot(object)
    def _take_protection(self, protection: Protection) -> None:
        self._looking = False
        self.protection = protection
        self.protection_changed.emit(protection)
        if self._stale and self.snapshot is not None:
            self.follow(self.snapshot)

    @Slot(object)
    def _take_journal(self, acts: tuple[Act, ...]) -> None:
        self.acts = acts
        for key in (key for act in acts for key in act.frozen):
            self._stopped.setdefault(key, True)
        self.journal_changed.emit()

    # Orders

    def order(self, order: Order) -> None:
        """Have an order carried out."""
        self.start()
        self._busy += 1
        self._ordered.emit(order)
        self.busy_changed.emit(self.busy)

    @Slot(object)
    def _take_done(self, done: Done) -> None:
        self._busy -= 1
        self._note_refusals(done)
        self._stopped |= dict.fromkeys(done.act.frozen, True) | dict.fromkeys(done.act.continued, False)
        self.done.emit(done)
        self.busy_changed.emit(self.busy)
        self.reload()

    @Slot(object, float)
    def _wait_for_end(self, act: Act, grace: float) -> None:
        """Look after a while whether the programs have ended."""
        QTimer.singleShot(int(grace * 1000), self, partial(self._look_after_wanted.emit, act, grace))

    def all_frozen(self, processes: Sequence[Process]) -> bool:
        """Whether all of these stand still; what was just done counts before the table shows it."""
        return bool(processes) and all(self._stopped.get(one.key, one.state == "T") for one in processes)

    def _note_refusals(self, done: Done) -> None:
        """A value that was written and does not hold, or that the kernel refused, is impossible here until it is tried again."""
        if not isinstance(done.order, PinOrder) or done.order.value is None:
            return
        value = done.order.value
        changed = {change.key: change.now for change in done.act.changes}
        for process in done.order.processes:
            now = changed.get(process.key)
            if now == value:
                self._impossible.pop(process.key, None)
            elif (now is not None or done.refusals) and not done.gone:
                self._impossible[process.key] = value

    def refusals(self, processes: Sequence[Process]) -> dict[str, str]:
        """Acts that cannot be done to these processes, each with the reason."""
        if not processes:
            return dict.fromkeys(ACTS, _("Select a program that runs."))
        if any(process.kernel_thread or process.pid == 1 for process in processes):
            return dict.fromkeys(ACTS, _("The kernel never ends this process."))
        found: dict[str, str] = {}
        own = os.geteuid()
        if not self.has_helper and own != 0 and any(process.uid != own for process in processes):
            found.update(dict.fromkeys(ACTS, _("Only your own programs can be sacrificed, frozen or ended without the helper.")))
        if all(process.oom_score_adj == SACRIFICE for process in processes):
            found["sacrifice"] = _("It is sacrificed already.")
        if not self.all_frozen(processes):
            refusal = freeze_refusal(processes, self._processes(), os.getpid())
            if refusal:
                found["freeze"] = refusal
        return self._group_refusals(processes) | found

    def _group_refusals(self, processes: Sequence[Process]) -> dict[str, str]:
        """Why the group of these cannot be limited, or its unused memory not be moved."""
        sample = self.snapshot.sample if self.snapshot is not None else None
        cgroups = sample.cgroups if sample is not None else None
        swap_free = sample.memory.swap_free if sample is not None else None
        chosen = [one._replace(state="T") if self.all_frozen([one]) else one for one in processes]
        group = own_group(processes, self._processes(), os.geteuid(), os.getpid())
        why = {
            "limit": limit_refusal(processes, self._processes(), cgroups, os.geteuid(), os.getpid()),
            "swap_out": swap_refusal(chosen, group, swap_free, version=cgroups[0].version if cgroups else None),
        }
        return {name: words for name, words in why.items() if words}

    def whole_of(self, processes: Sequence[Process]) -> Whole | None:
        """The application or unit that these belong to, with all of it; None without one."""
        return whole_of(processes, self._processes())

    def _named(self, processes: Sequence[Process]) -> tuple[str, Group | None]:
        """What an act on these is called, and the application or unit where they are the whole of it."""
        whole = self.whole_of(processes)
        if len(processes) < 2 or whole is None or {one.key for one in whole.processes} - {one.key for one in processes}:
            return label_of(processes), None
        one_name = whole.group.kind == "unit" and len({process.name for process in processes}) == 1
        return label_of(processes) if one_name else whole.group.words, whole.group

    def _processes(self) -> Sequence[Process]:
        return (self.snapshot.sample.processes or ()) if self.snapshot is not None else ()

    def sacrifice(self, processes: Sequence[Process]) -> None:
        """Let these be ended before all others; of one's own programs no password is asked."""
        self.set_value(processes, SACRIFICE)

    def set_value(self, processes: Sequence[Process], value: int) -> None:
        """Give these an adjustment, as long as they run."""
        if processes:
            label, group = self._named(processes)
            self.order(PinOrder(label, tuple(processes), value, group=group))

    def reset(self, processes: Sequence[Process]) -> None:
        """Give these what a program has by itself: 0, or what its parent gives where that is more."""
        by_pid = {one.pid: one for one in self._processes()}
        for value in sorted({_usual(process, by_pid) for process in processes}):
            self.set_value([process for process in processes if _usual(process, by_pid) == value], value)

    def freeze_or_continue(self, processes: Sequence[Process]) -> None:
        """Freeze these, or let them go on where all are frozen; asks nothing, since it can be taken back."""
        frozen = self.all_frozen(processes)
        if processes and (frozen or "freeze" not in self.refusals(processes)):
            label, group = self._named(processes)
            self.order(SignalOrder(label, tuple(processes), "CONT" if frozen else "STOP", group))

    def swap_out(self, processes: Sequence[Process]) -> None:
        """Move what these do not use to swap; asks nothing, since it comes back by itself."""
        if processes and "swap_out" not in self.refusals(processes):
            group = own_group(processes, self._processes(), os.geteuid(), os.getpid())
            self.order(SwapOutOrder(label_of(processes), tuple(processes), group))

    def forget(self, row: PlanRow) -> None:
        """Remove a lasting plan; processes keep what they have."""
        unit = row.kept.wish if row.kept is not None else None
        self.order(ForgetOrder(title_of(row), None if unit else row.plan.pin, unit))

    def replace(self, row: PlanRow, order: PinOrder) -> None:
        """Put another rule in a plan's place; one of the same target and user takes over its id by itself."""
        rule, old = order.rule, row.plan.pin.rule
        same = rule is not None and (rule.kind, rule.target, rule.user) == (old.kind, old.target, old.user)
        keeps = rule is not None and (rule.adj < 0) == (old.adj < 0)
        if not (same and keeps):
            self.forget(row)
        self.order(order)

    @Slot()
    def undo(self) -> None:
        """Take the last act back."""
        if self.acts and not self.busy:
            self.order(self.undo_order(self.acts[-1:]))

    @Slot()
    def undo_all(self) -> None:
        """Take back all that was done and not taken back yet, before a restart of the window too."""
        if self.acts and not self.busy:
            self.order(self.undo_order(self.acts))

    def undo_order(self, acts: tuple[Act, ...]) -> UndoOrder:
        """The order that takes acts back, with the processes that their rules have set since."""
        kept = {pin.rule.id for act in acts for pin in act.kept}
        known = {change.key for act in acts for change in act.changes}
        by_pid = {one.pid: one for one in self._processes()}
        also = [
            Change(member.process.key, printable(member.process.name), member.wanted, _usual(member.process, by_pid))
            for row in (self.protection.rows if self.protection is not None else ())
            if row.kept is None and row.plan.pin.rule.id in kept
            for member in row.plan.members
            if member.standing is Standing.HELD and member.process.key not in known
        ]
        return UndoOrder(acts, tuple(also))

    # Dialogs

    def protect(self, processes: Sequence[Process], parent: QWidget) -> None:
        """Ask how to protect these; without processes a plan for any program, unit or application."""
        self.start()
        self._asker, self._targets = parent, tuple(processes)
        people = tuple(one for one in self._processes() if not one.kernel_thread and one.state not in "ZX")
        self._describe_wanted.emit(people)

    def prevent(self, kill: Kill, parent: QWidget) -> None:
        """Ask for the plan that would keep a kill from happening again."""
        self._prevented = kill
        self.protect((), parent)

    def edit(self, row: PlanRow, parent: QWidget) -> None:
        """Ask again for a plan, with its own values to begin with."""
        self._edited = row
        self.protect([member.process for member in row.plan.members] if row.plan.pin.key is not None else (), parent)

    @Slot(object, object)
    def _open_protect(self, processes: tuple[Process, ...], subjects: tuple[Subject, ...]) -> None:
        if self._asker is None:
            return
        dialog = ProtectDialog(self._scheme, self._targets, processes, subjects, self.snapshot, self._asker)
        dialog.set_helper(self.has_helper)
        _label, group = self._named(self._targets)
        if group is not None:
            dialog.kind.setCurrentIndex(max(0, dialog.kind.findData(group.kind)))
        row, self._edited = self._edited, None
        if row is not None:
            dialog.begin_with(row.plan.pin.rule.target, row.adj, row.wish, lasting=row.plan.pin.keeper is not Keeper.ONCE)
        kill, self._prevented = self._prevented, None
        if kill is not None:
            dialog.begin_with_prevention(prevention_of(kill, subjects))
        self._replaced = row if row is not None and row.plan.pin.key is None else None
        dialog.ordered.connect(self._take_order)
        self._show(dialog)

    def end(self, processes: Sequence[Process], parent: QWidget, *, forced: bool = False) -> None:
        """Ask, naming the programs and what ends with them, and end them."""
        if processes and "end" not in self.refusals(processes):
            label, group = self._named(processes)
            dialog = EndDialog(self._scheme, label, processes, self._processes(), group=group, forced=forced, parent=parent)
            dialog.ordered.connect(self._take_order)
            self._show(dialog)

    def limit(self, processes: Sequence[Process], parent: QWidget) -> None:
        """Ask how much the group of these may have, and hold it there."""
        if processes and self.snapshot is not None and "limit" not in self.refusals(processes):
            place = plan_limit(processes, self._processes(), os.geteuid(), os.getpid())
            dialog = LimitDialog(self._scheme, label_of(processes), processes, place, self.snapshot, parent)
            dialog.ordered.connect(self._take_order)
            self._show(dialog)

    def _show(self, dialog: ProtectDialog | EndDialog | LimitDialog) -> None:
        self.dialog = dialog
        dialog.open()

    @Slot(object)
    def _take_order(self, order: Order) -> None:
        self.dialog = None
        row, self._replaced = self._replaced, None
        if row is not None and isinstance(order, PinOrder) and order.unit is None:
            self.replace(row, order)
        else:
            self.order(order)


def label_of(processes: Sequence[Process]) -> str:
    """The names of programs, the first three of them."""
    names = list(dict.fromkeys(printable(process.name) for process in processes))
    return ", ".join(names[:3]) + (_(" and others") if len(names) > 3 else "")


def _usual(process: Process, by_pid: Mapping[int, Process]) -> int:
    parent = by_pid.get(process.ppid)
    return max(0, (parent.oom_score_adj or 0) if parent is not None else 0)
