"""The sysctls of a machine, the values on trial, and the file of those that are kept.

A trial is written down in /run before the value changes, so that a helper that was ended takes it up again at its next start.
Source: sysctl.d(5); Documentation/admin-guide/sysctl/vm.rst.
"""

import json
import os
import time
from typing import NamedTuple

from guardian.helper.errors import Failed
from guardian.helper.root_files import make_folder, remove, write_whole
from guardian.kernel.errors import KernelFileError
from guardian.kernel.meminfo import parse_meminfo
from guardian.kernel.tree import KernelTree
from guardian.protocol.deadly import DEADLY_KEYS, MemoryFacts, deadly
from guardian.protocol.helper import RUN_FOLDER
from guardian.protocol.sysctls import KEPT_FILE, PAIRED, SYSCTLS, Sysctl, kept_values, safe_place

_NEVER_MORE = 2
_GIB = 1 << 30
_AGAIN_SECONDS = 60.0
_HEADER = """\
# Kept by OOM Guardian (io.github.oomguardian.Helper1), which writes this file anew with each change.
# What each line does here: guardian settings        Take a line back: guardian settings undo
"""


class Trial(NamedTuple):
    """A value on trial: what to put back, when (CLOCK_BOOTTIME seconds), for whom, and whether keeping writes a file."""

    key: str
    value: str
    restore: tuple[tuple[str, str], ...]
    until: float
    uid: int
    persist: bool


class SettingStore:
    """The sysctls, trials and the file of kept values under one root."""

    def __init__(self, root: str = "/") -> None:
        self._root = root
        self._trials = root + RUN_FOLDER + "/trials.json"

    def read(self, sysctl: Sysctl) -> str:
        """The value as /proc says.  Failed where this kernel has no such sysctl."""
        try:
            with open(self._root + sysctl.path, encoding="ascii") as file:
                return file.read().strip()
        except (OSError, ValueError):
            raise Failed(f"This kernel has no {sysctl.key}.") from None

    def write(self, sysctl: Sysctl, value: str) -> None:
        """Write and read back.  Failed where the kernel took another value or none."""
        try:
            with open(self._root + sysctl.path, "w", encoding="ascii") as file:
                file.write(value)
        except OSError as error:
            raise Failed(f"The kernel refused {sysctl.key}={value}: {error.strerror}.") from None
        now = self.read(sysctl)
        if now != value:
            raise Failed(f"Not held: {value} was written, {sysctl.key} says {now}.")

    def trials(self) -> tuple[Trial, ...]:
        """The pending trials; none where the file is missing or no longer whole."""
        try:
            with open(self._trials, encoding="utf-8") as file:
                found = json.load(file)
            return tuple(Trial(**{**each, "restore": tuple((k, v) for k, v in each["restore"])}) for each in found)
        except (OSError, ValueError, TypeError, KeyError):
            return ()

    def note_trials(self, trials: tuple[Trial, ...]) -> None:
        """Write the pending trials down."""
        make_folder(os.path.dirname(self._trials))
        write_whole(self._trials, json.dumps([trial._asdict() for trial in trials]))

    def persist(self, key: str, value: str) -> None:
        """Keep the value across boots, beside those kept before."""
        kept = self._kept()
        kept.pop(PAIRED.get(key, ""), None)
        kept[key] = value
        self._write_kept(kept)

    def forget(self, key: str) -> None:
        """Keep the value no longer; the file goes with its last line."""
        kept = self._kept()
        if kept.pop(key, None) is not None:
            self._write_kept(kept)

    def _kept(self) -> dict[str, str]:
        try:
            with open(self._root + KEPT_FILE, encoding="utf-8", errors="replace") as file:
                return kept_values(file.read())
        except FileNotFoundError:
            return {}
        except OSError as error:
            # Taken for empty, its lines would be gone with the next write.
            raise Failed(f"{KEPT_FILE} could not be read: {error.strerror}.") from None

    def _write_kept(self, kept: dict[str, str]) -> None:
        path = self._root + KEPT_FILE
        if not kept:
            remove(path)
            return
        make_folder(os.path.dirname(path))
        write_whole(path, _HEADER + "".join(f"{name} = {kept[name]}\n" for name in sorted(kept, key=safe_place)))

    def refusal(self, key: str, number: int) -> str:
        """Why the value would stop this machine, "" where it would not."""
        if key not in DEADLY_KEYS or (key != "vm.min_free_kbytes" and self._mode_after(key, number) != _NEVER_MORE):
            return ""
        facts = self._facts()
        if facts is None:
            return "what is promised already cannot be read here, so nobody can tell whether it fits"
        found = deadly(key, number, facts)
        if found is None:
            return ""
        have, allow = (f"{size / _GIB:.1f} GiB" for size in (found.have, found.allow))
        if found.why == "reserve":
            return f"{have} kept back would end running programs at once; at most {allow} can be kept back now"
        return f"{have} are promised already, mode 2 would allow {allow}, so every new program would fail at once"

    def _mode_after(self, key: str, number: int) -> int:
        return number if key == "vm.overcommit_memory" else self._number("vm.overcommit_memory")

    def _number(self, key: str) -> int:
        try:
            return int(self.read(SYSCTLS[key]))
        except (Failed, ValueError):
            return 0

    def _facts(self) -> MemoryFacts | None:
        try:
            memory = parse_meminfo(KernelTree(self._root).read("proc/meminfo"))
        except KernelFileError:
            return None
        if memory.committed_as is None:
            return None
        return MemoryFacts(
            ram=memory.mem_total,
            huge=memory.huge_page_bytes or 0,
            swap=memory.swap_total or 0,
            promised=memory.committed_as,
            available=memory.mem_available,
            mode=self._number("vm.overcommit_memory"),
            ratio=self._number("vm.overcommit_ratio"),
            kbytes=self._number("vm.overcommit_kbytes"),
            admin_reserve_kbytes=self._number("vm.admin_reserve_kbytes"),
            min_free_kbytes=self._number("vm.min_free_kbytes"),
        )

    def put_back(self, trial: Trial) -> None:
        """Restore what was before the trial.  Failed where the kernel refuses, or where that would stop the machine now."""
        for key, value in trial.restore:
            if key in SYSCTLS:
                why = self.refusal(key, int(value))
                if why:
                    raise Failed(f"{key} does not go back to {value} yet: {why}.")
                self.write(SYSCTLS[key], value)

    def end_due(self) -> tuple[tuple[Trial, ...], tuple[str, ...], float | None]:
        """Put back every trial that is due; those ended, a complaint for each that failed, and seconds until the next.

        The last begun goes back first.  One that fails holds up no other, and is tried again a minute later.  None without a
        next one.
        """
        now = time.clock_gettime(time.CLOCK_BOOTTIME)
        pending: list[Trial] = []
        ended: list[Trial] = []
        complaints: list[str] = []
        for trial in reversed(self.trials()):
            if trial.until > now:
                pending.insert(0, trial)
                continue
            try:
                self.put_back(trial)
                ended.append(trial)
            except (Failed, ValueError) as failure:
                complaints.append(str(failure))
                pending.insert(0, trial._replace(until=now + _AGAIN_SECONDS))
        if ended or complaints:
            self.note_trials(tuple(pending))
        return tuple(ended), tuple(complaints), min((trial.until - now for trial in pending), default=None)
