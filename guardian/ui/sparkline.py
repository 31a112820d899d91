"""Small pictures beside a number: pressure over ten minutes, and how full swap is."""

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Slot
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from guardian.ui.patterns import layer_brush, mix
from guardian.ui.scheme import Scheme
from guardian.ui.tokens import FADED

_WIDTH, _HEIGHT = 96, 14
_ZRAM_LAYER, _PROGRAMS_LAYER = 4, 2


class _Small(QWidget):
    """A fixed little picture that has its words elsewhere."""

    def __init__(self, scheme: Scheme, name: str, width: int, height: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.scheme, self._size = scheme, QSize(width, height)
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        scheme.changed.connect(self._repaint)

    @Slot()
    def _repaint(self) -> None:
        self.update()

    def sizeHint(self) -> QSize:
        return self._size


class Sparkline(_Small):
    """A curve of the last minutes from 0 to `top`, with a dotted limit where there is one; time does not mirror."""

    def __init__(self, scheme: Scheme, name: str, width: int = _WIDTH, height: int = _HEIGHT, *, filled: bool = True) -> None:
        super().__init__(scheme, name, width, height)
        self._filled, self._faded = filled, False
        self._values: Sequence[tuple[float, float]] = ()
        self._limit: float | None = None
        self._top = 1.0

    def show_values(
        self, values: Sequence[tuple[float, float]], top: float, limit: float | None = None, *, faded: bool = False
    ) -> None:
        """Show points of (place 0..1 from old to new, value); `top` is the value at the upper edge."""
        self._values, self._top, self._limit, self._faded = values, top or 1.0, limit, faded
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = self.scheme.tokens
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        width, height = self.width(), self.height()
        share = FADED if self._faded else 1.0
        room = height - 3.0

        def y(value: float) -> float:
            return height - 1.0 - min(max(value / self._top, 0.0), 1.0) * room

        if len(self._values) > 1:
            curve = [QPointF(at * width, y(value)) for at, value in self._values]
            if self._filled:
                area = [QPointF(curve[0].x(), height), *curve, QPointF(curve[-1].x(), height)]
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(mix(tokens.text3, tokens.surface, 0.35 * share))
                painter.drawPolygon(QPolygonF(area))
            painter.setPen(QPen(mix(tokens.text, tokens.surface, share), 1.5))
            painter.drawPolyline(QPolygonF(curve))
        if self._filled:
            painter.fillRect(QRectF(0, height - 1, width, 1), tokens.control)
        if self._limit is not None:
            painter.setPen(QPen(tokens.critical, 1, Qt.PenStyle.DotLine))
            at = round(y(self._limit)) + 0.5
            painter.drawLine(QPointF(0, at), QPointF(width, at))
        painter.end()


class SwapMeter(_Small):
    """How full swap is, in the zram layer's pattern where it lies on zram."""

    def __init__(self, scheme: Scheme, name: str) -> None:
        super().__init__(scheme, name, _WIDTH, 8)
        self._share, self._zram, self._faded = 0.0, False, False

    def show_share(self, share: float, *, zram: bool, faded: bool = False) -> None:
        """Show a share 0..1."""
        if (share, zram, faded) != (self._share, self._zram, self._faded):
            self._share, self._zram, self._faded = share, zram, faded
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = self.scheme.tokens
        painter = QPainter(self)
        layer = _ZRAM_LAYER if self._zram else _PROGRAMS_LAYER
        inner = QRectF(1, 1, self.width() - 2, self.height() - 2)
        fill = QRectF(inner)
        fill.setWidth(inner.width() * min(max(self._share, 0.0), 1.0))
        if self.layoutDirection() == Qt.LayoutDirection.RightToLeft:
            fill.moveRight(inner.right())
        painter.fillRect(inner, tokens.surface)
        painter.setBrushOrigin(fill.topLeft())
        painter.fillRect(fill, layer_brush(tokens, layer, self.devicePixelRatioF(), self._faded))
        painter.setPen(QPen(tokens.control, 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5))
        painter.end()


class Meter(_Small):
    """A thin bar to a limit, 4 px high; red for the one that acts first."""

    def __init__(self, scheme: Scheme, name: str) -> None:
        super().__init__(scheme, name, 40, 4)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._share: float | None = None
        self._first, self._faded = False, False

    def show_share(self, share: float | None, *, first: bool = False, faded: bool = False) -> None:
        """Show how near a limit is, 0..1; None where it cannot be told."""
        self._share, self._first, self._faded = share, first, faded
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = self.scheme.tokens
        painter = QPainter(self)
        painter.fillRect(self.rect(), tokens.grid)
        if self._share is not None:
            colour = tokens.critical if self._first else tokens.control
            fill = QRectF(self.rect())
            fill.setWidth(fill.width() * min(max(self._share, 0.0), 1.0))
            if self.layoutDirection() == Qt.LayoutDirection.RightToLeft:
                fill.moveRight(self.width())
            painter.fillRect(fill, mix(colour, tokens.surface, FADED) if self._faded else colour)
        painter.end()
