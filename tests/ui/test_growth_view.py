"""Who grows steadily: a picture each, its table and words, and a look inside on demand."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from pytestqt.qtbot import QtBot

from guardian.adapters.history_store import HistoryStore, history_path
from guardian.kernel.process import ProcessKey
from guardian.kernel.tree import KernelTree
from guardian.model.grower_search import GrowerSearch, SteadyGrower
from guardian.model.kept_sizes import Floors, Held, Subject
from guardian.model.steady_growth import SteadyGrowth
from guardian.sampling.sampler import read_process
from guardian.ui.growth_view import MOST, GrowthView, search_words
from guardian.ui.scheme import Scheme

MIB, GIB = 1 << 20, 1 << 30
NOW = 1_790_000_000.0


def grower(pid: int | None, name: str = "leaky", rate: float = 2.0, minutes: int = 30) -> SteadyGrower:
    subject = Subject(name, name, NOW - 9000, "b", pid, 70 if pid is not None else None)
    course = tuple((NOW - 60 * (minutes - at), int((100 + rate * at) * MIB)) for at in range(minutes + 1))
    growth = SteadyGrowth(rate * MIB / 60, 0.9 * rate * MIB / 60, 1.1 * rate * MIB / 60, 0.984, 1680.0, int(28 * rate * MIB))
    return SteadyGrower(subject, Held(course[-1][1], 3), growth, NOW - 1680, course)


def search(*growers: SteadyGrower, seconds: float = 9000.0, newest: float | None = NOW) -> GrowerSearch:
    return GrowerSearch(growers, 212, seconds, newest)


@pytest.fixture
def view(qtbot: QtBot, scheme: Scheme) -> Iterator[GrowthView]:
    made = GrowthView(scheme)
    qtbot.addWidget(made)
    made.resize(1000, 700)
    yield made
    made.reading.stop()


def test_each_grower_has_a_panel_with_picture_words_and_acts(view: GrowthView) -> None:
    view.show_room(6 * GIB)
    view.show_search(search(grower(7), grower(None, "org.mozilla.firefox")), NOW)
    process, app = view.panels
    assert process.heading.text() == process.accessibleName() == "leaky (7)"
    assert app.heading.text() == "org.mozilla.firefox, 3 processes"
    assert process.sentence.text().startswith("+2.0 MiB/min (1.8 … 2.2), 98 % sure")
    assert process.key == ProcessKey(7, 70)
    assert process.inside.isVisibleTo(process)
    # An application as a whole has no inside of its own.
    assert not app.inside.isVisibleTo(app)
    assert view.words.text() == "2 grow steadily. 212 programs and applications were watched for up to 3 h."
    view.grab()
    view.show_search(search(), NOW)
    assert not any(panel.isVisibleTo(view) for panel in view.panels)


def test_the_picture_has_a_sentence_a_table_and_a_cursor(view: GrowthView, qtbot: QtBot) -> None:
    view.show_search(search(grower(7)), NOW)
    (panel,) = view.panels
    chart = panel.growth_chart
    chart.plot()
    assert not view.grab().isNull()
    assert len(chart.rows()) == 31
    assert chart.rows()[0][1] == "160"
    qtbot.keyClick(chart, Qt.Key.Key_Left)
    assert chart.cursor_index == 30
    assert "160 MiB" in chart.cursor_text(30)
    assert chart.cursor_index_at(chart.cursor_at(12).x()) == 12
    seen = QAccessible.queryAccessibleInterface(chart)
    assert seen.role() == QAccessible.Role.Chart
    assert seen.text(QAccessible.Text.Name) == "leaky (7)"
    assert seen.text(QAccessible.Text.Description).startswith("+2.0 MiB/min")
    panel.turn()
    assert panel.shows_table


def test_a_picture_follows_the_scheme_and_a_shorter_course(view: GrowthView, scheme: Scheme) -> None:
    view.show_search(search(grower(7)), NOW)
    chart = view.panels[0].growth_chart
    chart.plot()
    chart.show_cursor(30)
    scheme.force(not scheme.dark)
    view.show_search(search(grower(7, minutes=28)), NOW)
    assert chart.cursor_index is None
    scheme.force(None)


def test_columns_follow_the_width(view: GrowthView) -> None:
    view.show()
    view.show_search(search(*(grower(pid) for pid in range(1, MOST + 3))), NOW)
    assert len(view.panels) == MOST
    assert "The fastest 6 are shown." in view.words.text()
    places = {}
    for width in (1100, 760, 400):
        view.resize(width, 700)
        places[width] = [view._grid.getItemPosition(view._grid.indexOf(panel))[:2] for panel in view.panels][-1]
    assert places == {1100: (1, 2), 760: (2, 1), 400: (5, 0)}


@pytest.mark.parametrize(
    "found, words",
    [
        (search(newest=None), "The agent has kept no sizes yet. While it runs, it notes them each minute."),
        (search(grower(7), newest=NOW - 7200), "The last kept sizes are 2 h old: the agent does not run."),
        (
            search(seconds=300.0),
            (
                "Nothing grows steadily. 212 programs and applications were watched for up to 5 min. "
                "What grows can be told from what only starts after about 20 min."
            ),
        ),
    ],
)
def test_what_is_not_known_is_said(view: GrowthView, found: GrowerSearch, words: str) -> None:
    assert search_words(found, NOW) == words
    view.show_search(found, NOW)
    assert not any(panel.isVisibleTo(view) for panel in view.panels)


def test_what_grows_inside_a_real_process(view: GrowthView, qtbot: QtBot) -> None:
    code = "import time\nheld = []\nwhile True: held.append(b'1' * (1 << 20)); time.sleep(0.05)"
    view.reading.reader._seconds = 1.0
    with subprocess.Popen([sys.executable, "-c", code]) as program:
        key = read_process(KernelTree("/"), program.pid).key
        view.look_inside(key)
        assert view.inside.words.text() == "Looking for 10 s."
        qtbot.waitUntil(lambda: "(USS)" in view.inside.words.text(), timeout=30_000)
        program.kill()
    assert view.inside.model.rowCount() >= 1
    assert view.inside.isVisibleTo(view)
    view.inside.closed.emit()
    assert not view.inside.isVisibleTo(view)


def test_a_process_that_has_ended_is_said(view: GrowthView, qtbot: QtBot) -> None:
    view.look_inside(ProcessKey(os.getpid(), 1))
    qtbot.waitUntil(lambda: view.inside.words.text() == "It has ended meanwhile.", timeout=30_000)


def test_it_asks_the_history_when_it_is_shown(view: GrowthView, qtbot: QtBot) -> None:
    now, leaky = time.time(), Subject("leaky", "leaky", 0.0, "b", 7, 70)
    with HistoryStore(history_path()) as store, store.transaction():
        for minute in range(41):
            store.put_floors(Floors(now - 60 * (40 - minute), 60, {leaky: Held((100 + 2 * minute) << 20)}))
    view.show()
    qtbot.waitUntil(lambda: bool(view.panels), timeout=30_000)
    assert [panel.heading.text() for panel in view.panels] == ["leaky (7)"]


def test_a_panel_leads_to_the_process_among_the_victims(view: GrowthView, qtbot: QtBot) -> None:
    view.show_search(search(grower(7)), NOW)
    with qtbot.waitSignal(view.show_wanted) as wanted:
        view.panels[0].where.click()
    assert wanted.args == [ProcessKey(7, 70)]
