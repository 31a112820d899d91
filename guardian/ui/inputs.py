"""Fields to type into and to choose from, with the edges and focus ring of the tokens, which not every style's own reach."""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QRect, QRectF, QSize, Qt, Slot
from PySide6.QtGui import QAction, QColor, QPainter, QPaintEvent, QPalette, QPen, QWheelEvent
from PySide6.QtWidgets import QCheckBox, QComboBox, QLineEdit, QSizePolicy, QSpinBox, QWidget

from guardian.protocol.i18n import _
from guardian.ui.icons import icon, icon_pixmap
from guardian.ui.scheme import Scheme
from guardian.ui.tokens import CONTROL_HEIGHT, FOCUS_LINE, GAP, GAP_SMALL, ICON_SIZE, RADIUS_CONTROL, Tokens
from guardian.ui.type_scale import TextRole, font_changed, font_for, keep_font


def _paint_face(widget: QWidget, tokens: Tokens, fill: QColor) -> None:
    """The field's ground and edge; with the focus, its ring in place of the edge."""
    painter = QPainter(widget)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    pen = (
        QPen(tokens.accent, FOCUS_LINE) if widget.hasFocus() else QPen(tokens.control if widget.isEnabled() else tokens.border, 1)
    )
    half = pen.widthF() / 2
    painter.setPen(pen)
    painter.setBrush(fill)
    painter.drawRoundedRect(QRectF(widget.rect()).adjusted(half, half, -half, -half), RADIUS_CONTROL, RADIUS_CONTROL)
    painter.end()


def _clear_ground(widget: QWidget) -> None:
    """Let the style paint no ground of its own."""
    palette = QPalette(widget.palette())
    palette.setColor(QPalette.ColorRole.Base, Qt.GlobalColor.transparent)
    widget.setPalette(palette)


def leave_wheel(widget: QWidget, event: QWheelEvent, turn: Callable[[QWheelEvent], None]) -> None:
    """Let a wheel change a value only where it was chosen before: who scrolls a page means the page."""
    if widget.hasFocus():
        turn(event)
    else:
        event.ignore()


def _colour_text(widget: QWidget, tokens: Tokens) -> None:
    """Give the text of a field, and what stands in it while it is empty, the colours of a scheme."""
    palette = QPalette(widget.palette())
    palette.setColor(QPalette.ColorRole.Text, tokens.text)
    palette.setColor(QPalette.ColorRole.PlaceholderText, tokens.text3)
    widget.setPalette(palette)
    widget.update()


class SearchField(QLineEdit):
    """A field for words to look for; `hint` (its key) stands in it while it is empty."""

    def __init__(self, scheme: Scheme, placeholder: str, hint: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._scheme, self._hint = scheme, hint
        self.setPlaceholderText(placeholder)
        self.setClearButtonEnabled(True)
        self.setFrame(False)
        self.setMinimumHeight(CONTROL_HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._lens = QAction(_("Search"), self)
        self.addAction(self._lens, QLineEdit.ActionPosition.LeadingPosition)
        _clear_ground(self)
        self._follow_scheme()
        scheme.changed.connect(self._follow_scheme)

    @Slot()
    def _follow_scheme(self) -> None:
        self._lens.setIcon(icon("search", self._scheme.tokens.text2))
        _colour_text(self, self._scheme.tokens)

    def paintEvent(self, event: QPaintEvent) -> None:
        _paint_face(self, self._scheme.tokens, self._scheme.tokens.surface)
        super().paintEvent(event)
        if self.text():
            return
        painter = QPainter(self)
        painter.setFont(font_for(TextRole.NOTE))
        painter.setPen(self._scheme.tokens.text3)
        used = 2 * ICON_SIZE + self.fontMetrics().horizontalAdvance(self.placeholderText())
        if used + painter.fontMetrics().horizontalAdvance(self._hint) + 2 * GAP_SMALL < self.width():
            room = QRect(self.rect()).adjusted(GAP_SMALL, 0, -GAP_SMALL, 0)
            painter.drawText(room, int(Qt.AlignmentFlag.AlignTrailing | Qt.AlignmentFlag.AlignVCenter), self._hint)
        painter.end()


class CheckField(QCheckBox):
    """A box to tick, with its words beside it; an ampersand in them is one."""

    def __init__(self, scheme: Scheme, words: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._scheme = scheme
        self.show_words(words)
        scheme.changed.connect(self._repaint)

    def show_words(self, words: str) -> None:
        """Other words."""
        self.setText(words.replace("&", "&&"))
        self.setAccessibleName(words)

    @Slot()
    def _repaint(self) -> None:
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self.hasFocus():
            painter = QPainter(self)
            painter.setPen(QPen(self._scheme.tokens.accent, FOCUS_LINE))
            painter.drawRect(QRectF(self.rect()).adjusted(1, 1, -1, -1))
            painter.end()


class TextField(QLineEdit):
    """A line to type a value into, `width` pixels wide at the usual text size."""

    def __init__(self, scheme: Scheme, name: str, width: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._scheme, self._width = scheme, width
        self.setAccessibleName(name)
        self.setFrame(False)
        self.setMinimumHeight(CONTROL_HEIGHT)
        self.setTextMargins(GAP_SMALL, 0, GAP_SMALL, 0)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        _clear_ground(self)
        self._follow_scheme()
        scheme.changed.connect(self._follow_scheme)

    @Slot()
    def _follow_scheme(self) -> None:
        _colour_text(self, self._scheme.tokens)

    def sizeHint(self) -> QSize:
        return QSize(self._width, max(CONTROL_HEIGHT, self.fontMetrics().height() + GAP_SMALL))

    def paintEvent(self, event: QPaintEvent) -> None:
        _paint_face(self, self._scheme.tokens, self._scheme.tokens.surface)
        super().paintEvent(event)


class NumberField(QSpinBox):
    """A whole number, typed or stepped by the arrow keys."""

    def __init__(self, scheme: Scheme, least: int, most: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._scheme = scheme
        self.setRange(least, most)
        self.setAlignment(Qt.AlignmentFlag.AlignTrailing)
        self.setButtonSymbols(QSpinBox.ButtonSymbols.NoButtons)
        self.setKeyboardTracking(False)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setFrame(False)
        self.setMinimumHeight(CONTROL_HEIGHT)
        self.lineEdit().setTextMargins(GAP_SMALL, 0, GAP_SMALL, 0)
        _clear_ground(self)
        self._follow_scheme()
        scheme.changed.connect(self._follow_scheme)

    @Slot()
    def _follow_scheme(self) -> None:
        _colour_text(self, self._scheme.tokens)

    def wheelEvent(self, event: QWheelEvent) -> None:
        leave_wheel(self, event, super().wheelEvent)

    def sizeHint(self) -> QSize:
        return QSize(
            self.fontMetrics().horizontalAdvance("−10000") + 2 * GAP, max(CONTROL_HEIGHT, self.fontMetrics().height() + 8)
        )

    def paintEvent(self, event: QPaintEvent) -> None:
        _paint_face(self, self._scheme.tokens, self._scheme.tokens.surface)


class Chooser(QComboBox):
    """One of a few words, chosen from a list that opens below."""

    def __init__(self, scheme: Scheme, name: str, entries: list[tuple[str, object]], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._scheme = scheme
        self.setAccessibleName(name)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        for word, value in entries:
            self.addItem(word, value)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        scheme.changed.connect(self._repaint)

    @Slot()
    def _repaint(self) -> None:
        self.update()

    def wheelEvent(self, event: QWheelEvent) -> None:
        leave_wheel(self, event, super().wheelEvent)

    def sizeHint(self) -> QSize:
        metrics = self.fontMetrics()
        widest = max((metrics.horizontalAdvance(self.itemText(at)) for at in range(self.count())), default=0)
        return QSize(widest + 2 * GAP_SMALL + ICON_SIZE + GAP, max(CONTROL_HEIGHT, metrics.height() + 8))

    def minimumSizeHint(self) -> QSize:
        return QSize(64, self.sizeHint().height())

    def event(self, event: QEvent) -> bool:
        if font_changed(event):
            keep_font(self, TextRole.BODY)
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = self._scheme.tokens
        _paint_face(self, tokens, tokens.alt if self.underMouse() else tokens.raised)
        mirrored = self.layoutDirection() == Qt.LayoutDirection.RightToLeft
        painter = QPainter(self)
        left = GAP_SMALL if mirrored else self.width() - GAP_SMALL - ICON_SIZE
        chevron = icon_pixmap("down", tokens.text2, ICON_SIZE, self.devicePixelRatioF())
        painter.drawPixmap(left, (self.height() - ICON_SIZE) // 2, chevron)
        taken = GAP_SMALL + ICON_SIZE
        room = self.rect().adjusted(taken if mirrored else GAP_SMALL, 0, -GAP_SMALL if mirrored else -taken, 0)
        painter.setPen(tokens.text)
        text = self.fontMetrics().elidedText(self.currentText(), Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, int(Qt.AlignmentFlag.AlignLeading | Qt.AlignmentFlag.AlignVCenter), text)
        painter.end()
