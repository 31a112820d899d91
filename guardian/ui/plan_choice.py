"""What the dialog Protect… has to say of a choice, before anything is written.  Pure."""

import os
from collections.abc import Sequence
from typing import NamedTuple

from guardian.adapters.subjects import user_name
from guardian.kernel.process import Process
from guardian.model.what_if import what_if
from guardian.policy.acts import PinOrder, UnitWish
from guardian.policy.pins import IMMORTAL, USER_FLOOR, only_raises
from guardian.policy.protection import children_of, descendants, rule_for
from guardian.protocol.i18n import N_, _, ngettext, sentences
from guardian.protocol.plans import UnitPlan, parse_plan
from guardian.protocol.printable import printable
from guardian.protocol.quantities import format_adjustment, format_bytes, format_percent
from guardian.protocol.refusals import in_readers_language
from guardian.protocol.rules import Kind, Rule, RuleError, Subject, matches
from guardian.sampling.snapshot import Snapshot
from guardian.ui.ask_dialog import names_of

_MUCH = 0.5
KINDS = ("process", "exe", "name", "unit", "app")
KIND_WORDS = {
    "process": N_("This process"),
    "exe": N_("Every process of the program"),
    "name": N_("Every process of the name"),
    "unit": N_("Every process of the unit"),
    "app": N_("Every process of the application"),
}


class Choice(NamedTuple):
    """What is chosen in the dialog: for whom, which value, whether it lasts, and what a unit should have beside it.

    `kind` is one of KINDS.  `subject` is what is known of the program; its field of that kind is the target.  `processes` are
    those meant now.
    """

    kind: str
    subject: Subject
    processes: tuple[Process, ...]
    value: int
    lasting: bool
    confirmed: bool = False
    on_kill: str | None = None
    oomd: str | None = None
    reserve: int | None = None

    @property
    def target(self) -> str:
        """The path, unit, application or name that is meant."""
        subject = self.subject
        return {"exe": subject.exe, "unit": subject.unit, "app": subject.app}.get(self.kind) or subject.name

    @property
    def by_drop_in(self) -> bool:
        """Whether it is kept as a drop-in of a systemd unit."""
        return self.lasting and self.kind == "unit" and self.target.endswith((".service", ".slice", ".scope", ".socket"))


def members_of(kind: str, subject: Subject, processes: Sequence[Process], subjects: Sequence[Subject]) -> tuple[Process, ...]:
    """The processes that a kind and subject mean among those described."""
    targets: dict[str, tuple[Kind, str | None]] = {
        "exe": ("exe", subject.exe),
        "name": ("name", subject.name or None),
        "unit": ("unit", subject.unit),
        "app": ("app", subject.app),
    }
    rule_kind, target = targets[kind]
    if target is None:
        return ()
    probe = Rule(rule_kind, target, 0)
    return tuple(process for process, each in zip(processes, subjects, strict=True) if matches(probe, each))


def refusal_of(choice: Choice, *, has_helper: bool = True) -> str:
    """Why a choice cannot be ordered; empty where it can."""
    if choice.value == IMMORTAL and not choice.confirmed:
        return _("Not set: −1000 makes it impossible to end this program, and what it starts. −900 protects it enough.")
    if choice.kind != "process" and not choice.target:
        return _("Name the program by its path, a unit, or an application.")
    if choice.kind == "process" and not choice.processes:
        return _("It has ended.")
    if choice.by_drop_in and not choice.subject.system and choice.value < 0:
        return _("Impossible here: your own systemd manager may not go below what it has. Choose the program or the application.")
    if choice.lasting:
        try:
            order_of(choice)
        except RuleError as error:
            return _("No such rule can be kept: {reason}.").format(reason=in_readers_language(str(error)))
    if not has_helper and needs_helper(choice):
        return _("The helper is not installed, so values cannot be lowered. Install it: installers/install-helper.sh")
    return ""


def needs_helper(choice: Choice) -> bool:
    """Whether a password will be asked for, as far as can be told before."""
    own = os.geteuid()
    foreign = any(process.uid != own for process in choice.processes) and own != 0
    lower = any(choice.value < (process.oom_score_adj or 0) for process in choice.processes) and own != 0
    lasting = choice.lasting and not (choice.by_drop_in and not choice.subject.system) and choice.value < 0
    return foreign or lower or lasting or choice.value < 0


def order_of(choice: Choice) -> PinOrder:
    """The order for a choice.  RuleError where nothing can keep it."""
    immortal = choice.value == IMMORTAL and choice.confirmed
    label = printable(choice.processes[0].name if choice.kind == "process" else choice.target.rsplit("/", 1)[-1])
    if not choice.lasting:
        return PinOrder(label, choice.processes, choice.value, immortal=immortal)
    if choice.by_drop_in:
        keys = {
            "OOMScoreAdjust": choice.value if choice.target.endswith((".service", ".socket")) else None,
            "OOMPolicy": choice.on_kill,
            "ManagedOOMPreference": choice.oomd,
            "MemoryLow": choice.reserve,
        }
        plan = parse_plan({key: value for key, value in keys.items() if value is not None}, choice.target)
        unit = UnitWish(choice.target, not choice.subject.system, plan)
        return PinOrder(label, choice.processes, choice.value, unit=unit, immortal=immortal)
    kind = choice.kind
    if kind == "process":
        kind = "exe" if choice.subject.exe is not None else "name"
    # Below 0 a name means one user's programs: the owner's, else one's own.
    user = choice.subject.user or user_name(os.geteuid())
    return PinOrder(label, choice.processes, choice.value, rule_for(choice.subject, kind, choice.value, user, immortal=immortal))


def plan_words(choice: Choice) -> str:
    """The plan in words, as it stands before the password."""
    value, count = format_adjustment(choice.value), len(choice.processes)
    if choice.kind == "process" and count == 1:
        first = _("{name} ({pid}) gets {value}.").format(
            name=printable(choice.processes[0].name), pid=choice.processes[0].pid, value=value
        )
    elif count:
        first = ngettext("{count} process of {target} gets {value}.", "{count} processes of {target} get {value}.", count).format(
            count=count, target=printable(choice.target), value=value
        )
    else:
        # The program of another user's process may not be read.
        words = (
            _("No process that you may look at runs {target} now.")
            if choice.kind == "exe"
            else _("Nothing of {target} runs now.")
        )
        first = words.format(target=printable(choice.target))
    return sentences(first, _lasts(choice))


def _lasts(choice: Choice) -> str:
    if not choice.lasting:
        return _("It lasts until they end.")
    if choice.by_drop_in:
        plan = UnitPlan(None, choice.on_kill, choice.oomd, choice.reserve)
        wishes = [
            _("on a kill: {policy}").format(policy=plan.oom_policy) if plan.oom_policy else "",
            _("systemd-oomd: {preference}").format(preference=plan.managed_oom_preference) if plan.managed_oom_preference else "",
            _("{size} reserved").format(size=format_bytes(plan.memory_low)) if plan.memory_low else "",
        ]
        said = ", ".join(filter(None, wishes))
        kept = _("A drop-in of systemd keeps it, over restarts of the machine.")
        return sentences(kept, _("With it: {wishes}.").format(wishes=said) if said else "")
    foreign = os.geteuid() != 0 and any(process.uid != os.geteuid() for process in choice.processes)
    if only_raises(Rule("name", "x", choice.value)) and not foreign:
        return _("Your own rules keep it: those that start later get it from the agent.")
    return _("A rule of the helper keeps it: those that start later get it too, after a restart of the machine as well.")


def warnings_of(choice: Choice, snapshot: Snapshot | None) -> list[str]:
    """What follows from a choice beside what is wished."""
    processes = (snapshot.sample.processes or ()) if snapshot is not None else ()
    own, found = os.geteuid(), []
    if choice.value == IMMORTAL:
        found.append(_("Nothing can end this program then, nor what it starts: the kernel would rather stop the machine."))
    if choice.value < 0:
        found.append(_inheritance(choice, processes))
        found += filter(None, (_too_much(choice, processes),))
    if choice.value > 0 and any(process.uid not in (own, None) for process in choice.processes) and own != 0:
        found.append(
            _("Set by the helper, {value} becomes a floor: the owner cannot go below it again without privilege.").format(
                value=format_adjustment(choice.value)
            )
        )
    if (
        0 <= choice.value < USER_FLOOR
        and own != 0
        and any(process.uid == own and (process.oom_score_adj or 0) > choice.value for process in choice.processes)
    ):
        found.append(
            _("Your user manager starts programs at +{floor} or more; going below that takes the helper.").format(
                floor=USER_FLOOR
            )
        )
    if any(process.name == "systemd-oomd" for process in processes) and choice.oomd is None and choice.value < 0:
        found.append(_("systemd-oomd runs and does not look at the adjustment; only a unit's plan can ask it to avoid."))
    return found


def _inheritance(choice: Choice, processes: Sequence[Process]) -> str:
    value = format_adjustment(choice.value)
    below = descendants(choice.processes, children_of(processes))
    meant = {process.key for process in choice.processes}
    names = list(dict.fromkeys(printable(heir.name) for heir in below if heir.key not in meant))
    first = _("Children inherit it: what it starts from now on has {value} too.").format(value=value)
    if not names:
        return first
    return sentences(first, _("So far it has started {names}.").format(names=names_of(names)))


def _too_much(choice: Choice, processes: Sequence[Process]) -> str:
    keys = {process.key for process in choice.processes}
    total = protected = 0
    for process in processes:
        if process.memory is not None:
            size = process.memory.rss + process.memory.swap
            total += size
            protected += size if process.key in keys or (process.oom_score_adj or 0) < 0 else 0
    if not total or protected / total <= _MUCH:
        return ""
    return much_words(protected / total, immortal=choice.value == IMMORTAL)


def much_words(share: float, *, immortal: bool) -> str:
    """That too much is protected, and what the kernel would do then."""
    if immortal:
        return _("{share} of memory is protected; the kernel would have no victim and panic.").format(share=format_percent(share))
    return _("{share} of memory is protected; the kernel would soon have to end what is protected.").format(
        share=format_percent(share)
    )


def next_victim_words(choice: Choice, snapshot: Snapshot | None) -> str:
    """Who would be ended first with this plan, and who is now; empty where nothing is known."""
    if snapshot is None or not snapshot.sample.processes or not choice.processes:
        return ""
    wishes = {process.pid: choice.value for process in choice.processes}
    cgroups = snapshot.sample.cgroups
    after = what_if(snapshot.sample.processes, snapshot.domain, snapshot.era, adjustments=wishes, cgroups=cgroups)
    then = next((victim for victim in after if victim.rank is not None), None)
    now = next((victim for victim in snapshot.victims if victim.rank is not None), None)
    if then is None:
        return _("With this plan the kernel finds nobody to end, and panics.")
    name = f"{printable(then.process.name)} ({then.process.pid})"
    if now is not None and now.process.key == then.process.key:
        return _("Ended first with this plan: {name}, as now.").format(name=name)
    before = "—" if now is None else f"{printable(now.process.name)} ({now.process.pid})"
    return _("Ended first with this plan: {name}. Now it is {before}.").format(name=name, before=before)
