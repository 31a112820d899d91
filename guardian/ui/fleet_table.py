"""The table of machines on screen: states in shape and word, where memory is as a bar, the room of the last minutes."""

from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QColor, QGuiApplication, QHideEvent, QKeyEvent, QMouseEvent, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QAbstractItemView, QTableView, QWidget

from guardian.model.verdict import State
from guardian.policy.fleet import Identity, Machine, MachinePage
from guardian.protocol.i18n import _
from guardian.protocol.quantities import UNKNOWN
from guardian.ui.axis import stacked_heights
from guardian.ui.export import rows_as_text
from guardian.ui.flat_table import FlatTable, RowPainter
from guardian.ui.fleet_model import COLUMNS, PLACE_OF, FleetColumn, FleetModel, unit_of
from guardian.ui.patterns import layer_brush
from guardian.ui.scheme import Scheme
from guardian.ui.shapes import paint_state
from guardian.ui.tokens import BOUND_LINE, GAP_SMALL, SMALL_BAR_HEIGHT, Tokens
from guardian.ui.type_scale import TextRole

_SHAPE = 14.0
_LINED = 3.0
_CACHE_LAYER, _FREE_LAYER = 6, 7
_LEAST_BAR, _LEAST_MACHINE = 96, 100
_SPARED = frozenset(("ram", "pressure", "kill"))
_QUIET = frozenset((UNKNOWN, "0 %", "0.0 %", "0.0", "0"))
_URGENT = frozenset((State.CRITICAL, State.WARNING))


class _FleetPainter(RowPainter[Machine]):
    """Paints a cell; `faded` while what is shown is old."""

    def __init__(self, scheme: Scheme, model: FleetModel, view: QTableView) -> None:
        super().__init__(scheme, model, view)
        self.faded = False

    def put_text(self, painter: QPainter, inner: QRect, row: Machine, column: int) -> None:
        if column == PLACE_OF["bar"]:
            self._paint_bar(painter, inner, row)
        elif column == PLACE_OF["trend"]:
            self._paint_trend(painter, inner, row)
        else:
            super().put_text(painter, inner, row, column)

    def put_before(self, painter: QPainter, inner: QRect, row: Machine, column: int) -> QRect:
        """The state's shape."""
        if column != PLACE_OF["state"]:
            return inner
        box = QRectF(inner.left(), inner.center().y() - _SHAPE / 2 + 0.5, _SHAPE, _SHAPE)
        mirrored = self.view.layoutDirection() == Qt.LayoutDirection.RightToLeft
        if mirrored:
            box.moveRight(inner.right())
        paint_state(painter, box, row.state, self.scheme.tokens.states[row.state].colour)
        taken = round(_SHAPE) + GAP_SMALL
        return inner.adjusted(0, 0, -taken, 0) if mirrored else inner.adjusted(taken, 0, 0, 0)

    def role_of(self, row: Machine, column: int) -> TextRole:
        urgent = column == PLACE_OF["forecast"] and row.state in _URGENT and row.forecast is not None
        return TextRole.HEADING if urgent or column == PLACE_OF["room"] else TextRole.BODY

    def colour_of(self, row: Machine, column: int, text: str) -> QColor:
        """Colour repeats what the word says; what is nothing or unknown steps back."""
        tokens = self.scheme.tokens
        if column == PLACE_OF["state"]:
            return tokens.text2 if row.state is State.CALM else tokens.states[row.state].colour
        if column == PLACE_OF["forecast"]:
            if row.forecast is None:
                return tokens.text3
            return tokens.states[row.state].colour if row.state in _URGENT else tokens.text
        # One process that ends alone is nothing more.
        quiet = text in _QUIET or (column == PLACE_OF["ends"] and text == "1")
        return tokens.text3 if quiet and column != PLACE_OF["machine"] else tokens.text

    def _paint_bar(self, painter: QPainter, inner: QRect, machine: Machine) -> None:
        tokens, ratio = self.scheme.tokens, self.view.devicePixelRatioF()
        bar = QRectF(inner.left(), inner.center().y() - SMALL_BAR_HEIGHT // 2, inner.width(), SMALL_BAR_HEIGHT)
        painter.save()
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if machine.state is State.NO_DATA or not machine.memory or not any(machine.layers):
            painter.setPen(QPen(tokens.control, 1, Qt.PenStyle.DashLine))
            painter.drawRect(bar.adjusted(0.5, 0.5, -0.5, -0.5))
            painter.restore()
            return
        left, whole = bar.left() + 1, round(machine.memory)
        # What a server says need not add up.
        painter.setClipRect(bar)
        widths = stacked_heights([None if size is None else min(size, whole) for size in machine.layers], whole, bar.width() - 2)
        for layer, width in enumerate(widths):
            if width:
                painter.setBrushOrigin(QPointF(left, bar.top()))
                painter.fillRect(
                    QRectF(left, bar.top() + 1, width, bar.height() - 2), layer_brush(tokens, layer, ratio, self.faded)
                )
                if layer and (width >= _LINED or layer >= _CACHE_LAYER):
                    line, thick = _divider(tokens, layer)
                    painter.fillRect(QRectF(left - thick / 2, bar.top() + 1, thick, bar.height() - 2), line)
            left += width
        painter.setPen(QPen(tokens.control, 1))
        painter.drawRect(bar.adjusted(0.5, 0.5, -0.5, -0.5))
        painter.restore()

    def _paint_trend(self, painter: QPainter, inner: QRect, machine: Machine) -> None:
        """The room over ten minutes, from nothing to all memory and swap; time does not mirror."""
        points, top = machine.lately, (machine.memory or 0) + (machine.swap or 0)
        if len(points) < 2 or not top:
            return
        tokens = self.scheme.tokens
        span = max(1.0, points[-1].time - points[0].time)
        low, high = inner.bottom() - 4.0, inner.top() + 4.0
        curve = [
            QPointF(
                inner.left() + (point.time - points[0].time) / span * inner.width(),
                low - min(1.0, point.value / top) * (low - high),
            )
            for point in points
        ]
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(tokens.text3 if self.faded else tokens.text, BOUND_LINE))
        painter.drawPolyline(QPolygonF(curve))
        painter.fillRect(QRectF(inner.left(), low + 1, inner.width(), 1), tokens.grid)
        painter.restore()


def _divider(tokens: Tokens, layer: int) -> tuple[QColor, float]:
    """The line before a layer: what follows can be freed, or is free."""
    if layer == _CACHE_LAYER:
        return tokens.text, BOUND_LINE
    return (tokens.control, 1.0) if layer == _FREE_LAYER else (tokens.surface, 1.0)


class FleetTable(FlatTable):
    """Shows a `FleetModel`.

    `chosen` carries the machine that keys or a click went to, None for none; `minutes_asked` asks for its minutes before the
    last kill; `order_held` tells that the order stands still, `pause_asked` that values shall, or go on.
    """

    chosen = Signal(object)
    minutes_asked = Signal()
    order_held = Signal(bool)
    pause_asked = Signal()

    def __init__(self, scheme: Scheme, model: FleetModel, parent: QWidget | None = None) -> None:
        super().__init__(scheme, model, _("Machines, most endangered first"), selects=True, parent=parent)
        self._fleet = model
        self._narrow = self._filling = False
        self._chosen: Identity | None = None
        self._cells = _FleetPainter(scheme, model, self)
        self.setItemDelegate(self._cells)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.head.set_lines([(_(one.word), unit_of(one), one.right) for one in COLUMNS])
        # The server sorts, by danger alone: what is on other pages could not be sorted by anything else.
        self.head.show_sort(PLACE_OF["state"], descending=True)
        self.selectionModel().currentRowChanged.connect(self._tell)

    # Rows

    def show_page(self, page: MachinePage) -> None:
        """Show a page; the chosen machine stays chosen, else the first is."""
        place, self._filling = self.verticalScrollBar().value(), True
        self._fleet.show_page(page)
        self.clearSpans()
        for row, machine in enumerate(self._fleet.rows):
            if machine.state is State.NO_DATA:
                self.setSpan(row, PLACE_OF["forecast"], 1, 2)
        kept = self._fleet.row_of(self._chosen) if self._chosen is not None else None
        if self._fleet.rowCount():
            self.setCurrentIndex(self._fleet.index(kept or 0, 0))
        self._filling = False
        self._tell()
        self.setMaximumHeight(self.sizeHint().height())
        self.updateGeometry()
        if kept is not None:
            # Who looks elsewhere goes on looking there.
            self.verticalScrollBar().setValue(place)

    def current_machine(self) -> Machine | None:
        """The chosen machine."""
        row = self.currentIndex().row()
        return self._fleet.rows[row] if 0 <= row < len(self._fleet.rows) else None

    def fade(self, *, faded: bool) -> None:
        """Show that what is shown is old, or fresh again."""
        if faded != self._cells.faded:
            self._cells.faded = faded
            self.viewport().update()

    @Slot()
    def _tell(self) -> None:
        if self._filling:
            return
        machine = self.current_machine()
        if machine is not None:
            self._chosen = machine.identity
        self.viewport().update()
        self.chosen.emit(machine)

    # Sizes

    def set_narrow(self, *, narrow: bool) -> None:
        """Leave out what can be spared, and the units."""
        self._narrow = narrow
        self.head.show_units(not narrow)
        self.spread()

    def sizeHint(self) -> QSize:
        bar = self.horizontalScrollBar().height() if self.horizontalScrollBar().isVisible() else 0
        return QSize(640, self.height_of(self._fleet.rowCount()) + bar)

    def minimumSizeHint(self) -> QSize:
        return QSize(320, self.height_of(3))

    def spread(self) -> None:
        """Give each column its width; what can be spared goes first."""
        room, scale = self.viewport().width(), self.text_scale
        widths = {one.name: self._width_of(one, scale) for one in COLUMNS}
        least = round(_LEAST_MACHINE * scale)
        spare = room - sum(widths.values()) - least
        if spare < 0:
            # The curve comes where there is room for it, and the bar says the same in less.
            spare += widths["trend"]
            widths["trend"] = 0
            narrowest = min(widths["bar"], round(_LEAST_BAR * scale))
            widths["bar"] = max(narrowest, widths["bar"] + min(0, spare))
        widths["machine"] = max(least, room - sum(widths.values()))
        for one in COLUMNS:
            self.setColumnHidden(PLACE_OF[one.name], not widths[one.name])
            self.head.resizeSection(PLACE_OF[one.name], widths[one.name])

    def _width_of(self, column: FleetColumn, scale: float) -> int:
        """A column's width at this size of text; 0 where it is left out, or takes what is left."""
        if not column.width or (self._narrow and column.name in _SPARED):
            return 0
        if column.name == "bar":
            return round(column.width * scale)
        head = self.head.width_for(_(column.word), unit_of(column), small=True)
        return max(round(column.width * scale), head - GAP_SMALL)

    # Standing still, keys

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() in {QEvent.Type.Enter, QEvent.Type.Leave}:
            self._hold(held=event.type() == QEvent.Type.Enter)
        return super().viewportEvent(event)

    def hideEvent(self, event: QHideEvent) -> None:
        self._hold(held=False)
        super().hideEvent(event)

    def _hold(self, *, held: bool) -> None:
        if held != self._fleet.held:
            self._fleet.held = held
            self.order_held.emit(held)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        copies = event.keyCombination().toCombined() == (Qt.Modifier.CTRL | Qt.Key.Key_C).toCombined()
        plain = not event.modifiers() & ~(Qt.KeyboardModifier.KeypadModifier | Qt.KeyboardModifier.AltModifier)
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter} and plain:
            self.minutes_asked.emit()
        elif event.key() == Qt.Key.Key_Space and plain:
            self.pause_asked.emit()
        elif copies and self.current_machine() is not None:
            QGuiApplication.clipboard().setText(rows_as_text([self._fleet.texts(self.currentIndex().row())]))
        else:
            super().keyPressEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if self.indexAt(event.position().toPoint()).isValid() and event.button() == Qt.MouseButton.LeftButton:
            self.minutes_asked.emit()
