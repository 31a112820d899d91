"""The head of a table: two lines, name and unit, and one sort mark beside the name."""

from PySide6.QtCore import QEvent, QRect, QSize, Qt, Slot
from PySide6.QtGui import QFont, QFontMetrics, QPainter
from PySide6.QtWidgets import QHeaderView, QWidget

from guardian.ui.scheme import Scheme
from guardian.ui.tokens import GAP_SMALL, HEAD_HEIGHT, TALL_HEAD_HEIGHT
from guardian.ui.type_scale import TextRole, font_changed, font_for

FALLING, RISING = "▾", "▴"


class TableHead(QHeaderView):
    """Column heads of name and unit; a click sorts.  `set_lines` gives the texts, `show_sort` the mark.

    `units_shown` is switched off where there is no room for a second line.
    """

    def __init__(self, scheme: Scheme, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._scheme = scheme
        self._lines: list[tuple[str, str, bool]] = []
        self._sorted: tuple[int, bool] = (-1, True)
        self.units_shown = True
        self.setSectionsClickable(True)
        self.setHighlightSections(False)
        self._take_fonts()
        scheme.changed.connect(self._repaint)

    @Slot()
    def _repaint(self) -> None:
        self.viewport().update()

    def _take_fonts(self) -> None:
        self._name_font = font_for(TextRole.COLUMN_HEAD)
        self._unit_font, self._small_font = font_for(TextRole.NOTE), font_for(TextRole.AXIS)
        self.setFont(self._name_font)

    def set_lines(self, lines: list[tuple[str, str, bool]]) -> None:
        """Name, unit and whether it stands at the right, for each section."""
        if lines != self._lines:
            self._lines = lines
            self.viewport().update()

    def show_sort(self, section: int, *, descending: bool) -> None:
        """Put the mark beside one section's name; -1 for none."""
        if (section, descending) != self._sorted:
            self._sorted = (section, descending)
            self.viewport().update()

    def show_units(self, shown: bool) -> None:
        """With or without the second line."""
        if shown != self.units_shown:
            self.units_shown = shown
            self.geometriesChanged.emit()
            self.viewport().update()

    def width_for(self, name: str, unit: str, *, small: bool = False) -> int:
        """How wide a section must be for its head to be read whole, sort mark included; `small` in the smallest letters."""
        advance = QFontMetrics(self._name_font).horizontalAdvance(f"{name} {FALLING}")
        if self.units_shown:
            font = self._small_font if small else self._unit_font
            advance = max(advance, QFontMetrics(font).horizontalAdvance(unit))
        return advance + 2 * GAP_SMALL

    def sizeHint(self) -> QSize:
        line = QFontMetrics(self._name_font).height()
        two = self.units_shown and any(unit for _name, unit, _right in self._lines)
        height = max(TALL_HEAD_HEIGHT, 2 * line + GAP_SMALL) if two else max(HEAD_HEIGHT, line + GAP_SMALL)
        return QSize(super().sizeHint().width(), height)

    def event(self, event: QEvent) -> bool:
        if font_changed(event):
            self._take_fonts()
            self.geometriesChanged.emit()
        return super().event(event)

    def paintSection(self, painter: QPainter, rect: QRect, logicalIndex: int) -> None:
        tokens = self._scheme.tokens
        painter.save()
        painter.fillRect(rect, tokens.surface)
        painter.fillRect(rect.left(), rect.bottom(), rect.width(), 1, tokens.border)
        if logicalIndex < len(self._lines):
            name, unit, right = self._lines[logicalIndex]
            if self._sorted[0] == logicalIndex:
                name = f"{name} {FALLING if self._sorted[1] else RISING}"
            inner = rect.adjusted(GAP_SMALL, 0, -GAP_SMALL, -1)
            line = QFontMetrics(self._name_font).height()
            unit_shown = self.units_shown and any(lines[1] for lines in self._lines)
            # Names stand on one line in every column, whether they have a unit or not.
            top = inner.top() + (inner.height() - (2 * line if unit_shown else line)) // 2
            painter.setPen(tokens.text2)
            self._write(painter, self._name_font, name, QRect(inner.left(), top, inner.width(), line), right)
            if unit_shown:
                fits = QFontMetrics(self._unit_font).horizontalAdvance(unit) <= inner.width()
                font = self._unit_font if fits else self._small_font
                self._write(painter, font, unit, QRect(inner.left(), top + line, inner.width(), line), right)
        painter.restore()

    def _write(self, painter: QPainter, font: QFont, text: str, rect: QRect, right: bool) -> None:
        painter.setFont(font)
        side = Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft
        shown = QFontMetrics(font).elidedText(text, Qt.TextElideMode.ElideRight, rect.width())
        # Qt mirrors left and right by itself in languages that run the other way.
        painter.drawText(rect, side | Qt.AlignmentFlag.AlignVCenter, shown)
