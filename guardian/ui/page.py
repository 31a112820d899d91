"""What every page of the window can do; the main window knows pages by nothing else."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from PySide6.QtCore import QEvent, Signal
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QSplitter, QWidget

from guardian.adapters.agent_values import FrozenProgram
from guardian.kernel.process import ProcessKey
from guardian.model.history import Kill
from guardian.model.verdict import Verdict
from guardian.sampling.snapshot import Snapshot
from guardian.ui.scheme import Scheme
from guardian.ui.tokens import NARROW_BELOW, NARROW_RAIL_WIDTH
from guardian.ui.type_scale import font_changed, text_scale


class PageStatus(NamedTuple):
    """What the status bar says of a page whose data are not this machine's: where from, how much of it, seconds old."""

    source: str
    extent: str
    age: float | None


class Page(QWidget):
    """One page of the rail, answering one question.

    `title` is its translated name.  `status_said` carries a short sentence for the status bar ("Order held"), "" takes it
    back.  `page_wanted` asks the window for another page by name, `show_wanted` for a process (a ProcessKey) among the victims.
    `act_wanted` carries the stable name of an act that the program does ("start_agent"), `process_act_wanted`
    one on a process ("freeze") with its ProcessKey.  `plan_wanted` asks for a plan against what a Kill did.  `measure_wanted`
    asks for a sample at once, `language_wanted` for another language ("" the desktop's).
    """

    status_said = Signal(str)
    page_wanted = Signal(str)
    show_wanted = Signal(object)
    act_wanted = Signal(str)
    process_act_wanted = Signal(str, object)
    plan_wanted = Signal(object)
    measure_wanted = Signal()
    language_wanted = Signal(str)
    _unfit = False

    def __init__(self, scheme: Scheme, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.scheme = scheme
        self.title = title
        self.setAccessibleName(title)

    @property
    def is_narrow(self) -> bool:
        """Whether there is room for one column only; large letters make a page narrow sooner."""
        return self.width() < (NARROW_BELOW - NARROW_RAIL_WIDTH) * text_scale()

    def fit(self, *, narrow: bool) -> None:
        """Lay the page out for another width or text size."""

    def resizeEvent(self, event: QResizeEvent) -> None:
        self.fit(narrow=self.is_narrow)
        super().resizeEvent(event)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._fit_again()

    def event(self, event: QEvent) -> bool:
        # Before the event does its work, which may be to delete this.
        if font_changed(event):
            self._unfit = True
            if self.isVisible():
                self._fit_again()
        return super().event(event)

    def _fit_again(self) -> None:
        if self._unfit:
            self._unfit = False
            self.fit(narrow=self.is_narrow)

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Show a new sample; called at most once a second, only while the page is visible."""

    def remember(self, snapshot: Snapshot) -> None:
        """Take note of a sample that is not shown now; for pages with a history."""

    def show_process(self, key: ProcessKey) -> None:
        """Bring one process into sight; nothing where the page shows none."""

    def act_on_process(self, name: str, key: ProcessKey) -> None:
        """Do an act to one process, by its stable name; nothing where the page has no acts."""

    def prevent(self, kill: Kill) -> None:
        """Offer a plan that would keep a kill from happening again; nothing where the page has no plans."""

    def show_verdict(self, verdict: Verdict | None) -> None:
        """Show what was judged; None while nothing was."""

    def show_frozen(self, frozen: Sequence[FrozenProgram]) -> None:
        """Remind of what the agent keeps frozen; nothing where the page does not."""

    def set_paused(self, paused: bool) -> None:
        """Hold the values as they are, or let them go on."""

    def export(self) -> None:
        """Write what the page shows into a file of the user's choice; nothing where there is nothing to write."""

    def status(self) -> PageStatus | None:
        """What the status bar says in place of this machine's kernel and agent; None leaves those."""
        return None

    def splitters(self) -> Mapping[str, QSplitter]:
        """Splitters whose sizes are to be remembered, by a stable name."""
        return {}

    def panes(self) -> tuple[QWidget, ...]:
        """The parts that F6 goes through, in order."""
        return (self,)

    def open_file(self) -> None:
        """Ask for a file to show; nothing where the page shows none."""

    def measure_now(self) -> None:
        """F5: read again what is not read each second."""
