"""What an act of the helper is: prepared from hostile arguments, authorised, compared again, carried out once."""

from collections.abc import Generator, Mapping
from typing import Any, NamedTuple, Protocol

from jeepney import Message

from guardian.helper.errors import Refused
from guardian.protocol.helper import OPTIONS

Steps = Generator[Message, Message, tuple[Any, ...]]
Variants = Mapping[str, tuple[str, Any]]


class Caller(NamedTuple):
    """Who asks: unique bus name, and the uid that the bus vouches for."""

    name: str
    uid: int


class Act(Protocol):
    """One prepared effect.

    `action` is the polkit action's last part, `dialog` its message where the action's own does not fit ("": it does), `details`
    fill it, `record` goes to the journal.  `compare` raises
    Gone or Refused when the world is no longer what was asked about; `perform` yields further bus calls it needs and returns the
    body of the reply; `close` lets go of what is held.
    """

    action: str
    dialog: str
    details: Mapping[str, str]

    def compare(self) -> None: ...  # noqa: D102 - told in the class

    def perform(self) -> Steps | tuple[Any, ...]: ...  # noqa: D102

    def record(self) -> Mapping[str, object]: ...  # noqa: D102

    def close(self) -> None: ...  # noqa: D102


class PlainAct:
    """The parts that most acts share: nothing held, nothing to compare."""

    action: str = ""
    dialog: str = ""

    def __init__(self, details: Mapping[str, str]) -> None:
        self.details = details
        self._record: dict[str, object] = {}

    def compare(self) -> None:
        """Nothing can have changed."""

    def record(self) -> Mapping[str, object]:
        """What the journal is told: the dialog's details, and what was before and after."""
        return {**self.details, **self._record}

    def close(self) -> None:
        """Nothing is held."""


def parse_options(options: Variants) -> dict[str, Any]:
    """The options by name.  Refused where one is unknown or of the wrong type."""
    found = {}
    for name, (kind, value) in options.items():
        if name not in OPTIONS:
            raise Refused(f"Unknown option; there are {', '.join(OPTIONS)}.")
        if kind != OPTIONS[name]:
            raise Refused(f"Option {name} is not true or false.")
        found[name] = value
    return found


def plain_values(variants: Variants) -> dict[str, object]:
    """The values without their signatures; containers stay what they are and are refused by whoever checks the types."""
    return {name: value for name, (_, value) in variants.items()}
