"""Buttons and links: the one main act filled, the others plain, what ends something outlined in red."""

from enum import Enum

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Slot
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QPushButton, QSizePolicy, QWidget

from guardian.ui.icons import icon_pixmap
from guardian.ui.patterns import mix
from guardian.ui.scheme import Scheme
from guardian.ui.tokens import (
    CONTROL_HEIGHT,
    FOCUS_GAP,
    FOCUS_LINE,
    GAP,
    GAP_SMALL,
    GAP_TINY,
    ICON_SIZE,
    RADIUS_CONTROL,
    TARGET,
    Tokens,
)
from guardian.ui.type_scale import TextRole, font_changed, keep_font

# Room around a button's face in which its focus ring lies; layouts count it in their gaps.
RING = int(FOCUS_LINE + FOCUS_GAP)


class Look(Enum):
    """How much a button asks for: MAIN at most once in a card, DANGER for what ends a program."""

    MAIN = "main"
    PLAIN = "plain"
    DANGER = "danger"


def paint_focus_ring(painter: QPainter, face: QRectF, tokens: Tokens, radius: float = RADIUS_CONTROL) -> None:
    """A ring of `accent`, 2 px wide, 2 px outside `face`."""
    away = FOCUS_GAP + FOCUS_LINE / 2
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(tokens.accent, FOCUS_LINE))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRoundedRect(face.adjusted(-away, -away, away, away), radius + away, radius + away)
    painter.restore()


class _OwnButton(QPushButton):
    """What own-painted buttons share: Enter presses like Space, none is a default button, scheme and font are followed."""

    ROLE = TextRole.BODY

    def __init__(self, scheme: Scheme, text: str, parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self._scheme = scheme
        self.setAutoDefault(False)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        keep_font(self, self.ROLE)
        scheme.changed.connect(self._repaint)

    @Slot()
    def _repaint(self) -> None:
        self.update()

    def event(self, event: QEvent) -> bool:
        if font_changed(event):
            keep_font(self, self.ROLE)
            self.updateGeometry()
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        else:
            super().keyPressEvent(event)


class ActButton(_OwnButton):
    """A button of one act, 28 px high, in one of the three looks; `drawing` names its icon.

    Without a text it is square and `name` is what it is called and its tooltip.
    """

    def __init__(
        self,
        scheme: Scheme,
        text: str,
        look: Look = Look.PLAIN,
        drawing: str | None = None,
        name: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(scheme, text, parent)
        self._look, self._drawing = look, drawing
        if name:
            self.setAccessibleName(name)
            if not text:
                self.setToolTip(name)

    def sizeHint(self) -> QSize:
        metrics = self.fontMetrics()
        height = max(CONTROL_HEIGHT, metrics.height() + GAP_SMALL)
        width = metrics.horizontalAdvance(self.text()) + 2 * GAP if self.text() else height
        if self._drawing and self.text():
            width += ICON_SIZE + GAP_SMALL
        return QSize(width + 2 * RING, height + 2 * RING)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def _colours(self, tokens: Tokens) -> tuple[QColor, QColor, QColor]:
        """Fill, edge and ink."""
        if not self.isEnabled():
            return tokens.surface, tokens.border, tokens.text3
        pressed, over = self.isDown() or self.isChecked(), self.underMouse()
        if self._look is Look.MAIN:
            fill = mix(tokens.text, tokens.accent, 0.16 if pressed else 0.08) if pressed or over else tokens.accent
            return fill, fill, tokens.on_accent
        fill = tokens.select if pressed else tokens.alt if over else tokens.raised
        if self._look is Look.DANGER:
            return fill, tokens.critical, tokens.critical
        return fill, tokens.control, tokens.text

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = self._scheme.tokens
        fill, edge, ink = self._colours(tokens)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        face = QRectF(self.rect()).adjusted(RING, RING, -RING, -RING)
        painter.setPen(QPen(edge, 1))
        painter.setBrush(fill)
        painter.drawRoundedRect(face.adjusted(0.5, 0.5, -0.5, -0.5), RADIUS_CONTROL, RADIUS_CONTROL)
        self._paint_words(painter, face, ink)
        if self.hasFocus():
            paint_focus_ring(painter, face, tokens)
        painter.end()

    def _paint_words(self, painter: QPainter, face: QRectF, ink: QColor) -> None:
        advance = self.fontMetrics().horizontalAdvance(self.text())
        both = advance + (ICON_SIZE + GAP_SMALL if self._drawing and self.text() else ICON_SIZE if self._drawing else 0)
        left = face.left() + (face.width() - both) / 2
        if self._drawing:
            at = QRectF(left, face.center().y() - ICON_SIZE / 2, ICON_SIZE, ICON_SIZE).toRect()
            mirrored = self.layoutDirection() == Qt.LayoutDirection.RightToLeft
            if mirrored and self.text():
                at.moveLeft(round(left + advance + GAP_SMALL))
            painter.drawPixmap(at, icon_pixmap(self._drawing, ink, ICON_SIZE, self.devicePixelRatioF()))
            if not mirrored:
                left += ICON_SIZE + GAP_SMALL
        painter.setPen(ink)
        painter.drawText(QRectF(left, face.top(), advance + 1, face.height()), Qt.AlignmentFlag.AlignVCenter, self.text())


class Link(_OwnButton):
    """A word that acts, in `accent`, with a target of at least 24 px."""

    ROLE = TextRole.NOTE

    def sizeHint(self) -> QSize:
        metrics = self.fontMetrics()
        return QSize(metrics.horizontalAdvance(self.text()) + 2 * GAP_TINY, max(TARGET, metrics.height() + 2))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = self._scheme.tokens
        painter = QPainter(self)
        font = self.font()
        font.setUnderline(self.underMouse() or self.isChecked())
        painter.setFont(font)
        painter.setPen(tokens.accent if self.isEnabled() else tokens.text3)
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self.text())
        if self.hasFocus():
            # No room outside a line of text: the ring lies on the edge of the target.
            inner = QRectF(self.rect()).adjusted(RING, RING, -RING, -RING)
            paint_focus_ring(painter, inner, tokens, 1)
        painter.end()
