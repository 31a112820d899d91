"""Writing a recording: the files of /proc as text, sample by sample, each line naming only what differs from the one before.

The format is the one that `replay` reads: {"static": {path: text}} first, then {"event": "start"|"exit", "t": ns, "pid": …} and
{"t": ns, "e": ns, "set": {path: text or [[line, text], …]}, "gone": [path]}, one JSON object a line, times of CLOCK_MONOTONIC.
Every line is flushed, so that a recording cut short by a signal or a power failure replays up to there.
"""

import gzip
import json
import os
import zlib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

from guardian.kernel.errors import KernelFileError
from guardian.kernel.tree import Tree
from guardian.protocol.i18n import _
from guardian.sampling.kill_lines import parse_kill_lines
from guardian.sampling.redaction import Redaction
from guardian.sampling.replay import CLOCK_FILE, LOG, PAGE_SIZE_FILE, RESULT, SAMPLES
from guardian.sampling.sampler import take_sample

_STATIC = ("proc/version", "proc/cmdline", "proc/cpuinfo", "proc/sys/kernel/osrelease", "proc/sys/kernel/panic",
           "sys/kernel/mm/transparent_hugepage/enabled", "sys/kernel/mm/lru_gen/enabled")  # fmt: skip
_EACH = ("proc/meminfo", "proc/pressure/memory", "proc/pressure/io", "proc/pressure/cpu", "proc/vmstat", "proc/zoneinfo",
         "proc/buddyinfo", "proc/loadavg", "proc/swaps")  # fmt: skip
_DEEDS = frozenset({"stat_refresh", "compact_memory", "drop_caches"})  # reading or writing these does something
_LIGHT = ("/proc/meminfo", "/proc/pressure/")
_GROUP_FILES = ("memory.min", "memory.low", "memory.stat", "memory.swap.current", "memory.swap.max", "cgroup.procs")
_SYNC_SECONDS = 5.0


class Clocks(NamedTuple):
    """Nanoseconds of CLOCK_MONOTONIC and of CLOCK_REALTIME."""

    monotonic: Callable[[], int]
    realtime: Callable[[], int]


class NotWritable(Exception):
    """The recording's folder cannot be written; the text says why and what to do."""


class Recorder:
    """Writes one recording into a folder that has none yet.  Use it as a context manager, or close it.

    `detail_every` n reads everything at each n-th sample only, and meminfo, pressure and the cgroups' use at the others.
    Raises NotWritable.
    """

    def __init__(
        self,
        folder: str | os.PathLike[str],
        tree: Tree,
        clocks: Clocks,
        *,
        page_size: int,
        detail_every: int = 1,
        redaction: Redaction | None = None,
    ) -> None:
        self.folder = Path(folder)
        self.samples = 0
        self._tree = tree
        self._clocks = clocks
        self._page_size = page_size
        self._detail_every = max(1, detail_every)
        self._redaction = redaction
        self._texts: dict[str, str] = {}
        self._names: dict[int, str] = {}
        self._begun = self._ended = self._synced = clocks.monotonic()
        self._file, self._stream = _opened(self.folder)
        self._put({"static": self._redacted(self._read_static())})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def take(self) -> None:
        """Record one sample.  Raises NotWritable when it cannot be stored, KernelFileError when there is no meminfo."""
        detail = self.samples % self._detail_every == 0
        begin = self._clocks.monotonic()
        texts = self._redacted(self._read_all() if detail else self._read_light())
        end = self._clocks.monotonic()
        if detail:
            self._tell_births(texts, begin)
        else:
            texts = self._texts | texts
        line: dict[str, Any] = {"t": begin, "e": end, "set": _changes(self._texts, texts)}
        gone = sorted(self._texts.keys() - texts.keys())
        if gone:
            line["gone"] = gone
        self._put(line)
        self._texts, self._ended = texts, end
        self.samples += 1

    def close(self, log: str = "") -> None:
        """End the recording; `log` is the kernel log of its time, "" where it may not be read."""
        if self._file.closed:
            return
        try:
            try:
                self._stream.close()
                os.fsync(self._file.fileno())
            finally:
                self._file.close()
            text = self._redaction.log(log) if self._redaction else log
            if text:
                (self.folder / LOG).write_text(text, encoding="utf-8")
            (self.folder / RESULT).write_text(json.dumps(self._result(text), indent=1) + "\n", encoding="utf-8")
        except OSError as error:
            raise _not_writable(self.folder, error) from error

    def _result(self, log: str) -> dict[str, Any]:
        kills = [
            {"usec": round(kill.time * 1e6), "pid": kill.pid, "victim": kill.name, "kind": kill.constraint, "memcg": kill.memcg}
            for kill in parse_kill_lines(log.split("\n"))
        ]
        release = (self._tree.read_or_none("proc/sys/kernel/osrelease") or "").strip()
        seconds = round((self._ended - self._begun) / 1e9, 2)
        return {
            "kernel": release, "samples": self.samples, "complete": True, "seconds": seconds, "clock_offset_ns": 0,
            "page_size": self._page_size, "redacted": self._redaction is not None, "kills": kills,
        }  # fmt: skip

    def _read_static(self) -> dict[str, str]:
        """The files that do not change, and what only the recorder knows: the page size and the clocks' difference."""
        try:
            switches = [f"proc/sys/vm/{name}" for name in self._tree.names("proc/sys/vm") if name not in _DEEDS]
        except KernelFileError:
            switches = []
        tape = _Tape(self._tree)
        for path in (*_STATIC, *switches):
            tape.keep(path)
        offset = self._clocks.realtime() - self._clocks.monotonic()
        return tape.texts | {PAGE_SIZE_FILE: f"{self._page_size}\n", CLOCK_FILE: f"{offset}\n"}

    def _read_all(self) -> dict[str, str]:
        """Every file that a sample rests on, by letting the sampler itself read through a tape, and what the format adds."""
        tape = _Tape(self._tree)
        for path in _EACH:
            tape.keep(path)
        take_sample(tape, realtime=0.0, monotonic=0.0, page_size=self._page_size)
        for path in list(tape.texts):
            folder, _slash, name = path[1:].rpartition("/")
            if name == "status" and folder.count("/") == 1:
                tape.keep(folder + "/statm")
            elif name == "memory.current":
                for file in _GROUP_FILES:
                    tape.keep(f"{folder}/{file}")
        return tape.texts

    def _read_light(self) -> dict[str, str]:
        """The few files that are read between detailed samples."""
        tape = _Tape(self._tree)
        for path in self._texts:
            if path.startswith(_LIGHT) or path.endswith("/memory.current"):
                tape.keep(path[1:])
        return tape.texts

    def _redacted(self, texts: dict[str, str]) -> dict[str, str]:
        return self._redaction.texts(texts) if self._redaction else texts

    def _tell_births(self, texts: Mapping[str, str], at: int) -> None:
        """Write who came and who went since the detailed sample before."""
        now = {int(path.split("/")[2]): _name(text) for path, text in texts.items() if path.endswith("/stat")}
        for pid in sorted(now.keys() - self._names.keys()) if self._names else ():
            self._put({"event": "start", "t": at, "pid": pid, "name": now[pid]})
        for pid in sorted(self._names.keys() - now.keys()):
            self._put({"event": "exit", "t": at, "pid": pid, "status": None})
        self._names = now

    def _put(self, item: Mapping[str, Any]) -> None:
        """Write a line so that it is whole for whoever reads the file from now on."""
        try:
            self._stream.write(json.dumps(item, separators=(",", ":")).encode() + b"\n")
            self._stream.flush(zlib.Z_SYNC_FLUSH)
            self._file.flush()
            if self._clocks.monotonic() - self._synced > _SYNC_SECONDS * 1e9:
                os.fsync(self._file.fileno())
                self._synced = self._clocks.monotonic()
        except OSError as error:
            raise _not_writable(self.folder, error) from error


class _Tape:
    """A tree that keeps the text of everything read through it."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self.texts: dict[str, str] = {}

    def keep(self, path: str) -> None:
        """Read a file for the tape alone; one that is not there or may not be read is left out."""
        try:
            self.texts["/" + path] = self._tree.read(path)
        except KernelFileError:
            return

    def read(self, path: str) -> str:
        """The file's text.  Raises as the tree does."""
        text = self._tree.read(path)
        self.texts["/" + path] = text
        return text

    def read_or_none(self, path: str) -> str | None:
        """The file's text, None when it is not there or may not be read."""
        text = self._tree.read_or_none(path)
        if text is not None:
            self.texts["/" + path] = text
        return text

    def names(self, path: str) -> list[str]:
        """The names in a folder, in no order."""
        return self._tree.names(path)

    def link(self, path: str) -> str:
        """What a symbolic link points to."""
        return self._tree.link(path)

    def pids(self) -> list[int]:
        """The processes listed in /proc."""
        return self._tree.pids()


def difference(old: str | None, new: str) -> str | list[list[int | str]]:
    """What to write so that the old text becomes the new one: some of its lines where their number is the same, else all."""
    if old is None:
        return new
    before, after = old.split("\n"), new.split("\n")
    if len(before) != len(after):
        return new
    return [[at, line] for at, (was, line) in enumerate(zip(before, after, strict=True)) if was != line]


def _changes(old: Mapping[str, str], new: Mapping[str, str]) -> dict[str, str | list[list[int | str]]]:
    return {path: difference(old.get(path), text) for path, text in new.items() if old.get(path) != text}


def _name(stat: str) -> str:
    return stat[stat.find("(") + 1 : stat.rfind(")")]


def _opened(folder: Path) -> tuple[Any, gzip.GzipFile]:
    """The recording's stream.  Raises NotWritable, also where the folder holds a recording already."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = open(folder / SAMPLES, "xb")  # noqa: SIM115 - lives as long as the recorder
    except OSError as error:
        raise _not_writable(folder, error) from error
    return file, gzip.GzipFile(fileobj=file, mode="wb", compresslevel=6, mtime=0)


def _not_writable(folder: Path, error: OSError) -> NotWritable:
    if isinstance(error, FileExistsError):
        return NotWritable(_("{folder} holds a recording already. Choose another folder.").format(folder=folder))
    reason = error.strerror or str(error)
    return NotWritable(_("{folder} cannot be written: {reason}. Choose another folder.").format(folder=folder, reason=reason))


def record(recorder: Recorder, ticks: Iterable[object]) -> None:
    """Record a sample at each tick until there are no more; the ticks do the waiting."""
    for _tick in ticks:
        recorder.take()
