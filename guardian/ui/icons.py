"""Icons in one colour: the icon theme's symbolic ones first, else our own drawings with a 1.5 px stroke."""

import math
from collections.abc import Callable

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPainterPath, QPen, QPixmap

from guardian.ui.tokens import ICON_SIZE, ICON_STROKE

# Names of the theme that mean the same; a rail of mixed drawings would look torn, so a set is taken whole or not at all.
RAIL_THEME = {
    "now": "utilities-system-monitor-symbolic",
    "victims": "view-sort-descending-symbolic",
    "protection": "security-high-symbolic",
    "history": "document-open-recent-symbolic",
    "system": "preferences-other-symbolic",
    "fleet": "network-server-symbolic",
    "settings": "preferences-system-symbolic",
}
ACT_THEME = {
    "freeze": "media-playback-pause-symbolic",
    "continue": "media-playback-start-symbolic",
    "pause": "media-playback-pause-symbolic",
    "search": "edit-find-symbolic",
    "export": "document-send-symbolic",
    "more": "view-more-symbolic",
    "close": "window-close-symbolic",
}


def _path(*strokes: tuple[tuple[float, float], ...]) -> QPainterPath:
    path = QPainterPath()
    for stroke in strokes:
        path.moveTo(*stroke[0])
        for point in stroke[1:]:
            path.lineTo(*point)
    return path


def _bars() -> QPainterPath:
    return _path(((2.5, 14), (2.5, 9)), ((6.5, 14), (6.5, 4)), ((10.5, 14), (10.5, 7)), ((14, 14), (14, 2)))


def _ranked() -> QPainterPath:
    return _path(((1, 3), (14.5, 3)), ((1, 8), (10.5, 8)), ((1, 13), (6.5, 13)))


def _shield() -> QPainterPath:
    path = QPainterPath(QPointF(8, 1.5))
    path.lineTo(14, 3.5)
    path.lineTo(14, 8)
    path.cubicTo(14, 11.5, 11.5, 13.6, 8, 14.8)
    path.cubicTo(4.5, 13.6, 2, 11.5, 2, 8)
    path.lineTo(2, 3.5)
    path.closeSubpath()
    return path


def _clock_back() -> QPainterPath:
    path = QPainterPath()
    circle = QRectF(2, 2, 12.5, 12.5)
    path.arcMoveTo(circle, 160)
    path.arcTo(circle, 160, -310)
    path.addPath(_path(((1.5, 2), (1.5, 6), (5.5, 6)), ((8.2, 5), (8.2, 8.5), (10.8, 10.6))))
    return path


def _sliders() -> QPainterPath:
    return _path(
        ((1, 3), (9, 3)), ((10.5, 1), (10.5, 5)), ((11.5, 3), (15, 3)),
        ((1, 8), (3.5, 8)), ((4.5, 6), (4.5, 10)), ((6, 8), (15, 8)),
        ((1, 13), (8, 13)), ((9.5, 11), (9.5, 15)), ((11, 13), (15, 13)),
    )  # fmt: skip


def _servers() -> QPainterPath:
    path = QPainterPath()
    path.addRect(QRectF(1.5, 2, 13, 5))
    path.addRect(QRectF(1.5, 9, 13, 5))
    path.addPath(_path(((4.2, 4.5), (4.8, 4.5)), ((4.2, 11.5), (4.8, 11.5))))
    return path


def _gear() -> QPainterPath:
    path = QPainterPath()
    path.addEllipse(QPointF(8, 8), 2.6, 2.6)
    for step in range(8):
        x, y = math.cos(step * math.pi / 4), math.sin(step * math.pi / 4)
        path.moveTo(8 + 4.6 * x, 8 + 4.6 * y)
        path.lineTo(8 + 6.6 * x, 8 + 6.6 * y)
    return path


def _pause() -> QPainterPath:
    return _path(((5, 3), (5, 13)), ((11, 3), (11, 13)))


def _play() -> QPainterPath:
    return _path(((4.5, 2.5), (13, 8), (4.5, 13.5), (4.5, 2.5)))


def _down() -> QPainterPath:
    return _path(((8, 2), (8, 13)), ((3.5, 8.5), (8, 13), (12.5, 8.5)))


def _capped() -> QPainterPath:
    return _path(((2.5, 2), (13.5, 2)), ((8, 14.5), (8, 5)), ((4, 9), (8, 5), (12, 9)))


def _cross() -> QPainterPath:
    return _path(((3.5, 3.5), (12.5, 12.5)), ((12.5, 3.5), (3.5, 12.5)))


def _lens() -> QPainterPath:
    path = QPainterPath()
    path.addEllipse(QPointF(7, 7), 4.8, 4.8)
    path.addPath(_path(((10.5, 10.5), (14.5, 14.5))))
    return path


def _share() -> QPainterPath:
    return _path(((2, 7.5), (2, 14), (14, 14), (14, 7.5)), ((8, 11), (8, 1.5)), ((4.5, 5), (8, 1.5), (11.5, 5)))


def _dots() -> QPainterPath:
    path = QPainterPath()
    for x in (3.0, 8.0, 13.0):
        path.addEllipse(QPointF(x, 8), 0.6, 0.6)
    return path


def _chevron() -> QPainterPath:
    return _path(((4, 6), (8, 10), (12, 6)))


def _check() -> QPainterPath:
    return _path(((2.5, 8.5), (6, 12.5), (13.5, 3.5)))


def _plus() -> QPainterPath:
    return _path(((8, 2.5), (8, 13.5)), ((2.5, 8), (13.5, 8)))


def _back() -> QPainterPath:
    path = _path(((6.5, 3), (3, 6.5), (6.5, 10)), ((3, 6.5), (10, 6.5)))
    path.cubicTo(14.5, 6.5, 14.5, 13, 10, 13)
    path.lineTo(7, 13)
    return path


DRAWINGS: dict[str, Callable[[], QPainterPath]] = {
    "now": _bars, "victims": _ranked, "protection": _shield, "history": _clock_back, "system": _sliders, "fleet": _servers,
    "settings": _gear, "protect": _shield, "sacrifice": _down, "freeze": _pause, "pause": _pause, "continue": _play,
    "limit": _capped, "end": _cross, "close": _cross, "search": _lens, "export": _share, "more": _dots, "down": _chevron,
    "check": _check, "add": _plus, "undo": _back,
}  # fmt: skip


def _theme_name(name: str) -> str | None:
    """The theme's icon to use for ours, None where it has none (or not the whole set)."""
    if name in RAIL_THEME:
        return RAIL_THEME[name] if all(map(QIcon.hasThemeIcon, RAIL_THEME.values())) else None
    theirs = ACT_THEME.get(name)
    return theirs if theirs is not None and QIcon.hasThemeIcon(theirs) else None


def _blank(size: int, ratio: float) -> QPixmap:
    pixmap = QPixmap(QSize(round(size * ratio), round(size * ratio)))
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    return pixmap


def paint_drawing(painter: QPainter, rect: QRectF, name: str, colour: QColor) -> None:
    """Paint our own drawing of `name`, scaled from its 16 px grid into the square `rect`."""
    scale = rect.width() / ICON_SIZE
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.translate(rect.topLeft())
    painter.scale(scale, scale)
    painter.setPen(QPen(colour, ICON_STROKE, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawPath(DRAWINGS[name]())
    painter.restore()


def icon_pixmap(name: str, colour: QColor, size: int = ICON_SIZE, ratio: float = 1.0) -> QPixmap:
    """The icon in one colour at `size` logical pixels and a device pixel ratio."""
    pixmap = _blank(size, ratio)
    painter = QPainter(pixmap)
    rect = QRectF(0, 0, size, size)
    theirs = _theme_name(name)
    if theirs is None:
        paint_drawing(painter, rect, name, colour)
    else:
        QIcon.fromTheme(theirs).paint(painter, rect.toRect())
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceIn)
        painter.fillRect(rect, colour)
    painter.end()
    return pixmap


def icon(name: str, colour: QColor, disabled: QColor | None = None) -> QIcon:
    """The icon for native widgets, in one colour, at usual sizes and ratios."""
    made = QIcon()
    for size in (ICON_SIZE, 22, 32):
        made.addPixmap(icon_pixmap(name, colour, size))
        if disabled is not None:
            made.addPixmap(icon_pixmap(name, disabled, size), QIcon.Mode.Disabled)
    return made
