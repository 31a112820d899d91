"""The window: everything by keyboard, everything named, nothing painted for nobody."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QAccessible, QKeySequence
from PySide6.QtWidgets import QApplication, QDialog, QTableWidget, QWidget
from pytestqt.qtbot import QtBot

from guardian.kernel.process import ProcessKey
from guardian.model.verdict import State, Verdict
from guardian.sampling.snapshot import Snapshot
from guardian.ui.key_list import PANE_KEYS, WINDOW_KEYS
from guardian.ui.main_window import MainWindow
from guardian.ui.page_set import PageSet, build_pages
from guardian.ui.pages import PAGES
from guardian.ui.scheme import Scheme
from guardian.ui.text_size import TextSize
from guardian.ui.window_memory import WindowMemory

CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
Role = QAccessible.Role
CONTROLS = {
    Role.Button, Role.CheckBox, Role.RadioButton, Role.EditableText, Role.ComboBox, Role.Slider, Role.SpinBox, Role.Table,
    Role.Tree, Role.PageTab, Role.Chart,
}  # fmt: skip


def make_window(qtbot: QtBot, qapp: QApplication, scheme: Scheme, path: Path) -> MainWindow:
    memory = WindowMemory(path / "window.ini")
    window = MainWindow(scheme, build_pages(scheme, memory), memory, TextSize(qapp, memory))
    qtbot.addWidget(window)
    return window


@pytest.fixture
def window(qtbot: QtBot, qapp: QApplication, light: Scheme, tmp_path: Path) -> MainWindow:
    made = make_window(qtbot, qapp, light, tmp_path)
    # As in the pictures: the screen of the tests has room for less, and the window keeps to it.
    made.resize(1180, 760)
    made.show()
    with qtbot.waitActive(made):
        made.activateWindow()
    return made


def name_of(window: MainWindow) -> str:
    return next(name for name, page in window.pages.items() if page is window.page)


def test_ctrl_and_a_figure_goes_to_each_page(qtbot: QtBot, window: MainWindow) -> None:
    for number, entry in reversed(list(enumerate(PAGES, start=1))):
        qtbot.keyClick(window, Qt.Key(Qt.Key.Key_0 + number), CTRL)
        assert name_of(window) == entry.name
        assert window.rail.item(entry.name).isChecked()
    qtbot.keyClick(window, Qt.Key.Key_Comma, CTRL)
    assert name_of(window) == "settings"


@pytest.mark.parametrize("page", ["now", "victims", "system"])
def test_f6_goes_round_all_panes_and_shift_f6_back(qtbot: QtBot, window: MainWindow, page: str) -> None:
    window.rail.choose(page)
    panes = [window.rail, *(pane for pane in window.page.panes() if pane.isVisible())]

    def pane_with_focus() -> QWidget:
        focus = QApplication.focusWidget()
        assert focus is not None
        return next(pane for pane in panes if pane is focus or pane.isAncestorOf(focus))

    seen = []
    for _step in panes:
        qtbot.keyClick(window, Qt.Key.Key_F6)
        seen.append(pane_with_focus())
    assert window.rail in seen
    assert len(set(seen)) >= 2
    qtbot.keyClick(window, Qt.Key.Key_F6, SHIFT)
    assert pane_with_focus() is seen[-2]


def test_tab_reaches_every_control_of_page_now(qtbot: QtBot, window: MainWindow, moment: Callable[..., Snapshot]) -> None:
    window.show_snapshot(moment(0))
    wanted = {window.page.composition.bar, window.page.cards.area.area, window.page.cards.room_chart}  # type: ignore[attr-defined]
    reached = set()
    for _step in range(40):
        focus = QApplication.focusWidget()
        assert focus is not None
        reached.add(focus)
        qtbot.keyClick(focus, Qt.Key.Key_Tab)
    assert wanted <= reached
    assert window.rail.item("now") in reached


def test_f5_asks_for_a_sample_and_ctrl_w_closes(qtbot: QtBot, window: MainWindow) -> None:
    with qtbot.waitSignal(window.measure_wanted):
        qtbot.keyClick(window, Qt.Key.Key_F5)
    with qtbot.waitSignal(window.visibility_changed) as told:
        qtbot.keyClick(window, Qt.Key.Key_W, CTRL)
    assert told.args == [False]
    assert not window.isVisible()


def test_all_keys_are_on_the_sheet(qtbot: QtBot, window: MainWindow) -> None:
    window.show_keys()
    sheet = window.findChild(QDialog)
    assert sheet is not None
    table = sheet.findChild(QTableWidget)
    assert table is not None
    assert table.rowCount() == len(PAGES) + len(WINDOW_KEYS) + len(PANE_KEYS)
    texts = {table.item(row, 1).text() for row in range(table.rowCount())}  # type: ignore[union-attr]
    assert {key.words for key in WINDOW_KEYS} <= texts
    sheet.close()


@pytest.mark.parametrize("key", [*WINDOW_KEYS, *PANE_KEYS], ids=lambda key: key.name)
def test_every_key_is_one_that_qt_knows(key: object) -> None:
    for sequence in key.sequences:  # type: ignore[attr-defined]
        assert QKeySequence(sequence).toString()
        assert QKeySequence(sequence)[0].key() != Qt.Key.Key_unknown


@pytest.mark.parametrize("size", [(1180, 760), (800, 560)], ids=["wide", "narrow"])
@pytest.mark.parametrize("page", [entry.name for entry in PAGES])
def test_every_control_has_a_name(
    window: MainWindow,
    moment: Callable[..., Snapshot],
    verdict: Callable[..., Verdict],
    page: str,
    size: tuple[int, int],
) -> None:
    window.resize(*size)
    window.rail.choose(page)
    window.show_snapshot(moment(0))
    window.show_verdict(verdict(State.CRITICAL))
    nameless = []
    for widget in filter(QWidget.isVisible, window.findChildren(QWidget)):
        seen = QAccessible.queryAccessibleInterface(widget)
        if seen is not None and seen.role() in CONTROLS and not seen.text(QAccessible.Text.Name):
            nameless.append((seen.role(), type(widget).__name__, type(widget.parent()).__name__))
    assert not nameless


def test_under_900_pixels_the_rail_shows_icons_alone_and_the_minimum_holds(qtbot: QtBot, window: MainWindow) -> None:
    window.resize(899, 600)
    qtbot.wait(1)
    assert window.rail.width() == 48
    window.resize(900, 600)
    qtbot.wait(1)
    assert window.rail.width() == 160
    window.resize(100, 100)
    assert (window.width(), window.height()) == (800, 560)


class Paints(QObject):
    """Counts paint events."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        self.count += event.type() == QEvent.Type.Paint
        return False


def test_hidden_nothing_is_painted_and_all_is_there_when_it_comes_back(
    qtbot: QtBot, qapp: QApplication, window: MainWindow, moment: Callable[..., Snapshot], verdict: Callable[..., Verdict]
) -> None:
    window.show_snapshot(moment(0))
    window.hide()
    qtbot.wait(20)
    paints = Paints()
    for widget in window.findChildren(QWidget):
        widget.installEventFilter(paints)
    shown = window.page.composition.bar.rows()  # type: ignore[attr-defined]
    for second in range(1, 40):
        window.show_snapshot(moment(second, programs_gib=6))
        qapp.processEvents()
    assert paints.count == 0
    assert window.page.composition.bar.rows() == shown  # type: ignore[attr-defined]
    window.show()
    qtbot.wait(20)
    assert paints.count > 0
    assert ("Programs", "6.0") in window.page.composition.bar.rows()  # type: ignore[attr-defined]
    assert len(window.page.cards.area.area.rows()) == 40  # type: ignore[attr-defined]


def test_size_page_and_text_size_are_remembered(qtbot: QtBot, qapp: QApplication, light: Scheme, tmp_path: Path) -> None:
    usual = qapp.font().pointSizeF()
    first = make_window(qtbot, qapp, light, tmp_path)
    first.show()
    first.resize(800, 650)  # no larger than the screen of a machine without one
    first.rail.choose("history")
    with qtbot.waitActive(first):
        first.activateWindow()
    qtbot.keyClick(first, Qt.Key.Key_Plus, CTRL)
    assert qapp.font().pointSizeF() > usual
    first.close()
    qtbot.keyClick(first, Qt.Key.Key_0, CTRL)
    first._text_size.usual()
    WindowMemory(tmp_path / "window.ini").remember("text_size", 1.1)
    second = make_window(qtbot, qapp, light, tmp_path)
    second.show()
    assert second.size() == first.size()
    assert name_of(second) == "history"
    assert qapp.font().pointSizeF() == pytest.approx(usual * 1.1)
    second._text_size.usual()
    assert qapp.font().pointSizeF() == pytest.approx(usual)


def test_at_double_text_size_nothing_is_cut_off(qtbot: QtBot, qapp: QApplication, window: MainWindow) -> None:
    size = window._text_size
    for _step in range(8):
        size.larger()
    assert size.factor == 2.0
    item = window.rail.item("now")
    assert item.sizeHint().height() >= item.fontMetrics().height()
    assert window.status.sizeHint().height() >= window.status._left.fontMetrics().height()
    size.usual()


def test_a_damaged_memory_is_an_empty_one(qtbot: QtBot, qapp: QApplication, light: Scheme, tmp_path: Path) -> None:
    (tmp_path / "window.ini").write_bytes(b"[General]\npage=nowhere\ntext_size=-3\ngeometry=@ByteArray(\\x1)\n\xff\xfe=[")
    window = make_window(qtbot, qapp, light, tmp_path)
    window.show()
    assert name_of(window) == "now"
    assert window._text_size.factor == 1.0


def test_the_status_bar_says_what_was_checked_and_how_old_it_is(window: MainWindow, moment: Callable[..., Snapshot]) -> None:
    window.show_snapshot(moment(0))
    assert window.status._left.text() == "Kernel 6.12.9 · scores agree with the kernel: 12 of 12"
    window.status.say("Order held")
    assert window.status._left.text().startswith("Order held · Kernel")
    window.status.show_agent("Agent running")
    window.status.show_helper("helper not installed")
    assert window.status._right.text() == "Agent running · helper not installed"


@pytest.mark.parametrize(
    "seconds, words",
    [(None, ""), (0.4, "Updated 1 s ago"), (3.2, "Updated 3 s ago"), (12.0, "12 s old"), (300.0, "5 min old")],
)
def test_age_in_words(seconds: float | None, words: str) -> None:
    from guardian.ui.status_bar import age_words

    assert age_words(seconds) == words


def test_the_rails_foot_follows_the_verdict(window: MainWindow, verdict: Callable[..., Verdict]) -> None:
    window.show_verdict(verdict(State.CALM))
    assert window.rail.state.accessibleName() == "State: calm, 15 GiB of room"
    window.show_verdict(verdict(State.NO_DATA))
    assert window.rail.state.accessibleName().startswith("State: no data, since ")


def test_a_change_of_text_size_reaches_every_word(qtbot: QtBot, qapp: QApplication, window: MainWindow) -> None:
    from guardian.ui.words import Words

    before = {words: words.font().pointSizeF() for words in window.findChildren(Words)}
    assert len(before) > 20
    window._text_size.larger()
    qapp.processEvents()
    factor = window._text_size.factor
    grown = {words: words.font().pointSizeF() / before[words] for words in before}
    window._text_size.usual()
    # The smallest role keeps at least 11 px, so it may grow by less.
    assert all(growth == pytest.approx(factor, rel=0.06) for growth in grown.values()), set(grown.values())


def test_a_page_is_made_when_it_is_first_wanted_and_never_twice(
    qtbot: QtBot, qapp: QApplication, light: Scheme, window_memory: WindowMemory
) -> None:
    pages = PageSet(light, window_memory)
    assert list(pages) == [entry.name for entry in PAGES]
    assert "history" in pages
    assert "nothing" not in pages
    assert pages._made == {}
    window = MainWindow(light, pages, window_memory, TextSize(qapp, window_memory))
    qtbot.addWidget(window)
    assert set(pages._made) == {"now"}
    window.rail.choose("settings")
    assert set(pages._made) == {"now", "settings"}
    assert window.page is pages["settings"]
    assert window.page is pages["settings"]
    pages["settings"].keeping.stop()  # type: ignore[attr-defined]


def test_what_an_agent_freezes_it_lets_go_on_so_it_is_asked_where_there_is_one(qtbot: QtBot, window: MainWindow) -> None:
    key, asked = ProcessKey(4242, 99), []
    window.agent_act_wanted.connect(lambda name, wanted: asked.append((name, wanted)))
    window.rail.choose("now")
    window.agent_acts = True
    window.show_act("freeze", key)
    assert asked == [("freeze", key)]
    assert name_of(window) == "now"
    window.agent_acts = False
    window.show_act("freeze", key)
    assert asked == [("freeze", key)]
    assert name_of(window) == "victims"
    # What stands still by the agent's doing only the agent can let go on.
    window.show_act("thaw", key)
    assert asked[-1] == ("thaw", key)
