"""One thing that OOM Guardian would like to be able to do here."""

from typing import NamedTuple


class Capability(NamedTuple):
    """Whether something works here, in words.

    `name` is stable; `title`, `says` (what was found) and `get` (how to get it; None where nothing is missing or nothing can be
    done) are sentences in the user's language.  `works` is None where it cannot be told, or where it is no lack to be without.
    """

    name: str
    title: str
    works: bool | None
    says: str
    get: str | None = None


def works(name: str, title: str, says: str, get: str | None = None) -> Capability:
    """A capability that is there."""
    return Capability(name, title, works=True, says=says, get=get)


def lacks(name: str, title: str, says: str, get: str | None = None) -> Capability:
    """A capability that is missing."""
    return Capability(name, title, works=False, says=says, get=get)


def untold(name: str, title: str, says: str, get: str | None = None) -> Capability:
    """A capability of which nothing can be told, or which nobody needs to have."""
    return Capability(name, title, works=None, says=says, get=get)
