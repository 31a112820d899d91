"""The stacked area: what is scrolled and painted column by column equals what is painted at once."""

import math
from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import QSize
from pytestqt.qtbot import QtBot

from guardian.sampling.history import HistoryPoint, point_of
from guardian.sampling.snapshot import Snapshot
from guardian.ui.layer_columns import LayerColumns
from guardian.ui.tokens import DARK, LIGHT, Tokens

SIZE, SPAN, TOP = QSize(260, 120), 300.0, 16 * (1 << 30)


def points(moment: Callable[..., Snapshot], seconds: Iterator[float]) -> list[HistoryPoint]:
    return [point_of(moment(second, programs_gib=4 + 2 * math.sin(second / 40))) for second in seconds]


@pytest.mark.parametrize("ratio", [1.0, 1.25, 2.0])
@pytest.mark.parametrize("tokens", [LIGHT, DARK], ids=["light", "dark"])
def test_column_by_column_equals_all_at_once(qtbot: QtBot, moment: Callable[..., Snapshot], tokens: Tokens, ratio: float) -> None:
    known = points(moment, (at * 1.0 for at in range(420)))
    size = SIZE * ratio
    step_by_step = LayerColumns(tokens, size, SPAN, TOP, ratio)
    for point in known:
        step_by_step.add(point)
    at_once = LayerColumns(tokens, size, SPAN, TOP, ratio)
    at_once.fill(known)
    assert step_by_step.pixmap.toImage() == at_once.pixmap.toImage()
    assert step_by_step.pixmap.toImage() != LayerColumns(tokens, size, SPAN, TOP, ratio).pixmap.toImage()


def test_uneven_times_and_gaps_come_out_alike_too(qtbot: QtBot, moment: Callable[..., Snapshot]) -> None:
    known = points(moment, iter((0.0, 0.4, 0.9, 1.0, 2.3, 9.0, 30.0, 200.0, 201.0, 201.2, 260.0, 290.5)))
    step_by_step, at_once = (LayerColumns(LIGHT, SIZE, SPAN, TOP, 1.0) for _way in range(2))
    for point in known:
        step_by_step.add(point)
    at_once.fill(known)
    assert step_by_step.pixmap.toImage() == at_once.pixmap.toImage()


def test_a_tick_paints_no_more_than_its_columns(qtbot: QtBot, moment: Callable[..., Snapshot]) -> None:
    picture = LayerColumns(LIGHT, SIZE, SPAN, TOP, 1.0)
    known = points(moment, (at * 1.0 for at in range(330)))
    picture.fill(known[:300])
    before = picture.columns_painted
    for point in known[300:]:
        picture.add(point)
    assert picture.columns_painted - before <= 30 * (1 + math.ceil(SIZE.width() / SPAN))


def test_what_nobody_watched_stays_empty(qtbot: QtBot, moment: Callable[..., Snapshot]) -> None:
    picture = LayerColumns(LIGHT, SIZE, SPAN, TOP, 1.0)
    picture.fill(points(moment, iter((0.0, 1.0, 150.0, 151.0))))
    image = picture.pixmap.toImage()
    middle = SIZE.width() - round(75 / SPAN * SIZE.width())
    assert all(image.pixelColor(middle, y) == LIGHT.surface for y in range(SIZE.height()))


def test_an_unknown_layer_is_left_out_and_known_ones_keep_their_place(qtbot: QtBot, moment: Callable[..., Snapshot]) -> None:
    without = LayerColumns(LIGHT, SIZE, SPAN, TOP, 1.0)
    without.fill([point_of(moment(0.0, zram=None))])
    image = without.pixmap.toImage()
    column = {image.pixelColor(SIZE.width() - 1, y).name() for y in range(SIZE.height())}
    assert LIGHT.layers[0].fill.name() in column
    assert LIGHT.layers[4].fill.name() not in column
