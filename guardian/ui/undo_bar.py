"""The last act, as read back, with its way back; and the way back from all of them."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from guardian.model.verdict import State
from guardian.protocol.i18n import _
from guardian.ui.button import Link
from guardian.ui.card import Card
from guardian.ui.mark import Mark
from guardian.ui.scheme import Scheme
from guardian.ui.tokens import GAP, GAP_SMALL
from guardian.ui.type_scale import TextRole
from guardian.ui.words import ElidedWords, Words


class UndoBar(Card):
    """What was done last.  `undo_asked` takes it back, `undo_all_asked` all that Guardian did and was not taken back."""

    undo_asked = Signal()
    undo_all_asked = Signal()

    def __init__(self, scheme: Scheme, parent: QWidget | None = None) -> None:
        super().__init__(scheme, parent)
        self.setAccessibleName(_("Last act"))
        self._mark = Mark(scheme, "check", colour="text")
        self.words = Words(scheme, "", TextRole.BODY)
        self.words.setWordWrap(True)
        self.words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.note = ElidedWords(scheme, _("Waiting plans act when their program starts."), TextRole.NOTE, "text2")
        self.undo = Link(scheme, _("Undo"))
        self.undo_all = Link(scheme, _("Undo all of ours…"))
        self.undo.clicked.connect(self.undo_asked)
        self.undo_all.clicked.connect(self.undo_all_asked)
        row = QHBoxLayout()
        row.setSpacing(GAP)
        row.addWidget(self._mark)
        row.addWidget(self.words, 1)
        row.addWidget(self.note)
        row.addWidget(self.undo)
        row.addWidget(self.undo_all)
        self.body.setContentsMargins(GAP, GAP_SMALL - 2, GAP, GAP_SMALL - 2)
        self.body.addLayout(row)

    def say(self, words: str, *, refused: bool = False) -> None:
        """Say what came of the last act."""
        self.words.show_text(words)
        self._mark.show_shape(State.WARNING if refused else "check")
        self._mark.setVisible(bool(words))

    def show_acts(self, count: int, *, waiting: bool, busy: bool) -> None:
        """Offer the way back from `count` acts; nothing while one is being carried out."""
        self.undo.setVisible(count > 0)
        self.undo_all.setVisible(count > 0)
        self.undo.setEnabled(not busy)
        self.undo_all.setEnabled(not busy)
        self.note.setVisible(waiting)
        self.setVisible(bool(self.words.text()) or count > 0 or waiting)
