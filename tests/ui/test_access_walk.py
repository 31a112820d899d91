"""A walk over every page as a screen reader and a keyboard take it: all named, reached in order, seen where the focus is."""

from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest
from PySide6.QtCore import QEvent, QObject, QPoint, QRect, QSize, Qt
from PySide6.QtGui import QAccessible, QAccessibleInterface
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QRadioButton, QToolButton, QWidget
from pytestqt.exceptions import TimeoutError as QtTimeout
from pytestqt.qtbot import QtBot

from guardian.model.history import Kill, Party
from guardian.model.verdict import State, Verdict
from guardian.sampling.snapshot import Snapshot
from guardian.ui.chart import Chart
from guardian.ui.history_page import HistoryPage
from guardian.ui.history_reader import Found
from guardian.ui.main_window import MainWindow
from guardian.ui.page_set import PageSet
from guardian.ui.pages import PAGES
from guardian.ui.scheme import Scheme
from guardian.ui.text_size import TextSize
from guardian.ui.window_memory import WindowMemory
from guardian.ui.words import ElidedWords

Role = QAccessible.Role
NAMES = [entry.name for entry in PAGES]
CONTROLS = {
    Role.Button, Role.CheckBox, Role.RadioButton, Role.EditableText, Role.ComboBox, Role.Slider, Role.SpinBox, Role.Table,
    Role.Tree, Role.List, Role.PageTab, Role.Chart, Role.Link, Role.ProgressBar, Role.ButtonMenu, Role.Graphic,
}  # fmt: skip
MOST_STEPS = 120


@pytest.fixture
def window(
    qtbot: QtBot, qapp: QApplication, light: Scheme, window_memory: WindowMemory, moment: Callable[..., Snapshot],
    verdict: Callable[..., Verdict],
) -> Iterator[MainWindow]:  # fmt: skip
    pages = PageSet(light, window_memory)
    made = MainWindow(light, pages, window_memory, TextSize(qapp, window_memory))
    qtbot.addWidget(made)
    made.resize(1180, 760)
    made.show()
    with qtbot.waitActive(made):
        made.activateWindow()
    for second in range(40):
        made.show_snapshot(moment(float(second)))
    made.show_verdict(verdict(State.WARNING))
    yield made
    made.close()


def opened(window: MainWindow, name: str) -> QWidget:
    """A page with something on it."""
    window.rail.choose(name)
    page = window.page
    if isinstance(page, HistoryPage):
        page._take(Found((Kill(10.0, 1_790_000_000.0, "kernel", (Party(4242, "firefox", memory=1 << 30),), freed=1 << 30),)))
    QApplication.processEvents()
    return page


def below(interface: QAccessibleInterface | None) -> Iterator[QAccessibleInterface]:
    """All that an assistive program meets below an interface, cells of tables left out."""
    if interface is None or not interface.isValid() or interface.state().invisible:
        return
    yield interface
    if interface.role() in (Role.Table, Role.Tree, Role.List):
        return
    for at in range(interface.childCount()):
        yield from below(interface.child(at))


class Windows(QObject):
    """Notes what is shown as a window."""

    def __init__(self) -> None:
        super().__init__()
        self.shown: list[str] = []

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Show and isinstance(watched, QWidget) and watched.isWindow():
            self.shown.append(type(watched).__name__)
        return False


def test_no_part_of_a_page_flashes_as_a_window(window: MainWindow, qapp: QApplication) -> None:
    windows = Windows()
    qapp.installEventFilter(windows)
    for name in NAMES:
        opened(window, name)
        assert window.isActiveWindow()
    qapp.removeEventFilter(windows)
    assert windows.shown == []


@pytest.mark.parametrize("name", NAMES)
def test_everything_that_does_something_has_a_name(window: MainWindow, name: str) -> None:
    page = opened(window, name)
    met = list(below(QAccessible.queryAccessibleInterface(window)))
    nameless = [
        (interface.role().name, type(interface.object()).__name__, interface.rect())
        for interface in met
        if interface.role() in CONTROLS and not interface.text(QAccessible.Text.Name).strip()
    ]
    assert not nameless
    assert len(met) > 20
    assert QAccessible.queryAccessibleInterface(page).text(QAccessible.Text.Name) == page.accessibleName() != ""


@pytest.mark.parametrize("name", NAMES)
def test_every_chart_is_told_in_a_sentence_and_a_table(window: MainWindow, name: str) -> None:
    page = opened(window, name)
    for chart in page.findChildren(Chart):
        if chart.isVisible():
            interface = QAccessible.queryAccessibleInterface(chart)
            assert interface.role() == Role.Chart
            assert interface.text(QAccessible.Text.Description).strip(), chart.heading
            assert chart.columns(), chart.heading


def stops(window: MainWindow, at_each: Callable[[QWidget], None] = lambda _stop: None) -> list[QWidget]:
    """The widgets that Tab goes through from the page's beginning until it comes round."""
    window.page.setFocus(Qt.FocusReason.OtherFocusReason)
    found: list[QWidget] = []
    for _step in range(MOST_STEPS):
        QTest.keyClick(QApplication.focusWidget() or window, Qt.Key.Key_Tab)
        focus = QApplication.focusWidget()
        assert focus is not None, [(type(each).__name__, each.accessibleName()) for each in found]
        if focus in found:
            return found
        found.append(focus)
        at_each(focus)
    raise AssertionError(f"Tab does not come round: {[type(each).__name__ for each in found]}")


def takes_tab(widget: QWidget) -> bool:
    """Whether Tab should come to a widget; of radio buttons only to the chosen one."""
    if not (widget.isVisible() and widget.isEnabled() and widget.focusPolicy() & Qt.FocusPolicy.TabFocus):
        return False
    if isinstance(widget, QRadioButton) and not widget.isChecked():
        return False
    return widget.focusProxy() is None


@pytest.mark.parametrize("name", NAMES)
def test_tab_reaches_every_control_of_a_page_in_its_order(window: MainWindow, name: str) -> None:
    page = opened(window, name)
    found = stops(window)
    wanted = [widget for widget in page.findChildren(QWidget) if takes_tab(widget)]
    missed = [(type(widget).__name__, widget.accessibleName()) for widget in wanted if widget not in found]
    assert not missed
    # A part that was left is not come back to before the round is over.
    panes = [pane for pane in (window.rail, *window.page.panes()) if pane.isVisible()]
    order = [next((at for at, pane in enumerate(panes) if pane is stop or pane.isAncestorOf(stop)), -1) for stop in found]
    entered = [at for before, at in zip([None, *order], order, strict=False) if at != before and at >= 0]
    assert len(entered) - len(set(entered)) <= 1, [(type(s).__name__, at) for s, at in zip(found, order, strict=True)]


def picture(window: MainWindow, widget: QWidget) -> object:
    """What is seen of a widget and a little around it."""
    rect = QRect(widget.mapTo(window, QPoint(0, 0)), widget.size()).adjusted(-4, -4, 4, 4)
    return window.grab(rect.intersected(window.rect())).toImage()


@pytest.mark.parametrize("name", NAMES)
def test_one_sees_where_the_focus_is(window: MainWindow, name: str) -> None:
    opened(window, name)
    unseen = []

    def look(stop: QWidget) -> None:
        with_focus = picture(window, stop)
        stop.clearFocus()
        if picture(window, stop) == with_focus:
            unseen.append((type(stop).__name__, stop.accessibleName()))
        stop.setFocus(Qt.FocusReason.TabFocusReason)

    stops(window, look)
    assert not unseen


def cut_words(window: QWidget) -> list[tuple[str, str, object, object]]:
    """The words and buttons that have less room than they need; those that are shortened on purpose are left out."""
    cut = []
    for widget in window.findChildren(QWidget):
        if not widget.isVisible() or not isinstance(widget, (QLabel, QAbstractButton)) or isinstance(widget, ElidedWords):
            continue
        if isinstance(widget, QToolButton):
            # A drawing in a field, which says in words what it is.
            continue
        least = widget.minimumSizeHint()
        if isinstance(widget, QLabel) and widget.wordWrap():
            least = QSize(0, widget.heightForWidth(widget.width()))
        if widget.width() + 1 < least.width() or widget.height() + 1 < least.height():
            cut.append((type(widget).__name__, widget.text()[:30], widget.size().toTuple(), least.toTuple()))
    return cut


@pytest.mark.parametrize("name", NAMES)
def test_at_twice_the_text_size_no_word_is_cut(window: MainWindow, qtbot: QtBot, name: str) -> None:
    opened(window, name)
    for _step in range(8):
        window._text_size.larger()
    assert window._text_size.factor == 2.0
    try:
        with suppress(QtTimeout):
            qtbot.waitUntil(lambda: not cut_words(window), timeout=3000)
        assert cut_words(window) == []
    finally:
        window._text_size.usual()
