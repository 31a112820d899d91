"""Text size by keyboard: the application's font larger and smaller, everything else follows."""

from PySide6.QtCore import QObject, Slot
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QApplication

from guardian.ui.window_memory import WindowMemory

STEPS = (0.8, 0.9, 1.0, 1.1, 1.25, 1.5, 1.75, 2.0)


class TextSize(QObject):
    """The factor on the system's font size, remembered."""

    def __init__(self, app: QApplication, memory: WindowMemory) -> None:
        super().__init__(app)
        self._app, self._memory = app, memory
        self._system = QFont(app.font())
        self.factor = 1.0
        self._set(memory.number("text_size", 1.0, STEPS[0], STEPS[-1]))

    @Slot()
    def larger(self) -> None:
        """One step up, to 200 % at most."""
        self._set(min((step for step in STEPS if step > self.factor + 0.01), default=STEPS[-1]))

    @Slot()
    def smaller(self) -> None:
        """One step down, to 80 % at least."""
        self._set(max((step for step in STEPS if step < self.factor - 0.01), default=STEPS[0]))

    @Slot()
    def usual(self) -> None:
        """The system's own size."""
        self._set(1.0)

    def _set(self, factor: float) -> None:
        if factor == self.factor:
            return
        self.factor = factor
        self._memory.remember("text_size", factor)
        font = QFont(self._system)
        if font.pointSizeF() > 0:
            font.setPointSizeF(self._system.pointSizeF() * factor)
        else:
            font.setPixelSize(round(self._system.pixelSize() * factor))
        self._app.setFont(font)
