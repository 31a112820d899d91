"""Page Victims by keys, clicks and what is on it; its files and its thread are real."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QAccessible, QEnterEvent, QFont, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu, QWidget
from pytestqt.qtbot import QtBot

from guardian.adapters.killers import KillersHere
from guardian.kernel.cgroup import MemoryCgroup
from guardian.kernel.process import Process, ProcessKey
from guardian.sampling.snapshot import Snapshot
from guardian.ui.process_tree import Arrangement
from guardian.ui.scheme import Scheme
from guardian.ui.type_scale import pass_font_on
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


def point_at(page: VictimsPage, inside: bool) -> None:
    viewport = page.table.view.viewport()
    at = QPointF(30, 30)
    event = QEnterEvent(at, at, at) if inside else QEvent(QEvent.Type.Leave)
    QApplication.sendEvent(viewport, event)


def test_the_first_victim_is_selected_and_explained(page: VictimsPage) -> None:
    assert names(page)[0] == "code"
    assert page.below.why.heading.text() == "code"
    assert page.below.why.note.text() == "why it would be first"
    assert page.below.acts.heading.text() == "Where +300 comes from"
    assert page.bar.counts.text() == "6 processes, 5 can be ended"


def test_arrows_move_the_selection_and_the_cards_follow(page: VictimsPage) -> None:
    press(page.table.view, Key.Key_Down)
    assert page.below.why.heading.text() == names(page)[1] == "firefox"
    assert page.below.what_if.value == 0
    press(page.table.view, Key.Key_Down)
    assert page.below.why.note.text() == "why it stands at place 3"


def test_space_holds_values_and_lets_them_go_on(
    page: VictimsPage, crowd_of_six: list[Process], snapshot: SnapshotOf, make_process: Make
) -> None:
    said: list[str] = []
    page.status_said.connect(said.append)
    press(page.table.view, Key.Key_Space)
    page.show_snapshot(snapshot([*crowd_of_six, make_process(50, "late", 9999)]))
    assert "late" not in names(page)
    assert said[-1] == "Paused"
    assert page.bar.pause.isChecked()
    press(page.table.view, Key.Key_Space)
    assert "late" in names(page)
    assert said[-1] == ""


def test_rows_stand_still_under_the_pointer(
    page: VictimsPage, crowd_of_six: list[Process], snapshot: SnapshotOf, make_process: Make
) -> None:
    said: list[str] = []
    page.status_said.connect(said.append)
    before = names(page)
    point_at(page, inside=True)
    assert said == ["Order held"]
    page.show_snapshot(snapshot([make_process(2, "code", 1, start=20), *crowd_of_six[2:], crowd_of_six[0]]))
    assert names(page) == before
    point_at(page, inside=False)
    assert said[-1] == ""
    assert names(page)[0] == "firefox"


def test_an_open_menu_holds_the_order(page: VictimsPage, qtbot: QtBot) -> None:
    QTest.keyClick(page.table.view, Key.Key_F10, Modifier.ShiftModifier)
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    assert page.table.view.is_held
    acts = {action.text(): action.isEnabled() for action in menu.actions() if action.text()}
    assert acts["Details"]
    assert acts["Sacrifice"]
    assert acts["Protect…"]
    assert acts["Freeze or continue"]
    assert acts["Force end…"]
    assert not acts["Limit…"]
    assert "No limit: this kernel has no memory groups here." in acts
    assert not acts["Move unused to swap"]
    assert "No free swap to move to; file cache is room as it is." in acts
    menu.close()
    qtbot.waitUntil(lambda: not page.table.view.is_held)


def test_search_by_key_and_escape(page: VictimsPage) -> None:
    press(page.table.view, Key.Key_F, Modifier.ControlModifier)
    assert page.bar.search.hasFocus()
    QTest.keyClicks(page.bar.search, "clnag")
    assert names(page) == []
    assert page.table._empty_words.text() == "No process matches 'clnag'."
    press(page.bar.search, Key.Key_Escape)
    assert len(names(page)) == 6
    assert page.table.view.hasFocus()
    assert page.below.why.heading.text() == "code", "what was selected before the search is selected again"


def test_filters_and_arrangements(page: VictimsPage) -> None:
    page.bar.kinds.setCurrentIndex(1)
    assert "systemd" not in names(page)
    assert page.bar.counts.text() == "5 of 6 processes"
    page.bar.kinds.setCurrentIndex(0)
    page.bar.choose_arrangement(Arrangement.BY_APP)
    assert "clang++ × 2" in names(page)
    page.table.view.choose("clang++")
    press(page.table.view, Key.Key_Right)
    assert names(page).count("clang++") == 2
    press(page.table.view, Key.Key_Left)
    assert names(page).count("clang++") == 0
    page.bar.choose_arrangement(Arrangement.TREE)
    assert names(page)[0] == "systemd"
    page.table.view.choose(ProcessKey(2, 20))
    press(page.table.view, Key.Key_Left)
    current = page.table.view.current_line()
    assert current is not None
    assert current.id == ProcessKey(1, 10)
    press(page.table.view, Key.Key_Left)
    assert names(page) == ["systemd"]


def test_a_click_on_the_arrow_closes_a_branch(page: VictimsPage) -> None:
    page.bar.choose_arrangement(Arrangement.TREE)
    view = page.table.view
    place = [field.name for field in page.table.model.fields].index("name")
    cell = view.visualRect(page.table.model.index(0, place))
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(cell.left() + 12, cell.center().y()))
    assert names(page) == ["systemd"]


def test_rows_and_pids_are_copied(page: VictimsPage) -> None:
    press(page.table.view, Key.Key_Down, Modifier.ShiftModifier)
    press(page.table.view, Key.Key_C, Modifier.ControlModifier)
    lines = QGuiApplication.clipboard().text().split("\n")
    assert [line.split("\t")[1:3] for line in lines] == [["code", "2"], ["firefox", "6"]]
    press(page.table.view, Key.Key_C, Modifier.ControlModifier | Modifier.ShiftModifier)
    assert QGuiApplication.clipboard().text() == "2\n6"


def test_an_export_holds_what_is_shown(page: VictimsPage, tmp_path: Path) -> None:
    page.bar.search.setText("clang")
    assert page.export_to(tmp_path / "shown.json")
    read = json.loads((tmp_path / "shown.json").read_text(encoding="utf-8"))
    assert [line["pid"] for line in read["processes"]] == [5, 4]
    assert not page.export_to(tmp_path / "missing" / "shown.csv")
    for box in page.findChildren(QWidget, options=Qt.FindChildOption.FindDirectChildrenOnly):
        if box.isWindow():
            box.close()


def test_the_slider_ranks_again_without_changing_anything(page: VictimsPage) -> None:
    what_if, before = page.below.what_if, names(page)
    what_if.slider.setFocus()
    press(what_if.slider, Key.Key_Home)
    assert what_if.value == -1000
    press(what_if.slider, Key.Key_Right, Modifier.ShiftModifier)
    press(what_if.slider, Key.Key_Right)
    press(what_if.slider, Key.Key_PageUp)
    assert what_if.value == -889
    assert what_if.field.value() == -889
    assert what_if.model.index(what_if.model.rowCount() - 1, 1).data() == "code 2"
    assert what_if.model.index(what_if.model.rowCount() - 1, 3).data() == "was 1"
    assert "The list above is unchanged." in what_if.sentence.text()
    assert names(page) == before


def test_columns_sort_and_widths_are_remembered(
    page: VictimsPage, open_victims: Callable[..., VictimsPage], snapshot: SnapshotOf, crowd_of_six: list[Process]
) -> None:
    page.table.choose_columns(("rank", "name", "points", "memory", "unit"))
    page.table.sort_by("memory", descending=False)
    page.table.view.horizontalHeader().resizeSection(2, 123)
    again = open_victims()
    again.show_snapshot(snapshot(crowd_of_six))
    assert [field.name for field in again.table.model.fields] == ["rank", "name", "points", "memory", "unit"]
    assert again.table.view.columnWidth(2) == 123
    assert names(again)[0] == "systemd"


def test_a_click_on_a_head_sorts_and_turns_round(page: VictimsPage) -> None:
    head = page.table.view.horizontalHeader()
    section = [field.name for field in page.table.model.fields].index("name")
    at = QPoint(head.sectionViewportPosition(section) + 20, head.height() // 2)
    QTest.mouseClick(head.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert names(page) == sorted(names(page), key=str.casefold)
    QTest.mouseClick(head.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert names(page) == sorted(names(page), key=str.casefold, reverse=True)


def test_narrow_pages_leave_out_what_can_be_spared_and_use_tabs(
    page: VictimsPage, qtbot: QtBot, crowd_of_six: list[Process]
) -> None:
    page.resize(752, 560)
    qtbot.waitUntil(lambda: "oomd_swap_rank" not in [field.name for field in page.table.model.fields])
    assert "name" in [field.name for field in page.table.model.fields]
    assert page.below.acts.parent() is not page.below
    assert len(page.table.view.chosen_lines()) == 1
    page.resize(1020, 736)
    qtbot.waitUntil(lambda: "oomd_swap_rank" in page.table.view.columns.names)
    assert len(page.table.view.chosen_lines()) == 1


def test_a_selected_program_that_ended_stays(page: VictimsPage, crowd_of_six: list[Process], snapshot: SnapshotOf) -> None:
    left = [process for process in crowd_of_six if process.name != "code"]
    page.show_snapshot(snapshot(left))
    assert names(page)[0].startswith("code, ended ")
    assert page.below.acts.origin.text() == "It has ended."
    assert not page.below.acts.buttons["sacrifice"].isEnabled()
    press(page.table.view, Key.Key_Down)
    page.show_snapshot(snapshot(left))
    assert names(page)[0] == "firefox"


def test_hidden_processes_are_named(page: VictimsPage, snapshot: SnapshotOf, make_process: Make) -> None:
    shown = snapshot([make_process(pid, "theirs", uid=99, memory=None) for pid in range(2, 43)])
    page.show_snapshot(shown._replace(sample=shown.sample._replace(unreadable=3)))
    assert page.table.note.text() == (
        "41 processes of other users: memory not readable. Points come from the kernel's rounded score. "
        "3 processes of other users are hidden from you (hidepid) and not in this list."
    )


def test_a_process_is_found_wherever_it_hides(page: VictimsPage, make_process: Make) -> None:
    page.bar.search.setText("java")
    page.show_process(ProcessKey(6, 60))
    line = page.table.view.current_line()
    assert line is not None
    assert line.id == ProcessKey(6, 60)


def test_a_screen_reader_finds_names_on_everything(page: VictimsPage) -> None:
    table = QAccessible.queryAccessibleInterface(page.table.view)
    assert table.role() == QAccessible.Role.Table
    assert table.text(QAccessible.Text.Name) == "Processes, ranked by who would be ended first"
    said = [table.child(at).text(QAccessible.Text.Name) for at in range(table.childCount())]
    assert {"Program", "Points, GiB", "Memory, GiB"} <= set(said)
    assert said.count("clang++") == 2
    controls = (QAccessible.Role.Button, QAccessible.Role.ComboBox, QAccessible.Role.EditableText, QAccessible.Role.Slider)
    nameless = []
    for widget in page.findChildren(QWidget):
        found = QAccessible.queryAccessibleInterface(widget)
        if found is not None and found.role() in controls and widget.isVisible() and not found.text(QAccessible.Text.Name):
            nameless.append(type(widget).__name__)
    assert nameless == []


def test_both_schemes_paint_every_state(
    page: VictimsPage, light: Scheme, snapshot: SnapshotOf, crowd_of_six: list[Process], make_process: Make
) -> None:
    bright = page.grab().toImage()
    light.force(dark=True)
    dark = page.grab().toImage()
    assert dark != bright
    more = [make_process(60, "kept", 400, adj=-500), make_process(61, "never", 1, -1000)]
    page.show_snapshot(snapshot([*crowd_of_six[1:], *more]))
    page.bar.choose_arrangement(Arrangement.TREE)
    assert page.grab().toImage() != dark


def test_rows_follow_the_size_of_text(page: VictimsPage, qapp: QApplication) -> None:
    usual, before = QFont(qapp.font()), page.table.view.rowHeight(0)
    larger = QFont(usual)
    larger.setPointSizeF(usual.pointSizeF() * 2)
    try:
        qapp.setFont(larger)
        pass_font_on(page)
        QApplication.processEvents()
        assert page.table.view.rowHeight(0) > 1.3 * before
        assert page.table.view.font().pointSizeF() == larger.pointSizeF()
    finally:
        qapp.setFont(usual)
        pass_font_on(page)


def test_places_with_systemd_oomd_are_shown_where_it_runs(
    page: VictimsPage, snapshot: SnapshotOf, make_process: Make, qtbot: QtBot, tmp_path: Path
) -> None:
    slice_drop_in = tmp_path / "etc" / "systemd" / "system" / "-.slice.d"
    slice_drop_in.mkdir(parents=True)
    (slice_drop_in / "oomd.conf").write_text("[Slice]\nManagedOOMSwap=kill\n", encoding="ascii")
    page.reading.reader._killers = KillersHere(str(tmp_path))
    killer = make_process(30, "systemd-oomd", 1, cgroup="/system.slice/systemd-oomd.service")
    shown = snapshot([killer, make_process(31, "code", 900, cgroup="/a/x.scope")])
    group = MemoryCgroup("/a/x.scope", 2, current=1 << 30, swap_current=1 << 30)
    memory = shown.sample.memory._replace(swap_total=8 << 30, swap_free=1 << 30)
    page.show_snapshot(shown._replace(sample=shown.sample._replace(cgroups=(group,), memory=memory)))
    model = page.table.model

    def places() -> list[str]:
        column = [field.name for field in model.fields].index("oomd_swap_rank")
        return [model.index(names(page).index(name), column).data() for name in ("code", "systemd-oomd")]

    qtbot.waitUntil(lambda: places() == ["1", "—"], timeout=10_000)
