"""The settings that are on trial now, as the helper has written them down in /run."""

import json
import time
from pathlib import Path
from typing import NamedTuple

from guardian.policy.setting_changes import SettingChange
from guardian.protocol.helper import RUN_FOLDER
from guardian.protocol.sysctls import PAIRED, SYSCTLS

_MOST_TRIALS = 64


class PendingTrial(NamedTuple):
    """One value on trial: the change it is, when it goes back (CLOCK_BOOTTIME seconds), for whom, and whether keeping writes a
    file.  `pair` is the setting that it has put to 0 meanwhile, None where there is none.
    """

    change: SettingChange
    until: float
    uid: int
    persist: bool
    pair: SettingChange | None = None

    @property
    def changes(self) -> tuple[SettingChange, ...]:
        """All that goes back with it."""
        return (self.change,) if self.pair is None else (self.change, self.pair)

    @property
    def seconds_left(self) -> float:
        """Until it goes back; 0 where that is due."""
        return max(0.0, self.until - time.clock_gettime(time.CLOCK_BOOTTIME))


def read_trials(root: str = "/") -> tuple[PendingTrial, ...]:
    """The trials that are pending, oldest first; none where the file is missing or makes no sense."""
    try:
        found = json.loads((Path(root) / RUN_FOLDER / "trials.json").read_text("utf-8"))
        return tuple(_parse(each) for each in found[:_MOST_TRIALS] if each["key"] in SYSCTLS)
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return ()


def _parse(found: dict[str, object]) -> PendingTrial:
    key, value = str(found["key"]), int(str(found["value"]))
    restore = found["restore"]
    if not isinstance(restore, list):
        raise TypeError("restore is no list")
    before = next((int(str(number)) for name, number in restore if name == key), 0)
    pair = next((SettingChange(str(name), int(str(number)), 0) for name, number in restore if name == PAIRED.get(key)), None)
    until, uid = float(str(found["until"])), int(str(found["uid"]))
    return PendingTrial(SettingChange(key, before, value), until, uid, bool(found["persist"]), pair)
