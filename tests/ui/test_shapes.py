"""States are told by outline and filling, not by colour alone."""

from itertools import combinations

import pytest
from PySide6.QtGui import QColor
from pytestqt.qtbot import QtBot

from guardian.model.verdict import State
from guardian.ui.icons import DRAWINGS, icon_pixmap
from guardian.ui.shapes import state_icon, state_name, state_pixmap

INK = QColor("#000000")


def opacity(state: State, size: int, ratio: float = 1.0) -> list[list[int]]:
    image = state_pixmap(state, size, INK, ratio).toImage()
    return [[image.pixelColor(x, y).alpha() for x in range(image.width())] for y in range(image.height())]


@pytest.mark.parametrize("size", [16, 22, 32])
def test_every_two_shapes_differ_at_every_size(qtbot: QtBot, size: int) -> None:
    shapes = {state: opacity(state, size) for state in State}
    for one, other in combinations(State, 2):
        unlike = sum(abs(a - b) > 128 for x, y in zip(shapes[one], shapes[other], strict=True) for a, b in zip(x, y, strict=True))
        assert unlike >= size, (one, other)


@pytest.mark.parametrize("size", [16, 22, 32])
def test_the_filling_grows_with_danger(qtbot: QtBot, size: int) -> None:
    order = (State.CALM, State.WATCH, State.WARNING, State.CRITICAL)
    shares = []
    for state in order:
        rows = opacity(state, size)
        covered = [(x, y) for y, row in enumerate(rows) for x, alpha in enumerate(row) if alpha > 128]
        width = max(x for x, _y in covered) - min(x for x, _y in covered) + 1
        shares.append(len(covered) / width**2)
    assert shares[3] > shares[2] > shares[0]
    assert shares[3] > shares[1]


def test_marks_are_cut_out_so_that_the_ground_shows(qtbot: QtBot) -> None:
    for state in (State.WARNING, State.CRITICAL):
        rows = opacity(state, 32)
        row = rows[16]
        left, right = (next(at for at in way if row[at] > 200) for way in (range(32), range(31, -1, -1)))
        assert any(alpha < 100 for alpha in row[left:right]), state


def test_icons_have_every_size_a_panel_asks_for(qtbot: QtBot) -> None:
    sizes = {size.width() for size in state_icon(State.CALM, INK).availableSizes()}
    assert sizes >= {16, 22, 32}


def test_shapes_have_names() -> None:
    assert state_name(State.CRITICAL) == "State: critical"
    assert len({state_name(state) for state in State}) == len(State)


@pytest.mark.parametrize("name", sorted(DRAWINGS))
def test_every_drawing_leaves_ink_and_room(qtbot: QtBot, name: str) -> None:
    image = icon_pixmap(name, INK, 16, 2.0).toImage()
    inked = sum(image.pixelColor(x, y).alpha() > 100 for x in range(32) for y in range(32))
    assert 15 < inked < 700
