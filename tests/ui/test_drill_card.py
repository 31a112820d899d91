"""The drill's card: how it goes is followed, it can be stopped, and what it showed is said in the words of the command line."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from guardian.adapters.confinement import CannotConfine, Confinement
from guardian.ui.drill_card import COMMAND, DrillCard
from guardian.ui.scheme import Scheme

LONG = 90_000
Make = Callable[..., DrillCard]
PROOFS = (
    '{"schema": 1, "passed": false, "proofs": [{"name": "Warning", "shown": true, "words": "It came 9.7 s before."},'
    ' {"name": "Ranking", "shown": false, "words": "Predicted: 1. Ended: 2."}, {"name": "History", "shown": null, "words": ""}]}'
)


@pytest.fixture
def make(qtbot: QtBot, light: Scheme) -> Iterator[Make]:
    made: list[DrillCard] = []

    def card(command: tuple[str, ...] = COMMAND) -> DrillCard:
        made.append(DrillCard(light, command=command))
        qtbot.addWidget(made[-1])
        made[-1].show()
        return made[-1]

    yield card
    for one in made:
        one.stop()


def script(code: str) -> tuple[str, ...]:
    return (sys.executable, "-S", "-c", code)


def results(card: DrillCard) -> list[str]:
    return [card.result.itemAt(at).widget().text() for at in range(card.result.count())]


def test_how_it_goes_and_what_it_showed(make: Make, qtbot: QtBot) -> None:
    card = make(
        script(f"import sys; print('2.0 s: 24 MiB of 96 MiB held', file=sys.stderr, flush=True); input(); print('''{PROOFS}''')")
    )
    card.button.click()
    assert card.button.text() == "Stop"
    qtbot.waitUntil(lambda: card.progress.text() == "2.0 s: 24 MiB of 96 MiB held", timeout=LONG)
    card._process.write(b"\n")
    qtbot.waitUntil(lambda: not card.running, timeout=LONG)
    assert card.progress.text() == "Not all of it works here:"
    assert results(card) == [
        "Warning: works. It came 9.7 s before.",
        "Ranking: does not work. Predicted: 1. Ended: 2.",
        "History: cannot be told here.",
    ]
    assert card.button.text() == "Start the drill"


def test_why_there_is_none(make: Make, qtbot: QtBot) -> None:
    card = make(script("import sys; sys.exit('guardian: No drill: no memory group can be made here')"))
    card.button.click()
    qtbot.waitUntil(lambda: not card.running, timeout=LONG)
    assert card.progress.text() == "guardian: No drill: no memory group can be made here"
    assert results(card) == []


def test_a_program_that_is_not_there(make: Make, qtbot: QtBot) -> None:
    card = make(("/nowhere/python",))
    card.button.click()
    qtbot.waitUntil(lambda: not card.running, timeout=LONG)
    assert card.progress.text().startswith("No drill: ")
    assert card.button.isEnabled()


@pytest.mark.slow
def test_the_real_one_is_stopped_and_leaves_no_group(make: Make, qtbot: QtBot) -> None:
    try:
        with Confinement(64 << 20) as trial:
            parent = trial.folder.parent
    except CannotConfine as reason:
        pytest.skip(str(reason))
    card = make()
    card.button.click()
    qtbot.waitUntil(lambda: "held" in card.progress.text(), timeout=LONG)
    ours = parent / f"oom-guardian-drill-{card._process.processId()}"
    assert Path(ours).is_dir()
    card.button.click()
    qtbot.waitUntil(lambda: not card.running, timeout=LONG)
    assert card.progress.text() == "Stopped. Nothing of it is left."
    assert not ours.exists()


@pytest.mark.slow
def test_the_real_one_to_its_end(make: Make, qtbot: QtBot) -> None:
    try:
        Confinement(64 << 20).remove()
    except CannotConfine as reason:
        pytest.skip(str(reason))
    card = make()
    card.button.click()
    qtbot.waitUntil(lambda: not card.running, timeout=LONG)
    assert card.progress.text() == "All of it works here.", results(card)
    assert any(one.startswith("Warning: works. It came ") for one in results(card))
