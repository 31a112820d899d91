"""What became of a message that was sent: a code for the spool, and words for people that hold nothing secret.  Pure."""

from collections.abc import Mapping
from typing import Final, Literal, NamedTuple, get_args

from guardian.protocol.i18n import _

Code = Literal[
    "sent",
    "refused",
    "server",
    "unreachable",
    "timeout",
    "certificate",
    "address",
    "failed",
    "no-keyring",
    "locked",
    "no-secret",
    "library",
]
_CODES: Final[Mapping[object, Code]] = {code: code for code in get_args(Code)}
NETWORK = ("server", "unreachable", "timeout")
STUCK = ("no-keyring", "no-secret", "address", "library")


class Delivery(NamedTuple):
    """How one try ended; `status` is the other side's HTTP status where it gave one."""

    code: Code
    status: int | None = None


def parse_delivery(code: object, status: object) -> Delivery:
    """A delivery as the sending program told it; whatever is not known there counts as failed."""
    known = _CODES.get(code, "failed") if isinstance(code, str) else "failed"
    return Delivery(known, status if isinstance(status, int) and 100 <= status <= 999 else None)


def delivery_words(code: str, status: int | None = None) -> str:
    """One sentence: what happened, why, and what to do."""
    if code == "sent":
        return _("Delivered: the other side has the message.")
    if code == "refused":
        number = _(" (HTTP {status})").format(status=status) if status else ""
        return _("The other side refuses it{number}. Check address, token and password.").format(number=number)
    if code == "server":
        number = _(" (HTTP {status})").format(status=status) if status else ""
        return _("The other side has a fault of its own{number}. It is tried again.").format(number=number)
    return {
        "unreachable": _("The other side cannot be reached. Check the network and the name of the server."),
        "timeout": _("The other side does not answer in time. It is tried again."),
        "certificate": _("The certificate of the other side is not trusted here, so nothing was sent."),
        "address": _("Apprise does not understand the address, or lacks a library for it. Set the address again."),
        "no-keyring": _("Off: no keyring keeps secrets here. Install gnome-keyring, or let KWallet or KeePassXC offer them."),
        "locked": _("Waits: the keyring is locked. Open it in the desktop's program for passwords."),
        "library": _("Off: Apprise is not installed here, or not whole. Install the package python3-apprise."),
        "no-secret": _("Off: the keyring has no address for this channel. Set it again."),
    }.get(code, _("It could not be sent, for a reason that Apprise does not tell. Check the address."))
