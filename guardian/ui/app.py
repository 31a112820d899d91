"""The window's program: builds all parts and connects them.

What only an open window needs (charts, pages) is loaded with the first window, so that the tray alone stays small.
"""

import argparse
import os
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from jeepney import new_method_call
from PySide6.QtCore import QObject, QSocketNotifier, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication
from shiboken6 import delete

from guardian import __version__
from guardian.adapters.agent_client import AGENT
from guardian.adapters.settings_file import SettingsFile
from guardian.kernel.process import ProcessKey
from guardian.model.verdict import State, Verdict
from guardian.protocol.helper import SERVICE_FILE
from guardian.protocol.i18n import _
from guardian.protocol.printable import printable
from guardian.protocol.quantities import format_duration
from guardian.ui.agent_link import AgentLink
from guardian.ui.collector import Collector
from guardian.ui.language import Language
from guardian.ui.local_judge import LocalJudge
from guardian.ui.qt_bus import QtBus
from guardian.ui.sampling_worker import SamplingThread
from guardian.ui.scheme import Scheme
from guardian.ui.shapes import state_icon
from guardian.ui.single_instance import SingleInstance
from guardian.ui.tray import Tray, no_tray_words

if TYPE_CHECKING:
    from guardian.adapters.agent_values import FrozenProgram
    from guardian.adapters.session_bus import CallFailed
    from guardian.sampling.snapshot import Snapshot
    from guardian.ui.main_window import MainWindow
    from guardian.ui.page_set import PageSet
    from guardian.ui.text_size import TextSize
    from guardian.ui.window_memory import WindowMemory

APP_ID = "io.github.oomguardian.App"


class App(QObject):
    """All parts of the running program and what goes between them."""

    visibility_changed = Signal(bool)

    def __init__(
        self, qt: QApplication, scheme: Scheme, bus: QtBus, root: str, language: Language, *, introduce: bool = False
    ) -> None:
        super().__init__(qt)
        self._language, self._introduced = language, not introduce
        self._memory: WindowMemory | None = None
        self._text_size: TextSize | None = None
        self._pages: PageSet | None = None
        self._qt, self._scheme, self._root = qt, scheme, root
        self._bus = bus
        self.window: MainWindow | None = None
        self._snapshot: Snapshot | None = None
        self._verdict: Verdict | None = None
        self._agent_words = ""
        self.link = AgentLink(bus, self, judge=LocalJudge(self, root))
        self.tray = Tray(bus, scheme, self, ("show", "freeze", "end", "protect"))
        self.sampling = SamplingThread(root, self)
        self._connect()

    def _connect(self) -> None:
        worker, menu = self.sampling.worker, self.tray.menu
        worker.sampled.connect(self.take_snapshot)
        worker.failed.connect(self.take_failure)
        self.visibility_changed.connect(worker.set_visible)
        self.link.verdict_changed.connect(self.take_verdict)
        self.link.words_changed.connect(self.take_agent_words)
        self.link.frozen_changed.connect(self.take_frozen)
        self.link.quiet_changed.connect(menu.show_quiet)
        self.link.found.connect(self.take_agent)
        self.link.lost.connect(self.take_agent)
        self.tray.open_wanted.connect(self.open_window)
        self.tray.presence_changed.connect(self.take_tray)
        menu.settings_wanted.connect(self.open_settings)
        menu.act_wanted.connect(self.take_act)
        menu.quiet_wanted.connect(self.be_quiet)
        menu.quit_wanted.connect(self._qt.quit)
        self._qt.aboutToQuit.connect(self.stop)

    def start(self, *, hidden: bool) -> None:
        """Begin to follow the agent and to look; open the window unless it stays hidden."""
        if not hidden:
            self.open_window()
        self.link.start()
        self.tray.start()

    @Slot()
    def stop(self) -> None:
        """End what runs beside: the thread before the widgets it talks to."""
        self.sampling.stop()
        self.link.stop()
        self.tray.stop()
        if self.window is not None:
            self.window.keep_state()

    def take_down(self) -> None:
        """Destroy what is left while Qt and Python are both whole, so that neither meets it at its own end."""
        self._bus.stop()
        if self.window is not None:
            delete(self.window)
            self.window = None

    # The window

    @Slot()
    def open_window(self) -> None:
        """Open the window, or bring it forward."""
        if self.window is None:
            self.window = self._build_window()
            self.sampling.start()
        window = self.window
        window.setWindowState(window.windowState() & ~Qt.WindowState.WindowMinimized)
        window.show()
        window.raise_()
        window.activateWindow()

    @Slot(str)
    def raise_window(self, token: str) -> None:
        """A later start came: come forward in its place, with the right to take the focus that the desktop gave it."""
        if token:
            os.environ["XDG_ACTIVATION_TOKEN"] = token
        self.open_window()

    @Slot()
    def open_settings(self) -> None:
        """Open the window on page Settings."""
        self.open_window()
        assert self.window is not None
        self.window.show_settings()

    def _build_window(self) -> "MainWindow":
        from guardian.ui.main_window import MainWindow
        from guardian.ui.page_set import PageSet
        from guardian.ui.text_size import TextSize
        from guardian.ui.window_memory import WindowMemory

        self._memory = self._memory or WindowMemory()
        self._text_size = self._text_size or TextSize(self._qt, self._memory)
        # What was ordered goes on, whichever window shows it.
        desk = self._pages.made_desk if self._pages is not None else None
        if desk is not None:
            desk.setParent(self)
        self._pages = PageSet(self._scheme, self._memory, self._root, desk)
        window = MainWindow(self._scheme, self._pages, self._memory, self._text_size)
        window.language_wanted.connect(self.take_language)
        window.visibility_changed.connect(self.visibility_changed)
        window.measure_wanted.connect(self.sampling.worker.measure_now)
        window.act_wanted.connect(self.take_banner_act)
        window.agent_act_wanted.connect(self.ask_agent)
        window.agent_acts = self.link.has_agent
        window.status.show_helper(helper_words())
        window.status.show_agent(self._agent_words)
        window.show_frozen(self.link.frozen)
        window.show_verdict(self._verdict)
        if self._snapshot is not None:
            window.show_snapshot(self._snapshot)
        if self.tray.present is False:
            window.status.say(no_tray_words())
        if not self._introduced:
            step = self.window.introduction.step if self.window is not None and self.window.introduction is not None else 0
            window.introduce(step=step)
            window.introduction_left.connect(self._take_introduced)
        return window

    @Slot()
    def _take_introduced(self) -> None:
        self._introduced = True

    @Slot(str)
    def take_language(self, language: str) -> None:
        """Speak another language from now on, in the tray and in a window made anew."""
        self._language.speak(language)
        self.tray.speak_anew(self._verdict)
        self.link.speak_anew()
        # Not while the page that asked for it is still at work.
        QTimer.singleShot(0, self, self._renew_window)

    @Slot()
    def _renew_window(self) -> None:
        old = self.window
        if old is None:
            return
        old.keep_state()
        shown, place, focused = old.isVisible(), old.geometry(), old.isActiveWindow()
        old.hide()
        self.window = new = self._build_window()
        new.setGeometry(place)
        if shown:
            new.show()
            if focused:
                new.activateWindow()
        old.deleteLater()

    # What comes in

    @Slot(object)
    def take_snapshot(self, snapshot: "Snapshot") -> None:
        """A sample of the worker."""
        self._snapshot = snapshot
        if self.window is not None:
            self.window.show_snapshot(snapshot)

    @Slot(object)
    def take_verdict(self, verdict: Verdict) -> None:
        """A verdict of the agent, or of this program's own judge where no agent can be had."""
        self._verdict = verdict
        self.tray.show_verdict(verdict)
        self._qt.setWindowIcon(self._state_icon(verdict.state))
        if self.window is not None:
            self.window.show_verdict(verdict)

    @Slot(object)
    def take_frozen(self, frozen: "tuple[FrozenProgram, ...]") -> None:
        """What the agent keeps frozen has changed."""
        if self.window is not None:
            self.window.show_frozen(frozen)

    def _state_icon(self, state: State) -> QIcon:
        own = QIcon.fromTheme(APP_ID)
        return own if not own.isNull() else state_icon(state, self._scheme.tokens.states[state].colour)

    @Slot(str)
    def take_agent_words(self, words: str) -> None:
        """How it stands with the agent, for the status bar."""
        self._agent_words = words
        if self.window is not None:
            self.window.status.show_agent(self._agent_words)

    @Slot(str)
    def take_failure(self, reason: str) -> None:
        """Nothing can be measured: say why."""
        if self.window is not None:
            self.window.status.say(_("Not measured: {reason}").format(reason=reason))

    @Slot(bool)
    def take_tray(self, present: bool) -> None:
        """Without a tray the window says so, and closing it ends the program no more than with one."""
        if self.window is not None and not present:
            self.window.status.say(no_tray_words())

    # Acts

    @Slot(str)
    def take_banner_act(self, name: str) -> None:
        """An act of the banner."""
        if name == "start_agent":
            self.link.start_agent()
        elif name == "measure_here":
            self.link.judge.start()
        elif name == "test_notification":
            self.test_notification()

    @Slot(str, object)
    def ask_agent(self, name: str, key: ProcessKey) -> None:
        """Have the agent freeze a program, which it lets go on when there is room again, or let one go on."""
        call = new_method_call(AGENT, {"freeze": "Freeze", "thaw": "Thaw"}[name], "ut", key)
        self._bus.call(call, self._say_asked)

    def _say_asked(self, answer: "tuple[object, ...] | CallFailed") -> None:
        if self.window is not None and isinstance(answer, Exception):
            self.window.status.say(printable(str(answer)))
        self.link.ask()

    @Slot()
    def take_agent(self) -> None:
        """An agent has come, or gone."""
        self.tray.menu.offer_quiet(self.link.has_agent)
        if self.window is not None:
            self.window.agent_acts = self.link.has_agent

    @Slot(int)
    def be_quiet(self, seconds: int) -> None:
        """Have the agent hold its warnings back for so long."""

        def answered(answer: "tuple[object, ...] | CallFailed") -> None:
            if self.window is None:
                return
            if isinstance(answer, Exception):
                self.window.status.say(printable(str(answer)))
            else:
                words = _("Quiet for {span}: warnings wait, critical ones still come").format(span=format_duration(seconds))
                self.window.status.say(words if seconds else _("Warnings come again"))

        self.link.snooze(seconds, answered)

    def test_notification(self) -> None:
        """Show a harmless notification, and say what became of it."""
        from guardian.adapters.notice_probe import probe_notice

        self._bus.call(probe_notice(), self._say_probe)

    def _say_probe(self, answer: "tuple[object, ...] | CallFailed") -> None:
        from guardian.adapters.notice_probe import probe_words

        if self.window is not None:
            self.window.status.say(probe_words(answer))

    @Slot(str, object)
    def take_act(self, name: str, key: ProcessKey) -> None:
        """An act of the tray's menu on a process."""
        self.open_window()
        assert self.window is not None
        if name == "show":
            self.window.show_process(key)
        else:
            self.window.show_act(name, key)


def helper_words() -> str:
    """How it stands with the helper, for the status bar."""
    return _("helper installed") if os.path.exists(SERVICE_FILE) else _("helper not installed")


@contextmanager
def _ended_by_signals(qt: QApplication) -> Iterator[None]:
    """SIGINT and SIGTERM end the program in good order: Python's handlers run only when Qt lets it, so a socket wakes Qt."""
    ours, theirs = socket.socketpair()
    ours.setblocking(False)  # noqa: FBT003 - socket takes it by place only
    theirs.setblocking(False)  # noqa: FBT003 - socket takes it by place only
    before = signal.set_wakeup_fd(theirs.fileno(), warn_on_full_buffer=False)
    notifier = QSocketNotifier(ours.fileno(), QSocketNotifier.Type.Read, qt)
    notifier.activated.connect(qt.quit)
    old = [(number, signal.signal(number, lambda *_args: None)) for number in (signal.SIGINT, signal.SIGTERM)]
    try:
        yield
    finally:
        for number, handler in old:
            signal.signal(number, handler)
        signal.set_wakeup_fd(before)
        notifier.setEnabled(False)
        ours.close()
        theirs.close()


def main(args: argparse.Namespace) -> int:
    """Run the program until it is ended; `args.hidden` starts the tray alone, `args.root` is where kernel files are read."""
    settings = SettingsFile().read().settings
    # GTK's look, where the desktop has it, would load a software renderer of 50 MiB to ask for visuals that nobody uses.
    os.environ.setdefault("GDK_GL", "disable")
    QApplication.setApplicationName("oom-guardian")
    QApplication.setApplicationVersion(__version__)
    QApplication.setDesktopFileName(APP_ID)
    qt = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(qt, QApplication)
    language = Language(qt)
    language.speak(settings.text("desktop.language"))
    qt.setQuitOnLastWindowClosed(False)
    Collector(qt)
    bus = QtBus(qt)
    bus.start()
    instance = SingleInstance(bus, qt)
    if not instance.claim():
        return 0
    dark = {"light": False, "dark": True}.get(settings.text("desktop.appearance"))
    app = App(qt, Scheme(qt, dark), bus, getattr(args, "root", "/"), language, introduce=settings.switch("desktop.introduction"))
    instance.raise_wanted.connect(app.raise_window)
    with _ended_by_signals(qt):
        app.start(hidden=bool(getattr(args, "hidden", False)))
        code = qt.exec()
    app.take_down()
    return code
