"""Textures that tell the layers apart without colour, built once per scheme and device pixel ratio."""

from functools import lru_cache

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QBrush, QColor, QImage, QPainter, QPen, QPixmap, QTransform

from guardian.ui.tokens import DARK, FADED, LIGHT, Layer, Pattern, Tokens


def mix(over: QColor, under: QColor, share: float) -> QColor:
    """The opaque colour that `over` gives at opacity `share` on `under`."""
    return QColor.fromRgbF(
        over.redF() * share + under.redF() * (1 - share),
        over.greenF() * share + under.greenF() * (1 - share),
        over.blueF() * share + under.blueF() * (1 - share),
    )


def _draw_lines(painter: QPainter, pattern: Pattern, side: float) -> None:
    half = side / 2
    if pattern is Pattern.DOTS:
        painter.setPen(Qt.PenStyle.NoPen)
        radius = side / 6
        for x, y in ((side / 4, side / 4), (3 * side / 4, 3 * side / 4)):
            painter.drawEllipse(QPointF(x, y), radius * 0.8, radius * 0.8)
    elif pattern is Pattern.UPRIGHT:
        painter.drawLine(QPointF(half, -1), QPointF(half, side + 1))
    elif pattern is Pattern.LEVEL:
        painter.drawLine(QPointF(-1, half), QPointF(side + 1, half))
    else:
        for shift in (-side, 0.0, side):
            ends = (QPointF(shift - 1, side + 1), QPointF(shift + side + 1, -1))
            if pattern is Pattern.FALLING:
                ends = (QPointF(shift - 1, -1), QPointF(shift + side + 1, side + 1))
            painter.drawLine(*ends)


def _tile(fill: QColor, line: QColor, pattern: Pattern, period: int, ratio: float, width: float) -> QBrush:
    """A brush of one tile, drawn in device pixels and scaled back to logical ones."""
    side = max(2, round(period * ratio))
    image = QImage(side, side, QImage.Format.Format_RGB32)
    image.fill(fill)
    painter = QPainter(image)
    straight = pattern in (Pattern.UPRIGHT, Pattern.LEVEL)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, not straight or ratio != int(ratio))
    painter.setBrush(line)
    painter.setPen(QPen(line, width * ratio))
    _draw_lines(painter, pattern, side)
    painter.end()
    brush = QBrush(QPixmap.fromImage(image))
    brush.setTransform(QTransform.fromScale(1 / ratio, 1 / ratio))
    return brush


def _layer_brush(layer: Layer, surface: QColor, ratio: float, faded: bool) -> QBrush:
    fill, line = (mix(colour, surface, FADED) if faded else colour for colour in (layer.fill, layer.line))
    if layer.pattern is Pattern.PLAIN:
        return QBrush(fill)
    return _tile(fill, line, layer.pattern, layer.period, ratio, 1.0)


@lru_cache(maxsize=64)
def _known_brush(dark: bool, index: int, ratio: float, faded: bool) -> QBrush:
    tokens = DARK if dark else LIGHT
    return _layer_brush(tokens.layers[index], tokens.surface, ratio, faded)


def layer_brush(tokens: Tokens, index: int, ratio: float, faded: bool = False) -> QBrush:
    """The fill of layer `index` (0 is the kernel's) at a device pixel ratio; `faded` while data is old."""
    if tokens is LIGHT or tokens is DARK:
        return _known_brush(tokens.dark, index, ratio, faded)
    return _layer_brush(tokens.layers[index], tokens.surface, ratio, faded)


def hatch_brush(tokens: Tokens, ratio: float, faded: bool = False) -> QBrush:
    """The fill of an adjustment, which is no memory: `text2` lines on `surface`."""
    line = mix(tokens.text2, tokens.surface, FADED) if faded else tokens.text2
    return _tile(tokens.surface, line, Pattern.RISING, 6, ratio, 1.0)


def tinted_hatch(tokens: Tokens, colour: QColor, ratio: float) -> QBrush:
    """Lines of a state's colour on `surface`: what would be amiss."""
    return _tile(tokens.surface, colour, Pattern.FALLING, 5, ratio, 1.0)
