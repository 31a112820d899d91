"""The value of a switch in words: what it is, what it means here, what the kernel itself would have."""

from collections.abc import Callable

from guardian.policy.knobs import Knob, Value
from guardian.policy.machine_profile import MachineProfile
from guardian.protocol.i18n import N_, _
from guardian.protocol.quantities import KIB, UNKNOWN, format_bytes, format_number, format_percent


def value_of(knob: Knob, profile: MachineProfile) -> Value:
    """What the machine says now; None where this kernel has no such switch."""
    switches = profile.switches
    others: dict[str, Value] = {
        "zswap": switches.zswap,
        "lru_gen.min_ttl_ms": switches.lru_min_ttl,
        "transparent_hugepage": switches.huge_pages,
        "oom_adj": None,
    }
    if knob.key in others:
        return others[knob.key]
    found: int | None = getattr(profile.settings, knob.field)
    return found


def show_value(knob: Knob, value: Value) -> str:
    """A value as the page shows it: "66 MiB", "50 %", "10 s"."""
    if value is None:
        return UNKNOWN
    if isinstance(value, bool):
        return _("on") if value else _("off")
    if isinstance(value, str):
        return value
    shown: dict[str, Callable[[int], str]] = {
        "kbytes": lambda kbytes: format_bytes(kbytes * KIB) if kbytes else "0",
        "percent": lambda percent: format_percent(percent / 100),
        "seconds": lambda seconds: _("{count} s").format(count=format_number(seconds)),
        "milliseconds": lambda count: _("{count} ms").format(count=count),
    }
    return shown.get(knob.unit, format_number)(value)


def usual_of(knob: Knob, profile: MachineProfile) -> int | None:
    """What the kernel itself would have; None where there is nothing of the kind."""
    reckoned = {
        "vm.min_free_kbytes": profile.usual_min_free,
        "vm.admin_reserve_kbytes": min(profile.ram // KIB // 32, 8 << 10),
        "vm.user_reserve_kbytes": min(profile.ram // KIB // 32, 128 << 10),
    }
    return reckoned.get(knob.key, knob.usual)


def meaning(knob: Knob, value: Value, profile: MachineProfile) -> str:
    """What the value means here, in a few words."""
    if knob.key == "oom_adj":
        return _("deprecated since Linux 2.6.36")
    if value is None:
        return _("does not exist on this kernel")
    by_value = _BY_VALUE.get(knob.key)
    if by_value is not None and value in by_value:
        return _(by_value[value])
    return _MEANINGS[knob.key](value, profile) if knob.key in _MEANINGS else _(knob.about)


_BY_VALUE: dict[str, dict[Value, str]] = {
    "vm.overcommit_memory": {
        0: N_("heuristic: refuses only the absurd"),
        1: N_("grants every request"),
        2: N_("strict: promises no more than a limit"),
    },
    "vm.panic_on_oom": {
        0: N_("end a process, do not stop the machine"),
        1: N_("stop the whole machine"),
        2: N_("stop the whole machine, for a cgroup's limit too"),
    },
    "vm.oom_kill_allocating_task": {0: N_("choose by points"), 1: N_("end whoever asks next")},
    "vm.oom_dump_tasks": {0: N_("the log names the victim alone"), 1: N_("the log has the table of all programs")},
    "vm.oom-kill": {0: N_("the killer is off"), 1: N_("the killer is on")},
    "vm.swappiness": {0: N_("swaps only when nothing else is left"), 100: N_("programs and file cache alike")},
    "zswap": {False: N_("pages go to swap as they are"), True: N_("pages are compressed before they go to swap")},
    "lru_gen.min_ttl_ms": {0: N_("what was just used is not protected")},
    "transparent_hugepage": {
        "always": N_("2 MiB at a time for every program"),
        "madvise": N_("2 MiB at a time for those that ask"),
        "never": N_("4 KiB at a time, for all"),
    },
}


def _ratio(_value: Value, profile: MachineProfile) -> str:
    if profile.mode != 2:
        return _("counts only in mode 2")
    if profile.settings.overcommit_kbytes:
        return _("the size in overcommit_kbytes counts")
    return _("mode 2 promises {size}").format(size=format_bytes(profile.commit.limit, 1))


def _kbytes(value: Value, profile: MachineProfile) -> str:
    if profile.mode != 2:
        return _("counts only in mode 2")
    return _("mode 2 promises {size}").format(size=format_bytes(profile.commit.limit, 1)) if value else _("the ratio counts")


def _panic(value: Value, _profile: MachineProfile) -> str:
    if not isinstance(value, int) or value == 0:
        return _("a stopped kernel stays stopped")
    return _("a stopped kernel starts again at once") if value < 0 else _("a stopped kernel starts again by itself")


def _cluster(value: Value, _profile: MachineProfile) -> str:
    return _("{count} pages at once from swap").format(count=1 << min(int(value or 0), 31))


def _admin(_value: Value, profile: MachineProfile) -> str:
    counts = profile.mode == 2 or (profile.mode == 0 and profile.release < (5, 2))
    return _("kept for administrators") if counts else _("counts only in mode 2")


def _user(_value: Value, profile: MachineProfile) -> str:
    return _("kept from each large program") if profile.mode == 2 else _("counts only in mode 2")


_MEANINGS: dict[str, Callable[[Value, MachineProfile], str]] = {
    "vm.overcommit_ratio": _ratio,
    "vm.overcommit_kbytes": _kbytes,
    "kernel.panic": _panic,
    "vm.page-cluster": _cluster,
    "vm.admin_reserve_kbytes": _admin,
    "vm.user_reserve_kbytes": _user,
    "vm.swappiness": lambda _value, _profile: _("how readily programs go to swap"),
    "vm.min_free_kbytes": lambda _value, _profile: _("reserve for the kernel"),
    "vm.watermark_scale_factor": lambda _value, _profile: _("when reclaim in the background starts"),
    "lru_gen.min_ttl_ms": lambda value, _profile: _("what was used within {count} ms stays").format(count=value),
}
