"""Plans of ours for systemd units, as their drop-ins say and as the manager has them in effect.

Source: systemd.unit(5) (drop-ins), systemctl(1) (show).
"""

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from guardian.protocol.plans import DROP_IN, OWNER_HEADER, UnitPlan, parse_plan
from guardian.protocol.rules import RuleError, check_unit

SYSTEM_FOLDER = Path("/etc/systemd/system")
PROPERTIES = ("OOMScoreAdjust", "OOMPolicy", "ManagedOOMPreference", "MemoryLow")
_SHOW_SECONDS = 10.0
_INFINITY = "infinity"


class KeptPlan(NamedTuple):
    """A drop-in of ours: its unit, whose manager it is for, its path, what it wishes, and what the manager says is in effect.

    `effective` is None where no manager answers.
    """

    unit: str
    user: bool
    path: str
    plan: UnitPlan
    effective: UnitPlan | None = None


def user_unit_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """The user's own folder of units.  Source: systemd.unit(5) ($XDG_CONFIG_HOME/systemd/user)."""
    base = environ.get("XDG_CONFIG_HOME", "")
    return (Path(base) if base.startswith("/") else Path("~/.config").expanduser()) / "systemd" / "user"


def read_plans(folder: Path, *, user: bool) -> tuple[KeptPlan, ...]:
    """All drop-ins of ours in a folder of units; one that is not ours or cannot be understood is left out."""
    found = []
    for path in sorted(folder.glob(f"*.d/{DROP_IN}")):
        unit = path.parent.name.removesuffix(".d")
        try:
            found.append(KeptPlan(unit, user, str(path), parse_drop_in(path.read_text("utf-8"), check_unit(unit))))
        except (OSError, UnicodeDecodeError, RuleError):
            continue
    return tuple(found)


def parse_drop_in(text: str, unit: str) -> UnitPlan:
    """What a drop-in of ours wishes.  RuleError where it is not ours or holds what we do not write."""
    if not text.startswith(OWNER_HEADER):
        raise RuleError("not written by OOM Guardian")
    keys: dict[str, object] = {}
    for line in text.splitlines():
        name, mark, value = line.partition("=")
        if mark and not line.startswith("#"):
            keys[name] = int(value) if name in ("OOMScoreAdjust", "MemoryLow") and value.lstrip("-").isdigit() else value
    return parse_plan(keys, unit)


def effective_plan(unit: str, *, user: bool, systemctl: str | None = None) -> UnitPlan | None:
    """What the manager says of a unit; None where none answers."""
    tool = systemctl or shutil.which("systemctl")
    if tool is None:
        return None
    argv = [tool, *(["--user"] if user else []), "show", "-p", ",".join(PROPERTIES), "--", unit]
    try:
        done = subprocess.run(argv, capture_output=True, text=True, timeout=_SHOW_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return parse_shown(done.stdout) if done.returncode == 0 and done.stdout else None


def parse_shown(text: str) -> UnitPlan:
    """The properties in the words of `systemctl show`; None for one that the manager does not know or that has no bound."""
    values = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
    return UnitPlan(
        _whole(values.get("OOMScoreAdjust")),
        values.get("OOMPolicy") or None,
        values.get("ManagedOOMPreference") or None,
        _whole(values.get("MemoryLow")),
    )


def _whole(text: str | None) -> int | None:
    if text is None or text == _INFINITY:
        return None
    try:
        return int(text)
    except ValueError:
        return None
