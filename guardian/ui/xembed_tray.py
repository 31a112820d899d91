"""Whether an X11 panel of the older kind swallows tray icons, asked of the X server without Qt.

Source: System Tray Protocol Specification (selection _NET_SYSTEM_TRAY_Sn); XCB's xproto.h.
"""

import os
from ctypes import CDLL, POINTER, Structure, byref, c_char_p, c_int, c_uint8, c_uint16, c_uint32, c_void_p


class _Cookie(Structure):
    """What a request gives to fetch its reply by."""

    _fields_ = (("sequence", c_uint32),)


class _Reply(Structure):
    """The replies to InternAtom and GetSelectionOwner, which are alike: the answer is `value`."""

    _fields_ = (("kind", c_uint8), ("pad", c_uint8), ("sequence", c_uint16), ("length", c_uint32), ("value", c_uint32))


def has_xembed_tray() -> bool:
    """Whether somebody owns the tray's selection on this display; false where there is no X server or no libxcb."""
    if not os.environ.get("DISPLAY"):
        return False
    try:
        xcb, libc = CDLL("libxcb.so.1"), CDLL(None)
    except OSError:
        return False
    xcb.xcb_connect.restype = c_void_p
    xcb.xcb_connect.argtypes = (c_char_p, POINTER(c_int))
    screen = c_int()
    connection = c_void_p(xcb.xcb_connect(None, byref(screen)))
    try:
        if xcb.xcb_connection_has_error(connection):
            return False
        name = b"_NET_SYSTEM_TRAY_S%d" % screen.value
        atom = _ask(xcb, libc, connection, "intern_atom", c_uint8(1), c_uint16(len(name)), c_char_p(name))
        return bool(atom) and _ask(xcb, libc, connection, "get_selection_owner", c_uint32(atom)) != 0
    finally:
        xcb.xcb_disconnect(connection)


def _ask(xcb: CDLL, libc: CDLL, connection: c_void_p, request: str, *arguments: object) -> int:
    """The one value in the reply to a request; 0 where the server refused it."""
    ask, fetch = getattr(xcb, f"xcb_{request}"), getattr(xcb, f"xcb_{request}_reply")
    ask.restype = _Cookie
    fetch.restype = POINTER(_Reply)
    fetch.argtypes = (c_void_p, _Cookie, c_void_p)
    reply = fetch(connection, ask(connection, *arguments), None)
    if not reply:
        return 0
    value = int(reply.contents.value)
    libc.free(reply)
    return value
