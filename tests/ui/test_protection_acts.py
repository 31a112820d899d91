"""What the page Protection does to real processes: setting again, insisting, and taking back."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from guardian.adapters.act_journal import ActJournal
from guardian.adapters.helper_client import HelperClient
from guardian.adapters.performer import Performer
from guardian.adapters.subjects import Subjects
from guardian.adapters.user_rules import UserRuleFile
from guardian.kernel.process import Process
from guardian.model.history import Kill, Party
from guardian.policy.acts import PinOrder
from guardian.protocol.rules import Rule, Subject
from guardian.sampling.snapshot import Snapshot
from guardian.ui.act_desk import ActDesk
from guardian.ui.protect_dialog import ProtectDialog
from guardian.ui.protection_page import ProtectionPage
from guardian.ui.scheme import Scheme
from guardian.ui.undo_dialog import UndoDialog
from tests.ui.conftest import adj_of, real_process

Make = Callable[..., Process]
SnapshotOf = Callable[..., Snapshot]
Key, CTRL = Qt.Key, Qt.KeyboardModifier.ControlModifier


def test_undo_and_undo_all_by_key(
    page: ProtectionPage,
    desk: ActDesk,
    snapshot: SnapshotOf,
    make_process: Make,
    sleeper: subprocess.Popen[bytes],
    qtbot: QtBot,
) -> None:
    before = adj_of(sleeper.pid)
    target = real_process(sleeper.pid)
    page.show_snapshot(snapshot([target]))
    for value in (700, 800, 900):
        with qtbot.waitSignal(desk.done):
            desk.set_value([target], value)
    assert "now has +900, read back from /proc." in page.bar.words.text()
    page.view.setFocus()
    with qtbot.waitSignal(desk.done):
        QTest.keyClick(page.view, Key.Key_Z, CTRL)
    assert adj_of(sleeper.pid) == 800
    page.undo_all()
    dialog = page.findChild(UndoDialog)
    assert dialog is not None
    assert dialog.heading.text() == "Undo 2 acts of ours?"
    assert dialog.cancel.hasFocus() or dialog.focusWidget() is dialog.cancel
    with qtbot.waitSignal(desk.done):
        dialog.act.click()
    assert adj_of(sleeper.pid) == before
    assert desk.acts == ()


def test_an_undo_reaches_those_that_the_rule_set_since(
    page: ProtectionPage, desk: ActDesk, snapshot: SnapshotOf, make_process: Make, sleeper: subprocess.Popen[bytes], qtbot: QtBot
) -> None:
    before = adj_of(sleeper.pid)
    exe = os.readlink(f"/proc/{sleeper.pid}/exe")
    page.show_snapshot(snapshot([make_process(2, "code")]))
    with qtbot.waitSignal(desk.done):
        desk.order(PinOrder("python", (), None, Rule("exe", exe, 900)))
    Path(f"/proc/{sleeper.pid}/oom_score_adj").write_text("900")
    page.show_snapshot(snapshot([real_process(sleeper.pid)._replace(ppid=1), make_process(1, "init", adj=before, ppid=0)]))
    qtbot.waitUntil(lambda: page.headline.text() == "1 plan: 1 held")
    with qtbot.waitSignal(desk.done):
        desk.undo()
    assert adj_of(sleeper.pid) == max(0, before)


def test_all_of_ours_survives_a_restart(
    light: Scheme, no_bus: HelperClient, tmp_path: Path, sleeper: subprocess.Popen[bytes], make_process: Make, qtbot: QtBot
) -> None:
    before = adj_of(sleeper.pid)
    first = ActDesk(light, performer=Performer(no_bus), journal=ActJournal(tmp_path / "acts.json"))
    with qtbot.waitSignal(first.done):
        first.sacrifice([real_process(sleeper.pid)])
    first.stop()
    second = ActDesk(light, performer=Performer(no_bus), journal=ActJournal(tmp_path / "acts.json"))
    with qtbot.waitSignal(second.journal_changed):
        second.start()
    assert len(second.acts) == 1
    with qtbot.waitSignal(second.done):
        second.undo_all()
    second.stop()
    assert adj_of(sleeper.pid) == before
    assert ActJournal(tmp_path / "acts.json").read() == ()


def test_a_plan_sets_its_value_each_time_if_it_is_told_to(
    page: ProtectionPage, desk: ActDesk, snapshot: SnapshotOf, make_process: Make, sleeper: subprocess.Popen[bytes], qtbot: QtBot
) -> None:
    def look() -> None:
        page.show_snapshot(snapshot([real_process(sleeper.pid), make_process(2, "code")]))

    exe = os.readlink(f"/proc/{sleeper.pid}/exe")
    with qtbot.waitSignal(desk.done):
        desk.order(PinOrder("python", (real_process(sleeper.pid),), 900, Rule("exe", exe, 900)))
    look()
    qtbot.waitUntil(lambda: page.headline.text() == "1 plan: 1 held")
    assert page.detail.insist.isHidden()
    Path(f"/proc/{sleeper.pid}/oom_score_adj").write_text("950")
    look()
    qtbot.waitUntil(page.detail.insist.isVisible)
    assert "The plan can set it each time, at most once a minute." in page.detail.words.text()
    with qtbot.waitSignal(desk.done):
        QTest.keyClick(page.detail.insist, Key.Key_Space)
    assert adj_of(sleeper.pid) == 900
    assert [rule.insist for rule in UserRuleFile().read().rules] == [True]
    look()
    qtbot.waitUntil(page.detail.relent.isVisible)
    assert "The plan sets it each time" in page.detail.words.text()
    with qtbot.waitSignal(desk.done):
        QTest.keyClick(page.detail.relent, Key.Key_Space)
    assert [rule.insist for rule in UserRuleFile().read().rules] == [False]
    # Taking back the last two gives the plan back as it was, not none.
    for insists in (True, False):
        with qtbot.waitSignal(desk.done):
            desk.undo()
        assert [rule.insist for rule in UserRuleFile().read().rules] == [insists]


def test_a_kill_opens_the_dialog_with_its_plan_filled_in(
    page: ProtectionPage, desk: ActDesk, snapshot: SnapshotOf, make_process: Make, qtbot: QtBot
) -> None:
    page.show_snapshot(snapshot([make_process(2, "code")]))
    victims = (Party(4242, "mysqld.service", "/system.slice/mysqld.service"),)
    page.prevent(Kill(1.0, None, "systemd-oomd", victims, group=True))
    qtbot.waitUntil(lambda: desk.dialog is not None)
    dialog = desk.dialog
    assert isinstance(dialog, ProtectDialog)
    choice = dialog.choice
    assert (choice.kind, choice.target, choice.value, choice.oomd, choice.lasting) == (
        "unit",
        "mysqld.service",
        -500,
        "avoid",
        True,
    )
    dialog.reject()
    page.prevent(Kill(1.0, None, "kernel", (Party(4242, "tool", uid=0),)))
    qtbot.waitUntil(lambda: desk.dialog not in (None, dialog))
    assert isinstance(desk.dialog, ProtectDialog)
    assert (desk.dialog.choice.kind, desk.dialog.choice.target, desk.dialog.choice.subject.user) == ("name", "tool", "root")
    desk.dialog.target.setText("tool2")
    assert desk.dialog.choice.kind == "name"
    desk.dialog.reject()


def test_protecting_a_whole_application_begins_with_it(
    page: ProtectionPage, desk: ActDesk, snapshot: SnapshotOf, make_process: Make, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = [make_process(pid, "part", 50) for pid in (5001, 5002)]
    monkeypatch.setattr(
        Subjects, "describe", lambda _self, one: Subject(None, one.name, "app-code-1.scope", False, "code", "anna")
    )
    page.show_snapshot(snapshot(parts))
    for chosen, kind in ((parts, "app"), (parts[:1], "process")):
        desk.dialog = None
        desk.protect(chosen, page)
        qtbot.waitUntil(lambda: desk.dialog is not None)
        assert isinstance(desk.dialog, ProtectDialog)
        assert desk.dialog.choice.kind == kind
        desk.dialog.reject()
