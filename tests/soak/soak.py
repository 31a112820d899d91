"""Agent and window at ten looks a second through everything that happens to a desktop:  soak.py MINUTES FOLDER

Prints a table of what each held at the calm moments of every round, and the longest gap between two looks.  As root it has mounts
of its own, so that a full disk is a small one.  Exits 1 where memory or descriptors grew, or a look was missed.
"""

import contextlib
import itertools
import os
import shutil
import signal
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
CROWD = 10_000
# A look is late where the machine let it run: the time that the soak itself stopped a program does not count.
MISSED_SECONDS = 3.0
GROWTH = 0.05


class Reading(NamedTuple):
    """What a program held at one moment: resident bytes, open descriptors, threads.

    Descriptors kept in /proc are left out: there is one for each process that the machine has just then.
    """

    rss: int
    descriptors: int
    threads: int


class Watched:
    """A program under the soak."""

    def __init__(self, name: str, folder: Path, environment: dict[str, str]) -> None:
        self.name, self._notes = name, folder / f"{name}.notes"
        self.said = folder / f"{name}.txt"
        with self.said.open("wb") as out:
            words = [sys.executable, "-P", str(HERE / "beat.py"), name, str(self._notes)]
            self.process = subprocess.Popen(words, env=environment, cwd=ROOT, stdout=out, stderr=subprocess.STDOUT)
        self.readings: list[Reading] = []
        self.pauses: list[tuple[float, float]] = []

    def read(self) -> None:
        """Add what it holds now."""
        proc = Path(f"/proc/{self.process.pid}")
        lines = dict(line.split(":", 1) for line in (proc / "status").read_text().splitlines() if ":" in line)
        rss = int(lines["VmRSS"].split()[0]) * 1024
        descriptors = 0
        for one in (proc / "fd").iterdir():
            with contextlib.suppress(OSError):
                descriptors += not str(one.readlink()).startswith("/proc/")
        self.readings.append(Reading(rss, descriptors, int(lines["Threads"])))

    def pause(self, seconds: float) -> None:
        """Stand still as over a suspend: time goes on, the program does not."""
        begun = time.monotonic()
        self.process.send_signal(signal.SIGSTOP)
        time.sleep(seconds)
        self.process.send_signal(signal.SIGCONT)
        self.pauses.append((begun, time.monotonic()))

    def looks(self) -> list[float]:
        """When it looked."""
        blob = self._notes.read_bytes() if self._notes.exists() else b""
        return [moment for (moment,) in struct.iter_unpack("d", blob[: len(blob) // 8 * 8])]

    def longest_gap(self) -> float:
        """Seconds between two looks at the most, pauses of the soak's own left out."""
        gaps = [
            later - earlier
            for earlier, later in itertools.pairwise(self.looks())
            if not any(earlier < end and begun < later for begun, end in self.pauses)
        ]
        return max(gaps, default=float("inf"))


class Sleeper(threading.Thread):
    """Sleeps as often as the others look: how long the machine itself let nobody run."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.longest = 0.0

    def run(self) -> None:
        """Sleep and note to the end of the program."""
        before = time.monotonic()
        while True:
            time.sleep(0.1)
            now = time.monotonic()
            self.longest, before = max(self.longest, now - before), now


class Bus:
    """A session bus that can be ended and started at the same address."""

    def __init__(self, folder: Path) -> None:
        self.address = f"unix:path={folder / 'bus'}"
        self._config = folder / "bus.conf"
        self._config.write_text(
            f"<busconfig><type>session</type><listen>{self.address}</listen><policy context='default'>"
            "<allow send_destination='*'/><allow receive_sender='*'/><allow own='*'/></policy></busconfig>"
        )
        self._daemon: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it listens."""
        words = ["dbus-daemon", f"--config-file={self._config}", "--nofork", "--print-address=1"]
        self._daemon = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        assert self._daemon.stdout is not None
        self._daemon.stdout.readline()

    def stop(self) -> None:
        """End it."""
        if self._daemon is not None:
            self._daemon.kill()
            self._daemon.wait()


@contextlib.contextmanager
def crowd(folder: Path) -> Iterator[None]:
    """Thousands of idle processes."""
    program = folder / "crowd"
    if not program.exists():
        subprocess.run(["gcc", "-O1", "-o", program, ROOT / "tests" / "benchmarks" / "crowd.c"], check=True)
    with subprocess.Popen([program, str(CROWD)], stdout=subprocess.PIPE) as load:
        assert load.stdout is not None
        load.stdout.readline()
        yield
        load.kill()


@contextlib.contextmanager
def full_disk(folder: Path) -> Iterator[None]:
    """Nothing left where history and settings are kept."""
    filler = folder / "home" / "filler"
    with contextlib.suppress(OSError), filler.open("wb", buffering=0) as out:
        while True:
            out.write(b"\0" * 65536)
    yield
    filler.unlink()


def storm(seconds: float) -> None:
    """Processes born and gone, some hundreds a second."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        child = os.fork()
        if child == 0:
            os._exit(0)
        os.waitpid(child, 0)
        time.sleep(0.002)


def one_round(folder: Path, watched: tuple[Watched, ...], bus: Bus) -> None:
    """A minute and a half of all of it, then what is held when it is calm again."""
    storm(15)
    with crowd(folder):
        time.sleep(15)
        storm(5)
    for one in watched:
        one.pause(6)
    bus.stop()
    time.sleep(3)
    bus.start()
    with full_disk(folder):
        time.sleep(8)
    time.sleep(20)
    for one in watched:
        one.read()


def report(watched: tuple[Watched, ...], sleeper: Sleeper) -> bool:
    """The table, and whether all of it is as it should be.  The first round is warming up."""
    fine = True
    sys.stdout.write(f"a bare sleeper beside them was kept waiting for {sleeper.longest:.2f} s at the most\n")
    for one in watched:
        first, last = one.readings[1], one.readings[-1]
        grown, gap = last.rss / first.rss - 1, one.longest_gap()
        # The history's files are closed for a while after the disk was full: what counts is the most of the first half.
        early = one.readings[: (len(one.readings) + 1) // 2]
        most = max(each.descriptors for each in early), max(each.threads for each in early)
        flat = grown <= GROWTH and last.descriptors <= most[0] and last.threads <= most[1]
        held = flat and gap <= MISSED_SECONDS
        fine = fine and held and one.process.poll() is None
        row = " ".join(f"{each.rss / 2**20:.1f}/{each.descriptors}/{each.threads}" for each in one.readings)
        sys.stdout.write(
            f"{one.name:<7} {'ok' if held else 'NOT OK':<7} looks {len(one.looks())}, longest gap {gap:.2f} s, "
            f"RSS {grown:+.1%}\n        MiB/descriptors/threads: {row}\n"
        )
    return fine


def main() -> int:
    """Run rounds for so many minutes."""
    minutes, folder = float(sys.argv[1]), Path(sys.argv[2])
    home = folder / "home"
    home.mkdir(parents=True)
    if os.geteuid() == 0:
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", home], check=True)
    runtime = folder / "runtime"
    runtime.mkdir(mode=0o700)
    bus = Bus(folder)
    bus.start()
    kept = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY")}
    places = {f"XDG_{name}_HOME": str(home / name.lower()) for name in ("CONFIG", "DATA", "STATE", "CACHE")}
    environment = kept | places | {
        "DBUS_SESSION_BUS_ADDRESS": bus.address, "XDG_RUNTIME_DIR": str(runtime), "QT_QPA_PLATFORM": "offscreen",
        "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8",
    }  # fmt: skip
    agent = Watched("agent", folder, environment)
    time.sleep(5)
    watched = (agent, Watched("window", folder, environment))
    time.sleep(10)
    until = time.monotonic() + minutes * 60
    sleeper = Sleeper()
    sleeper.start()
    try:
        while time.monotonic() < until or len(agent.readings) < 3:
            one_round(folder, watched, bus)
        fine = report(watched, sleeper)
    finally:
        for one in watched:
            one.process.terminate()
            one.process.wait(timeout=30)
        bus.stop()
    return 0 if fine else 1


if __name__ == "__main__":
    if os.geteuid() == 0 and os.environ.get("SOAK_INSIDE") != "1" and shutil.which("unshare"):
        os.execvpe("unshare", ["unshare", "-m", sys.executable, *sys.argv], {**os.environ, "SOAK_INSIDE": "1"})
    sys.exit(main())
