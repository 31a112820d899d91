"""What a setting would do here, told before it is set; what would stop the machine is refused with the reason.  Pure."""

from collections.abc import Callable, Sequence
from enum import Enum
from typing import NamedTuple

from guardian.model.commit import Commit, commit_of
from guardian.policy.machine_profile import MachineProfile
from guardian.policy.setting_changes import Write, plan_writes
from guardian.protocol.deadly import DEADLY_KEYS, Deadly, deadly
from guardian.protocol.i18n import _, sentences
from guardian.protocol.quantities import KIB, format_bytes
from guardian.protocol.sysctls import PAIRED

_MODE = "vm.overcommit_memory"
_FIELDS = {"vm.page-cluster": "page_cluster", "kernel.panic": "kernel_panic"}


class Grade(Enum):
    """How grave an effect is, in rising order."""

    FINE = 0
    CAREFUL = 1
    REFUSED = 2


class Effect(NamedTuple):
    """What would come of it: a sentence, and the reason or what goes with it."""

    grade: Grade
    says: str
    why: str = ""


def after_write(profile: MachineProfile, write: Write) -> MachineProfile:
    """The machine as it would be after a write."""
    values: dict[str, int] = {_FIELDS.get(write.key, write.key.partition(".")[2]): write.value}
    pair = PAIRED.get(write.key)
    if pair is not None:
        values[pair.partition(".")[2]] = 0
    settings = profile.settings._replace(**values)
    return profile._replace(machine=profile.machine._replace(settings=settings))


def predict(wishes: Sequence[Write], profile: MachineProfile) -> tuple[Effect, ...]:
    """The effects of all wishes together, in the order of their writes; a refused step is the only one told."""
    writes = plan_writes(wishes, profile.settings)
    now = profile
    for write in writes:
        found = deadly(write.key, write.value, now.commit.facts) if write.key in DEADLY_KEYS else None
        now = after_write(now, write)
        if found is not None:
            return (_refusal(found, now),)
    joined = {write.key for write in writes} & {_MODE, *PAIRED}
    told = [write for write in writes if write.key not in PAIRED or _MODE not in joined]
    return tuple(_TOLD[write.key](write.value, profile, now) for write in told)


def gravest(effects: Sequence[Effect]) -> Grade:
    """The grade of the worst of them; FINE without any."""
    return max((effect.grade for effect in effects), key=lambda grade: grade.value, default=Grade.FINE)


def _refusal(found: Deadly, after: MachineProfile) -> Effect:
    have = format_bytes(found.have, 1)
    if found.why == "reserve":
        allow = format_bytes(found.allow, 1)
        says = _("{size} kept back would end running programs at once.").format(size=have)
        return Effect(Grade.REFUSED, says, _("At most {size} can be kept back now.").format(size=allow))
    why = _("{promised} are promised already, the limit would be {limit}.").format(
        promised=have, limit=format_bytes(after.commit.limit, 1)
    )
    if after.settings.overcommit_kbytes:
        size = format_bytes(after.settings.overcommit_kbytes * KIB, 1)
        return Effect(Grade.REFUSED, _("Mode 2 with {size} would stop new programs at once.").format(size=size), why)
    says = _("Mode 2 with {count} % would stop new programs at once.").format(count=after.commit.facts.ratio)
    least = after.commit.least_ratio
    fits = _("No ratio fits.") if least is None else _("From {share} on it fits.").format(share=f"{least} %")
    return Effect(Grade.REFUSED, says, sentences(why, fits))


def _limit_words(commit: Commit) -> str:
    if commit.facts.kbytes:
        return format_bytes(commit.facts.kbytes * KIB, 1)
    return _("{count} %").format(count=commit.facts.ratio)


def _strict(after: MachineProfile) -> Effect:
    commit = commit_of(after.machine)
    says = _("Mode 2 with {limit} would leave {left} to promise.").format(
        limit=_limit_words(commit), left=format_bytes(max(0, commit.left), 1)
    )
    if commit.roomy:
        return Effect(Grade.FINE, says, _("Programs that ask for more are refused, with memory still free; running ones go on."))
    why = _("New programs would soon be refused.")
    if commit.roomy_ratio is not None and not commit.facts.kbytes:
        why = sentences(why, _("From {share} on there is room to work.").format(share=f"{commit.roomy_ratio} %"))
    return Effect(Grade.CAREFUL, says, why)


def _mode(value: int, _before: MachineProfile, after: MachineProfile) -> Effect:
    if value == 2:
        return _strict(after)
    if value == 1:
        return Effect(Grade.CAREFUL, _("Every request would be granted."), _("Nothing warns a program before memory is out."))
    size = format_bytes(after.commit.largest, 1)
    if after.release >= (5, 2):
        return Effect(Grade.FINE, _("Single requests above {size} would be refused, all others granted.").format(size=size))
    return Effect(Grade.FINE, _("Requests above what could be had, now {size}, would be refused.").format(size=size))


def _limit(_value: int, _before: MachineProfile, after: MachineProfile) -> Effect:
    if after.mode == 2:
        return _strict(after)
    limit = format_bytes(after.commit.limit, 1)
    return Effect(Grade.FINE, _("Nothing changes now: it counts in mode 2, which would promise {size}.").format(size=limit))


def _panic_on_oom(value: int, _before: MachineProfile, after: MachineProfile) -> Effect:
    if not value:
        return Effect(Grade.FINE, _("At a shortage one program is ended and the machine goes on."))
    restart = after.settings.kernel_panic or 0
    if not restart:
        why = _("kernel.panic is 0. Set kernel.panic=10 first, and it starts again by itself.")
        return Effect(Grade.CAREFUL, _("At the next shortage the machine would stop, and stay stopped."), why)
    says = _("At the next shortage the machine would stop and start again.")
    return Effect(Grade.CAREFUL, says, _("All unsaved work would be lost."))


def _panic(value: int, _before: MachineProfile, after: MachineProfile) -> Effect:
    counts = bool(after.settings.panic_on_oom)
    if value == 0:
        why = _("panic_on_oom is set: the next shortage would stop this machine.") if counts else ""
        return Effect(Grade.CAREFUL if counts else Grade.FINE, _("A stopped kernel would stay stopped."), why)
    says = _("A stopped kernel would start again at once.")
    if value > 0:
        says = _("A stopped kernel would start again after {count} s.").format(count=value)
    return Effect(Grade.FINE, says)


def _swappiness(value: int, _before: MachineProfile, after: MachineProfile) -> Effect:
    if not after.zram and not after.disk:
        return Effect(Grade.FINE, _("Nothing changes now: there is no swap."))
    says = _("Giving up a program's page would count {one}, one of the file cache {other}.").format(one=200 - value, other=value)
    if value == 0:
        return Effect(Grade.CAREFUL, says, _("Programs may be ended while swap is still free."))
    if value > 100 and after.disk:
        return Effect(Grade.CAREFUL, says, _("On a disk, programs would wait for their own pages."))
    return Effect(Grade.FINE, says)


def _marks(_value: int, before: MachineProfile, after: MachineProfile) -> Effect:
    old, new = before.marks(), after.marks()
    if old is None or new is None:
        return Effect(Grade.FINE, _("The marks at which reclaim begins would move; where to is not known here."))
    says = _("Reclaim would wake at {low} free and rest at {high}; now it is {old_low} and {old_high}.").format(
        low=format_bytes(new.low), high=format_bytes(new.high), old_low=format_bytes(old.low), old_high=format_bytes(old.high)
    )
    available = after.machine.memory.mem_available
    if available is not None and new.high > available:
        return Effect(
            Grade.CAREFUL, says, _("Only {size} could be had now, so it would not rest.").format(size=format_bytes(available))
        )
    more = new.high - old.high
    why = _("{size} more would stay free.").format(size=format_bytes(more)) if more > 0 else ""
    return Effect(Grade.FINE, says, why)


def _allocating(value: int, _before: MachineProfile, _after: MachineProfile) -> Effect:
    if value:
        return Effect(
            Grade.CAREFUL, _("Whoever asks next would be ended, whatever it holds."), _("Protection would count for nothing.")
        )
    return Effect(Grade.FINE, _("The kernel would choose by points."))


def _dump(value: int, _before: MachineProfile, _after: MachineProfile) -> Effect:
    if value:
        return Effect(Grade.FINE, _("The log would have the table of all programs at each kill."))
    return Effect(Grade.CAREFUL, _("The log would name the victim alone."), _("Nobody could tell afterwards why it was chosen."))


def _cluster(value: int, _before: MachineProfile, after: MachineProfile) -> Effect:
    if not after.zram and not after.disk:
        return Effect(Grade.FINE, _("Nothing changes now: there is no swap."))
    size = (1 << value) * after.machine.page_size
    grade = Grade.CAREFUL if size > 1 << 20 else Grade.FINE
    return Effect(grade, _("{size} would be read at once from swap.").format(size=format_bytes(size)))


def _reserve(value: int, _before: MachineProfile, after: MachineProfile) -> Effect:
    if after.mode != 2:
        return Effect(Grade.FINE, _("Nothing changes now: it counts in mode 2 alone."))
    left = format_bytes(max(0, after.commit.left), 1)
    says = _("{size} would be kept; {left} would be left to promise.").format(size=format_bytes(value * KIB), left=left)
    return Effect(Grade.FINE if after.commit.roomy else Grade.CAREFUL, says)


_TOLD: dict[str, Callable[[int, MachineProfile, MachineProfile], Effect]] = {
    "vm.overcommit_memory": _mode,
    "vm.overcommit_ratio": _limit,
    "vm.overcommit_kbytes": _limit,
    "vm.panic_on_oom": _panic_on_oom,
    "kernel.panic": _panic,
    "vm.swappiness": _swappiness,
    "vm.min_free_kbytes": _marks,
    "vm.watermark_scale_factor": _marks,
    "vm.oom_kill_allocating_task": _allocating,
    "vm.oom_dump_tasks": _dump,
    "vm.page-cluster": _cluster,
    "vm.admin_reserve_kbytes": _reserve,
    "vm.user_reserve_kbytes": _reserve,
}
