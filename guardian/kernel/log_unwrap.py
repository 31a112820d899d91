"""Lines of OOM reports that mail programs and terminals broke in two, put together again.

    [  851.666] Memory cgroup out of memory: Killed process 5646 (cc1)
    total-vm:63292kB, anon-rss:21852kB, file-rss:12704k
    B, shmem-rss:0kB, UID:1000 pgtables:148kB oom_score_adj:0

A line goes on only where what it begins is not complete yet and the next has no stamp and begins nothing itself.
"""

import re

from guardian.kernel.log_prefix import LogLine
from guardian.kernel.oom_table import KNOWN_COLUMNS, is_row, parse_row, parse_table_head

_MOST_PARTS = 8
_LONGEST = 4096
_BEGINS = re.compile(
    r"\[ *pid *\]|\[ *\d{1,10}\] +\d|oom-kill:|oom_reaper:|Out of [Mm]emory|Memory cgroup |Kill(?:ed)? process \d|kill process \d"
    r"|Tasks? (?:in|state)|Mem-[Ii]nfo|Node \d|Call Trace|CPU: \d|.{1,40} invoked|Kernel panic|Hardware name"
)
_KILL = re.compile(
    r"(?:Out of [Mm]emory|Memory cgroup out of memory|No available memory)[^:]{0,60}:|(?:Killed|[Kk]ill) process \d"
)
_KILL_WHOLE = re.compile(
    r"process \d.*\).*oom_score_adj:-?\d+|is already exiting"
    r"|[Kk]ill process \d.*(?:score -?\d+ (?:or|and) .*child|sharing same memory)"
    r"|process \d.*\)\.$"
)
_KILL_GOES_ON = re.compile(
    r"(?:[a-z-]{0,12}-?rss:|total-vm:|UID:|pgtables:|oom_score_adj:|kB|B,|,)|\(.*\)|\d{1,10} \(|score |process \d|or "
)
_SIZES = re.compile(r"(?:total-vm|anon-rss|file-rss|shmem-rss|pgtables): ?\d+kB|oom_score_adj:-?\d")
_ASKED = re.compile(r"invoked(?: oom-killer)?:?$|invoked oom-killer:.*[,:]$|invoked oom-killer: gfp_mask=(?!.*order=-?\d)")
_ASKED_GOES_ON = re.compile(r"oom-killer|gfp_mask=|order=|oom_\w+=|oomkilladj=|nodemask=|\w+\)")


class Unwrapper:
    """Takes lines and gives whole ones; holds at most one back until it is whole or the next one says it was."""

    def __init__(self) -> None:
        self._held: LogLine | None = None
        self._parts = 0
        self._columns: tuple[str, ...] = ()

    def feed(self, line: LogLine) -> list[LogLine]:
        """The lines that are whole now that this one has come."""
        out: list[LogLine] = []
        held = self._held
        if held is not None:
            if not line.stamped and self._parts < _MOST_PARTS and self._goes_on(held.text, line.text):
                line = held._replace(text=_joined(held.text, line.text))
                self._parts += 1
            else:
                out.append(held)
                self._parts = 0
            self._held = None
        if len(line.text) < _LONGEST and self._open(line):
            self._held = line
        else:
            out.append(line)
            self._parts = 0
        for whole in out:
            self._columns = parse_table_head(whole.text) or self._columns
        return out

    def flush(self) -> list[LogLine]:
        """The line held back, as it is: nothing more comes for now."""
        held, self._held, self._parts = self._held, None, 0
        return [held] if held is not None else []

    def _open(self, line: LogLine) -> bool:
        """Whether more of this line may follow."""
        text = line.text
        if not text:
            return line.stamped
        if text.startswith("["):
            head = parse_table_head(text)
            if head:
                return head[-1] != "name"
            return is_row(text) and self._columns[-1:] == ("name",) and parse_row(text, self._columns) is None
        if text.startswith("oom-kill:"):
            return ",uid" not in text[-16:]
        if text.startswith("Tasks in "):
            return not text.endswith("set")
        if _KILL.match(text):
            return not _KILL_WHOLE.search(text)
        return " invoked" in text and _ASKED.search(text) is not None

    def _goes_on(self, held: str, text: str) -> bool:
        """Whether this text can be the rest of the held one."""
        if not held:
            return bool(text)
        if not text or _BEGINS.match(text):
            return False
        if _KILL.match(held):
            return _KILL_GOES_ON.match(text) is not None or _SIZES.search(text) is not None
        if " invoked" in held:
            return _ASKED_GOES_ON.match(text) is not None
        return True


def _joined(held: str, text: str) -> str:
    """Two parts as one: mail programs break at spaces, terminals anywhere."""
    if not held or held.startswith("oom-kill:"):
        return held + text
    apart, together = f"{held} {text}", held + text
    head = parse_table_head(held)
    if head:
        return apart if head[-1] in KNOWN_COLUMNS else together
    return together if len(_SIZES.findall(together)) > len(_SIZES.findall(apart)) else apart
