"""The first size of the window keeps to the screen."""

from pathlib import Path

from PySide6.QtCore import QSize
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from guardian.ui.window_memory import WindowMemory, fitting_size


def test_a_window_larger_than_the_screen_is_made_to_fit_with_its_frame(qtbot: QtBot, tmp_path: Path) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    room = QGuiApplication.primaryScreen().availableSize()
    fitted = fitting_size(window, room.width() + 500, room.height() + 500)
    assert fitted.width() < room.width()
    assert fitted.height() <= room.height() - 30
    WindowMemory(tmp_path / "window.ini").restore_size(window, room.width() + 500, room.height() + 500)
    assert window.size() == fitted


def test_a_size_that_fits_is_kept_and_the_least_size_is_not_undercut(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    assert fitting_size(window, 300, 200) == QSize(300, 200)
    window.setMinimumSize(5000, 4000)
    assert fitting_size(window, 6000, 6000) == QSize(5000, 4000)
