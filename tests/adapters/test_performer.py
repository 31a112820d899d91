"""Orders carried out on real processes, by real files; without a helper what needs none still works."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from guardian.adapters.helper_client import HelperClient
from guardian.adapters.performer import Performer
from guardian.adapters.user_rules import UserRuleFile
from guardian.adapters.user_units import UserUnits
from guardian.kernel.process import Process, ProcessKey, parse_stat
from guardian.policy.acts import ForgetOrder, PinOrder, SignalOrder, UndoOrder, UnitWish
from guardian.policy.pins import Keeper
from guardian.protocol.plans import UnitPlan
from guardian.protocol.rules import Rule


def process_of(pid: int) -> Process:
    stat = parse_stat(Path(f"/proc/{pid}/stat").read_text("utf-8", "replace"))
    return Process(ProcessKey(pid, stat.start_ticks), stat.comm, os.getpid(), stat.state, 0, 1, uid=os.geteuid())


def adj(pid: int) -> int:
    return int(Path(f"/proc/{pid}/oom_score_adj").read_text())


@pytest.fixture
def sleepers() -> Iterator[list[subprocess.Popen[bytes]]]:
    made = [subprocess.Popen([sys.executable, "-S", "-c", "import time; time.sleep(60)"]) for _each in range(2)]
    yield made
    for each in made:
        each.kill()
        each.wait()


@pytest.fixture
def rules(tmp_path: Path) -> UserRuleFile:
    return UserRuleFile(tmp_path / "rules.toml")


@pytest.fixture
def performer(tmp_path: Path, rules: UserRuleFile) -> Performer:
    nowhere = HelperClient({"DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={tmp_path}/none"})
    units = UserUnits({**os.environ, "XDG_CONFIG_HOME": str(tmp_path), "PATH": "/nowhere"}, "/nowhere/systemctl")
    return Performer(nowhere, rules, units)


def test_raised_read_back_and_taken_back(performer: Performer, sleepers: list[subprocess.Popen[bytes]]) -> None:
    targets = tuple(process_of(one.pid) for one in sleepers)
    before = [adj(one.pid) for one in sleepers]
    done = performer.perform(PinOrder("python", targets, 900))
    assert [adj(one.pid) for one in sleepers] == [900, 900]
    assert [(change.before, change.now) for change in done.act.changes] == [(value, 900) for value in before]
    assert done.refusals == ()
    undone = performer.perform(UndoOrder((done.act,)))
    assert undone.undone == (done.act,)
    assert [adj(one.pid) for one in sleepers] == before


def test_an_undo_leaves_alone_what_was_set_since(performer: Performer, sleepers: list[subprocess.Popen[bytes]]) -> None:
    targets = tuple(process_of(one.pid) for one in sleepers)
    done = performer.perform(PinOrder("python", targets, 900))
    Path(f"/proc/{sleepers[0].pid}/oom_score_adj").write_text("950")
    performer.perform(UndoOrder((done.act,)))
    assert [adj(one.pid) for one in sleepers] == [950, done.act.changes[1].before]


def test_who_had_ended_is_passed_over(performer: Performer, sleepers: list[subprocess.Popen[bytes]]) -> None:
    targets = tuple(process_of(one.pid) for one in sleepers)
    sleepers[0].kill()
    sleepers[0].wait()
    done = performer.perform(PinOrder("python", targets, 900))
    assert (done.gone, done.refusals) == (1, ())
    assert adj(sleepers[1].pid) == 900


def test_a_lasting_wish_is_kept_and_taken_back(
    performer: Performer, rules: UserRuleFile, sleepers: list[subprocess.Popen[bytes]]
) -> None:
    rule = Rule("exe", "/usr/bin/walk", 900)
    done = performer.perform(PinOrder("walk", (process_of(sleepers[0].pid),), 900, rule))
    (pin,) = done.act.kept
    assert pin.keeper is Keeper.AGENT
    assert [one.target for one in rules.read().rules] == ["/usr/bin/walk"]
    assert performer.pins()[0] == (pin,)
    performer.perform(UndoOrder((done.act,)))
    assert rules.read().rules == ()


def test_a_plan_that_is_removed_can_come_back(performer: Performer, rules: UserRuleFile) -> None:
    pin = performer.perform(PinOrder("walk", (), None, Rule("exe", "/usr/bin/walk", 900))).act.kept[0]
    removed = performer.perform(ForgetOrder("walk", pin))
    assert rules.read().rules == ()
    performer.perform(UndoOrder((removed.act,)))
    assert rules.read().rules == (pin.rule,)


def test_without_a_helper_lowering_is_refused_before_anything_changes(
    performer: Performer, rules: UserRuleFile, sleepers: list[subprocess.Popen[bytes]]
) -> None:
    before = adj(sleepers[0].pid)
    done = performer.perform(PinOrder("walk", (process_of(sleepers[0].pid),), -500, Rule("exe", "/usr/bin/walk", -500)))
    assert "system bus" in done.refusals[0]
    assert (done.act.changes, done.act.can_undo) == ((), False)
    assert adj(sleepers[0].pid) == before


def test_a_manager_that_is_not_there_refuses_and_changes_nothing(
    performer: Performer, sleepers: list[subprocess.Popen[bytes]], tmp_path: Path
) -> None:
    wish = UnitWish("a.service", user=True, plan=UnitPlan(300))
    done = performer.perform(PinOrder("a", (process_of(sleepers[0].pid),), 300, unit=wish))
    assert len(done.refusals) == 1
    assert done.act.units == ()
    assert not (tmp_path / "systemd" / "user" / "a.service.d").exists()
    assert done.act.changes == ()


def test_frozen_and_taken_back(performer: Performer, sleepers: list[subprocess.Popen[bytes]]) -> None:
    targets = tuple(process_of(one.pid) for one in sleepers)
    done = performer.perform(SignalOrder("python", targets, "STOP"))
    assert len(done.act.frozen) == 2
    wait_for(sleepers[0].pid, "T")
    performer.perform(UndoOrder((done.act,)))
    wait_for(sleepers[0].pid, "SR")


def test_an_end_is_sent_once_and_told_of_those_that_had_ended(
    performer: Performer, sleepers: list[subprocess.Popen[bytes]]
) -> None:
    targets = tuple(process_of(one.pid) for one in sleepers)
    assert len(performer.perform(SignalOrder("python", targets, "TERM")).act.ended) == 2
    assert [one.wait(5) for one in sleepers] == [-15, -15]
    again = performer.perform(SignalOrder("python", targets, "KILL"))
    assert again.gone == 2
    assert again.refusals[0].endswith("had already ended. Nothing was sent.")


def wait_for(pid: int, states: str) -> None:
    deadline = time.monotonic() + 5
    while process_of(pid).state not in states and time.monotonic() < deadline:
        time.sleep(0.01)
    assert process_of(pid).state in states
