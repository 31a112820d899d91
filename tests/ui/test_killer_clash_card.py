"""Who else ends programs here: rows, findings, and an act only where there is a safe one."""

from collections.abc import Callable

import pytest
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from guardian.kernel.meminfo import MemInfo
from guardian.model.killer_scene import KillerHere, KillerScene, UnitTogether
from guardian.model.killers import OomdRules, PercentRules
from guardian.policy.acts import PinOrder
from guardian.protocol.plans import UnitPlan
from guardian.sampling.snapshot import Snapshot
from guardian.ui.killer_clash_card import KillerClashCard
from guardian.ui.scheme import Scheme
from guardian.ui.words import Words

GIB = 1 << 30
USER = "/user.slice/user-1000.slice/user@1000.service"
TERMINAL = UnitTogether(
    "vte-1.scope", f"{USER}/vte-1.scope", True, 2104, 9 * GIB, "node", by_pressure=True, policy="stop"
)  # fmt: skip


def scene(*units: UnitTogether, clash: bool = False) -> KillerScene:
    oomd = KillerHere("systemd-oomd", installed=True, rules=OomdRules(("/",), ((USER, 0.5),), 0.9, 20.0))
    early = KillerHere("earlyoom", installed=clash, rules=PercentRules("earlyoom") if clash else None)
    memory = MemInfo(16 * GIB, GIB, GIB, swap_total=4 * GIB, swap_free=GIB)
    return KillerScene(memory, (oomd, early, KillerHere("nohang", installed=False)), units=units)


@pytest.fixture
def card(qtbot: QtBot, scheme: Scheme) -> KillerClashCard:
    made = KillerClashCard(scheme)
    qtbot.addWidget(made)
    made.resize(404, 500)
    return made


def headlines(card: KillerClashCard) -> list[str]:
    return [view.headline.text() for view in card.views]


def test_rows_and_findings(card: KillerClashCard) -> None:
    card.show_scene(scene())
    assert [(row.who, row.state) for row in card.table.rows] == [
        ("systemd-oomd", "running"),
        ("Kernel", "always"),
        ("earlyoom", "not installed"),
        ("nohang", "not installed"),
    ]
    names = [words.accessibleName() for words in card.table.findChildren(Words)]
    assert "systemd-oomd, running: memory and swap > 90 %; pressure > 50 % for 20 s" in names
    assert headlines(card) == ["systemd-oomd is usually first.", "No clash."]
    assert not card.grab().isNull()


def test_a_command_is_copied_and_never_run(card: KillerClashCard) -> None:
    card.show_scene(scene(clash=True))
    first = card.views[0]
    assert first.headline.text() == "systemd-oomd and earlyoom both run."
    assert first.fix is None
    assert first.copy is not None
    first.copy.click()
    assert QGuiApplication.clipboard().text() == "sudo systemctl disable --now earlyoom.service"


def test_a_safe_fix_is_one_click(card: KillerClashCard, qtbot: QtBot) -> None:
    card.show_scene(scene(TERMINAL))
    (view,) = [view for view in card.views if view.fix is not None]
    assert view.fix is not None
    assert view.fix.accessibleDescription() == "vte-1.scope: OOMPolicy=continue, ManagedOOMPreference=avoid"
    card.set_busy(busy=True)
    assert not view.fix.isEnabled()
    card.set_busy(busy=False)
    with qtbot.waitSignal(card.ordered) as ordered:
        view.fix.click()
    assert ordered.args is not None
    order = ordered.args[0]
    assert isinstance(order, PinOrder)
    assert order.unit is not None
    assert (order.processes, order.value, order.unit.unit) == ((), None, "vte-1.scope")
    assert order.unit.plan == UnitPlan(None, "continue", "avoid", None)


def test_the_same_findings_stay_as_they_are(card: KillerClashCard) -> None:
    card.show_scene(scene(TERMINAL))
    before = list(card.views)
    card.show_scene(scene(TERMINAL))
    assert card.views == before
    card.show_scene(scene())
    assert card.views != before


def test_it_looks_by_itself_at_samples_while_it_is_shown(
    card: KillerClashCard, qtbot: QtBot, snapshot: Callable[..., Snapshot], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    card.show_snapshot(snapshot([]))
    assert card.scene is None
    card.show()
    card.show_snapshot(snapshot([]))
    qtbot.waitUntil(lambda: card.scene is not None, timeout=30_000)
    card.stop()
