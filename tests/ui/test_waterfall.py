"""The waterfall draws every part, says the same in a sentence and in its table."""

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from guardian.kernel.process import Process
from guardian.sampling.snapshot import Snapshot
from guardian.ui.process_line import Line
from guardian.ui.scheme import Scheme
from guardian.ui.waterfall import Waterfall

Make = Callable[..., Process]
SnapshotOf = Callable[..., Snapshot]


@pytest.fixture
def chart(qtbot: QtBot, light: Scheme) -> Waterfall:
    made = Waterfall(light)
    qtbot.addWidget(made)
    made.resize(396, 270)
    return made


def shown(chart: Waterfall, snapshot: Snapshot) -> Snapshot:
    victim = snapshot.victims[0]
    chart.show_line(Line(victim.process.key, victim), snapshot)
    return snapshot


def coloured(image: QImage, name: str) -> int:
    """How many columns of pixels have that colour somewhere."""
    return sum(any(image.pixelColor(x, y).name() == name for y in range(image.height())) for x in range(image.width()))


def test_the_table_has_every_part_and_their_sum(chart: Waterfall, make_process: Make, snapshot: SnapshotOf) -> None:
    shown(chart, snapshot([make_process(40, "code", 812, adj=300)]))
    rows = dict(chart.rows())
    assert list(rows) == [
        "Private memory", "Files mapped", "Shared, tmpfs", "In swap", "Page tables", "Adjustment +300", "Points",
    ]  # fmt: skip
    assert rows["Private memory"] == "+812"
    numbers = [int(text.replace(",", "").replace("+", "").replace("−", "-")) for text in rows.values()]
    assert abs(sum(numbers[:-1]) - numbers[-1]) <= 3, "each is rounded to a MiB"
    assert chart.describe().endswith("of points: first.")


def test_longer_bars_for_more_memory(chart: Waterfall, make_process: Make, snapshot: SnapshotOf, light: Scheme) -> None:
    programs = light.tokens.layers[2].fill.name()
    shown(chart, snapshot([make_process(40, "code", 1000, adj=300)]))
    small = coloured(chart.grab().toImage(), programs)
    shown(chart, snapshot([make_process(40, "code", 8000, adj=300)]))
    assert coloured(chart.grab().toImage(), programs) > 2 * small > 0


def test_below_zero_is_drawn_too(chart: Waterfall, make_process: Make, snapshot: SnapshotOf) -> None:
    shown(chart, snapshot([make_process(40, "kept", 500, adj=-500)]))
    assert chart.score is not None
    assert chart.score.lowest == chart.score.points < 0
    assert chart.rows()[-1][1].startswith("−")
    assert not chart.grab().isNull()


def test_who_has_no_score_gets_a_sentence(chart: Waterfall, make_process: Make, snapshot: SnapshotOf) -> None:
    shown(chart, snapshot([make_process(40, "never", 500, adj=-1000)]))
    assert chart.score is None
    assert chart.rows() == []
    assert chart.describe() == "The kernel never ends it: its adjustment is −1000."
    chart.show_line(None, None)
    assert chart.describe().startswith("Select a process")


def test_the_cursor_goes_through_the_parts(chart: Waterfall, make_process: Make, snapshot: SnapshotOf) -> None:
    shown(chart, snapshot([make_process(40, "code", 812, adj=300)]))
    chart.show()
    assert chart.cursor_count() == 7
    QTest.keyClick(chart, Qt.Key.Key_Home)
    QTest.keyClick(chart, Qt.Key.Key_Right)
    assert chart.cursor_index == 1
    assert chart.cursor_text(1) == "Files mapped: +8 MiB"
