"""Page System against the helper that is installed here: tries, keeps and takes back a setting by its own buttons.

Run with the setting's key, its name below /proc/sys/vm and the wished value; prints what the page said at each step.
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path

from PySide6.QtWidgets import QApplication

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from guardian.ui.act_desk import ActDesk
from guardian.ui.scheme import Scheme
from guardian.ui.system_page import SystemPage

key, name, wished = sys.argv[1:4]
qt = QApplication(sys.argv[:1])
scheme = Scheme(qt, dark=False)
page = SystemPage(scheme, ActDesk(scheme))
page.resize(1020, 736)
page.show()


def until(condition: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + 60
    while not condition():
        if time.monotonic() > end:
            sys.exit(f"{what} did not come; it said: {page.bar.words.text()!r} {page.card.terms.text()!r}")
        qt.processEvents()
        time.sleep(0.01)


def value() -> str:
    return Path(f"/proc/sys/vm/{name}").read_text().strip()


def try_it() -> None:
    page.view.choose(key)
    page.card.editor.number.setValue(int(wished))
    until(page.card.attempt.isEnabled, "the try")
    page.card.attempt.click()
    until(page.trial.isVisible, "the trial")


before = value()
until(lambda: page.found is not None, "the list")
try_it()
sys.stdout.write(f"{value()} {page.trial.words.text()}\n")
until(page.trial.back.isEnabled, "the way back")
page.trial.back.click()
until(lambda: page.trial.isHidden() and value() == before, "the old value")
sys.stdout.write(f"{value()} {page.bar.words.text()}\n")
try_it()
until(page.trial.keep.isEnabled, "keeping")
page.trial.keep.click()
until(lambda: page.trial.isHidden() and page.bar.undo.isEnabled() and page.bar.undo.isVisible(), "the kept value")
sys.stdout.write(f"{value()} {page.bar.words.text()}\n")
page.bar.undo.click()
until(lambda: value() == before, "the undo")
until(lambda: "no longer" in page.bar.words.text(), "its words")
sys.stdout.write(f"{value()} {page.bar.words.text()}\n")
page.desk.stop()
page.reading.stop()
page.killers.stop()
page.growth.reading.stop()
