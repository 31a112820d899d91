"""Reading a recording: the very files of /proc as they were, moment by moment, through the same code as live.

A recording is a folder with `samples.jsonl.gz`, one JSON object a line: {"static": {path: text}}, {"event": …}, and samples
{"t": ns, "e": ns, "set": {path: text or [[line, text], …]}, "gone": [path]} that name only what differs from the one before.
Beside it may lie `result.json` and `dmesg.txt`.  Each line builds upon those before, so
reading ends at the first that is not whole.
"""

import gzip
import json
import os
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from guardian.kernel.tree import RecordedTree
from guardian.protocol.i18n import _
from guardian.sampling.kill_lines import KillLine, clock_offset, parse_kill_lines

SAMPLES, RESULT, LOG = "samples.jsonl.gz", "result.json", "dmesg.txt"
PAGE_SIZE_FILE, CLOCK_FILE = "/guardian/page_size", "/guardian/realtime_offset_ns"

_LONGEST_LINE = 1 << 28
_LONGEST_LOG = 1 << 26
_LATEST_NS = 1 << 62
_TOO_LARGE = re.compile(r"[0-9]{21}")
_PAGE_SIZES = (4096, 8192, 16384, 65536)


class NotARecording(Exception):
    """The folder is no recording, or none of it can be read; the text says what is wrong and what to do."""


class Gap(NamedTuple):
    """Where a recording stops being whole: the line's number in `samples.jsonl.gz`, and why in words."""

    line: int
    reason: str


class Moment(NamedTuple):
    """One sample of a recording.

    `begin` and `end` are seconds of the recording's CLOCK_MONOTONIC.  `tree` holds the files as they were; it is the same
    object for all moments and moves on with the iteration, so take from it what is wanted at once.
    """

    begin: float
    end: float
    tree: RecordedTree


class Birth(NamedTuple):
    """A process that came ("start") or went ("exit"), as the recorder noted it; seconds of CLOCK_MONOTONIC."""

    time: float
    pid: int
    name: str | None
    kind: str


class Recording:
    """A recording that can be read again and again; nothing of it is kept but its kernel log.

    Raises NotARecording.  `release` is uname -r, "" where unknown; `page_size` in bytes; `static` the files that do not change.
    After a pass over `moments`, `gap` says where it broke off (None when whole), and `births` who came and went; `line` is the
    number of the line read last.
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        path = Path(folder)
        self.folder = path.parent if path.name == SAMPLES else path
        self.gap: Gap | None = None
        self.line = 0
        self.births: list[Birth] = []
        self.static: dict[str, str] = {}
        first = self._first_moment()
        self.first = first.begin
        self.result = self._read_result()
        self.page_size = _page_size(first.tree, self.static)
        self.release = self.static.get("/proc/sys/kernel/osrelease", "").strip() or str(self.result.get("kernel") or "")
        offset = _number(self.static.get(CLOCK_FILE), 0)
        self.realtime_offset = offset / 1e9 if abs(offset) < _LATEST_NS else 0.0
        self._log = _read_text(self.folder / LOG)

    def moments(self) -> Iterator[Moment]:
        """All whole samples in order, from the first; the files of each in one tree that moves on."""
        self.gap, self.births = None, []
        tree = RecordedTree()
        for number, item in self._items():
            self.line = number
            try:
                moment = self._apply(item, tree)
            except (TypeError, ValueError, LookupError, AttributeError, OverflowError):
                self.gap = Gap(number, _("the line is not a sample of a recording"))
                return
            if moment is not None:
                yield moment

    def kills(self) -> list[KillLine]:
        """The kernel's kills as the recorded log tells them, in seconds of the recording's CLOCK_MONOTONIC; empty without log."""
        offset = self.log_offset
        return [
            kill._replace(time=kill.time + offset, invoked=kill.invoked + offset) for kill in parse_kill_lines(self.log_lines())
        ]

    def log_lines(self) -> list[str]:
        """The lines of the recorded kernel log; empty without one."""
        return self._log.split("\n") if self._log else []

    @property
    def log_offset(self) -> float:
        """CLOCK_MONOTONIC minus the log's clock in seconds: from the result, else a mark in the log, else 0."""
        known = self.result.get("clock_offset_ns")
        if isinstance(known, int | float) and not isinstance(known, bool) and abs(known) < _LATEST_NS:
            return known / 1e9
        return (clock_offset(self._log) if self._log else None) or 0.0

    def _apply(self, item: dict[str, Any], tree: RecordedTree) -> Moment | None:
        """Bring the tree to what a line says; a Moment when the line is a sample."""
        if "static" in item:
            static = _texts(item["static"])
            self.static |= static
            tree.update(static)
        elif "event" in item:
            self.births.append(Birth(_nanoseconds(item["t"]) / 1e9, int(item["pid"]), item.get("name"), str(item["event"])))
        elif "set" in item:
            begin, end = _nanoseconds(item["t"]), _nanoseconds(item.get("e", item["t"]))
            tree.update(_changed(item["set"], tree), [str(path) for path in item.get("gone", ())])
            return Moment(begin / 1e9, end / 1e9, tree)
        return None

    def _items(self) -> Iterator[tuple[int, dict[str, Any]]]:
        """The JSON objects with their line numbers, up to the first that is not whole."""
        number = 0
        try:
            with gzip.open(self.folder / SAMPLES, "rb") as stream:
                while line := stream.readline(_LONGEST_LINE):
                    number += 1
                    try:
                        item = json.loads(line)
                    except (ValueError, RecursionError):
                        item = None
                    if not isinstance(item, dict):
                        self.gap = Gap(number, _("the line is not whole JSON"))
                        return
                    yield number, item
        except (EOFError, zlib.error, gzip.BadGzipFile):
            self.gap = Gap(number + 1, _("the file ends early"))
        except OSError as error:
            self.gap = Gap(number + 1, error.strerror or str(error))

    def _first_moment(self) -> Moment:
        """The first sample, which every recording has.  Raises NotARecording."""
        samples = self.folder / SAMPLES
        if not samples.is_file():
            raise NotARecording(
                _("{folder} is not a recording: it has no {file}. Give the folder that “guardian record” wrote.").format(
                    folder=self.folder, file=SAMPLES
                )
            )
        moments = self.moments()
        first = next(moments, None)
        moments.close()  # type: ignore[attr-defined]  # a generator, told as what callers need of it
        if first is None or first.tree.read_or_none("proc/meminfo") is None:
            reason = self.gap.reason if self.gap else _("it holds no samples of a machine's memory")
            raise NotARecording(
                _("{file} cannot be read as a recording: {reason}. Record again, or fetch the file anew.").format(
                    file=samples, reason=reason
                )
            )
        return first

    def _read_result(self) -> dict[str, Any]:
        """What result.json says; empty where it is missing or broken."""
        try:
            found = json.loads(_read_text(self.folder / RESULT))
        except (ValueError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}


def _texts(found: Any) -> dict[str, str]:  # noqa: ANN401 - JSON may be anything until looked at
    """The object as paths and texts.  Raises TypeError when it is not."""
    if not isinstance(found, dict) or not all(isinstance(text, str) for text in found.values()):
        raise TypeError("paths and texts expected")
    return {path: _sane(text) for path, text in found.items()}


def _changed(change: dict[str, Any], tree: RecordedTree) -> dict[str, str]:
    """The whole texts of what a sample changes.  Raises when a change does not fit what was there."""
    return {
        path: _sane(new) if isinstance(new, str) else patched(tree.read_or_none(path[1:]), new) for path, new in change.items()
    }


def patched(old: str | None, change: list[tuple[int, str]]) -> str:
    """The old text with some of its lines (counted from 0) replaced.  Raises LookupError when it has no such line."""
    if old is None:
        raise LookupError("lines of a file that was not there")
    lines = old.split("\n")
    for at, text in change:
        if at < 0 or not isinstance(text, str):
            raise LookupError("no such line")
        lines[at] = _sane(text)
    return "\n".join(lines)


def _sane(text: str) -> str:
    """The text, unless it holds a number larger than any kernel can write.  Raises ValueError."""
    if _TOO_LARGE.search(text):
        raise ValueError("a number larger than any of the kernel's")
    return text


def _page_size(tree: RecordedTree, static: dict[str, str]) -> int:
    """Bytes of a page: as noted, else from a process whose resident size is told in pages and in kB; 4096 where neither is."""
    noted = _number(static.get(PAGE_SIZE_FILE), 0)
    if noted in _PAGE_SIZES:
        return noted
    for pid in tree.pids():
        statm, status = (tree.read_or_none(f"proc/{pid}/{name}") for name in ("statm", "status"))
        resident = re.search(r"^VmRSS:\s+(\d+) kB", status or "", re.MULTILINE)
        pages = (statm or "").split()[1:2]
        # Both are read one after the other, and some kernels' counters are rough: only a clear answer counts.
        if resident and pages and pages[0].isdigit() and int(pages[0]) >= 256:
            ratio = int(resident[1]) * 1024 / int(pages[0])
            return min(_PAGE_SIZES, key=lambda size: abs(size - ratio))
    return 4096


def _nanoseconds(found: Any) -> int:  # noqa: ANN401 - JSON may be anything until looked at
    """A time of the recording.  Raises ValueError when it is none."""
    time = int(found)
    if abs(time) >= _LATEST_NS:
        raise ValueError("no time of any clock")
    return time


def _number(text: str | None, otherwise: int) -> int:
    try:
        return int(text or "")
    except ValueError:
        return otherwise


def _read_text(path: Path) -> str:
    """A file's text, "" where there is none or it may not be read; what is not UTF-8 comes as U+FFFD."""
    try:
        with open(path, "rb") as file:
            return file.read(_LONGEST_LOG).decode("utf-8", "replace")
    except OSError:
        return ""
