"""The seven pages of the rail: their names, words and drawings."""

from typing import NamedTuple

from guardian.protocol.i18n import N_


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
