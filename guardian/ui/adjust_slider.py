"""A slider for oom_score_adj: −1000…+1000, with the present value marked."""

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import QWidget

from guardian.protocol.i18n import _
from guardian.protocol.quantities import format_adjustment
from guardian.ui.marked_slider import MarkedSlider
from guardian.ui.patterns import hatch_brush
from guardian.ui.scheme import Scheme
from guardian.ui.tokens import GAP_TINY

LEAST, MOST = -1000, 1000
_MARKS = (-1000, -500, 0, 500, 1000)


class AdjustSlider(MarkedSlider):
    """The way from the present value to the tried one is hatched."""

    LINE_ABOVE = True

    def __init__(self, scheme: Scheme, parent: QWidget | None = None) -> None:
        self._now: int | None = None
        # A pixel is worth about 8; whole tens are what a pointer can mean.
        super().__init__(scheme, _("Adjustment to try"), _MARKS, pointed=10, show_mark=format_adjustment, parent=parent)
        self.setPageStep(100)

    def show_now(self, value: int | None) -> None:
        """Mark the adjustment that the process has; None where it is not known."""
        if value != self._now:
            self._now = value
            words = "" if value is None else _("It is {value} now.").format(value=format_adjustment(value))
            self.setAccessibleDescription(words)
            self.update()

    def paint_between(self, painter: QPainter, y: float) -> None:
        now = self._now
        if now is None:
            return
        tokens, x, knob = self.scheme.tokens, self.x_of(now), self.x_of(self.value())
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
