"""The card: a framed piece of a page with a heading, its unit, and what belongs to it."""

from PySide6.QtCore import QRectF, QSize, Qt, Slot
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from guardian.ui.button import Link
from guardian.ui.scheme import Scheme
from guardian.ui.tokens import GAP, GAP_SMALL, GAP_TINY, RADIUS_CARD, TARGET
from guardian.ui.type_scale import TextRole
from guardian.ui.words import ElidedWords


class Card(QWidget):
    """A plain frame: `surface` with a 1 px `border`, 8 px above and below, 12 px at the sides."""

    def __init__(self, scheme: Scheme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.scheme = scheme
        self.body = QVBoxLayout(self)
        self.body.setContentsMargins(GAP, GAP_SMALL, GAP, GAP_SMALL)
        self.body.setSpacing(GAP_SMALL)
        scheme.changed.connect(self._repaint)

    @Slot()
    def _repaint(self) -> None:
        self.update()

    def paint_frame(self, painter: QPainter) -> None:
        """Fill and edge; overridden where a card is tinted."""
        tokens = self.scheme.tokens
        painter.setPen(QPen(tokens.border, 1))
        painter.setBrush(tokens.surface)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), RADIUS_CARD, RADIUS_CARD)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self.paint_frame(painter)
        painter.end()


class HeadedCard(Card):
    """A card with a head: heading, note (its unit) and, at the far end, further words and the link.

    `link` is the card's one link, None where it has none.  A bare card lends its place to a tab of another card: no frame,
    no head.
    """

    link: Link | None = None

    def __init__(self, scheme: Scheme, heading: str, note: str = "", parent: QWidget | None = None) -> None:
        super().__init__(scheme, parent)
        self._bare = False
        self._head_box = QWidget(self)
        self.head = QHBoxLayout(self._head_box)
        self.head.setContentsMargins(0, 0, 0, 0)
        self.head.setSpacing(GAP_SMALL)
        # As high as a head with a link, so that cards side by side have their headings on one line.
        self.head.addStrut(TARGET)
        self.heading = ElidedWords(scheme, heading, TextRole.HEADING, least=150)
        self.note = ElidedWords(scheme, note, TextRole.NOTE, "text2")
        self.head.addWidget(self.heading)
        self.head.addWidget(self.note)
        self.head.addStretch(1)
        self.body.addWidget(self._head_box)
        self.body.setSpacing(GAP_TINY)
        self.setAccessibleName(heading)

    def add_to_head(self, widget: QWidget) -> None:
        """Put a widget at the head's far end."""
        self.head.addWidget(widget)

    def add_link(self, link: Link) -> None:
        """Put the card's link at the head's end."""
        self.link = link
        self.head.addWidget(link)

    def set_bare(self, *, bare: bool) -> None:
        """Give up frame and head, or take them back."""
        self._bare = bare
        self._head_box.setVisible(not bare)
        sides = (0, 0, 0, 0) if bare else (GAP, GAP_SMALL, GAP, GAP_SMALL)
        self.body.setContentsMargins(*sides)
        self.update()

    def paint_frame(self, painter: QPainter) -> None:
        if not self._bare:
            super().paint_frame(painter)


class Separator(QWidget):
    """A 1 px line between rows."""

    def __init__(self, scheme: Scheme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._scheme = scheme
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        scheme.changed.connect(self._repaint)

    @Slot()
    def _repaint(self) -> None:
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(1, 1)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.fillRect(self.rect(), self._scheme.tokens.grid)
        painter.end()
