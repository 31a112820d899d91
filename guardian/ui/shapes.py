"""The five state shapes: circle, diamond, triangle, octagon and a dashed ring, at any size in any colour."""

import math

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPainterPath, QPen, QPixmap, QPolygonF

from guardian.model.verdict import State
from guardian.policy.headline import state_word
from guardian.protocol.i18n import _

ICON_SIZES = (16, 22, 24, 32, 48, 64)


def state_name(state: State) -> str:
    """The shape's accessible name: "State: critical"."""
    return _("State: {word}").format(word=state_word(state).lower())


def _polygon(*points: tuple[float, float]) -> QPainterPath:
    path = QPainterPath()
    path.addPolygon(QPolygonF([QPointF(x, y) for x, y in points]))
    path.closeSubpath()
    return path


def _stroke(side: float) -> float:
    """Width of the ring's line: whole pixels from 16 px on."""
    return max(1.5, round(side / 11 * 2) / 2)


def _paint_calm(painter: QPainter, side: float, colour: QColor) -> None:
    line = _stroke(side)
    painter.setPen(QPen(colour, line))
    edge = 1 + line / 2
    painter.drawEllipse(QRectF(edge, edge, side - 2 * edge, side - 2 * edge))
    inner = QPainterPath()
    gap = 1 + line + max(0.75, side / 32)
    inner.addEllipse(QRectF(gap, gap, side - 2 * gap, side - 2 * gap))
    level = QPainterPath()
    level.addRect(QRectF(0, side * 0.64, side, side))
    painter.fillPath(inner.intersected(level), colour)


def _paint_watch(painter: QPainter, side: float, colour: QColor) -> None:
    line, half = _stroke(side), side / 2
    reach = half - 0.5 - line * 0.7
    outline = _polygon((half, half - reach), (half + reach, half), (half, half + reach), (half - reach, half))
    painter.setPen(QPen(colour, line, Qt.PenStyle.SolidLine, Qt.PenCapStyle.SquareCap, Qt.PenJoinStyle.MiterJoin))
    painter.drawPath(outline)
    inner = reach - line * 0.7 - max(1.0, side / 20)
    painter.fillPath(_polygon((half - inner, half), (half + inner, half), (half, half + inner)), colour)


def _paint_warning(painter: QPainter, side: float, colour: QColor) -> None:
    half = side / 2
    body = _polygon((half, side * 0.06), (side * 0.97, side * 0.91), (side * 0.03, side * 0.91))
    bar = max(1.5, round(side * 0.125))
    mark = QPainterPath()
    mark.addRect(QRectF(half - bar / 2, side * 0.38, bar, side * 0.25))
    mark.addRect(QRectF(half - bar / 2, side * 0.69, bar, bar))
    painter.fillPath(body.subtracted(mark), colour)


def _paint_critical(painter: QPainter, side: float, colour: QColor) -> None:
    half, reach = side / 2, side / 2 - 0.5
    corners = [(half + reach / math.cos(math.pi / 8) * math.cos(math.pi / 8 + k * math.pi / 4),
                half + reach / math.cos(math.pi / 8) * math.sin(math.pi / 8 + k * math.pi / 4)) for k in range(8)]  # fmt: skip
    arm, thick = side * 0.2, side * 0.075
    cross = QPainterPath()
    for turn in (1, -1):
        cross = cross.united(_polygon(
            (half - arm - thick, half - turn * (arm - thick)), (half - arm + thick, half - turn * (arm + thick)),
            (half + arm + thick, half + turn * (arm - thick)), (half + arm - thick, half + turn * (arm + thick)),
        ))  # fmt: skip
    painter.fillPath(_polygon(*corners).subtracted(cross), colour)


def _paint_no_data(painter: QPainter, side: float, colour: QColor) -> None:
    line, half = _stroke(side), side / 2
    pen = QPen(colour, line, Qt.PenStyle.CustomDashLine, Qt.PenCapStyle.FlatCap)
    edge = 1 + line / 2
    around = math.pi * (side - 2 * edge) / line / 8
    pen.setDashPattern([around * 0.6, around * 0.4])
    painter.setPen(pen)
    painter.drawEllipse(QRectF(edge, edge, side - 2 * edge, side - 2 * edge))
    painter.fillRect(QRectF(half - side * 0.16, half - line / 2, side * 0.32, line), colour)


_PAINTERS = {
    State.NO_DATA: _paint_no_data,
    State.CALM: _paint_calm,
    State.WATCH: _paint_watch,
    State.WARNING: _paint_warning,
    State.CRITICAL: _paint_critical,
}


def paint_state(painter: QPainter, rect: QRectF, state: State, colour: QColor) -> None:
    """Paint the shape of `state` into the largest square of `rect`; what is cut out shows what lies below."""
    side = min(rect.width(), rect.height())
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.translate(rect.center().x() - side / 2, rect.center().y() - side / 2)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    _PAINTERS[state](painter, side, colour)
    painter.restore()


def state_pixmap(state: State, size: int, colour: QColor, ratio: float = 1.0) -> QPixmap:
    """The shape as a pixmap of `size` logical pixels at a device pixel ratio."""
    pixmap = QPixmap(QSize(round(size * ratio), round(size * ratio)))
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    paint_state(painter, QRectF(0, 0, size, size), state, colour)
    painter.end()
    return pixmap


def state_icon(state: State, colour: QColor, sizes: tuple[int, ...] = ICON_SIZES) -> QIcon:
    """The shape as an icon, each size fitted to the pixel grid."""
    icon = QIcon()
    for size in sizes:
        icon.addPixmap(state_pixmap(state, size, colour))
    return icon
