"""Light and dark, followed while the program runs."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QApplication, QToolTip
from pytestqt.qtbot import QtBot

from guardian.ui.scheme import Scheme
from guardian.ui.tokens import DARK, LIGHT


def test_a_change_of_the_desktops_scheme_is_followed_live(qtbot: QtBot, qapp: QApplication, light: Scheme) -> None:
    assert light.tokens is LIGHT
    with qtbot.waitSignal(light.changed):
        light.force(True)
    assert light.tokens is DARK
    assert qapp.palette().color(QPalette.ColorRole.Base) == DARK.surface
    assert QToolTip.palette().color(QPalette.ColorRole.ToolTipBase) == DARK.raised


def test_following_the_desktop_again_takes_its_scheme(qapp: QApplication, light: Scheme) -> None:
    light.force(True)
    light.force(None)
    assert light.dark == (qapp.styleHints().colorScheme() == Qt.ColorScheme.Dark)


def test_the_environment_may_ask_for_dark(qapp: QApplication, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESKTOP_DARK", "1")
    scheme = Scheme(qapp)
    assert scheme.dark
    scheme.force(None)
    scheme.deleteLater()


def test_no_style_sheet_is_set(qapp: QApplication, light: Scheme) -> None:
    assert not qapp.styleSheet()
