"""Sends the agent's alerts off the machine: one short-lived program at a time, tried again until the other side has the message.

All of it comes after the message on the desktop: a program is started a moment later, from the loop, and nothing waits for it.
"""

import os
import select
import time
from collections.abc import Callable

from guardian.adapters.alert_child import (
    LEAVING_SECONDS,
    LONGEST_ASKING_SECONDS,
    LONGEST_SECONDS,
    AlertChild,
    CannotSend,
    send_request,
)
from guardian.adapters.alert_spool import AlertSpool
from guardian.adapters.channel_file import ChannelFile
from guardian.adapters.poll_loop import PollLoop
from guardian.model.history import Kill
from guardian.model.verdict import Verdict
from guardian.policy.away_words import episode_id, episode_message, host_name, kill_id, kill_message
from guardian.policy.channels import Channel
from guardian.policy.delivery import Delivery, delivery_words
from guardian.policy.outbox import (
    Message,
    Outbox,
    delivered,
    event_of,
    failed,
    follow,
    forget,
    lacking,
    plan_next,
    put_episode,
    put_kill,
)
from guardian.protocol.i18n import _
from guardian.protocol.printable import printable

# The desktop's message goes first; it is on the bus long before.
FIRST_SECONDS = 1.0
_LONGEST_WAIT = 60.0
# How old the spool's word may be of when an episode was last loud.
_LOUD_SECONDS = 20.0
_CLOSE_SECONDS = 3.0
_TIMER, _LIMIT, _LEAVING = "alerts away", "alert child", "alert children that leave"
# A program that was ended and has not gone, as where it waits for a disk, holds up the next for so long; with so many nothing
# new is started.
_GONE_SECONDS, _MOST_LEAVING = 10.0, 3
_CLEAR_SECONDS = 0.05
_SPOOL = "//spool"


class AlertPost:
    """Keeps what is to be sent and sends it; times of the outbox are seconds since the epoch."""

    def __init__(self, loop: PollLoop, say: Callable[[str], None], folder: str, file: ChannelFile | None = None) -> None:
        self._loop, self._say = loop, say
        self._spool = AlertSpool(folder)
        self._file = file if file is not None else ChannelFile()
        self._channels: tuple[Channel, ...] = ()
        self._host = host_name(os.uname().nodename)
        self._kept = self._box = self._spool.read()
        self._child: AlertChild | None = None
        self._leaving: list[AlertChild] = []
        self._sending: Message | None = None
        self._asked = self._opened = False
        self._said: dict[str, str] = {}
        self._not_before = self._held_until = float("-inf")
        self._complaints: tuple[str, ...] = ()

    def take_channels(self) -> None:
        """Take over what the user changed, and go on with what still waits."""
        found = self._file.read()
        if found.complaints != self._complaints:
            for complaint in found.complaints:
                self._say(printable(complaint))
        self._complaints = found.complaints
        if found.channels != self._channels:
            self._channels, self._said, self._asked = found.channels, {}, False
        # Channels of a file that cannot be read now are not gone.
        if not found.complaints:
            self._change(forget(self._box, self._channels, time.time()))
        self._plan()

    def tick(self, verdict: Verdict) -> None:
        """Take in a tick's verdict; to be called once the desktop was told."""
        now = time.time()
        box = follow(self._box, verdict.state, now, episode_id(self._host, now))
        event = event_of(verdict.state)
        if event is not None and box.episode is not None:
            channels = lacking(box, event, self._channels)
            if channels:
                words = episode_message(verdict, self._host, box.episode.id, now)
                box = put_episode(box, event, channels, now, words)
                self._not_before = time.monotonic() + FIRST_SECONDS
        if box is not self._box:
            self._change(box)
            self._plan()
        if self._spool.failure and self._spool.failure != self._said.get(_SPOOL):
            self._say(
                _("alerts that wait would be lost by a restart: {path}: {reason}").format(
                    path=self._spool.path, reason=self._spool.failure
                )
            )
        self._said[_SPOOL] = self._spool.failure

    def killed(self, kill: Kill) -> None:
        """Somebody was ended; to be called once the desktop was told."""
        now = time.time()
        own_id = kill_id(self._host, kill, now)
        box = put_kill(self._box, own_id, self._channels, now, kill_message(kill, self._host, own_id, now))
        if box is not self._box:
            self._not_before = time.monotonic() + FIRST_SECONDS
            self._change(box)
            self._plan()

    def close(self) -> None:
        """Hear for a moment from what is being sent, and have all on disk."""
        self._loop.cancel(_TIMER)
        child = self._child
        if child is not None:
            self._loop.unwatch(child.answer)
            child.wait(_CLOSE_SECONDS)
            self._take(child.delivery() if child.answered else None)
            self._end_child()
        until = time.monotonic() + _CLOSE_SECONDS
        while self._leaving and time.monotonic() < until:
            time.sleep(0.01)
            self._clear()
        for timer in (_TIMER, _LEAVING):
            self._loop.cancel(timer)
        if self._box != self._kept:
            self._spool.keep(self._box)
        self._spool.close()

    def _change(self, box: Outbox) -> None:
        self._box = box
        if _worth_keeping(self._kept, box):
            self._kept = box
            self._spool.keep(box)

    def _plan(self) -> None:
        """Have the next message tried when it is due."""
        if self._child is not None or len(self._leaving) >= _MOST_LEAVING:
            return
        now = time.time()
        found = plan_next(self._box, self._channels, now, _second_of_day(now))
        if found is None:
            self._loop.cancel(_TIMER)
            return
        # Asked again before long: the clock may be set meanwhile, and sleep does not count here.
        at = time.monotonic() + min(max(0.0, found.due - now), _LONGEST_WAIT)
        held = self._held_until if self._leaving else at
        self._loop.at(max(at, self._not_before, held), _TIMER, self._start)

    def _start(self) -> None:
        now = time.time()
        found = plan_next(self._box, self._channels, now, _second_of_day(now))
        if self._child is not None or len(self._leaving) >= _MOST_LEAVING or found is None or found.due > now:
            self._plan()
            return
        message = found.message
        channel = next(one for one in self._channels if one.name == message.channel)
        ask = not self._asked
        try:
            self._child = AlertChild(send_request(channel, message.words, ask=ask))
        except CannotSend as error:
            self._say(_("cannot send an alert: {reason}").format(reason=error))
            self._change(failed(self._box, channel.name, "failed", None, now, _chance()))
            self._plan()
            return
        self._sending = message
        self._loop.watch(self._child.answer, select.POLLIN, self._heard)
        self._loop.at(
            time.monotonic() + (LONGEST_ASKING_SECONDS if ask and not self._opened else LONGEST_SECONDS), _LIMIT, self._too_long
        )

    def _heard(self, _events: int) -> None:
        child = self._child
        if child is None:
            return
        alive = child.hear()
        if child.answered or not alive:
            self._take(child.delivery())
        if not alive:
            self._end_child()
            self._plan()
        elif child.answered:
            self._loop.at(time.monotonic() + LEAVING_SECONDS, _LIMIT, self._too_long)

    def _too_long(self) -> None:
        self._take(Delivery("timeout"))
        self._end_child()
        self._plan()

    def _take(self, delivery: Delivery | None) -> None:
        """What became of the message that is being sent, told once; None where it is not known."""
        message, self._sending = self._sending, None
        if message is None or delivery is None:
            return
        now = time.time()
        self._asked = delivery.code == "locked"
        self._opened = delivery.code not in {"locked", "no-keyring"}
        if delivery.code == "sent":
            self._change(delivered(self._box, message, now))
        else:
            self._change(failed(self._box, message.channel, delivery.code, delivery.status, now, _chance()))
        words = delivery_words(*delivery)
        if self._said.get(message.channel) != words:
            self._said[message.channel] = words
            self._say(_("alerts to {channel}: {words}").format(channel=printable(message.channel), words=words))

    def _end_child(self) -> None:
        self._loop.cancel(_LIMIT)
        if self._child is not None:
            self._loop.unwatch(self._child.answer)
            self._leaving.append(self._child)
            self._child = None
            self._held_until = time.monotonic() + _GONE_SECONDS
            self._clear()

    def _clear(self) -> None:
        """Clear away what was ended; nobody waits for what has not gone, it is looked at again."""
        self._leaving = [child for child in self._leaving if not child.end(wait=False)]
        now = time.monotonic()
        if self._leaving:
            self._loop.at(now + (_CLEAR_SECONDS if now < self._held_until else _GONE_SECONDS), _LEAVING, self._clear)
        self._plan()


def _worth_keeping(kept: Outbox, box: Outbox) -> bool:
    """Whether the disk must know; that an episode goes on is told it only now and then."""
    if kept.episode is None or box.episode is None:
        return kept != box
    calmed = box._replace(episode=box.episode._replace(loud=kept.episode.loud))
    return calmed != kept or box.episode.loud - kept.episode.loud >= _LOUD_SECONDS


def _second_of_day(now: float) -> float:
    local = time.localtime(now)
    return local.tm_hour * 3600.0 + local.tm_min * 60 + local.tm_sec


def _chance() -> float:
    return os.urandom(1)[0] / 255
