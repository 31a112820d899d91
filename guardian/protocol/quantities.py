"""Quantities in words: bytes, adjustments, growth and spans of time, as every part shows and reads them.

IEC units with a space before the unit, U+2212 for minus, "—" for unknown.  Source: design of the project ("Words", "Charts").
"""

import re

from guardian.protocol.i18n import _

KIB = 1 << 10
MIB = 1 << 20
GIB = 1 << 30
UNKNOWN = "—"
MINUS = "−"

_UNITS = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")
_BYTES = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([kmgtp]?)(i?b)?\s*", re.IGNORECASE | re.ASCII)
_MOST_BYTES = 1 << 62


def parse_bytes(text: str) -> int:
    """Bytes of "1024", "512M", "2GiB" or "1.5 g"; every unit is a power of 1024.

    Raises ValueError, whose text says what would be right.
    """
    found = _BYTES.fullmatch(text)
    if not found:
        raise ValueError(_("{text!r} is no size; write bytes or a size such as 512M or 2GiB").format(text=text))
    number, unit, _suffix = found.groups()
    factor = 1 << 10 * " kmgtp".index(unit.lower() or " ")
    whole, _point, part = number.partition(".")
    # Long before int() refuses digits, no machine has that many bytes.
    size = _MOST_BYTES + 1 if len(whole) > 20 else int(whole) * factor + int(float(f"0.{part or 0}") * factor)
    if size > _MOST_BYTES:
        raise ValueError(_("{text} is more than any machine can address").format(text=text[:24]))
    return size


def with_minus(text: str) -> str:
    """The number's text with the real minus sign."""
    return text.replace("-", MINUS)


def format_number(value: float | None, digits: int = 0, *, sign: bool = False) -> str:
    """A bare number with fixed decimals for a column; `sign` puts "+" before positive ones.  Rounds to "0", never to "−0"."""
    if value is None:
        return UNKNOWN
    rounded = round(value, digits) + 0.0
    return with_minus(f"{rounded:{'+' if sign and rounded else ''}.{digits}f}")


def format_gib(size: float | None, digits: int = 2, *, sign: bool = False) -> str:
    """Bytes as a bare number of GiB, for a column whose head names the unit."""
    return format_number(None if size is None else size / GIB, digits, sign=sign)


def format_mib(size: float | None, *, sign: bool = False) -> str:
    """Bytes as a bare, whole number of MiB with a comma between thousands."""
    if size is None:
        return UNKNOWN
    rounded = round(size / MIB)
    return with_minus(f"{rounded:{'+' if sign and rounded else ''},}")


def format_bytes(size: float | None, digits: int | None = None, *, sign: bool = False) -> str:
    """Bytes with their unit for a sentence: "15 GiB", "4.2 GiB", "310 MiB".

    One decimal below ten of the unit and none above, unless `digits` says otherwise; plain bytes never have one.
    """
    if size is None:
        return UNKNOWN
    unit, scaled = 0, abs(size)
    while unit < len(_UNITS) - 1 and round(scaled, 1 if scaled < 10 else 0) >= 1024:
        unit, scaled = unit + 1, scaled / 1024
    if unit == 0:
        digits = 0
    elif digits is None:
        digits = 1 if round(scaled, 1) < 10 else 0
    number = format_number(-scaled if size < 0 else scaled, digits, sign=sign)
    return f"{number} {_UNITS[unit]}"


def format_percent(share: float | None, digits: int = 0) -> str:
    """A fraction 0..1 as "38 %"; None gives "—"."""
    return UNKNOWN if share is None else f"{format_number(share * 100, digits)} %"


def format_adjustment(value: int | None) -> str:
    """An oom_score_adj: "+300", "−500", "0"."""
    return format_number(value, sign=True)


def format_growth(bytes_per_second: float | None) -> str:
    """Growth as a bare, signed, whole number of MiB per minute."""
    return format_number(None if bytes_per_second is None else bytes_per_second * 60 / MIB, sign=True)


def _rounded_span(seconds: float) -> tuple[int, str]:
    """A count and its unit, rounded to what a forecast can mean: 10 s, 1 min, 5 min, 1 h."""
    if seconds < 55:
        return max(10, int(seconds / 10 + 0.5) * 10), "s"
    if seconds < 9.5 * 60:
        return max(1, int(seconds / 60 + 0.5)), "min"
    if seconds < 57.5 * 60:
        return max(10, int(seconds / 300 + 0.5) * 5), "min"
    return max(1, int(seconds / 3600 + 0.5)), "h"


def _in_unit(count: str, unit: str) -> str:
    words = {"s": _("{count} s"), "min": _("{count} min"), "h": _("{count} h")}
    return words[unit].format(count=count)


def format_duration(seconds: float | None) -> str:
    """One rounded duration: "40 s", "6 min", "2 h"."""
    if seconds is None:
        return UNKNOWN
    count, unit = _rounded_span(seconds)
    return _in_unit(str(count), unit)


def format_span(earliest: float | None, latest: float | None) -> str:
    """The range of a forecast, both ends rounded: "40 s … 2 min", "4 … 9 min", "6 min" where both round alike."""
    if earliest is None or latest is None:
        return UNKNOWN
    first, last = _rounded_span(min(earliest, latest)), _rounded_span(max(earliest, latest))
    if first == last:
        return _in_unit(str(first[0]), first[1])
    if first[1] == last[1]:
        return _in_unit(f"{first[0]} … {last[0]}", first[1])
    return f"{_in_unit(str(first[0]), first[1])} … {_in_unit(str(last[0]), last[1])}"


def format_seconds(seconds: float | None, digits: int = 1) -> str:
    """Measured seconds with a fixed number of decimals: "12.4 s"."""
    return UNKNOWN if seconds is None else _in_unit(format_number(seconds, digits), "s")
