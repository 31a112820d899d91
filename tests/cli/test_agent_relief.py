"""What the agent does about memory that a frozen program keeps, bit by bit between other things."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from guardian.adapters.agent_service import ActRefused
from guardian.adapters.cold_memory import ColdMemory, NotSwappedOut
from guardian.adapters.freezer import Freezer
from guardian.adapters.poll_loop import PollLoop
from guardian.cli.agent_relief import Relief
from guardian.kernel.errors import KernelFileError
from guardian.kernel.meminfo import MemInfo
from guardian.kernel.process import Process, ProcessKey
from guardian.kernel.tree import KernelTree
from guardian.model.verdict import State, Verdict
from guardian.policy.acts import SwappedOut
from guardian.policy.relief import Frozen, Target
from guardian.policy.settings import DEFAULTS
from guardian.sampling.sample import Sample
from guardian.sampling.scoring import scoring_of
from guardian.sampling.snapshot import Snapshot, interpret

MIB, GIB = 1 << 20, 1 << 30
KEY = ProcessKey(os.getpid(), 77)


class World:
    """A Relief with one program frozen as a group, and all that it told."""

    def __init__(self, folder: Path) -> None:
        group = folder / "groups" / "app-x-1.scope"
        group.mkdir(parents=True)
        (group / "cgroup.freeze").write_text("0")
        self.loop = PollLoop()
        self.said: list[str] = []
        self.notes: list[tuple[str, str, str | None]] = []
        self.told: list[tuple[str, str]] = []
        freezer = Freezer(str(folder / "state"), groups=str(folder / "groups"))
        self.relief = Relief(KernelTree("/"), freezer, self.said.append, self._note, _nothing, _nothing, self.loop, self._swapped)
        self.process = Process(KEY, "ld", 1, "S", 0, 1, uid=os.getuid(), cgroup="/app-x-1.scope")
        self.entry: Frozen = freezer.freeze(Target("ld", (self.process,), "/app-x-1.scope"))

    def _note(self, _when: float, act: str, target: str, result: str | None) -> None:
        self.notes.append((act, target, result))

    def _swapped(self, entry: Frozen, words: str) -> None:
        self.told.append((entry.name, words))

    def look(self, swap_free: int) -> None:
        """The agent has looked at a machine with so much free swap."""
        memory = MemInfo(16 * GIB, GIB, swap_total=8 * GIB, swap_free=swap_free)
        sample = Sample(1.0, 1.0, 4096, memory, None, None, None, None, None, None, (self.process,))
        snapshot: Snapshot = interpret(sample, None, scoring_of("6.12.0"))
        verdict = Verdict(1.0, State.CALM, GIB, GIB, 0, None, None, None, None, (), (), (), ())
        self.relief.tick(verdict, snapshot, DEFAULTS)


def _nothing(_entry: Frozen, _by: bool) -> None:
    """Nobody needs to hear of it."""


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def steps_of(values: Sequence[SwappedOut | Exception]) -> Any:
    def steps(_self: ColdMemory, cgroup: str, processes: Sequence[Process]) -> Iterator[SwappedOut]:
        assert cgroup == "/app-x-1.scope"
        assert [one.key for one in processes] == [KEY]
        for value in values:
            if isinstance(value, Exception):
                raise value
            yield value

    return steps


def test_it_moves_bit_by_bit_and_says_what_that_gave(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        ColdMemory, "steps", steps_of([SwappedOut(8 * MIB, 8 * MIB, MIB), SwappedOut(16 * MIB, 12 * MIB, 9 * MIB)])
    )
    world.look(GIB)
    assert world.relief.may_swap_out(world.entry)
    world.relief.swap_out(*KEY)
    # One thing at a time: until it is done nothing else is moved, and the loop has had its turn in between.
    assert not world.relief.may_swap_out(world.entry)
    assert world.told == []
    for _turn in range(4):
        world.loop.turn(0)
    ((name, words),) = world.told
    assert name == "ld"
    assert words.startswith("ld: 16 MiB left memory, 12 MiB of it went to swap. 9.0 MiB more memory is available now.")
    assert ("swap out", "ld", None) in world.notes
    assert world.relief.may_swap_out(world.entry)


@pytest.mark.parametrize("refusal", [NotSwappedOut("Not moved: no."), KernelFileError("Not moved", "no.")])
def test_why_nothing_could_be_moved_is_told_and_noted(world: World, monkeypatch: pytest.MonkeyPatch, refusal: Exception) -> None:
    monkeypatch.setattr(ColdMemory, "steps", steps_of([refusal]))
    world.look(GIB)
    world.relief.swap_out(*KEY)
    assert world.told == [("ld", "Not moved: no.")]
    assert ("swap out", "ld", "Not moved: no.") in world.notes


def test_what_is_not_frozen_or_has_nowhere_to_go_is_refused(world: World) -> None:
    world.look(0)
    assert not world.relief.may_swap_out(world.entry)
    with pytest.raises(ActRefused, match="no free swap"):
        world.relief.swap_out(*KEY)
    with pytest.raises(ActRefused, match="was not frozen by OOM Guardian"):
        world.relief.swap_out(KEY.pid, KEY.start_ticks + 1)
    assert world.told == []
