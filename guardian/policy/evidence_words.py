"""The signs by which memory is judged to be out, in words: today's, and the five questions of the first clock.  Pure."""

from collections.abc import Callable
from typing import NamedTuple

from guardian.model.classic_clock import FAILURES, KILL_PAUSE_SECONDS, QUIET_SECONDS, STREAK_SECONDS, ClassicCheck
from guardian.model.verdict import Evidence
from guardian.protocol.i18n import N_, _
from guardian.protocol.printable import printable
from guardian.protocol.quantities import UNKNOWN, format_bytes, format_duration, format_number, format_percent, format_seconds


class _Sign(NamedTuple):
    """How a measurement is told: its word, how its number is written, and whether it counts below its threshold."""

    word: str
    number: Callable[[float | None], str]
    below: bool = True


def _tenths(share: float | None) -> str:
    return format_percent(share, 1)


_SIGNS = {
    "room": _Sign(N_("room"), format_bytes),
    "swap": _Sign(N_("free swap"), format_bytes),
    "seconds left": _Sign(N_("time left"), format_duration),
    "pressure": _Sign(N_("time all waited for memory"), _tenths, below=False),
    "thrashing": _Sign(N_("time all waited, with critically little room"), _tenths, below=False),
    "zone slack": _Sign(N_("free or freeable in the best zone"), format_bytes),
    "kswapd gave up": _Sign(N_("kswapd gave up on every node (1: yes)"), format_number, below=False),
    "reclaim fruit": _Sign(N_("looked-at pages that reclaim freed"), _tenths),
    "refaults": _Sign(N_("refaults per second"), format_number),
    "commit": _Sign(N_("left to promise (overcommit mode 2)"), format_bytes),
}


# Those that are today's own criterion; the others say how near it is.
CRITERION = ("zone slack", "kswapd gave up", "reclaim fruit", "thrashing")


def sign_words(evidence: Evidence) -> tuple[str, str, str]:
    """Name, value and where it begins to count ("" where it never does), each in words."""
    sign = _SIGNS.get(evidence.name)
    name = _(sign.word) if sign else printable(evidence.name)
    number = sign.number if sign else format_number
    if evidence.threshold is None or evidence.value is None:
        return name, number(evidence.value), ""
    words = _("below {threshold}") if sign and sign.below else _("from {threshold} on")
    return name, number(evidence.value), words.format(threshold=number(evidence.threshold))


def evidence_line(evidence: Evidence) -> str:
    """One measurement beside where it begins to count."""
    name, value, counts = sign_words(evidence)
    if not counts:
        return _("{name}: {value}").format(name=name, value=value)
    return _("{name}: {value}, counts {counts}").format(name=name, value=value, counts=counts)


def check_words(check: ClassicCheck) -> tuple[str, str]:
    """One of the five questions of the first clock, and its value now."""
    ago = _("{seconds} ago")
    lasting = format_seconds(check.value) if check.value is not None else UNKNOWN
    past = UNKNOWN if check.value is None else ago.format(seconds=format_seconds(check.value))
    words = {
        "free swap": (_("no swap is free"), format_bytes(check.value)),
        "last failure": (_("a request failed within {count} s").format(count=f"{QUIET_SECONDS:.0f}"), past),
        "streak": (_("requests fail for {count} s or longer").format(count=f"{STREAK_SECONDS:.0f}"), lasting),
        "failures": (_("{count} failures or more").format(count=FAILURES), format_number(check.value)),
        "last kill": (_("no kill within {count} s").format(count=f"{KILL_PAUSE_SECONDS:.0f}"), past),
    }
    return words.get(check.check, (printable(check.check), format_number(check.value)))
