"""Reads and keeps the user's settings in a thread of its own; the file is written at once and read back."""

import os

from PySide6.QtCore import QObject, Signal, Slot

from guardian.adapters.login_start import CannotSetLogin, set_login_start
from guardian.adapters.settings_file import SettingsFile
from guardian.policy.setting_values import SettingError
from guardian.protocol.i18n import _
from guardian.protocol.printable import printable
from guardian.ui.side_thread import SideThread

START_AT_LOGIN = "desktop.start_at_login"


class SettingsKeeper(QObject):
    """Works in the thread it was moved to; all methods but the constructor are slots, only connect to them.

    `read_back` brings the Settings that hold, the complaints about the file, and why nothing can be changed ("" where it can);
    `refused` a key and why its value was not kept; `said` a sentence about what was done besides.
    """

    read_back = Signal(object, object, str)
    refused = Signal(str, str)
    said = Signal(str)

    def __init__(self, path: str | None = None) -> None:
        super().__init__()
        self._path = path
        self._file: SettingsFile | None = None

    @Slot()
    def read(self) -> None:
        """Read the file."""
        self._file = self._file or SettingsFile(self._path)
        found = self._file.read()
        self.read_back.emit(found.settings, found.complaints, read_only_words(self._file.path))

    @Slot(str, object)
    def change(self, key: str, value: object) -> None:
        """Keep one value, and do what it asks for."""
        self._file = self._file or SettingsFile(self._path)
        try:
            if key == START_AT_LOGIN:
                self.said.emit(set_login_start(on=bool(value)))
            self._file.change(key, value)
        except (SettingError, CannotSetLogin) as error:
            self.refused.emit(key, str(error))
        except OSError as error:
            words = _("Not changed: {path} cannot be written: {reason}")
            self.refused.emit(key, words.format(path=printable(self._file.path), reason=error.strerror or error))
        self.read()


class KeeperThread(QObject):
    """The keeper and its thread; asking is done by the signals."""

    read_asked = Signal()
    change_asked = Signal(str, object)

    def __init__(self, path: str | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.keeper = SettingsKeeper(path)
        self._side = SideThread(self.keeper, "settings", self)
        self.read_asked.connect(self.keeper.read)
        self.change_asked.connect(self.keeper.change)
        self.start, self.stop = self._side.start, self._side.stop


def read_only_words(path: str) -> str:
    """Why nothing can be kept in a file, "" where it can."""
    there = path
    while not os.path.exists(there) and os.path.dirname(there) != there:
        there = os.path.dirname(there)
    folder = there if os.path.isdir(there) else os.path.dirname(there)
    if os.access(folder, os.W_OK | os.X_OK) and (os.path.isdir(there) or os.access(there, os.W_OK)):
        return ""
    return _("From {path}, read-only for you: nothing can be changed here.").format(path=printable(there))
