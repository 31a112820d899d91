"""A slider with numbers below it, painted by ourselves."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Slot
from PySide6.QtGui import QFontMetrics, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QWheelEvent
from PySide6.QtWidgets import QSlider, QWidget

from guardian.protocol.quantities import format_number
from guardian.ui.inputs import leave_wheel
from guardian.ui.scheme import Scheme
from guardian.ui.tokens import FOCUS_GAP, FOCUS_LINE, GAP_TINY
from guardian.ui.type_scale import TextRole, font_changed, font_for

_KNOB, _GROOVE = 7.0, 3.0


class MarkedSlider(QSlider):
    """Keys: ←/→ 1, with Shift 10, Page more, Home and End the ends.

    `show_mark` writes a number, `pointed` is the step that a pointer can mean.  Subclasses may paint between groove and knob
    (`paint_between`) and ask for a line of text above (`LINE_ABOVE`).
    """

    LINE_ABOVE = False

    def __init__(
        self,
        scheme: Scheme,
        name: str,
        marks: Sequence[int],
        *,
        pointed: int = 1,
        show_mark: Callable[[int], str] = format_number,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.scheme, self._pointed, self._show_mark = scheme, pointed, show_mark
        self.marks: tuple[int, ...] = ()
        self.set_marks(marks)
        self.setSingleStep(1)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(name)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        scheme.changed.connect(self._repaint)

    def set_marks(self, marks: Sequence[int]) -> None:
        """Let it reach from the first to the last of these."""
        if tuple(marks) != self.marks:
            self.marks = tuple(marks)
            self.setRange(self.marks[0], self.marks[-1])
            self.setPageStep(max(1, (self.marks[-1] - self.marks[0]) // 20))
            self.update()

    @Slot()
    def _repaint(self) -> None:
        self.update()

    def sizeHint(self) -> QSize:
        line = QFontMetrics(font_for(TextRole.AXIS)).height()
        return QSize(260, (2 if self.LINE_ABOVE else 1) * line + round(2 * _KNOB) + 2 * GAP_TINY + 4)

    def minimumSizeHint(self) -> QSize:
        return QSize(160, self.sizeHint().height())

    def event(self, event: QEvent) -> bool:
        if font_changed(event):
            self.updateGeometry()
        return super().event(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        leave_wheel(self, event, super().wheelEvent)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        mirrored = -1 if self.layoutDirection() == Qt.LayoutDirection.RightToLeft else 1
        by = 10 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1
        steps = {Qt.Key.Key_Left: -by * mirrored, Qt.Key.Key_Right: by * mirrored, Qt.Key.Key_Down: -by, Qt.Key.Key_Up: by}
        step = steps.get(Qt.Key(event.key()))
        if step is None:
            super().keyPressEvent(event)
        else:
            self.setValue(self.value() + step)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.setSliderDown(True)
            self.setValue(self._value_at(event.position().x()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            self.setValue(self._value_at(event.position().x()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self.setSliderDown(False)

    # Where things lie

    def _margin(self) -> float:
        metrics = QFontMetrics(font_for(TextRole.AXIS))
        widest = max(metrics.horizontalAdvance(self._show_mark(mark)) for mark in (self.marks[0], self.marks[-1]))
        return max(_KNOB + FOCUS_GAP + FOCUS_LINE, widest / 2)

    def x_of(self, value: int) -> float:
        """Where a value lies."""
        margin = self._margin()
        share = (value - self.minimum()) / max(1, self.maximum() - self.minimum())
        if self.layoutDirection() == Qt.LayoutDirection.RightToLeft:
            share = 1 - share
        return margin + share * (self.width() - 2 * margin)

    def _value_at(self, x: float) -> int:
        margin = self._margin()
        share = min(1.0, max(0.0, (x - margin) / max(1.0, self.width() - 2 * margin)))
        if self.layoutDirection() == Qt.LayoutDirection.RightToLeft:
            share = 1 - share
        value = round(self.minimum() + share * (self.maximum() - self.minimum()))
        # What a pixel is worth is more than one.
        return round(value / self._pointed) * self._pointed

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = self.scheme.tokens
        painter = QPainter(self)
        painter.setFont(font_for(TextRole.AXIS))
        metrics = painter.fontMetrics()
        y = (metrics.height() + GAP_TINY if self.LINE_ABOVE else FOCUS_GAP + FOCUS_LINE) + _KNOB
        ends = sorted((self.x_of(self.minimum()), self.x_of(self.maximum())))
        painter.fillRect(QRectF(ends[0], y - _GROOVE / 2, ends[1] - ends[0], _GROOVE), tokens.control)
        for mark in self.marks:
            x = round(self.x_of(mark)) + 0.5
            painter.setPen(QPen(tokens.control, 1))
            painter.drawLine(QPointF(x, y + _KNOB), QPointF(x, y + _KNOB + 4))
            text = self._show_mark(mark)
            painter.setPen(tokens.text2)
            painter.drawText(QPointF(x - metrics.horizontalAdvance(text) / 2, y + _KNOB + 6 + metrics.ascent()), text)
        self.paint_between(painter, y)
        self._paint_knob(painter, QPointF(self.x_of(self.value()), y))
        painter.end()

    def paint_between(self, painter: QPainter, y: float) -> None:
        """Paint what lies on the groove and under the knob; `y` is the groove's middle."""

    def _paint_knob(self, painter: QPainter, at: QPointF) -> None:
        tokens = self.scheme.tokens
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(tokens.surface, 2))
        painter.setBrush(tokens.accent if self.isEnabled() else tokens.control)
        painter.drawEllipse(at, _KNOB, _KNOB)
        if self.hasFocus():
            painter.setPen(QPen(tokens.accent, FOCUS_LINE))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawEllipse(at, _KNOB + FOCUS_GAP, _KNOB + FOCUS_GAP)
