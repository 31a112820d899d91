"""What to notify: one message per episode, updated in place, closed when it is over.  Pure: what was told before comes in.

Source: the project's table of words (notifications); Desktop Notifications Specification ("urgency", "actions").
"""

from collections.abc import Sequence
from typing import Literal, NamedTuple

from guardian.kernel.process import ProcessKey
from guardian.model.history import Kill
from guardian.model.verdict import Grower, NextVictim, State, Verdict
from guardian.policy.headline import first_to_act, killer_name
from guardian.policy.kill_words import culprit_words, killer_words, reason_words, unit_words
from guardian.policy.relief import Frozen
from guardian.policy.settings import Settings
from guardian.protocol.application import application_of
from guardian.protocol.i18n import _, close_up, ngettext, sentences
from guardian.protocol.printable import printable
from guardian.protocol.quantities import format_bytes, format_duration, format_span

Act = Literal["freeze", "thaw", "swap_out", "end", "protect", "details", "quiet", "history"]
MOST_BUTTONS = 3
LOW, NORMAL, CRITICAL = 0, 1, 2
_LOUD = (State.WARNING, State.CRITICAL)


class Button(NamedTuple):
    """One act that a message offers, and its words."""

    act: Act
    label: str


class Notice(NamedTuple):
    """One message.

    `urgency` is 0, 1 or 2; `key` the process that the acts mean, None where there is none; `page` the window's page that has
    more; `stays` until the user closes it.
    """

    summary: str
    body: str
    urgency: int
    state: State
    buttons: tuple[Button, ...] = ()
    key: ProcessKey | None = None
    page: str = "now"
    stays: bool = False


class Told(NamedTuple):
    """What was notified of the present episode, and when (CLOCK_MONOTONIC); `dismissed` once it is no longer on the screen."""

    state: State
    notice: Notice
    at: float
    dismissed: bool = False


class Silence(NamedTuple):
    """Why less is said: quiet until a time (CLOCK_MONOTONIC; None: not quiet), and whether the desktop shows nothing now."""

    until: float | None = None
    inhibited: bool = False


class Step(NamedTuple):
    """What to do now: show a message (in place of the one that is there), or close it; nothing where both are empty."""

    show: Notice | None = None
    close: bool = False


NOTHING = Step()


def plan_episode(
    told: Told | None,
    verdict: Verdict,
    now: float,
    settings: Settings,
    silence: Silence,
    frozen: Sequence[Frozen] = (),
    *,
    may_freeze: bool = True,
    may_swap_out: bool = False,
) -> tuple[Told | None, Step]:
    """What was told from now on, and the step to take.

    `may_freeze` says whether the fastest grower may be frozen here, `may_swap_out` whether the memory of the first that is frozen
    may be moved to swap.  Quiet and do-not-disturb hold warnings back, never critical.
    """
    if verdict.state is State.NO_DATA:
        return told, NOTHING
    if verdict.state not in _LOUD:
        return _over(told, verdict, settings, frozen, may_swap_out=may_swap_out)
    if told is not None and not _news(told, verdict.state, now, settings):
        return told, NOTHING
    if not _wanted(verdict.state, now, settings, silence):
        return told, NOTHING
    notice = danger_notice(verdict, frozen, may_freeze=may_freeze, quiet=settings.number("notifications.quiet"))
    if told is not None and (notice == told.notice or (told.dismissed and verdict.state is told.state)):
        return told, NOTHING
    return Told(verdict.state, notice, now), Step(show=notice)


def _news(told: Told, state: State, now: float, settings: Settings) -> bool:
    """Whether it is time to say more: at once when it gets worse, else only now and then."""
    worse = state is State.CRITICAL and told.state is not State.CRITICAL
    return worse or now - told.at >= settings.number("notifications.update")


def _wanted(state: State, now: float, settings: Settings, silence: Silence) -> bool:
    if not settings.switch("notifications.enabled"):
        return False
    if state is State.CRITICAL:
        return True
    quiet = silence.until is not None and now < silence.until
    hidden = silence.inhibited and settings.switch("notifications.respect_do_not_disturb")
    return not quiet and not hidden and settings.text("notifications.level") == "warning"


def _over(
    told: Told | None, verdict: Verdict, settings: Settings, frozen: Sequence[Frozen], *, may_swap_out: bool
) -> tuple[None, Step]:
    if told is None:
        return None, NOTHING
    if frozen and settings.switch("notifications.over") and settings.switch("notifications.enabled"):
        return None, Step(show=over_notice(verdict, frozen[0], may_swap_out=may_swap_out))
    return None, Step(close=True)


def danger_notice(verdict: Verdict, frozen: Sequence[Frozen] = (), *, may_freeze: bool = True, quiet: float = 900) -> Notice:
    """The message of a warning or a critical state: name first, number second, act third; `quiet` in seconds."""
    grower = verdict.growers[0] if verdict.growers else None
    if grower is not None and any(grower.key in entry.keys for entry in frozen):
        grower = next((one for one in verdict.growers if not any(one.key in entry.keys for entry in frozen)), None)
    victim = first_to_act(verdict)
    if verdict.state is State.CRITICAL:
        return _critical(verdict, grower, victim, may_freeze=may_freeze)
    notice = _warning(verdict, grower, victim, may_freeze=may_freeze)
    label = _("Quiet for {time}").format(time=format_duration(quiet))
    return notice._replace(buttons=(*notice.buttons, Button("quiet", label)))


def _warning(verdict: Verdict, grower: Grower | None, victim: NextVictim | None, *, may_freeze: bool) -> Notice:
    span = _span(verdict)
    if verdict.group is not None and span:
        summary = _("{unit} reaches its memory limit in {span}").format(unit=unit_words(verdict.group), span=span)
    elif grower is not None and span:
        summary = _("{name} fills memory in {span}").format(name=printable(grower.name), span=span)
    elif span:
        summary = _("Memory will be full in {span}").format(span=span)
    else:
        summary = _("{room} of room is left").format(room=format_bytes(verdict.room))
    parts = [_grows(_("It"), grower)] if grower is not None else []
    if victim is not None and _victim_name(victim):
        parts.append(_would_end(victim))
    buttons = [Button("freeze", _("Freeze"))] if grower is not None and may_freeze else []
    buttons.append(Button("details", _("Details")))
    return Notice(summary, sentences(*parts), NORMAL, verdict.state, tuple(buttons), grower.key if grower else None)


def _critical(verdict: Verdict, grower: Grower | None, victim: NextVictim | None, *, may_freeze: bool) -> Notice:
    span, name = _span(verdict), _victim_name(victim) if victim else ""
    if name and span:
        summary = _("{name} will be ended in {span}").format(name=name, span=span)
    elif name:
        summary = _("{name} will be ended next").format(name=name)
    else:
        summary = _("{room} of room is left").format(room=format_bytes(verdict.room))
    parts = [_grows(printable(grower.name), grower)] if grower is not None else []
    if victim is not None and name and victim.also_dies:
        count = victim.also_dies + 1
        parts.append(
            ngettext("{count} process would end with it.", "{count} processes would end with it.", count).format(count=count)
        )
    if not parts:
        parts.append(_("{room} of room is left.").format(room=format_bytes(verdict.room)))
    buttons = []
    if grower is not None:
        called = printable(grower.name)
        buttons = [Button("freeze", _("Freeze {name}").format(name=called))] if may_freeze else []
        buttons.append(Button("end", _("End {name}…").format(name=called)))
    elif name:
        buttons.append(Button("protect", _("Protect {name}…").format(name=name)))
    buttons.append(Button("details", _("Details")))
    return Notice(
        summary,
        sentences(*parts),
        CRITICAL,
        verdict.state,
        tuple(buttons[:MOST_BUTTONS]),
        grower.key if grower else None,
        stays=True,
    )


def over_notice(verdict: Verdict, entry: Frozen, *, may_swap_out: bool = False) -> Notice:
    """The danger is over, but a program is still frozen."""
    name = printable(entry.name)
    return Notice(
        _("Danger over: {room} of room").format(room=format_bytes(verdict.room)),
        _("{name} is frozen and keeps its memory. Continue it when there is room.").format(name=name),
        NORMAL,
        verdict.state,
        _frozen_buttons(name, may_swap_out=may_swap_out),
        entry.keys[0] if entry.keys else None,
        stays=True,
    )


def frozen_notice(entry: Frozen, *, by_rule: bool, may_swap_out: bool = False) -> Notice:
    """A program was frozen: who, by whom, and how it goes on."""
    name = printable(entry.name)
    why = _("Your rule stopped it, for it grew fastest.") if by_rule else _("You stopped it.")
    body = sentences(why, _("It keeps its memory and goes on when there is room."))
    summary = _("{name} is frozen").format(name=name)
    buttons = _frozen_buttons(name, may_swap_out=may_swap_out)
    return Notice(summary, body, NORMAL, State.WARNING, buttons, entry.keys[0] if entry.keys else None)


def _frozen_buttons(name: str, *, may_swap_out: bool) -> tuple[Button, ...]:
    """What can be done about a frozen program: let it go on, and free its memory meanwhile."""
    found = [Button("thaw", _("Continue {name}").format(name=name))]
    if may_swap_out:
        found.append(Button("swap_out", _("Move it to swap")))
    return tuple(found)


def swapped_notice(entry: Frozen, words: str) -> Notice:
    """What moving a frozen program to swap gave, in a sentence; it is still frozen."""
    name = printable(entry.name)
    button = Button("thaw", _("Continue {name}").format(name=name))
    key = entry.keys[0] if entry.keys else None
    return Notice(_("{name} is frozen").format(name=name), words, LOW, State.WARNING, (button,), key)


def thawed_notice(entry: Frozen, room: int) -> Notice:
    """A frozen program goes on by itself."""
    summary = _("{name} goes on").format(name=printable(entry.name))
    return Notice(summary, _("There is {room} of room again.").format(room=format_bytes(room)), LOW, State.CALM)


def sample_notice() -> Notice:
    """The self-test's message."""
    body = _("OOM Guardian can notify you here. It will warn before memory runs out.")
    return Notice(_("A test, nothing is wrong"), body, NORMAL, State.CALM, (Button("details", _("Details")),))


def kill_notice(kill: Kill) -> Notice:
    """Who was ended, by whom and why.  It stays."""
    count = ngettext("{count} process", "{count} processes", kill.processes).format(count=kill.processes)
    freed = None if kill.freed is None else format_bytes(kill.freed)
    parts = [_("{count}.").format(count=count) if freed is None else _("{count}, {size}.").format(count=count, size=freed)]
    reason, cause = reason_words(kill), culprit_words(kill)
    if reason:
        parts.append(_("Reason: {reason}.").format(reason=reason))
    if cause:
        parts.append(cause)
    name = unit_words(kill.victim.name) if kill.victim.name.startswith("/") else printable(kill.victim.name)
    summary = close_up(_("{killer} ended {name}").format(killer=killer_words(kill.killer), name=name))
    buttons = (Button("history", _("What happened")), Button("protect", _("Prevent this")))
    return Notice(summary, sentences(*parts), CRITICAL, State.CRITICAL, buttons, page="history", stays=True)


def _span(verdict: Verdict) -> str:
    return format_span(verdict.seconds_left[0], verdict.seconds_left[2]) if verdict.seconds_left else ""


def _grows(subject: str, grower: Grower) -> str:
    return _("{name} grows {speed}/min and has {size}.").format(
        name=subject, speed=format_bytes(grower.growth * 60), size=format_bytes(grower.memory)
    )


def _would_end(victim: NextVictim) -> str:
    killer, name = killer_name(victim), _victim_name(victim)
    if not victim.also_dies:
        return close_up(_("{killer} would end {name}.").format(killer=killer, name=name))
    count = victim.also_dies + 1
    words = ngettext("{killer} would end {name}, {count} process.", "{killer} would end {name}, {count} processes.", count)
    return close_up(words.format(killer=killer, name=name, count=count))


def _victim_name(victim: NextVictim) -> str:
    """The victim in one word: its program, else the application of its group, else the group."""
    if victim.name:
        return printable(victim.name)
    unit = (victim.cgroup or "").rpartition("/")[2]
    return printable(application_of(unit) or unit)
