"""Killers: the one that acts first on top once there is danger; those that are not there in one line."""

from collections.abc import Callable

from pytestqt.qtbot import QtBot

from guardian.model.verdict import NextVictim, State, Verdict
from guardian.ui.killer_cards import KillerCard, KillerEntry, absent_words, killers_in_order
from guardian.ui.scheme import Scheme

Make = Callable[..., Verdict]


def shown(card: KillerCard) -> list[str]:
    return [entry.accessibleName() for entry in card.findChildren(KillerEntry) if entry.isVisibleTo(card)]


def test_calm_keeps_the_verdicts_order_and_danger_puts_the_nearest_first(verdict: Make) -> None:
    assert [one.killer for one in killers_in_order(verdict(State.CALM))] == ["kernel", "systemd-oomd"]
    assert [one.killer for one in killers_in_order(verdict(State.CRITICAL))] == ["systemd-oomd", "kernel"]


def test_an_entry_says_who_what_frees_and_how_far(qtbot: QtBot, scheme: Scheme, verdict: Make) -> None:
    card = KillerCard(scheme)
    qtbot.addWidget(card)
    card.resize(380, 400)
    card.show()
    card.show_verdict(verdict(State.CRITICAL))
    assert shown(card) == [
        "systemd-oomd, swap over 90 %, your terminal, vte-1.scope, 33 processes end with it, now 80 %",
        "Kernel, nothing left to free, code, 6120, alone, 15 GiB left",
    ]
    tags = [entry._tag.isVisibleTo(card) for entry in card.findChildren(KillerEntry)]
    assert tags == [True, False]
    assert not card.grab().isNull()
    card.show_verdict(verdict(State.CALM))
    assert not any(entry._tag.isVisibleTo(card) for entry in card.findChildren(KillerEntry))


def test_fewer_killers_leave_no_empty_entries(qtbot: QtBot, light: Scheme, verdict: Make) -> None:
    card = KillerCard(light)
    qtbot.addWidget(card)
    card.show_verdict(verdict(State.CALM))
    card.show_verdict(verdict(State.CALM, next_victims=()))
    assert shown(card) == []


def test_absent_killers_are_named_in_one_line_and_unjudged_ones_are_not_called_absent() -> None:
    oomd = NextVictim("systemd-oomd", "", "", None, "x", None, "/x", None, 0)
    assert absent_words(frozenset(), (oomd,)) == "earlyoom and nohang do not run here."
    assert absent_words(frozenset(), ()) == "systemd-oomd, earlyoom and nohang do not run here."
    assert absent_words(frozenset({"earlyoom"}), (oomd,)) == (
        "nohang does not run here. earlyoom runs here; whom it would end is not known yet."
    )


def test_the_link_asks_why(qtbot: QtBot, light: Scheme) -> None:
    card = KillerCard(light)
    qtbot.addWidget(card)
    assert card.link is not None
    with qtbot.waitSignal(card.why_wanted):
        card.link.click()
