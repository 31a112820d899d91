"""The fire drill as a card: started, followed, stopped and judged here; it runs as `guardian drill` in a process of its own."""

import json
import os
import sys
from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication, QProcess, QProcessEnvironment, Slot
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from guardian.adapters.child_environment import child_environment
from guardian.protocol.i18n import _, sentences
from guardian.protocol.printable import printable
from guardian.ui.button import RING, ActButton
from guardian.ui.card import HeadedCard
from guardian.ui.scheme import Scheme
from guardian.ui.tokens import GAP_SMALL, GAP_TINY
from guardian.ui.type_scale import TextRole
from guardian.ui.words import Words

COMMAND = (sys.executable, "-m", "guardian", "drill", "--json")
_MOST_LINE = 300
_STOP_MS = 6000


class DrillCard(HeadedCard):
    """`button` starts and stops it, `progress` says how it goes, `result` what it showed."""

    def __init__(self, scheme: Scheme, parent: QWidget | None = None, command: Sequence[str] = COMMAND) -> None:
        super().__init__(scheme, _("Fire drill"), parent=parent)
        self._command = tuple(command)
        self._process: QProcess | None = None
        self._stopped = False
        self.about = _wrapped(
            scheme,
            _(
                "Two small programs run in a memory group of their own with a limit, until it is full. It shows whether warning, "
                "ranking, protection and history work on this machine. Nothing else is touched; it takes less than a minute."
            ),
            "text2",
        )
        self.button = ActButton(scheme, _("Start the drill"))
        self.progress = _wrapped(scheme, "", "text2")
        self.result = QVBoxLayout()
        self.result.setSpacing(GAP_TINY)
        row = QHBoxLayout()
        # The button's own room for its focus ring reaches beyond the words' edge.
        row.setContentsMargins(-RING, 0, 0, 0)
        row.setSpacing(GAP_SMALL)
        row.addWidget(self.button)
        row.addWidget(self.progress, 1)
        self.body.addWidget(self.about)
        self.body.addLayout(row)
        self.body.addLayout(self.result)
        self.button.clicked.connect(self.turn)

    @property
    def running(self) -> bool:
        """Whether a drill is going on."""
        return self._process is not None

    def look_for(self, words: Sequence[str]) -> bool:
        """Show the card where all words are somewhere in it; whether it is shown."""
        said = f"{self.heading.text()} {self.about.text()} {self.button.text()}".lower()
        fits = all(word in said for word in words)
        self.setVisible(fits)
        return fits

    @Slot()
    def turn(self) -> None:
        """Start it, or stop the one that runs."""
        if self._process is not None:
            self._stopped = True
            self.button.setEnabled(False)
            self.progress.show_text(_("Stopping; the group is taken away."))
            self._process.terminate()
            return
        self._clear()
        self._stopped = False
        process = QProcess(self)
        environment = QProcessEnvironment()
        for name, value in child_environment(os.environ).items():
            environment.insert(name, value)
        process.setProcessEnvironment(environment)
        process.readyReadStandardError.connect(self._tell)
        process.finished.connect(self._finished)
        process.errorOccurred.connect(self._failed)
        self._process = process
        self.button.setText(_("Stop"))
        self.button.updateGeometry()
        self.progress.show_text(_("Starting"))
        app = QCoreApplication.instance()
        if app is not None:
            app.aboutToQuit.connect(self.stop)
        process.start(self._command[0], list(self._command[1:]))

    @Slot()
    def stop(self) -> None:
        """End a drill that runs, with the program: in good order, so that nothing of it stays behind."""
        process, self._process = self._process, None
        if process is not None:
            process.terminate()
            process.waitForFinished(_STOP_MS)

    def _clear(self) -> None:
        while (item := self.result.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()

    @Slot()
    def _tell(self) -> None:
        """The newest line of how it goes."""
        if self._process is None:
            return
        lines = bytes(self._process.readAllStandardError().data()).decode("utf-8", "replace").strip().splitlines()
        if lines and not self._stopped:
            self.progress.show_text(printable(lines[-1][:_MOST_LINE]))

    @Slot()
    def _failed(self) -> None:
        """It could not even be started; all else is told by its end."""
        process = self._process
        if process is not None and process.error() is QProcess.ProcessError.FailedToStart:
            self._end(_("No drill: {reason}").format(reason=printable(process.errorString())))

    @Slot()
    def _finished(self) -> None:
        process = self._process
        if process is None:
            return
        self._tell()
        proofs = _parse(bytes(process.readAllStandardOutput().data()))
        if self._stopped:
            self._end(_("Stopped. Nothing of it is left."))
        elif proofs is None:
            # Its last line says what, why and what would work.
            self._end(self.progress.text() or _("The drill ended without a word."))
        else:
            for name, shown, words in proofs:
                self.result.addWidget(_wrapped(self.scheme, proof_words(name, shown, words), "text"))
            failed = sum(shown is False for _name, shown, _words in proofs)
            self._end(_("All of it works here.") if not failed else _("Not all of it works here:"))

    def _end(self, words: str) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.deleteLater()
        self.progress.show_text(words)
        self.button.setText(_("Start the drill"))
        self.button.updateGeometry()
        self.button.setEnabled(True)


def proof_words(name: str, shown: bool | None, words: str) -> str:
    """One thing that was to be shown, whether it was, and what was seen."""
    mark = {True: _("works"), False: _("does not work"), None: _("cannot be told here")}[shown]
    return sentences(_("{name}: {mark}.").format(name=_(name), mark=mark), words)


def _parse(text: bytes) -> list[tuple[str, bool | None, str]] | None:
    """Name, whether it was shown, and words of each proof; None where the drill came to no end."""
    try:
        proofs = json.loads(text)["proofs"]
        found = [(str(one["name"]), one["shown"], printable(str(one["words"]))) for one in proofs]
    except (ValueError, TypeError, KeyError):
        return None
    return found if all(shown in (True, False, None) for _name, shown, _words in found) else None


def _wrapped(scheme: Scheme, text: str, colour: str) -> Words:
    words = Words(scheme, text, TextRole.NOTE, colour)
    words.setWordWrap(True)
    return words
