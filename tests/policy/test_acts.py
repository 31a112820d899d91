"""An undo gives back what was before the first of the acts, and leaves alone what others set since."""

import pytest

from guardian.kernel.process import ProcessKey
from guardian.policy.act_words import done_words
from guardian.policy.acts import (
    MOST_ACTS,
    Act,
    Change,
    Done,
    ForgetOrder,
    PinOrder,
    SignalOrder,
    UndoOrder,
    UnitWish,
    tried_values,
    undo_steps,
    with_done,
)
from guardian.policy.pins import Keeper, Pin
from guardian.protocol.plans import UnitPlan
from guardian.protocol.rules import Rule

A, B = ProcessKey(10, 1), ProcessKey(11, 1)
RULE = Pin(Rule("exe", "/usr/bin/x", 500, id="my-1"), Keeper.AGENT)
WISH = UnitWish("a.service", user=True, plan=UnitPlan(100))


def changed(key: ProcessKey, before: int, now: int, time: float = 1.0) -> Act:
    return Act("x", time, (Change(key, "x", before, now),))


def test_one_act_goes_back() -> None:
    assert undo_steps([changed(A, 0, 500)], {A: 500}).write == (Change(A, "x", 500, 0),)


def test_several_go_back_to_before_the_first_whatever_their_order_in_the_list() -> None:
    acts = [changed(A, 500, -100, 2.0), changed(A, 0, 500, 1.0)]
    assert undo_steps(acts, {A: -100}).write == (Change(A, "x", -100, 0),)


@pytest.mark.parametrize("current", [{}, {A: 300}, {A: None}])
def test_who_ended_or_was_set_since_is_left_alone(current: dict[ProcessKey, int | None]) -> None:
    assert undo_steps([changed(A, 0, 500)], current).write == ()


def test_what_did_not_change_is_not_written() -> None:
    assert undo_steps([changed(A, 0, 500), changed(A, 500, 0, 2.0)], {A: 0}).write == ()


def test_rules_and_drop_ins_are_turned_round_and_cancel_out() -> None:
    steps = undo_steps([Act("x", 1.0, kept=(RULE,), units_gone=(WISH,))], {})
    assert (steps.forget, steps.keep, steps.unprotect, steps.protect) == ((RULE,), (), (), (WISH,))
    steps = undo_steps([Act("x", 1.0, kept=(RULE,), units=(WISH,)), Act("x", 2.0, forgotten=(RULE,), units_gone=(WISH,))], {})
    assert not any(steps)


def test_only_what_is_still_frozen_goes_on() -> None:
    acts = [Act("x", 1.0, frozen=(A, B)), Act("x", 2.0, continued=(B,))]
    assert undo_steps(acts, {A: 0, B: 0}).thaw == (A,)
    assert undo_steps(acts, {}).thaw == ()


def test_the_journal_grows_by_what_can_be_taken_back_and_shrinks_by_what_was() -> None:
    order = PinOrder("x", (), 500)
    act = changed(A, 0, 500)
    acts = with_done((), Done(order, act))
    assert acts == (act,)
    assert with_done(acts, Done(order, changed(A, 500, 500))) == acts
    assert with_done(acts, Done(SignalOrder("x", (), "TERM"), Act("x", 2.0, ended=(A,)))) == acts
    assert with_done(acts, Done(UndoOrder(acts), changed(A, 500, 0), undone=acts)) == ()
    assert len(with_done(tuple(changed(A, 0, n) for n in range(1, MOST_ACTS + 1)), Done(order, act))) == MOST_ACTS
    assert tried_values(acts) == {A: 500}


def test_a_refused_undo_keeps_the_way_back() -> None:
    act = Act("x", 1.0, kept=(RULE,))
    assert with_done((act,), Done(UndoOrder((act,)), Act("x", 2.0), ("no",))) == (act,)


@pytest.mark.parametrize(
    "done, words",
    [
        (
            Done(PinOrder("Sound", (), -500), Act("Sound", 1.0, tuple(Change(ProcessKey(n, 1), "p", 0, -500) for n in range(3)))),
            "Sound: 3 processes now have −500, read back from /proc.",
        ),
        (
            Done(PinOrder("x", (), 500), Act("x", 1.0, (Change(A, "x", 0, 500),), (RULE,))),
            "x now has +500, read back from /proc. Kept for those that start later.",
        ),
        (Done(PinOrder("x", (), 5), Act("x", 1.0), ("Not changed: no.",)), "Not changed: no."),
        (Done(PinOrder("x", (), 5), Act("x", 1.0), gone=1), "x had already ended. Nothing was changed."),
        (
            Done(SignalOrder("x", (), "STOP"), Act("x", 1.0, frozen=(A, B))),
            "x: 2 processes are frozen and keep their memory.",
        ),
        (Done(SignalOrder("x", (), "TERM"), Act("x", 1.0, ended=(A,))), "x: 1 process was asked to end."),
        (Done(SignalOrder("x", (), "KILL"), Act("x", 1.0, ended=(A,), forced=True)), "x: 1 process was ended."),
        (Done(ForgetOrder("x", RULE), Act("x", 1.0, forgotten=(RULE,))), "x: the plan is removed; what runs keeps its value."),
        (
            Done(UndoOrder(()), Act("x", 1.0, (Change(A, "x", 5, 0),), forgotten=(RULE,), continued=(B,))),
            "Taken back: 1 process has its former value, read back from /proc. 1 plan is removed. 1 process goes on.",
        ),
        (
            Done(UndoOrder(()), Act("x", 1.0)),
            "Nothing was left to take back: the programs have ended or set other values since.",
        ),
    ],
)
def test_what_was_done_in_words(done: Done, words: str) -> None:
    assert done_words(done) == words
