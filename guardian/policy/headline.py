"""The verdict in one line of words: what tooltip, tray menu, command line and notifications say first.

Source: the project's table of words (banner, tray menu).
"""

from guardian.model.verdict import NextVictim, State, Verdict
from guardian.protocol.i18n import N_, _, close_up
from guardian.protocol.quantities import format_bytes, format_span

STATE_WORDS = {
    State.NO_DATA: N_("No data"),
    State.CALM: N_("Calm"),
    State.WATCH: N_("Watch"),
    State.WARNING: N_("Warning"),
    State.CRITICAL: N_("Critical"),
}


def state_word(state: State) -> str:
    """The state's one word."""
    return _(STATE_WORDS[state])


def state_line(verdict: Verdict) -> str:
    """The state and the room, such as "Calm: about 15 GiB of room"."""
    room = format_bytes(verdict.room)
    if verdict.state is State.NO_DATA:
        return _("No data: the agent does not answer")
    if verdict.state is State.CALM:
        return _("Calm: about {room} of room").format(room=room)
    return _("{state}: {room} of room").format(state=state_word(verdict.state), room=room)


def forecast_line(verdict: Verdict) -> str:
    """Who acts and when, such as "systemd-oomd acts in 40 s … 2 min"; says so where there is no trend."""
    if verdict.state is State.NO_DATA:
        return _("Last values are from before")
    if verdict.seconds_left is None:
        return _("No trend, so no forecast")
    span = format_span(verdict.seconds_left[0], verdict.seconds_left[2])
    first = first_to_act(verdict)
    killer = killer_name(first) if first else _("The kernel")
    return close_up(_("{killer} acts in {span}").format(killer=killer, span=span))


def first_to_act(verdict: Verdict) -> NextVictim | None:
    """The killer that is nearest to acting; None where none is known.

    A forecast of the whole machine's room is not about the limit of a group, and one of a group's is about no other.
    """
    able = verdict.next_victims
    if verdict.seconds_left is not None:
        able = tuple(one for one in able if _is_meant(one, verdict.group)) or able
    return max(able, key=lambda one: one.nearness or 0.0, default=None)


def _is_meant(one: NextVictim, group: str | None) -> bool:
    """Whether a forecast of the end of `group` (None: of the machine) can be about what this killer does."""
    if group is None or one.killer != "memcg":
        return group is None and one.killer != "memcg"
    return one.cgroup is not None and f"{one.cgroup}/".startswith(f"{group.rstrip('/')}/")


def killer_name(one: NextVictim) -> str:
    """A killer's name at the start of a sentence."""
    return _("The kernel") if one.killer in {"kernel", "memcg"} else one.killer
