"""Values of settings: what each kind may be, how it is read from text and shown again.  Pure."""

import math
from collections.abc import Sequence
from typing import Literal

from guardian.protocol.i18n import N_, _
from guardian.protocol.quantities import format_bytes, format_number, format_percent, parse_bytes

# "share" is a fraction 0..1; "room" a fraction up to 1 or bytes above; "seconds" and "bytes" say it; "number" has no unit;
# "text" is one line, an address or a path.
Kind = Literal["switch", "choice", "names", "text", "count", "number", "seconds", "bytes", "share", "room"]
Value = bool | int | float | str | tuple[str, ...]

YES = ("true", "yes", "on", "1")
NO = ("false", "no", "off", "0")
_MOST_NAMES, _LONGEST_NAME = 64, 64
_LONGEST_TEXT = 512
_LEAST_ROOM_BYTES = 1 << 20
_NO_END = "…"

UNITS: dict[Kind, str] = {"seconds": N_("s"), "bytes": N_("bytes"), "share": "%", "room": "%"}


class SettingError(Exception):
    """An unknown setting or a value that does not fit; the text says what would."""


def check_value(kind: Kind, value: object, least: float | None, most: float | None, choices: Sequence[str] = ()) -> Value:
    """A value as its kind wants it.  Raises SettingError, whose text says what would fit."""
    if kind == "switch":
        if not isinstance(value, bool):
            raise SettingError(_("{value} does not fit: true or false").format(value=_short(value)))
        return value
    if kind == "choice":
        if not isinstance(value, str) or value not in choices:
            raise SettingError(
                _("{value} does not fit: one of {choices}").format(
                    value=_short(value), choices=", ".join(one or '""' for one in choices)
                )
            )
        return value
    if kind == "text":
        return _text(value)
    return _names(value) if kind == "names" else _number(kind, value, least, most)


def parse_value(kind: Kind, text: str) -> Value:
    """A value from what a person writes: "yes", "15 %", "2 GiB", "10", "a, b".  Raises SettingError; ranges are not checked."""
    text = text.strip()
    try:
        if kind == "switch":
            if text.lower() in YES + NO:
                return text.lower() in YES
            raise SettingError(_("{value} does not fit: true or false").format(value=_short(text)))
        if kind in {"choice", "text"}:
            return text
        if kind == "names":
            return tuple(part.strip() for part in text.split(",") if part.strip())
        if kind in {"share", "room"} and text.endswith("%"):
            return float(text[:-1]) / 100
        if kind == "bytes" or (kind == "room" and text[-1:].isalpha()):
            return parse_bytes(text)
        if kind == "count":
            return int(text)
        return float(text.removesuffix("s").rstrip() if kind == "seconds" else text)
    except ValueError as error:
        raise SettingError(_("{value} does not fit: {what}").format(value=_short(text), what=_wanted(kind))) from error


def show_value(kind: Kind, value: Value) -> str:
    """A value as `parse_value` reads it again, with its unit."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return ", ".join(value)
    if isinstance(value, str):
        return value
    if kind == "bytes" or (kind == "room" and value > 1):
        return format_bytes(value)
    if kind in {"share", "room"}:
        return format_percent(value, 0 if round(value * 100, 3).is_integer() else 1)
    number = f"{value:g}"
    return _("{count} s").format(count=number) if kind == "seconds" else number


def _number(kind: Kind, value: object, least: float | None, most: float | None) -> int | float:
    if isinstance(value, str):
        parsed = parse_value(kind, value)
        value = parsed if isinstance(parsed, int | float) else value
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise SettingError(_("{value} does not fit: {what}").format(value=_short(value), what=_wanted(kind)))
    if kind in {"count", "bytes"} and not float(value).is_integer():
        raise SettingError(_("{value} does not fit: a whole number").format(value=_short(value)))
    if kind == "room" and value > 1:
        if value < _LEAST_ROOM_BYTES:
            raise SettingError(_("{value} does not fit: {what}").format(value=_short(value), what=_wanted(kind)))
        return int(value)
    if (least is not None and value < least) or (most is not None and value > most):
        raise SettingError(
            _("{value} is out of range: {least} … {most}").format(
                value=show_value(kind, value),
                least=_NO_END if least is None else show_value(kind, least),
                most=_NO_END if most is None else show_value(kind, most),
            )
        )
    return int(value) if kind in {"count", "bytes"} else value


def _text(value: object) -> str:
    if not isinstance(value, str) or len(value) > _LONGEST_TEXT or not value.isprintable():
        words = _("{value} does not fit: one line of at most {count} printable characters")
        raise SettingError(words.format(value=_short(value), count=_LONGEST_TEXT))
    return value.strip()


def _names(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        value = [part.strip() for part in value.split(",") if part.strip()]
    if not isinstance(value, list | tuple) or not all(isinstance(one, str) for one in value):
        raise SettingError(_("{value} does not fit: a list of names").format(value=_short(value)))
    if len(value) > _MOST_NAMES or any(not 0 < len(one) <= _LONGEST_NAME or not one.isprintable() for one in value):
        raise SettingError(_("a list has at most 64 names, each of 1 to 64 printable characters"))
    return tuple(dict.fromkeys(value))


def _wanted(kind: Kind) -> str:
    """What a kind of number looks like, with an example."""
    return {
        "seconds": _("seconds, such as 60"),
        "bytes": _("bytes, such as 64 MiB"),
        "share": _("a share, such as 20 %"),
        "room": _("a share such as 15 %, or bytes such as 2 GiB"),
        "count": _("a whole number"),
    }.get(kind, _("a number"))


def _short(value: object) -> str:
    text = str(value) if isinstance(value, str) else format_number(value, 3) if isinstance(value, float) else repr(value)
    return text if len(text) <= 48 else text[:47] + "…"
