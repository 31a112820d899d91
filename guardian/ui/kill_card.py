"""One kill explained: cause and victim, the minutes before, what the killer chose from, what would have changed it."""

import time
from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QGuiApplication, QPainter
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from guardian.model.history import Candidate, Kill, Moment
from guardian.policy.kill_what_if import page_size_of, what_if_words
from guardian.policy.kill_words import freed_words, headline, killer_words, ranking_words, reason_words, report_text, unit_words
from guardian.protocol.i18n import _, close_up, sentences
from guardian.protocol.printable import printable
from guardian.ui.button import ActButton, Look
from guardian.ui.candidate_table import CandidateModel, CandidateTable
from guardian.ui.card import Card
from guardian.ui.chart_card import ChartCard
from guardian.ui.composition_bar import CompositionBar
from guardian.ui.kill_facts import FactRow, past_words
from guardian.ui.moment_area import MomentArea
from guardian.ui.plain_scroll import PlainScroll
from guardian.ui.scheme import Scheme
from guardian.ui.tokens import GAP, GAP_SMALL, GAP_TINY
from guardian.ui.type_scale import TextRole
from guardian.ui.weighed_table import WeighedModel, WeighedTable, weighed_words
from guardian.ui.words import ElidedWords, Words

_TEN_MINUTES = 590.0


class _Inset(ChartCard):
    """A chart with its head inside another card."""

    def __init__(self, scheme: Scheme, chart: MomentArea | CompositionBar, note: str = "") -> None:
        super().__init__(scheme, chart, note)
        self.body.setContentsMargins(0, 0, 0, 0)

    def paint_frame(self, painter: QPainter) -> None:
        """The card around it has the frame."""


def summary(kill: Kill) -> str:
    """When, why and what came free, in one line: "19 Nov 2026, 14:02:11. Swap was 91 % full. 7.3 GiB came free."."""
    if kill.time is not None:
        when = _("{time}.").format(time=time.strftime(_("%-d %b %Y, %H:%M:%S"), time.localtime(kill.time)))
    elif kill.seconds is not None:
        when = _("{span} after the start.").format(span=past_words(kill.seconds))
    else:
        when = ""
    return sentences(when, _reason_sentence(kill), freed_words(kill))


def _reason_sentence(kill: Kill) -> str:
    reason = reason_words(kill)
    if not reason:
        return ""
    # A unit's name keeps its letters.
    named = kill.memcg is not None and reason.startswith(unit_words(kill.memcg))
    return _("{sentence}.").format(sentence=reason if named else reason[0].upper() + reason[1:])


class KillCard(Card):
    """The card of one kill; `prevent_wanted` asks for a plan, `open_wanted` for a recording, `said` tells what was done."""

    prevent_wanted = Signal()
    open_wanted = Signal()
    said = Signal(str)

    def __init__(self, scheme: Scheme, parent: QWidget | None = None) -> None:
        super().__init__(scheme, parent)
        self.kill: Kill | None = None
        self.setAccessibleName(_("The chosen kill"))
        self.headline = Words(scheme, "", TextRole.KILL_HEADLINE)
        self.summary = Words(scheme, "", TextRole.BODY, "text2")
        self.facts = FactRow(scheme)
        self.area = MomentArea(scheme, _("The ten minutes before"))
        self._minutes = _Inset(scheme, self.area, _("GiB"))
        self.bar = CompositionBar(scheme, _("Memory then"))
        self._then = _Inset(scheme, self.bar, _("GiB"))
        self.no_minutes = Words(scheme, _("The minutes before were not kept: nothing watched then."), TextRole.NOTE, "text2")
        self.choice = Words(scheme, "", TextRole.HEADING)
        self.why = Words(scheme, "", TextRole.NOTE, "text2")
        self.model = CandidateModel(self)
        self.table = CandidateTable(scheme, self.model)
        self.groups = WeighedModel(self)
        self.group_table = WeighedTable(scheme, self.groups)
        self.what_if = Words(scheme, "", TextRole.NOTE, "text2")
        self.doubt = Words(scheme, "", TextRole.NOTE, "text2")
        self.prevent = ActButton(scheme, _("Prevent this…"), Look.MAIN)
        self.open = ActButton(scheme, _("Open recording"), Look.PLAIN)
        self.report = ActButton(scheme, _("Report"), Look.PLAIN, "export")
        self.report.setAccessibleDescription(_("Copies this kill as text for a bug report"))
        self.agrees = ElidedWords(scheme, "", TextRole.NOTE, "text2")
        self._lay_out()
        self.prevent.clicked.connect(self.prevent_wanted)
        self.open.clicked.connect(self.open_wanted)
        self.report.clicked.connect(self.copy_report)

    def _lay_out(self) -> None:
        self.body.setContentsMargins(1, GAP, 1, GAP_SMALL)
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(GAP - 1, 0, GAP - 1, 0)
        column.setSpacing(GAP_TINY + 2)
        for words in (self.headline, self.summary, self.no_minutes, self.choice, self.why, self.what_if, self.doubt):
            words.setWordWrap(True)
            words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        for widget, stretch in (
            (self.headline, 0),
            (self.summary, 0),
            (self.facts, 0),
            (self._minutes, 3),
            (self._then, 0),
            (self.no_minutes, 0),
            (self.choice, 0),
            (self.why, 0),
            (self.table, 2),
            (self.group_table, 2),
            (self.what_if, 0),
            (self.doubt, 0),
        ):
            column.addWidget(widget, stretch)
        column.addStretch(0)
        self.scroller = PlainScroll(inside, takes_focus=True)
        self.body.addWidget(self.scroller, 1)
        acts = QHBoxLayout()
        acts.setContentsMargins(GAP - GAP_TINY - 1, 0, GAP - 1, 0)
        acts.setSpacing(0)
        for button in (self.prevent, self.open, self.report):
            acts.addWidget(button)
        acts.addStretch(1)
        acts.addWidget(self.agrees)
        self.body.addLayout(acts)

    def show_kill(self, kill: Kill, moments: Sequence[Moment] | None) -> None:
        """Explain a kill; `moments` are those before it, None while they are being read."""
        if kill is not self.kill:
            self.scroller.verticalScrollBar().setValue(0)
        self.kill = kill
        self.headline.show_text(headline(kill))
        self.summary.show_text(summary(kill))
        self.facts.show_kill(kill)
        self._show_minutes(kill, moments)
        self._show_choice(kill, moments or ())
        self.what_if.show_text(sentences(*what_if_words(kill)))
        self.what_if.setVisible(bool(self.what_if.text()))
        self.doubt.show_text(printable(kill.doubt or ""))
        self.doubt.setVisible(bool(kill.doubt))
        self.agrees.show_text(ranking_words(kill))

    def _show_minutes(self, kill: Kill, moments: Sequence[Moment] | None) -> None:
        known = len(moments or ()) > 1
        self._minutes.setVisible(known)
        self._then.setVisible(not known and kill.composition is not None)
        self.no_minutes.setVisible(not known and moments is not None)
        if moments and known:
            self.area.show_moments(moments)
            span = self.area.span
            heading = _("The ten minutes before") if span > _TEN_MINUTES else _("The {span} before").format(span=past_words(span))
            self.area.heading = heading
            self.area.setAccessibleName(heading)
            self._minutes.heading.show_text(heading)
            self._minutes.refresh_table()
        if kill.composition is not None:
            self.bar.show_composition(kill.composition)
            limited = kill.constraint == "memcg"
            heading = _("Memory of the group then") if limited else _("Memory then")
            self._then.heading.show_text(heading)
            self._then.refresh_table()

    def _show_choice(self, kill: Kill, moments: Sequence[Moment]) -> None:
        candidates = kill.rescored.candidates
        self.groups.replace_rows(kill.weighed)
        self.group_table.setVisible(bool(kill.weighed))
        if kill.weighed:
            candidates = ()
            self.choice.show_text(weighed_words(kill))
        elif candidates:
            # A sentence begins with the killer's name; inside one it is written small.
            who = _("the kernel") if kill.killer == "kernel" else killer_words(kill.killer)
            self.choice.show_text(close_up(_("What {killer} had to choose from, ranked again").format(killer=who)))
            self.model.show_candidates(candidates, page_size_of(kill))
        else:
            candidates = _largest(kill, moments)
            self.choice.show_text(_("The largest programs before"))
            self.model.show_candidates(candidates)
        self.choice.setVisible(bool(candidates or kill.weighed))
        self.table.setVisible(bool(candidates))
        self.why.show_text(printable(kill.rescored.why))
        self.why.setVisible(bool(kill.rescored.why))

    @Slot()
    def copy_report(self) -> None:
        """Put the kill on the clipboard as text for a bug report."""
        if self.kill is not None:
            QGuiApplication.clipboard().setText(report_text(self.kill))
            self.said.emit(_("Copied: {headline}").format(headline=headline(self.kill)))

    def panes(self) -> tuple[QWidget, ...]:
        """Where F6 stops: the minutes, the table, the acts."""
        return (self._minutes, self._then, self.table, self.group_table, self.prevent)


def _largest(kill: Kill, moments: Sequence[Moment]) -> tuple[Candidate, ...]:
    """The programs with most memory in the last moment before, where no table tells."""
    if not moments:
        return ()
    ended = {victim.pid for victim in kill.victims}
    known = [party for party in moments[-1].largest if party.pid is not None]
    return tuple(
        Candidate(at, party.pid or 0, party.name, None, party.memory or 0, None, None, party.pid in ended)
        for at, party in enumerate(known, start=1)
    )
