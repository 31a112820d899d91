"""Alerts that wait to leave this machine: what goes where, once an episode and channel, and when it is tried (again).  Pure.

A message is taken out only when the other side has said that it has it.  Times are seconds since the epoch, to outlive a restart.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from guardian.model.verdict import State
from guardian.policy.channels import Channel, quiet_left
from guardian.policy.delivery import NETWORK, STUCK

# An episode that was quiet for so long is over; until then it is the same one, also for an agent that was started anew.
CALM_SECONDS = 60.0
# Waits after the first, second, … try in vain.
BACK_OFF = (5.0, 15.0, 45.0, 120.0, 300.0)
# Where only a person can help.
STUCK_SECONDS = 1800.0
MOST_MESSAGES, MOST_AGE = 200, 3 * 86400.0
MOST_KILLS, LONGEST_BODY = 3, 6000
_KEPT_IDS = 64
_LOUD = {State.WARNING: "warning", State.CRITICAL: "critical"}


class Words(NamedTuple):
    """What a message says."""

    title: str
    body: str
    urgent: bool


class Message(NamedTuple):
    """One message for one channel; `id` is the same for all tries and channels of what it tells, `made` is when it was."""

    id: str
    channel: str
    event: str
    made: float
    words: Words


class Line(NamedTuple):
    """How a channel does: tries in vain since the last success, when it is tried again, and why the last one failed."""

    tries: int = 0
    due: float = 0.0
    code: str = ""
    status: int | None = None


class Episode(NamedTuple):
    """A time in which memory was short: its id, when it was last loud, and the channels that have their message of it."""

    id: str
    loud: float
    told: tuple[str, ...] = ()


class Outbox(NamedTuple):
    """All that waits, in the order in which it came; `kills` are the ids of kills that were told."""

    messages: tuple[Message, ...] = ()
    lines: Mapping[str, Line] = {}
    episode: Episode | None = None
    kills: tuple[str, ...] = ()


EMPTY = Outbox()


def event_of(state: State) -> str | None:
    """What a state is to a channel; None for what is never sent."""
    return _LOUD.get(state)


def follow(box: Outbox, state: State, now: float, new_id: str) -> Outbox:
    """The episode as it stands: a new one, the same, or none any more."""
    episode = box.episode
    over = episode is not None and not 0 <= now - episode.loud < CALM_SECONDS
    if state not in _LOUD:
        return box._replace(episode=None) if over else box
    if episode is None or over:
        return box._replace(episode=Episode(new_id, now))
    return box._replace(episode=episode._replace(loud=now))


def lacking(box: Outbox, event: str, channels: Iterable[Channel]) -> tuple[Channel, ...]:
    """The channels to which an event of the present episode goes and that have nothing of it yet, or only what was less."""
    episode = box.episode
    if episode is None:
        return ()
    waiting = {(one.channel, one.event) for one in box.messages if one.id == episode.id}
    return tuple(
        channel
        for channel in channels
        if event in channel.events
        and (channel.name not in episode.told or (event == "critical" and (channel.name, "warning") in waiting))
    )


def put_episode(box: Outbox, event: str, channels: Sequence[Channel], now: float, words: Words) -> Outbox:
    """With a message of the present episode for these channels; one that still waits gives way to what is worse."""
    episode = box.episode
    if episode is None:
        return box
    names = {channel.name for channel in channels}
    kept = tuple(one for one in box.messages if one.id != episode.id or one.channel not in names)
    told = (*episode.told, *(name for name in names if name not in episode.told))
    new = [Message(episode.id, channel.name, event, now, words) for channel in channels]
    return _put(box._replace(messages=kept, episode=episode._replace(told=told)), new, now)


def put_kill(box: Outbox, kill_id: str, channels: Iterable[Channel], now: float, words: Words) -> Outbox:
    """With a message of a kill for the channels that want it; nothing changes where it was told before.

    Where several wait already, it is told in the last of these: a storm of kills is no storm of messages.
    """
    if kill_id in box.kills:
        return box
    messages, new = box.messages, []
    for channel in channels:
        waiting = [one for one in messages if one.channel == channel.name and one.event == "kill"]
        if "kill" not in channel.events:
            continue
        if len(waiting) < MOST_KILLS:
            new.append(Message(kill_id, channel.name, "kill", now, words))
        elif len(waiting[-1].words.body) + len(words.title) + len(words.body) < LONGEST_BODY:
            # Not the first of them, which may be on its way.
            last = waiting[-1]
            more = last.words._replace(body=f"{last.words.body}\n\n{words.title}\n{words.body}")
            messages = tuple(one._replace(words=more) if one is last else one for one in messages)
    return _put(box._replace(messages=messages, kills=(*box.kills, kill_id)[-_KEPT_IDS:]), new, now)


def _put(box: Outbox, new: Sequence[Message], now: float) -> Outbox:
    messages = (*box.messages, *new)
    # Something new is worth a try at once, whatever was in vain before.
    lines = {**box.lines, **{one.channel: box.lines.get(one.channel, Line())._replace(due=now) for one in new}}
    return box._replace(messages=messages[-MOST_MESSAGES:], lines=lines)


def forget(box: Outbox, channels: Iterable[Channel], now: float) -> Outbox:
    """Without what is too old to be of use, and without what belongs to channels that are gone."""
    names = {channel.name for channel in channels}
    kept = tuple(one for one in box.messages if one.channel in names and -MOST_AGE < now - one.made < MOST_AGE)
    lines = {name: line for name, line in box.lines.items() if name in names}
    return box if len(kept) == len(box.messages) and len(lines) == len(box.lines) else box._replace(messages=kept, lines=lines)


class Next(NamedTuple):
    """What is tried next, and when."""

    message: Message
    due: float


def plan_next(box: Outbox, channels: Iterable[Channel], now: float, second_of_day: float) -> Next | None:
    """The message that is due first; a channel's own come in their order, but critical ones are not held by quiet hours."""
    found: list[Next] = []
    for channel in channels:
        line = box.lines.get(channel.name, Line())
        # A clock that was set back must not hold anything for longer than any wait.
        due = line.due if line.due - now <= 2 * STUCK_SECONDS else now
        quiet = now + quiet_left(channel.quiet, second_of_day)
        own = [one for one in box.messages if one.channel == channel.name]
        found += [Next(one, max(due, now if one.event == "critical" else quiet)) for one in own]
    return min(found, key=lambda one: one.due, default=None)


def delivered(box: Outbox, message: Message, now: float) -> Outbox:
    """Without a message that has arrived.  The rest of its channel, and channels that the network held up, may follow at once."""
    kept = tuple(one for one in box.messages if (one.id, one.channel) != (message.id, message.channel))
    lines = {name: line._replace(due=now) if line.code in NETWORK else line for name, line in box.lines.items()}
    return box._replace(messages=kept, lines={**lines, message.channel: Line(due=now)})


def failed(box: Outbox, channel: str, code: str, status: int | None, now: float, chance: float) -> Outbox:
    """After a try in vain: the channel waits, longer each time.  `chance` (0 … 1) keeps many machines from asking at once."""
    tries = box.lines.get(channel, Line()).tries + 1
    wait = STUCK_SECONDS if code in STUCK else BACK_OFF[min(tries, len(BACK_OFF)) - 1]
    wait *= 0.8 + 0.4 * chance
    return box._replace(lines={**box.lines, channel: Line(tries, now + wait, code, status)})
