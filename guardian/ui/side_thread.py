"""A thread beside the window's for one worker: it ends when it is told to, with its owner, and before the program does.

Qt aborts where a running thread is destroyed, and neither Qt nor Python outlives the other's end: so every thread that was
started is held here until it has come to its end, and none runs when the interpreter begins to take things apart.
"""

import atexit
import ctypes
from collections.abc import Callable

from PySide6.QtCore import QCoreApplication, QObject, QThread, Slot
from shiboken6 import isValid

_STOP_MS = 3000


class _Pair:
    """A thread and the worker that lives in it; outlives its owner while the thread runs."""

    def __init__(self, worker: QObject, name: str, cancel: Callable[[], None] | None) -> None:
        self.thread, self._worker, self._cancel = QThread(), worker, cancel
        self.thread.setObjectName(name)
        worker.moveToThread(self.thread)

    def end(self, *_destroyed: object) -> bool:
        """End what the worker is doing, then the thread; false where it goes on all the same."""
        if isValid(self.thread) and self.thread.isRunning():
            if self._cancel is not None:
                self._cancel()
            self.thread.quit()
            if not self.thread.wait(_STOP_MS):
                return False
        _RUNNING.discard(self)
        return True

    def leave(self) -> None:
        """Have nobody destroy the thread, for the process's end takes it along: of two that own each other none goes first."""
        other = QObject()
        other.setParent(self.thread)
        self.thread.setParent(other)
        # And Python's last collection finds them in use.
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(self.thread))
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(other))


_RUNNING: set[_Pair] = set()


class SideThread(QObject):
    """Moves `worker` to a thread of its own.

    `begin` and `end` are slots of the worker that run in its thread first and last.  `cancel` ends what the worker is doing and
    may be called from any thread; after it the worker need not be of use again.
    """

    def __init__(
        self,
        worker: QObject,
        name: str,
        parent: QObject,
        *,
        begin: Callable[[], None] | None = None,
        end: Callable[[], None] | None = None,
        cancel: Callable[[], None] | None = None,
    ) -> None:
        super().__init__(parent)
        self._pair = _Pair(worker, name, cancel)
        self._followed = False
        if begin is not None:
            self._pair.thread.started.connect(begin)
        if end is not None:
            self._pair.thread.finished.connect(end)

    @property
    def running(self) -> bool:
        """Whether it was started and has not ended."""
        return self._pair.thread.isRunning()

    @Slot()
    def start(self) -> None:
        """Begin to work; again does nothing."""
        if self.running:
            return
        _RUNNING.add(self._pair)
        if not self._followed:
            self._followed = True
            # The owner may be destroyed without being told to stop.
            self.destroyed.connect(self._pair.end)
            app = QCoreApplication.instance()
            if app is not None:
                app.aboutToQuit.connect(self.stop)
        self._pair.thread.start()

    @Slot()
    def stop(self) -> bool:
        """End after what is being done; false where that takes long, and then it ends by itself."""
        if self._followed:
            self._followed = False
            self.destroyed.disconnect(self._pair.end)
        return self._pair.end()


@atexit.register
def _end_all() -> None:
    """End every thread before Qt and Python end: registered after Qt's own, so called before it."""
    for pair in tuple(_RUNNING):
        if not pair.end():
            # It waits for something that cannot be given up.
            pair.leave()
