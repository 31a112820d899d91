"""What every page of the window can do; the main window knows pages by nothing else."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from guardian.model.verdict import Verdict
from guardian.sampling.snapshot import Snapshot
from guardian.ui.scheme import Scheme


class Page(QWidget):
    """One page of the rail, answering one question.

    `title` is its translated name.  `status_said` carries a short sentence for the status bar ("Order held"), "" takes it
    back.  `page_wanted` asks the window for another page by name.
    """

    status_said = Signal(str)
    page_wanted = Signal(str)

    def __init__(self, scheme: Scheme, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.scheme = scheme
        self.title = title
        self.setAccessibleName(title)

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Show a new sample; called at most once a second, only while the page is visible."""

    def show_verdict(self, verdict: Verdict | None) -> None:
        """Show what was judged; None while nothing was."""

    def set_paused(self, paused: bool) -> None:
        """Hold the values as they are, or let them go on."""

    def export(self) -> None:
        """Write what the page shows into a file of the user's choice; nothing where there is nothing to write."""

    def panes(self) -> tuple[QWidget, ...]:
        """The parts that F6 goes through, in order."""
        return (self,)

    def measure_now(self) -> None:
        """F5: read again what is not read each second."""
