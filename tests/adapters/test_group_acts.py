"""Orders on a program's group: carried out, taken back, and refused where the program is no longer where it was."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from guardian.adapters.cold_memory import ColdMemory, NotSwappedOut
from guardian.adapters.group_acts import GroupActs
from guardian.adapters.group_limiter import GroupLimiter
from guardian.adapters.performer import Performer
from guardian.kernel.cgroup import parse_membership
from guardian.kernel.process import Process, ProcessKey, parse_stat
from guardian.kernel.tree import KernelTree
from guardian.policy.act_words import done_words
from guardian.policy.acts import GroupLimit, LimitOrder, SwapOutOrder, SwappedOut, UndoOrder
from guardian.policy.group_limit import Place, place_of

MIB = 1 << 20


@pytest.fixture
def sleeper() -> Iterator[Process]:
    with subprocess.Popen(["sleep", "60"]) as running:
        stat = parse_stat(Path(f"/proc/{running.pid}/stat").read_text())
        yield Process(ProcessKey(running.pid, stat.start_ticks), "sleep", os.getpid(), "S", 0, 1, uid=os.geteuid())
        running.kill()


@pytest.fixture
def place(sleeper: Process) -> Place:
    """Where the sleeper really lives; its group's files are made up."""
    found = place_of(parse_membership(Path(f"/proc/{sleeper.pid}/cgroup").read_text()))
    if found is None:
        pytest.skip("this process lives in the root group, which nobody limits")
    return found


@pytest.fixture
def high(tmp_path: Path, place: Place) -> Path:
    (tmp_path / "proc/self").mkdir(parents=True)
    (tmp_path / "proc/self/mountinfo").write_text("29 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n")
    folder = tmp_path / "sys/fs/cgroup" / place.path.strip("/")
    folder.mkdir(parents=True)
    (folder / "memory.high").write_text("max\n")
    return folder / "memory.high"


@pytest.fixture
def performer(tmp_path: Path, high: Path) -> Performer:
    nowhere = f"unix:path={tmp_path}/none"
    environ = {"DBUS_SESSION_BUS_ADDRESS": nowhere, "DBUS_SYSTEM_BUS_ADDRESS": nowhere}
    return Performer(groups=GroupActs(GroupLimiter(KernelTree(str(tmp_path)), environ)))


def test_limited_told_and_taken_back(performer: Performer, high: Path, place: Place, sleeper: Process) -> None:
    done = performer.perform(LimitOrder("sleep", (sleeper,), place, 100 * MIB))
    assert done.act.limits == (GroupLimit(place.path, None, 100 * MIB),)
    assert done.act.can_undo
    assert done_words(done) == "sleep is held at 100 MiB, read back from memory.high; above it the kernel slows it down."
    undone = performer.perform(UndoOrder((done.act,)))
    assert undone.undone == (done.act,)
    assert done_words(undone) == "The group has its former limit, read back: no limit."
    assert high.read_text().startswith("max")


def test_two_limits_go_back_to_what_was_before_the_first(
    performer: Performer, high: Path, place: Place, sleeper: Process
) -> None:
    first = performer.perform(LimitOrder("sleep", (sleeper,), place, 200 * MIB)).act
    second = performer.perform(LimitOrder("sleep", (sleeper,), place, 100 * MIB)).act._replace(time=first.time + 1)
    performer.perform(UndoOrder((first, second)))
    assert high.read_text().startswith("max")


def test_what_somebody_else_set_since_stays(performer: Performer, high: Path, place: Place, sleeper: Process) -> None:
    act = performer.perform(LimitOrder("sleep", (sleeper,), place, 100 * MIB)).act
    high.write_text(f"{70 * MIB}\n")
    undone = performer.perform(UndoOrder((act,)))
    assert undone.act.limits == ()
    assert "Nothing was left to take back" in done_words(undone)
    assert high.read_text() == f"{70 * MIB}\n"


def test_a_program_that_left_its_group_or_ended_is_not_limited(
    performer: Performer, high: Path, place: Place, sleeper: Process
) -> None:
    elsewhere = place._replace(path="/elsewhere/x.scope")
    other = sleeper._replace(key=ProcessKey(sleeper.pid, sleeper.key.start_ticks + 1))
    for order in (LimitOrder("sleep", (sleeper,), elsewhere, 100 * MIB), LimitOrder("sleep", (other,), place, 100 * MIB)):
        done = performer.perform(order)
        assert done_words(done) == "sleep had already ended. Nothing was limited."
        assert not done.act.can_undo
    assert high.read_text() == "max\n"


class Cold(ColdMemory):
    """Gives an answer that is known before."""

    def __init__(self, answer: SwappedOut | NotSwappedOut) -> None:
        super().__init__()
        self._answer = answer

    def swap_out(self, cgroup: str | None, processes: object) -> SwappedOut:
        if isinstance(self._answer, NotSwappedOut):
            raise self._answer
        return self._answer


@pytest.mark.parametrize(
    "answer,words",
    [
        (
            SwappedOut(40 * MIB, 32 * MIB, 30 * MIB),
            (
                "x: 40 MiB left memory, 32 MiB of it went to swap. 30 MiB more memory is available now. "
                "It comes back by itself when it is used, so there is nothing to undo."
            ),
        ),
        (SwappedOut(0, 0, 5), "x: nothing was moved; it uses what it holds."),
        (NotSwappedOut("Not moved: no."), "Not moved: no."),
    ],
)
def test_what_moving_gave_is_told_and_is_no_undo(answer: SwappedOut | NotSwappedOut, words: str, sleeper: Process) -> None:
    done = Performer(groups=GroupActs(cold=Cold(answer))).perform(SwapOutOrder("x", (sleeper,), None))
    assert done_words(done) == words
    assert not done.act.can_undo
