"""A small machine in a folder, and `guardian` run in-process or as a program of its own."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from guardian.cli.main import main

GIB = 1 << 30
PAGE = os.sysconf("SC_PAGE_SIZE")


def tdiv(a: int, b: int) -> int:
    """Division as C does it."""
    return abs(a) // b * (1 if a >= 0 else -1)


class FakeRoot:
    """The files of a machine with 16 GiB of memory and 8 GiB of swap, whose kernel scores as 5.9 and later do."""

    memory, swap = 16 * GIB, 8 * GIB

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.total = (self.memory + self.swap) // PAGE
        self.write("proc/sys/kernel/osrelease", "6.12.9-test\n")
        self.write(
            "proc/meminfo",
            f"MemTotal: {self.memory // 1024} kB\nMemFree: {self.memory // 2048} kB\nMemAvailable: {self.memory // 2048} kB\n"
            f"Buffers: 0 kB\nCached: 0 kB\nSwapTotal: {self.swap // 1024} kB\nSwapFree: {self.swap // 1024} kB\n",
        )
        self.write("proc/swaps", f"Filename\tType\tSize\tUsed\tPriority\n/dev/zram0 partition {self.swap // 1024} 0 100\n")
        self.write("proc/loadavg", "0.00 0.00 0.00 1/100 9999\n")
        self.write("proc/sys/vm/overcommit_memory", "0\n")
        self.add(1, "init", rss=8 << 20, unkillable=True)

    def write(self, path: str, text: str | bytes) -> None:
        """Put one file there."""
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(text if isinstance(text, bytes) else text.encode())

    def add(
        self,
        pid: int,
        name: str | bytes,
        *,
        rss: int = 0,
        adj: int = 0,
        swap: int = 0,
        start: int = 1000,
        uid: int | None = None,
        cgroup: str = "/user.slice/app.scope",
        unkillable: bool = False,
    ) -> None:
        """Put a process there, with the score that the kernel would give it."""
        raw = name if isinstance(name, bytes) else name.encode()
        uid = os.getuid() if uid is None else uid
        folder = f"proc/{pid}"
        fields = [
            "S",
            "1",
            "1",
            "1",
            "0",
            "-1",
            "4194304",
            *["0"] * 9,
            "20",
            "0",
            "1",
            "0",
            str(start),
            str(rss),
            str(rss // PAGE),
        ]
        self.write(f"{folder}/stat", f"{pid} (".encode() + raw + f") {' '.join(fields + ['0'] * 28)}\n".encode())
        escaped = raw.replace(b"\\", b"\\\\").replace(b"\n", b"\\n")
        self.write(
            f"{folder}/status",
            b"Name:\t"
            + escaped
            + f"\nUmask:\t0022\nState:\tS (sleeping)\nTgid:\t{pid}\nPid:\t{pid}\nPPid:\t1\n"
            f"Uid:\t{uid}\t{uid}\t{uid}\t{uid}\nVmSize:\t{rss // 1024} kB\nVmRSS:\t{rss // 1024} kB\nRssAnon:\t{rss // 1024} kB\n"
            f"RssFile:\t0 kB\nRssShmem:\t0 kB\nVmPTE:\t64 kB\nVmSwap:\t{swap // 1024} kB\nThreads:\t1\n"
            f"CapEff:\t0000000000000000\n".encode(),
        )
        points = (rss + swap) // PAGE + (64 << 10) // PAGE + adj * (self.total // 1000)
        never = unkillable or adj == -1000
        self.write(f"{folder}/oom_score", f"{0 if never else tdiv((1000 + tdiv(points * 1000, self.total)) * 2, 3)}\n")
        self.write(f"{folder}/oom_score_adj", f"{adj}\n")
        self.write(f"{folder}/cgroup", f"0::{cgroup}\n")
        self.write(f"{folder}/comm", raw + b"\n")
        self.write(f"{folder}/cmdline", raw + b"\0--flag\0")


@pytest.fixture
def machine_in() -> Callable[[Path], FakeRoot]:
    """Gives a machine with nothing but init in a folder."""
    return FakeRoot


@pytest.fixture
def fake_root(tmp_path: Path) -> FakeRoot:
    """A machine with init and four programs of different sizes."""
    root = FakeRoot(tmp_path / "root")
    root.add(100, "firefox", rss=2 * GIB, adj=200, start=2000)
    root.add(200, "code", rss=1 * GIB, adj=300, start=3000)
    root.add(300, "sshd", rss=8 << 20, adj=-1000, start=1500)
    root.add(400, "bash", rss=4 << 20, start=4000)
    return root


class Said(NamedTuple):
    """How a command ended."""

    code: int
    out: str
    err: str


@pytest.fixture
def guardian(capsys: pytest.CaptureFixture[str]) -> Callable[..., Said]:
    """Runs `guardian ARGS` in this process."""

    def run(*args: object) -> Said:
        capsys.readouterr()
        code = main([str(arg) for arg in args])
        captured = capsys.readouterr()
        return Said(code, captured.out, captured.err)

    return run


@pytest.fixture
def program(checkout: Path) -> Callable[..., Said]:
    """Runs `guardian ARGS` as a program of its own, with more or other environment."""

    def run(*args: object, **environ: str) -> Said:
        command = [sys.executable, "-P", "-m", "guardian", *map(str, args)]
        environment = os.environ | {"PYTHONPATH": str(checkout), "PYTHONWARNINGS": "error"} | environ
        done = subprocess.run(command, env=environment, capture_output=True, timeout=60, check=False, stdin=subprocess.DEVNULL)
        return Said(done.returncode, done.stdout.decode(), done.stderr.decode())

    return run
