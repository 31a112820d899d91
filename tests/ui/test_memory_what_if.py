"""More memory, on paper: numbers in, room, forecast and ranking out; nothing is changed."""

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from guardian.kernel.process import Process
from guardian.model.more_memory import More
from guardian.model.verdict import State, Verdict
from guardian.sampling.snapshot import Snapshot
from guardian.ui.memory_what_if import MemoryWhatIf
from guardian.ui.scheme import Scheme

GIB = 1 << 30


@pytest.fixture
def card(qtbot: QtBot, scheme: Scheme) -> MemoryWhatIf:
    made = MemoryWhatIf(scheme)
    qtbot.addWidget(made)
    made.resize(640, 360)
    return made


def test_it_waits_for_a_measurement_and_for_a_number(
    card: MemoryWhatIf, snapshot: Callable[..., Snapshot], make_process: Callable[..., Process]
) -> None:
    assert card.answer.text() == "Measuring"
    card.show_snapshot(snapshot([make_process(5, "code", 500), make_process(6, "ld", 90)]))
    assert card.answer.text().startswith("Room is ")
    assert card.more.text() == "Enter how much more there would be."


def test_numbers_typed_give_room_forecast_and_ranking(
    card: MemoryWhatIf,
    qtbot: QtBot,
    snapshot: Callable[..., Snapshot],
    make_process: Callable[..., Process],
    verdict: Callable[..., Verdict],
) -> None:
    card.show_snapshot(snapshot([make_process(5, "code", 500), make_process(6, "ld", 90)]))
    card.show_verdict(verdict(State.WARNING))
    field = card.fields["swap"]
    field.selectAll()
    qtbot.keyClicks(field, "16")
    assert card.wished == More(swap=16 * GIB)
    assert "+16 GiB" in card.answer.text()
    assert "it would last" in card.more.text()
    assert "First to be ended stays" in card.more.text()
    assert card.bars.accessibleDescription() == card.answer.text()
    qtbot.keyClick(field, Qt.Key.Key_Up)
    assert card.wished.swap == 17 * GIB


def test_what_is_assumed_is_said_and_drawn(
    card: MemoryWhatIf, snapshot: Callable[..., Snapshot], make_process: Callable[..., Process]
) -> None:
    card.show_snapshot(snapshot([make_process(5, "code", 500), make_process(6, "ld", 90)]))
    card.fields["zram"].setValue(4)
    card.fields["ram"].setValue(8)
    assert "zram" in card.more.text()
    assert "…" in card.answer.text()
    assert not card.grab().isNull()


def test_without_a_table_nobody_is_ranked(
    card: MemoryWhatIf, snapshot: Callable[..., Snapshot], make_process: Callable[..., Process]
) -> None:
    made = snapshot([make_process(5)])
    card.show_snapshot(made._replace(sample=made.sample._replace(processes=None), victims=()))
    card.fields["ram"].setValue(8)
    assert "ended" not in card.more.text()


def test_every_field_has_a_name(card: MemoryWhatIf) -> None:
    names = [field.accessibleName() for field in card.fields.values()]
    assert names == ["RAM more, in GiB", "Swap on a disk more, in GiB", "zram more, in GiB"]
