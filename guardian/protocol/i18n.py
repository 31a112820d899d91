"""Words in the user's language: one gettext domain for every part, the window included.

`_("text")` translates now.  `N_("text")` only marks a constant for the catalogue; whoever shows it calls `_` on it.
Catalogues: `resources/locale/<language>/LC_MESSAGES/oom-guardian.mo`.
Source: the GNU gettext manual, "Preparing Program Sources".
"""

import os
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from guardian.protocol.dialogs import DOMAIN
from guardian.protocol.marked import N_

__all__ = ["DOMAIN", "N_", "_", "close_up", "locale_folders", "ngettext", "sentences", "use_language"]

if TYPE_CHECKING:
    from gettext import NullTranslations

# Where gettext looks for the language, and what it calls that of the sentences themselves.
_VARIABLES = ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")
_UNTRANSLATED = frozenset({"C", "POSIX", "en"})

_current: "NullTranslations | None" = None


def locale_folders() -> tuple[str, ...]:
    """Folders that may hold catalogues: the checkout's or the wheel's own first, then the system's."""
    package = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
    own = (os.path.join(place, "resources", "locale") for place in (os.path.dirname(package), package))
    return (*own, "/usr/share/locale")


def use_language(language: str | None = None) -> str:
    """Choose the language of all later texts; returns its code, "en" where no catalogue fits.

    `language` is a locale name such as "zh_CN"; None asks the environment (LANGUAGE, LC_ALL, LC_MESSAGES, LANG).
    """
    global _current
    wanted = [language] if language else _of_environment()
    found = None if all(map(_is_english, wanted)) else _catalogue(wanted)
    if found is None:
        _current = None
        return "en"
    # Only whoever reads another language pays for this import.
    from gettext import GNUTranslations

    with open(found, "rb") as catalogue:
        _current = GNUTranslations(catalogue)
    return found.split(os.sep)[-3]


def _catalogue(wanted: Sequence[str]) -> str | None:
    """The first file that has one of these languages."""
    from gettext import find

    return next(filter(None, (find(DOMAIN, folder, wanted) for folder in locale_folders())), None)


def _of_environment() -> list[str]:
    """The languages that the environment asks for, the first choice first."""
    return next(filter(None, map(os.environ.get, _VARIABLES)), "C").split(":")


def _is_english(language: str) -> bool:
    """Whether a locale name is that of the sentences as they are written: en_GB.UTF-8, C.UTF-8."""
    return language.partition(".")[0].partition("@")[0].partition("_")[0] in _UNTRANSLATED


def _(text: str) -> str:
    """The text in the chosen language; itself where it is not translated."""
    return text if _current is None else _current.gettext(text)


def ngettext(one: str, many: str, count: int) -> str:
    """The singular or plural of a text for `count`, in the chosen language."""
    if _current is None:
        return one if count == 1 else many
    return _current.ngettext(one, many, count)


def close_up(text: str) -> str:
    """The text without a space between two Han characters, which a sentence has round a word that may be Latin or not."""
    if _current is None:
        return text
    words = text.split(" ")
    closed = words[0]
    for before, word in pairwise(words):
        closed += word if before and word and _is_han(before[-1]) and _is_han(word[0]) else f" {word}"
    return closed


def _is_han(character: str) -> bool:
    """Whether it is of the block CJK Unified Ideographs."""
    return "\u4e00" <= character <= "\u9fff"


def sentences(*parts: str | None) -> str:
    """Whole sentences one after the other, empty ones left out; no space after full-width stops."""
    joined = ""
    for part in filter(None, parts):
        joined += part if not joined or joined.endswith("。") else f" {part}"
    return joined
