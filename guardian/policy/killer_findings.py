"""Who ends programs here, where they clash, and what would be safe to change.

Pure: a scene goes in, rows and findings come out.  A fix is a unit's plan, which existing acts carry out, or a command that is
shown because it is not Guardian's to run.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

from guardian.model.constraints import Limit
from guardian.model.killer_scene import KillerHere, KillerScene, UnitTogether
from guardian.model.killers import OomdRules, PercentRules, shares_of
from guardian.model.verdict import State
from guardian.policy.acts import UnitWish
from guardian.policy.killer_commands import enable_pressure, limit_earlyoom, swap_ignored, turn_off
from guardian.protocol.i18n import _, ngettext, sentences
from guardian.protocol.plans import UnitPlan
from guardian.protocol.printable import printable
from guardian.protocol.quantities import format_bytes, format_percent

GIB: Final = 1 << 30
# A killer that acts while more than this is available ends programs that would have gone on.
TOO_EARLY: Final = 4 * GIB
TOO_EARLY_SHARE: Final = 0.05
# Below this the machine stands still before the killer has looked.
TOO_LATE: Final = 160 << 20
_NEAR: Final = 0.9
_ALMOST_FULL_AT: Final = 0.5


class KillerRow(NamedTuple):
    """One line of "who else": who, its state, when it acts; `there` is False where it does not run."""

    who: str
    state: str
    acts_when: str
    there: bool = True


class Finding(NamedTuple):
    """One thing worth knowing about the killers here.

    `name` is stable.  `state` is how bad it is (CALM: only to know).  `wish` is a plan that one click carries out, `command` an
    exact line to run by oneself; both None where there is nothing to do.
    """

    name: str
    state: State
    headline: str
    text: str
    wish: UnitWish | None = None
    command: str | None = None


def killer_rows(scene: KillerScene) -> tuple[KillerRow, ...]:
    """Every killer: those that run, the kernel, groups with a limit, and at the end those that are not there."""
    running = [_row(one) for one in scene.killers if one.running]
    kernel = KillerRow(_("Kernel"), _("always"), _("nothing left to free"))
    limits = [_limit_row(limit) for limit in scene.limits[:4]]
    absent = [_absent_row(one) for one in scene.killers if not one.running]
    return (*running, kernel, *limits, *absent)


def _row(one: KillerHere) -> KillerRow:
    return KillerRow(one.name, _("running"), acts_when(one) or _("never, as it is set up"))


def acts_when(one: KillerHere) -> str:
    """When a killer acts, by its own rules; empty where it never does."""
    rules = one.rules
    if isinstance(rules, PercentRules):
        memory = format_percent(rules.memory) if rules.memory_bytes is None else format_bytes(rules.memory_bytes)
        swap = format_percent(rules.swap) if rules.swap_bytes is None else format_bytes(rules.swap_bytes)
        return _("memory under {memory} and swap under {swap} free").format(memory=memory, swap=swap)
    if rules is None:
        return ""
    parts = []
    if rules.swap:
        parts.append(_("memory and swap > {share}").format(share=format_percent(rules.used_limit)))
    for limit in sorted({limit for _path, limit in rules.pressure}):
        words = _("pressure > {share} for {seconds:g} s")
        parts.append(words.format(share=format_percent(limit), seconds=rules.duration))
    return "; ".join(parts)


def _limit_row(limit: Limit) -> KillerRow:
    group = limit.cgroup
    return KillerRow(group_name(group.path), _("limit {size}").format(size=format_bytes(group.max)), _("the limit is reached"))


def _absent_row(one: KillerHere) -> KillerRow:
    return KillerRow(one.name, _("does not run") if one.installed else _("not installed"), "—", there=False)


def group_name(path: str) -> str:
    """A group by the last part of its path."""
    return printable(path.rstrip("/").rpartition("/")[2] or "/")


def findings(scene: KillerScene) -> tuple[Finding, ...]:
    """What is worth knowing, the worst first; at least one, which says that all is well."""
    found = [*_clash(scene), *_oomd_idle(scene), *_percent(scene), *_together(scene), *_near_limits(scene)]
    order = list(State)
    found.sort(key=lambda one: -order.index(one.state))
    if not any(one.state is not State.CALM for one in found):
        found.append(_no_clash(scene))
    return tuple(found)


def finding_json(one: Finding) -> dict[str, object]:
    """A finding as JSON; `unit` and `plan` say what one click would set."""
    wish = one.wish
    plan = {key: value for key, value in wish.plan._asdict().items() if value is not None} if wish is not None else None
    return {
        "name": one.name,
        "state": one.state.value,
        "headline": one.headline,
        "text": one.text,
        "command": one.command,
        "unit": wish.unit if wish is not None else None,
        "plan": plan,
    }


def _clash(scene: KillerScene) -> Iterator[Finding]:
    running = [one for one in scene.killers if one.running]
    if len(running) < 2:
        return
    keep = _better(scene, running)
    others = [one for one in running if one is not keep]
    names = _listed([one.name for one in running])
    text = _(
        "Each acts by rules of its own and does not know of the other: the stricter one decides, and both may end something "
        "for one shortage. Keep {keep}, turn the other off:"
    ).format(keep=keep.name)
    yield Finding(
        "two_killers",
        State.WARNING,
        _("{names} both run.").format(names=names),
        text,
        command=" && ".join(turn_off(one.name) for one in others),
    )


def _better(scene: KillerScene, running: list[KillerHere]) -> KillerHere:
    """systemd-oomd where it can act here at all, else the one that looks at memory itself."""
    return next((one for one in running if isinstance(one.rules, OomdRules) and _can_act(scene, one.rules)), running[-1])


def _can_act(scene: KillerScene, rules: OomdRules) -> bool:
    return scene.unified and bool((rules.swap and scene.memory.swap_total) or (rules.pressure and scene.pressure))


def _oomd_idle(scene: KillerScene) -> Iterator[Finding]:
    rules = scene.rules_of("systemd-oomd")
    if not isinstance(rules, OomdRules):
        return
    swapless = bool(rules.swap) and not scene.memory.swap_total
    if _can_act(scene, rules):
        if swapless:
            text = _("Its limit of swap never acts; that of pressure does. With swap or zram it would act earlier.")
            yield Finding("oomd_without_swap", State.CALM, _("systemd-oomd runs without swap."), text)
        return
    headline = _("systemd-oomd runs and can never act.")
    if not scene.unified:
        text, command = _("It needs cgroups of version 2."), None
    elif rules.pressure and not scene.pressure:
        text, command = _("It waits for pressure, which this kernel does not tell. Start the kernel with psi=1."), None
    elif swapless:
        text, command = _("It waits for swap to fill, and there is none. Let it look at pressure too:"), enable_pressure()
    else:
        text, command = _("No unit asks to be watched. Let it watch the programs of users:"), enable_pressure()
    yield Finding("oomd_idle", State.WATCH, headline, text, command=command)


def _percent(scene: KillerScene) -> Iterator[Finding]:
    for one in scene.killers:
        rules = one.rules
        if isinstance(rules, PercentRules):
            yield from _too_early_or_late(scene, one, rules)
            yield from _waits_for_swap(scene, one, rules)


def _too_early_or_late(scene: KillerScene, one: KillerHere, rules: PercentRules) -> Iterator[Finding]:
    memory, _swap = shares_of(rules, scene.memory)
    left = int(memory * scene.memory.mem_total)
    share, size = format_percent(memory), format_bytes(left)
    command = limit_earlyoom(one.arguments, scene.memory.mem_total) if one.name == "earlyoom" else None
    if left > TOO_EARLY and memory >= TOO_EARLY_SHARE:
        headline = _("{name} acts too early: {share} of this memory are {size}.").format(name=one.name, share=share, size=size)
        text = _("It would end programs while {size} are still available. A limit in bytes suits a machine of this size:")
        yield Finding("acts_too_early", State.WATCH, headline, text.format(size=size), command=command)
    elif left < TOO_LATE:
        headline = _("{name} acts too late: {share} of this memory are {size}.").format(name=one.name, share=share, size=size)
        text = _("With so little left the machine stands still before it looks. Leave it more:")
        yield Finding("acts_too_late", State.WATCH, headline, text, command=command)


def _waits_for_swap(scene: KillerScene, one: KillerHere, rules: PercentRules) -> Iterator[Finding]:
    swap, (_memory, share) = scene.memory.swap_total or 0, shares_of(rules, scene.memory)
    if share >= 1 or swap < _ALMOST_FULL_AT * scene.memory.mem_total:
        return
    free = format_bytes(int(swap * (1 - share)))
    text = _(
        "It acts only when swap is nearly full too. Here {size} must be swapped out first; meanwhile the machine may hardly move."
    ).format(size=free)
    command = swap_ignored(one.arguments) if one.name == "earlyoom" else None
    told = sentences(text, _("Let it look at memory alone:")) if command else text
    yield Finding("waits_for_swap", State.WATCH, _("{name} waits for swap.").format(name=one.name), told, command=command)


def _together(scene: KillerScene) -> Iterator[Finding]:
    dying = [unit for unit in scene.units if unit.dies_as_one]
    for unit in dying[:3]:
        yield _dies_as_one(unit)
    rules = scene.rules_of("systemd-oomd")
    if isinstance(rules, OomdRules) and _can_act(scene, rules) and not any(unit.watched for unit in dying):
        text = _("It ends a whole terminal where the kernel would end one process. Give builds a scope of their own:")
        yield Finding("oomd_first", State.CALM, _("systemd-oomd is usually first."), text, command="guardian run -- make")


def _dies_as_one(unit: UnitTogether) -> Finding:
    headline = ngettext(
        "{unit}: {count} process would end at once.", "{unit}: {count} processes would end at once.", unit.processes
    ).format(unit=printable(unit.unit), count=unit.processes)
    if unit.group:
        why = _("The kernel ends this group as one (memory.oom.group).")
    elif unit.policy in ("stop", "kill"):
        why = _("When the kernel ends one of them, systemd ends the rest (OOMPolicy={policy}).").format(policy=unit.policy)
    else:
        why = _("systemd-oomd takes it whole.")
    size = _("It holds {size}; the largest is {name}.").format(size=format_bytes(unit.held), name=printable(unit.largest))
    wish = _gentler(unit)
    cure = _("Give builds a scope of their own: guardian run -- make") if wish is None else ""
    return Finding("dies_as_one", State.WATCH, headline, sentences(why, size, cure), wish)


def _gentler(unit: UnitTogether) -> UnitWish | None:
    """The plan by which a unit outlives one of its processes, where a manager lets us change it."""
    policy = "continue" if unit.policy in ("stop", "kill") else None
    # systemd-oomd heeds a user's own wish under pressure alone.
    preference = "avoid" if unit.watched and (unit.by_pressure or not unit.user) else None
    if not unit.mine or (policy is None and preference in (None, unit.preference)):
        return None
    return UnitWish(unit.unit, unit.user, UnitPlan(None, policy, preference, None))


def plan_words(wish: UnitWish) -> str:
    """What a plan sets, in the words of systemd: "OOMPolicy=continue, ManagedOOMPreference=avoid"."""
    pairs = (("OOMPolicy", wish.plan.oom_policy), ("ManagedOOMPreference", wish.plan.managed_oom_preference))
    return ", ".join(f"{key}={value}" for key, value in pairs if value is not None)


def fix_words(wish: UnitWish) -> str:
    """Where a plan can be set by one click: "code.scope: OOMPolicy=continue"."""
    return _("Safe to set on page System: {unit}: {plan}").format(unit=printable(wish.unit), plan=plan_words(wish))


def _near_limits(scene: KillerScene) -> Iterator[Finding]:
    for limit in scene.limits:
        group = limit.cgroup
        if group.max is None or limit.distance is None or limit.distance > (1 - _NEAR) * group.max:
            continue
        headline = _("{group} is close to its limit.").format(group=group_name(group.path))
        text = _(
            "It may take {size} more of {limit}; then the kernel ends one of its own programs, however much is free."
        ).format(size=format_bytes(max(0, limit.distance)), limit=format_bytes(group.max))
        yield Finding("near_limit", State.WATCH, headline, text)


def _no_clash(scene: KillerScene) -> Finding:
    parts = []
    for one in scene.killers:
        room = _acts_at(scene, one)
        if room is not None:
            words = _("{name} acts at {size} of room, the kernel at about 0.")
            parts.append(words.format(name=one.name, size=format_bytes(room)))
    return Finding(
        "no_clash", State.CALM, _("No clash."), sentences(*parts) or _("The kernel alone ends programs here, at about 0.")
    )


def _acts_at(scene: KillerScene, one: KillerHere) -> int | None:
    """Bytes of room at which a killer acts, None where that is not said in bytes."""
    memory, rules = scene.memory, one.rules
    swap = memory.swap_total or 0
    if isinstance(rules, PercentRules):
        shares = shares_of(rules, memory)
        return int(shares[0] * memory.mem_total + shares[1] * swap)
    if isinstance(rules, OomdRules) and rules.swap and swap:
        return int((1 - rules.used_limit) * (memory.mem_total + swap))
    return None


def _listed(names: list[str]) -> str:
    if len(names) < 2:
        return "".join(names)
    return _("{names} and {last}").format(names=", ".join(names[:-1]), last=names[-1])
