"""Looks at the machine in a thread of its own: each second while somebody can see it, hardly ever while nobody does."""

import os
import time
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from guardian.kernel.errors import KernelFileError
from guardian.sampling.interval import window_interval
from guardian.ui.side_thread import SideThread

if TYPE_CHECKING:
    from guardian.sampling.live import LiveSampler
    from guardian.sampling.snapshot import Snapshot


class SamplingWorker(QObject):
    """Takes samples on the thread it was moved to.

    `sampled` brings a Snapshot, `failed` the reason why nothing can be measured.  All methods but the constructor are slots;
    only connect to them.
    """

    sampled = Signal(object)
    failed = Signal(str)

    def __init__(self, root: str = "/") -> None:
        super().__init__()
        self._root = root
        self._sampler: LiveSampler | None = None
        self._timer: QTimer | None = None
        self._before: Snapshot | None = None
        self._visible = False

    @Slot()
    def start(self) -> None:
        """Begin to look; called once the thread runs, so that timer and files belong to it."""
        # The tray alone looks at nothing and does without all this.
        from guardian.kernel.tree import KernelTree
        from guardian.sampling.live import LiveSampler

        self._sampler = LiveSampler(KernelTree(self._root), os.sysconf("SC_PAGE_SIZE"))
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._tick)
        self._set_pace()
        self._tick()

    @Slot()
    def stop(self) -> None:
        """Close everything, in the thread that opened it."""
        if self._timer is not None:
            self._timer.stop()
            self._timer.deleteLater()
            self._timer = None
        if self._sampler is not None:
            self._sampler.close()
            self._sampler = None

    @Slot(bool)
    def set_visible(self, visible: bool) -> None:
        """Whether anybody can see the values; when they come into sight a sample is taken at once."""
        if visible == self._visible:
            return
        self._visible = visible
        self._set_pace()
        if visible:
            self._tick()
        elif self._sampler is not None:
            self._sampler.release_table()

    @Slot()
    def measure_now(self) -> None:
        """Take a sample at once."""
        self._tick()

    def _set_pace(self) -> None:
        if self._timer is not None:
            self._timer.start(int(window_interval(self._visible).guard * 1000))

    @Slot()
    def _tick(self) -> None:
        if self._sampler is None:
            return
        from guardian.sampling.snapshot import interpret

        try:
            sample = self._sampler.take(realtime=time.time(), monotonic=time.monotonic(), table=self._visible)
        except KernelFileError as error:
            self.failed.emit(str(error))
            return
        self._before = interpret(sample, self._before, self._sampler.kernel)
        self.sampled.emit(self._before)


class SamplingThread(QObject):
    """The worker and its thread: started once, ended before the program ends."""

    def __init__(self, root: str = "/", parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.worker = SamplingWorker(root)
        side = SideThread(self.worker, "sampling", self, begin=self.worker.start, end=self.worker.stop)
        self.start, self.stop = side.start, side.stop
