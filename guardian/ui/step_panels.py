"""What the steps of the strip open: the checks of then and now, and what came of the last kill."""

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from guardian.model.history import Kill
from guardian.model.verdict import Verdict
from guardian.policy.evidence_words import CRITERION, check_words, sign_words
from guardian.policy.kill_words import freed_words, sentence
from guardian.protocol.i18n import _, sentences
from guardian.protocol.quantities import UNKNOWN, format_bytes
from guardian.ui.button import Link
from guardian.ui.card import HeadedCard, Separator
from guardian.ui.kill_list import moment_words
from guardian.ui.scheme import Scheme
from guardian.ui.text_table import TextCell, TextColumn, TextModel, TextTable
from guardian.ui.tokens import GAP_SMALL
from guardian.ui.type_scale import TextRole
from guardian.ui.verdict_words import killer_name, victim_name
from guardian.ui.words import Words


def _say(scheme: Scheme, text: str, role: TextRole = TextRole.BODY, colour: str = "text2") -> Words:
    words = Words(scheme, text, role, colour)
    words.setWordWrap(True)
    return words


class ClosableCard(HeadedCard):
    """A card that steps aside for the setting again; `closed` when its link is pressed."""

    closed = Signal()

    def __init__(self, scheme: Scheme, heading: str, note: str = "", parent: QWidget | None = None) -> None:
        super().__init__(scheme, heading, note, parent)
        back = Link(scheme, _("Back to the setting"))
        back.clicked.connect(self.closed)
        self.add_link(back)


class CheckCard(ClosableCard):
    """Step 2: the five questions of the kernel's first clock, and today's criterion."""

    def __init__(self, scheme: Scheme, parent: QWidget | None = None) -> None:
        super().__init__(scheme, _("Is memory out?"), "", parent)
        self.answer = _say(scheme, _("Nothing was judged yet."))
        self.body.addWidget(self.answer)
        self.body.addSpacing(GAP_SMALL)
        head = (TextColumn(_("Check"), 0), TextColumn(_("Now"), 96, right=True), TextColumn(_("Holds"), 136))
        self.classic, self.today = TextModel(head, self), TextModel(head, self)
        parts = (
            (_("The first rule, Linux 2.4 to 2.6.9: all five must hold"), self.classic, _("The five classic checks")),
            (_("Today's criterion: any of these"), self.today, _("Today's criterion")),
        )
        self.tables: list[TextTable] = []
        for words, model, name in parts:
            self.body.addWidget(_say(scheme, words, TextRole.NOTE_STRONG, "text"))
            # The first table's heads are those of both.
            table = TextTable(scheme, model, name, headed=model is self.classic)
            self.tables.append(table)
            self.body.addWidget(table)
            self.body.addSpacing(GAP_SMALL)
        self.body.addStretch(1)

    def show_verdict(self, verdict: Verdict | None) -> None:
        """Show the checks of a verdict."""
        if verdict is None or not verdict.classic:
            self.answer.show_text(_("Nothing was judged yet."))
            return
        holding = sum(one.holds for one in verdict.classic)
        met = [one for one in verdict.evidence if one.name in CRITERION and one.met]
        words = _("By today's criterion memory is out.") if met else _("By today's criterion memory is not out.")
        counted = _("{count} of {all} classic checks hold.").format(count=holding, all=len(verdict.classic))
        self.answer.show_text(sentences(words, counted))
        self.classic.show_rows(
            [
                (TextCell(name), TextCell(value), _held(one.holds))
                for one in verdict.classic
                for name, value in (check_words(one),)
            ]
        )
        self.today.show_rows(
            [
                (TextCell(name), TextCell(value), _held(one.met, counts))
                for one in verdict.evidence
                if one.name in CRITERION
                for name, value, counts in (sign_words(one),)
            ]
        )


def _held(holds: bool, counts: str = "") -> TextCell:
    if holds:
        return TextCell(_("holds"), amiss=True)
    return TextCell(_("no, {counts}").format(counts=counts) if counts else _("does not hold"), quiet=True)


class AftermathCard(ClosableCard):
    """Step 4: the last kill, whether it was enough, and who would be next; `history_wanted` asks for the whole story."""

    history_wanted = Signal()

    def __init__(self, scheme: Scheme, parent: QWidget | None = None) -> None:
        super().__init__(scheme, _("The last kill"), "", parent)
        self.told = _say(scheme, "", TextRole.BODY, "text")
        self.enough = _say(scheme, "")
        history = Link(scheme, _("Open History"))
        history.clicked.connect(self.history_wanted)
        for words in (self.told, self.enough):
            self.body.addWidget(words)
            self.body.addSpacing(GAP_SMALL)
        row = QHBoxLayout()
        row.addWidget(history)
        row.addStretch(1)
        self.body.addLayout(row)
        self.body.addWidget(Separator(scheme))
        self.body.addSpacing(GAP_SMALL)
        self.body.addWidget(_say(scheme, _("If it were not enough, next would be"), TextRole.HEADING, "text"))
        head = (
            TextColumn(_("Who acts"), 120),
            TextColumn(_("When"), 0),
            TextColumn(_("Would end"), 150),
            TextColumn(_("Frees"), 80, right=True),
        )
        self.next = TextModel(head, self)
        self.table = TextTable(scheme, self.next, _("Who would be next"))
        self.body.addWidget(self.table)
        self.body.addStretch(1)

    def show_kill(self, kill: Kill | None) -> None:
        """Show what history kept last."""
        if kill is None or kill.time is None:
            self.told.show_text(_("The agent has seen no kill yet."))
            self.enough.show_text(_("What the logs of earlier times tell is on page History."))
            return
        self.told.show_text(_("{when}: {sentence}").format(when=moment_words(kill), sentence=sentence(kill)))
        enough = _("It was enough: the shortage ended.") if kill.enough else ""
        unknown = _("Whether it was enough is not known.") if kill.enough is None else ""
        self.enough.show_text(sentences(freed_words(kill), enough, unknown))

    def show_verdict(self, verdict: Verdict | None) -> None:
        """Show whom each killer would take next."""
        rows: Sequence[tuple[TextCell, ...]] = ()
        if verdict is not None:
            rows = [
                (
                    TextCell(killer_name(one.killer)),
                    TextCell(one.acts_when, quiet=True),
                    TextCell(victim_name(one) or UNKNOWN),
                    TextCell(format_bytes(one.frees)),
                )
                for one in verdict.next_victims
            ]
        self.next.show_rows(rows)
