"""A slider for oom_score_adj: −1000…+1000, with the present value marked."""

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Slot
from PySide6.QtGui import QFontMetrics, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSlider, QWidget

from guardian.protocol.i18n import _
from guardian.protocol.quantities import format_adjustment
from guardian.ui.patterns import hatch_brush
from guardian.ui.scheme import Scheme
from guardian.ui.tokens import FOCUS_GAP, FOCUS_LINE, GAP_TINY
from guardian.ui.type_scale import TextRole, font_changed, font_for

LEAST, MOST = -1000, 1000
_MARKS = (-1000, -500, 0, 500, 1000)
_KNOB, _GROOVE = 7.0, 3.0


class AdjustSlider(QSlider):
    """Own painting, for the mark of the present value; keys: ←/→ 1, with Shift 10, Page 100, Home and End the ends."""

    def __init__(self, scheme: Scheme, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._scheme = scheme
        self._now: int | None = None
        self.setRange(LEAST, MOST)
        self.setSingleStep(1)
        self.setPageStep(100)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(_("Adjustment to try"))
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        scheme.changed.connect(self._repaint)

    @Slot()
    def _repaint(self) -> None:
        self.update()

    def show_now(self, value: int | None) -> None:
        """Mark the adjustment that the process has; None where it is not known."""
        if value != self._now:
            self._now = value
            words = "" if value is None else _("It is {value} now.").format(value=format_adjustment(value))
            self.setAccessibleDescription(words)
            self.update()

    def sizeHint(self) -> QSize:
        line = QFontMetrics(font_for(TextRole.AXIS)).height()
        return QSize(260, 2 * line + round(2 * _KNOB) + 2 * GAP_TINY + 4)

    def minimumSizeHint(self) -> QSize:
        return QSize(160, self.sizeHint().height())

    def event(self, event: QEvent) -> bool:
        if font_changed(event):
            self.updateGeometry()
        return super().event(event)

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
        return max(_KNOB + FOCUS_GAP + FOCUS_LINE, QFontMetrics(font_for(TextRole.AXIS)).horizontalAdvance("−1000") / 2)

    def _x(self, value: int) -> float:
        margin = self._margin()
        share = (value - LEAST) / (MOST - LEAST)
        if self.layoutDirection() == Qt.LayoutDirection.RightToLeft:
            share = 1 - share
        return margin + share * (self.width() - 2 * margin)

    def _value_at(self, x: float) -> int:
        margin = self._margin()
        share = min(1.0, max(0.0, (x - margin) / max(1.0, self.width() - 2 * margin)))
        if self.layoutDirection() == Qt.LayoutDirection.RightToLeft:
            share = 1 - share
        value = round(LEAST + share * (MOST - LEAST))
        # A pixel is worth about 8; whole tens are what a pointer can mean.
        return round(value / 10) * 10

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = self._scheme.tokens
        painter = QPainter(self)
        painter.setFont(font_for(TextRole.AXIS))
        metrics = painter.fontMetrics()
        y = metrics.height() + GAP_TINY + _KNOB
        painter.fillRect(QRectF(self._x(LEAST), y - _GROOVE / 2, self._x(MOST) - self._x(LEAST), _GROOVE), tokens.control)
        for mark in _MARKS:
            x = round(self._x(mark)) + 0.5
            painter.setPen(QPen(tokens.control, 1))
            painter.drawLine(QPointF(x, y + _KNOB), QPointF(x, y + _KNOB + 4))
            text = format_adjustment(mark)
            painter.setPen(tokens.text2)
            painter.drawText(QPointF(x - metrics.horizontalAdvance(text) / 2, y + _KNOB + 6 + metrics.ascent()), text)
        if self._now is not None:
            self._paint_now(painter, y, self._now)
        self._paint_knob(painter, QPointF(self._x(self.value()), y))
        painter.end()

    def _paint_now(self, painter: QPainter, y: float, now: int) -> None:
        tokens, x, knob = self._scheme.tokens, self._x(now), self._x(self.value())
        if abs(x - knob) > 1:
            way = QRectF(min(x, knob), y - 3, abs(x - knob), 6)
            painter.setBrushOrigin(way.topLeft())
            painter.fillRect(way, hatch_brush(tokens, self.devicePixelRatioF()))
        painter.setPen(QPen(tokens.text, 1.5))
        painter.drawLine(QPointF(x, y - 8), QPointF(x, y + 8))
        text = _("now {value}").format(value=format_adjustment(now))
        metrics = painter.fontMetrics()
        left = min(max(0.0, x + GAP_TINY), self.width() - metrics.horizontalAdvance(text))
        painter.setPen(tokens.text2)
        painter.drawText(QPointF(left, metrics.ascent()), text)

    def _paint_knob(self, painter: QPainter, at: QPointF) -> None:
        tokens = self._scheme.tokens
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(tokens.surface, 2))
        painter.setBrush(tokens.accent if self.isEnabled() else tokens.control)
        painter.drawEllipse(at, _KNOB, _KNOB)
        if self.hasFocus():
            painter.setPen(QPen(tokens.accent, FOCUS_LINE))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawEllipse(at, _KNOB + FOCUS_GAP, _KNOB + FOCUS_GAP)
