"""Asking polkit whether the caller may; the caller is known by its unique bus name, which the bus vouches for.

Source: polkit Authority interface, CheckAuthorization and CancelCheckAuthorization.
"""

from collections.abc import Generator, Mapping

from jeepney import DBusAddress, HeaderFields, Message, MessageType, new_method_call

from guardian.helper.errors import Failed, NotAuthorized
from guardian.protocol.dialogs import DOMAIN
from guardian.protocol.helper import ACTION_PREFIX
from guardian.protocol.printable import printable

AUTHORITY = DBusAddress(
    "/org/freedesktop/PolicyKit1/Authority", "org.freedesktop.PolicyKit1", "org.freedesktop.PolicyKit1.Authority"
)
_ALLOW_INTERACTION = 1
_SHOWN_CHARS = 120

Call = Generator[Message, Message, None]


def authorize(sender: str, action: str, details: Mapping[str, str], cancellation: str = "", *, dialog: str = "") -> Call:
    """Asks polkit; a generator that yields the call to send and takes the reply.  NotAuthorized unless polkit says yes.

    With a `cancellation` id polkit may open a dialog, which `cancel` closes again; without one nobody is asked.  `details`
    fill the message of the action's dialog, or `dialog` in its place; control and bidi characters are stripped of them.
    """
    clean = {key: printable(value)[:_SHOWN_CHARS] for key, value in details.items()}
    if dialog:
        clean |= {"polkit.message": dialog, "polkit.gettext_domain": DOMAIN}
    subject = ("system-bus-name", {"name": ("s", sender)})
    flags = _ALLOW_INTERACTION if cancellation else 0
    reply = yield new_method_call(
        AUTHORITY,
        "CheckAuthorization",
        "(sa{sv})sa{ss}us",
        (subject, f"{ACTION_PREFIX}.{action}", clean, flags, cancellation),
    )
    if reply.header.message_type is not MessageType.method_return:
        name = str(reply.header.fields.get(HeaderFields.error_name, ""))
        if "Cancelled" in name:
            raise NotAuthorized("Not changed: the question was withdrawn.")
        raise Failed(f"polkit could not be asked ({name or 'no answer'}); is polkitd installed and running?")
    if reply.header.fields.get(HeaderFields.signature) != "(bba{ss})":
        raise Failed("polkit's answer is none that counts; nothing was changed.")
    authorized, challenge, _ = reply.body[0]
    if authorized is not True:
        raise NotAuthorized(
            "Not changed: this needs an administrator's password, and nobody was asked for one."
            if challenge and not cancellation
            else "Not changed: the password was not given, or this user may not do it."
        )


def cancel(cancellation: str) -> Message:
    """The call that closes a dialog whose caller has left."""
    return new_method_call(AUTHORITY, "CancelCheckAuthorization", "s", (cancellation,))
