"""Logs of any kind and size, read for kills: what matters is found fast, and only that is looked at closely.

Source of the texts: guardian.kernel.oom_lines, guardian.kernel.userspace_kill.
"""

import re
from collections.abc import Iterable, Iterator

from guardian.kernel import oom_lines
from guardian.kernel.log_prefix import LogLine, parse_log_line
from guardian.kernel.log_unwrap import Unwrapper
from guardian.kernel.oom_lines import KillLine
from guardian.kernel.oom_memory import MemoryCollector
from guardian.kernel.oom_report import OomReport, ReportBuilder
from guardian.kernel.oom_table import is_row, parse_table_head
from guardian.kernel.userspace_kill import UnitNotice, UserspaceKill, UserspaceParser

Event = OomReport | UserspaceKill | UnitNotice

_PANIC = re.compile(r"Kernel panic - not syncing: (?:Out of memory|System is deadlocked on memory|out of memory)")
_NOBODY = re.compile(r"(?:Memory cgroup o|O)ut of memory and no killable processes")
_ENDING = re.compile(r"oom-kill:|.{0,60}[Kk]ill(?:ed)? process \d")
_ALLOCATION_FAILED = re.compile(r"__alloc_pages: \d-order allocation failed")
_STARVED_LINES = 4
_VM_KILL = re.compile(r"VM: killing process (.{1,16})$")


class OomLogParser:
    """Takes a log's lines one by one and gives reports and kills as soon as they are complete."""

    def __init__(self) -> None:
        self._unwrap = Unwrapper()
        self._userspace = UserspaceParser()
        self._builder: ReportBuilder | None = None
        self._loose = MemoryCollector()
        self._columns: tuple[str, ...] = ()
        self._starved = 0
        self.idle = 0

    def feed(self, line: LogLine) -> list[Event]:
        """The events that this line completes.  `idle` counts the lines since one that told something."""
        self.idle += 1
        return [event for whole in self._unwrap.feed(line) for event in self._take(whole)]

    def finish(self) -> list[Event]:
        """The events still held back, because the log ends or is quiet; more lines may follow."""
        events = [event for whole in self._unwrap.flush() for event in self._take(whole)]
        return [*events, *self._close(), *self._userspace.finish()]

    def _take(self, line: LogLine) -> list[Event]:
        if line.sender is not None and line.sender != "kernel":
            notices = self._userspace.feed(line)
            self.idle = 0 if notices or self._userspace.busy else self.idle
            return list(notices)
        events: list[Event] = []
        self._starved = _STARVED_LINES if _ALLOCATION_FAILED.match(line.text) else max(0, self._starved - 1)
        for text in oom_lines.split_glued(line.text):
            piece = line._replace(text=text)
            if _ENDING.match(text) and self._builder is not None and self._builder.is_older(line):
                events += self._close()
            told = self._kernel(piece)
            if told is not None:
                self.idle = 0
                events += told
            elif line.sender is None:
                events += self._userspace.feed(piece)
        return events

    def _kernel(self, line: LogLine) -> list[Event] | None:
        """The events that a line of the kernel completes; None when it is none of a report's."""
        text = line.text
        if (asked := oom_lines.parse_invocation(text)) is not None:
            events = self._begin(line)
            self._open(line).set_invocation(asked)
            return events
        if text.startswith("["):
            return self._table(line)
        if "process" in text and (died := self._kill(line)) is not None:
            return died
        if (verdict := oom_lines.parse_verdict(text)) is not None:
            builder = self._builder
            events = self._begin(line) if builder is None or builder.kills or builder.verdict else []
            self._open(line).verdict = verdict
            return events
        return self._rest(line)

    def _rest(self, line: LogLine) -> list[Event] | None:
        """How it ended, and everything else that a report is made of."""
        text = line.text
        if (group := oom_lines.parse_group(text)) is not None:
            self._open(line).set_group(group)
            return []
        if _NOBODY.match(text) or _PANIC.match(text):
            self._open(line).set_outcome("panic" if text.startswith("Kernel") else "nobody")
            return []
        if self._builder is not None:
            return [] if self._builder.add_text(text) else None
        return [] if self._loose.add(text) else None

    def _table(self, line: LogLine) -> list[Event] | None:
        """A heading or a row."""
        if (columns := parse_table_head(line.text)) is not None:
            events = self._begin(line, self._loose) if self._builder is None or self._builder.kills else []
            self._columns = self._open(line).columns = columns
            return events
        if not is_row(line.text):
            return None
        if self._builder is None or self._builder.kills:
            return None
        # Without a heading of its own a table has that of the one before: it is the same kernel's.
        self._builder.add_row(line.text, self._builder.columns or self._columns)
        return []

    def _kill(self, line: LogLine) -> list[Event] | None:
        """A choice, a kill, or what the reaper did."""
        text = line.text
        if (reaped := oom_lines.parse_reaped(text)) is not None:
            if self._builder is not None:
                self._builder.add_reaped(*reaped)
            return []
        if (choice := oom_lines.parse_choice(text)) is not None:
            if choice.sharing:
                self._open(line).add_kill(KillLine(choice.pid, choice.name, choice.reason, "sharer"), line)
                return []
            builder = self._builder
            other = (
                builder is not None and (builder.kills or builder.choice) and getattr(builder.choice, "pid", None) != choice.pid
            )
            events = self._begin(line) if builder is None or other else []
            self._open(line).choice = choice
            return events
        if (kill := oom_lines.parse_kill(text)) is not None:
            return self._died(kill, line)
        if (found := _VM_KILL.match(text)) and self._starved:
            # 2.4 says so of broken page tables too; only failed allocations just before tell memory was short.
            return [*self._close(), *self._died(KillLine(None, found[1], "Out of memory"), line)]
        return None

    def _died(self, kill: KillLine, line: LogLine) -> list[Event]:
        """Put a kill where it belongs: to the report before it, or to one of its own."""
        builder = self._builder
        before = builder.kills if builder is not None else []
        if builder is None or not before:
            self._open(line).add_kill(kill, line)
            return []
        if kill.pid is not None and any(kill.pid == other.pid for other in before):
            return []
        if builder.group is not None:
            builder.add_kill(kill._replace(how="member"), line)
            return []
        if _shares(kill, before[-1], line):
            builder.add_kill(kill._replace(how="sharer"), line)
            return []
        events = self._close()
        self._open(line).add_kill(kill, line)
        return events

    def _open(self, line: LogLine) -> ReportBuilder:
        """The report in hand, or a new one."""
        if self._builder is None:
            self._builder = ReportBuilder(line)
        return self._builder

    def _begin(self, line: LogLine, memory: MemoryCollector | None = None) -> list[Event]:
        """End the report in hand and open the next."""
        events = self._close()
        self._builder = ReportBuilder(line, memory)
        self._loose = MemoryCollector()
        return events

    def _close(self) -> list[Event]:
        """End the report in hand."""
        builder, self._builder = self._builder, None
        return [builder.taken()] if builder is not None and builder.telling else []


def _shares(kill: KillLine, before: KillLine, line: LogLine) -> bool:
    """Whether this is another thread or process with the memory of the one before: before 2.6.36 each got a line."""
    early = kill.total_vm is None and before.total_vm is None and kill.pid is not None
    moment = (line.seconds, line.time) == (before.seconds, before.time)
    return early and moment and kill.name == before.name and kill.reason == before.reason == "Out of Memory"


# Found by bytes.find, many times faster than any regular expression; _TRIGGER then looks closely.
_NEEDLES = (
    b"oom-kill", b"adj name", b"oom_reaper: ", b"ill process ", b"illed process ", b"illing process ", b"of memory: K",
    b"SIGTERM to p", b"SIGKILL to p", b"due to memory ", b"oomd killed ", b"the OOM killer", b"rrective action:",
)  # fmt: skip
_TRIGGER = re.compile(
    rb"oom-killer|oom-kill:|oom_(?:score_)?adj +name|oom_reaper: reaped|[Kk]ill(?:ed|ing)? process \w|of memory: Kill"
    rb"|SIG(?:TERM|KILL) to process \d|due to memory (?:pressure|used)|systemd-oomd killed \d|by the OOM killer|rrective action:"
)
_CHUNK = 1 << 17
_LONGEST_LINE = 1 << 16
_CONTEXT = 1 << 14
_LINES_AFTER = 1000


def read_events(chunks: Iterable[bytes], until: float | None = None) -> Iterator[Event]:
    """All reports and kills of a log, in its order, in bounded memory.

    `chunks` are pieces of any size; `until` is when the log ends (see parse_log_line).
    """
    parser = OomLogParser()
    scan = _Scan(parser, until)
    rest = b""
    for chunk in chunks:
        for at in range(0, len(chunk), _CHUNK):
            block = rest + chunk[at : at + _CHUNK]
            end = block.rfind(b"\n") + 1
            if not end and len(block) > _LONGEST_LINE:
                end = len(block)
            rest = block[end:]
            if end:
                yield from scan.block(block[:end])
    yield from scan.block(rest)
    yield from parser.finish()


class _Scan:
    """Feeds a parser those lines of a log that may matter, and some around them."""

    def __init__(self, parser: OomLogParser, until: float | None) -> None:
        self._parser = parser
        self._until = until
        self._active = False
        self._tail = b""

    def block(self, block: bytes) -> Iterator[Event]:
        """The events of a block of whole lines."""
        at = 0
        while at < len(block):
            if not self._active:
                found = _first(block, at)
                if found < 0:
                    break
                yield from self._lines(_context(self._tail + block[at:found]))
                self._active, self._tail, self._parser.idle = True, b"", 0
                at = found
            end = block.find(b"\n", at)
            end = len(block) if end < 0 else end + 1
            yield from self._lines((block[at:end],))
            at = end
            if self._parser.idle > _LINES_AFTER:
                self._active = False
                yield from self._parser.finish()
        # The last of what was not looked at: it may turn out to stand before something that matters.
        self._tail = (self._tail + block[max(at, len(block) - _CONTEXT - 1) :])[-_CONTEXT - 1 :]

    def _lines(self, lines: Iterable[bytes]) -> Iterator[Event]:
        for line in lines:
            text = line[:_LONGEST_LINE].decode("utf-8", "replace")
            yield from self._parser.feed(parse_log_line(text, self._until))


def _context(text: bytes) -> list[bytes]:
    """The last lines of a text, whole ones only."""
    if len(text) > _CONTEXT:
        text = text[-_CONTEXT - 1 :].partition(b"\n")[2]
    return text.splitlines()


def _first(block: bytes, at: int) -> int:
    """Where the first line that may matter begins at or after `at`, -1 when none does."""
    nearest = [(found, needle) for needle in _NEEDLES if (found := block.find(needle, at)) >= 0]
    while nearest:
        found, needle = min(nearest)
        begin, end = block.rfind(b"\n", 0, found) + 1, block.find(b"\n", found)
        end = len(block) if end < 0 else end
        if _TRIGGER.search(block, max(begin, at), end):
            return max(begin, at)
        nearest.remove((found, needle))
        if (found := block.find(needle, end)) >= 0:
            nearest.append((found, needle))
    return -1
