"""Page Now: paints in every state and scheme without a warning, fades what is old, arranges itself by width."""

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from guardian.adapters.agent_values import FrozenProgram
from guardian.kernel.process import ProcessKey
from guardian.model.verdict import State, Verdict
from guardian.sampling.snapshot import Snapshot
from guardian.ui.button import ActButton
from guardian.ui.now_page import NowPage
from guardian.ui.scheme import Scheme

Moment, MakeVerdict = Callable[..., Snapshot], Callable[..., Verdict]


@pytest.fixture
def page(qtbot: QtBot, scheme: Scheme) -> NowPage:
    made = NowPage(scheme)
    qtbot.addWidget(made)
    made.resize(1020, 736)
    made.show()
    return made


def feed(page: NowPage, moment: Moment, seconds: int, start: int = 0) -> None:
    for second in range(start, start + seconds):
        page.show_snapshot(moment(second))


def colours(widget: QWidget) -> set[int]:
    image = widget.grab().toImage()
    return {image.pixel(x, y) for x in range(0, image.width(), 3) for y in range(0, image.height(), 3)}


@pytest.mark.parametrize("state", [None, *State])
def test_every_state_is_painted(page: NowPage, moment: Moment, verdict: MakeVerdict, state: State | None) -> None:
    feed(page, moment, 40)
    page.show_verdict(None if state is None else verdict(state))
    assert len(colours(page)) > 20


def test_before_the_first_sample_frames_and_axes_stand_and_it_says_measuring(page: NowPage) -> None:
    assert page.banner.headline.text() == "Measuring"
    assert page.banner.why.text() == "The first forecast needs 30 s."
    assert len(colours(page.cards.area)) > 3
    assert len(colours(page.cards.room)) > 3


def test_values_are_those_of_the_sample(page: NowPage, moment: Moment) -> None:
    feed(page, moment, 3)
    assert page.composition.note.text() == "15.5 GiB in all, values in GiB"
    assert ("Programs", "4.6") in page.composition.bar.rows()
    assert page.composition._pressure.text() == "0.4 %"
    assert page.composition._swap.text() == "Swap on zram 1.0 of 8 GiB"


def test_values_of_a_silent_agent_stay_fade_and_get_their_time(page: NowPage, moment: Moment, verdict: MakeVerdict) -> None:
    feed(page, moment, 30)
    page.show_verdict(verdict(State.CALM))
    fresh = colours(page.composition.bar)
    silent = verdict(State.NO_DATA)
    page.show_verdict(silent)
    assert colours(page.composition.bar).isdisjoint({page.scheme.tokens.layers[2].fill.rgb()})
    assert page.scheme.tokens.layers[2].fill.rgb() in fresh
    assert [button.text() for button in page.banner.findChildren(ActButton)] == ["Start the agent", "Measure here"]
    rows = page.cards.area.area.rows()
    page.show_snapshot(moment(31, programs_gib=6))
    assert ("Programs", "4.6") in page.composition.bar.rows()
    page.show_verdict(verdict(State.CALM))
    page.show_snapshot(moment(32, programs_gib=6))
    assert ("Programs", "6.0") in page.composition.bar.rows()
    assert len(page.cards.area.area.rows()) == len(rows) + 2


def test_the_acts_of_a_silent_agent_are_asked_for(qtbot: QtBot, page: NowPage, moment: Moment, verdict: MakeVerdict) -> None:
    page.show_verdict(verdict(State.NO_DATA))
    for button, name in zip(page.banner.findChildren(ActButton), ("start_agent", "measure_here"), strict=True):
        with qtbot.waitSignal(page.act_wanted) as asked:
            button.click()
        assert asked.args == [name]


def test_danger_offers_what_can_be_undone_first(qtbot: QtBot, page: NowPage, moment: Moment, verdict: MakeVerdict) -> None:
    feed(page, moment, 3)
    critical = verdict(State.CRITICAL)
    page.show_verdict(critical)
    assert [button.text() for button in page.banner.findChildren(ActButton)] == ["Freeze ld.lld", "End ld.lld…"]
    code = critical.next_victims[0]
    page.show_verdict(critical._replace(next_victims=(code,)))
    qtbot.wait(1)
    buttons = [button for button in page.banner.findChildren(ActButton) if button.isVisibleTo(page)]
    assert [button.text() for button in buttons] == ["Freeze ld.lld", "End ld.lld…", "Protect…"]
    for button, key in zip(buttons, (critical.growers[0].key, critical.growers[0].key, code.key), strict=True):
        with qtbot.waitSignal(page.process_act_wanted) as asked:
            button.click()
        assert asked.args == [button.objectName(), key]


def test_what_grows_is_not_offered_protection(page: NowPage, verdict: MakeVerdict) -> None:
    critical = verdict(State.CRITICAL)
    linker = critical.next_victims[0]._replace(key=critical.growers[0].key)
    page.show_verdict(critical._replace(next_victims=(linker,)))
    assert [button.text() for button in page.banner.findChildren(ActButton)] == ["Freeze ld.lld", "End ld.lld…"]


def test_who_grows_is_there_from_watch_on(page: NowPage, verdict: MakeVerdict) -> None:
    for state, there in ((State.CALM, False), (State.WATCH, True), (State.CRITICAL, True), (State.CALM, False)):
        page.show_verdict(verdict(state))
        assert page.cards.growers.isVisibleTo(page) is there


def test_a_narrow_page_has_two_cards_with_tabs_and_a_wide_one_four_again(
    qtbot: QtBot, page: NowPage, moment: Moment, verdict: MakeVerdict
) -> None:
    feed(page, moment, 20)
    page.show_verdict(verdict(State.CRITICAL))
    for _turn in range(2):
        page.resize(752, 576)
        qtbot.wait(1)
        assert [card.isVisibleTo(page) for card in four(page)] == [False, True, False, True]
        assert not page.composition.note.isVisibleTo(page)
        page.resize(1020, 736)
        qtbot.wait(1)
        assert [card.isVisibleTo(page) for card in four(page)] == [True, True, True, True]
        assert all(card.link is None or card.link.isVisibleTo(page) for card in four(page))
    assert len(colours(page)) > 20


def four(page: NowPage) -> tuple[QWidget, ...]:
    return (page.cards.area, page.cards.room, page.cards.growers, page.cards.killers)  # type: ignore[return-value]


def test_tabs_are_changed_by_keyboard_and_carry_the_cards_link(qtbot: QtBot, page: NowPage, moment: Moment) -> None:
    from PySide6.QtWidgets import QRadioButton

    feed(page, moment, 5)
    page.resize(752, 576)
    left = page.cards.panes()[0]
    first = next(tab for tab in left.findChildren(QRadioButton) if tab.text() == "Room left")
    with qtbot.waitActive(page):
        page.activateWindow()
    first.setFocus()
    qtbot.keyClick(first, Qt.Key.Key_Right)
    assert page.cards.area.isVisibleTo(page)
    left._link.click()  # type: ignore[attr-defined]
    assert page.cards.area.shows_table
    assert left._link.text() == "Chart"  # type: ignore[attr-defined]


def test_space_on_a_chart_holds_all_values_until_pressed_again(
    qtbot: QtBot, page: NowPage, moment: Moment, verdict: MakeVerdict
) -> None:
    feed(page, moment, 5)
    said: list[str] = []
    page.status_said.connect(said.append)
    qtbot.keyClick(page.composition.bar, Qt.Key.Key_Space)
    page.show_snapshot(moment(6, programs_gib=6))
    assert ("Programs", "4.6") in page.composition.bar.rows()
    qtbot.keyClick(page.composition.bar, Qt.Key.Key_Space)
    page.show_snapshot(moment(7, programs_gib=6))
    assert ("Programs", "6.0") in page.composition.bar.rows()
    assert said == ["Paused", ""]


def test_samples_that_were_not_shown_are_in_the_charts_all_the_same(page: NowPage, moment: Moment) -> None:
    feed(page, moment, 5)
    page.grab()
    for second in range(5, 60):
        page.remember(moment(second, programs_gib=6))
    page.show_snapshot(moment(60, programs_gib=6))
    area = page.cards.area.area
    assert len(area.rows()) == 61
    assert area.picture().pixmap.toImage() == area.full_picture().pixmap.toImage()


def test_a_change_of_scheme_repaints_everything(page: NowPage, moment: Moment) -> None:
    feed(page, moment, 10)
    before = page.grab().toImage().pixelColor(30, 30)
    page.scheme.force(not page.scheme.dark)
    feed(page, moment, 1, start=10)
    assert page.grab().toImage().pixelColor(30, 30) != before
    area = page.cards.area.area
    assert area.picture().tokens is page.scheme.tokens


def act_names(page: NowPage) -> list[str]:
    # Buttons of before may still be there until Qt takes them away.
    return [name for name, _words, _look in page.banner._acts]


def test_what_is_frozen_is_reminded_of_with_the_ways_on(
    qtbot: QtBot, page: NowPage, moment: Moment, verdict: MakeVerdict
) -> None:
    feed(page, moment, 3)
    page.show_verdict(verdict(State.CALM))
    assert act_names(page) == []
    linker = FrozenProgram("ld.lld", ProcessKey(48211, 7), 3, by_rule=True)
    page.show_frozen((linker,))
    assert page.banner.why.text().endswith("ld.lld is frozen and keeps its memory.")
    assert [button.text() for button in page.banner.findChildren(ActButton)] == ["Continue ld.lld", "Move ld.lld to swap"]
    with qtbot.waitSignal(page.process_act_wanted) as wanted:
        qtbot.mouseClick(page.banner.findChildren(ActButton)[0], Qt.MouseButton.LeftButton)
    assert wanted.args == ["thaw", linker.key]
    page.show_verdict(verdict(State.CRITICAL))
    assert act_names(page) == ["freeze", "end", "swap_out"]
    # The one that stands still already is not offered once more.
    assert [words for _name, words, _look in page.banner._acts][:2] == ["Freeze clang++", "End clang++…"]
    page.show_verdict(verdict(State.CALM))
    page.show_frozen(())
    assert "frozen" not in page.banner.why.text()
    assert act_names(page) == []
