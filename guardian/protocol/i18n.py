"""Words in the user's language: one gettext domain for every part, the window included.

`_("text")` translates now.  `N_("text")` only marks a constant for the catalogue; whoever shows it calls `_` on it.
Catalogues: `resources/locale/<language>/LC_MESSAGES/oom-guardian.mo`.
Source: the GNU gettext manual, "Preparing Program Sources".
"""

import gettext
import os

from guardian.protocol.dialogs import DOMAIN
from guardian.protocol.marked import N_

__all__ = ["DOMAIN", "N_", "_", "locale_folders", "ngettext", "sentences", "use_language"]

_current: gettext.NullTranslations = gettext.NullTranslations()


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
    wanted = [language] if language else None
    for folder in locale_folders():
        found = gettext.find(DOMAIN, folder, wanted)
        if found:
            with open(found, "rb") as catalogue:
                _current = gettext.GNUTranslations(catalogue)
            return found.split(os.sep)[-3]
    _current = gettext.NullTranslations()
    return "en"


def _(text: str) -> str:
    """The text in the chosen language; itself where it is not translated."""
    return _current.gettext(text)


def ngettext(one: str, many: str, count: int) -> str:
    """The singular or plural of a text for `count`, in the chosen language."""
    return _current.ngettext(one, many, count)


def sentences(*parts: str | None) -> str:
    """Whole sentences one after the other, empty ones left out; no space after full-width stops."""
    joined = ""
    for part in filter(None, parts):
        joined += part if not joined or joined.endswith("。") else f" {part}"
    return joined
