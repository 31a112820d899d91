"""Carries out acts in a thread of its own: a password dialog may keep one waiting for minutes, the window goes on."""

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QObject, QThread, Signal, Slot

from guardian.adapters.act_journal import ActJournal
from guardian.adapters.performer import Performer
from guardian.policy.acts import Act, Order, with_done
from guardian.protocol.i18n import _
from guardian.ui.plan_reader import PlanReader

_STOP_MS = 2000


class ActWorker(QObject):
    """Works in the thread it was moved to; all methods but the constructor are slots, only connect to them.

    `done` brings what came of an order, `journal_read` the acts that can be taken back.  `trouble` says why the
    journal was not kept.
    """

    done = Signal(object)
    journal_read = Signal(object)
    trouble = Signal(str)

    def __init__(self, performer: Performer | None = None, journal: ActJournal | None = None) -> None:
        super().__init__()
        self._performer, self._journal = performer, journal
        self._acts: tuple[Act, ...] = ()

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


class ActThreads(QObject):
    """The two threads of acts and plans: one may wait for a password while the other goes on comparing."""

    def __init__(self, worker: ActWorker, reader: PlanReader, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._worker, self._reader = worker, reader
        self._threads = (QThread(self), QThread(self))
        for thread, work, name in zip(self._threads, (worker, reader), ("acts", "plans"), strict=True):
            thread.setObjectName(name)
            work.moveToThread(thread)
        self._threads[0].started.connect(worker.start)
        # Whoever forgets to stop it: Qt aborts where a thread is destroyed that still runs.
        self.destroyed.connect(partial(_end, self._threads))

    def start(self) -> None:
        """Begin to work; twice does no harm."""
        for thread in self._threads:
            if not thread.isRunning():
                thread.start()

    def stop(self) -> bool:
        """End both; False where one still waits for an answer (a password dialog), and is left to the end of the program."""
        ended = _end(self._threads)
        for thread, has_ended in zip(self._threads, ended, strict=True):
            if not has_ended:
                # Destroying a running thread aborts; the program's end takes it along.
                thread.setParent(None)
                _LEFT.append((thread, self._worker))
        return all(ended)


_LEFT: list[tuple[QThread, QObject]] = []


def _end(threads: Sequence[QThread], *_destroyed: object) -> list[bool]:
    """Let threads end after what they are doing; whether each did in time."""
    for thread in threads:
        thread.quit()
    return [thread.wait(_STOP_MS) for thread in threads]
