"""Limit…: whom it holds back in words, what is typed, and the order that comes of it."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from guardian.adapters.act_journal import ActJournal
from guardian.kernel.cgroup import MemoryCgroup
from guardian.kernel.process import Process
from guardian.policy.acts import LimitOrder, SwapOutOrder
from guardian.sampling.snapshot import Snapshot
from guardian.ui.act_desk import ActDesk
from guardian.ui.limit_dialog import LimitDialog
from guardian.ui.scheme import Scheme

Make, SnapshotOf = Callable[..., Process], Callable[..., Snapshot]
GIB, MIB = 1 << 30, 1 << 20
GROUP = "/user.slice/user-1000.slice/user@1000.service/app.slice/app-code-1.scope"


@pytest.fixture
def desk(light: Scheme, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> ActDesk:
    """A desk whose orders are noted and not carried out, of an ordinary user."""
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    made = ActDesk(light, performer=None, journal=ActJournal(tmp_path / "acts.json"))
    made.orders = []
    monkeypatch.setattr(made, "order", made.orders.append)
    return made


def machine(
    snapshot: SnapshotOf, processes: list[Process], *, version: int = 2, swap: int = 0, high: int | None = None
) -> Snapshot:
    made = snapshot(processes)
    groups = (MemoryCgroup("/", version), MemoryCgroup(GROUP, version, current=int(2.03 * GIB), high=high))
    memory = made.sample.memory._replace(swap_total=swap, swap_free=swap)
    return made._replace(sample=made.sample._replace(cgroups=groups, memory=memory))


def opened(desk: ActDesk, found: Snapshot, targets: list[Process], qtbot: QtBot) -> LimitDialog:
    desk.snapshot = found
    desk.limit(targets, None)
    dialog = desk.dialog
    assert isinstance(dialog, LimitDialog)
    qtbot.addWidget(dialog)
    return dialog


def said(dialog: LimitDialog) -> str:
    return "\n".join(
        dialog.body.itemAt(at).widget().text() for at in range(dialog.body.count()) if dialog.body.itemAt(at).widget()
    )


def test_it_says_whom_it_holds_back_and_orders_what_is_typed(
    desk: ActDesk, make_process: Make, snapshot: SnapshotOf, qtbot: QtBot
) -> None:
    code, helper = make_process(10, "code", uid=1000, cgroup=GROUP), make_process(11, "rg", uid=1000, cgroup=GROUP + "/sub")
    dialog = opened(desk, machine(snapshot, [code, helper]), [code], qtbot)
    assert "code and 1 other process of its group hold 2.0 GiB together. The others: rg." in said(dialog)
    assert "without swap they all but stand still. Nobody is ended for it." in said(dialog)
    assert dialog.field.text() == "2.1 GiB"
    dialog.field.setText("1.5 GiB")
    QTest.keyClick(dialog, Qt.Key.Key_Return)
    (order,) = desk.orders
    assert isinstance(order, LimitOrder)
    assert (order.high, order.place.path, order.place.user) == (int(1.5 * GIB), GROUP, True)


@pytest.mark.parametrize(
    "typed,words",
    [("2 GB of it", "is no size"), ("1 MiB", "At least 16 MiB must be left to it."), ("", "There is no limit to take away")],
)
def test_what_does_not_fit_is_said_and_not_ordered(
    desk: ActDesk, make_process: Make, snapshot: SnapshotOf, qtbot: QtBot, typed: str, words: str
) -> None:
    code = make_process(10, "code", uid=1000, cgroup=GROUP)
    dialog = opened(desk, machine(snapshot, [code]), [code], qtbot)
    dialog.field.setText(typed)
    assert words in dialog.refusal.text()
    assert not dialog.act.isEnabled()
    QTest.keyClick(dialog, Qt.Key.Key_Return)
    assert desk.orders == []


def test_an_empty_field_takes_a_limit_away(desk: ActDesk, make_process: Make, snapshot: SnapshotOf, qtbot: QtBot) -> None:
    code = make_process(10, "code", uid=1000, cgroup=GROUP)
    dialog = opened(desk, machine(snapshot, [code], high=GIB, swap=GIB), [code], qtbot)
    assert "Its limit is 1.0 GiB now." in said(dialog)
    assert "moves what they do not use to swap" in said(dialog)
    dialog.field.clear()
    assert dialog.act.text() == "Take the limit away"
    dialog.act.click()
    assert desk.orders[0].high is None


def test_the_group_is_named_where_unused_memory_is_moved(desk: ActDesk, make_process: Make, snapshot: SnapshotOf) -> None:
    code = make_process(10, "code", uid=1000, cgroup=GROUP)
    desk.snapshot = machine(snapshot, [code], swap=GIB)
    assert {"limit", "swap_out"}.isdisjoint(desk.refusals([code]))
    desk.swap_out([code])
    assert desk.orders == [SwapOutOrder("code", (code,), GROUP)]


def test_what_cannot_be_is_said_beside_the_acts(desk: ActDesk, make_process: Make, snapshot: SnapshotOf) -> None:
    code = make_process(10, "code", uid=1000, cgroup=GROUP)
    desk.snapshot = machine(snapshot, [code], version=1)
    refusals = desk.refusals([code])
    assert "version 1" in refusals["limit"]
    assert "No free swap" in refusals["swap_out"]
    desk.limit([code], None)
    desk.swap_out([code])
    assert desk.orders == []
    assert desk.dialog is None
