"""What a person does with channels, from the window or a terminal: put one in, try it, remove it, and see how each does.

The file has what may be known, the keyring the address; an address is looked at by the program that will send, before it is kept.
All of it may wait for the keyring or the network: not for a thread that paints.
"""

import contextlib
import os
import time
from typing import NamedTuple

from guardian.adapters import secrets
from guardian.adapters.alert_child import check_request, deliver, send_request
from guardian.adapters.alert_spool import AlertSpool
from guardian.adapters.channel_file import ChannelFile, FoundChannels
from guardian.adapters.freezer import state_folder
from guardian.policy.away_words import episode_id, host_name, trial_message
from guardian.policy.channels import Channel, ChannelError, check_address, with_channel
from guardian.policy.delivery import Delivery, delivery_words
from guardian.policy.outbox import Line, Outbox
from guardian.protocol.i18n import _, ngettext, sentences
from guardian.protocol.printable import printable

_TRIAL_SECONDS = 90.0


class ChannelState(NamedTuple):
    """How a channel does.

    `key` is "on", or why it is off or waits ("no-keyring", "locked", "no-secret", "failed"); `line` what the last tries brought,
    `waiting` how many messages have not arrived.
    """

    channel: Channel
    key: str
    line: Line
    waiting: int

    @property
    def words(self) -> str:
        """One or two sentences."""
        if self.key != "on":
            first = delivery_words(self.key)
        elif self.line.tries:
            first = delivery_words(self.line.code, self.line.status)
        else:
            first = _("On.")
        count = self.waiting
        waits = ngettext("{count} message waits.", "{count} messages wait.", count).format(count=count) if count else ""
        return sentences(first, waits)


class ChannelDesk:
    """Works on one user's channels; every method may block."""

    def __init__(self, file: ChannelFile | None = None, folder: str | None = None) -> None:
        self.file = file if file is not None else ChannelFile()
        self._spool = AlertSpool(folder if folder is not None else state_folder())

    def found(self) -> FoundChannels:
        """The channels of the file, and what is wrong with it."""
        return self.file.read()

    def states(self) -> tuple[ChannelState, ...]:
        """How each channel does; a locked keyring is not asked."""
        channels = self.file.read().channels
        box = self._spool.read() if channels else Outbox()
        return tuple(
            ChannelState(
                channel,
                _key(channel),
                box.lines.get(channel.name, Line()),
                sum(message.channel == channel.name for message in box.messages),
            )
            for channel in channels
        )

    def find(self, name: str) -> Channel:
        """A channel by its name.  Raises ChannelError."""
        channels = self.file.read().channels
        found = next((one for one in channels if one.name == name), None)
        if found is None:
            known = ", ".join(one.name for one in channels) or _("none")
            raise ChannelError(_("there is no channel {name}; there are: {known}").format(name=printable(name), known=known))
        return found

    def put(self, channel: Channel, address: str | None, *, new: bool = False) -> None:
        """Keep a channel; `address` None leaves the one that is in the keyring.

        Raises ChannelError, SecretError, CannotSend and OSError; nothing is kept then.
        """
        channels = self.file.read().channels
        if new and any(one.name == channel.name for one in channels):
            raise ChannelError(_("there is a channel {name} already").format(name=channel.name))
        after = with_channel(channels, channel)
        if address is not None:
            address = check_address(channel.kind, address)
            secrets.check()
            looked = deliver(check_request(channel, address), _TRIAL_SECONDS)
            if looked.code != "sent":
                raise ChannelError(delivery_words(looked.code))
        before = self.file.read().channels
        self.file.write(after)
        if address is not None:
            try:
                secrets.store(channel.secret, address)
            except secrets.SecretError:
                self.file.write(before)
                raise

    def remove(self, name: str) -> None:
        """Forget a channel and its address.  Raises ChannelError, OSError, and SecretError where the keyring stays locked."""
        channel = self.find(name)
        # Without a keyring whatever it held is out of reach, and the channel is of no use.
        with contextlib.suppress(secrets.NoKeyring):
            secrets.delete(channel.secret)
        self.file.write(tuple(one for one in self.file.read().channels if one.name != name))

    def trial(self, channel: Channel, address: str | None = None, stop: int = -1) -> Delivery:
        """Send a test message; `address` in place of the one in the keyring.  Raises ChannelError, CannotSend."""
        now, host = time.time(), host_name(os.uname().nodename)
        words = trial_message(host, f"{episode_id(host, now)}/test", now)
        checked = None if address is None else check_address(channel.kind, address)
        return deliver(send_request(channel, words, ask=True, address=checked), stop=stop)


def _key(channel: Channel) -> str:
    try:
        return "no-secret" if secrets.read(channel.secret, ask=False) is None else "on"
    except secrets.NoKeyring:
        return "no-keyring"
    except secrets.KeyringLocked:
        return "locked"
    except secrets.SecretError:
        return "failed"
