"""Plans for systemd units: what a drop-in may hold, and its text.

Source: systemd.exec(5) OOMScoreAdjust=, systemd.service(5) OOMPolicy=,
systemd.resource-control(5) ManagedOOMPreference= and MemoryLow=.
"""

from collections.abc import Mapping
from typing import NamedTuple

from guardian.protocol.rules import ADJ_MAX, ADJ_MIN, RuleError

DROP_IN = "50-oom-guardian.conf"
OWNER_HEADER = "# Written by OOM Guardian; removed by it as well.  Changes here are lost.\n"

_CHOICES = {"OOMPolicy": ("continue", "stop", "kill"), "ManagedOOMPreference": ("none", "avoid", "omit")}
_EXEC_SECTIONS = {"service": "Service", "socket": "Socket", "mount": "Mount", "swap": "Swap"}
_CGROUP_SECTIONS = {**_EXEC_SECTIONS, "slice": "Slice", "scope": "Scope"}


class UnitPlan(NamedTuple):
    """What one unit should have; None leaves a property alone.  `memory_low` in bytes."""

    oom_score_adjust: int | None = None
    oom_policy: str | None = None
    managed_oom_preference: str | None = None
    memory_low: int | None = None


def parse_plan(keys: Mapping[str, object], unit: str) -> UnitPlan:
    """The plan of those keys for `unit` (already checked).  RuleError where a key or a value is not one of the allowed ones."""
    if not keys:
        raise RuleError("the plan is empty")
    unknown = [key for key in keys if key not in ("OOMScoreAdjust", "OOMPolicy", "ManagedOOMPreference", "MemoryLow")]
    if unknown:
        raise RuleError(f"unknown key {unknown[0][:40]!r}; a plan has OOMScoreAdjust, OOMPolicy, ManagedOOMPreference, MemoryLow")
    suffix = unit.rpartition(".")[2]
    adjust, low = _number(keys, "OOMScoreAdjust"), _number(keys, "MemoryLow")
    if adjust is not None and not ADJ_MIN <= adjust <= ADJ_MAX:
        raise RuleError(f"OOMScoreAdjust {adjust} is outside {ADJ_MIN} to {ADJ_MAX}")
    if adjust is not None and suffix not in _EXEC_SECTIONS:
        raise RuleError(f"a {suffix} starts no program itself, so it has no OOMScoreAdjust")
    if low is not None and not 0 <= low < 1 << 63:
        raise RuleError("MemoryLow is not a number of bytes")
    policy, preference = _choice(keys, "OOMPolicy"), _choice(keys, "ManagedOOMPreference")
    if policy is not None and suffix not in ("service", "scope"):
        raise RuleError(f"a {suffix} has no OOMPolicy")
    return UnitPlan(adjust, policy, preference, low)


def drop_in_text(plan: UnitPlan, unit: str) -> str:
    """The drop-in file of a plan, with its owner header."""
    section = _CGROUP_SECTIONS[unit.rpartition(".")[2]]
    values = {
        "OOMScoreAdjust": plan.oom_score_adjust,
        "OOMPolicy": plan.oom_policy,
        "ManagedOOMPreference": plan.managed_oom_preference,
        "MemoryLow": plan.memory_low,
    }
    lines = [f"{key}={value}\n" for key, value in values.items() if value is not None]
    return OWNER_HEADER + f"[{section}]\n" + "".join(lines)


def _number(keys: Mapping[str, object], key: str) -> int | None:
    value = keys.get(key)
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool):
        raise RuleError(f"{key} is not a number")
    return value


def _choice(keys: Mapping[str, object], key: str) -> str | None:
    value = keys.get(key)
    if value is None:
        return None
    if not isinstance(value, str) or value not in _CHOICES[key]:
        raise RuleError(f"{key} is one of {', '.join(_CHOICES[key])}")
    return value
