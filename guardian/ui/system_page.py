"""Page System: the four steps, the kernel's settings with advice, what a value would do, and the timed try."""

import time
from collections.abc import Mapping

from PySide6.QtCore import Qt, QTimer, Slot
from PySide6.QtGui import QHideEvent, QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from guardian.model.verdict import Verdict
from guardian.policy.act_words import done_words
from guardian.policy.acts import Done, SettingOrder, SettleOrder, UndoOrder
from guardian.policy.machine_profile import MachineProfile
from guardian.policy.setting_rows import beaten_words
from guardian.protocol.i18n import _, sentences
from guardian.sampling.snapshot import Snapshot
from guardian.ui.act_desk import ActDesk
from guardian.ui.card import Card
from guardian.ui.enough_card import EnoughCard
from guardian.ui.growth_view import GrowthView
from guardian.ui.helper_how import show_how
from guardian.ui.killer_clash_card import KillerClashCard
from guardian.ui.memory_what_if import MemoryWhatIf
from guardian.ui.page import Page
from guardian.ui.plain_scroll import PlainScroll
from guardian.ui.scheme import Scheme
from guardian.ui.setting_card import SettingCard
from guardian.ui.settings_reader import SettingsFound, SettingsThread
from guardian.ui.settings_table import SettingModel, SettingView
from guardian.ui.splitter import GapSplitter
from guardian.ui.step_panels import AftermathCard, CheckCard, ClosableCard
from guardian.ui.step_strip import STEPS, StepStrip
from guardian.ui.step_words import choice_step, kill_step, memory_step, out_step
from guardian.ui.tokens import CARD_GAP, GAP, PAGE_MARGIN
from guardian.ui.trial_bar import TrialBar
from guardian.ui.type_scale import TextRole
from guardian.ui.undo_bar import UndoBar
from guardian.ui.words import Words

_SIDE_WIDTH = 404
_LOWER_HEIGHT = 392
_REFRESH_MS = 5000
_FIRST = "vm.overcommit_memory"


class SystemPage(Page):
    """Steps and settings first; who else ends programs stands beside the setting, who grows and more memory below both."""

    def __init__(self, scheme: Scheme, desk: ActDesk, root: str = "/", parent: QWidget | None = None) -> None:
        super().__init__(scheme, _("System"), parent)
        self.desk = desk
        self.found: SettingsFound | None = None
        self._snapshot: Snapshot | None = None
        self._verdict: Verdict | None = None
        self._narrow: bool | None = None
        self._reading = False
        self.reading = SettingsThread(root, self)
        self.strip = StepStrip(scheme)
        self.model = SettingModel(self)
        self.view = SettingView(scheme, self.model)
        self.card = SettingCard(scheme)
        self.enough, self.checks, self.aftermath = EnoughCard(scheme), CheckCard(scheme), AftermathCard(scheme)
        self.panels: dict[str, ClosableCard] = {"memory": self.enough, "out": self.checks, "kill": self.aftermath}
        self.trial, self.bar = TrialBar(scheme), UndoBar(scheme)
        self.killers, self.growth, self.paper = KillerClashCard(scheme, root), GrowthView(scheme, root), MemoryWhatIf(scheme)
        self._table_card, self._tables = Card(scheme), QStackedWidget()
        self._waiting = Words(scheme, _("Reading the settings"), TextRole.BODY, "text2")
        self._detail = QStackedWidget()
        self._splitter = GapSplitter(Qt.Orientation.Horizontal)
        self._clock = QTimer(self)
        self._clock.setInterval(_REFRESH_MS)
        self._lay_out()
        self._connect()

    # Built once

    def _lay_out(self) -> None:
        self._table_card.body.setContentsMargins(1, 1, 1, 1)
        self._table_card.body.addWidget(self._tables)
        waiting = QWidget()
        row = QHBoxLayout(waiting)
        row.setContentsMargins(GAP, GAP, GAP, GAP)
        row.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._waiting.setWordWrap(True)
        row.addWidget(self._waiting)
        for part in (waiting, self.view):
            self._tables.addWidget(part)
        for panel in (self.card, *self.panels.values()):
            self._detail.addWidget(panel)
        self._splitter.addWidget(self._detail)
        self._splitter.addWidget(self.killers)
        self._splitter.setMinimumHeight(_LOWER_HEIGHT)
        inner = QWidget()
        down = QVBoxLayout(inner)
        down.setContentsMargins(PAGE_MARGIN, PAGE_MARGIN, PAGE_MARGIN, CARD_GAP)
        down.setSpacing(CARD_GAP)
        down.addWidget(self.strip)
        down.addWidget(self._table_card)
        down.addWidget(self._splitter, 1)
        down.addWidget(self.growth)
        down.addWidget(self.paper)
        self._build_scroll(inner)
        bars = QVBoxLayout()
        bars.setContentsMargins(PAGE_MARGIN, 0, PAGE_MARGIN, 0)
        bars.setSpacing(CARD_GAP // 2)
        bars.addWidget(self.trial)
        bars.addWidget(self.bar)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._scroll, 1)
        layout.addLayout(bars)
        self.bar.note.hide()
        self.bar.hide()

    def _build_scroll(self, inner: QWidget) -> None:
        """What is too high for the window is scrolled; the bars below are not."""
        self._scroll = PlainScroll(inner)

    def _connect(self) -> None:
        desk, reader = self.desk, self.reading.reader
        reader.found.connect(self.take_found)
        reader.failed.connect(self._fail)
        self._clock.timeout.connect(self.reload)
        self.strip.opened.connect(self.open_step)
        self.view.chosen.connect(self._choose)
        self.view.opened.connect(self._edit)
        self.card.ordered.connect(desk.order)
        self.card.how_wanted.connect(self._show_how)
        self.trial.settled.connect(desk.order)
        self.trial.ended.connect(self.reload)
        self.bar.undo_asked.connect(desk.undo)
        self.bar.undo_all.hide()
        self.killers.ordered.connect(desk.order)
        self.growth.show_wanted.connect(self.show_wanted)
        desk.done.connect(self._take_done)
        desk.journal_changed.connect(self._show_acts)
        desk.busy_changed.connect(self._show_acts)
        for panel in self.panels.values():
            panel.closed.connect(self._close_step)
        self.aftermath.history_wanted.connect(self._open_history)
        QShortcut(QKeySequence("Ctrl+Z"), self, desk.undo).setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)

    # What comes in

    @Slot()
    def reload(self) -> None:
        """Read everything again; one reading at a time."""
        if not self._reading:
            self._reading = True
            self.reading.start()
            self.reading.read_wanted.emit()

    def measure_now(self) -> None:
        self.reload()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._clock.start()
        self.desk.start()
        self.reload()

    def hideEvent(self, event: QHideEvent) -> None:
        self._clock.stop()
        super().hideEvent(event)

    @Slot(object)
    def take_found(self, found: SettingsFound) -> None:
        """Show a reading; the selection stays, and the first setting is chosen where there was none."""
        self._reading = False
        self.found = found
        self.model.show_rows(found.rows)
        self._tables.setCurrentWidget(self.view)
        if self.view.current_row() is None:
            self.view.choose(_FIRST)
        self._show_row()
        self.enough.show_standing(found.standing)
        self.aftermath.show_kill(found.last_kill)
        self._show_steps()
        self._show_acts()

    @Slot(str)
    def _fail(self, reason: str) -> None:
        self._reading = False
        self._waiting.show_text(reason)
        self._tables.setCurrentIndex(0)

    def show_snapshot(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._show_steps()
        self.killers.show_snapshot(snapshot)
        self.growth.show_room(snapshot.room)
        self.paper.show_snapshot(snapshot)
        found = self.found
        if found is not None:
            machine = found.standing.profile.machine._replace(memory=snapshot.sample.memory)
            profile = found.standing.profile._replace(machine=machine)
            self.card.show_profile(profile)
            self.enough.show_standing(found.standing._replace(profile=profile))

    def show_verdict(self, verdict: Verdict | None) -> None:
        self._verdict = verdict
        self._show_steps()
        self.paper.show_verdict(verdict)
        self.checks.show_verdict(verdict)
        self.aftermath.show_verdict(verdict)

    def _show_steps(self) -> None:
        kill = self.found.last_kill if self.found is not None else None
        self.strip.show_steps(
            {
                "memory": memory_step(self._verdict, self._snapshot),
                "out": out_step(self._verdict),
                "choice": choice_step(self._snapshot),
                "kill": kill_step(kill, time.time()),
            }
        )

    # The steps

    @Slot(str)
    def open_step(self, name: str) -> None:
        """Open what a step stands for; pressed again, the setting comes back."""
        if name == "choice":
            self.page_wanted.emit("victims")
            return
        panel = self.panels[name]
        if self._detail.currentWidget() is panel:
            self._close_step()
            return
        self._detail.setCurrentWidget(panel)
        self.strip.show_open(name)
        self._scroll.ensureWidgetVisible(panel)
        panel.setFocus(Qt.FocusReason.OtherFocusReason)

    @Slot()
    def _close_step(self) -> None:
        self._detail.setCurrentWidget(self.card)
        self.strip.show_open("")

    @Slot()
    def _open_history(self) -> None:
        self.page_wanted.emit("history")

    # The selected setting

    @Slot()
    def _choose(self) -> None:
        self._close_step()
        self._show_row()

    def _show_row(self) -> None:
        profile: MachineProfile | None = self.found.standing.profile if self.found is not None else None
        self.card.show_row(self.view.current_row(), profile)

    @Slot()
    def _edit(self) -> None:
        self._close_step()
        self.card.focus_editor()

    @Slot()
    def _show_how(self) -> None:
        show_how(self.scheme, self)

    # Acts

    @Slot()
    def _show_acts(self) -> None:
        busy = self.desk.busy
        self.killers.set_busy(busy=busy)
        trials = self.found.trials if self.found is not None else ()
        self.trial.show_trials(trials, busy=busy)
        self.card.show_stand(helper=self.desk.has_helper, busy=busy, pending=bool(trials))
        own = bool(self.desk.acts) and bool(self.desk.acts[-1].settings or self.desk.acts[-1].units)
        self.bar.undo.setVisible(own)
        self.bar.undo.setEnabled(not busy)
        self.bar.setVisible(bool(self.bar.words.text()) or own)

    @Slot(object)
    def _take_done(self, done: Done) -> None:
        """Say what came of an order of this page, and read back."""
        self.killers.reload()
        mine = isinstance(done.order, SettingOrder | SettleOrder | UndoOrder) or self.isVisible()
        if not mine:
            return
        if not done.refusals:
            self.card.forget_wish()
        self._reading = False
        self.reload()
        words = done_words(done)
        if self.found is not None and not done.refusals:
            kept = [change.key for change in done.act.settings if change.filed_now is not None]
            words = sentences(words, beaten_words(kept, self.found.standing.profile))
        self.bar.say(words, refused=bool(done.refusals))
        self._show_acts()

    # The page itself

    def panes(self) -> tuple[QWidget, ...]:
        return (self.strip, self.view, self._detail, self.killers, self.growth, self.paper, self.trial, self.bar)

    def splitters(self) -> Mapping[str, QSplitter]:
        return {} if self._narrow else {"system/splitter": self._splitter}

    def fit(self, *, narrow: bool) -> None:
        if narrow != self._narrow:
            self._narrow = narrow
            self.strip.set_columns(2 if narrow else len(STEPS))
            self._splitter.setOrientation(Qt.Orientation.Vertical if narrow else Qt.Orientation.Horizontal)
            self._splitter.setMinimumHeight(2 * _LOWER_HEIGHT + CARD_GAP if narrow else _LOWER_HEIGHT)
            QTimer.singleShot(0, self, self._fix_side)
        self._table_card.setFixedHeight(self.view.wanted_height() + 2)

    @Slot()
    def _fix_side(self) -> None:
        if not self._narrow:
            self._splitter.set_fixed_end(_SIDE_WIDTH)
