"""The ratio of mode 2 as a slider with a field beside it."""

from PySide6.QtCore import QSignalBlocker, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QWidget

from guardian.protocol.i18n import _
from guardian.ui.inputs import NumberField
from guardian.ui.marked_slider import MarkedSlider
from guardian.ui.scheme import Scheme
from guardian.ui.tokens import GAP
from guardian.ui.type_scale import TextRole
from guardian.ui.words import Words

_MOST = 10000


class RatioRow(QWidget):
    """`moved` tells of another ratio."""

    moved = Signal()

    def __init__(self, scheme: Scheme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        name = _("Ratio in mode 2")
        self.slider = MarkedSlider(scheme, name, _marks(100))
        self.field = NumberField(scheme, 0, _MOST)
        self.field.setSuffix(" %")
        self.field.setAccessibleName(_("Ratio in mode 2, as a number"))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GAP)
        row.addWidget(Words(scheme, name, TextRole.BODY, "text2"))
        row.addWidget(self.slider, 1)
        row.addWidget(self.field)
        row.addStretch(0)
        self.slider.valueChanged.connect(self._slide)
        self.field.valueChanged.connect(self._type)

    @property
    def value(self) -> int:
        """The ratio that is looked at."""
        return self.field.value()

    def set_value(self, ratio: int, least: int | None) -> None:
        """Show a ratio without taking it for a wish; the slider reaches as far as `least`, where anything fits, needs."""
        far = max(100, ratio, min(least or 0, 400))
        with QSignalBlocker(self.slider), QSignalBlocker(self.field):
            self.slider.set_marks(_marks(-(-far // 100) * 100))
            self.field.setValue(ratio)
            self.slider.setValue(ratio)
        self.slider.update()

    @Slot(int)
    def _slide(self, ratio: int) -> None:
        with QSignalBlocker(self.field):
            self.field.setValue(ratio)
        self.moved.emit()

    @Slot(int)
    def _type(self, ratio: int) -> None:
        with QSignalBlocker(self.slider):
            self.slider.setValue(ratio)
        self.slider.update()
        self.moved.emit()


def _marks(most: int) -> tuple[int, ...]:
    return tuple(range(0, most + 1, max(25, most // 4)))
