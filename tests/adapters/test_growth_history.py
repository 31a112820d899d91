"""Real programs, followed minute by minute as the agent does, with each minute made as short as it can be."""

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from guardian.adapters import growth_history
from guardian.adapters.boot_clock import boot_id, booted_at
from guardian.adapters.growth_history import kept_growers, look_inside
from guardian.adapters.history_store import HistoryStore, history_path
from guardian.kernel.errors import Vanished
from guardian.kernel.process import ProcessKey
from guardian.kernel.tree import KernelTree
from guardian.model.grower_search import GrowerSearch
from guardian.model.kept_sizes import Floors, Held, SizeWatch, Subject
from guardian.sampling.sampler import read_process

MIB = 1 << 20
KINDS = ("leaks", "rests", "starts", "collects", "caches", "opens tabs")
# Each line that comes in is a minute: what a program of that kind does in it, with real memory.
PROGRAM = """
import mmap, sys
kind, held = sys.argv[1], []

def take(mib):
    piece = mmap.mmap(-1, mib << 20, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    for page in range(0, mib << 20, 4096):
        piece[page] = 1
    held.append(piece)

take(8)
for minute, _line in enumerate(sys.stdin):
    if kind == "leaks":
        take(1)
    elif kind == "starts" and minute < 8:
        take(6)
    elif kind == "collects":
        take(5)
        if minute % 5 == 4:
            while len(held) > 1:
                held.pop().close()
    elif kind == "caches" and minute < 14 and minute % (1 + minute // 4) == 0:
        take(4)
    elif kind == "opens tabs" and minute in (3, 4, 7, 8, 9, 12, 26, 27, 30):
        take(12)
    print(minute, flush=True)
"""


class Programs:
    """One program of each kind, and the history that is written of them."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.started = [
            subprocess.Popen([sys.executable, "-c", PROGRAM, kind], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            for kind in KINDS
        ]
        self._watch, self._tree = SizeWatch(boot_id()), KernelTree("/")
        self.now, self._booted = time.time(), booted_at()

    def live(self, minutes: int) -> GrowerSearch:
        """Let all live so many minutes, and search."""
        for _minute in range(minutes):
            for program in self.started:
                assert program.stdin is not None
                assert program.stdout is not None
                program.stdin.write("\n")
                program.stdin.flush()
                program.stdout.readline()
            self.now += 60
            table = [read_process(self._tree, program.pid) for program in self.started]
            with HistoryStore(self.path) as store, store.transaction():
                for floors in self._watch.note(self.now, self._booted, table):
                    store.put_floors(floors)
        return kept_growers(self.path, self.now)

    def kind_of(self, pid: int | None) -> str:
        return next(kind for kind, program in zip(KINDS, self.started, strict=True) if program.pid == pid)

    def stop(self) -> None:
        for program in self.started:
            program.kill()
            program.communicate()


@pytest.fixture
def programs(tmp_path: Path) -> Iterator[Programs]:
    made = Programs(tmp_path / "h")
    yield made
    made.stop()


@pytest.mark.slow
def test_of_real_programs_only_the_leaking_one_is_told(programs: Programs) -> None:
    told = {programs.kind_of(one.subject.pid) for _minute in range(60) for one in programs.live(1).growers if one.subject.pid}
    assert told == {"leaks"}


@pytest.mark.slow
def test_a_real_leak_is_found_within_twenty_minutes_with_its_rate(programs: Programs) -> None:
    found = programs.live(21)
    (one,) = [grower for grower in found.growers if grower.subject.pid]
    assert programs.kind_of(one.subject.pid) == "leaks"
    assert one.growth.confidence >= 0.95
    assert one.growth.lowest <= MIB / 60 <= one.growth.highest
    assert found.fresh(programs.now)


def test_without_a_history_nothing_is_found(tmp_path: Path) -> None:
    assert kept_growers(tmp_path / "none").newest is None


def test_a_servers_history_is_read_where_there_is_no_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server, now = tmp_path / "server.sqlite", time.time()
    leaky = Subject("leaky", "leaky", now - 9000, "b", 7, 70)
    with HistoryStore(server) as store, store.transaction():
        for minute in range(41):
            store.put_floors(Floors(now - 60 * (40 - minute), 60, {leaky: Held((100 + 2 * minute) << 20)}))
    monkeypatch.setattr(growth_history, "SYSTEM_HISTORY", server)
    assert [one.subject for one in kept_growers().growers] == [leaky]
    # One's own, where it is of now, goes first.
    with HistoryStore(history_path()) as store, store.transaction():
        store.put_floors(Floors(now, 60, {leaky._replace(name="own"): Held(1 << 24)}))
    assert kept_growers().growers == ()


GROWER = """
import sys
held = []
for _line in sys.stdin:
    held.append(bytearray(b"1") * (3 << 20))
    print("ok", flush=True)
"""


def test_what_grows_inside_a_real_process() -> None:
    with subprocess.Popen([sys.executable, "-c", GROWER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as grower:
        assert grower.stdin is not None
        assert grower.stdout is not None

        def step(_seconds: float) -> bool:
            assert grower.stdin is not None
            assert grower.stdout is not None
            grower.stdin.write("\n")
            grower.stdin.flush()
            return bool(grower.stdout.readline())

        tree = KernelTree("/")
        key = read_process(tree, grower.pid).key
        step(0)
        look = look_inside(tree, key, wait=step)
        with pytest.raises(Vanished):
            look_inside(tree, ProcessKey(key.pid, key.start_ticks + 1))
        assert look_inside(tree, key, wait=lambda _seconds: False) is None
        grower.kill()
    assert look is not None
    assert 2.9 * MIB < look.grown < 8 * MIB
    assert look.growing[0].grown > 2.9 * MIB
    assert look.now.uss <= look.now.pss <= look.now.rss
