"""The seven pages of the rail: their names, words and drawings, and an honest stand-in for those that are still to come."""

from typing import NamedTuple

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from guardian.protocol.i18n import N_, _
from guardian.ui.button import ActButton, Look
from guardian.ui.card import Card
from guardian.ui.page import Page
from guardian.ui.scheme import Scheme
from guardian.ui.tokens import GAP_HUGE, GAP_SMALL, PAGE_MARGIN
from guardian.ui.type_scale import TextRole
from guardian.ui.words import Words


class PageEntry(NamedTuple):
    """One entry of the rail: stable name (also its drawing's) and its word."""

    name: str
    word: str


PAGES = (
    PageEntry("now", N_("Now")),
    PageEntry("victims", N_("Victims")),
    PageEntry("protection", N_("Protection")),
    PageEntry("history", N_("History")),
    PageEntry("system", N_("System")),
    PageEntry("fleet", N_("Fleet")),
    PageEntry("settings", N_("Settings")),
)


class _Absent(NamedTuple):
    """What a page that is still to come says: what is not there, and what works instead (with the page that has it)."""

    says: str
    instead: str
    leads_to: str


_ABSENT = {
    "system": _Absent(
        N_("The kernel's settings are not shown yet."),
        N_("What works on this machine and what is missing: guardian doctor"),
        "now",
    ),
}


class AbsentPage(Page):
    """A page that later work fills: it says so, and names what works instead."""

    def __init__(self, scheme: Scheme, name: str, title: str, parent: QWidget | None = None) -> None:
        super().__init__(scheme, title, parent)
        absent = _ABSENT[name]
        self._leads_to = absent.leads_to
        outer = QVBoxLayout(self)
        outer.setContentsMargins(PAGE_MARGIN, PAGE_MARGIN, PAGE_MARGIN, PAGE_MARGIN)
        card = Card(scheme)
        card.body.setContentsMargins(GAP_HUGE, GAP_HUGE, GAP_HUGE, GAP_HUGE)
        card.body.addWidget(Words(scheme, title, TextRole.HEADLINE))
        for text, colour in ((absent.says, "text"), (absent.instead, "text2")):
            words = Words(scheme, _(text), TextRole.BODY, colour)
            words.setWordWrap(True)
            words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            card.body.addWidget(words)
        card.body.addSpacing(GAP_SMALL)
        row = QHBoxLayout()
        word = next(_(entry.word) for entry in PAGES if entry.name == absent.leads_to)
        self._way_out = ActButton(scheme, _("Open {page}").format(page=word), Look.PLAIN)
        self._way_out.clicked.connect(self._leave)
        row.addWidget(self._way_out)
        row.addStretch(1)
        card.body.addLayout(row)
        outer.addWidget(card)
        outer.addStretch(1)

    @Slot()
    def _leave(self) -> None:
        self.page_wanted.emit(self._leads_to)
