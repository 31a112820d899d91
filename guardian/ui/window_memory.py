"""What the window remembers from one time to the next: its size, page, text size, splitters and columns.

It is state, not settings: kept as an INI file below XDG_STATE_HOME.  Source: XDG Base Directory Specification.
"""

import os
from pathlib import Path

from PySide6.QtCore import QByteArray, QSettings, QSize
from PySide6.QtGui import QCursor, QGuiApplication
from PySide6.QtWidgets import QSplitter, QWidget


def state_folder() -> Path:
    """The folder of the user's state of this program; it need not exist."""
    given = os.environ.get("XDG_STATE_HOME", "")
    base = Path(given) if given.startswith("/") else Path.home() / ".local" / "state"
    return base / "oom-guardian"


# A title bar and edges, before the desktop has told how large they are.
_FRAME_WIDTH, _FRAME_HEIGHT = 8, 40


class WindowMemory:
    """Values by name; a file that cannot be read or written is the same as an empty one."""

    def __init__(self, path: Path | None = None) -> None:
        where = path or state_folder() / "window.ini"
        self._settings = QSettings(str(where), QSettings.Format.IniFormat)

    def text(self, name: str, default: str = "") -> str:
        """A remembered text."""
        value = self._settings.value(name, default)
        return value if isinstance(value, str) else default

    def number(self, name: str, default: float, least: float, most: float) -> float:
        """A remembered number; `default` where there is none within `least` and `most`."""
        try:
            value = float(self.text(name, str(default)))
        except ValueError:
            return default
        return value if least <= value <= most else default

    def blob(self, name: str) -> QByteArray:
        """A remembered state of Qt's own making; empty where there is none."""
        value = self._settings.value(name)
        return value if isinstance(value, QByteArray) else QByteArray()

    def remember(self, name: str, value: str | float | QByteArray) -> None:
        """Keep a value; it reaches the disk by itself."""
        self._settings.setValue(name, value if isinstance(value, QByteArray) else str(value))

    def restore_splitter(self, name: str, splitter: QSplitter) -> None:
        """Give a splitter its remembered sizes, and remember them from now on at `keep_splitter`."""
        blob = self.blob(name)
        if not blob.isEmpty():
            splitter.restoreState(blob)

    def keep_splitter(self, name: str, splitter: QSplitter) -> None:
        """Remember a splitter's sizes."""
        self.remember(name, splitter.saveState())

    def restore_size(self, window: QWidget, width: int, height: int) -> None:
        """Give a window its remembered size and place, or `width` x `height`, less where the screen has no room for it."""
        window.resize(fitting_size(window, width, height))
        blob = self.blob("geometry")
        if not blob.isEmpty():
            window.restoreGeometry(blob)

    def keep_size(self, window: QWidget) -> None:
        """Remember a window's size and place."""
        self.remember("geometry", window.saveGeometry())

    def sync(self) -> None:
        """Write to the disk now."""
        self._settings.sync()


def fitting_size(window: QWidget, width: int, height: int) -> QSize:
    """A size that fits, with its frame, beside the panels of the screen; never below the window's least."""
    # Not the window's own screen(): PySide then ties that screen to the window's life, and takes it along.
    screen = QGuiApplication.screenAt(QCursor.pos()) or QGuiApplication.primaryScreen()
    room = screen.availableSize() - QSize(_FRAME_WIDTH, _FRAME_HEIGHT)
    return QSize(width, height).boundedTo(room).expandedTo(window.minimumSize())
