"""Is enough left to choose from? What is protected, ordinary and offered first, and what has to be known beside it."""

from PySide6.QtCore import QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QBrush, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from guardian.policy.protection import Protection, Shares
from guardian.protocol.i18n import _
from guardian.protocol.quantities import format_bytes
from guardian.ui.button import Link
from guardian.ui.card import HeadedCard, Separator
from guardian.ui.mark import Mark
from guardian.ui.patterns import hatch_brush, layer_brush
from guardian.ui.plan_words import Note, budget_words, notes_of
from guardian.ui.scheme import Scheme
from guardian.ui.tokens import BAR_HEIGHT, GAP, GAP_SMALL, GAP_TINY, Tokens
from guardian.ui.type_scale import TextRole
from guardian.ui.words import Words

_PROGRAMS = 2
_SWATCH = 12
PROTECTED, ORDINARY, OFFERED = range(3)


def _brush(tokens: Tokens, part: int, ratio: float) -> QBrush:
    """Protected in the programs' blue, offered hatched as every adjustment, ordinary plain."""
    if part == PROTECTED:
        return layer_brush(tokens, _PROGRAMS, ratio)
    return hatch_brush(tokens, ratio) if part == OFFERED else QBrush(tokens.layers[-1].fill)


class ShareBar(QWidget):
    """Three parts of what programs hold."""

    def __init__(self, scheme: Scheme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._scheme = scheme
        self._sizes = (0, 0, 0)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(_("Memory of programs by protection"))
        scheme.changed.connect(self._repaint)

    @Slot()
    def _repaint(self) -> None:
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(200, BAR_HEIGHT)

    def show_sizes(self, sizes: tuple[int, int, int], words: str) -> None:
        """Show the parts in bytes; `words` say the same."""
        self.setAccessibleDescription(words)
        if sizes != self._sizes:
            self._sizes = sizes
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens, painter = self._scheme.tokens, QPainter(self)
        box = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        total, left = sum(self._sizes), box.left()
        painter.fillRect(box, tokens.layers[-1].fill)
        if self.layoutDirection() == Qt.LayoutDirection.RightToLeft:
            painter.translate(self.width(), 0)
            painter.scale(-1, 1)
        for part, size in enumerate(self._sizes):
            width = box.width() * size / total if total else 0.0
            if size:
                width = max(1.5, width)
                piece = QRectF(left, box.top(), width, box.height())
                painter.setBrushOrigin(piece.topLeft())
                painter.fillRect(piece, _brush(tokens, part, self.devicePixelRatioF()))
                if left > box.left():
                    painter.fillRect(QRectF(left, box.top(), 1, box.height()), tokens.control)
            left += width
        painter.setPen(QPen(tokens.control, 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(box)
        painter.end()


class _Swatch(QWidget):
    """The square of one part before its words."""

    def __init__(self, scheme: Scheme, part: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._scheme, self._part = scheme, part
        self.setFixedSize(_SWATCH, _SWATCH)
        scheme.changed.connect(self._repaint)

    @Slot()
    def _repaint(self) -> None:
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        box = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.fillRect(box, _brush(self._scheme.tokens, self._part, self.devicePixelRatioF()))
        painter.setPen(QPen(self._scheme.tokens.control, 1))
        painter.drawRect(box)
        painter.end()


class BudgetCard(HeadedCard):
    """The budget with its legend and notes; `lower_asked` wants Guardian's own adjustment lowered."""

    lower_asked = Signal()

    def __init__(self, scheme: Scheme, parent: QWidget | None = None) -> None:
        super().__init__(scheme, _("Is enough left to choose from?"), "", parent)
        self._notes: tuple[Note, ...] = ()
        self.answer = Words(scheme, "", TextRole.BODY, "text2")
        self.answer.setWordWrap(True)
        self.bar = ShareBar(scheme)
        self.body.addWidget(self.answer)
        self.body.addSpacing(GAP_SMALL)
        self.body.addWidget(self.bar)
        self.body.addSpacing(GAP_SMALL)
        self._sizes: list[Words] = []
        words = (_("Protected"), _("Ordinary"), _("Offered first, adjustment above 0"))
        for part, word in enumerate(words):
            row = QHBoxLayout()
            row.setSpacing(GAP_SMALL)
            size = Words(scheme, "", TextRole.HEADING)
            row.addWidget(_Swatch(scheme, part))
            row.addWidget(Words(scheme, word, TextRole.BODY, "text2"))
            row.addWidget(size)
            row.addStretch(1)
            self._sizes.append(size)
            self.body.addLayout(row)
            self.body.addSpacing(GAP_TINY)
        self.body.addSpacing(GAP_SMALL)
        self.body.addWidget(Separator(scheme))
        self.body.addSpacing(GAP_SMALL)
        self._box = QVBoxLayout()
        self._box.setSpacing(GAP)
        self.body.addLayout(self._box)
        self.lower_own = Link(scheme, _("Lower its own adjustment"))
        self.lower_own.clicked.connect(self.lower_asked)
        self.body.addWidget(self.lower_own)
        self.body.addStretch(1)
        self.lower_own.hide()

    def show_protection(self, protection: Protection, total: int) -> None:
        """Show the budget; `total` is the machine's memory in bytes."""
        shares = protection.shares
        self.answer.show_text(budget_words(shares))
        sizes = (shares.protected, shares.ordinary, shares.offered)
        self.bar.show_sizes(sizes, self._sentence(shares))
        for words, size in zip(self._sizes, sizes, strict=True):
            words.show_text(format_bytes(size))
        self._show_notes(tuple(notes_of(protection, total)))
        own = protection.own
        self.lower_own.setVisible(own is not None and (own.oom_score_adj or 0) > 0 and protection.helper)

    def _sentence(self, shares: Shares) -> str:
        return _("Protected {protected}, ordinary {ordinary}, offered first {offered}").format(
            protected=format_bytes(shares.protected), ordinary=format_bytes(shares.ordinary), offered=format_bytes(shares.offered)
        )

    def _show_notes(self, notes: tuple[Note, ...]) -> None:
        if notes == self._notes:
            return
        self._notes = notes
        while (item := self._box.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        for note in notes:
            self._box.addWidget(self._note(note))

    def _note(self, note: Note) -> QWidget:
        made = QWidget(self)
        across = QHBoxLayout(made)
        across.setContentsMargins(0, 0, 0, 0)
        across.setSpacing(GAP_SMALL)
        across.addWidget(Mark(self.scheme, note.shape, drop=2), 0, Qt.AlignmentFlag.AlignTop)
        texts = QVBoxLayout()
        texts.setSpacing(2)
        heading, words = (
            Words(self.scheme, note.heading, TextRole.HEADING),
            Words(self.scheme, note.words, TextRole.BODY, "text2"),
        )
        for each in (heading, words):
            each.setWordWrap(True)
            texts.addWidget(each)
        across.addLayout(texts, 1)
        return made
