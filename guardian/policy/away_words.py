"""What alerts say that leave this machine: which machine, what, when, and an id by which a message that comes twice is known."""

import re
import time

from guardian.model.history import Kill
from guardian.model.verdict import Verdict
from guardian.policy.episodes import danger_notice, kill_notice
from guardian.policy.headline import state_word
from guardian.policy.outbox import Words
from guardian.protocol.i18n import _
from guardian.protocol.printable import printable
from guardian.protocol.quantities import format_bytes

# What services take for a call to everybody, and programs may be named.
_CALLS = re.compile(r"@(?=everyone\b|here\b|channel\b|all\b|room\b)|<(?=[!@#])", re.IGNORECASE)
_STAMP = "%Y%m%dT%H%M%SZ"


def episode_id(host: str, when: float) -> str:
    """The id of an episode that began at a time (seconds since the epoch)."""
    return f"{host}/{time.strftime(_STAMP, time.gmtime(when))}"


def kill_id(host: str, kill: Kill, now: float) -> str:
    """The id of a kill: the same whoever tells of it again."""
    when = time.strftime(_STAMP, time.gmtime(now if kill.time is None else kill.time))
    return f"{host}/{when}/{kill.killer}/{kill.victim.pid or 0}"


def episode_message(verdict: Verdict, host: str, own_id: str, now: float) -> Words:
    """A warning or a critical state."""
    notice = danger_notice(verdict)
    title = _("{host}: {state}: {summary}").format(host=host, state=state_word(verdict.state), summary=notice.summary)
    room = _("{room} of room is left.").format(room=format_bytes(verdict.room))
    # Some notices say themselves how much is left, in their summary or below it.
    lines = [line for line in dict.fromkeys((notice.body, room)) if line.rstrip(".。") not in notice.summary]
    return Words(_tamed(title), _with_foot(lines, own_id, now), notice.urgency > 1)


def kill_message(kill: Kill, host: str, own_id: str, now: float) -> Words:
    """A program was ended."""
    notice = kill_notice(kill)
    title = f"{host}: {notice.summary}"
    return Words(_tamed(title), _with_foot([notice.body], own_id, now if kill.time is None else kill.time), urgent=True)


def trial_message(host: str, own_id: str, now: float) -> Words:
    """The message of the test button."""
    title = _("{host}: A test, nothing is wrong").format(host=host)
    body = _("OOM Guardian can reach you here. It will tell when memory runs out.")
    return Words(title, _with_foot([body], own_id, now), urgent=False)


def host_name(text: str) -> str:
    """A machine's name as messages carry it."""
    return printable(text.strip())[:64].replace("/", "-") or _("this machine")


def _with_foot(lines: list[str], own_id: str, now: float) -> str:
    when = time.strftime("%Y-%m-%d %H:%M:%S %z", time.localtime(now))
    foot = _("{time}. A message with this id may come twice: {id}").format(time=when, id=own_id)
    return "\n".join([*(_tamed(line) for line in lines if line), foot])


def _tamed(text: str) -> str:
    """The text without what would call others."""
    return _CALLS.sub(lambda found: "＠" if found[0] == "@" else "‹", text)
