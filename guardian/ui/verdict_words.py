"""A verdict in sentences: the banner's headline and why, and a killer's name.

Pure; tray and notifications may say the same.
"""

from collections.abc import Sequence
from typing import NamedTuple

from guardian.adapters.agent_values import FrozenProgram
from guardian.model.verdict import Grower, NextVictim, State, Verdict
from guardian.policy.headline import first_to_act, state_line
from guardian.policy.kill_words import unit_words
from guardian.protocol.i18n import _, close_up, ngettext, sentences
from guardian.protocol.printable import printable
from guardian.protocol.quantities import MIB, format_bytes, format_duration, format_span
from guardian.ui.text import format_clock

# A growth below this (bytes per second) is not worth a word: 1 MiB per minute.
_WORTH = MIB / 60


class BannerWords(NamedTuple):
    """What the banner says: the headline and the reasons."""

    headline: str
    why: str


def killer_name(killer: str) -> str:
    """What a killer is called at the start of a line."""
    return {"kernel": _("Kernel"), "memcg": _("Memory limit")}.get(killer, killer)


def killer_in_sentence(killer: str) -> str:
    """What a killer is called as the actor of a sentence."""
    return {"kernel": _("the kernel"), "memcg": _("a memory limit")}.get(killer, killer)


def victim_name(one: NextVictim) -> str:
    """The program or group that would end, safe to show."""
    return printable(one.name or one.cgroup or "")


def frozen_words(frozen: Sequence[FrozenProgram]) -> str:
    """What stands still by an act of ours, as a reminder; "" where nothing does."""
    if not frozen:
        return ""
    names = ", ".join(printable(one.name) for one in frozen[:3]) + ("…" if len(frozen) > 3 else "")
    words = ngettext("{names} is frozen and keeps its memory.", "{names} are frozen and keep their memory.", len(frozen))
    return words.format(names=names)


def grower_name(grower: Grower) -> str:
    """A grower's name with the number of its processes: "clang++ × 8"."""
    name = printable(grower.name)
    return name if grower.processes < 2 else _("{name} × {count}").format(name=name, count=grower.processes)


def rate_words(bytes_per_second: float) -> str:
    """A rate per minute: "310 MiB/min"."""
    return _("{size}/min").format(size=format_bytes(bytes_per_second * 60))


# A record of one or two says nothing.
_ENOUGH_FORECASTS = 5


def record_words(verdict: Verdict | None) -> str:
    """How earlier forecasts came out: "17 of the last 20 forecasts held; usual error 18 s"; empty while too few were checked."""
    past = verdict.forecasts if verdict is not None else None
    if past is None or past.checked < _ENOUGH_FORECASTS:
        return ""
    held = _("{held} of the last {checked} forecasts held").format(held=past.held, checked=past.checked)
    if past.usual_error is None or verdict is None or verdict.seconds_left is None:
        return held
    return _("{held}; usual error {seconds}").format(held=held, seconds=format_duration(past.usual_error))


def _room_parts(verdict: Verdict) -> str:
    if not verdict.room_swap:
        return _("{memory} in memory, no swap.").format(memory=format_bytes(verdict.room_memory))
    return _("{memory} in memory and {swap} in swap.").format(
        memory=format_bytes(verdict.room_memory), swap=format_bytes(verdict.room_swap)
    )


def _growth(verdict: Verdict) -> str | None:
    """Who grows fastest, as a sentence."""
    if not verdict.growers or verdict.growers[0].growth < _WORTH:
        return None
    first = verdict.growers[0]
    return _("{name} grows {rate}.").format(name=grower_name(first), rate=rate_words(first.growth))


def _room_left(verdict: Verdict) -> str:
    return _("{size} of room is left.").format(size=format_bytes(verdict.room))


def _ends(one: NextVictim) -> str:
    count = one.also_dies + 1
    return ngettext("{count} process would end.", "{count} processes would end.", count).format(count=count)


def _calm(verdict: Verdict) -> BannerWords:
    # A fall too short to be judged is no reason to say that there is none.
    grows = _("Nothing grows fast enough to matter.") if verdict.shrinking is None else _growth(verdict)
    return BannerWords(state_line(verdict), sentences(_room_parts(verdict), grows))


def _watch(verdict: Verdict) -> BannerWords:
    if verdict.seconds_left is None or verdict.shrinking is None:
        headline = state_line(verdict)
    elif verdict.group is not None:
        headline = _("Watch: {unit} reaches its memory limit in {span}").format(
            unit=unit_words(verdict.group), span=format_span(verdict.seconds_left[0], verdict.seconds_left[2])
        )
    else:
        headline = _("Watch: room shrinks by {rate}, {span} left").format(
            rate=rate_words(verdict.shrinking), span=format_span(verdict.seconds_left[0], verdict.seconds_left[2])
        )
    return BannerWords(headline, sentences(_room_parts(verdict), _growth(verdict)))


def _danger(verdict: Verdict) -> BannerWords:
    """Warning and critical: who would end what, and when."""
    critical = verdict.state is State.CRITICAL
    one = first_to_act(verdict)
    span = None if verdict.seconds_left is None else format_span(verdict.seconds_left[0], verdict.seconds_left[2])
    if one is None or not victim_name(one):
        text = _("Critical: {size} of room is left") if critical else _("Warning: {size} of room is left")
        return BannerWords(text.format(size=format_bytes(verdict.room)), sentences(_room_parts(verdict), _growth(verdict)))
    if span is None:
        text = _("{killer} will end {name} next") if critical else _("Warning: {killer} would end {name} next")
    else:
        text = _("{killer} will end {name} in {span}") if critical else _("Warning: {killer} would end {name} in {span}")
    headline = close_up(text.format(killer=killer_in_sentence(one.killer), name=victim_name(one), span=span))
    why = sentences(_ends(one), _growth(verdict), _room_left(verdict))
    return BannerWords(headline[0].upper() + headline[1:] if one.killer in ("kernel", "memcg") else headline, why)


def banner_words(verdict: Verdict) -> BannerWords:
    """Headline and reasons for a verdict that was measured."""
    if verdict.state is State.CALM:
        return _calm(verdict)
    return _watch(verdict) if verdict.state is State.WATCH else _danger(verdict)


def silent_words(seconds: float, last: float | None) -> BannerWords:
    """Headline and reasons when nothing was heard for `seconds`; `last` is when the shown values were taken."""
    headline = _("No data for {count} s: the agent does not answer").format(count=round(seconds))
    values = None if last is None else _("Values are from {time}.").format(time=format_clock(last))
    return BannerWords(headline, sentences(values, _("The agent has ended, or the machine is too busy to run it.")))


def measuring_words() -> BannerWords:
    """Headline and reasons before the first verdict."""
    return BannerWords(_("Measuring"), _("The first forecast needs 30 s."))
