"""Keeps, tries and removes channels in a thread of its own: keyring and network may take their time."""

import os
import weakref

from PySide6.QtCore import QObject, Signal, Slot

from guardian.adapters.alert_child import CannotSend
from guardian.adapters.channel_desk import ChannelDesk
from guardian.adapters.secrets import SecretError
from guardian.policy.channels import Channel, ChannelError
from guardian.policy.delivery import delivery_words
from guardian.protocol.i18n import _
from guardian.protocol.printable import printable
from guardian.ui.side_thread import SideThread


class ChannelKeeper(QObject):
    """Works in the thread it was moved to; all methods but the constructor and `cancel` are slots, only connect to them.

    `read_back` brings the ChannelStates and the complaints about the file.  `kept` and `removed` name the channel that was;
    `refused` one with which something was not done, and why; `tried` one whose trial ended, whether it arrived, and a sentence.
    """

    read_back = Signal(object, object)
    kept = Signal(str)
    removed = Signal(str)
    refused = Signal(str, str)
    tried = Signal(str, bool, str)

    def __init__(self, desk: ChannelDesk | None = None) -> None:
        super().__init__()
        self._desk = desk
        self._stop, self._stopping = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        for file in (self._stop, self._stopping):
            weakref.finalize(self, os.close, file)

    def cancel(self) -> None:
        """End a trial that is under way; from any thread."""
        os.write(self._stopping, b"\0")

    @Slot()
    def read(self) -> None:
        """Read the file, and see how each channel does."""
        self._desk = self._desk or ChannelDesk()
        self.read_back.emit(self._desk.states(), self._desk.found().complaints)

    @Slot(object, object, bool)
    def put(self, channel: Channel, address: str | None, new: bool) -> None:
        """Keep a channel; `address` None leaves the one in the keyring."""
        self._desk = self._desk or ChannelDesk()
        try:
            self._desk.put(channel, address, new=new)
        except (ChannelError, CannotSend, SecretError, OSError) as error:
            self.refused.emit(channel.name, _refusal(error))
        else:
            self.kept.emit(channel.name)
        self.read()

    @Slot(str)
    def remove(self, name: str) -> None:
        """Forget a channel and its address."""
        self._desk = self._desk or ChannelDesk()
        try:
            self._desk.remove(name)
        except (ChannelError, SecretError, OSError) as error:
            self.refused.emit(name, _refusal(error))
        else:
            self.removed.emit(name)
        self.read()

    @Slot(str)
    def trial(self, name: str) -> None:
        """Send a test message."""
        self._desk = self._desk or ChannelDesk()
        try:
            delivery = self._desk.trial(self._desk.find(name), stop=self._stop)
        except (ChannelError, CannotSend) as error:
            self.refused.emit(name, _refusal(error))
        else:
            self.tried.emit(name, delivery.code == "sent", delivery_words(*delivery))
        self.read()


class ChannelThread(QObject):
    """The keeper and its thread; asking is done by the signals."""

    read_asked = Signal()
    put_asked = Signal(object, object, bool)
    remove_asked = Signal(str)
    trial_asked = Signal(str)

    def __init__(self, desk: ChannelDesk | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.keeper = ChannelKeeper(desk)
        self._side = SideThread(self.keeper, "channels", self, cancel=self.keeper.cancel)
        self.read_asked.connect(self.keeper.read)
        self.put_asked.connect(self.keeper.put)
        self.remove_asked.connect(self.keeper.remove)
        self.trial_asked.connect(self.keeper.trial)
        self.start, self.stop = self._side.start, self._side.stop


def _refusal(error: Exception) -> str:
    if isinstance(error, OSError):
        return _("Not kept: {reason}.").format(reason=printable(error.strerror or str(error)))
    text = printable(str(error)).rstrip(".。")
    return _("Not done: {reason}.").format(reason=text)
