"""Reads the machine's settings in a thread of its own: kernel files, the files of the boot, trials, the last kill."""

import time
from typing import NamedTuple

from PySide6.QtCore import QObject, Signal, Slot

from guardian.adapters.machine_settings import Standing, read_standing
from guardian.adapters.setting_trials import PendingTrial, read_trials
from guardian.kernel.errors import KernelFileError
from guardian.model.history import Kill
from guardian.policy.setting_rows import SettingRow, rows_of
from guardian.protocol.i18n import _
from guardian.ui.side_thread import SideThread

_KILLS_SECONDS = 30.0


class SettingsFound(NamedTuple):
    """One reading: the machine, its settings, what is on trial, and the last kill that history has kept."""

    standing: Standing
    rows: tuple[SettingRow, ...]
    trials: tuple[PendingTrial, ...] = ()
    last_kill: Kill | None = None


class SettingsReader(QObject):
    """Works in the thread it was moved to; slots are only to be connected to.

    `found` brings a SettingsFound, `failed` why nothing could be read.
    """

    found = Signal(object)
    failed = Signal(str)

    def __init__(self, root: str = "/") -> None:
        super().__init__()
        self._root = root
        self._last_kill: Kill | None = None
        self._kills_at = float("-inf")

    @Slot()
    def read(self) -> None:
        """Read everything once."""
        try:
            standing = read_standing(self._root)
        except KernelFileError as error:
            self.failed.emit(_("The settings cannot be read: {reason}").format(reason=error))
            return
        now = time.monotonic()
        if now - self._kills_at > _KILLS_SECONDS:
            self._kills_at, self._last_kill = now, _last_kill()
        self.found.emit(SettingsFound(standing, rows_of(standing.profile), read_trials(self._root), self._last_kill))


class SettingsThread(QObject):
    """The reader and its thread; `read_wanted` asks for a reading."""

    read_wanted = Signal()

    def __init__(self, root: str = "/", parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.reader = SettingsReader(root)
        self._side = SideThread(self.reader, "settings", self)
        self.read_wanted.connect(self.reader.read)
        self.start, self.stop = self._side.start, self._side.stop


def _last_kill() -> Kill | None:
    """The newest kill of the agent's history; None without one, or without a history."""
    from guardian.adapters.history_store import HistoryStore, StoreUnusable, history_path

    if not history_path().exists():
        return None
    try:
        with HistoryStore(history_path(), writable=False) as store:
            kills = [kill for kill in store.kills() if kill.time is not None]
    except StoreUnusable:
        return None
    return kills[-1] if kills else None
