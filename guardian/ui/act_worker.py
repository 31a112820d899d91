"""Carries out acts in a thread of its own: a password dialog may keep one waiting for minutes, the window goes on."""

from PySide6.QtCore import QObject, Signal, Slot

from guardian.adapters.act_journal import ActJournal
from guardian.adapters.performer import Performer
from guardian.adapters.settings_file import SettingsFile
from guardian.adapters.signals import lives
from guardian.policy.acts import Act, Order, with_done
from guardian.protocol.i18n import _, ngettext
from guardian.protocol.quantities import format_seconds


class ActWorker(QObject):
    """Works in the thread it was moved to; all methods but the constructor are slots, only connect to them.

    `done` brings what came of an order, `journal_read` the acts that can be taken back.  `trouble` says why the
    journal was not kept.  `asked_to_end` brings an act and for how long (seconds) its programs may take to end, `lingers` a
    sentence on those that have not ended by then.
    """

    done = Signal(object)
    journal_read = Signal(object)
    trouble = Signal(str)
    asked_to_end = Signal(object, float)
    lingers = Signal(str)

    def __init__(self, performer: Performer | None = None, journal: ActJournal | None = None) -> None:
        super().__init__()
        self._performer, self._journal = performer, journal
        self._acts: tuple[Act, ...] = ()
        self._cancelled = False

    def cancel(self) -> None:
        """Wait for no password any more; may be called from any thread."""
        self._cancelled = True
        if self._performer is not None:
            self._performer.hang_up()

    @Slot()
    def start(self) -> None:
        """Read what was done before."""
        self._journal = self._journal or ActJournal()
        self._acts = self._journal.read()
        self.journal_read.emit(self._acts)

    @Slot(object)
    def perform(self, order: Order) -> None:
        """Carry one order out."""
        self._performer = self._performer or Performer()
        if self._cancelled:
            self._performer.hang_up()
        done = self._performer.perform(order)
        self._acts = with_done(self._acts, done)
        if self._journal is not None:
            try:
                self._journal.write(self._acts)
            except OSError as error:
                self.trouble.emit(
                    _("What was done is not kept for later: {path}: {reason}.").format(
                        path=self._journal.path, reason=error.strerror or error
                    )
                )
        self.journal_read.emit(self._acts)
        self.done.emit(done)
        if done.act.ended and not done.act.forced:
            self.asked_to_end.emit(done.act, SettingsFile().read().settings.number("relief.end_grace"))

    @Slot(object, float)
    def look_after(self, act: Act, grace: float) -> None:
        """Say which of those that were asked to end live on."""
        left = sum(lives(key) for key in act.ended)
        if left:
            words = ngettext(
                "{name}: {count} process has not ended after {time}. Force end… gives it no more time to save.",
                "{name}: {count} processes have not ended after {time}. Force end… gives them no more time to save.",
                left,
            )
            self.lingers.emit(words.format(name=act.label, count=left, time=format_seconds(grace, 0)))
