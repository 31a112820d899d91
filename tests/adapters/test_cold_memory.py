"""Moving unused memory to swap: what is written and asked, what is refused and why.  Real kernels: tests/vm."""

import errno
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from guardian.adapters.cold_memory import ColdMemory, NotSwappedOut, in_pieces, own_mappings
from guardian.adapters.group_files import GroupFiles
from guardian.kernel.process import Process, ProcessKey, parse_stat
from guardian.kernel.tree import KernelTree
from guardian.policy.acts import SwappedOut

MIB, KIB = 1 << 20, 1 << 10
MAPS = """\
55d0a1000000-55d0a1021000 r-xp 00000000 08:01 131 /usr/bin/x
55d0a1221000-55d0a1222000 rw-p 00021000 08:01 131 /usr/bin/x
55d0a2000000-55d0a2400000 rw-p 00000000 00:00 0 [heap]
7f0000000000-7f0000100000 rw-s 00000000 00:05 9 /dev/shm/shared
7f0000100000-7f0000200000 rw-p 00000000 00:00 0
7ffe00000000-7ffe00021000 rw-p 00000000 00:00 0 [stack]
7ffe00100000-7ffe00102000 r-xp 00000000 00:00 0 [vdso]
ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0 [vsyscall]
"""


def test_only_private_writable_memory_is_meant() -> None:
    assert [length for _start, length in own_mappings(MAPS)] == [4 * KIB, 4 * MIB, MIB, 132 * KIB]


def test_a_large_mapping_is_asked_for_step_by_step() -> None:
    pieces = list(in_pieces([(0x1000, 20 * MIB), (0x9000_0000, 4 * KIB)]))
    assert pieces == [
        (0x1000, 8 * MIB), (0x1000 + 8 * MIB, 8 * MIB), (0x1000 + 16 * MIB, 4 * MIB), (0x9000_0000, 4 * KIB)
    ]  # fmt: skip


class Machine:
    """A machine in a folder whose one group has cold memory; `takes` is what each write moves."""

    def __init__(self, root: Path, swap_free: int = 512 * MIB, takes: int = 8 * MIB) -> None:
        self.root, self.takes = root, takes
        self.held, self.swapped, self.available = 200 * MIB, 0, 100 * MIB
        self.swap_free = swap_free
        self.writes: list[str] = []
        self.knows_swappiness = True
        self.group = root / "sys/fs/cgroup/app"
        self.refaults = self.wanted_back = 0
        self.inactive = 100
        self.group.mkdir(parents=True)
        (root / "proc/self").mkdir(parents=True)
        (root / "proc/self/mountinfo").write_text("29 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n")
        (self.group / "memory.reclaim").write_text("")
        self.show()

    def show(self) -> None:
        (self.group / "memory.stat").write_text(
            f"inactive_anon {self.inactive * MIB}\nactive_anon {(140 - self.inactive) * MIB}\nfile {60 * MIB}\n"
            f"workingset_refault_anon {self.refaults}\n"
        )
        (self.group / "memory.current").write_text(f"{self.held}\n")
        (self.group / "memory.swap.current").write_text(f"{self.swapped}\n")
        text = f"MemTotal: 1000000 kB\nMemFree: 1000 kB\nMemAvailable: {self.available // KIB} kB\n"
        (self.root / "proc/meminfo").write_text(f"{text}SwapTotal: 1000000 kB\nSwapFree: {self.swap_free // KIB} kB\n")

    def add(self, pid: int, state: str = "S") -> Process:
        folder = self.root / f"proc/{pid}"
        folder.mkdir()
        fields = " ".join([state, "1", *["0"] * 17, "77", *["0"] * 30])
        (folder / "stat").write_text(f"{pid} (app) {fields}\n")
        return Process(ProcessKey(pid, 77), "app", 1, "S", 0, 1, uid=os.getuid(), cgroup="/app")

    def write(self, name: str, text: str) -> None:
        """What the kernel does with a write to memory.reclaim."""
        assert name == "memory.reclaim"
        self.writes.append(text)
        if " " in text and not self.knows_swappiness:
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        asked = int(text.split(maxsplit=1)[0])
        moved = min(asked, self.takes)
        self.held, self.swapped, self.available = self.held - moved, self.swapped + moved, self.available + moved
        self.refaults += self.wanted_back
        self.show()
        if moved < asked:
            raise OSError(errno.EAGAIN, os.strerror(errno.EAGAIN))


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    made = Machine(tmp_path / "machine")

    def write(_files: GroupFiles, name: str, text: str) -> None:
        made.write(name, text)

    monkeypatch.setattr(GroupFiles, "write", write)
    return made


def cold(machine: Machine) -> ColdMemory:
    return ColdMemory(KernelTree(str(machine.root)), sleep=lambda _seconds: None)


def test_a_running_program_gives_what_it_did_not_use_lately(machine: Machine) -> None:
    given = cold(machine).swap_out("/app", [machine.add(50)])
    assert given == SwappedOut(100 * MIB, 100 * MIB, 100 * MIB)
    assert machine.writes == [*[f"{8 * MIB} swappiness=200"] * 12, f"{4 * MIB} swappiness=200"]


def test_where_nothing_was_aged_yet_the_older_half_is_asked_for(machine: Machine) -> None:
    machine.inactive = 0
    machine.show()
    assert cold(machine).swap_out("/app", [machine.add(50)]).left == 70 * MIB


def test_it_stops_when_what_was_moved_is_wanted_back(machine: Machine) -> None:
    machine.wanted_back = 1000
    assert cold(machine).swap_out("/app", [machine.add(50)]).left == 8 * MIB


def test_one_that_stands_still_gives_all(machine: Machine) -> None:
    assert cold(machine).swap_out("/app", [machine.add(50, "T")]).into_swap == 140 * MIB


def test_a_frozen_group_gives_all_though_its_processes_look_asleep(machine: Machine) -> None:
    (machine.group / "cgroup.freeze").write_text("1\n")
    assert cold(machine).swap_out("/app", [machine.add(50)]).into_swap == 140 * MIB


def test_older_kernels_are_asked_in_fewer_words(machine: Machine) -> None:
    machine.knows_swappiness = False
    assert cold(machine).swap_out("/app", [machine.add(50)]).left == 100 * MIB
    assert machine.writes[1:] == [*[f"{8 * MIB}"] * 12, f"{4 * MIB}"]


def test_it_stops_where_the_kernel_finds_no_more(machine: Machine) -> None:
    machine.takes = MIB
    assert cold(machine).swap_out("/app", [machine.add(50)]).left == 2 * MIB
    assert len(machine.writes) == 2


def test_half_of_the_free_swap_is_left_to_others(machine: Machine) -> None:
    machine.swap_free = 32 * MIB
    machine.show()
    assert cold(machine).swap_out("/app", [machine.add(50)]).into_swap == 16 * MIB


@pytest.mark.parametrize(
    "swap_free,group,state,words",
    [
        (0, "/app", "S", "No free swap"),
        (512 * MIB, None, "S", "Freeze it first"),
        (512 * MIB, "/gone", "S", "Freeze it first"),
        (512 * MIB, "/app", "Z", "already ended"),
    ],
)
def test_refusals(machine: Machine, swap_free: int, group: str | None, state: str, words: str) -> None:
    machine.swap_free = swap_free
    machine.show()
    with pytest.raises(NotSwappedOut, match=words):
        cold(machine).swap_out(group, [machine.add(50, state)])
    assert machine.writes == []


@pytest.fixture
def stopped() -> Iterator[Process]:
    """A real process with 30 MiB of its own that stands still."""
    code = "held = bytearray(30 << 20); print('there', flush=True); import time; time.sleep(60)"
    with subprocess.Popen([sys.executable, "-S", "-c", code], stdout=subprocess.PIPE) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == b"there\n"
        os.kill(running.pid, signal.SIGSTOP)
        until = time.monotonic() + 20
        while parse_stat(Path(f"/proc/{running.pid}/stat").read_text()).state != "T":
            assert time.monotonic() < until
        stat = parse_stat(Path(f"/proc/{running.pid}/stat").read_text())
        yield Process(ProcessKey(running.pid, stat.start_ticks), stat.comm, os.getpid(), "T", 0, 1, uid=os.getuid())
        running.kill()


def test_a_real_process_is_asked_through_its_pidfd_or_refused_in_words(stopped: Process, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where this machine has no swap nothing can move, but the kernel is asked all the same; a user may not ask at all."""
    monkeypatch.setattr(ColdMemory, "_swap_free", lambda _self: 512 * MIB)
    said = ""
    try:
        assert 0 <= ColdMemory(sleep=lambda _seconds: None).swap_out(None, [stopped]).into_swap <= 64 * MIB
    except NotSwappedOut as refused:
        said = str(refused)
    assert not said or "CAP_SYS_NICE" in said or "5.10" in said
    assert said or os.geteuid() == 0
    os.kill(stopped.pid, signal.SIGCONT)
    assert Path(f"/proc/{stopped.pid}").is_dir()


def test_a_real_process_is_asked_in_steps_so_that_nobody_waits_long(stopped: Process, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ColdMemory, "_swap_free", lambda _self: 512 * MIB)
    try:
        steps = list(ColdMemory().steps(None, [stopped]))
    except NotSwappedOut as refused:
        pytest.skip(str(refused))
    assert len(steps) >= 4


def test_a_pid_that_is_used_again_is_not_touched(stopped: Process, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ColdMemory, "_swap_free", lambda _self: 512 * MIB)
    other = stopped._replace(key=ProcessKey(stopped.pid, stopped.key.start_ticks + 1))
    with pytest.raises(NotSwappedOut, match="already ended"):
        ColdMemory().swap_out(None, [other])
