"""Protect…: for whom, how much, how long; the plan in words, what follows from it, and who would be ended first then."""

from collections.abc import Sequence
from itertools import pairwise

from PySide6.QtCore import QSignalBlocker, Qt, QTimer, Slot
from PySide6.QtWidgets import QCompleter, QFormLayout, QWidget

from guardian.adapters.subjects import user_name
from guardian.kernel.process import Process
from guardian.policy.pins import IMMORTAL, PROTECT
from guardian.policy.prevention import Prevention
from guardian.protocol.i18n import _
from guardian.protocol.plans import UnitPlan
from guardian.protocol.printable import printable
from guardian.protocol.rules import ADJ_MAX, ADJ_MIN, Subject
from guardian.sampling.snapshot import Snapshot
from guardian.ui.ask_dialog import AskDialog
from guardian.ui.button import Look
from guardian.ui.inputs import CheckField, Chooser, NumberField, SearchField
from guardian.ui.plan_choice import (
    KIND_WORDS,
    Choice,
    members_of,
    next_victim_words,
    order_of,
    plan_words,
    refusal_of,
    warnings_of,
)
from guardian.ui.scheme import Scheme
from guardian.ui.tokens import GAP, GAP_SMALL
from guardian.ui.type_scale import TextRole
from guardian.ui.words import Words

_MIB = 1 << 20
_MOST_RESERVE = 1 << 20
_PAUSE_MS = 120
_NUMBER_WIDTH = 128
NOBODY = Subject(None, "", None, system=True, app=None, user=None)


class ProtectDialog(AskDialog):
    """A plan for the selected processes; without any, for a program, unit or application that is named here.

    `processes` are all that run, `subjects` what rules look at of each of them.
    """

    def __init__(
        self,
        scheme: Scheme,
        targets: Sequence[Process],
        processes: Sequence[Process],
        subjects: Sequence[Subject],
        snapshot: Snapshot | None,
        parent: QWidget | None = None,
    ) -> None:
        self._targets, self._processes, self._subjects = tuple(targets), tuple(processes), tuple(subjects)
        self._snapshot = snapshot
        self._chosen = bool(targets)
        known = dict(zip((process.key for process in processes), subjects, strict=True))
        self._own = known.get(targets[0].key, NOBODY._replace(name=targets[0].name)) if targets else NOBODY
        first = printable(targets[0].name) if self._chosen else ""
        title = _("Protect {name}").format(name=first) if self._chosen else _("Add a plan")
        super().__init__(scheme, title, _("Protect"), Look.MAIN, parent)
        self._has_helper = True
        self._user: str | None = None
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(_PAUSE_MS)
        self._pause.timeout.connect(self._weigh)
        self._add_fields()
        self.plan = self.say("", role=TextRole.HEADING)
        self.victim = self.say("", "text2")
        self.warnings = self.say("", "text2", TextRole.NOTE)
        self.refusal = self.say("", "text", TextRole.NOTE)
        self.setMinimumWidth(560)
        # Nothing is lost by it and a password may follow, so Enter is enough.
        self.act.setDefault(True)
        fields = (self.kind, self.target, self.value, self.confirmed, self.lasts, self.on_kill, self.oomd, self.reserve)
        for before, after in pairwise((*fields, self.cancel, self.act)):
            self.setTabOrder(before, after)
        (self.kind if self._chosen else self.target).setFocus(Qt.FocusReason.OtherFocusReason)
        self._connect()
        self._show()

    def _add_fields(self) -> None:
        scheme, subject = self.scheme, self._own
        kinds: list[tuple[str, object]] = []
        # Of another user's process the program may not be read; its name is what is left.
        name = subject.name if subject.exe is None else None
        for kind, target in (
            ("process", "x"),
            ("exe", subject.exe),
            ("name", name),
            ("unit", subject.unit),
            ("app", subject.app),
        ):
            if not self._chosen and kind not in ("process", "name"):
                kinds.append((_(KIND_WORDS[kind]), kind))
            elif self._chosen and target is not None:
                kinds.append((self._kind_words(kind, target), kind))
        self.kind = Chooser(scheme, _("For whom"), kinds)
        self.target = SearchField(scheme, _("/usr/bin/name, name.service or application"), "")
        self.target.setAccessibleName(_("Program, unit or application"))
        self.target.setVisible(not self._chosen)
        self.value, self.reserve = NumberField(scheme, ADJ_MIN, ADJ_MAX), NumberField(scheme, 0, _MOST_RESERVE)
        self.value.setSingleStep(50)
        self.value.setValue(PROTECT)
        self.value.setAccessibleName(_("Adjustment"))
        for number in (self.value, self.reserve):
            number.setMaximumWidth(_NUMBER_WIDTH)
        self.confirmed = CheckField(scheme, _("Yes, −1000: nothing may ever end it"))
        self.lasts = Chooser(
            scheme, _("How long"), [(_("Until they end"), False), (_("For good, those that start later too"), True)]
        )
        self.on_kill = Chooser(scheme, _("When one process is ended"), _choices(("continue", "stop", "kill")))
        self.oomd = Chooser(scheme, _("For systemd-oomd"), _choices(("none", "avoid", "omit")))
        self.reserve.setAccessibleName(_("Memory that others leave alone, MiB"))
        if not self._chosen:
            self.lasts.setCurrentIndex(1)
        self._form = QFormLayout()
        self._form.setHorizontalSpacing(GAP)
        self._form.setVerticalSpacing(GAP_SMALL)
        for word, field in (
            (_("For"), self.kind),
            ("", self.target),
            (_("Adjustment"), self.value),
            ("", self.confirmed),
            (_("How long"), self.lasts),
            (_("On a kill"), self.on_kill),
            (_("systemd-oomd"), self.oomd),
            (_("Reserved, MiB"), self.reserve),
        ):
            label = Words(scheme, word, TextRole.BODY, "text2")
            label.setBuddy(field)
            self._form.addRow(label, field)
        self.body.addLayout(self._form)
        self._complete()

    def _kind_words(self, kind: str, target: str) -> str:
        if kind == "process":
            if len(self._targets) > 1:
                return _("These {count} processes").format(count=len(self._targets))
            return _("This process, {name} ({pid})").format(name=printable(self._targets[0].name), pid=self._targets[0].pid)
        return f"{_(KIND_WORDS[kind])}: {printable(target)}"

    def _complete(self) -> None:
        names = {each for subject in self._subjects for each in (subject.exe, subject.unit, subject.app) if each}
        completer = QCompleter(sorted(names), self)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.target.setCompleter(completer)

    def _connect(self) -> None:
        for chooser in (self.kind, self.lasts, self.on_kill, self.oomd):
            chooser.currentIndexChanged.connect(self._show)
        self.value.valueChanged.connect(self._show)
        self.reserve.valueChanged.connect(self._show)
        self.target.textChanged.connect(self._name_target)
        self.confirmed.toggled.connect(self._show)

    def set_helper(self, has_helper: bool) -> None:
        """Whether the helper is there; without it nothing can be lowered."""
        self._has_helper = has_helper
        self._show()

    def begin_with(self, target: str, adj: int | None, wish: UnitPlan, *, lasting: bool) -> None:
        """Show a plan that is there already, to be changed."""
        self.setWindowTitle(_("Edit the plan"))
        self.heading.show_text(_("Edit the plan"))
        if not self._chosen:
            self.target.setText(target)
        self.value.setValue(PROTECT if adj is None else adj)
        self.lasts.setCurrentIndex(int(lasting))
        self.on_kill.setCurrentIndex(max(0, self.on_kill.findData(wish.oom_policy)))
        self.oomd.setCurrentIndex(max(0, self.oomd.findData(wish.managed_oom_preference)))
        self.reserve.setValue((wish.memory_low or 0) // _MIB)

    def begin_with_prevention(self, plan: Prevention) -> None:
        """Show a plan that would keep something from being ended again."""
        self._user = user_name(plan.uid)
        if self.kind.findData(plan.kind) < 0:
            self.kind.addItem(_(KIND_WORDS[plan.kind]), plan.kind)
        with QSignalBlocker(self.target):
            self.target.setText(plan.target)
        self.kind.setCurrentIndex(self.kind.findData(plan.kind))
        self.value.setValue(plan.adjustment)
        self.oomd.setCurrentIndex(max(0, self.oomd.findData(plan.oomd)))
        self._show()

    @property
    def choice(self) -> Choice:
        """What is chosen now."""
        kind = str(self.kind.currentData())
        lasting = bool(self.lasts.currentData())
        subject = self._own if self._chosen else self._named()
        processes = self._targets if kind == "process" else members_of(kind, subject, self._processes, self._subjects)
        unit = kind == "unit" and lasting
        return Choice(
            kind,
            subject,
            processes,
            self.value.value(),
            lasting,
            self.confirmed.isChecked(),
            self.on_kill.currentData() if unit else None,
            self.oomd.currentData() if unit else None,
            self.reserve.value() * _MIB if unit and self.reserve.value() else None,
        )

    def _named(self) -> Subject:
        """The subject of what was typed: that of a process where one runs, so that its manager is known."""
        text, kind = self.target.text().strip(), str(self.kind.currentData())
        found = next((each for each in self._subjects if text and getattr(each, kind) == text), None)
        if found is not None:
            return found
        named = text or None
        if kind == "name":
            return NOBODY._replace(name=text, user=self._user)
        if kind == "exe":
            return NOBODY._replace(exe=named)
        return NOBODY._replace(unit=named) if kind == "unit" else NOBODY._replace(app=named, user=self._user)

    @Slot()
    def _name_target(self) -> None:
        """A path is a program, a name with a unit's suffix a unit, all else an application."""
        text = self.target.text().strip()
        kind = "exe" if text.startswith("/") else "unit" if text.rpartition(".")[2] in ("service", "scope", "slice") else "app"
        if text and not (kind == "app" and self.kind.currentData() == "name"):
            self.kind.setCurrentIndex(self.kind.findData(kind))
        self._show()

    @Slot()
    def _show(self) -> None:
        choice = self.choice
        by_unit = choice.kind == "unit" and choice.lasting
        for field in (self.on_kill, self.oomd, self.reserve):
            self._form.setRowVisible(field, by_unit)
        self._form.setRowVisible(self.confirmed, choice.value == IMMORTAL)
        self._form.setRowVisible(self.target, not self._chosen)
        self.act.setText(_("Protect") if choice.value < 0 else _("Sacrifice") if choice.value > 0 else _("Reset"))
        self.act.updateGeometry()
        refusal = refusal_of(choice, has_helper=self._has_helper)
        self.plan.show_text(plan_words(choice) if choice.target else "")
        self.refusal.show_text(refusal)
        self.refusal.setVisible(bool(refusal))
        self.act.setEnabled(not refusal)
        self.grow()
        self._pause.start()

    @Slot()
    def _weigh(self) -> None:
        """What takes a moment to say: warnings, and the ranking that would result."""
        choice = self.choice
        self.warnings.show_text("\n".join(warnings_of(choice, self._snapshot)))
        self.warnings.setVisible(bool(self.warnings.text()))
        self.victim.show_text(next_victim_words(choice, self._snapshot))
        self.victim.setVisible(bool(self.victim.text()))
        self.grow()

    def accept(self) -> None:
        choice = self.choice
        if refusal_of(choice, has_helper=self._has_helper):
            return
        self.ordered.emit(order_of(choice))
        super().accept()


def _choices(words: Sequence[str]) -> list[tuple[str, object]]:
    return [(_("as it is"), None), *((word, word) for word in words)]
