"""The selected plan: each wish with what was read back and from where, and the processes that do not have it."""

from functools import partial

from PySide6.QtCore import QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from guardian.model.verdict import State
from guardian.policy.pins import Keeper, Standing
from guardian.policy.protection import PlanRow, Protection, Stand, title_of
from guardian.protocol.i18n import _
from guardian.protocol.printable import printable
from guardian.protocol.quantities import format_adjustment
from guardian.ui.button import RING, ActButton, Look
from guardian.ui.card import HeadedCard
from guardian.ui.plan_words import TROUBLED, detail_words, facts_of, held_words, member_words
from guardian.ui.scheme import Scheme
from guardian.ui.shapes import paint_state
from guardian.ui.text_table import TextCell, TextColumn, TextModel, TextTable
from guardian.ui.tokens import GAP, GAP_SMALL, GAP_TINY, RADIUS_CONTROL
from guardian.ui.type_scale import TextRole
from guardian.ui.words import Words

_WANTED, _NOW, _SOURCE = 84, 84, 214
_SHAPE = 12


class StandTag(Words):
    """How a plan stands, outlined; with the warning's shape where not all is held."""

    def __init__(self, scheme: Scheme, parent: QWidget | None = None) -> None:
        super().__init__(scheme, "", TextRole.NOTE, "text2", parent)
        self._troubled = False
        self._tokens_of = scheme
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def show_row(self, row: PlanRow) -> None:
        """Show how a plan stands."""
        self._troubled = row.stand in TROUBLED
        words = _("held by {count}") if row.stand in (Stand.HELD, Stand.PARTLY, Stand.NOT_HELD) else "{count}"
        self.show_text(words.format(count=held_words(row)))
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        shape = _SHAPE + GAP_TINY if self._troubled else 0
        return QSize(self.fontMetrics().horizontalAdvance(self.text()) + 2 * GAP_SMALL + shape, self.fontMetrics().height() + 4)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = self._tokens_of.tokens
        colour = tokens.states[State.WARNING].colour if self._troubled else tokens.text2
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(colour, 1))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), RADIUS_CONTROL, RADIUS_CONTROL)
        left = GAP_SMALL
        if self._troubled:
            paint_state(painter, QRectF(left, (self.height() - _SHAPE) / 2, _SHAPE, _SHAPE), State.WARNING, colour)
            left += _SHAPE + GAP_TINY
        painter.setPen(colour)
        painter.drawText(self.rect().adjusted(left, 0, 0, 0), int(Qt.AlignmentFlag.AlignVCenter), self.text())
        painter.end()


class PlanDetail(HeadedCard):
    """Wanted, now and read from of one plan.

    `again_asked` wants the values set again, `insist_asked` that the plan does so each time or (False) no longer, `accept_asked`
    that the plan takes over what the program set (an adjustment).
    """

    again_asked = Signal()
    insist_asked = Signal(bool)
    accept_asked = Signal(int)

    def __init__(self, scheme: Scheme, parent: QWidget | None = None) -> None:
        super().__init__(scheme, _("Plan"), "", parent)
        self._accepted: int | None = None
        self.tag = StandTag(scheme)
        self.add_to_head(self.tag)
        heads = (
            TextColumn(_("What"), 0),
            TextColumn(_("Wanted"), _WANTED, right=True),
            TextColumn(_("Now"), _NOW, right=True),
            TextColumn(_("Read from"), _SOURCE),
        )
        self.facts = TextModel(heads, self)
        self.members = TextModel([column._replace(word="") for column in heads], self)
        self.fact_table = TextTable(scheme, self.facts, _("Wanted and read back"))
        self.member_table = TextTable(scheme, self.members, _("Processes that do not have it"), headed=False)
        self.words = Words(scheme, "", TextRole.BODY, "text2")
        self.words.setWordWrap(True)
        self.again = ActButton(scheme, _("Set again"), Look.MAIN)
        self.insist = ActButton(scheme, _("Keep setting it"))
        self.relent = ActButton(scheme, _("Leave it to the program"))
        self.accept = ActButton(scheme, _("Accept"))
        for button in (self.again, self.insist, self.relent, self.accept):
            button.hide()
        self.again.clicked.connect(self.again_asked)
        self.insist.clicked.connect(partial(self.insist_asked.emit, True))  # noqa: FBT003 - a signal takes its values by place
        self.relent.clicked.connect(partial(self.insist_asked.emit, False))  # noqa: FBT003
        self.accept.clicked.connect(self._accept)
        # Cells have their padding: with it their texts stand below the heading.
        self.body.setContentsMargins(GAP - GAP_SMALL, GAP_SMALL, GAP - GAP_SMALL, GAP_SMALL)
        self.head.setContentsMargins(GAP_SMALL, 0, GAP_SMALL, 0)
        tables = QVBoxLayout()
        tables.setSpacing(GAP_SMALL)
        said = QHBoxLayout()
        said.setContentsMargins(GAP_SMALL, 0, GAP_SMALL, 0)
        said.addWidget(self.words)
        tables.addWidget(self.fact_table)
        tables.addLayout(said)
        tables.addWidget(self.member_table, 1)
        self.body.addLayout(tables)
        self.body.addStretch(1)
        row = QHBoxLayout()
        row.setContentsMargins(GAP_SMALL - RING, 0, GAP_SMALL - RING, 0)
        row.setSpacing(GAP_SMALL - 2 * RING)
        for button in (self.again, self.insist, self.relent, self.accept):
            row.addWidget(button)
        row.addStretch(1)
        self.body.addLayout(row)

    def show_row(self, row: PlanRow | None, protection: Protection | None) -> None:
        """Show one plan; None where none is selected."""
        there = row is not None and protection is not None
        for widget in (self.tag, self.fact_table, self.member_table):
            widget.setVisible(there)
        if row is None or protection is None:
            self.heading.show_text(_("Plan"))
            self.words.show_text(_("Select a plan to see what was read back."))
            self._show_acts(None)
            return
        self.heading.show_text(printable(title_of(row)))
        self.tag.show_row(row)
        self.facts.show_rows(
            [
                (
                    TextCell(fact.what),
                    TextCell(fact.wanted),
                    TextCell(fact.now, amiss=not fact.right),
                    TextCell(fact.source, quiet=True),
                )
                for fact in facts_of(row)
            ]
        )
        self.members.show_rows(
            [
                (TextCell(name), TextCell(size), TextCell(now, amiss=True, strong=False), TextCell(why, quiet=True))
                for name, size, now, why in member_words(row, protection)
            ]
        )
        self.member_table.setVisible(bool(self.members.rows))
        self.words.show_text(detail_words(row))
        self._show_acts(row)

    def _show_acts(self, row: PlanRow | None) -> None:
        missing = [member for member in row.plan.members if member.standing is not Standing.HELD] if row is not None else []
        self.again.setVisible(bool(missing))
        values = {member.now for member in missing if member.standing is Standing.OVERWRITTEN}
        value = next(iter(values)) if len(values) == 1 else None
        rule = row.plan.pin.rule if row is not None and row.kept is None and row.plan.pin.keeper is not Keeper.ONCE else None
        self.insist.setVisible(rule is not None and not rule.insist and bool(values))
        self.relent.setVisible(rule is not None and rule.insist)
        self._accepted = value if rule is not None else None
        self.accept.setVisible(self._accepted is not None)
        if self._accepted is not None:
            self.accept.setText(_("Accept {value}").format(value=format_adjustment(self._accepted)))
            self.accept.updateGeometry()

    @Slot()
    def _accept(self) -> None:
        if self._accepted is not None:
            self.accept_asked.emit(self._accepted)
