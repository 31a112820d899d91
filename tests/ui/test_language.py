"""Another language takes hold at once: in a window made anew in the old one's place, and in the tray."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtCore import QLocale
from PySide6.QtWidgets import QApplication

from guardian.protocol.i18n import _, use_language
from guardian.ui.language import Language
from guardian.ui.tray_menu import TrayMenu

PROGRAM = """
import argparse, json, sys
from PySide6.QtCore import QTimer
from guardian.policy.acts import PinOrder
from guardian.ui import app
told = []
class Told(app.App):
    def start(self, *, hidden):
        super().start(hidden=hidden)
        self.window.rail.choose("victims")
        self.desk = self._pages.desk
        self.window.rail.choose("settings")
        self.step, self.old, self.seen = 0, None, 0
        self.turn = QTimer(self, interval=50)
        self.turn.timeout.connect(self.go_on)
        self.turn.start()
    def go_on(self):
        page = self.window.pages["settings"]
        if self.step == 0 and page._read_before:
            told.append([self.window.rail.item("now").text(), self.tray.menu._quit.text()])
            self.old, self.step = self.window, 1
            page.keeping.change_asked.emit("desktop.language", "zh_CN")
        elif self.step == 1 and self.window is not self.old and self._snapshot is not None:
            self.seen, self.step = self._snapshot, 2
        elif self.step == 2 and self._snapshot is not self.seen:
            told.append([self.window.rail.item("now").text(), self.tray.menu._quit.text()])
            told.append([self.window.isVisible(), self.window.page.title, self._pages.desk is self.desk])
            self.step = 3
            self._qt.quit()
app.App = Told
code = app.main(argparse.Namespace(hidden=False, root="/"))
print(json.dumps(told))
sys.exit(code)
"""


def test_the_window_is_renewed_and_goes_on(checkout: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(checkout), "QT_QPA_PLATFORM": "offscreen", "PYTHONIOENCODING": "utf-8"}
    command = [sys.executable, "-X", "faulthandler", "-c", PROGRAM]
    done = subprocess.run(command, env=environment, capture_output=True, encoding="utf-8", check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    before, after, state = json.loads(done.stdout)
    assert before == ["Now", "Quit"]
    assert after == ["现在", "退出"]
    assert state == [True, "设置", True]


@pytest.fixture
def language(qapp: QApplication) -> Language:
    return Language(qapp)


def test_sentences_numbers_and_menus_follow(qapp: QApplication, language: Language) -> None:
    before = QLocale()
    menu = TrayMenu()
    try:
        language.speak("zh_CN")
        menu.speak(None)
        assert _("Now") == "现在"
        assert QLocale().language() == QLocale.Language.Chinese
        assert menu._open.text() == _("Open OOM Guardian") != "Open OOM Guardian"
        language.speak("en")
        menu.speak(None)
        assert _("Now") == "Now"
        assert menu._open.text() == "Open OOM Guardian"
    finally:
        language.speak("")
        QLocale.setDefault(before)
        use_language("en")
        language.deleteLater()
        menu.deleteLater()
