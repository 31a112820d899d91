"""Every chart has a sentence, a table, a keyboard cursor, files, and a role for screen readers."""

import csv
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QAccessible, QContextMenuEvent, QImage
from PySide6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot

from guardian.sampling.history import History, point_of
from guardian.sampling.snapshot import Snapshot
from guardian.ui.chart import Chart
from guardian.ui.chart_card import ChartCard
from guardian.ui.chart_files import write_drawing, write_picture, write_table
from guardian.ui.composition_area import CompositionArea
from guardian.ui.composition_bar import CompositionBar
from guardian.ui.room_chart import RoomChart
from guardian.ui.scheme import Scheme

KINDS = ("bar", "area", "room")


def filled(kind: str, scheme: Scheme, moment: Callable[..., Snapshot], seconds: int = 90) -> Chart:
    history = History(660)
    for second in range(seconds):
        history.add(moment(second, room_gib=15 - second / 60))
    if kind == "bar":
        bar = CompositionBar(scheme, "Where memory is")
        bar.show_composition(moment(0).composition)
        return bar
    chart = CompositionArea(scheme, "Memory over ten minutes", history) if kind == "area" else None
    chart = chart or RoomChart(scheme, "Room left", history)
    last = history.last()
    assert last is not None
    chart.add(last)  # type: ignore[attr-defined]
    return chart


@pytest.fixture(params=KINDS)
def chart(request: pytest.FixtureRequest, qtbot: QtBot, scheme: Scheme, moment: Callable[..., Snapshot]) -> Chart:
    made = filled(request.param, scheme, moment)
    qtbot.addWidget(made)
    made.resize(560, 220)
    made.show()
    return made


def test_screen_readers_find_role_name_and_sentence(chart: Chart) -> None:
    seen = QAccessible.queryAccessibleInterface(chart)
    assert seen.role() == QAccessible.Role.Chart
    assert seen.text(QAccessible.Text.Name) == chart.heading
    assert "GiB" in seen.text(QAccessible.Text.Description)
    assert seen.text(QAccessible.Text.Description) == chart.describe()


def test_the_table_has_a_cell_for_every_column_and_the_newest_row_first(chart: Chart) -> None:
    rows = chart.rows()
    assert rows
    assert {len(row) for row in rows} == {len(chart.columns())}
    if not isinstance(chart, CompositionBar):
        assert len(rows) == 90
        assert [row[0] for row in rows] == sorted((row[0] for row in rows), reverse=True)


def test_the_cursor_goes_by_keyboard_and_stops_at_both_ends(qtbot: QtBot, chart: Chart) -> None:
    count = chart.cursor_count()
    qtbot.keyClick(chart, Qt.Key.Key_Left)
    assert chart.cursor_index == count - 1
    qtbot.keyClick(chart, Qt.Key.Key_Right)
    assert chart.cursor_index == count - 1
    qtbot.keyClick(chart, Qt.Key.Key_Home)
    qtbot.keyClick(chart, Qt.Key.Key_Left)
    assert chart.cursor_index == 0
    assert chart.rect().contains(chart.cursor_at(0).toPoint())
    qtbot.keyClick(chart, Qt.Key.Key_Escape)
    assert chart.cursor_index is None


def test_pointing_finds_the_position_that_lies_there(chart: Chart) -> None:
    for index in (0, chart.cursor_count() - 1):
        found = chart.cursor_index_at(chart.cursor_at(index).x())
        assert found is not None
        assert abs(found - index) <= 1


def test_space_asks_for_a_pause(qtbot: QtBot, chart: Chart) -> None:
    with qtbot.waitSignal(chart.pause_wanted):
        qtbot.keyClick(chart, Qt.Key.Key_Space)


def test_it_is_saved_as_picture_drawing_and_table(chart: Chart, tmp_path: Path) -> None:
    write_picture(chart, tmp_path / "chart")
    image = QImage(str(tmp_path / "chart"))
    assert image.size() == chart.size() * 2
    assert len({image.pixel(x, y) for x in range(0, image.width(), 4) for y in range(0, image.height(), 4)}) > 4
    write_drawing(chart, tmp_path / "chart.svg")
    assert ET.parse(tmp_path / "chart.svg").getroot().tag.endswith("svg")
    write_table(chart, tmp_path / "chart.csv")
    with (tmp_path / "chart.csv").open(encoding="utf-8", newline="") as file:
        assert list(csv.reader(file)) == [list(chart.columns()), *map(list, chart.rows())]


@pytest.mark.parametrize("write", [write_picture, write_drawing, write_table])
def test_a_folder_that_is_not_there_is_an_oserror(
    qtbot: QtBot, light: Scheme, moment: Callable[..., Snapshot], tmp_path: Path, write: Callable[[Chart, Path], None]
) -> None:
    made = filled("bar", light, moment)
    qtbot.addWidget(made)
    with pytest.raises(OSError, match=r".+"):
        write(made, tmp_path / "absent" / "file")


def test_the_menu_offers_the_table_and_three_files(qtbot: QtBot, light: Scheme, moment: Callable[..., Snapshot]) -> None:
    made = filled("bar", light, moment)
    qtbot.addWidget(made)
    made.show()
    event = QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, QPoint(5, 5), made.mapToGlobal(QPoint(5, 5)))
    QApplication.sendEvent(made, event)
    menu = made.findChild(QMenu)
    assert menu is not None
    texts = [action.text() for action in menu.actions() if action.text()]
    assert texts == ["Show as table", "Save as PNG…", "Save as SVG…", "Save as CSV…"]
    with qtbot.waitSignal(made.table_wanted):
        menu.actions()[0].trigger()
    menu.close()


def test_shift_f10_opens_the_menu(qtbot: QtBot, light: Scheme, moment: Callable[..., Snapshot]) -> None:
    made = filled("bar", light, moment)
    qtbot.addWidget(made)
    made.show()
    qtbot.keyClick(made, Qt.Key.Key_F10, Qt.KeyboardModifier.ShiftModifier)
    menu = made.findChild(QMenu)
    assert menu is not None
    assert menu.isVisible()
    menu.close()


def test_a_card_turns_to_the_table_and_back_by_its_link_and_by_key(
    qtbot: QtBot, light: Scheme, moment: Callable[..., Snapshot]
) -> None:
    made = filled("area", light, moment)
    card = ChartCard(light, made, "GiB")
    qtbot.addWidget(card)
    card.show()
    assert card.link is not None
    card.link.click()
    assert card.shows_table
    assert card.link.text() == "Chart"
    assert card._rows.rowCount() == 90
    with qtbot.waitActive(card):
        card.activateWindow()
    card._table.setFocus()
    qtbot.keyClick(card._table, Qt.Key.Key_T, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    assert not card.shows_table
    assert card.link.text() == "Table"


@pytest.mark.parametrize("kind", KINDS)
def test_it_paints_before_anything_was_measured(qtbot: QtBot, scheme: Scheme, moment: Callable[..., Snapshot], kind: str) -> None:
    history = History(10)
    charts: dict[str, Callable[[], Chart]] = {
        "bar": lambda: CompositionBar(scheme, "Where memory is"),
        "area": lambda: CompositionArea(scheme, "Memory over ten minutes", history),
        "room": lambda: RoomChart(scheme, "Room left", history),
    }
    made = charts[kind]()
    qtbot.addWidget(made)
    made.resize(500, 200)
    assert not made.grab().isNull()
    assert made.describe() == "Not measured yet"
    assert made.cursor_index_at(250) is None


def test_a_tooltip_of_qts_own_does_not_come(qtbot: QtBot, chart: Chart) -> None:
    from PySide6.QtGui import QHelpEvent

    assert QApplication.sendEvent(chart, QHelpEvent(QEvent.Type.ToolTip, QPoint(3, 3), QPoint(3, 3)))


def test_the_area_paints_only_new_columns_each_second(qtbot: QtBot, light: Scheme, moment: Callable[..., Snapshot]) -> None:
    history = History(660)
    area = CompositionArea(light, "Memory over ten minutes", history)
    qtbot.addWidget(area)
    area.resize(560, 220)
    area.show()
    for second in range(300):
        history.add(moment(second))
    area.grab()
    painted = area.picture().columns_painted
    for second in range(300, 340):
        history.add(moment(second, programs_gib=5))
        area.add(point_of(moment(second, programs_gib=5)))
        area.grab()
    assert area.picture().columns_painted - painted <= 80
    assert area.picture().pixmap.toImage() == area.full_picture().pixmap.toImage()


def test_a_layer_that_is_not_known_is_called_so_and_never_0(qtbot: QtBot, light: Scheme, moment: Callable[..., Snapshot]) -> None:
    bar = CompositionBar(light, "Where memory is")
    qtbot.addWidget(bar)
    bar.show_composition(moment(0, zram=None).composition)
    assert ("zram pool", "not known here") in bar.rows()
    assert "zram" not in bar.describe()
