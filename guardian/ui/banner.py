"""The banner: the state's shape, the headline, why, and at most three acts."""

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QAccessible, QAccessibleEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from guardian.model.verdict import State
from guardian.ui.button import RING, ActButton, Look
from guardian.ui.card import Card
from guardian.ui.scheme import Scheme
from guardian.ui.shapes import paint_state, state_name
from guardian.ui.tokens import GAP_SMALL, GAP_TINY, RADIUS_CARD
from guardian.ui.type_scale import TextRole
from guardian.ui.verdict_words import BannerWords
from guardian.ui.words import Words

_SHAPE, _STACKED_BELOW = 28, 760
_DRAWINGS = {"freeze": "freeze"}
_TINTED = frozenset((State.WARNING, State.CRITICAL))


class _Shape(QWidget):
    """The state's shape in the banner."""

    def __init__(self, scheme: Scheme) -> None:
        super().__init__()
        self._scheme, self._state = scheme, State.NO_DATA
        self.setFixedSize(_SHAPE + 4, _SHAPE + 4)

    def show_state(self, state: State) -> None:
        """Show another state's shape."""
        self._state = state
        self.setAccessibleName(state_name(state))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        face = QRectF(self.rect()).adjusted(2, 2, -2, -2)
        paint_state(painter, face, self._state, self._scheme.tokens.states[self._state].colour)
        painter.end()


class Banner(Card):
    """State in words.  `act_wanted` carries the stable name of the act that was pressed."""

    act_wanted = Signal(str)

    def __init__(self, scheme: Scheme, parent: QWidget | None = None) -> None:
        super().__init__(scheme, parent)
        self._state = State.NO_DATA
        self._announced: tuple[State, str] | None = None
        self._acts: tuple[tuple[str, str, Look], ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._shape = _Shape(scheme)
        self.headline = Words(scheme, "", TextRole.HEADLINE)
        self.why = Words(scheme, "", TextRole.BODY, "text2")
        for words in (self.headline, self.why):
            words.setWordWrap(True)
            words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            words.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            words.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        said = QVBoxLayout()
        said.setSpacing(GAP_TINY)
        said.addWidget(self.headline)
        said.addWidget(self.why)
        self._buttons = QHBoxLayout()
        self._buttons.setSpacing(0)
        self._beside = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._beside.setSpacing(GAP_SMALL)
        self._beside.addLayout(said, 1)
        self._beside.addLayout(self._buttons)
        across = QHBoxLayout()
        across.setSpacing(14)
        across.addWidget(self._shape, 0, Qt.AlignmentFlag.AlignVCenter)
        across.addLayout(self._beside, 1)
        self.body.addLayout(across)
        self.body.setContentsMargins(16, 12, 16 - RING, 12)
        self.setMinimumHeight(74)

    def show_words(self, state: State, words: BannerWords, acts: Sequence[tuple[str, str, Look]] = ()) -> None:
        """Show a state's sentences and its acts (name, words, look), the first that is reached first."""
        self._state = state
        self._shape.show_state(state)
        self.headline.show_text(words.headline)
        self.why.show_text(words.why)
        self.setAccessibleName(f"{state_name(state)}. {words.headline}")
        self.setAccessibleDescription(words.why)
        if tuple(acts) != self._acts:
            self._acts = tuple(acts)
            self._make_buttons()
        self.update()
        self._announce(state, words.headline)

    def _make_buttons(self) -> None:
        while (item := self._buttons.takeAt(0)) is not None:
            old = item.widget()
            if old is not None:
                old.hide()
                old.deleteLater()
        for name, words, look in self._acts:
            button = ActButton(self.scheme, words, look, _DRAWINGS.get(name))
            button.setObjectName(name)
            button.clicked.connect(self._press)
            self._buttons.addWidget(button)
        self._buttons.addStretch(0)

    @Slot()
    def _press(self) -> None:
        self.act_wanted.emit(self.sender().objectName())

    def _announce(self, state: State, headline: str) -> None:
        """Tell screen readers of a change to warning or critical; live values are not announced."""
        before = self._announced
        self._announced = (state, headline)
        if state not in _TINTED or (before is not None and before[0] is state):
            return
        try:
            from PySide6.QtGui import QAccessibleAnnouncementEvent
        except ImportError:  # before Qt 6.8
            QAccessible.updateAccessibility(QAccessibleEvent(self, QAccessible.Event.Alert))
            return
        event = QAccessibleAnnouncementEvent(self, headline)
        polite = QAccessible.AnnouncementPoliteness
        event.setPoliteness(polite.Assertive if state is State.CRITICAL else polite.Polite)
        QAccessible.updateAccessibility(event)

    def paint_frame(self, painter: QPainter) -> None:
        tokens = self.scheme.tokens
        fill, edge = tokens.surface, tokens.border
        if self._state in _TINTED:
            fill, edge = tokens.states[self._state].tint, tokens.states[self._state].colour
        elif self._state is State.NO_DATA and self._acts:
            edge = tokens.control
        painter.setPen(QPen(edge, 1))
        painter.setBrush(fill)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), RADIUS_CARD, RADIUS_CARD)

    def resizeEvent(self, event: QResizeEvent) -> None:
        stacked = self.width() < _STACKED_BELOW
        direction = QBoxLayout.Direction.TopToBottom if stacked else QBoxLayout.Direction.LeftToRight
        if self._beside.direction() != direction:
            self._beside.setDirection(direction)
            # The room for the first button's focus ring reaches into the gap, so that its face stands under the words.
            self._buttons.setContentsMargins(-RING if stacked else 0, 0, 0, 0)
            self._beside.setSpacing(0 if stacked else GAP_SMALL)
        super().resizeEvent(event)

    def sizeHint(self) -> QSize:
        return QSize(640, super().sizeHint().height())
