"""Acts on sysctls: set, try for a while, keep.

Source: sysctl.d(5); Documentation/admin-guide/sysctl/vm.rst.
"""

import time
from typing import Any, NamedTuple

from guardian.helper.acts import Caller, PlainAct
from guardian.helper.errors import Refused
from guardian.helper.setting_store import SettingStore, Trial
from guardian.protocol.dialogs import (
    FORGET_SETTING,
    KEEP_PERSISTENT_SETTING,
    KEEP_SETTING,
    PERSIST_SETTING,
    TRY_SETTING,
)
from guardian.protocol.rules import RuleError
from guardian.protocol.sysctls import FAMILY, MAX_ROLLBACK_SECONDS, PAIRED, SYSCTLS, check_setting


class SettingWish(NamedTuple):
    """What was asked for, unchecked: `rollback` seconds on trial (0: none), `forget` takes the kept line away."""

    key: str
    value: str
    persist: bool
    rollback: int
    forget: bool = False


class SetSetting(PlainAct):
    """Sets one allow-listed sysctl, for good, until the next boot, or on trial; or takes back one that was kept."""

    action = "settings"

    def __init__(self, wish: SettingWish, caller: Caller, root: str) -> None:
        try:
            self._sysctl, self._number = check_setting(wish.key, wish.value)
        except RuleError as error:
            raise Refused(f"Not set: {error}.") from None
        if wish.rollback > MAX_ROLLBACK_SECONDS:
            raise Refused(f"Not set: a trial lasts at most {MAX_ROLLBACK_SECONDS} s.")
        if wish.forget and (wish.persist or wish.rollback):
            raise Refused("Not set: what is taken back is neither kept nor tried.")
        if wish.forget:
            self.dialog = FORGET_SETTING
        elif wish.rollback:
            self.dialog = TRY_SETTING
        elif wish.persist:
            self.dialog = PERSIST_SETTING
        self._wish, self._value, self._uid = wish, str(self._number), caller.uid
        self._store = SettingStore(root)
        self.compare()
        super().__init__({"setting": wish.key, "value": self._value, "trial": str(wish.rollback)})

    def compare(self) -> None:
        """Refused where the value would stop the machine as it stands now."""
        why = self._store.refusal(self._sysctl.key, self._number)
        if why:
            raise Refused(f"Not set: {why}.")

    def perform(self) -> tuple[Any, ...]:
        """(before,)."""
        key, before, wish = self._sysctl.key, self._store.read(self._sysctl), self._wish
        same = (key, PAIRED.get(key))
        trials = self._store.trials()
        others = tuple(trial for trial in trials if trial.key not in same)
        if wish.rollback:
            earlier = next((trial for trial in trials if trial.key in same), None)
            restore = earlier.restore if earlier else self._restore(before)
            until = time.clock_gettime(time.CLOCK_BOOTTIME) + wish.rollback
            trial = Trial(key, self._value, restore, until, self._uid, wish.persist)
            self._store.note_trials((*_prolonged(others, trial), trial))
        # Even the value that is there already would set its pair to 0.
        if before != self._value:
            self._store.write(self._sysctl, self._value)
        # Not before: where the kernel refuses, the value on trial still has to go back.
        if not wish.rollback and len(others) != len(trials):
            self._store.note_trials(others)
        if wish.persist and not wish.rollback:
            self._store.persist(key, self._value)
        if wish.forget:
            self._store.forget(key)
        self._record = {"before": before, "after": self._value}
        return (before,)

    def _restore(self, before: str) -> tuple[tuple[str, str], ...]:
        key = self._sysctl.key
        pair = SYSCTLS.get(PAIRED.get(key, ""))
        if pair is not None and before == "0":
            return ((pair.key, self._store.read(pair)),)
        return ((key, before),)


def _prolonged(others: tuple[Trial, ...], trial: Trial) -> tuple[Trial, ...]:
    """Trials of the same family last as long as the newest of them, so that none goes back under another's feet."""
    if trial.key not in FAMILY:
        return others
    return tuple(each._replace(until=max(each.until, trial.until)) if each.key in FAMILY else each for each in others)


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
        self.dialog = KEEP_PERSISTENT_SETTING if trial.persist else KEEP_SETTING
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
