"""Asks for growth in a thread beside the window: the agent's history, and the inside of one process."""

import threading
import time

from PySide6.QtCore import QObject, Signal, Slot

from guardian.adapters.growth_history import INSIDE_SECONDS, kept_growers, look_inside
from guardian.adapters.history_schema import StoreUnusable
from guardian.kernel.errors import Denied, KernelFileError, Vanished
from guardian.kernel.process import ProcessKey
from guardian.kernel.tree import KernelTree
from guardian.protocol.i18n import _
from guardian.ui.side_thread import SideThread


class GrowthReader(QObject):
    """Works in the thread it was moved to; slots are only to be connected to, `cancel` may be called from any thread.

    `found` brings a GrowerSearch and the time it was asked at, `failed` why the history cannot be read.  `looked` brings a
    ProcessKey and an InsideLook, or a sentence why there is none.
    """

    found = Signal(object, float)
    failed = Signal(str)
    looked = Signal(object, object)

    def __init__(self, root: str = "/", seconds: float = INSIDE_SECONDS) -> None:
        super().__init__()
        self._tree, self._seconds = KernelTree(root), seconds
        self._ended = threading.Event()

    def cancel(self) -> None:
        """End the look that is going on."""
        self._ended.set()

    @Slot()
    def read(self) -> None:
        """Search the history."""
        try:
            self.found.emit(kept_growers(), time.time())
        except StoreUnusable as error:
            self.failed.emit(str(error))

    @Slot(object)
    def look(self, key: ProcessKey) -> None:
        """Look inside a process, for some seconds."""
        self._ended.clear()
        try:
            look = look_inside(self._tree, key, self._seconds, self._wait)
        except Vanished:
            self.looked.emit(key, _("It has ended meanwhile."))
        except Denied:
            self.looked.emit(key, _("Its memory may be seen by its owner and root alone."))
        except KernelFileError as error:
            self.looked.emit(key, str(error))
        else:
            if look is not None:
                self.looked.emit(key, look)

    def _wait(self, seconds: float) -> bool:
        return not self._ended.wait(seconds)


class GrowthThread(QObject):
    """The reader and its thread; asking is done by the signals, so that the reader works where it belongs."""

    read_wanted = Signal()
    look_wanted = Signal(object)

    def __init__(self, root: str = "/", parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.reader = GrowthReader(root)
        self._side = SideThread(self.reader, "growth", self, cancel=self.reader.cancel)
        self.read_wanted.connect(self.reader.read)
        self.look_wanted.connect(self.reader.look)
        self.start, self.stop = self._side.start, self._side.stop
