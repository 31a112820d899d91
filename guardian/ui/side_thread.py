"""A thread beside the window's for one worker: it ends with its owner, with the program, or when told to."""

import atexit
from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QCoreApplication, QObject, QThread, Slot
from shiboken6 import isValid

_STOP_MS = 3000
# Destroying a running thread aborts; one that waits for an answer (a password dialog) is taken along by the program's end.
_LEFT: list[tuple[QThread, QObject]] = []


class SideThread(QObject):
    """Moves `worker` to a thread of its own; `cancel` ends what the worker is doing and may be called from any thread."""

    def __init__(self, worker: QObject, name: str, parent: QObject, cancel: Callable[[], None] | None = None) -> None:
        super().__init__(parent)
        self._thread = QThread()
        self._thread.setObjectName(name)
        worker.moveToThread(self._thread)
        self._end = partial(_end, self._thread, worker, cancel)
        # The owner may be destroyed without being told to stop.
        self.destroyed.connect(self._end)
        app = QCoreApplication.instance()
        if app is not None:
            app.aboutToQuit.connect(self.stop)

    def start(self) -> None:
        """Begin to work; again does nothing."""
        if not self._thread.isRunning():
            atexit.register(self._end)
            self._thread.start(QThread.Priority.LowPriority)

    @Slot()
    def stop(self) -> None:
        """End after what is being done."""
        self._end()


def _end(thread: QThread, worker: QObject, cancel: Callable[[], None] | None, *_destroyed: object) -> None:
    # At the program's end Qt may have taken the thread away already.
    if not isValid(thread) or not thread.isRunning():
        return
    if cancel is not None:
        cancel()
    thread.quit()
    if not thread.wait(_STOP_MS):
        _LEFT.append((thread, worker))
