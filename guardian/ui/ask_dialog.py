"""What the dialogs of acts share: a heading, words, and two buttons of which the safe one is first."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget

from guardian.protocol.i18n import _
from guardian.ui.button import ActButton, Look
from guardian.ui.scheme import Scheme
from guardian.ui.tokens import GAP, GAP_SMALL, PAGE_MARGIN
from guardian.ui.type_scale import TextRole
from guardian.ui.words import Words


class AskDialog(QDialog):
    """Asks before an act; `ordered` brings the order when it is given.  Esc and Cancel give none."""

    ordered = Signal(object)

    def __init__(self, scheme: Scheme, title: str, act: str, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.scheme = scheme
        self.setWindowTitle(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.heading = Words(scheme, title, TextRole.KILL_HEADLINE)
        self.heading.setWordWrap(True)
        self.body = QVBoxLayout()
        self.body.setSpacing(GAP_SMALL)
        self.cancel = ActButton(scheme, _("Cancel"))
        self.act = ActButton(scheme, act, look)
        self.cancel.clicked.connect(self.reject)
        self.act.clicked.connect(self.accept)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(self.cancel)
        buttons.addWidget(self.act)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(PAGE_MARGIN, PAGE_MARGIN, PAGE_MARGIN, GAP)
        layout.setSpacing(GAP)
        layout.addWidget(self.heading)
        layout.addLayout(self.body)
        layout.addStretch(1)
        layout.addLayout(buttons)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.grow()

    def grow(self) -> None:
        """Take the height that the words need at this width; what was made larger stays."""
        QTimer.singleShot(0, self, self._grow)

    @Slot()
    def _grow(self) -> None:
        layout = self.layout()
        wanted = layout.totalHeightForWidth(self.width()) if layout is not None else 0
        if wanted > self.height():
            self.resize(self.width(), wanted)

    def say(self, text: str, colour: str = "text", role: TextRole = TextRole.BODY) -> Words:
        """Add a paragraph."""
        words = Words(self.scheme, text, role, colour)
        words.setWordWrap(True)
        self.body.addWidget(words)
        return words


def names_of(names: Sequence[str], most: int = 4) -> str:
    """Names one after the other, the first few of them."""
    shown = ", ".join(names[:most])
    return _("{names} and others").format(names=shown) if len(names) > most else shown
