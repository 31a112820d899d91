"""Wishes for the kernel's settings: read, put into an order that is safe at every step, and taken back.  Pure."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from guardian.kernel.release import KernelRelease
from guardian.kernel.sysctl import MemorySettings
from guardian.policy.knobs import BY_KEY, SETTABLE, number_of
from guardian.protocol.i18n import _
from guardian.protocol.sysctls import PAIRED, SYSCTLS, safe_place

_MODE, _STRICT = "vm.overcommit_memory", 2
# Raised last and lowered first: with these in force the others matter.
_COUNTING = ("vm.panic_on_oom", _MODE)
_OLD_SWAPPINESS = 100


class WishError(ValueError):
    """A wish that cannot be; the text says what would be right."""


class Write(NamedTuple):
    """One sysctl and the number it is to have."""

    key: str
    value: int


class SettingChange(NamedTuple):
    """One sysctl before and after an act, and what Guardian's file in sysctl.d said of it (None: nothing)."""

    key: str
    before: int
    now: int
    filed_before: int | None = None
    filed_now: int | None = None


class SettingSteps(NamedTuple):
    """What takes changes back, in order: the value each is to have, and what the file is to say (None: no line)."""

    key: str
    value: int
    filed: int | None
    was_filed: bool


def parse_wish(text: str, release: KernelRelease) -> Write:
    """The write that "vm.swappiness=100" asks for.  WishError where it is none that can be done."""
    key, sign, word = text.partition("=")
    key = key.strip()
    if not sign:
        raise WishError(_("write KEY=VALUE, such as vm.swappiness=100"))
    key = key if key in BY_KEY else f"vm.{key}" if f"vm.{key}" in BY_KEY else key
    if key in BY_KEY and key not in SETTABLE:
        raise WishError(_("{key} is explained, not set; see: guardian settings show {key}").format(key=key))
    if key not in SYSCTLS:
        raise WishError(_("{key} is no setting of memory; list them: guardian settings").format(key=key[:40]))
    try:
        value = int(word.strip())
    except ValueError:
        raise WishError(_("{key} takes a whole number").format(key=key)) from None
    return checked(Write(key, value), release)


def checked(write: Write, release: KernelRelease) -> Write:
    """The write itself.  WishError where this kernel does not take the number."""
    sysctl = SYSCTLS[write.key]
    most = sysctl.most
    if write.key == "vm.swappiness" and release < (5, 8):
        most = _OLD_SWAPPINESS
    if not sysctl.least <= write.value <= most:
        raise WishError(_("{key} takes {least} … {most}").format(key=write.key, least=sysctl.least, most=most))
    return write


def plan_writes(wishes: Iterable[Write], settings: MemorySettings) -> tuple[Write, ...]:
    """The wishes in an order in which no step on the way is worse than both ends.

    Of a ratio and its size one is 0; writing the other is enough.
    """
    kept: dict[str, Write] = {}
    for wish in wishes:
        pair = PAIRED.get(wish.key, "")
        if wish.value == 0 and pair in kept:
            continue
        kept.pop(pair, None)
        kept[wish.key] = wish

    def place(write: Write) -> tuple[int, int, str]:
        lowered = write.key in _COUNTING and write.value < (number_of(write.key, settings) or 0)
        return (0 if lowered else 1, *safe_place(write.key))

    return tuple(sorted(kept.values(), key=place))


def undo_settings(
    changes: Iterable[SettingChange], settings: MemorySettings, filed: Mapping[str, int]
) -> tuple[SettingSteps, ...]:
    """What takes changes (oldest first) back, given what is in force and what the file says.

    A value that somebody else has set since stays; the line in the file, which is ours alone, goes back in any case.
    """
    first: dict[str, SettingChange] = {}
    last: dict[str, SettingChange] = {}
    for change in changes:
        first.setdefault(change.key, change)
        last[change.key] = change
    steps = []
    for key, change in first.items():
        now = number_of(key, settings)
        if now is None:
            continue
        value = change.before if now == last[key].now else now
        right = filed.get(key) == change.filed_before
        if right and (value == now or (value == 0 and PAIRED.get(key, "") in first)):
            continue
        steps.append(SettingSteps(key, value, change.filed_before, key in filed))
    order = {write.key: at for at, write in enumerate(plan_writes((Write(s.key, s.value) for s in steps), settings))}
    return tuple(sorted(steps, key=lambda step: order.get(step.key, len(order))))
