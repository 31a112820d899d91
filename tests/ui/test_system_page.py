"""Page System: settings with advice and effect, the timed try by the helper's own acts, the four steps, all by keyboard."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QAbstractSlider, QComboBox, QLineEdit, QSpinBox, QTableView
from pytestqt.qtbot import QtBot

from guardian.adapters.act_journal import ActJournal
from guardian.adapters.performer import Performer
from guardian.adapters.setting_writer import SettingWriter
from guardian.helper.setting_store import SettingStore
from guardian.kernel.process import Process
from guardian.model.classic_clock import ClassicCheck
from guardian.model.history import Kill, Party
from guardian.model.verdict import Evidence, Verdict
from guardian.sampling.snapshot import Snapshot
from guardian.ui.act_desk import ActDesk
from guardian.ui.scheme import Scheme
from guardian.ui.step_words import kill_step
from guardian.ui.system_page import SystemPage
from tests.adapters.test_setting_writer import World

MORE = {"oom_kill_allocating_task": 0, "oom_dump_tasks": 1, "watermark_scale_factor": 10, "page-cluster": 3}


class ReadyDesk(ActDesk):
    """A desk that has a helper."""

    @property
    def has_helper(self) -> bool:
        return True


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    made = World(tmp_path / "root")
    for name, value in MORE.items():
        (made.folder / "proc/sys/vm" / name).write_text(f"{value}\n")
    (made.folder / "proc/sys/kernel/osrelease").write_text("6.12.9\n")
    (made.folder / "proc/sys/kernel/panic").write_text("0\n")
    (made.folder / "proc/swaps").write_text(f"Filename Type Size Used Priority\n/dev/zram0 partition {8 << 20} 0 100\n")
    return made


@pytest.fixture
def page(qtbot: QtBot, light: Scheme, world: World, tmp_path: Path) -> Iterator[SystemPage]:
    performer = Performer(world.helper)
    performer._settings = SettingWriter(world.helper, world.root)
    desk = ReadyDesk(light, world.root, performer, ActJournal(tmp_path / "acts.json", "boot"))
    made = SystemPage(light, desk, world.root)
    desk.setParent(made)
    qtbot.addWidget(made)
    made.resize(1020, 736)
    made.show()
    qtbot.waitUntil(lambda: made.found is not None, timeout=20_000)
    yield made
    made.killers.stop()
    made.growth.reading.stop()
    made.reading.stop()
    desk.stop()


def test_settings_are_listed_and_the_first_is_chosen(page: SystemPage) -> None:
    assert [page.model.texts(row)[0] for row in range(3)] == ["vm.overcommit_memory", "vm.overcommit_ratio", "vm.panic_on_oom"]
    row = page.view.current_row()
    assert row is not None
    assert row.knob.key == "vm.overcommit_memory"
    texts = {page.model.texts(at)[0]: page.model.texts(at) for at in range(page.model.rowCount())}
    assert texts["vm.swappiness"] == ("vm.swappiness", "60", "how readily programs go to swap", "100 suits zram")
    assert texts["vm.oom-kill"][1:] == ("—", "does not exist on this kernel", "Nothing to set")


def test_what_would_stop_new_programs_is_not_offered_and_says_from_where_on(page: SystemPage) -> None:
    card = page.card
    assert card.says.text() == "Mode 2 with 50 % would stop new programs at once."
    assert "From 57 % on it fits." in card.why.text()
    assert not card.attempt.isEnabled()
    assert card.terms.text() == "Goes back by itself unless you keep it. Not offered below 57 %."
    assert "too little" in card.chart.describe()
    card.ratio.slider.setValue(75)
    assert card.says.text() == "Mode 2 with 75 % would leave 3.0 GiB to promise."
    assert "too little" not in card.chart.describe()
    assert card.attempt.isEnabled()
    assert [(write.key, write.value) for write in card.wishes()] == [("vm.overcommit_ratio", 75), ("vm.overcommit_memory", 2)]


def try_swappiness(page: SystemPage, qtbot: QtBot) -> None:
    page.view.choose("vm.swappiness")
    assert page.card.editor.value == 100
    qtbot.keyClick(page.card.attempt, Qt.Key.Key_Return)
    qtbot.waitUntil(page.trial.isVisible, timeout=20_000)


def test_a_try_is_kept_and_taken_back(page: SystemPage, qtbot: QtBot, world: World) -> None:
    try_swappiness(page, qtbot)
    assert world.value("swappiness") == 100
    assert page.trial.words.text().startswith("vm.swappiness is 100. It goes back to 60 in ")
    assert world.kept is None
    qtbot.waitUntil(page.trial.keep.isEnabled, timeout=20_000)
    qtbot.keyClick(page.trial.keep, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: world.kept is not None and page.trial.isHidden(), timeout=20_000)
    assert page.bar.words.text() == "vm.swappiness is 100 (was 60). It is kept across restarts."
    qtbot.waitUntil(lambda: page.bar.undo.isVisible() and page.bar.undo.isEnabled(), timeout=20_000)
    qtbot.keyClick(page.bar.undo, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: world.kept is None, timeout=20_000)
    assert world.value("swappiness") == 60
    qtbot.waitUntil(lambda: "was 100" in page.bar.words.text(), timeout=20_000)


def test_a_try_goes_back_at_once(page: SystemPage, qtbot: QtBot, world: World) -> None:
    try_swappiness(page, qtbot)
    qtbot.waitUntil(page.trial.back.isEnabled, timeout=20_000)
    page.trial.back.click()
    qtbot.waitUntil(page.trial.isHidden, timeout=20_000)
    assert world.value("swappiness") == 60
    assert page.bar.words.text() == "vm.swappiness: back to what it was."


def test_a_try_goes_back_by_itself_and_the_page_follows(page: SystemPage, qtbot: QtBot, world: World) -> None:
    try_swappiness(page, qtbot)
    store = SettingStore(world.root)
    store.note_trials(tuple(trial._replace(until=time.clock_gettime(time.CLOCK_BOOTTIME)) for trial in store.trials()))
    store.end_due()
    page.reload()
    qtbot.waitUntil(page.trial.isHidden, timeout=20_000)
    assert page.card.row is not None
    assert page.card.row.shown == "60"


def test_nobody_keeps_what_another_tries(page: SystemPage, qtbot: QtBot) -> None:
    try_swappiness(page, qtbot)
    qtbot.waitUntil(page.trial.keep.isEnabled, timeout=20_000)
    page.trial.show_trials(tuple(trial._replace(uid=trial.uid + 1) for trial in page.trial.trials), busy=False)
    assert not page.trial.keep.isEnabled()


def test_a_refusal_of_the_helper_is_said(page: SystemPage, qtbot: QtBot, world: World) -> None:
    world.helper.refuse_after = 0
    page.view.choose("vm.swappiness")
    page.card.attempt.click()
    qtbot.waitUntil(lambda: bool(page.bar.words.text()), timeout=20_000)
    assert page.bar.words.text() == "Not changed: the password was not given."
    assert world.value("swappiness") == 60


def test_without_the_helper_it_says_how_to_get_it(page: SystemPage) -> None:
    page.view.choose("vm.swappiness")
    page.card.show_stand(helper=False, busy=False, pending=False)
    assert not page.card.attempt.isEnabled()
    assert page.card.terms.text() == "The helper is not installed, so settings cannot be tried here."
    assert page.card.how.isVisible()


def test_what_is_typed_stays_while_the_machine_is_read_again(page: SystemPage, qtbot: QtBot) -> None:
    page.view.choose("vm.swappiness")
    page.card.editor.number.setValue(77)
    found = page.found
    page.reload()
    qtbot.waitUntil(lambda: page.found is not found, timeout=20_000)
    assert page.card.editor.value == 77
    page.view.choose("vm.page-cluster")
    page.view.choose("vm.swappiness")
    assert page.card.editor.value == 100


def test_what_is_explained_alone_has_no_field(page: SystemPage) -> None:
    for key in ("vm.oom-kill", "oom_adj", "transparent_hugepage"):
        page.view.choose(key)
        assert not page.card.attempt.isVisible()
        assert page.card.about.isVisible()


def test_steps_open_their_panels_and_close_again(
    page: SystemPage, qtbot: QtBot, snapshot: Callable[..., Snapshot], make_process: Callable[..., Process]
) -> None:
    page.show_snapshot(snapshot([make_process(6120, "code", 8000)]))
    cells = page.strip.cells
    assert cells["choice"].accessibleName() == "3 Who would be chosen: Ready, code 6120, 7.83 GiB of points"
    for name, panel in page.panels.items():
        qtbot.keyClick(cells[name], Qt.Key.Key_Return)
        assert panel.isVisible()
        assert cells[name].isChecked()
    qtbot.keyClick(cells["kill"], Qt.Key.Key_Space)
    assert page.card.isVisible()
    with qtbot.waitSignal(page.page_wanted) as wanted:
        cells["choice"].click()
    assert wanted.args == ["victims"]
    cells["memory"].click()
    page.enough.closed.emit()
    assert page.card.isVisible()
    assert not cells["memory"].isChecked()


def test_the_calculator_answers_in_every_mode(page: SystemPage, qtbot: QtBot) -> None:
    page.open_step("memory")
    card = page.enough
    card.field.setText("25 GiB")
    assert card.verdict.text() == "25 GiB at once would be refused now."
    assert [row[1].text for row in card.model.rows] == ["refused", "granted", "refused"]
    assert "For information: only mode 2 holds to it." in card.promised.text()
    card.field.setText("lots")
    assert card.verdict.text() == "That is no size."


def test_the_checks_of_then_and_now(page: SystemPage, verdict: Callable[..., Verdict]) -> None:
    classic = (
        ClassicCheck("free swap", 0.0, holds=True),
        ClassicCheck("last failure", 1.2, holds=True),
        ClassicCheck("streak", 0.4, holds=False),
        ClassicCheck("failures", 3.0, holds=False),
        ClassicCheck("last kill", None, holds=True),
    )
    evidence = (Evidence("room", 1.0, None, met=False), Evidence("zone slack", -5.0, 0.0, met=True))
    page.open_step("out")
    page.show_verdict(verdict(classic=classic, evidence=evidence))
    assert page.checks.answer.text() == "By today's criterion memory is out. 3 of 5 classic checks hold."
    assert [row[2].text for row in page.checks.classic.rows] == ["holds", "holds", "does not hold", "does not hold", "holds"]
    assert len(page.checks.today.rows) == 1
    assert page.strip.cells["out"].step.answer == "Yes"


def test_the_last_kill_and_who_is_next(page: SystemPage, verdict: Callable[..., Verdict]) -> None:
    now = time.time()
    kill = Kill(None, now - 4 * 86400, "systemd-oomd", (Party(1, "ld.lld"),), freed=5 << 30, enough=False)
    assert kill_step(kill, now).answer == "4 days ago"
    page.open_step("kill")
    page.aftermath.show_kill(kill)
    page.show_verdict(verdict())
    assert "systemd-oomd ended ld.lld" in page.aftermath.told.text()
    assert "It was not enough" in page.aftermath.enough.text()
    assert [row[0].text for row in page.aftermath.next.rows] == ["Kernel", "systemd-oomd"]
    page.aftermath.show_kill(None)
    assert page.aftermath.told.text() == "The agent has seen no kill yet."


def test_everything_has_a_name(page: SystemPage) -> None:
    nameless = []
    for kind in (QAbstractButton, QAbstractSlider, QComboBox, QSpinBox, QTableView, QLineEdit):
        for widget in page.findChildren(kind):
            own = widget.objectName().startswith("qt_") or widget.parent() is None
            name = widget.accessibleName() or (widget.text() if isinstance(widget, QAbstractButton) else "")
            if not own and not name and widget.focusPolicy() & Qt.FocusPolicy.TabFocus:
                nameless.append(type(widget).__name__)
    assert nameless == []


def test_enter_goes_from_the_list_to_the_field(page: SystemPage, qtbot: QtBot) -> None:
    page.activateWindow()
    page.view.setFocus()
    qtbot.keyClick(page.view, Qt.Key.Key_Down)
    row = page.view.current_row()
    assert row is not None
    assert row.knob.key == "vm.overcommit_ratio"
    qtbot.keyClick(page.view, Qt.Key.Key_Return)
    assert page.focusWidget() is page.card.ratio.slider
    before = page.card.ratio.value
    qtbot.keyClick(page.card.ratio.slider, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    assert page.card.ratio.value == before + 10


def test_a_narrow_page_stacks(page: SystemPage, qtbot: QtBot) -> None:
    page.resize(740, 600)
    qtbot.waitUntil(lambda: page._splitter.orientation() == Qt.Orientation.Vertical)
    first, third = page.strip.cells["memory"], page.strip.cells["choice"]
    qtbot.waitUntil(lambda: third.y() > first.y())
    assert page.splitters() == {}


def test_the_picture_has_its_table(page: SystemPage) -> None:
    page.card._turner.click()
    assert page.card.picture.shows_table
    assert page.card._turner.text() == "Chart"
    names = [row[0] for row in page.card.chart.rows()]
    assert names == ["Mode 0, now", "Mode 1", "Mode 2, 50 %", "promised now"]
    assert [page.card.chart.cursor_text(at) for at in range(page.card.chart.cursor_count())][
        1
    ] == "Mode 1: every request is granted."


def test_both_schemes_paint(qtbot: QtBot, scheme: Scheme, world: World) -> None:
    made = SystemPage(scheme, ReadyDesk(scheme, world.root), world.root)
    qtbot.addWidget(made)
    made.resize(1020, 736)
    made.show()
    qtbot.waitUntil(lambda: made.found is not None, timeout=20_000)
    assert not made.grab().isNull()
    made.killers.stop()
    made.growth.reading.stop()
    made.reading.stop()
    made.desk.stop()
