"""The journal of acts in the user's state folder, so that all of ours can be taken back after a restart of the window too.

A pid means nothing beyond its boot.  Source: XDG Base Directory Specification ($XDG_STATE_HOME); random(4) (boot_id).
"""

import contextlib
import json
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from guardian.kernel.process import ProcessKey
from guardian.policy.acts import Act, Change, GroupLimit, UnitWish
from guardian.policy.pins import Keeper, Pin
from guardian.policy.setting_changes import SettingChange
from guardian.protocol.plans import UnitPlan
from guardian.protocol.rules import RuleError, check_unit, parse_rule

FILE_NAME = "acts.json"
_SCHEMA = 1
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


def state_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """The user's folder of what lasts between runs."""
    base = environ.get("XDG_STATE_HOME", "")
    return (Path(base) if base.startswith("/") else Path("~/.local/state").expanduser()) / "oom-guardian"


def boot_id() -> str:
    """The id of this boot, "" where it is not known."""
    try:
        return _BOOT_ID.read_text("ascii").strip()
    except OSError:
        return ""


class ActJournal:
    """The file of one user's acts."""

    def __init__(self, path: Path | None = None, boot: str | None = None) -> None:
        self.path = path if path is not None else state_folder() / FILE_NAME
        self._boot = boot_id() if boot is None else boot

    def read(self) -> tuple[Act, ...]:
        """The acts that can still be taken back; of an earlier boot only rules and drop-ins.  A broken file counts as empty."""
        try:
            document = json.loads(self.path.read_text("utf-8"))
            same = bool(self._boot) and document.get("boot") == self._boot
            acts = [_parse_act(found, same_boot=same) for found in document.get("acts", ())]
        except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError, RuleError):
            return ()
        return tuple(act for act in acts if act.can_undo)

    def write(self, acts: tuple[Act, ...]) -> None:
        """Keep these acts in place of those before.  Raises OSError."""
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        text = json.dumps({"schema": _SCHEMA, "boot": self._boot, "acts": [_plain_act(act) for act in acts]})
        file, temporary = tempfile.mkstemp(prefix=".acts-", dir=self.path.parent)
        try:
            with os.fdopen(file, "w", encoding="utf-8") as out:
                out.write(text)
            os.replace(temporary, self.path)
        except OSError:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
            raise


def _plain_act(act: Act) -> dict[str, Any]:
    return {
        "label": act.label,
        "time": act.time,
        "changes": [[change.key.pid, change.key.start_ticks, change.name, change.before, change.now] for change in act.changes],
        "kept": [_plain_pin(pin) for pin in act.kept],
        "forgotten": [_plain_pin(pin) for pin in act.forgotten],
        "units": [_plain_unit(wish) for wish in act.units],
        "units_gone": [_plain_unit(wish) for wish in act.units_gone],
        "frozen": [[key.pid, key.start_ticks] for key in act.frozen],
        "settings": [list(change) for change in act.settings],
        "limits": [list(limit) for limit in act.limits],
    }


def _plain_pin(pin: Pin) -> dict[str, Any]:
    return {"keeper": pin.keeper.value, "id": pin.rule.id, "rule": pin.rule.as_mapping()}


def _plain_unit(wish: UnitWish) -> dict[str, Any]:
    return {"unit": wish.unit, "user": wish.user, "plan": list(wish.plan)}


def _parse_act(found: Mapping[str, Any], *, same_boot: bool) -> Act:
    changes = (
        Change(ProcessKey(int(pid), int(start)), str(name), int(before), int(now))
        for pid, start, name, before, now in found["changes"]
    )
    return Act(
        str(found["label"]),
        float(found["time"]),
        tuple(changes) if same_boot else (),
        tuple(_parse_pin(pin) for pin in found["kept"]),
        tuple(_parse_pin(pin) for pin in found["forgotten"]),
        tuple(_parse_unit(wish) for wish in found["units"]),
        tuple(_parse_unit(wish) for wish in found["units_gone"]),
        tuple(ProcessKey(int(pid), int(start)) for pid, start in found["frozen"]) if same_boot else (),
        settings=tuple(_parse_settings(found.get("settings", ()), same_boot=same_boot)),
        limits=tuple(_parse_limit(*limit) for limit in found.get("limits", ())) if same_boot else (),
    )


def _parse_settings(found: Iterable[Any], *, same_boot: bool) -> Iterator[SettingChange]:
    """Sysctls that were set; those of an earlier boot only where the file still keeps them."""
    for key, *numbers in found:
        before, now, filed_before, filed_now = (None if each is None else int(each) for each in numbers)
        if before is not None and now is not None and (same_boot or filed_before != filed_now):
            yield SettingChange(str(key), before, now, filed_before, filed_now)


def _parse_limit(path: object, before: object, now: object) -> GroupLimit:
    text = str(path)
    if not text.startswith("/") or "/.." in text:
        raise ValueError(text)
    return GroupLimit(text, None if before is None else int(str(before)), None if now is None else int(str(now)))


def _parse_pin(found: Mapping[str, Any]) -> Pin:
    return Pin(parse_rule(found["rule"], str(found["id"])), Keeper(found["keeper"]))


def _parse_unit(found: Mapping[str, Any]) -> UnitWish:
    adjust, policy, preference, low = found["plan"]
    return UnitWish(check_unit(found["unit"]), bool(found["user"]), UnitPlan(adjust, policy, preference, low))
