"""Small trees built file by file, and a farm of real processes that do what they are told."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from guardian.kernel.tree import KernelTree

MEMINFO = """MemTotal:       16252928 kB
MemFree:         3670016 kB
MemAvailable:    9000000 kB
Buffers:          100000 kB
Cached:          4000000 kB
SwapTotal:       8388604 kB
SwapFree:        7000000 kB
AnonPages:       5000000 kB
Shmem:            300000 kB
"""

FARM = r"""
import ctypes, os, sys
prctl = ctypes.CDLL(None).prctl
prctl(1, 9, 0, 0, 0)
count = int(sys.argv[1])
pipes = []
for at in range(count):
    read, write = os.pipe()
    done_read, done_write = os.pipe()
    pid = os.fork()
    if pid == 0:
        prctl(1, 9, 0, 0, 0)
        os.write(done_write, b"r")
        commands, held = os.fdopen(read), []
        for line in commands:
            word, _, rest = line.strip().partition(" ")
            if word == "adj":
                open("/proc/self/oom_score_adj", "w").write(rest)
            elif word == "grow":
                held.append(bytearray(os.urandom(4096)) * (int(rest) // 4096))
            elif word == "name":
                prctl(15, eval(rest), 0, 0, 0)
            elif word == "exit":
                os._exit(0)
            os.write(done_write, b".")
        os._exit(0)
    os.close(read), os.close(done_write)
    # Only now its death is bound to ours.
    os.read(done_read, 1)
    pipes.append((pid, write, done_read))
print(" ".join(str(pid) for pid, _, _ in pipes), flush=True)
for line in sys.stdin:
    at, _, rest = line.strip().partition(" ")
    pid, write, done = pipes[int(at)]
    os.write(write, (rest + "\n").encode())
    if rest == "exit":
        os.waitpid(pid, 0)
    elif rest != "zombie":
        os.read(done, 1)
    print("done", flush=True)
"""


class FakeTree(KernelTree):
    """A tree of files made for a test: `write` any, `add` processes."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.folder = folder
        self.write("proc/meminfo", MEMINFO)
        self.write("proc/sys/kernel/osrelease", "6.12.0\n")

    def write(self, path: str, text: str | bytes) -> None:
        """Write a file, with the folders above it."""
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text if isinstance(text, bytes) else text.encode())

    def add(self, pid: int, *, name: str = "idle", rss: int | None = 4 << 20, swap: int = 0, adj: int = 0, score: int = 666,
            state: str = "S", flags: int = 0x400000, start: int = 1000, threads: int = 1, uid: int = 1000, ppid: int = 1,
            cgroup: str = "/user.slice") -> None:  # fmt: skip
        """A process; `rss` None is one without an mm."""
        fields = [
            state,
            ppid,
            pid,
            pid,
            0,
            -1,
            flags,
            0,
            0,
            0,
            0,
            5,
            6,
            0,
            0,
            20,
            0,
            threads,
            0,
            start,
            8 << 20,
            (rss or 0) // 4096,
        ]
        self.write(f"proc/{pid}/stat", f"{pid} ({name}) " + " ".join(map(str, fields + [0] * 28)) + "\n")
        memory = "" if rss is None else (
            f"VmSize:\t  8192 kB\nVmRSS:\t{rss // 1024} kB\nRssAnon:\t{rss // 1024} kB\nRssFile:\t0 kB\nRssShmem:\t0 kB\n"
            f"VmPTE:\t40 kB\nVmSwap:\t{swap // 1024} kB\n"
        )  # fmt: skip
        escaped = name.replace("\\", "\\\\").replace("\n", "\\n")
        self.write(
            f"proc/{pid}/status",
            f"Name:\t{escaped}\nUmask:\t0022\nState:\t{state} (sleeping)\nTgid:\t{pid}\nPid:\t{pid}\nPPid:\t{ppid}\n"
            f"Uid:\t{uid}\t{uid}\t{uid}\t{uid}\nGid:\t{uid}\t{uid}\t{uid}\t{uid}\n"
            f"FDSize:\t64\nGroups:\t{uid} \n{memory}Threads:\t{threads}\n"
            "SigPnd:\t0000000000000000\nShdPnd:\t0000000000000000\nSigBlk:\t0000000000000000\n",
        )
        self.write(f"proc/{pid}/statm", f"2048 {(rss or 0) // 4096} 0 0 0 0 0\n")
        self.write(f"proc/{pid}/oom_score", f"{score}\n")
        self.write(f"proc/{pid}/oom_score_adj", f"{adj}\n")
        self.write(f"proc/{pid}/cgroup", f"0::{cgroup}\n")


class Farm:
    """Real idle processes that grow, change their adjustment or name, and end, each on its own command."""

    def __init__(self, count: int) -> None:
        self._master = subprocess.Popen(
            [sys.executable, "-S", "-E", "-c", FARM, str(count)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self._master.stdout is not None
        self.pids = [int(pid) for pid in self._master.stdout.readline().split()]
        assert len(self.pids) == count

    def tell(self, at: int, command: str) -> None:
        """Have the process number `at` do something, and wait until it is done."""
        assert self._master.stdin is not None
        assert self._master.stdout is not None
        self._master.stdin.write(f"{at} {command}\n")
        self._master.stdin.flush()
        assert self._master.stdout.readline() == "done\n"

    def kill(self, at: int) -> None:
        """End a process, which stays a zombie of its parent."""
        os.kill(self.pids[at], signal.SIGKILL)
        until = time.monotonic() + 10
        while " (zombie)" not in Path(f"/proc/{self.pids[at]}/status").read_text(errors="replace"):
            assert time.monotonic() < until
            time.sleep(0.01)

    def close(self) -> None:
        """End all."""
        self._master.kill()
        self._master.communicate(timeout=30)


@pytest.fixture
def fake_tree(tmp_path: Path) -> FakeTree:
    """An empty machine to add processes to."""
    return FakeTree(tmp_path / "tree")


@pytest.fixture
def farm() -> Iterator[Callable[[int], Farm]]:
    """Starts so many real processes, and ends them with the test."""
    farms: list[Farm] = []

    def start(count: int) -> Farm:
        farms.append(Farm(count))
        return farms[-1]

    yield start
    for one in farms:
        one.close()
