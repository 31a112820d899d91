"""What an act did, in words for people: what was read back, what was refused, what can be taken back.  Pure."""

from collections.abc import Sequence

from guardian.policy.acts import (
    Act,
    Change,
    Done,
    ForgetOrder,
    GroupLimit,
    SettingOrder,
    SettleOrder,
    SignalOrder,
    SwappedOut,
    UndoOrder,
)
from guardian.policy.knob_words import show_value
from guardian.policy.knobs import BY_KEY
from guardian.policy.setting_changes import SettingChange
from guardian.protocol.i18n import _, ngettext, sentences
from guardian.protocol.quantities import format_adjustment, format_bytes


def done_words(done: Done) -> str:
    """One or more sentences on what came of an order; refusals first, since they are what matters then."""
    if isinstance(done.order, SettingOrder | SettleOrder):
        return sentences(*done.refusals, _settings_said(done))
    parts = [*done.refusals, _undone(done) if isinstance(done.order, UndoOrder) else _said(done)]
    return sentences(*parts)


def _said(done: Done) -> str:
    act, order = done.act, done.order
    parts = []
    if act.changes:
        parts.append(changed_words(act.label, act.changes))
    if act.kept:
        parts.append(_("Kept for those that start later."))
    if act.units:
        later = _("{unit}: the drop-in is loaded; the adjustment counts from the next start.")
        now = _("{unit}: the drop-in is loaded, and systemd says that it holds.")
        adjusts = act.units[0].plan.oom_score_adjust is not None
        parts.append((later if adjusts else now).format(unit=act.units[0].unit))
    if isinstance(order, ForgetOrder) and (act.forgotten or act.units_gone):
        parts.append(_("{name}: the plan is removed; what runs keeps its value.").format(name=act.label))
    if isinstance(order, SignalOrder):
        parts.append(signal_words(act))
    parts += [limited_words(act.label, limit) for limit in act.limits]
    if act.swapped_out is not None:
        parts.append(swapped_words(act.label, act.swapped_out))
    done_so_far = (act.changes, act.kept, act.units, act.forgotten, act.units_gone, act.frozen, act.continued, act.ended)
    nothing = not any((*done_so_far, act.limits, act.swapped_out))
    if nothing and not done.refusals:
        parts.append(_("{name} had already ended. Nothing was changed.").format(name=act.label))
    return sentences(*parts)


def changed_words(label: str, changes: Sequence[Change]) -> str:
    """What was read back after writes: "Sound: 3 processes now have −500, read back from /proc."."""
    values = " · ".join(dict.fromkeys(format_adjustment(change.now) for change in changes))
    if len(changes) == 1:
        return _("{name} now has {value}, read back from /proc.").format(name=label, value=values)
    words = ngettext(
        "{name}: {count} process now has {value}, read back from /proc.",
        "{name}: {count} processes now have {value}, read back from /proc.",
        len(changes),
    )
    return words.format(name=label, count=len(changes), value=values)


def limited_words(label: str, limit: GroupLimit) -> str:
    """What a group's limit is now, as read back."""
    if limit.now is None:
        return _("{name} is not limited any more, read back from memory.high.").format(name=label)
    return _("{name} is held at {size}, read back from memory.high; above it the kernel slows it down.").format(
        name=label, size=format_bytes(limit.now)
    )


def swapped_words(label: str, given: SwappedOut) -> str:
    """How much moving to swap gave, as read before and after."""
    if not given.left and not given.into_swap:
        return _("{name}: nothing was moved; it uses what it holds.").format(name=label)
    moved = _("{name}: {left} left memory, {swap} of it went to swap.").format(
        name=label, left=format_bytes(given.left), swap=format_bytes(given.into_swap)
    )
    room = (
        _("{size} more memory is available now.").format(size=format_bytes(given.room))
        if given.room > 0
        else _(
            "No more memory is available: what was moved is still being written, or swap in memory (zram) or others took as much."
        )
    )
    return sentences(moved, room, _("It comes back by itself when it is used, so there is nothing to undo."))


def signal_words(act: Act) -> str:
    """What was sent."""
    if act.frozen:
        words = ngettext(
            "{name}: {count} process is frozen and keeps its memory.",
            "{name}: {count} processes are frozen and keep their memory.",
            len(act.frozen),
        )
        return words.format(name=act.label, count=len(act.frozen))
    if act.continued:
        words = ngettext("{name}: {count} process goes on.", "{name}: {count} processes go on.", len(act.continued))
        return words.format(name=act.label, count=len(act.continued))
    if act.ended:
        words = (
            ngettext("{name}: {count} process was ended.", "{name}: {count} processes were ended.", len(act.ended))
            if act.forced
            else ngettext(
                "{name}: {count} process was asked to end.", "{name}: {count} processes were asked to end.", len(act.ended)
            )
        )
        return words.format(name=act.label, count=len(act.ended))
    return ""


def setting_words(changes: Sequence[SettingChange]) -> str:
    """What settings are now, as read back: "vm.swappiness is 100 (was 60).", and where it is kept."""
    parts = []
    for change in changes:
        knob = BY_KEY[change.key]
        values = {"key": change.key, "now": show_value(knob, change.now), "before": show_value(knob, change.before)}
        words = _("{key} is {now}, as before.") if change.now == change.before else _("{key} is {now} (was {before}).")
        parts.append(words.format(**values))
        if change.filed_now is not None and change.filed_now != change.filed_before:
            parts.append(_("It is kept across restarts."))
        elif change.filed_before is not None and change.filed_now is None:
            parts.append(_("It is kept no longer."))
    return sentences(*parts)


def _settings_said(done: Done) -> str:
    order, act = done.order, done.act
    if isinstance(order, SettleOrder):
        if order.keep:
            return setting_words(act.settings)
        return "" if done.refusals else _("{name}: back to what it was.").format(name=order.label)
    return setting_words(act.settings or act.on_trial)


def _undone(done: Done) -> str:
    act = done.act
    parts = []
    if act.settings:
        parts.append(setting_words(act.settings))
    if act.changes:
        words = ngettext(
            "Taken back: {count} process has its former value, read back from /proc.",
            "Taken back: {count} processes have their former values, read back from /proc.",
            len(act.changes),
        )
        parts.append(words.format(count=len(act.changes)))
    if act.forgotten or act.units_gone:
        count = len(act.forgotten) + len(act.units_gone)
        parts.append(ngettext("{count} plan is removed.", "{count} plans are removed.", count).format(count=count))
    if act.kept or act.units:
        count = len(act.kept) + len(act.units)
        parts.append(ngettext("{count} plan is back.", "{count} plans are back.", count).format(count=count))
    if act.continued:
        parts.append(
            ngettext("{count} process goes on.", "{count} processes go on.", len(act.continued)).format(count=len(act.continued))
        )
    for limit in act.limits:
        size = _("no limit") if limit.now is None else format_bytes(limit.now)
        parts.append(_("The group has its former limit, read back: {size}.").format(size=size))
    if not parts and not done.refusals:
        parts.append(_("Nothing was left to take back: the programs have ended or set other values since."))
    return sentences(*parts)
