"""The rail: seven pages by keyboard, named for screen readers, icons alone where it is narrow."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from pytestqt.qtbot import QtBot

from guardian.model.verdict import State
from guardian.ui.pages import PAGES
from guardian.ui.rail import Rail
from guardian.ui.scheme import Scheme


def make_rail(qtbot: QtBot, scheme: Scheme) -> Rail:
    rail = Rail(scheme)
    qtbot.addWidget(rail)
    rail.resize(rail.width(), 600)
    rail.show()
    rail.choose("now")
    return rail


def test_seven_pages_with_settings_at_the_foot(qtbot: QtBot, light: Scheme) -> None:
    rail = make_rail(qtbot, light)
    tops = [rail.item(entry.name).y() for entry in PAGES]
    assert len(PAGES) == 7
    assert tops == sorted(tops)
    assert rail.item("settings").y() - rail.item("fleet").y() > 3 * rail.item("now").height()


def test_arrow_keys_go_from_page_to_page(qtbot: QtBot, light: Scheme) -> None:
    rail = make_rail(qtbot, light)
    with qtbot.waitActive(rail):
        rail.activateWindow()
    rail.item("now").setFocus()
    chosen: list[str] = []
    rail.chosen.connect(chosen.append)
    for entry in PAGES[:-1]:
        qtbot.keyClick(rail.item(entry.name), Qt.Key.Key_Down)
    assert chosen == [entry.name for entry in PAGES[1:]]
    qtbot.keyClick(rail.item("settings"), Qt.Key.Key_Up)
    assert chosen[-1] == "fleet"


def test_a_click_anywhere_on_an_item_chooses_it(qtbot: QtBot, light: Scheme) -> None:
    rail = make_rail(qtbot, light)
    item = rail.item("history")
    with qtbot.waitSignal(rail.chosen) as told:
        qtbot.mouseClick(item, Qt.MouseButton.LeftButton, pos=item.rect().center())
    assert told.args == ["history"]


def test_narrow_it_shows_icons_and_keeps_the_words_as_names_and_tooltips(qtbot: QtBot, scheme: Scheme) -> None:
    rail = make_rail(qtbot, scheme)
    wide = rail.grab()
    rail.set_narrow(narrow=True)
    assert rail.width() == 48
    for entry in PAGES:
        item = rail.item(entry.name)
        assert QAccessible.queryAccessibleInterface(item).text(QAccessible.Text.Name) == entry.word
        assert entry.word in item.toolTip()
        assert item.height() >= 24
    assert rail.grab().width() < wide.width()


def test_targets_are_large_enough_and_the_chosen_one_is_marked(qtbot: QtBot, scheme: Scheme) -> None:
    rail = make_rail(qtbot, scheme)
    image = rail.grab().toImage()
    at = rail.item("now").geometry()
    assert image.pixelColor(at.left() + 9, at.center().y()) == scheme.tokens.accent
    assert image.pixelColor(at.right() - 20, at.top() + 6) == scheme.tokens.select


def test_the_foot_names_state_and_room(qtbot: QtBot, scheme: Scheme) -> None:
    rail = make_rail(qtbot, scheme)
    for state in State:
        rail.state.show_state(state, "15 GiB of room")
        assert rail.state.accessibleName() == f"State: {state.value}, 15 GiB of room"
        assert not rail.state.grab().isNull()
