"""The window: rail, page and status bar, and the keys that work on every page."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QCloseEvent, QHideEvent, QKeySequence, QResizeEvent, QShortcut, QShowEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QRadioButton, QStackedWidget, QVBoxLayout, QWidget

from guardian.adapters.agent_values import FrozenProgram
from guardian.kernel.process import ProcessKey
from guardian.model.history import Kill
from guardian.model.verdict import State, Verdict
from guardian.protocol.i18n import _
from guardian.protocol.quantities import format_bytes
from guardian.sampling.snapshot import Snapshot
from guardian.ui.key_list import WINDOW_KEYS, KeyList
from guardian.ui.page import Page
from guardian.ui.pages import PAGES
from guardian.ui.rail import Rail
from guardian.ui.scheme import Scheme
from guardian.ui.status_bar import StatusBar
from guardian.ui.text import format_clock
from guardian.ui.text_size import TextSize
from guardian.ui.tokens import MINIMUM_HEIGHT, MINIMUM_WIDTH, NARROW_BELOW, PAGE_MARGIN
from guardian.ui.type_scale import font_changed, pass_font_on, text_scale
from guardian.ui.window_memory import WindowMemory

if TYPE_CHECKING:
    from guardian.ui.introduction import Introduction

_WIDTH, _HEIGHT = 1180, 760


class MainWindow(QWidget):
    """All pages behind one rail.

    `visibility_changed` tells whether anybody can see it, so that nothing is measured or painted for nobody.
    `measure_wanted` asks for a sample at once (F5), `act_wanted` for an act by its stable name, `agent_act_wanted`
    for one that the agent does ("freeze", "thaw") on the program of a process.
    """

    visibility_changed = Signal(bool)
    measure_wanted = Signal()
    language_wanted = Signal(str)
    introduction_left = Signal()
    act_wanted = Signal(str)
    agent_act_wanted = Signal(str, object)

    def __init__(self, scheme: Scheme, pages: Mapping[str, Page], memory: WindowMemory, text_size: TextSize) -> None:
        super().__init__()
        self._scheme, self._memory, self._text_size = scheme, memory, text_size
        self.pages = pages
        self.introduction: Introduction | None = None
        # Whether an agent is there: what it freezes, it lets go on when there is room again.
        self.agent_acts = False
        self._snapshot: Snapshot | None = None
        self._verdict: Verdict | None = None
        self._frozen: Sequence[FrozenProgram] = ()
        self._fed: dict[Page, tuple[Snapshot | None, Verdict | None]] = {}
        self._joined: dict[str, Page] = {}
        self.setWindowTitle(_("OOM Guardian"))
        self.setMinimumSize(MINIMUM_WIDTH, MINIMUM_HEIGHT)
        self._lay_out(scheme)
        self._connect_keys()
        memory.restore_size(self, _WIDTH, _HEIGHT)
        self.rail.chosen.connect(self.show_page)
        last = memory.text("page", "now")
        self.rail.choose(last if last in pages else "now")
        self._age = QTimer(self)
        self._age.setInterval(1000)
        self._age.timeout.connect(self._show_age)

    def _lay_out(self, scheme: Scheme) -> None:
        self.rail = Rail(scheme, self)
        self.stack = QStackedWidget(self)
        self.status = StatusBar(scheme, self)
        # Its charts show what was before it was looked at; the other pages come when they are first wanted.
        self._join("now")
        self._right = right = QVBoxLayout()
        right.setSpacing(0)
        right.addWidget(self.stack, 1)
        right.addWidget(self.status)
        across = QHBoxLayout(self)
        across.setContentsMargins(0, 0, 0, 0)
        across.setSpacing(0)
        across.addWidget(self.rail)
        across.addLayout(right, 1)

    def _join(self, name: str) -> Page:
        """A page, made part of the window when it is first wanted."""
        page = self.pages[name]
        if name not in self._joined:
            self._joined[name] = page
            self.stack.addWidget(page)
            page.status_said.connect(self.status.say)
            page.page_wanted.connect(self.rail.choose)
            page.show_wanted.connect(self.show_process)
            page.act_wanted.connect(self.act_wanted)
            page.process_act_wanted.connect(self.show_act)
            page.plan_wanted.connect(self.prevent)
            page.measure_wanted.connect(self.measure_wanted)
            page.language_wanted.connect(self.language_wanted)
            for own, splitter in page.splitters().items():
                self._memory.restore_splitter(own, splitter)
            page.show_frozen(self._frozen)
        return page

    def _connect_keys(self) -> None:
        acts: dict[str, Callable[[], None]] = {
            "next_pane": self.next_pane,
            "previous_pane": self.previous_pane,
            "measure_now": self.measure_now,
            "export": self.export,
            "open": self.open_file,
            "larger": self._text_size.larger,
            "smaller": self._text_size.smaller,
            "usual": self._text_size.usual,
            "settings": self.show_settings,
            "help": self.show_help,
            "keys": self.show_keys,
            "close": self.hide_window,
        }
        for key in WINDOW_KEYS:
            for sequence in key.sequences:
                QShortcut(QKeySequence(sequence), self, acts[key.name])
        for number, entry in enumerate(PAGES, start=1):
            shortcut = QShortcut(QKeySequence(f"Ctrl+{number}"), self)
            shortcut.setObjectName(entry.name)
            shortcut.activated.connect(self._choose_by_key)

    @property
    def page(self) -> Page:
        """The page that is shown."""
        page = self.stack.currentWidget()
        assert isinstance(page, Page)
        return page

    @Slot()
    def _choose_by_key(self) -> None:
        self.rail.choose(self.sender().objectName())

    @Slot(str)
    def show_page(self, name: str) -> None:
        """Show a page with the newest values."""
        self.status.say("")
        self.stack.setCurrentWidget(self._join(name))
        self._memory.remember("page", name)
        self._show_age()
        self._feed()

    @Slot()
    def show_settings(self) -> None:
        """Show page Settings."""
        self.rail.choose("settings")

    @Slot(object)
    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Give a new sample to the page that is shown and to the status bar; nothing is painted while hidden."""
        self._snapshot = snapshot
        for page in self._joined.values():
            page.remember(snapshot)
        self._feed()

    @Slot()
    def open_file(self) -> None:
        """Ask for a log or a recording, and show it on page History."""
        self.rail.choose("history")
        self.page.open_file()

    def introduce(self, path: str | None = None, step: int = 0) -> None:
        """Show the first steps above the page, until they are left."""
        from guardian.ui.introduction import Introduction

        made = Introduction(self._scheme, path, step, self)
        made.left.connect(self._end_introduction)
        around = QVBoxLayout()
        around.setContentsMargins(PAGE_MARGIN, PAGE_MARGIN, PAGE_MARGIN, 0)
        around.addWidget(made)
        self._right.insertLayout(0, around)
        self.introduction = made

    @Slot()
    def _end_introduction(self) -> None:
        if self.introduction is not None:
            around = self._right.takeAt(0)
            self.introduction.deleteLater()
            self.introduction = None
            self.introduction_left.emit()
            if around is not None:
                around.deleteLater()  # type: ignore[attr-defined] # it is the layout that was put there

    @Slot(object)
    def prevent(self, kill: Kill) -> None:
        """Offer a plan against what a kill did."""
        self.rail.choose("protection")
        self.pages["protection"].prevent(kill)

    @Slot(object)
    def show_process(self, key: ProcessKey) -> None:
        """Show a process among the victims."""
        self.rail.choose("victims")
        self.pages["victims"].show_process(key)

    @Slot(str, object)
    def show_act(self, name: str, key: ProcessKey) -> None:
        """Do an act to a process where its row and what came of it can be seen."""
        if name == "thaw" or (name == "freeze" and self.agent_acts):
            self.agent_act_wanted.emit(name, key)
            return
        self.show_process(key)
        self.act_on_process(name, key)

    def act_on_process(self, name: str, key: ProcessKey) -> None:
        """Do an act ("freeze", "end", "protect") to a process of the victims, asking first where it must."""
        self.pages["victims"].act_on_process(name, key)

    @Slot(object)
    def show_verdict(self, verdict: Verdict | None) -> None:
        """Give a verdict to the rail and to the page that is shown."""
        self._verdict = verdict
        self._show_state()
        self._feed()

    @Slot(object)
    def show_frozen(self, frozen: Sequence[FrozenProgram]) -> None:
        """Let the pages remind of what is frozen."""
        self._frozen = frozen
        for page in self._joined.values():
            page.show_frozen(frozen)

    def _show_state(self) -> None:
        verdict, snapshot = self._verdict, self._snapshot
        if verdict is None:
            below = _("{size} of room").format(size=format_bytes(snapshot.room)) if snapshot else _("measuring")
            self.rail.state.show_state(State.NO_DATA, below)
        elif verdict.state is State.NO_DATA:
            self.rail.state.show_state(State.NO_DATA, _("since {time}").format(time=format_clock(verdict.time)))
        else:
            self.rail.state.show_state(verdict.state, _("{size} of room").format(size=format_bytes(verdict.room)))

    def _feed(self) -> None:
        """Show the newest sample and verdict on the page in front, each once."""
        if not self.isVisible() or self.isMinimized():
            return
        page, snapshot, verdict = self.page, self._snapshot, self._verdict
        old_snapshot, old_verdict = self._fed.get(page, (None, None))
        self._fed[page] = (snapshot, verdict)
        if snapshot is not None and snapshot is not old_snapshot:
            page.show_snapshot(snapshot)
            self.status.show_snapshot(snapshot)
            self._show_age()
        if verdict is not old_verdict:
            page.show_verdict(verdict)
        if verdict is None:
            self._show_state()

    @Slot()
    def _show_age(self) -> None:
        told = self.page.status()
        self.status.show_page(told)
        if told is not None:
            self.status.show_age(told.age)
            return
        silent = self._verdict is not None and self._verdict.state is State.NO_DATA
        at = self._verdict.time if silent and self._verdict else self._snapshot.sample.time if self._snapshot else None
        self.status.show_age(None if at is None else max(0.0, time.time() - at))

    def next_pane(self) -> None:
        """Move the focus to the next pane: rail, the page's panes, and round again."""
        self._move_pane(1)

    def previous_pane(self) -> None:
        """Move the focus to the pane before."""
        self._move_pane(-1)

    def _move_pane(self, step: int) -> None:
        first = () if self.introduction is None else (self.introduction,)
        panes = [pane for pane in (self.rail, *first, *self.page.panes()) if pane.isVisible()]
        focus = QApplication.focusWidget()
        now = next((at for at, pane in enumerate(panes) if pane is focus or pane.isAncestorOf(focus)), None) if focus else None
        order = range(1, len(panes) + 1) if now is not None else range(len(panes))
        for away in order:
            if _focus_into(panes[((now or 0) + step * away) % len(panes)]):
                return

    def measure_now(self) -> None:
        """Take a sample at once."""
        self.page.measure_now()
        self.measure_wanted.emit()

    def export(self) -> None:
        """Export what the page in front shows."""
        self.page.export()

    def show_keys(self) -> None:
        """Show the sheet of all keys."""
        KeyList(tuple(_(entry.word) for entry in PAGES), self).open()

    def show_help(self) -> None:
        """Show what can be done here; the keys are the help there is."""
        self.show_keys()

    def hide_window(self) -> None:
        """Close the window; the program goes on in the tray where there is one."""
        self.close()

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._fit_rail()
        super().resizeEvent(event)

    def _fit_rail(self) -> None:
        """Icons alone where there is no room for words; large letters leave less."""
        self.rail.set_narrow(narrow=self.width() < NARROW_BELOW * text_scale())

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self.focusWidget() is None:
            # No ring before a key is pressed; Tab then goes to the page's first act.
            self.page.setFocus(Qt.FocusReason.OtherFocusReason)
        self._age.start()
        self.visibility_changed.emit(True)  # noqa: FBT003 - a signal takes its values by place
        self._feed()

    def hideEvent(self, event: QHideEvent) -> None:
        self._age.stop()
        self.visibility_changed.emit(False)  # noqa: FBT003 - a signal takes its values by place
        super().hideEvent(event)

    def event(self, event: QEvent) -> bool:
        done = super().event(event)
        if font_changed(event):
            pass_font_on(self)
            self._fit_rail()
        return done

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.WindowStateChange and self.isVisible():
            self.visibility_changed.emit(not self.isMinimized())
            self._feed()
        super().changeEvent(event)

    def keep_state(self) -> None:
        """Remember size, page and splitters."""
        self._memory.keep_size(self)
        for page in self._joined.values():
            for name, splitter in page.splitters().items():
                self._memory.keep_splitter(name, splitter)
        self._memory.sync()

    def closeEvent(self, event: QCloseEvent) -> None:
        self.keep_state()
        super().closeEvent(event)


def _focus_into(pane: QWidget) -> bool:
    """Give the focus to a pane or to the first control in it; False where nothing there takes it."""
    widget = pane
    for _step in range(2000):
        takes = widget.focusPolicy() & Qt.FocusPolicy.TabFocus
        inside = widget is pane or pane.isAncestorOf(widget)
        chosen = not isinstance(widget, QRadioButton) or widget.isChecked()
        if inside and takes and chosen and widget.isVisible() and widget.isEnabled():
            widget.setFocus(Qt.FocusReason.TabFocusReason)
            return True
        following = widget.nextInFocusChain()
        if following is None or following is pane:
            return False
        widget = following
    return False
