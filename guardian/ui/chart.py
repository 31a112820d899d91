"""What every chart has besides its picture: a sentence, a table, a cursor, a menu that saves it, a role for screen readers."""

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QAccessible, QAction, QContextMenuEvent, QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPen
from PySide6.QtWidgets import QAccessibleWidget, QMenu, QToolTip, QWidget

from guardian.protocol.i18n import _
from guardian.ui.chart_files import save_chart
from guardian.ui.scheme import Scheme
from guardian.ui.tokens import CURVE_LINE
from guardian.ui.type_scale import font_changed

_HOVER_MS = 300


class Chart(QWidget):
    """A picture of numbers; `heading` is its name.

    Subclasses give the sentence (`describe`), the table behind the picture (`columns`, `rows`, newest first), the picture at
    any size (`draw`), and the cursor's positions (`cursor_count`, `cursor_at`, `cursor_text`).
    """

    seen_as: QAccessibleWidget | None = None
    table_wanted = Signal()
    pause_wanted = Signal()

    def __init__(self, scheme: Scheme, heading: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.scheme, self.heading = scheme, heading
        self.cursor_index: int | None = None
        self.setAccessibleName(heading)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self._hover = QTimer(self)
        self._hover.setSingleShot(True)
        self._hover.setInterval(_HOVER_MS)
        self._hover.timeout.connect(self._show_hover)
        self._hover_at = QPoint()
        scheme.changed.connect(self.follow_scheme)
        watch_accessibility()

    @Slot()
    def follow_scheme(self) -> None:
        """Paint anew in another scheme."""
        self.update()

    def describe(self) -> str:
        """One sentence made from the data, for those who do not see the picture."""
        return ""

    def columns(self) -> tuple[str, ...]:
        """Heads of the table's columns, with units."""
        return ()

    def rows(self) -> list[tuple[str, ...]]:
        """The table behind the picture, newest first; the first cell names the moment."""
        return []

    def draw(self, painter: QPainter, rect: QRectF) -> None:
        """Paint the whole picture into `rect`, for a file."""
        painter.translate(rect.topLeft())
        self.render(painter, QPoint(0, 0))

    def paint_cursor(self, painter: QPainter, top: float, bottom: float) -> None:
        """The cursor's line from `top` to `bottom`, and with the focus the ring around the chart."""
        if self.cursor_index is not None and self.cursor_index < self.cursor_count():
            painter.setPen(QPen(self.scheme.tokens.text, 1, Qt.PenStyle.DotLine))
            x = round(self.cursor_at(self.cursor_index).x())
            painter.drawLine(QPointF(x, top), QPointF(x, bottom))
        self.paint_focus(painter)

    def paint_focus(self, painter: QPainter) -> None:
        """The ring around the chart, where it has the focus."""
        if self.hasFocus():
            painter.setPen(QPen(self.scheme.tokens.accent, CURVE_LINE))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(self.rect().adjusted(1, 1, -2, -2))

    def cursor_count(self) -> int:
        """How many positions the cursor has; 0 is the oldest."""
        return 0

    def cursor_at(self, index: int) -> QPointF:
        """Where position `index` lies on the widget."""
        raise NotImplementedError

    def cursor_index_at(self, x: float) -> int | None:
        """The position next to a pixel column, None outside the picture."""
        return None

    def cursor_text(self, index: int) -> str:
        """Time, then all values, of one position."""
        return ""

    def show_cursor(self, index: int | None) -> None:
        """Move the cursor and its tooltip to a position; None takes it away."""
        self.cursor_index = index
        self.update()
        if index is None:
            QToolTip.hideText()
            return
        at = self.cursor_at(index).toPoint()
        QToolTip.showText(self.mapToGlobal(at), self.cursor_text(index), self)

    @Slot()
    def _show_hover(self) -> None:
        index = self.cursor_index_at(self._hover_at.x())
        if index is not None and self.underMouse():
            QToolTip.showText(self.mapToGlobal(self._hover_at), self.cursor_text(index), self)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._hover_at = event.position().toPoint()
        self._hover.start()
        super().mouseMoveEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        self._hover.stop()
        super().leaveEvent(event)

    def event(self, event: QEvent) -> bool:
        # Our own tooltip comes after 300 ms; Qt's would come later and say nothing.
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            return True
        if font_changed(event):
            self.updateGeometry()
            self.follow_scheme()
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        count = self.cursor_count()
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
        if event.key() == Qt.Key.Key_F10 and event.modifiers() == Qt.KeyboardModifier.ShiftModifier:
            # Not every platform makes a context menu of it, as it does of the menu key.
            self._show_menu(self.mapToGlobal(self.rect().center()))
        elif event.key() == Qt.Key.Key_Space:
            self.pause_wanted.emit()
        elif count and event.key() in steps:
            before = count if self.cursor_index is None else self.cursor_index
            self.show_cursor(min(max(before + steps[Qt.Key(event.key())], 0), count - 1))
        elif count and event.key() in (Qt.Key.Key_Home, Qt.Key.Key_End):
            self.show_cursor(0 if event.key() == Qt.Key.Key_Home else count - 1)
        elif event.key() == Qt.Key.Key_Escape and self.cursor_index is not None:
            self.show_cursor(None)
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        by_key = event.reason() == QContextMenuEvent.Reason.Keyboard
        self._show_menu(self.mapToGlobal(self.rect().center()) if by_key else event.globalPos())

    def _show_menu(self, at: QPoint) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction(_("Show as table")).setData("table")
        menu.addSeparator()
        for kind in ("PNG", "SVG", "CSV"):
            menu.addAction(_("Save as {kind}…").format(kind=kind)).setData(kind)
        menu.triggered.connect(self._do)
        menu.popup(at)

    @Slot(QAction)
    def _do(self, action: QAction) -> None:
        if action.data() == "table":
            self.table_wanted.emit()
        else:
            save_chart(self, action.data())


class _AccessibleChart(QAccessibleWidget):
    """A chart as screen readers see it: its role, and a sentence made when it is asked for."""

    def __init__(self, chart: Chart) -> None:
        super().__init__(chart, QAccessible.Role.Chart, chart.heading)

    def text(self, kind: QAccessible.Text) -> str:
        chart = self.object()
        if isinstance(chart, Chart) and kind == QAccessible.Text.Description:
            return chart.describe() or _("No values yet.")
        if isinstance(chart, Chart) and kind == QAccessible.Text.Name:
            return chart.heading
        return super().text(kind)


_watched: list[bool] = []


def _interface(_class_name: str, thing: object) -> QAccessibleWidget | None:
    if not isinstance(thing, Chart):
        return None
    # Qt does not own what Python made; it must live as long as its chart.
    thing.seen_as = _AccessibleChart(thing)
    return thing.seen_as


def watch_accessibility() -> None:
    """Tell Qt once how charts appear to screen readers."""
    if not _watched:
        _watched.append(True)
        QAccessible.installFactory(_interface)
