"""Several cards in the place of one, as tabs, for windows too narrow to show them side by side."""

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt, Slot
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QHBoxLayout, QRadioButton, QSizePolicy, QStackedWidget, QWidget

from guardian.ui.button import RING, Link, paint_focus_ring
from guardian.ui.card import Card, HeadedCard
from guardian.ui.chart_card import ChartCard
from guardian.ui.scheme import Scheme
from guardian.ui.tokens import CONTROL_HEIGHT, GAP_TINY, GAP_WIDE, TARGET
from guardian.ui.type_scale import TextRole, font_for


class _Tab(QRadioButton):
    """One tab: the chosen one is underlined; the arrow keys go left and right."""

    def __init__(self, scheme: Scheme, text: str, parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self._scheme = scheme
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        scheme.changed.connect(self._repaint)

    @Slot()
    def _repaint(self) -> None:
        self.update()

    def sizeHint(self) -> QSize:
        metrics = QFontMetrics(font_for(TextRole.HEADING))
        return QSize(max(metrics.horizontalAdvance(self.text()) + GAP_TINY, TARGET), max(CONTROL_HEIGHT, metrics.height() + 8))

    def minimumSizeHint(self) -> QSize:
        return QSize(self.sizeHint().width() if self.isChecked() else 40, self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = self._scheme.tokens
        painter = QPainter(self)
        painter.setFont(font_for(TextRole.HEADING if self.isChecked() else TextRole.BODY))
        painter.setPen(tokens.text if self.isChecked() or self.underMouse() else tokens.text2)
        text = painter.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, self.width())
        lead = int(Qt.AlignmentFlag.AlignLeading | Qt.AlignmentFlag.AlignVCenter)
        painter.drawText(self.rect().adjusted(0, 0, 0, -GAP_TINY), lead, text)
        if self.isChecked():
            painter.fillRect(0, self.height() - 2, self.width(), 2, tokens.accent)
        if self.hasFocus():
            paint_focus_ring(painter, QRectF(self.rect()).adjusted(RING, RING, -RING, -RING), tokens, 1)
        painter.end()


class TabbedCard(Card):
    """One card whose tabs are other cards, shown bare; its link is that of the card in front."""

    def __init__(self, scheme: Scheme, parent: QWidget | None = None) -> None:
        super().__init__(scheme, parent)
        self._cards: list[HeadedCard] = []
        self._group = QButtonGroup(self)
        self._head = QHBoxLayout()
        self._head.setSpacing(GAP_WIDE)
        self._tabs = QHBoxLayout()
        self._tabs.setSpacing(GAP_WIDE)
        self._link = Link(scheme, "")
        self._link.clicked.connect(self._press)
        self._head.addLayout(self._tabs)
        self._head.addStretch(1)
        self._head.addWidget(self._link)
        self.body.addLayout(self._head)
        self._stack = QStackedWidget(self)
        self.body.addWidget(self._stack, 1)
        self._group.buttonToggled.connect(self._turn)

    def hold(self, cards: Sequence[tuple[HeadedCard, str]]) -> None:
        """Take cards in, each under the word of its tab; the first is in front."""
        for card, word in cards:
            tab = _Tab(self.scheme, word, self)
            self._tabs.addWidget(tab)
            self._group.addButton(tab, len(self._cards))
            self._cards.append(card)
            card.set_bare(bare=True)
            self._stack.addWidget(card)
            if isinstance(card, ChartCard):
                card.turned.connect(self._show_link)
        self._group.button(0).setChecked(True)
        self._stack.setCurrentIndex(0)
        self._show_link()

    def give_back(self) -> list[HeadedCard]:
        """Let all cards go, with frame and head again."""
        cards, self._cards = self._cards, []
        for card in cards:
            self._stack.removeWidget(card)
            card.setParent(None)
            card.set_bare(bare=False)
            if isinstance(card, ChartCard):
                card.turned.disconnect(self._show_link)
        for button in self._group.buttons():
            self._group.removeButton(button)
            button.deleteLater()
        return cards

    @Slot(QAbstractButton, bool)
    def _turn(self, button: QAbstractButton, checked: bool) -> None:
        button.updateGeometry()
        if checked:
            self._stack.setCurrentIndex(self._group.id(button))
            self._show_link()

    @Slot()
    def _show_link(self) -> None:
        link = self._front().link
        self._link.setVisible(link is not None)
        if link is not None:
            self._link.setText(link.text())
            self._link.setAccessibleDescription(self._front().heading.text())
            self._link.updateGeometry()

    @Slot()
    def _press(self) -> None:
        link = self._front().link
        if link is not None:
            link.click()

    def _front(self) -> HeadedCard:
        return self._cards[self._group.checkedId()]
