"""Python's collector of cycles, kept to the window's thread.

Left alone it runs in whichever thread happens to allocate.  In one of the threads beside the window it would take apart
widgets that are garbage, while Qt allows that in the window's thread alone.  In the window's thread it would take them apart in
the middle of whatever goes on, such as PySide making a list of all widgets.  Either ends the program at some later moment.
"""

import gc

from PySide6.QtCore import QObject, QTimer, Slot

_PERIOD_MS = 1000


class Collector(QObject):
    """Collects in the thread that made it, as soon as Python itself would have; `stop` gives that back to Python."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        gc.disable()
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.collect)
        self._timer.start(_PERIOD_MS)

    @Slot()
    def collect(self) -> None:
        """Collect the oldest generation whose time has come, and with it the younger ones.  Source: gc.set_threshold()."""
        counts, limits = gc.get_count(), gc.get_threshold()
        for generation in (2, 1, 0):
            if limits[generation] and counts[generation] > limits[generation]:
                gc.collect(generation)
                return

    @Slot()
    def stop(self) -> None:
        """End; Python collects by itself again."""
        self._timer.stop()
        gc.enable()
