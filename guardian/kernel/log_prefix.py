r"""What stands before a message in a log: quotes of mails, levels, clocks of all kinds, host and sender.

    [ 1234.567890][ T123] Out of memory: …                     dmesg, console
    <3>[ 1234.567890] Out of memory: …                         dmesg --raw
    3,19685768,241227988581,-,caller=T12845;Out of memory: …   /dev/kmsg
    [ven. nov. 28 07:26:44 2025] Out of memory: …              dmesg -T
    Nov 28 07:26:44 host kernel: [ 1234.567890] Out of …       syslog, journalctl
    2025-11-28T07:26:44.123+0100 host kernel: Out of …         journalctl -o short-iso

Source: dmesg(1), Documentation/ABI/testing/dev-kmsg, RFC 3164, journalctl(1).
"""

import re
import time
from datetime import datetime
from typing import NamedTuple


class LogLine(NamedTuple):
    """One line without what stands before it.

    `seconds` is since boot, `time` since the epoch (local clock where the log names no zone), each None where the log does
    not tell.  `sender` is the program that wrote it ("kernel"), None where unknown.  `stamped`: it has a prefix of its own,
    so it does not go on with the line above.
    """

    text: str
    seconds: float | None = None
    time: float | None = None
    sender: str | None = None
    stamped: bool = False


_QUOTE = re.compile(r"[ \t]*(?:[>|][>| \t]*)?")
_LEVEL = re.compile(r"<\d{1,3}>")
_RECORD = re.compile(r"\d{1,3},\d{1,20},(\d{1,20}),[^;\s]{0,200};")
_BOOT = re.compile(r"\[ *(\d{1,10}\.\d{6})\](?: ?\[ *[TC]\d+\])? ?")
_HUMAN = re.compile(r"\[(?:\S{1,12} +)?(\S{1,12}) +(\d{1,2}) (\d\d):(\d\d):(\d\d) (\d{4})\] ?")
_SYSLOG = re.compile(r"(?:([^\W\d]\w{1,11}\.?|\d{1,2}月) +(\d{1,2}) +)?(\d\d):(\d\d):(\d\d)(?:\.\d{1,9})?(:)? +")
_ISO = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:[.,](\d{1,6})\d*)?(Z|[+-]\d\d:?\d\d)?(:)? +")
_SENDER = re.compile(r"(?:[^\s:]{1,64} )?([A-Za-z_(][^\s:\[\]]{0,63})(?:\[\d{1,10}\])?: ?")
_CONSOLE_SENDER = re.compile(r"(?:[^\s:]{1,64} )?(?:(kernel): |([A-Za-z_(][^\s:\[\]]{0,63})\[\d{1,10}\]: )")
# A stamp or level in the middle: the newline before it was lost.
_AMID = re.compile(r"(?<=\S )(?:\[ *\d{1,10}\.\d{6}\](?: |$)|<[0-7]>(?=\S))")
_HTML = re.compile(r"\s*(?:<(?:/?(?:span|br|p|pre|tt|td|li|div|code|blockquote|em|i|b)\b)|&gt;)", re.IGNORECASE)
_TAG = re.compile(r"</?[A-Za-z][^<>]{0,200}>")
# Beginnings of month names in the languages that logs were seen in; longer ones first where one begins another.
_MONTHS = (
    "jan gen ene янв sty",
    "feb fév fev фев lut",
    "mar mär мар mrt",
    "apr avr abr апр kwi",
    "may mai mag maj mei мая май",
    "jun juin giu июн cze",
    "jul juil lug июл lip",
    "aug aoû ago авг sie",
    "sep set сен wrz",
    "oct okt ott out окт paź",
    "nov ноя lis",
    "dec déc dez dic дек gru",
)
_MONTH_OF = {name: number for number, names in enumerate(_MONTHS, 1) for name in names.split()}


def parse_log_line(line: str, until: float | None = None) -> LogLine:
    """One line of a log, whatever stands before it.

    `until` is when the log ends, in seconds since the epoch: stamps without a year belong to the year before that.
    Without it they give no time.
    """
    if _HTML.match(line):
        line = _without_markup(line)
    line = line.rstrip("\r\n").replace("\N{NO-BREAK SPACE}", " ")
    at = begin = _end(_QUOTE, line, 0)
    seconds = stamp = sender = None
    if found := _ISO.match(line, at) or _SYSLOG.match(line, at):
        stamp, at = _iso(found) if found.re is _ISO else _yearless(found, until), found.end()
        # A colon after the clock is a program's own log: what follows is its message already.
        if found[found.re.groups] is None and (said := _SENDER.match(line, at)):
            sender, at = said[1], said.end()
    elif line.startswith("kernel: ", at):
        sender, at = "kernel", at + 8
    elif found := _AMID.search(line, at):
        at = found.start()
    at = _end(_LEVEL, line, at)
    if found := _RECORD.match(line, at):
        seconds, sender, at = int(found[1]) / 1e6, "kernel", found.end()
    elif found := _BOOT.match(line, at):
        seconds, at = float(found[1]), found.end()
        if sender is None and (said := _CONSOLE_SENDER.match(line, at)):
            sender, at = said[1] or said[2], said.end()
    elif found := _HUMAN.match(line, at):
        stamp, at = _local(int(found[6]), found[1], *map(int, found.group(2, 3, 4, 5))), found.end()
    return LogLine(line[at:].strip(), seconds, stamp, sender, at > begin)


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    """Where the pattern ends when it stands at `at`, else `at`."""
    found = pattern.match(text, at)
    return found.end() if found else at


def _month(name: str) -> int | None:
    """The month that a name in any known language or "11月" means."""
    name = name.lower()
    if name.endswith("月"):
        return int(name[:-1]) if 1 <= int(name[:-1]) <= 12 else None
    return _MONTH_OF.get(name[:4]) or _MONTH_OF.get(name[:3])


def _local(year: int, month: str, day: int, hour: int, minute: int, second: int) -> float | None:
    """Seconds since the epoch of a date on the local clock, None when there is no such date."""
    number = _month(month)
    if number is None or not 1 <= day <= 31 or hour > 23 or minute > 59 or second > 60:
        return None
    try:
        return time.mktime((year, number, day, hour, minute, second, 0, 0, -1))
    except (OverflowError, ValueError):
        return None


def _yearless(found: re.Match[str], until: float | None) -> float | None:
    """The time of a syslog stamp: in the last year in which that day was not after `until`."""
    if until is None or found[1] is None:
        return None
    year = time.localtime(until).tm_year
    rest = tuple(map(int, found.group(2, 3, 4, 5)))
    this = _local(year, found[1], *rest)
    # One day of grace: the clock of the log may be another one's.
    return this if this is None or this <= until + 86400 else _local(year - 1, found[1], *rest)


def _iso(found: re.Match[str]) -> float | None:
    """The time of an ISO stamp, on the local clock when it names no zone."""
    date, clock, fraction, zone, _ = found.groups()
    try:
        moment = datetime.fromisoformat(f"{date}T{clock}{(zone or '').replace('Z', '+00:00')}")
        return moment.timestamp() + (int(fraction) / 10 ** len(fraction) if fraction else 0.0)
    except (OverflowError, ValueError, OSError):
        return None


def _without_markup(line: str) -> str:
    """A line of a web page as it reads."""
    from html import unescape

    return unescape(_TAG.sub("", line))
