"""Which processes are wanted in the table: by a word, by owner, by whether they can be ended."""

from collections.abc import Callable, Collection, Mapping
from typing import NamedTuple

from guardian.fields import unit_of, user_name
from guardian.kernel.process import ProcessKey
from guardian.model.victim import Victim
from guardian.protocol.printable import printable


class VictimsFilter(NamedTuple):
    """What is looked for; the default wants all.

    `text` must stand in the name, PID, user, unit or command line, in any case of letters; several words must all be found.
    `uid` keeps one user's processes; `killable` those that a killer could take.
    """

    text: str = ""
    uid: int | None = None
    killable: bool = False

    @property
    def wants_all(self) -> bool:
        """Whether nothing is left out."""
        return not self.text.strip() and self.uid is None and not self.killable


class SearchTexts:
    """What a search looks through, kept per process: building it anew each second would cost more than the search."""

    def __init__(self) -> None:
        self._texts: dict[ProcessKey, tuple[tuple[object, ...], str]] = {}

    def text_of(self, victim: Victim, command: str | None) -> str:
        """Name, PID, user, unit and command line of a process, in lower case, a line each."""
        process = victim.process
        made_of = (process.name, process.uid, process.cgroup, command)
        known = self._texts.get(process.key)
        if known is not None and known[0] == made_of:
            return known[1]
        user = "" if process.uid is None else user_name(process.uid)
        parts = (printable(process.name), str(process.pid), user, unit_of(process.cgroup) or "", command or "")
        text = "\n".join(parts).casefold()
        self._texts[process.key] = (made_of, text)
        return text

    def forget_all_but(self, keys: Collection[object]) -> None:
        """Drop the texts of processes that have ended."""
        if len(self._texts) > 2 * len(keys) + 64:
            self._texts = {key: text for key, text in self._texts.items() if key in keys}


def matcher(wanted: VictimsFilter, texts: SearchTexts, commands: Mapping[ProcessKey, str]) -> Callable[[Victim], bool]:
    """A test for one process; `commands` are the command lines known so far."""
    words = wanted.text.casefold().split()

    def matches(victim: Victim) -> bool:
        if wanted.uid is not None and victim.process.uid != wanted.uid:
            return False
        if wanted.killable and victim.rank is None:
            return False
        if not words:
            return True
        text = texts.text_of(victim, commands.get(victim.process.key))
        return all(word in text for word in words)

    return matches
