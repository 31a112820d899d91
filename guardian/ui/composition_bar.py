"""Where memory is, now: one bar of eight layers, and its legend with values below."""

from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from guardian.model.composition import Composition
from guardian.protocol.i18n import _
from guardian.protocol.quantities import format_gib
from guardian.ui.axis import stacked_heights
from guardian.ui.chart import Chart
from guardian.ui.patterns import layer_brush, mix
from guardian.ui.scheme import Scheme
from guardian.ui.tokens import BAR_HEIGHT, BOUND_LINE, FADED, GAP, GAP_SMALL
from guardian.ui.type_scale import TextRole, font_for, text_scale

CAN_BE_FREED = 5
_LINED = 3.0
_SWATCH, _LEGEND_GAP, _WRAP_BELOW = 12, 6, 820


def layer_sizes(composition: Composition | None) -> list[int | None]:
    """Bytes of the eight layers in their fixed order; all unknown without a composition."""
    return [None] * 8 if composition is None else list(composition[1:])


def layer_value(size: int | None) -> str:
    """A layer's value in GiB; never 0 for what is not known."""
    return _("not known here") if size is None else format_gib(size, 1)


class CompositionBar(Chart):
    """The bar with its legend, eight entries in a row or four in two rows where it is narrow."""

    def __init__(self, scheme: Scheme, heading: str, parent: QWidget | None = None) -> None:
        super().__init__(scheme, heading, parent)
        self._composition: Composition | None = None
        self._faded = False
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def show_composition(self, composition: Composition | None, *, faded: bool = False) -> None:
        """Show the layers of one moment; `faded` when it lies back."""
        if (composition, faded) != (self._composition, self._faded):
            self._composition, self._faded = composition, faded
            self.update()

    def describe(self) -> str:
        if self._composition is None:
            return _("Not measured yet")
        parts = [
            _("{layer} {size} GiB").format(layer=_(layer.word), size=layer_value(size))
            for layer, size in zip(self.scheme.tokens.layers, layer_sizes(self._composition), strict=True)
            if size is not None
        ]
        return ", ".join(parts)

    def columns(self) -> tuple[str, ...]:
        return (_("Layer"), _("GiB"))

    def rows(self) -> list[tuple[str, ...]]:
        sizes = layer_sizes(self._composition)
        return [(_(layer.word), layer_value(size)) for layer, size in zip(self.scheme.tokens.layers, sizes, strict=True)]

    def cursor_count(self) -> int:
        return 8 if self._composition is not None else 0

    def cursor_at(self, index: int) -> QPointF:
        left, width = self._segments()[index]
        return QPointF(left + width / 2, BAR_HEIGHT)

    def cursor_index_at(self, x: float) -> int | None:
        inside = (at for at, (left, width) in enumerate(self._segments()) if left <= x < left + width)
        return next(inside, None)

    def cursor_text(self, index: int) -> str:
        size = layer_sizes(self._composition)[index]
        return _("{layer} {size} GiB").format(layer=_(self.scheme.tokens.layers[index].word), size=layer_value(size))

    # Size

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        line = font_metrics_height(self)
        rows = 2 * (line + _LEGEND_GAP) if self._wraps(width) else 2 * line
        return BAR_HEIGHT + GAP_SMALL + rows

    def sizeHint(self) -> QSize:
        return QSize(640, self.heightForWidth(self.width()))

    def minimumSizeHint(self) -> QSize:
        return QSize(320, self.heightForWidth(self.width()))

    def _wraps(self, width: int) -> bool:
        return width < _WRAP_BELOW * text_scale()

    # Painting

    def _segments(self) -> list[tuple[float, float]]:
        """Left edge and width of each layer, inside the bar's outline."""
        total = self._composition.total if self._composition is not None else 0
        widths = stacked_heights(layer_sizes(self._composition), total, self.width() - 2.0)
        lefts = [1.0 + sum(widths[:at]) for at in range(8)]
        return list(zip(lefts, widths, strict=True))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        self.draw(painter, QRectF(self.rect()))
        if self.hasFocus():
            painter.setPen(QPen(self.scheme.tokens.accent, 2))
            painter.drawRect(QRectF(0, 0, self.width(), BAR_HEIGHT).adjusted(1, 1, -1, -1))
        painter.end()

    def draw(self, painter: QPainter, rect: QRectF) -> None:
        self._draw_bar(painter)
        self._draw_legend(painter)

    def _draw_bar(self, painter: QPainter) -> None:
        tokens, ratio = self.scheme.tokens, self.devicePixelRatioF()
        bar = QRectF(0, 0, self.width(), BAR_HEIGHT)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for index, (left, width) in enumerate(self._segments()):
            if not width:
                continue
            painter.setBrushOrigin(QPointF(left, 0))
            painter.fillRect(QRectF(left, 1, width, BAR_HEIGHT - 2), layer_brush(tokens, index, ratio, self._faded))
            if index and left > 1.0 and (width >= _LINED or index > CAN_BE_FREED):
                line, thick = self._divider(index)
                painter.fillRect(QRectF(left - thick / 2, 1, thick, BAR_HEIGHT - 2), line)
        painter.setBrushOrigin(QPoint(0, 0))
        painter.setPen(QPen(tokens.control, 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(bar.adjusted(0.5, 0.5, -0.5, -0.5))

    def _divider(self, index: int) -> tuple[QColor, float]:
        """The line below layer `index`: its colour and thickness."""
        tokens = self.scheme.tokens
        if index == CAN_BE_FREED + 1:
            return tokens.text, BOUND_LINE
        return (tokens.control, 1.0) if index == CAN_BE_FREED + 2 else (tokens.surface, 1.0)

    def _draw_legend(self, painter: QPainter) -> None:
        tokens, ratio = self.scheme.tokens, self.devicePixelRatioF()
        wraps = self._wraps(self.width())
        across = 4 if wraps else 8
        step = (self.width() + (GAP_SMALL if not wraps else 0)) / across
        line = font_metrics_height(self)
        rtl = self.layoutDirection() == Qt.LayoutDirection.RightToLeft
        edge = tokens.control if not self._faded else mix(tokens.control, tokens.surface, FADED)
        for index, (layer, size) in enumerate(zip(tokens.layers, layer_sizes(self._composition), strict=True)):
            column, row = index % across, index // across
            if rtl:
                column = across - 1 - column
            top = BAR_HEIGHT + GAP_SMALL + row * (line + _LEGEND_GAP)
            cell = QRect(round(column * step), top, round(step) - GAP_SMALL, line)
            swatch = QRectF(cell.left(), cell.center().y() - _SWATCH / 2 + 1, _SWATCH, _SWATCH)
            if rtl:
                swatch.moveRight(cell.right())
            paint_swatch(painter, swatch, layer_brush(tokens, index, ratio, self._faded), edge)
            self._draw_entry(painter, cell, _(layer.word), layer_value(size), known=size is not None)

    def _draw_entry(self, painter: QPainter, cell: QRect, word: str, value: str, *, known: bool) -> None:
        tokens = self.scheme.tokens
        rtl = self.layoutDirection() == Qt.LayoutDirection.RightToLeft
        words = cell.adjusted(0, 0, -18, 0) if rtl else cell.adjusted(18, 0, 0, 0)
        lead = int(Qt.AlignmentFlag.AlignLeading | Qt.AlignmentFlag.AlignVCenter)
        trail = int(Qt.AlignmentFlag.AlignTrailing | Qt.AlignmentFlag.AlignVCenter)
        wraps = self._wraps(self.width())
        value_font = font_for(TextRole.HEADING if known else TextRole.NOTE)
        painter.setFont(font_for(TextRole.NOTE))
        painter.setPen(tokens.text2)
        room = words.width()
        if wraps:
            painter.setFont(value_font)
            room -= painter.fontMetrics().horizontalAdvance(value) + GAP
            painter.setFont(font_for(TextRole.NOTE))
        painter.drawText(words, lead, painter.fontMetrics().elidedText(word, Qt.TextElideMode.ElideRight, room))
        painter.setFont(value_font)
        painter.setPen(tokens.text if known else tokens.text2)
        if wraps:
            painter.drawText(words.adjusted(0, 0, -GAP, 0), trail, value)
        else:
            painter.drawText(words.translated(0, cell.height()), lead, value)


def font_metrics_height(widget: QWidget) -> int:
    """Height of a line of body text on a widget."""
    return widget.fontMetrics().height() + 1


def paint_swatch(painter: QPainter, rect: QRectF, fill: QBrush, edge: QColor) -> None:
    """A legend's sample of a fill, outlined."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
    painter.setBrushOrigin(rect.topLeft())
    painter.setBrush(fill)
    painter.setPen(QPen(edge, 1))
    painter.drawRect(rect.toRect().adjusted(0, 0, -1, -1))
    painter.restore()
