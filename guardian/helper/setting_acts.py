"""Acts on sysctls: set, try for a while, keep.

A trial is written down in /run before the value changes, so that a helper that was ended takes it up again at its next start.
Source: sysctl.d(5); Documentation/admin-guide/sysctl/vm.rst.
"""

import json
import os
import time
from typing import Any, NamedTuple

from guardian.helper.acts import Caller, PlainAct
from guardian.helper.errors import Failed, Refused
from guardian.helper.root_files import make_folder, write_whole
from guardian.protocol.helper import RUN_FOLDER
from guardian.protocol.rules import RuleError
from guardian.protocol.sysctls import MAX_ROLLBACK_SECONDS, SYSCTLS, Sysctl, check_setting

_AGAIN_SECONDS = 60.0
_PERSISTED = "etc/sysctl.d/90-oom-guardian.conf"
# Writing one of these sets the other to 0 (mm/util.c), so both have to be put back.
_PAIRED = {"vm.overcommit_ratio": "vm.overcommit_kbytes", "vm.overcommit_kbytes": "vm.overcommit_ratio"}


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
        path = self._root + _PERSISTED
        kept = {}
        try:
            with open(path, encoding="utf-8") as file:
                for line in file:
                    name, equals, old = line.partition("=")
                    if equals and name.strip() in SYSCTLS:
                        kept[name.strip()] = old.strip()
        except OSError:
            kept = {}
        kept.pop(_PAIRED.get(key, ""), None)
        kept[key] = value
        make_folder(os.path.dirname(path))
        lines = "".join(f"{name} = {kept[name]}\n" for name in sorted(kept))
        write_whole(path, "# Kept by OOM Guardian; guardian settings explains each.\n" + lines)

    def put_back(self, trial: Trial) -> None:
        """Restore what was before the trial.  Failed where the kernel refuses."""
        for key, value in trial.restore:
            if key in SYSCTLS:
                self.write(SYSCTLS[key], value)

    def end_due(self) -> tuple[tuple[Trial, ...], tuple[str, ...], float | None]:
        """Put back every trial that is due; those ended, a complaint for each that failed, and seconds until the next.

        One that fails holds up no other, and is tried again a minute later.  None without a next one.
        """
        now = time.clock_gettime(time.CLOCK_BOOTTIME)
        pending, ended, complaints = [], [], []
        for trial in self.trials():
            if trial.until > now:
                pending.append(trial)
                continue
            try:
                self.put_back(trial)
                ended.append(trial)
            except Failed as failure:
                complaints.append(str(failure))
                pending.append(trial._replace(until=now + _AGAIN_SECONDS))
        if ended or complaints:
            self.note_trials(tuple(pending))
        return tuple(ended), tuple(complaints), min((trial.until - now for trial in pending), default=None)


class SetSetting(PlainAct):
    """Sets one allow-listed sysctl, for good, until the next boot, or on trial."""

    action = "settings"

    def __init__(self, key: str, value: str, persist: bool, rollback: int, caller: Caller, root: str) -> None:
        try:
            self._sysctl, number = check_setting(key, value)
        except RuleError as error:
            raise Refused(f"Not set: {error}.") from None
        if rollback > MAX_ROLLBACK_SECONDS:
            raise Refused(f"Not set: a trial lasts at most {MAX_ROLLBACK_SECONDS} s.")
        self._value, self._persist, self._rollback, self._uid = str(number), persist, rollback, caller.uid
        self._store = SettingStore(root)
        super().__init__({"setting": key, "value": self._value, "trial": str(rollback)})

    def perform(self) -> tuple[Any, ...]:
        """(before,)."""
        key, before = self._sysctl.key, self._store.read(self._sysctl)
        others = tuple(trial for trial in self._store.trials() if trial.key not in (key, _PAIRED.get(key)))
        if self._rollback:
            earlier = next((trial for trial in self._store.trials() if trial.key in (key, _PAIRED.get(key))), None)
            restore = earlier.restore if earlier else self._restore(before)
            until = time.clock_gettime(time.CLOCK_BOOTTIME) + self._rollback
            trial = Trial(key, self._value, restore, until, self._uid, self._persist)
            self._store.note_trials((*others, trial))
        elif len(others) != len(self._store.trials()):
            self._store.note_trials(others)
        self._store.write(self._sysctl, self._value)
        if self._persist and not self._rollback:
            self._store.persist(key, self._value)
        self._record = {"before": before, "after": self._value}
        return (before,)

    def _restore(self, before: str) -> tuple[tuple[str, str], ...]:
        key = self._sysctl.key
        pair = SYSCTLS.get(_PAIRED.get(key, ""))
        if pair is not None and before == "0":
            return ((pair.key, self._store.read(pair)),)
        return ((key, before),)


class KeepSetting(PlainAct):
    """Ends a trial in favour of the new value; only whoever began it may."""

    action = "settings"

    def __init__(self, key: str, caller: Caller, root: str) -> None:
        self._store = SettingStore(root)
        trial = next((each for each in self._store.trials() if each.key == key), None)
        if trial is None:
            raise Refused("Nothing to keep: no trial of this setting is running.")
        if trial.uid != caller.uid:
            raise Refused("Nothing kept: somebody else began this trial.")
        self._trial = trial
        super().__init__({"setting": key, "value": trial.value, "trial": "keep"})

    def compare(self) -> None:
        """Refused where the trial ended meanwhile."""
        if self._trial not in self._store.trials():
            raise Refused("The trial ended meanwhile and the old value is back; set it again.")

    def perform(self) -> tuple[Any, ...]:
        """Nothing to return."""
        if self._trial.persist:
            self._store.persist(self._trial.key, self._trial.value)
        self._store.note_trials(tuple(each for each in self._store.trials() if each != self._trial))
        return ()
