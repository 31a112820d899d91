"""The tray's menu: state and forecast first, then the ways in, what grows, quiet, settings and the end.

Source: the project's look, "Notifications and tray".
"""

from collections.abc import Iterable

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QAction, QIcon
from PySide6.QtWidgets import QMenu

from guardian.model.verdict import Grower, State, Verdict
from guardian.policy.headline import forecast_line, state_line
from guardian.protocol.i18n import N_, _
from guardian.protocol.printable import printable
from guardian.protocol.quantities import format_bytes, format_duration

GROWERS = 3
QUIET_SECONDS = (15 * 60, 60 * 60)
ACTS = (
    ("freeze", N_("Freeze")),
    ("end", N_("End…")),
    ("protect", N_("Protect…")),
    ("show", N_("Show in Victims")),
)
_MOST_NAME = 40


def grower_line(grower: Grower) -> str:
    """A grower in one line: "clang++ × 8, 2.9 GiB, +140 MiB/min"."""
    name = printable(grower.name)
    if len(name) > _MOST_NAME:
        name = name[: _MOST_NAME - 1] + "…"
    if grower.processes > 1:
        name = _("{name} × {count}").format(name=name, count=grower.processes)
    growth = format_bytes(grower.growth * 60, sign=True)
    return _("{name}, {memory}, {growth}/min").format(name=name, memory=format_bytes(grower.memory), growth=growth)


class _GrowerMenu(QObject):
    """One grower's entry with its acts; it stays in its place and changes its words."""

    chosen = Signal(str, object)

    def __init__(self, menu: QMenu, before: QAction, offered: frozenset[str], parent: QObject) -> None:
        super().__init__(parent)
        self._grower: Grower | None = None
        self.menu = QMenu(menu)
        self._offered = offered
        for name, _word in ACTS:
            action = self.menu.addAction("")
            action.setObjectName(name)
            action.triggered.connect(self._choose)
            action.setEnabled(name in offered)
        menu.insertMenu(before, self.menu)
        self.speak()
        self.show_grower(None)

    def speak(self) -> None:
        """Name the acts in the language of now."""
        for action, (name, word) in zip(self.menu.actions(), ACTS, strict=True):
            absent = _("{act} (not in this version)").format(act=_(word))
            _set_text(action, _(word) if name in self._offered else absent)
        self.show_grower(self._grower)

    def show_grower(self, grower: Grower | None) -> None:
        """Show one of those that grow, or nothing."""
        self._grower = grower
        self.menu.menuAction().setVisible(grower is not None)
        if grower is not None:
            _set_text(self.menu.menuAction(), grower_line(grower))

    @Slot()
    def _choose(self) -> None:
        if self._grower is not None:
            self.chosen.emit(self.sender().objectName(), self._grower.key)


class TrayMenu(QMenu):
    """The menu; every entry stays in its place while values change.

    `act_wanted` brings "freeze", "end", "protect" or "show" and the ProcessKey.  `offered` names the acts that work in this
    version, "quiet" among them where an agent runs; the others are there, disabled, with the reason beside them.
    """

    open_wanted = Signal()
    settings_wanted = Signal()
    quit_wanted = Signal()
    quiet_wanted = Signal(int)
    act_wanted = Signal(str, object)

    def __init__(self, offered: Iterable[str] = ("show",)) -> None:
        super().__init__()
        known = frozenset(offered)
        self._state = self.addAction("")
        self._forecast = self.addAction("")
        self.addSeparator()
        self._open = self.addAction("")
        self._none = self.addAction("")
        self._none.setEnabled(False)
        after = self.addSeparator()
        self._growers = [_GrowerMenu(self, after, known, self) for _number in range(GROWERS)]
        self._add_quiet("quiet" in known)
        self.addSeparator()
        self._settings = self.addAction("")
        self._quit = self.addAction("")
        for action in (self._state, self._forecast, self._open):
            action.triggered.connect(self.open_wanted)
        self._settings.triggered.connect(self.settings_wanted)
        self._quit.triggered.connect(self.quit_wanted)
        for grower in self._growers:
            grower.chosen.connect(self.act_wanted)
        self.setDefaultAction(self._open)
        self.speak(None)

    def speak(self, verdict: Verdict | None) -> None:
        """Name all entries in the language of now."""
        for action, word in (
            (self._open, _("Open OOM Guardian")),
            (self._none, _("No program grows")),
            (self._settings, _("Settings…")),
            (self._quit, _("Quit")),
        ):
            _set_text(action, word)
        self._name_quiet()
        for grower in self._growers:
            grower.speak()
        self.show_verdict(verdict)

    def show_verdict(self, verdict: Verdict | None) -> None:
        """Show what a verdict says; None before there was one."""
        _set_text(self._state, state_line(verdict) if verdict else _("Measuring"))
        _set_text(self._forecast, forecast_line(verdict) if verdict else _("The first forecast needs 30 s"))
        growers = verdict.growers[:GROWERS] if verdict and verdict.state is not State.NO_DATA else ()
        if self.isVisible():
            # What is pointed at stays where it is; values go on when the menu is opened again.
            return
        for at, entry in enumerate(self._growers):
            entry.show_grower(growers[at] if at < len(growers) else None)
        self._none.setVisible(not growers)

    def show_state_icon(self, icon: QIcon) -> None:
        """Put the state's shape before the first line."""
        self._state.setIcon(icon)

    def offer_quiet(self, there: bool) -> None:
        """Whether there is an agent whose warnings can be held back."""
        for action in self._quiets:
            action.setEnabled(there)
        self._name_quiet()

    @Slot(int)
    def show_quiet(self, seconds: int) -> None:
        """For how much longer warnings are held back (0: they are not), and the way to end that."""
        self._quiet_left = seconds
        self._name_quiet()
        self._warn_again.setVisible(seconds > 0)

    def _name_quiet(self) -> None:
        for action, word in zip(self._quiets, (_("Quiet for 15 min"), _("Quiet for 1 hour")), strict=True):
            _set_text(action, word if action.isEnabled() else _("{act} (no agent runs)").format(act=word))
        span = format_duration(self._quiet_left)
        _set_text(self._warn_again, _("Quiet for {span} more: warn again").format(span=span))

    def _add_quiet(self, offered: bool) -> None:
        self._quiets = [self.addAction("") for _length in QUIET_SECONDS]
        for action, seconds in zip(self._quiets, QUIET_SECONDS, strict=True):
            action.setData(seconds)
            action.triggered.connect(self._choose_quiet)
            action.setEnabled(offered)
        self._quiet_left = 0
        self._warn_again = self.addAction("")
        self._warn_again.setData(0)
        self._warn_again.triggered.connect(self._choose_quiet)
        self._warn_again.setVisible(False)

    @Slot()
    def _choose_quiet(self) -> None:
        action = self.sender()
        if isinstance(action, QAction):
            self.quiet_wanted.emit(action.data())


def _set_text(action: QAction, text: str) -> None:
    """Change an entry's words only where they differ: each change goes over the bus to the panel."""
    text = text.replace("&", "&&")
    if action.text() != text:
        action.setText(text)
