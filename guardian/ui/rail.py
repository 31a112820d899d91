"""The rail at the left: seven pages, Settings at the foot, and below it the state in shape, word and room."""

from PySide6.QtCore import QEvent, QPoint, QRect, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QFontMetrics, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QRadioButton, QSizePolicy, QVBoxLayout, QWidget

from guardian.model.verdict import State
from guardian.policy.headline import state_word
from guardian.protocol.i18n import _
from guardian.protocol.quantities import format_bytes
from guardian.ui.button import RING, paint_focus_ring
from guardian.ui.icons import icon_pixmap
from guardian.ui.pages import PAGES
from guardian.ui.scheme import Scheme
from guardian.ui.shapes import paint_state, state_name
from guardian.ui.tokens import (
    GAP_SMALL,
    ICON_SIZE,
    NARROW_RAIL_WIDTH,
    RADIUS_CARD,
    RAIL_ITEM_HEIGHT,
    RAIL_WIDTH,
)
from guardian.ui.type_scale import TextRole, font_changed, font_for, keep_font

_ICON_LEFT, _WORD_LEFT, _MARK = 20, 48, 3


class RailItem(QRadioButton):
    """One page of the rail: one of a group is chosen, the arrow keys go up and down."""

    def __init__(self, scheme: Scheme, name: str, word: str, key: str, parent: QWidget | None = None) -> None:
        super().__init__(word, parent)
        self._scheme, self.page_name, self._narrow = scheme, name, False
        self._key = key
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleDescription(key)
        self.set_narrow(narrow=False)
        keep_font(self, TextRole.BODY)
        scheme.changed.connect(self._repaint)

    @Slot()
    def _repaint(self) -> None:
        self.update()

    def set_narrow(self, *, narrow: bool) -> None:
        """Show the icon alone; the word then is the tooltip."""
        self._narrow = narrow
        self.setToolTip(f"{self.text()} ({self._key})" if narrow else self._key)
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        height = max(RAIL_ITEM_HEIGHT, self.fontMetrics().height() + 2 * GAP_SMALL)
        return QSize(NARROW_RAIL_WIDTH if self._narrow else RAIL_WIDTH, height)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def hitButton(self, pos: QPoint) -> bool:
        return self.rect().contains(pos)

    def event(self, event: QEvent) -> bool:
        if font_changed(event):
            keep_font(self, TextRole.BODY)
            self.updateGeometry()
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = self._scheme.tokens
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        face = QRectF(self.rect()).adjusted(GAP_SMALL, 0, -GAP_SMALL, 0)
        if self.isChecked() or self.underMouse():
            path = QPainterPath()
            path.addRoundedRect(face, RADIUS_CARD, RADIUS_CARD)
            painter.fillPath(path, tokens.select if self.isChecked() else tokens.alt)
            if self.isChecked():
                painter.setClipPath(path)
                mark = QRectF(face.left(), face.top(), _MARK, face.height())
                if self.layoutDirection() == Qt.LayoutDirection.RightToLeft:
                    mark.moveRight(face.right())
                painter.fillRect(mark, tokens.accent)
                painter.setClipping(False)
        self._paint_word(painter)
        if self.hasFocus():
            inner = face.adjusted(RING, RING, -RING, -RING)
            paint_focus_ring(painter, inner, tokens, RADIUS_CARD - RING)
        painter.end()

    def _paint_word(self, painter: QPainter) -> None:
        tokens = self._scheme.tokens
        ink = tokens.text if self.isChecked() else tokens.text2
        left = (self.width() - ICON_SIZE) // 2 if self._narrow else _ICON_LEFT
        rtl = self.layoutDirection() == Qt.LayoutDirection.RightToLeft
        at = QRect(left, (self.height() - ICON_SIZE) // 2, ICON_SIZE, ICON_SIZE)
        if rtl:
            at.moveRight(self.width() - left)
        painter.drawPixmap(at, icon_pixmap(self.page_name, ink, ICON_SIZE, self.devicePixelRatioF()))
        if self._narrow:
            return
        painter.setFont(font_for(TextRole.HEADING if self.isChecked() else TextRole.BODY))
        painter.setPen(ink)
        words = self.rect().adjusted(_WORD_LEFT, 0, -GAP_SMALL, 0)
        if rtl:
            words = self.rect().adjusted(GAP_SMALL, 0, -_WORD_LEFT, 0)
        text = painter.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, words.width())
        painter.drawText(words, int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeading), text)


class StateBlock(QWidget):
    """The rail's foot: the state's shape, its word in its colour, and the room that is left."""

    def __init__(self, scheme: Scheme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._scheme, self._narrow = scheme, False
        self._state, self._below = State.NO_DATA, ""
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        scheme.changed.connect(self._repaint)
        self.show_state(State.NO_DATA, "")

    @Slot()
    def _repaint(self) -> None:
        self.update()

    def show_state(self, state: State, below: str) -> None:
        """Show a state and the line below its word ("15 GiB of room", "since 14:31:07")."""
        if (state, below) == (self._state, self._below) and self.accessibleName():
            return
        self._state, self._below = state, below
        self.setAccessibleName(f"{state_name(state)}, {below}" if below else state_name(state))
        self.setToolTip(f"{state_word(state)}\n{below}".strip())
        self.update()

    def set_narrow(self, *, narrow: bool) -> None:
        """Show the shape alone."""
        self._narrow = narrow
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        line = self.fontMetrics().height()
        return QSize(NARROW_RAIL_WIDTH if self._narrow else RAIL_WIDTH, 44 if self._narrow else 2 * line + 30)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = self._scheme.tokens
        colour = tokens.states[self._state].colour
        painter = QPainter(self)
        painter.fillRect(QRect(0, 0, self.width(), 1), tokens.border)
        rtl = self.layoutDirection() == Qt.LayoutDirection.RightToLeft
        line = self.fontMetrics().height() + 2
        first = QRect(0, 13, self.width(), line)
        left = (self.width() - ICON_SIZE) / 2 if self._narrow else _ICON_LEFT
        top = (self.height() - ICON_SIZE) / 2 if self._narrow else first.center().y() + 1 - ICON_SIZE / 2
        shape = QRectF(left, top, ICON_SIZE, ICON_SIZE)
        if rtl:
            shape.moveRight(self.width() - left)
        paint_state(painter, shape, self._state, colour)
        if not self._narrow:
            edges = (8, -46) if rtl else (46, -8)
            align = int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeading)
            painter.setFont(font_for(TextRole.HEADING))
            painter.setPen(colour)
            painter.drawText(first.adjusted(edges[0], 0, edges[1], 0), align, state_word(self._state))
            painter.setFont(font_for(TextRole.NOTE))
            painter.setPen(tokens.text2)
            below = first.translated(0, line).adjusted(edges[0], 0, edges[1], 0)
            text = painter.fontMetrics().elidedText(self._below, Qt.TextElideMode.ElideRight, below.width())
            painter.drawText(below, align, text)
        painter.end()


class Rail(QWidget):
    """All pages by name; `chosen` carries the name of the page that the user picked."""

    chosen = Signal(str)

    def __init__(self, scheme: Scheme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._scheme, self._narrow = scheme, False
        self.setAccessibleName(_("Pages"))
        self._group = QButtonGroup(self)
        self._items: dict[str, RailItem] = {}
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, GAP_SMALL, 0, 0)
        layout.setSpacing(0)
        for number, (name, word) in enumerate(PAGES, start=1):
            item = RailItem(scheme, name, _(word), f"Ctrl+{number}", self)
            if name == "settings":
                layout.addStretch(1)
            layout.addWidget(item)
            self._group.addButton(item)
            self._items[name] = item
        layout.addSpacing(GAP_SMALL)
        self.state = StateBlock(scheme, self)
        layout.addWidget(self.state)
        self._group.buttonToggled.connect(self._tell)
        self.set_narrow(narrow=False)
        scheme.changed.connect(self._repaint)

    @Slot()
    def _repaint(self) -> None:
        self.update()

    @Slot(QAbstractButton, bool)
    def _tell(self, button: QAbstractButton, checked: bool) -> None:
        if checked and isinstance(button, RailItem):
            self.chosen.emit(button.page_name)

    def choose(self, name: str) -> None:
        """Mark a page as the chosen one."""
        self._items[name].setChecked(True)

    def item(self, name: str) -> RailItem:
        """The entry of a page."""
        return self._items[name]

    def set_narrow(self, *, narrow: bool) -> None:
        """Icons alone, 48 px wide."""
        self._narrow = narrow
        self._keep_width()
        for item in self._items.values():
            item.set_narrow(narrow=narrow)
        self.state.set_narrow(narrow=narrow)

    def _keep_width(self) -> None:
        """Wide enough for the longest word at the text size in force."""
        words = QFontMetrics(font_for(TextRole.HEADING))
        longest = max(words.horizontalAdvance(item.text()) for item in self._items.values())
        room = _("{size} of room").format(size=format_bytes(888 << 30))
        longest = max(longest, QFontMetrics(font_for(TextRole.NOTE)).horizontalAdvance(room))
        self.setFixedWidth(NARROW_RAIL_WIDTH if self._narrow else max(RAIL_WIDTH, _WORD_LEFT + longest + 2 * GAP_SMALL))

    def event(self, event: QEvent) -> bool:
        if font_changed(event):
            self._keep_width()
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        edge = 0 if self.layoutDirection() == Qt.LayoutDirection.RightToLeft else self.width() - 1
        painter.fillRect(QRect(edge, 0, 1, self.height()), self._scheme.tokens.border)
        painter.end()
