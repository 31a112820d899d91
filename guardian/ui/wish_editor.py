"""The field in which a setting's value is wished: a choice of few words, or a number in the setting's own unit."""

from PySide6.QtCore import QSignalBlocker, QSize, Signal, Slot
from PySide6.QtWidgets import QSizePolicy, QStackedWidget, QWidget

from guardian.policy.knobs import Knob
from guardian.protocol.i18n import N_, _
from guardian.protocol.sysctls import SYSCTLS
from guardian.ui.inputs import Chooser, NumberField
from guardian.ui.scheme import Scheme

_CHOICES: dict[str, tuple[tuple[int, str], ...]] = {
    "vm.overcommit_memory": ((0, N_("Mode 0, heuristic")), (1, N_("Mode 1, always")), (2, N_("Mode 2, strict"))),
    "vm.panic_on_oom": ((0, N_("0, end a program")), (1, N_("1, stop the machine")), (2, N_("2, stop for a limit too"))),
    "vm.oom_kill_allocating_task": ((0, N_("0, by points")), (1, N_("1, whoever asks"))),
    "vm.oom_dump_tasks": ((0, N_("0, the victim alone")), (1, N_("1, the whole table"))),
}
_SUFFIXES = {"kbytes": " KiB", "percent": " %", "seconds": " s"}
# A spin box holds a C int.
_MOST = (1 << 31) - 1
_NUMBER_WIDTH = 132


class WishEditor(QStackedWidget):
    """`edited` tells that another value is wished."""

    edited = Signal()

    def __init__(self, scheme: Scheme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._knob: Knob | None = None
        self.chooser = Chooser(scheme, _("Value to try"), [])
        self.number = NumberField(scheme, 0, 1)
        self.number.setAccessibleName(_("Value to try"))
        self.number.setFixedWidth(_NUMBER_WIDTH)
        self.addWidget(self.chooser)
        self.addWidget(self.number)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.chooser.currentIndexChanged.connect(self._tell)
        self.number.valueChanged.connect(self._tell)

    @Slot()
    def _tell(self) -> None:
        self.edited.emit()

    def show_knob(self, knob: Knob, value: int, most: int | None = None) -> None:
        """Edit another setting, beginning at a value; `most` is what this kernel takes at most where that is less."""
        self._knob = knob
        name = _("Value to try for {key}").format(key=knob.key)
        with QSignalBlocker(self.chooser), QSignalBlocker(self.number):
            choices = _CHOICES.get(knob.key, ())
            self.chooser.clear()
            for number, word in choices:
                self.chooser.addItem(_(word), number)
            self.chooser.setAccessibleName(name)
            self.number.setAccessibleName(name)
            sysctl = SYSCTLS[knob.key]
            self.number.setRange(sysctl.least, min(_MOST, sysctl.most if most is None else most))
            self.number.setSuffix(_SUFFIXES.get(knob.unit, ""))
            self.setCurrentWidget(self.chooser if choices else self.number)
        self.set_value(value)
        self.updateGeometry()

    def set_value(self, value: int) -> None:
        """Show a value without taking it for a wish."""
        with QSignalBlocker(self.chooser), QSignalBlocker(self.number):
            self.chooser.setCurrentIndex(max(0, self.chooser.findData(value)))
            self.number.setValue(value)
        self.chooser.update()

    def sizeHint(self) -> QSize:
        # A stack would be as large as the largest of its parts, shown or not.
        field = self.currentWidget()
        if field is None:
            return super().sizeHint()
        return QSize(max(field.sizeHint().width(), field.minimumWidth()), field.sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    @property
    def value(self) -> int:
        """The value that is wished."""
        if self.currentWidget() is self.chooser:
            found = self.chooser.currentData()
            return found if isinstance(found, int) else 0
        return self.number.value()

    def focus(self) -> None:
        """Put the focus into the field."""
        field = self.currentWidget()
        if field is not None:
            field.setFocus()
