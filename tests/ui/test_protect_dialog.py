"""The dialog that protects, its words and warnings, and the one that takes back; without acting."""

import os
from collections.abc import Callable

from pytestqt.qtbot import QtBot

from guardian.kernel.process import Process, ProcessKey
from guardian.policy.acts import Act, Change, UndoOrder, UnitWish
from guardian.protocol.plans import UnitPlan
from guardian.protocol.rules import Subject
from guardian.sampling.snapshot import Snapshot
from guardian.ui.plan_choice import Choice, next_victim_words, order_of, plan_words, refusal_of, warnings_of
from guardian.ui.protect_dialog import ProtectDialog
from guardian.ui.scheme import Scheme
from guardian.ui.undo_dialog import UndoDialog

Make = Callable[..., Process]
SnapshotOf = Callable[..., Snapshot]
GIB = 1 << 30


def test_minus_1000_is_only_had_by_saying_so(light: Scheme, make_process: Make, snapshot: SnapshotOf, qtbot: QtBot) -> None:
    one = make_process(70, "code")
    subject = Subject("/usr/bin/code", "code", "code.service", system=True, app=None, user="anna")
    dialog = ProtectDialog(light, [one], [one], [subject], snapshot([one]))
    qtbot.addWidget(dialog)
    dialog.show()
    dialog.value.setValue(-1000)
    assert not dialog.act.isEnabled()
    assert dialog.refusal.text().startswith("Not set: −1000 makes it impossible to end this program")
    dialog.confirmed.setChecked(True)
    assert dialog.act.isEnabled()
    qtbot.waitUntil(lambda: "Nothing can end this program" in dialog.warnings.text())
    dialog.close()


def test_a_named_plan_finds_its_kind(light: Scheme, make_process: Make, snapshot: SnapshotOf, qtbot: QtBot) -> None:
    one = make_process(70, "code")
    subject = Subject("/usr/bin/code", "code", "code.service", system=True, app="code", user="anna")
    dialog = ProtectDialog(light, (), [one], [subject], snapshot([one]))
    qtbot.addWidget(dialog)
    dialog.show()
    for text, kind, count in (
        ("/usr/bin/code", "exe", 1),
        ("code.service", "unit", 1),
        ("code", "app", 1),
        ("/usr/bin/no", "exe", 0),
    ):
        dialog.target.setText(text)
        assert (dialog.choice.kind, len(dialog.choice.processes)) == (kind, count)
    dialog.target.setText("")
    assert not dialog.act.isEnabled()
    dialog.target.setText("code.service")
    assert dialog.oomd.isVisible()
    dialog.oomd.setCurrentIndex(dialog.oomd.findData("avoid"))
    order = order_of(dialog.choice)
    assert order.unit == UnitWish("code.service", user=False, plan=UnitPlan(-500, None, "avoid"))
    dialog.close()


def choice(make: Make, value: int, kind: str = "process", *, system: bool = True, **more: object) -> Choice:
    subject = Subject("/usr/bin/code", "code", "code.service", system, "code", "anna")
    return Choice(kind, subject, (make(70, "code"),), value, lasting=False)._replace(**more)  # type: ignore[arg-type]


def test_a_users_manager_cannot_go_below_zero(make_process: Make) -> None:
    assert refusal_of(choice(make_process, -5, "unit", system=False, lasting=True)).startswith("Impossible here")
    assert refusal_of(choice(make_process, -5, "unit", lasting=True)) == ""
    assert refusal_of(choice(make_process, 5, "unit", system=False, lasting=True), has_helper=False) == ""


def test_plan_words_say_how_long(make_process: Make) -> None:
    assert plan_words(choice(make_process, 5, "exe", lasting=True)).endswith("those that start later get it from the agent.")
    assert "A rule of the helper keeps it" in plan_words(choice(make_process, -5, "exe", lasting=True))
    said = plan_words(choice(make_process, -5, "unit", lasting=True, oomd="avoid", reserve=GIB))
    assert said.endswith(
        "A drop-in of systemd keeps it, over restarts of the machine. With it: systemd-oomd: avoid, 1.0 GiB reserved."
    )


def test_warnings_of_a_plan(make_process: Make, snapshot: SnapshotOf) -> None:
    table = [make_process(70, "code", 900), make_process(71, "rust-analyzer", ppid=70), make_process(72, "systemd-oomd", uid=0)]
    said = warnings_of(choice(make_process, -500), snapshot(table))
    assert said[0] == "Children inherit it: what it starts from now on has −500 too. So far it has started rust-analyzer."
    assert "of memory is protected" in said[1]
    assert said[2].startswith("systemd-oomd runs and does not look at the adjustment")
    if os.geteuid() != 0:
        foreign = choice(make_process, 500, processes=(make_process(70, "code", uid=os.getuid() + 1),))
        assert "becomes a floor" in warnings_of(foreign, None)[0]


def test_the_next_victim_with_this_plan(make_process: Make, snapshot: SnapshotOf) -> None:
    moment = snapshot([make_process(70, "code", 900), make_process(71, "firefox", 500)])
    assert next_victim_words(choice(make_process, -500), moment) == (
        "Ended first with this plan: firefox (71). Now it is code (70)."
    )
    assert next_victim_words(choice(make_process, 500), moment) == "Ended first with this plan: code (70), as now."
    alone = snapshot([make_process(70, "code", 900)])
    assert next_victim_words(choice(make_process, -1000), alone).endswith("the kernel finds nobody to end, and panics.")


def test_the_undo_dialog_names_the_newest_acts(light: Scheme, qtbot: QtBot) -> None:
    acts = tuple(Act(f"program {at}", float(at), (Change(ProcessKey(at, 1), "p", 0, 1),)) for at in range(10))
    dialog = UndoDialog(light, UndoOrder(acts))
    qtbot.addWidget(dialog)
    text = dialog.body.itemAt(0).widget().text()  # type: ignore[attr-defined]
    assert "program 9" in text.splitlines()[0]
    assert text.splitlines()[-1] == "and 2 before"
