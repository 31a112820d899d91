"""The field of one setting, by its kind: a switch, a choice, or a text that is checked while it is typed."""

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QWidget

from guardian.policy.setting_schema import Setting
from guardian.policy.setting_values import SettingError, Value, parse_value, show_value
from guardian.policy.settings import DEFAULTS
from guardian.protocol.i18n import _
from guardian.ui.button import RING, paint_focus_ring
from guardian.ui.inputs import Chooser, TextField
from guardian.ui.scheme import Scheme
from guardian.ui.tokens import GAP_SMALL, TARGET
from guardian.ui.type_scale import TextRole, font_changed, keep_font

_WIDTH = 180
_TRACK_WIDTH, _TRACK_HEIGHT, _KNOB = 34.0, 18.0, 6.0


class Switch(QAbstractButton):
    """On or off: a track whose knob stands right when on, with the word beside it, so that it needs no colour."""

    def __init__(self, scheme: Scheme, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._scheme = scheme
        self.setCheckable(True)
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        keep_font(self, TextRole.BODY)
        scheme.changed.connect(self._repaint)

    @Slot()
    def _repaint(self) -> None:
        self.update()

    def event(self, event: QEvent) -> bool:
        if font_changed(event):
            keep_font(self, TextRole.BODY)
            self.updateGeometry()
        return super().event(event)

    def sizeHint(self) -> QSize:
        words = max(self.fontMetrics().horizontalAdvance(word) for word in (_("On"), _("Off")))
        return QSize(round(_TRACK_WIDTH) + 3 * GAP_SMALL + words, max(TARGET, self.fontMetrics().height() + GAP_SMALL))

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens, on = self._scheme.tokens, self.isChecked()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        track = QRectF(RING, (self.height() - _TRACK_HEIGHT) / 2, _TRACK_WIDTH, _TRACK_HEIGHT)
        usable = self.isEnabled()
        painter.setPen(QPen(tokens.accent if on and usable else tokens.control, 1))
        painter.setBrush(tokens.accent if on and usable else tokens.alt)
        painter.drawRoundedRect(track.adjusted(0.5, 0.5, -0.5, -0.5), _TRACK_HEIGHT / 2, _TRACK_HEIGHT / 2)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(tokens.on_accent if on and usable else tokens.control)
        knob = track.center()
        knob.setX(track.right() - _TRACK_HEIGHT / 2 if on else track.left() + _TRACK_HEIGHT / 2)
        painter.drawEllipse(knob, _KNOB, _KNOB)
        painter.setPen(tokens.text if usable else tokens.text3)
        left = round(track.right()) + GAP_SMALL
        room = self.rect().adjusted(left, 0, 0, 0)
        painter.drawText(room, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), _("On") if on else _("Off"))
        if self.hasFocus():
            paint_focus_ring(painter, track, tokens, _TRACK_HEIGHT / 2)
        painter.end()


class SettingEditor(QWidget):
    """The field of one setting.

    `edited` carries a value that fits and is wanted; `complained` says live why what is typed does not fit, "" when it does.
    """

    edited = Signal(object)
    complained = Signal(str)

    def __init__(self, scheme: Scheme, setting: Setting, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setting = setting
        self.field: Switch | Chooser | TextField = self._field(scheme)
        self.setFocusProxy(self.field)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.field)

    def _field(self, scheme: Scheme) -> "Switch | Chooser | TextField":
        setting, name = self.setting, _(self.setting.title)
        if setting.kind == "switch":
            switch = Switch(scheme, name)
            switch.clicked.connect(self._switched)
            return switch
        if setting.kind == "choice":
            chooser = Chooser(scheme, name, [(_(text), value) for value, text in setting.choices])
            chooser.activated.connect(self._chosen)
            return chooser
        field = TextField(scheme, name, _WIDTH)
        field.setPlaceholderText(_("none") if setting.kind in {"names", "text"} else "")
        field.textEdited.connect(self._check)
        field.editingFinished.connect(self._finished)
        return field

    def show_value(self, value: Value) -> None:
        """Show a value; what is being typed stays."""
        field = self.field
        if isinstance(field, Switch):
            field.setChecked(bool(value))
        elif isinstance(field, Chooser):
            field.setCurrentIndex(max(0, field.findData(value)))
        elif not (field.hasFocus() and field.isModified()):
            field.setText(show_value(self.setting.kind, value))
            field.setCursorPosition(0)
            self.complained.emit("")

    @Slot()
    def _switched(self) -> None:
        if isinstance(self.field, Switch):
            self.edited.emit(self.field.isChecked())

    @Slot()
    def _chosen(self) -> None:
        if isinstance(self.field, Chooser):
            self.edited.emit(self.field.currentData())

    def _typed(self) -> Value:
        """What is typed, checked.  Raises SettingError."""
        assert isinstance(self.field, TextField)
        text = self.field.text()
        if not text.strip() and self.setting.kind != "names":
            return self.setting.default
        value = parse_value(self.setting.kind, text)
        return DEFAULTS.changed(self.setting.key, value).value(self.setting.key)

    @Slot()
    def _check(self) -> None:
        try:
            self._typed()
        except SettingError as error:
            self.complained.emit(str(error).removeprefix(f"{self.setting.key}: "))
        else:
            self.complained.emit("")

    @Slot()
    def _finished(self) -> None:
        if not isinstance(self.field, TextField) or not self.field.isModified():
            return
        try:
            value = self._typed()
        except SettingError:
            return
        self.field.setModified(False)
        self.edited.emit(value)
