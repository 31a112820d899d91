"""Page Protection and the acts: real processes, real rules in a folder of the test's own, no helper."""

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester, QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from guardian.kernel.process import Process
from guardian.policy.acts import PinOrder, UnitWish
from guardian.policy.pins import Keeper, Member, Pin, Plan, Standing
from guardian.policy.protection import Heirs, Kept, PlanRow, Protection, shares_of
from guardian.protocol.plans import UnitPlan
from guardian.protocol.rules import Rule
from guardian.sampling.snapshot import Snapshot
from guardian.ui.act_desk import ActDesk
from guardian.ui.end_dialog import EndDialog
from guardian.ui.plan_model import HELD, LASTS, PlanModel
from guardian.ui.plan_words import budget_words, detail_words, facts_of, headline, notes_of
from guardian.ui.protect_dialog import ProtectDialog
from guardian.ui.protection_page import ProtectionPage
from guardian.ui.text_table import TextCell, TextColumn, TextModel
from tests.ui.conftest import adj_of, real_process

Make = Callable[..., Process]
SnapshotOf = Callable[..., Snapshot]
Key, Modifier = Qt.Key, Qt.KeyboardModifier
CTRL, CTRL_SHIFT = Modifier.ControlModifier, Modifier.ControlModifier | Modifier.ShiftModifier
GIB = 1 << 30


def row(
    make: Make, name: str, wanted: int, values: tuple[int, ...], kind: str = "exe", keeper: Keeper = Keeper.HELPER
) -> PlanRow:
    members = tuple(
        Member(one, wanted, value, Standing.HELD if value == wanted else Standing.OVERWRITTEN)
        for at, value in enumerate(values)
        for one in (make(len(name) * 100 + at, name, 100, value),)
    )
    target = f"/usr/bin/{name}" if kind == "exe" else name
    rule = Rule(kind, target, wanted, id=name)  # type: ignore[arg-type]
    return PlanRow(f"x:{name}", Plan(Pin(rule, keeper), members))


def protection_of(*rows: PlanRow, **more: object) -> Protection:
    table = [member.process for each in rows for member in each.plan.members]
    return Protection(rows, shares_of(rows, table), (), 0, True, False, None)._replace(**more)  # type: ignore[arg-type]


# The table


def test_the_model_keeps_qts_rules_through_all_changes(make_process: Make, qapp: QApplication) -> None:
    model = PlanModel()
    QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    a, b, c = (row(make_process, name, -500, (-500,)) for name in ("a", "bb", "ccc"))
    for rows in ((a, b), (b, a), (c,), (), (a, b, c), (c, b, a), (row(make_process, "a", -500, (300,)), b)):
        model.show_rows(rows)
        assert model.rows == rows


def test_the_texts_model_keeps_qts_rules(qapp: QApplication) -> None:
    model = TextModel((TextColumn("a", 0), TextColumn("b", 10)))
    QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    for count in (3, 1, 0, 2, 2):
        model.show_rows([(TextCell(str(count)), TextCell("x"))] * count)
        assert model.rowCount() == count


def test_headline_counts_and_cells(make_process: Make) -> None:
    rows = (
        row(make_process, "a", -500, (-500, -500)),
        row(make_process, "bb", 0, (0, 300)),
        row(make_process, "ccc", 700, (), keeper=Keeper.AGENT),
    )
    assert headline(protection_of(*rows)) == "3 plans: 1 held, 1 partly, 1 waiting"
    assert headline(protection_of()) == "No plans yet"
    model = PlanModel()
    model.show_rows(rows)
    assert [model.index(at, HELD).data() for at in range(3)] == ["2 of 2", "1 of 2", "not running"]
    assert [model.index(at, LASTS).data() for at in (0, 2)] == ["Rule, all boots", "Rule, my logins"]


def test_each_fact_names_where_it_was_read(make_process: Make) -> None:
    plain = row(make_process, "bb", 0, (0, 0, 300))
    facts = facts_of(plain)
    assert [(fact.what, fact.wanted, fact.now, fact.right) for fact in facts] == [
        ("Adjustment, 2 processes", "0", "0", True),
        ("Adjustment, 1 process", "0", "+300", False),
    ]
    assert [fact.source for fact in facts] == ["/proc/PID/oom_score_adj", "/proc/202/oom_score_adj"]
    assert detail_words(plain) == (
        "2 of 3 processes have the wished value. 1 set another value again. The plan can set it each time, at most once a minute."
    )
    wish = UnitWish("a.service", user=False, plan=UnitPlan(-500, "continue", "avoid", GIB))
    kept = Kept(wish, "/etc/systemd/system/a.service.d/x.conf", UnitPlan(-500, "stop", "avoid", GIB))
    unit = row(make_process, "a.service", -500, (-500,), "unit")._replace(kept=kept)
    assert [(fact.what, fact.now, fact.right, fact.source) for fact in facts_of(unit)[1:]] == [
        ("At its next start", "−500", True, "systemctl show a.service"),
        ("systemd-oomd", "avoid", True, "systemctl show a.service"),
        ("On kill", "stop", False, "systemctl show a.service"),
        ("Reserved", "1.0 GiB", True, "systemctl show a.service"),
        ("Kept in", "", True, kept.path),
    ]


def test_the_budget_says_when_too_much_is_protected(make_process: Make) -> None:
    table = [make_process(5, "a", 610, -500), make_process(6, "b", 390)]
    much = shares_of((), table)
    assert budget_words(much).startswith("Hardly. 61 % of memory is protected; the kernel would soon have to end")
    immortal = shares_of((), [make_process(5, "a", 610, -1000), make_process(6, "b", 390)])
    assert budget_words(immortal) == "Hardly. 61 % of memory is protected; the kernel would have no victim and panic."
    assert budget_words(shares_of((), [make_process(6, "b", 1024)])).startswith("Yes. 1.0 GiB of 1.0 GiB")


def test_notes_tell_of_heirs_oomd_reserves_and_guardian_itself(make_process: Make) -> None:
    rows = (row(make_process, "a", -500, (-500,)),)
    found = notes_of(
        protection_of(
            *rows,
            heirs=(Heirs("x", "a", -500, 3, ("sh", "cc")),),
            oomd=True,
            reserved=GIB,
            own=make_process(9, "guardian", 50, 200),
        ),
        16 * GIB,
    )
    assert [note.heading for note in found] == [
        "Children inherit",
        "systemd-oomd ignores the adjustment",
        "1.0 GiB are reserved",
        "OOM Guardian itself has +200",
    ]
    assert found[0].words == "What a starts inherits −500. 3 have it now: sh, cc."


# The page


def test_without_plans_and_helper(
    page: ProtectionPage, desk: ActDesk, snapshot: SnapshotOf, make_process: Make, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(desk.protection_changed):
        page.show_snapshot(snapshot([make_process(2, "code")]))
    assert page.headline.text() == "No plans yet"
    assert page.complaint.text() == "The helper is not installed. Without it you can only sacrifice your own programs."
    assert page.how.isVisible()
    assert page._stack.currentIndex() == 1
    assert not page.remove.isEnabled()
    assert not page.bar.isVisible()


def test_a_plan_that_is_held_then_overwritten_then_gone(
    page: ProtectionPage,
    desk: ActDesk,
    snapshot: SnapshotOf,
    make_process: Make,
    sleeper: subprocess.Popen[bytes],
    qtbot: QtBot,
) -> None:
    exe = os.readlink(f"/proc/{sleeper.pid}/exe")
    target = real_process(sleeper.pid)
    page.show_snapshot(snapshot([target]))
    with qtbot.waitSignal(desk.done):
        desk.order(PinOrder("python", (target,), 900, Rule("exe", exe, 900)))
    assert adj_of(sleeper.pid) == 900
    for value, words in ((900, "1 plan: 1 held"), (400, "1 plan: 1 not held")):
        Path(f"/proc/{sleeper.pid}/oom_score_adj").write_text(str(value))
        now = real_process(sleeper.pid)
        page.show_snapshot(snapshot([now], 1_790_000_000.0 + value))
        qtbot.waitUntil(lambda words=words: page.headline.text() == words)  # type: ignore[misc]
    assert "1 set another value again." in page.detail.words.text()
    assert page.detail.again.isVisible()
    assert page.detail.accept.text() == "Accept +400"
    with qtbot.waitSignal(desk.done):
        QTest.keyClick(page.detail.again, Key.Key_Return)
    assert adj_of(sleeper.pid) == 900
    page.show_snapshot(snapshot([make_process(2, "code")]))
    qtbot.waitUntil(lambda: page.headline.text() == "1 plan: 1 waiting")
    with qtbot.waitSignal(desk.done):
        page.remove_plan()
    qtbot.waitUntil(lambda: page.headline.text() == "No plans yet")


def test_narrow_the_budget_is_under_the_plan(page: ProtectionPage, make_process: Make) -> None:
    page._show_protection(protection_of(row(make_process, "a", -500, (-500,))))
    page.resize(752, 536)
    QApplication.processEvents()
    assert (
        page.budget.mapToGlobal(page.budget.rect().topLeft()).y() > page.detail.mapToGlobal(page.detail.rect().bottomLeft()).y()
    )
    assert [page.view.isColumnHidden(at) for at in range(9)] == [False] * 5 + [True, True, False, False]
    page.resize(1020, 736)
    QApplication.processEvents()
    assert not any(page.view.isColumnHidden(at) for at in range(9))


def test_export(page: ProtectionPage, make_process: Make, tmp_path: Path) -> None:
    page._show_protection(protection_of(row(make_process, "a", -500, (-500, 3))))
    assert page.export_to(tmp_path / "plans.json")
    (plan,) = json.loads((tmp_path / "plans.json").read_text())["plans"]
    assert (plan["exe"], plan["adj"], plan["held"], plan["processes"]) == ("/usr/bin/a", -500, 1, 2)
    said: list[str] = []
    page.status_said.connect(said.append)
    assert not page.export_to(tmp_path)
    assert said[0].startswith("Not saved: ")


# Dialogs


def test_protect_by_key_asks_with_the_plan_in_words(
    page: ProtectionPage, desk: ActDesk, snapshot: SnapshotOf, make_process: Make, sleeper: subprocess.Popen[bytes], qtbot: QtBot
) -> None:
    target = real_process(sleeper.pid)
    page.show_snapshot(snapshot([target, make_process(70, "firefox", 900)]))
    desk.protect([target], page)
    qtbot.waitUntil(lambda: isinstance(desk.dialog, ProtectDialog))
    dialog = desk.dialog
    assert isinstance(dialog, ProtectDialog)
    assert [dialog.kind.itemData(at) for at in range(2)] == ["process", "exe"]
    assert not dialog.act.isEnabled()
    assert "helper is not installed" in dialog.refusal.text()
    dialog.value.setValue(900)
    assert dialog.act.text() == "Sacrifice"
    assert dialog.plan.text() == f"{target.name} ({target.pid}) gets +900. It lasts until they end."
    qtbot.waitUntil(lambda: dialog.victim.text().startswith(f"Ended first with this plan: {target.name}"))
    with qtbot.waitSignal(desk.done):
        QTest.keyClick(dialog, Key.Key_Return)
    assert adj_of(sleeper.pid) == 900


@pytest.mark.parametrize("forced", [False, True])
def test_end_names_program_heirs_and_unsaved_work(
    desk: ActDesk,
    page: ProtectionPage,
    snapshot: SnapshotOf,
    make_process: Make,
    sleeper: subprocess.Popen[bytes],
    qtbot: QtBot,
    forced: bool,
) -> None:
    target = real_process(sleeper.pid)
    page.show_snapshot(snapshot([target, make_process(70, "helper-of-it", ppid=target.pid)]))
    desk.end([target], page, forced=forced)
    dialog = desk.dialog
    assert isinstance(dialog, EndDialog)
    words = [each.text() for each in dialog.words]
    assert f"{target.name} ({target.pid})" in words[0]
    assert words[1:] == ["1 process that it started may end with it: helper-of-it.", "Unsaved work is lost."]
    assert dialog.focusWidget() is dialog.cancel
    QTest.keyClick(dialog.cancel, Key.Key_Return)
    assert sleeper.poll() is None
    desk.end([target], page, forced=forced)
    assert isinstance(desk.dialog, EndDialog)
    with qtbot.waitSignal(desk.done):
        desk.dialog.act.click()
    assert sleeper.wait(5) == (-9 if forced else -15)


def test_a_gone_process_is_told(desk: ActDesk, page: ProtectionPage, make_process: Make, qtbot: QtBot) -> None:
    with qtbot.waitSignal(desk.done):
        desk.sacrifice([make_process(1 << 22, "ld.lld")])
    assert page.bar.words.text() == "ld.lld had already ended. Nothing was changed."


def test_frozen_and_continued_by_the_same_act(
    desk: ActDesk, page: ProtectionPage, snapshot: SnapshotOf, make_process: Make, sleeper: subprocess.Popen[bytes], qtbot: QtBot
) -> None:
    target = real_process(sleeper.pid)
    page.show_snapshot(snapshot([target]))
    with qtbot.waitSignal(desk.done):
        desk.freeze_or_continue([target])
    assert page.bar.words.text().endswith("1 process is frozen and keeps its memory.")
    with qtbot.waitSignal(desk.done):
        # Before the next table shows it.
        desk.freeze_or_continue([target])
    assert page.bar.words.text().endswith("1 process goes on.")
