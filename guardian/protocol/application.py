"""Which application a systemd unit belongs to, by the names that desktops give their units.

    app-gnome-org.gnome.Terminal-1234.scope   app-firefox@0a1b2c.service   snap.firefox.firefox-0a1b.scope

Source: systemd.io/DESKTOP_ENVIRONMENTS ("XDG standardization for applications"), systemd.unit(5) (escaping), snapd.
"""

import re

_ESCAPE = re.compile(r"\\x([0-9a-f]{2})")
_SNAP = re.compile(r"snap\.([^.]+)\..+\.(?:scope|service)")
_APP = re.compile(r"app-(?P<middle>.+?)(?:@[^@]*)?\.(?P<kind>scope|service|slice)")


def unescape_unit(name: str) -> str:
    r"""The name with `\x2d` and the like turned into characters; other backslashes stay."""
    raw = _ESCAPE.sub(lambda found: chr(int(found[1], 16)), name)
    return raw.encode("latin-1", "replace").decode("utf-8", "replace") if not raw.isascii() and name.isascii() else raw


def application_of(unit: str | None) -> str | None:
    """The application id in a unit's name, such as "org.gnome.Terminal"; None for a unit of no application.

    In a scope the last part is random; a launcher ("gnome", "flatpak") may stand before the id.
    """
    if unit is None:
        return None
    snap = _SNAP.fullmatch(unit)
    if snap:
        return unescape_unit(snap[1])
    found = _APP.fullmatch(unit)
    if not found:
        return None
    parts = found["middle"].split("-")
    if found["kind"] == "scope" and len(parts) > 1:
        parts.pop()
    return unescape_unit(parts[-1]) or None
