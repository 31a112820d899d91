"""Channels by which alerts leave this machine: what one is made of, when it is quiet, and what address each kind takes.  Pure.

A channel says nothing secret: its address, which mostly holds a token or a password, is the keyring's alone.
Source: the documentation of Apprise (URL basics; the services ntfy, mailto, slack, matrix, tgram, json).
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from guardian.protocol.i18n import N_, _

LONGEST_NAME, MOST_CHANNELS, LONGEST_ADDRESS = 32, 16, 4096
EVENTS: tuple[tuple[str, str], ...] = (
    ("warning", N_("Warning")),
    ("critical", N_("Critical")),
    ("kill", N_("A program was ended")),
)
USUAL_EVENTS = ("critical", "kill")
_DAY_MINUTES = 24 * 60
_QUIET = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)\s*[-–…]\s*([01]?\d|2[0-3]):([0-5]\d)")
_SCHEME = re.compile(r"([a-zA-Z][a-zA-Z0-9]{1,15})://[^\s]+")


class ChannelError(Exception):
    """What makes no channel; the text says what would, and repeats no address."""


class Kind(NamedTuple):
    """One kind of service: its marked title, an example address, and the schemes that Apprise knows it by (none: any)."""

    title: str
    example: str
    schemes: tuple[str, ...] = ()


KINDS: Mapping[str, Kind] = {
    "ntfy": Kind(N_("ntfy"), "https://ntfy.example/TOPIC", ("ntfys", "ntfy")),
    "email": Kind(N_("E-mail"), "mailtos://USER:PASSWORD@mail.example?to=admin@mail.example", ("mailtos", "mailto")),
    "slack": Kind(N_("Slack"), "https://hooks.slack.com/services/T…/B…/…", ("slack", "https")),
    "matrix": Kind(N_("Matrix"), "matrixs://USER:PASSWORD@matrix.example/#room", ("matrixs", "matrix")),
    "telegram": Kind(N_("Telegram"), "tgram://BOT_TOKEN/CHAT_ID", ("tgram",)),
    "webhook": Kind(N_("Webhook"), "https://example/hook (JSON by POST)", ("jsons", "json", "forms", "form", "xmls", "xml")),
    "other": Kind(N_("Any Apprise address"), "scheme://…"),
}
# What people copy from a browser, and what Apprise calls the same thing.
_WEB_SCHEMES = {"ntfy": {"https": "ntfys", "http": "ntfy"}, "webhook": {"https": "jsons", "http": "json"}}


class Channel(NamedTuple):
    """One channel: `events` are what goes there, `quiet` the minutes of the day from and to which only critical does."""

    name: str
    kind: str
    events: tuple[str, ...] = USUAL_EVENTS
    quiet: tuple[int, int] | None = None

    @property
    def secret(self) -> str:
        """The name of its address in the keyring."""
        return f"alerts/{self.name}"

    def as_mapping(self) -> dict[str, Any]:
        """The channel as a table of the file."""
        table: dict[str, Any] = {"name": self.name, "kind": self.kind, "states": list(self.events)}
        return table | ({"quiet": quiet_text(self.quiet)} if self.quiet else {})


def parse_channel(table: Mapping[str, Any]) -> Channel:
    """A channel of a file's table.  Raises ChannelError."""
    unknown = sorted(set(table) - {"name", "kind", "states", "quiet"})
    if unknown:
        text = _("{key} is not known here; a channel has name, kind, states and quiet, and its address lies in the keyring")
        raise ChannelError(text.format(key=", ".join(unknown)[:80]))
    quiet = table.get("quiet", "")
    if not isinstance(quiet, str):
        raise ChannelError(_("quiet hours are written as 22:00-07:00"))
    return Channel(
        check_name(table.get("name")),
        check_kind(table.get("kind")),
        check_events(table.get("states", USUAL_EVENTS)),
        parse_quiet(quiet),
    )


def check_name(name: object) -> str:
    """A channel's name.  Raises ChannelError."""
    if not isinstance(name, str) or not 0 < len(name.strip()) <= LONGEST_NAME or not name.isprintable() or "://" in name:
        raise ChannelError(_("a name has 1 to {count} printable characters, and is no address").format(count=LONGEST_NAME))
    return name.strip()


def check_kind(kind: object) -> str:
    """A channel's kind.  Raises ChannelError."""
    if not isinstance(kind, str) or kind not in KINDS:
        raise ChannelError(_("the kind is one of {kinds}").format(kinds=", ".join(KINDS)))
    return kind


def check_events(events: object) -> tuple[str, ...]:
    """What goes to a channel, in the order of EVENTS.  Raises ChannelError."""
    known = [event for event, _title in EVENTS]
    given = list(events) if isinstance(events, list | tuple) else []
    if not given or any(event not in known for event in given):
        raise ChannelError(_("states are one or more of {states}").format(states=", ".join(known)))
    return tuple(event for event in known if event in given)


def parse_quiet(text: str) -> tuple[int, int] | None:
    """Quiet hours such as "22:00-07:00" as minutes of the day; None for none.  Raises ChannelError."""
    if not text.strip():
        return None
    found = _QUIET.fullmatch(text.strip())
    if found is None:
        raise ChannelError(_("quiet hours are written as 22:00-07:00"))
    hours, minutes, until_hours, until_minutes = map(int, found.groups())
    begin, end = hours * 60 + minutes, until_hours * 60 + until_minutes
    if begin == end:
        raise ChannelError(_("quiet hours must end at another time than they begin"))
    return begin, end


def quiet_text(quiet: tuple[int, int] | None) -> str:
    """Quiet hours as `parse_quiet` reads them again, "" for none."""
    if quiet is None:
        return ""
    return "-".join(f"{minutes // 60:02}:{minutes % 60:02}" for minutes in quiet)


def quiet_left(quiet: tuple[int, int] | None, second_of_day: float) -> float:
    """Seconds until the quiet hours end, 0 outside of them; they may span midnight."""
    if quiet is None:
        return 0.0
    begin, end = quiet
    minute = second_of_day / 60
    inside = begin <= minute < end if begin < end else minute >= begin or minute < end
    return ((end - minute) % _DAY_MINUTES) * 60 if inside else 0.0


def check_address(kind: str, text: str) -> str:
    """The address as Apprise takes it, for one of that kind.  Raises ChannelError, which never repeats the address."""
    text = text.strip()
    found = _SCHEME.fullmatch(text)
    if not text.isprintable() or len(text) > LONGEST_ADDRESS or found is None:
        raise ChannelError(_("this is no address; one looks like {example}").format(example=KINDS[kind].example))
    scheme = found[1].lower()
    web = _WEB_SCHEMES.get(kind, {}).get(scheme)
    if web is not None:
        return web + text[len(scheme) :]
    allowed = KINDS[kind].schemes
    if allowed and scheme not in allowed:
        wanted = ", ".join(f"{one}://" for one in dict.fromkeys((*allowed, *_WEB_SCHEMES.get(kind, {}))))
        raise ChannelError(
            _("an address of kind {kind} begins with {schemes}; for others take the kind other").format(kind=kind, schemes=wanted)
        )
    return text


def address_hint(kind: str) -> str:
    """How a password is written in an address of this kind, "" where it has none."""
    if "PASSWORD" not in KINDS[kind].example:
        return ""
    return _("In a password, @ : / # are written %40 %3A %2F %23.")


def with_channel(channels: Iterable[Channel], channel: Channel) -> tuple[Channel, ...]:
    """The channels with one put in, in place of that of the same name.  Raises ChannelError where there are too many."""
    kept = tuple(channels)
    if any(one.name == channel.name for one in kept):
        return tuple(channel if one.name == channel.name else one for one in kept)
    if len(kept) >= MOST_CHANNELS:
        raise ChannelError(_("there are {count} channels at most").format(count=MOST_CHANNELS))
    return (*kept, channel)
