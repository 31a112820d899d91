"""The banner says the state, offers its acts in order, and tells screen readers once."""

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible, QAccessibleEvent
from pytestqt.qtbot import QtBot

from guardian.model.verdict import State, Verdict
from guardian.ui.banner import Banner
from guardian.ui.button import ActButton, Look
from guardian.ui.scheme import Scheme
from guardian.ui.verdict_words import BannerWords, banner_words

ACTS = (("start_agent", "Start the agent", Look.MAIN), ("measure_here", "Measure here", Look.PLAIN))


@pytest.fixture
def banner(qtbot: QtBot, scheme: Scheme) -> Banner:
    made = Banner(scheme)
    qtbot.addWidget(made)
    made.resize(900, 80)
    made.show()
    return made


@pytest.mark.parametrize("state", list(State))
def test_every_state_is_painted_with_its_shape_named(banner: Banner, verdict: Callable[..., Verdict], state: State) -> None:
    words = banner_words(verdict(state)) if state is not State.NO_DATA else BannerWords("No data", "")
    banner.show_words(state, words)
    assert banner.headline.text() == words.headline
    assert banner.accessibleName().startswith(f"State: {state.value}")
    assert not banner.grab().isNull()


def test_only_danger_tints_it(banner: Banner) -> None:
    tints = {}
    for state in State:
        banner.show_words(state, BannerWords("x", "y"))
        tints[state] = banner.grab().toImage().pixelColor(6, 40).name()
    tokens = banner.scheme.tokens
    assert tints[State.CALM] == tints[State.WATCH] == tints[State.NO_DATA] == tokens.surface.name()
    assert tints[State.CRITICAL] == tokens.states[State.CRITICAL].tint.name()
    assert tints[State.WARNING] == tokens.states[State.WARNING].tint.name()


def test_acts_are_pressed_by_keyboard_and_none_is_the_default(qtbot: QtBot, banner: Banner) -> None:
    banner.show_words(State.NO_DATA, BannerWords("No data", ""), ACTS)
    buttons = banner.findChildren(ActButton)
    assert [button.text() for button in buttons] == ["Start the agent", "Measure here"]
    assert not any(button.isDefault() or button.autoDefault() for button in buttons)
    for button, key in zip(buttons, (Qt.Key.Key_Return, Qt.Key.Key_Space), strict=True):
        with qtbot.waitSignal(banner.act_wanted) as pressed:
            qtbot.keyClick(button, key)
        assert pressed.args == [button.objectName()]


def test_the_same_acts_keep_their_buttons_and_their_focus(qtbot: QtBot, banner: Banner) -> None:
    banner.show_words(State.NO_DATA, BannerWords("No data for 12 s", ""), ACTS)
    before = banner.findChildren(ActButton)
    banner.show_words(State.NO_DATA, BannerWords("No data for 13 s", ""), ACTS)
    assert banner.findChildren(ActButton) == before


def test_screen_readers_hear_of_danger_once(banner: Banner, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[QAccessibleEvent] = []
    monkeypatch.setattr(QAccessible, "updateAccessibility", told.append)
    for state in (State.CALM, State.WATCH, State.WARNING, State.WARNING, State.CRITICAL, State.CRITICAL, State.CALM):
        banner.show_words(state, BannerWords(f"{state.value}", ""))
    assert len(told) == 2
    if hasattr(QAccessible, "AnnouncementPoliteness"):
        polite = QAccessible.AnnouncementPoliteness
        assert [event.politeness() for event in told] == [polite.Polite, polite.Assertive]  # type: ignore[attr-defined]


def test_in_a_narrow_window_the_acts_stand_under_the_words(qtbot: QtBot, banner: Banner) -> None:
    banner.show_words(State.NO_DATA, BannerWords("No data", "Why"), ACTS)
    banner.resize(500, 140)
    qtbot.wait(1)
    button = banner.findChildren(ActButton)[0]
    assert button.mapTo(banner, button.rect().topLeft()).y() > banner.headline.geometry().bottom()
