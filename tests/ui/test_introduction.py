"""The first steps: three cards that can be left at any of them, and stay away then."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from guardian.adapters.login_start import autostart_path
from guardian.adapters.settings_file import SettingsFile
from guardian.ui.introduction import Introduction
from guardian.ui.main_window import MainWindow
from guardian.ui.page_set import PageSet
from guardian.ui.scheme import Scheme
from guardian.ui.text_size import TextSize
from guardian.ui.window_memory import WindowMemory

Key = Qt.Key
LONG = 10_000


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "settings.toml")


@pytest.fixture
def window(qtbot: QtBot, qapp: QApplication, scheme: Scheme, window_memory: WindowMemory, path: str) -> Iterator[MainWindow]:
    made = MainWindow(scheme, PageSet(scheme, window_memory), window_memory, TextSize(qapp, window_memory))
    qtbot.addWidget(made)
    made.resize(800, 560)
    made.introduce(path)
    made.show()
    with qtbot.waitActive(made):
        made.activateWindow()
    yield made
    if made.introduction is not None:
        made.introduction.keeping.stop()


def cards_of(window: MainWindow) -> Introduction:
    assert window.introduction is not None
    return window.introduction


def shown_again(path: str) -> bool:
    return SettingsFile(path).read().settings.switch("desktop.introduction")


def test_three_cards_by_keyboard_and_then_never_again(window: MainWindow, qtbot: QtBot, path: str) -> None:
    cards = cards_of(window)
    assert (cards.heading.text(), cards.count.text()) == ("What OOM Guardian shows", "1 of 3")
    assert cards.height() < 200
    assert not cards.back.isEnabled()
    QTest.keyClick(cards.next, Key.Key_Return)
    assert (cards.heading.text(), cards.count.text()) == ("Install the helper?", "2 of 3")
    QTest.keyClick(cards.back, Key.Key_Return)
    assert cards.count.text() == "1 of 3"
    for _step in range(2):
        QTest.keyClick(cards.next, Key.Key_Return)
    assert (cards.heading.text(), cards.next.text()) == ("Start at login?", "Done")
    assert cards.leave.isHidden()
    assert shown_again(path)
    with qtbot.waitSignal(window.introduction_left, timeout=LONG):
        QTest.keyClick(cards.next, Key.Key_Return)
    assert window.introduction is None
    qtbot.waitUntil(lambda: not shown_again(path), timeout=LONG)


@pytest.mark.parametrize("by_key", [True, False])
def test_it_can_be_left_at_once(window: MainWindow, qtbot: QtBot, path: str, by_key: bool) -> None:
    cards = cards_of(window)
    with qtbot.waitSignal(window.introduction_left, timeout=LONG):
        if by_key:
            QTest.keyClick(cards.next, Key.Key_Escape)
        else:
            cards.leave.click()
    # Written in a thread beside.
    qtbot.waitUntil(lambda: not shown_again(path), timeout=LONG)
    assert window.page.isVisible()


def test_f6_and_the_pages_go_on_beside_it(window: MainWindow, qtbot: QtBot) -> None:
    window.rail.choose("settings")
    assert window.page.title == "Settings"
    assert cards_of(window).isVisible()
    window.rail.setFocus()
    window.next_pane()
    assert cards_of(window).isAncestorOf(QApplication.focusWidget())


def test_start_at_login_is_set_there(window: MainWindow, qtbot: QtBot, path: str) -> None:
    cards = cards_of(window)
    cards.step = 2
    cards._show_step()
    QTest.keyClick(cards.login, Key.Key_Space)
    qtbot.waitUntil(lambda: SettingsFile(path).read().settings.switch("desktop.start_at_login"), timeout=LONG)
    qtbot.waitUntil(lambda: bool(cards.said.text()), timeout=LONG)
    assert autostart_path().exists()
    assert cards.said.isVisible()


def test_the_helpers_command_can_be_copied(window: MainWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("guardian.ui.introduction.SERVICE_FILE", "/nowhere")
    cards = cards_of(window)
    QTest.keyClick(cards.next, Key.Key_Return)
    assert "sudo installers/install-helper.sh" in cards.said.text()
    QTest.keyClick(cards.copy, Key.Key_Return)
    assert QGuiApplication.clipboard().text() == "sudo installers/install-helper.sh"
    monkeypatch.setattr("guardian.ui.introduction.SERVICE_FILE", __file__)
    cards._show_step()
    assert cards.said.text() == "It is installed."
    assert cards.acts.isHidden()
