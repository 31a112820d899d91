"""Page Fleet with a real Prometheus: opened, paged, searched, by keyboard alone; and what it says where there is none."""

import json
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QObject, QPointF, Qt
from PySide6.QtGui import QAccessible, QEnterEvent, QFontInfo, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.exceptions import TimeoutError as QtTimeout
from pytestqt.qtbot import QtBot

from guardian.adapters.fleet_source import MinutesBefore
from guardian.model.verdict import State
from guardian.policy.fleet import LastKill
from guardian.policy.fleet_queries import Cursor
from guardian.policy.prometheus_answer import Point
from guardian.ui.fleet_export import fleet_as_csv
from guardian.ui.fleet_model import COLUMNS, PLACE_OF, FleetModel
from guardian.ui.fleet_page import FleetPage
from guardian.ui.scheme import Scheme
from guardian.ui.type_scale import pass_font_on
from tests.simulated_fleet import SimulatedFleet
from tests.ui.fleet_machines import GIB, NOW, calm, of
from tests.ui.test_access_walk import cut_words

LONG = 60_000
OpenPage = Callable[..., FleetPage]


@pytest.fixture
def page(qtbot: QtBot, open_fleet: OpenPage, fleet_server: SimulatedFleet) -> FleetPage:
    """The page with its first machines."""
    made = open_fleet(fleet_server.url)
    qtbot.waitUntil(lambda: made.shown is not None, timeout=LONG)
    return made


def names(page: FleetPage) -> list[str]:
    return [machine.name for machine in page.model.rows]


def cell(page: FleetPage, row: int, name: str) -> str:
    return str(page.model.index(row, PLACE_OF[name]).data())


def test_the_worst_is_chosen_and_told(page: FleetPage) -> None:
    assert page.head.headline.text() == "120 machines, 1 critical"
    assert page.head.counts.accessibleName() == "1 critical, 2 warning, 3 watch, 112 calm, 2 no data"
    assert [cell(page, 0, name) for name in ("state", "machine", "swap", "pressure", "forecast", "next")] == [
        "Critical", "build-0000", "95 %", "41 %", "in 1 … 3 min", "cc1plus",
    ]  # fmt: skip
    assert page.detail.name.text() == "build-0000"
    assert page.detail.state.text().startswith("critical for ")
    assert page.detail.outlook.text() == "The kernel will end cc1plus in 1 … 3 min."
    assert "Room " in page.detail.chart.describe()
    assert page.detail.chart.cursor_count() > 20
    told = page.status()
    assert told is not None
    assert (told.source.endswith("every 15 s"), told.extent) == (True, "118 of 120 answer")


def test_pages_go_on_and_back_by_key(qtbot: QtBot, page: FleetPage) -> None:
    first = names(page)
    assert page.foot.places.text() == "1 … 50 of 120"
    for keys, places in (("next", "51 … 100 of 120"), ("next", "101 … 120 of 120"), ("back", "51 … 100 of 120")):
        key = Qt.Key.Key_PageDown if keys == "next" else Qt.Key.Key_PageUp
        QTest.keyClick(page.table, key, Qt.KeyboardModifier.ControlModifier)
        qtbot.waitUntil(lambda wanted=places: page.foot.places.text() == wanted, timeout=LONG)
    assert not set(names(page)) & set(first)
    qtbot.mouseClick(page.foot.back, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: names(page) == first, timeout=LONG)


def test_the_silent_stand_last_and_say_for_how_long(qtbot: QtBot, page: FleetPage) -> None:
    page.head.search.setText("dark")
    qtbot.waitUntil(lambda: names(page) == ["dark-0000", "dark-0001"], timeout=LONG)
    assert cell(page, 0, "state") == "No data"
    assert cell(page, 0, "forecast") == "no answer for 2 h"
    assert [cell(page, 0, name) for name in ("room", "ram", "next", "ends")] == ["—", "32", "", ""]
    assert page.table.columnSpan(0, PLACE_OF["forecast"]) == 2
    assert page.detail.state.text() == "no answer for 2 h"


def test_searching_by_key_and_back(qtbot: QtBot, page: FleetPage) -> None:
    page.table.setFocus()
    QTest.keyClick(page.table, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    assert page.head.search.hasFocus()
    QTest.keyClicks(page.head.search, "nobody")
    qtbot.waitUntil(page.nothing.isVisible, timeout=LONG)
    assert page.nothing.text() == "No machine matches 'nobody'."
    assert not page.detail.isVisible()
    QTest.keyClick(page.head.search, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: len(names(page)) == 50, timeout=LONG)
    assert page.table.hasFocus()


def test_enter_shows_the_minutes_before_the_last_kill_and_escape_leaves_them(qtbot: QtBot, page: FleetPage) -> None:
    page.table.setFocus()
    QTest.keyClick(page.table, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: page.detail.shows_minutes, timeout=LONG)
    assert page.detail.outlook.text().startswith("The kernel ended cc1plus ")
    assert page.detail.chart.at_kill
    assert "Room went from" in page.detail.chart.describe()
    QTest.keyClick(page.table, Qt.Key.Key_Escape)
    assert not page.detail.shows_minutes
    assert not page.detail.chart.at_kill


def test_another_machine_is_chosen_by_arrows_and_stays_when_values_come(qtbot: QtBot, page: FleetPage) -> None:
    page.table.setFocus()
    QTest.keyClick(page.table, Qt.Key.Key_Down)
    QTest.keyClick(page.table, Qt.Key.Key_Down)
    chosen = page.detail.name.text()
    assert chosen == names(page)[2]
    before = page._came_at
    page.measure_now()
    qtbot.waitUntil(lambda: page._came_at != before, timeout=LONG)
    assert page.detail.name.text() == chosen
    QTest.keyClick(page.table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text().split("\t")[1] == chosen


def test_the_order_stands_still_under_the_pointer(qtbot: QtBot, open_fleet: OpenPage) -> None:
    page = open_fleet()
    page._take(page._number, of(calm("a"), calm("b"), calm("c")))
    said: list[str] = []
    page.status_said.connect(said.append)
    here = QPointF(5, 5)
    QApplication.sendEvent(page.table.viewport(), QEnterEvent(here, here, here))
    page._take(page._number, of(calm("c", room=2 * GIB), calm("b"), calm("d"), calm("a")))
    assert names(page) == ["a", "b", "c", "d"]
    assert cell(page, 2, "room") == "2.0"
    QApplication.sendEvent(page.table.viewport(), QEvent(QEvent.Type.Leave))
    page._take(page._number, of(calm("c"), calm("b"), calm("d"), calm("a")))
    assert names(page) == ["c", "b", "d", "a"]
    assert said == ["Order held", ""]


def test_another_order_keeps_choice_minutes_and_place(open_fleet: OpenPage) -> None:
    page = open_fleet()
    machines = [calm(f"m{at:02}", last_kill=LastKill(NOW - 60, "kernel", "x")) for at in range(40)]
    page._take(page._number, of(*machines))
    page.table.selectRow(1)
    page.detail.show_minutes(machines[1], MinutesBefore(LastKill(NOW - 60, "kernel", "x"), (Point(NOW - 90, GIB),)))
    bar = page.table.verticalScrollBar()
    bar.setValue(bar.maximum())
    assert bar.value() > 0
    page._take(page._number, of(*reversed(machines)))
    assert page.detail.name.text() == "m01"
    assert page.detail.shows_minutes
    assert bar.value() == bar.maximum()
    # Gone from the page: the first is chosen.
    page._take(page._number, of(*machines[2:]))
    assert page.detail.name.text() == "m02"
    assert not page.detail.shows_minutes


def test_answers_to_older_questions_are_not_shown(open_fleet: OpenPage) -> None:
    page = open_fleet()
    page._take(page._number, of(calm("new")))
    page._take(page._number - 1, of(calm("old")))
    page._take_failure(page._number - 1, "unreachable", "late")
    assert names(page) == ["new"]
    assert not page.stale.isVisible()


def test_space_holds_the_values(qtbot: QtBot, open_fleet: OpenPage) -> None:
    page = open_fleet()
    page._take(page._number, of(calm("a")))
    page.table.setFocus()
    QTest.keyClick(page.table, Qt.Key.Key_Space)
    assert not page._again.isActive()
    number = page._number
    QTest.keyClick(page.table, Qt.Key.Key_Space)
    assert page._number == number + 1


def test_nothing_is_asked_out_of_sight(qtbot: QtBot, page: FleetPage) -> None:
    assert page._again.isActive()
    page.hide()
    assert not page._again.isActive()
    number = page._number
    page.refresh()
    assert page._number == number


def test_an_export_holds_what_is_shown(page: FleetPage, tmp_path: Path) -> None:
    assert page.export_to(tmp_path / "fleet.json")
    told = json.loads((tmp_path / "fleet.json").read_text())
    assert [one["machine"] for one in told["machines"]] == names(page)
    hostile = calm("=cmd()", last_kill=LastKill(5.0, "kernel", "x"))
    lines = fleet_as_csv(of(hostile)).splitlines()
    assert lines[0].startswith("rank,machine,instance,state,room")
    assert lines[1].startswith("1,'=cmd(),'=cmd(),calm,")
    assert not page.export_to(tmp_path / "gone" / "fleet.csv")


def test_narrow_pages_leave_out_what_can_be_spared(page: FleetPage) -> None:
    def hidden() -> set[str]:
        return {one.name for one in COLUMNS if page.table.isColumnHidden(PLACE_OF[one.name])}

    assert hidden() == {"trend"}
    page.resize(752, 560)
    assert hidden() == {"ram", "pressure", "kill", "trend"}
    assert page.table.horizontalScrollBar().maximum() == 0
    page.resize(1400, 800)
    assert hidden() == set()


@pytest.mark.parametrize("scale,width", [(1.25, 752), (2.0, 752), (2.0, 1020)])
def test_in_larger_letters_no_word_is_cut(page: FleetPage, qtbot: QtBot, qapp: QApplication, scale: float, width: int) -> None:
    font = qapp.font()
    font.setPixelSize(round(QFontInfo(font).pixelSize() * scale))
    qapp.setFont(font)
    pass_font_on(page)
    page.resize(width, 700)
    with suppress(QtTimeout):
        qtbot.waitUntil(lambda: not cut_words(page), timeout=5_000)
    assert cut_words(page) == []


def test_a_screen_reader_finds_names_on_everything(page: FleetPage) -> None:
    unnamed = [
        widget
        for widget in page.findChildren(QWidget)
        if widget.isVisible()
        and widget.focusPolicy() & Qt.FocusPolicy.TabFocus
        and not (QAccessible.queryAccessibleInterface(widget).text(QAccessible.Text.Name))
    ]
    assert not unnamed
    table = QAccessible.queryAccessibleInterface(page.table)
    assert table.text(QAccessible.Text.Name) == "Machines, most endangered first"
    chart = QAccessible.queryAccessibleInterface(page.detail.chart)
    assert chart.text(QAccessible.Text.Description) == page.detail.chart.describe()


def test_the_chart_has_its_table(page: FleetPage) -> None:
    page.detail.chart_card.turn()
    assert page.detail.chart_card.shows_table
    assert len(page.detail.chart.rows()) == page.detail.chart.cursor_count()
    page.detail.chart_card.turn()
    QTest.keyClick(page.detail.chart, Qt.Key.Key_Left)
    assert "GiB" in page.detail.chart.cursor_text(page.detail.chart.cursor_index or 0)


def test_both_schemes_paint_every_state(open_fleet: OpenPage, scheme: Scheme) -> None:
    page = open_fleet("", scheme)
    curve = tuple(Point(NOW - 600 + at * 15, GIB * (1 + at % 5)) for at in range(41))
    machines = [
        calm(state.value, state=state, layers=(GIB // 8,) * 4 + (None,) + (GIB // 8,) * 3, lately=curve, forecast=(60, 90, 180.0))
        for state in State
    ]
    page._take(page._number, of(*machines, calm("bare", memory=None, room=None), calm("\x1b\u202e\n")))
    page.resize(1400, 800)
    for row in range(len(machines)):
        page.table.selectRow(row)
        picture = page.grab().toImage()
        assert picture.width() > 1000
    page.table.fade(faded=True)
    page.grab()
    assert all(text.isprintable() for row in range(7) for text in page.model.texts(row))


def test_the_model_keeps_qts_rules(qtmodeltester: object, qapp: QObject) -> None:
    model = FleetModel()
    model.show_page(of(calm("a"), calm("b", state=State.NO_DATA)))
    qtmodeltester.check(model)  # type: ignore[attr-defined]


def test_fewer_machines_lead_back_to_the_first_page(open_fleet: OpenPage, qtbot: QtBot) -> None:
    page = open_fleet()
    page._take(page._number, of(calm("a"))._replace(following=Cursor(0.5)))
    page.step(1)
    assert page._place == (Cursor(0.5), 1)
    page._take(page._number, of())
    assert page._place == (None, 0)
    assert time.time() - (page._came_at or 0) < 60
