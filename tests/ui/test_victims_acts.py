"""Page Victims with a process that really runs: acts, their undoing, details, and its command line."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from guardian.kernel.process import Process, ProcessKey, parse_stat
from guardian.policy.acts import PinOrder
from guardian.policy.applications import Group
from guardian.sampling.snapshot import Snapshot
from guardian.ui.victims_page import VictimsPage

Make = Callable[..., Process]
SnapshotOf = Callable[..., Snapshot]
Key, Modifier = Qt.Key, Qt.KeyboardModifier


@pytest.fixture
def page(open_victims: Callable[..., VictimsPage], crowd_of_six: list[Process], snapshot: SnapshotOf) -> VictimsPage:
    made = open_victims()
    made.show_snapshot(snapshot(crowd_of_six))
    made.table.view.setFocus()
    QApplication.processEvents()
    return made


def names(page: VictimsPage) -> list[str]:
    model = page.table.model
    place = [field.name for field in model.fields].index("name")
    return [model.index(row, place).data() for row in range(model.rowCount())]


def press(widget: QWidget, key: Qt.Key, modifier: Qt.KeyboardModifier = Modifier.NoModifier) -> None:
    QTest.keyClick(widget, key, modifier)
    QApplication.processEvents()


def real_process(pid: int, make_process: Make) -> Process:
    text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    return make_process(pid, "sleeper", 500, start=parse_stat(text).start_ticks)


def test_sacrifice_and_undo_by_key(
    page: VictimsPage, snapshot: SnapshotOf, make_process: Make, sleeper: subprocess.Popen[bytes], qtbot: QtBot
) -> None:
    adj = Path(f"/proc/{sleeper.pid}/oom_score_adj")
    before = int(adj.read_text(encoding="ascii"))
    process = real_process(sleeper.pid, make_process)
    page.show_snapshot(snapshot([process]))
    page.show_process(process.key)
    QApplication.processEvents()
    with qtbot.waitSignal(page.desk.done):
        press(page.table.view, Key.Key_S, Modifier.ControlModifier | Modifier.ShiftModifier)
    assert int(adj.read_text(encoding="ascii")) == 1000
    assert "now has +1000, read back from /proc." in page.below.acts.result.text()
    with qtbot.waitSignal(page.desk.done):
        press(page.table.view, Key.Key_Z, Modifier.ControlModifier)
    assert int(adj.read_text(encoding="ascii")) == before


@pytest.mark.skipif(os.geteuid() == 0, reason="root may raise anybody's adjustment")
def test_others_are_not_sacrificed(page: VictimsPage, snapshot: SnapshotOf, make_process: Make) -> None:
    page.show_snapshot(snapshot([make_process(70, "theirs", uid=os.getuid() + 1)]))
    page.show_process(ProcessKey(70, 700))
    QApplication.processEvents()
    assert not page.below.acts.buttons["sacrifice"].isEnabled()
    assert "Only your own programs" in page.below.acts.reason.text()


def test_details_are_read_in_a_thread(
    page: VictimsPage, snapshot: SnapshotOf, make_process: Make, sleeper: subprocess.Popen[bytes], qtbot: QtBot
) -> None:
    process = real_process(sleeper.pid, make_process)
    page.show_snapshot(snapshot([process]))
    page.show_process(process.key)
    QApplication.processEvents()
    press(page.table.view, Key.Key_Return)
    details = page.below.details
    qtbot.waitUntil(lambda: "time.sleep(60)" in details.fact("command"), timeout=10_000)
    assert f"({os.getpid()})" in details.fact("parents")
    details.measure.click()
    qtbot.waitUntil(lambda: "iB, with shared pages" in details.fact("share"), timeout=10_000)
    press(details, Key.Key_Escape)
    assert not page.below.shows_details


def test_details_of_one_that_ended_say_so(page: VictimsPage, qtbot: QtBot) -> None:
    press(page.table.view, Key.Key_Return)
    qtbot.waitUntil(lambda: page.below.details.fact("state") == "It has ended; nothing more can be read.", timeout=10_000)


def test_search_finds_command_lines(
    page: VictimsPage, snapshot: SnapshotOf, make_process: Make, sleeper: subprocess.Popen[bytes], qtbot: QtBot
) -> None:
    page.show_snapshot(snapshot([real_process(sleeper.pid, make_process), make_process(2, "other")]))
    page.bar.search.setText("TIME.sleep(60)")
    qtbot.waitUntil(lambda: names(page) == ["sleeper"], timeout=10_000)


def test_the_whole_application_is_one_act(
    open_victims: Callable[..., VictimsPage], snapshot: SnapshotOf, make_process: Make, qtbot: QtBot
) -> None:
    scope = "/user.slice/user-1000.slice/user@1000.service/app.slice/app-org.gnome.Terminal-{}.scope"
    parts = [make_process(pid, f"part{pid}", 50, cgroup=scope.format(pid)) for pid in (5001, 5002, 5003)]
    other = make_process(5004, "other", 900, cgroup="/system.slice/other.service", uid=0)
    page = open_victims()
    page.show_snapshot(snapshot([*parts, other]))
    page.show_process(parts[1].key)
    acts = page.below.acts
    qtbot.waitUntil(lambda: acts.whole.text() == "All 3 processes of Terminal")
    assert [one.pid for one in acts.targets()] == [5002]
    acts.whole.setChecked(True)
    assert {one.pid for one in acts.targets()} == {5001, 5002, 5003}
    assert {one.pid for one in acts.chosen()} == {5002}
    orders: list[object] = []
    page.desk.order = orders.append  # type: ignore[method-assign]
    acts.sacrifice()
    assert orders == [PinOrder("Terminal", tuple(parts), 1000, group=Group("app", "org.gnome.Terminal"))]
    page.show_process(other.key)
    qtbot.waitUntil(acts.whole.isHidden)
    assert not acts.whole.isChecked()
