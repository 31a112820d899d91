"""Page Protection: every plan as wished and as the machine says, what is left to choose from, and the way back."""

import json
from collections.abc import Mapping
from pathlib import Path

from PySide6.QtCore import Qt, QTimer, Slot
from PySide6.QtGui import QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QFileDialog,
    QHBoxLayout,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from guardian.model.history import Kill
from guardian.policy.act_words import done_words
from guardian.policy.acts import Done, PinOrder
from guardian.policy.pins import Keeper
from guardian.policy.protection import Protection, Stand, title_of
from guardian.protocol.i18n import _, sentences
from guardian.protocol.printable import printable
from guardian.protocol.refusals import in_readers_language
from guardian.protocol.rules import RuleError, parse_rule
from guardian.sampling.snapshot import Snapshot
from guardian.ui.act_desk import ActDesk
from guardian.ui.budget_card import BudgetCard
from guardian.ui.button import RING, ActButton, Link, Look
from guardian.ui.card import Card
from guardian.ui.helper_how import show_how
from guardian.ui.page import Page
from guardian.ui.plain_scroll import PlainScroll
from guardian.ui.plan_detail import PlanDetail
from guardian.ui.plan_model import PlanModel
from guardian.ui.plan_view import PlanView
from guardian.ui.plan_words import headline, table_of
from guardian.ui.scheme import Scheme
from guardian.ui.splitter import GapSplitter
from guardian.ui.tokens import CARD_GAP, GAP, GAP_SMALL, PAGE_MARGIN
from guardian.ui.type_scale import TextRole, text_scale
from guardian.ui.undo_bar import UndoBar
from guardian.ui.undo_dialog import UndoDialog
from guardian.ui.words import Words

_BUDGET_WIDTH = 380
_EMPTY_HEIGHT = 64
_OWN_VALUE = 0


class ProtectionPage(Page):
    """Plans, the selected one, the budget and the undo bar; all acts go through the desk."""

    def __init__(self, scheme: Scheme, desk: ActDesk, parent: QWidget | None = None) -> None:
        super().__init__(scheme, _("Protection"), parent)
        self.desk = desk
        if desk.parent() is None:
            # Its threads end with it: left to Python, whichever thread collects garbage would destroy it.
            desk.setParent(self)
        self._narrow = False
        self._wanted_plan = ""
        self.headline = Words(scheme, headline(None), TextRole.HEADLINE)
        self.below = Words(
            scheme, _("A plan says what you wish. “Held” is what the machine says when read back."), TextRole.BODY, "text2"
        )
        self.complaint = Words(scheme, "", TextRole.NOTE, "text2")
        self.how = Link(scheme, _("How to install"))
        self.add = ActButton(scheme, _("Add a plan…"), Look.MAIN, "add")
        self.edit = ActButton(scheme, _("Edit…"))
        self.remove = ActButton(scheme, _("Remove"))
        self.save = ActButton(scheme, _("Export"), Look.PLAIN, "export")
        self.model = PlanModel(self)
        self.view = PlanView(scheme, self.model)
        self.detail = PlanDetail(scheme)
        self.budget = BudgetCard(scheme)
        self.bar = UndoBar(scheme)
        self._table_card = Card(scheme)
        self._stack = QStackedWidget()
        self._empty_add = ActButton(scheme, _("Add a plan…"), Look.MAIN, "add")
        self._lay_out()
        self._connect()
        self._show_acts()

    # Built once

    def _lay_out(self) -> None:
        texts = QVBoxLayout()
        texts.setSpacing(4)
        for words in (self.headline, self.below):
            words.setWordWrap(True)
            texts.addWidget(words)
        said = QHBoxLayout()
        said.setSpacing(GAP_SMALL)
        self.complaint.setWordWrap(True)
        said.addWidget(self.complaint, 1)
        said.addWidget(self.how)
        buttons = QHBoxLayout()
        buttons.setSpacing(GAP_SMALL - 2 * RING)
        for button in (self.add, self.edit, self.remove, self.save):
            buttons.addWidget(button)
        self._top = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._top.addLayout(texts, 1)
        self._top.addLayout(buttons)
        self._top.setAlignment(buttons, Qt.AlignmentFlag.AlignLeading)
        self._table_card.body.setContentsMargins(1, 1, 1, 1)
        self._table_card.body.addWidget(self._stack)
        self._stack.addWidget(self.view)
        self._stack.addWidget(self._empty())
        lower = self._lower()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(PAGE_MARGIN, PAGE_MARGIN, PAGE_MARGIN, CARD_GAP)
        layout.setSpacing(CARD_GAP)
        layout.addLayout(self._top)
        layout.addLayout(said)
        layout.addWidget(self._table_card)
        layout.addWidget(lower, 1)
        layout.addWidget(self.bar)

    def _empty(self) -> QWidget:
        made = QWidget()
        row = QHBoxLayout(made)
        row.setContentsMargins(GAP, GAP, GAP, GAP)
        row.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeading)
        words = Words(self.scheme, _("No plans yet. Protect a program here or from its row in Victims."), TextRole.BODY, "text2")
        row.addWidget(words)
        row.addWidget(self._empty_add)
        row.addStretch(1)
        return made

    def _lower(self) -> QWidget:
        """Plan and budget side by side; one under the other, scrolled, where there is no room."""
        self._splitter = GapSplitter(Qt.Orientation.Horizontal)
        self._splitter.addWidget(self.detail)
        self._splitter.addWidget(self.budget)
        self._splitter.set_fixed_end(_BUDGET_WIDTH)
        self._scroll = PlainScroll(self._splitter)
        return self._scroll

    def _connect(self) -> None:
        desk = self.desk
        desk.protection_changed.connect(self._show_protection)
        desk.journal_changed.connect(self._show_acts)
        desk.busy_changed.connect(self._show_acts)
        desk.done.connect(self._show_done)
        desk.trouble.connect(self.status_said)
        for button in (self.add, self._empty_add):
            button.clicked.connect(self.add_plan)
        self.edit.clicked.connect(self.edit_plan)
        self.remove.clicked.connect(self.remove_plan)
        self.save.clicked.connect(self.export)
        self.how.clicked.connect(self.show_how)
        self.view.chosen.connect(self._show_chosen)
        self.view.edit_asked.connect(self.edit_plan)
        self.view.remove_asked.connect(self.remove_plan)
        self.detail.again_asked.connect(self.set_again)
        self.detail.accept_asked.connect(self.accept_value)
        self.detail.insist_asked.connect(self.insist)
        self.budget.lower_asked.connect(self.lower_own)
        self.bar.undo_asked.connect(desk.undo)
        self.bar.undo_all_asked.connect(self.undo_all)
        for key, act in (("Ctrl+Z", desk.undo), ("Ctrl+Shift+P", self.add_plan)):
            QShortcut(QKeySequence(key), self, act).setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)

    # What comes in

    def show_snapshot(self, snapshot: Snapshot) -> None:
        self.desk.follow(snapshot)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.desk.reload()

    def measure_now(self) -> None:
        self.desk.reload()

    @Slot(object)
    def _show_protection(self, protection: Protection) -> None:
        """Plans, budget and what is missing; the selection stays, and the first plan is chosen where there was none."""
        self.headline.show_text(headline(protection))
        self.model.show_rows(protection.rows)
        if self._wanted_plan and self.view.choose(self._wanted_plan):
            self._wanted_plan = ""
        elif self.view.current_row() is None and protection.rows:
            self.view.choose(protection.rows[0].id)
        self._stack.setCurrentIndex(0 if protection.rows else 1)
        self._fit_table()
        no_helper = _("The helper is not installed. Without it you can only sacrifice your own programs.")
        self.complaint.show_text(sentences(*protection.complaints, "" if protection.helper else no_helper))
        self.complaint.setVisible(bool(self.complaint.text()))
        self.how.setVisible(not protection.helper)
        snapshot = self.desk.snapshot
        self.budget.show_protection(protection, snapshot.composition.total if snapshot is not None else 0)
        self._show_chosen()
        self._show_acts()

    @Slot()
    def _show_chosen(self) -> None:
        row = self.view.current_row()
        self.detail.show_row(row, self.desk.protection)
        self._show_acts()

    @Slot()
    def _show_acts(self) -> None:
        row, busy = self.view.current_row(), self.desk.busy
        self.edit.setEnabled(row is not None and not busy)
        self.remove.setEnabled(row is not None and not busy)
        self.detail.again.setEnabled(not busy)
        rows = self.model.rows
        self.bar.show_acts(len(self.desk.acts), waiting=any(each.stand is Stand.WAITING for each in rows), busy=busy)

    @Slot(object)
    def _show_done(self, done: Done) -> None:
        self.bar.say(done_words(done), refused=bool(done.refusals))
        for pin in done.act.kept:
            self._wanted_plan = f"{pin.keeper.value}:{pin.rule.id}"
        self._show_acts()
        self.measure_wanted.emit()

    # Acts

    @Slot()
    def add_plan(self) -> None:
        """Ask for a new plan."""
        self.desk.protect((), self)

    def prevent(self, kill: Kill) -> None:
        self.desk.prevent(kill, self)

    @Slot()
    def edit_plan(self) -> None:
        """Ask again for the selected plan; what is put in its place replaces it."""
        row = self.view.current_row()
        if row is not None:
            self.desk.edit(row, self)

    @Slot()
    def remove_plan(self) -> None:
        """Remove the selected plan; one for a single process is taken back, since nothing else keeps it."""
        row = self.view.current_row()
        if row is None or self.desk.busy:
            return
        if row.kept is None and row.plan.pin.keeper is Keeper.ONCE:
            self.desk.reset([member.process for member in row.plan.members])
        else:
            self.desk.forget(row)

    @Slot()
    def set_again(self) -> None:
        """Write the wished value to those that do not have it."""
        row = self.view.current_row()
        if row is not None and row.adj is not None:
            missing = tuple(member.process for member in row.plan.members if member.now != row.adj)
            self.desk.order(PinOrder(printable(title_of(row)), missing, row.adj, immortal=row.adj == -1000))

    @Slot(bool)
    def insist(self, insists: bool) -> None:
        """Let the plan set its value each time the program sets another, or leave it to the program."""
        row = self.view.current_row()
        if row is not None and row.adj is not None:
            rule = row.plan.pin.rule._replace(id="", insist=insists)
            now = tuple(member.process for member in row.plan.members if member.now != row.adj) if insists else ()
            self.desk.replace(row, PinOrder(printable(title_of(row)), now, row.adj if now else None, rule))

    @Slot(int)
    def accept_value(self, value: int) -> None:
        """Let the plan wish what the program set."""
        row = self.view.current_row()
        if row is None:
            return
        keys: dict[str, object] = {**row.plan.pin.rule.as_mapping(), "adj": value, "insist": False}
        try:
            rule = parse_rule(keys)
        except RuleError as error:
            self.bar.say(_("No such rule can be kept: {reason}.").format(reason=in_readers_language(str(error))), refused=True)
            return
        self.desk.replace(row, PinOrder(printable(title_of(row)), (), None, rule))

    @Slot()
    def lower_own(self) -> None:
        """Give Guardian's own process 0, through the helper."""
        protection = self.desk.protection
        if protection is not None and protection.own is not None:
            self.desk.set_value((protection.own,), _OWN_VALUE)

    @Slot()
    def undo_all(self) -> None:
        """Ask, and take back all of ours."""
        if self.desk.acts and not self.desk.busy:
            dialog = UndoDialog(self.scheme, self.desk.undo_order(self.desk.acts), self)
            dialog.ordered.connect(self.desk.order)
            dialog.open()

    @Slot()
    def show_how(self) -> None:
        """Say how the helper is installed."""
        show_how(self.scheme, self)

    def export(self) -> None:
        chosen, _kind = QFileDialog.getSaveFileName(self, _("Export"), "plans.json", _("Values by name (*.json)"))
        if chosen:
            self.export_to(Path(chosen))

    def export_to(self, path: Path) -> bool:
        """Write the plans as JSON; a failure is said with its reason, and False."""
        try:
            path.write_text(json.dumps({"schema": 1, "plans": table_of(self.model.rows)}, indent=1) + "\n", encoding="utf-8")
        except OSError as error:
            self.status_said.emit(_("Not saved: {reason}. Choose another folder.").format(reason=error.strerror or error))
            return False
        self.status_said.emit(_("Saved: {path}").format(path=path))
        return True

    # The page itself

    def panes(self) -> tuple[QWidget, ...]:
        return (self.add.parentWidget() or self, self.view, self.detail, self.budget, self.bar)

    def splitters(self) -> Mapping[str, QSplitter]:
        return {} if self._narrow else {"protection/splitter": self._splitter}

    def _fit_table(self) -> None:
        """The table is as high as its rows, up to a third of the page."""
        wanted = self.view.wanted_height() if self.model.rows else round(_EMPTY_HEIGHT * text_scale())
        self._table_card.setFixedHeight(min(wanted + 2, max(120, self.height() * 2 // 5)))

    def fit(self, *, narrow: bool) -> None:
        self.view.set_narrow(narrow=narrow)
        if narrow != self._narrow:
            self._narrow = narrow
            self._splitter.setOrientation(Qt.Orientation.Vertical if narrow else Qt.Orientation.Horizontal)
            way = QBoxLayout.Direction.TopToBottom if narrow else QBoxLayout.Direction.LeftToRight
            self._top.setDirection(way)
            self.bar.note.setMaximumWidth(0 if narrow else 16777215)
            QTimer.singleShot(0, self, self._fix_budget)
        self._fit_table()

    @Slot()
    def _fix_budget(self) -> None:
        if not self._narrow:
            self._splitter.set_fixed_end(_BUDGET_WIDTH)
