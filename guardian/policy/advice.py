"""What an advice on a switch is made of."""

from collections.abc import Callable
from enum import Enum
from typing import NamedTuple

from guardian.policy.knob_words import show_value
from guardian.policy.knobs import BY_KEY, Value
from guardian.policy.machine_profile import MachineProfile
from guardian.protocol.i18n import _


class Kind(Enum):
    """What an advice asks for."""

    KEEP = "keep"
    CHANGE = "change"
    IDLE = "no effect now"
    NOTHING = "nothing to set"
    HOST = "the host decides"


class Advice(NamedTuple):
    """`words` for a table, `reason` in one or two sentences; `value` is what to set, None unless the kind is CHANGE."""

    kind: Kind
    words: str
    reason: str
    value: int | str | None = None


Rule = Callable[[Value, MachineProfile], Advice]


def keep(key: str, value: Value, reason: str) -> Advice:
    """Leave it as it is."""
    return Advice(Kind.KEEP, _("Keep {value}").format(value=show_value(BY_KEY[key], value)), reason)


def idle(reason: str) -> Advice:
    """It changes nothing now."""
    return Advice(Kind.IDLE, _("No effect now"), reason)
