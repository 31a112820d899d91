"""The window's own judge, for where no agent can be had: the same engine, in a thread of its own."""

import os
import time
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from guardian.adapters.killers import KillersHere
from guardian.kernel.errors import KernelFileError
from guardian.protocol.i18n import _
from guardian.sampling.interval import GUARD_SECONDS
from guardian.ui.side_thread import SideThread

if TYPE_CHECKING:
    from guardian.engine import Engine
    from guardian.sampling.live import LiveSampler


class _Ticking(QObject):
    """Lives in the judge's thread; its timer begins and ends there."""

    judged = Signal(object, object)
    failed = Signal(str)

    def __init__(self, root: str) -> None:
        super().__init__()
        self._root = root
        self._source: LiveSampler | None = None
        self._engine: Engine | None = None
        self._timer: QTimer | None = None

    @Slot()
    def begin(self) -> None:
        """Look at once, and then each second."""
        # Where an agent judges, none of this is needed.
        from guardian.engine import Engine
        from guardian.kernel.tree import KernelTree
        from guardian.sampling.live import LiveSampler

        self._source = LiveSampler(KernelTree(self._root), os.sysconf("SC_PAGE_SIZE"))
        self._engine = Engine(self._source, time, killers=KillersHere())
        self._timer = QTimer(self, interval=int(GUARD_SECONDS * 1000))
        self._timer.timeout.connect(self.tick)
        self._timer.start()
        self.tick()

    @Slot()
    def tick(self) -> None:
        """Judge the moment."""
        if self._engine is None:
            return
        try:
            verdict = self._engine.tick()
        except KernelFileError as error:
            self.failed.emit(_("Cannot measure: {reason}").format(reason=error))
        else:
            self.judged.emit(verdict, self._engine.alerts)

    @Slot()
    def end(self) -> None:
        """Close what is open, here where it was opened."""
        if self._timer is not None:
            self._timer.stop()
            self._timer.deleteLater()
        if self._source is not None:
            self._source.close()
        self._engine = self._source = self._timer = None


class LocalJudge(QObject):
    """Judges while it runs; `judged` brings a Verdict and its alerts, `failed` why nothing could be measured."""

    judged = Signal(object, object)
    failed = Signal(str)

    def __init__(self, parent: QObject | None = None, root: str = "/") -> None:
        super().__init__(parent)
        ticking = _Ticking(root)
        ticking.judged.connect(self.judged)
        ticking.failed.connect(self.failed)
        self._side = SideThread(ticking, "judge", self, begin=ticking.begin, end=ticking.end)
        self.start, self.stop = self._side.start, self._side.stop

    @property
    def running(self) -> bool:
        """Whether it judges now."""
        return self._side.running
