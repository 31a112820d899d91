"""The formulas against the kernel that runs the tests: /proc is read here with plain code and compared score by score."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from guardian.kernel.process import Process, ProcessKey, ProcessMemory
from guardian.model.badness import badness, oom_score
from guardian.model.domain import OomDomain
from guardian.model.era import Era
from guardian.model.probe import era_of_release, probe_era, verified
from guardian.model.victim import rank_victims

PROC = Path("/proc")
PAGE = os.sysconf("SC_PAGE_SIZE")
KINDS = ("RssAnon", "RssFile", "RssShmem", "VmSwap", "VmPTE")

LOAD = """
import os, sys, time
for n in range(40):
    if os.fork() == 0:
        held = bytearray(os.urandom(1) * (n * 300_000 + 4096))
        with open("/proc/self/oom_score_adj", "w") as file:
            file.write(str(n * 25))
        if n % 4 == 0:
            os.execv(sys.executable, [sys.executable, "-c", "import time; time.sleep(60)"])
        time.sleep(60)
        os._exit(0)
print("ready", flush=True)
time.sleep(60)
"""


@pytest.fixture(scope="module")
def load() -> Iterator[None]:
    """Forty processes of different size and adjustment; they end with the pipe's group."""
    parent = subprocess.Popen([sys.executable, "-c", LOAD], stdout=subprocess.PIPE, start_new_session=True)
    assert parent.stdout is not None
    assert parent.stdout.readline() == b"ready\n"
    time.sleep(1)
    yield
    os.killpg(parent.pid, 9)
    parent.communicate()


def kib(text: str, key: str) -> int:
    return next((int(line.split()[1]) for line in text.splitlines() if line.startswith(f"{key}:")), 0)


def look(pid: str) -> Process | None:
    """One process, unless it changed while its files were read."""
    folder = PROC / pid
    try:
        score, adj = int((folder / "oom_score").read_text()), int((folder / "oom_score_adj").read_text())
        status, stat = (folder / "status").read_text(errors="replace"), (folder / "stat").read_text(errors="replace")
        if (int((folder / "oom_score").read_text()), int((folder / "oom_score_adj").read_text())) != (score, adj):
            return None
    except (OSError, ValueError):
        return None
    fields = stat.rpartition(")")[2].split()
    memory = ProcessMemory(*(kib(status, kind) * 1024 for kind in KINDS)) if "VmRSS:" in status else None
    caps = next((int(line.split()[1], 16) for line in status.splitlines() if line.startswith("CapEff:")), None)
    key = ProcessKey(int(pid), int(fields[19]))
    return Process(
        key,
        stat,
        int(fields[1]),
        fields[0],
        int(fields[6]),
        1,
        memory=memory,
        oom_score_adj=adj,
        oom_score=score,
        cap_effective=caps,
    )


def everybody() -> list[Process]:
    return [process for name in os.listdir(PROC) if name.isdigit() and (process := look(name)) is not None]


@pytest.fixture(scope="module")
def world() -> OomDomain:
    text = (PROC / "meminfo").read_text()
    return OomDomain("global", (kib(text, "MemTotal") + kib(text, "SwapTotal")) * 1024 // PAGE, PAGE)


def test_scores_are_the_kernels_own(load: None, world: OomDomain) -> None:
    # A neighbour that grows between the reading of its memory and of its score does not agree in that look.
    for _look in range(4):
        era, verification = probe_era(everybody(), world, os.uname().release)
        if verified(verification):
            break
    assert verification.checked >= 40
    assert verified(verification), f"{verification.exact} of {verification.checked} scores as {era.name}"


def test_every_other_formula_is_found_wrong(load: None, world: OomDomain) -> None:
    processes = [process for process in everybody() if process.memory is not None and process.pid != 1]
    era, verification = probe_era(processes, world, os.uname().release)
    if era not in (Era.E8, Era.E9):
        pytest.skip("before 5.9 the formulas agree on most processes")
    for other in (Era.E3, Era.E4, Era.E5, Era.E6):
        right = sum(oom_score(badness(one, world, other), world.total_pages, other) == one.oom_score for one in processes)
        assert right < 0.9 * verification.checked, other


def test_the_ranking_never_contradicts_the_kernels_rounded_order(load: None, world: OomDomain) -> None:
    processes = everybody()
    era = probe_era(processes, world, os.uname().release)[0]
    victims = [victim for victim in rank_victims(processes, world, era) if victim.rank is not None and not victim.dying]
    exact = [victim for victim in victims if victim.oom_score == victim.process.oom_score]
    assert len(exact) >= 0.99 * len(victims) - 1
    printed = [victim.process.oom_score or 0 for victim in exact]
    assert printed == sorted(printed, reverse=True)


def test_only_those_without_memory_or_protected_are_never_taken(world: OomDomain) -> None:
    processes = everybody()
    for victim in rank_victims(processes, world, era_of_release(os.uname().release)):
        if victim.unkillable in ("kernel thread", "reaped", "vfork"):
            assert victim.process.memory is None or victim.process.oom_score == 0


def test_a_child_in_vfork_is_seen(world: OomDomain) -> None:
    if era_of_release(os.uname().release) not in (Era.E8, Era.E9):
        pytest.skip("before 5.9 a score of 0 need not mean vfork")
    # The child never calls exec, so its parent waits in vfork() for good.
    code = (
        "import ctypes, os, sys\n"
        "libc = ctypes.CDLL(None)\n"
        "if os.fork() == 0:\n"
        "    libc.vfork.restype = ctypes.c_int\n"
        "    if libc.vfork() == 0:\n"
        "        libc.pause()\n"
        "    os._exit(0)\n"
        "libc.pause()\n"
    )
    holder = subprocess.Popen([sys.executable, "-c", code], start_new_session=True)
    try:
        deadline, found = time.monotonic() + 20, []
        while not found and time.monotonic() < deadline:
            victims = rank_victims(everybody(), world, Era.E8)
            family = {victim.process.pid: victim for victim in victims}
            found = [
                victim
                for victim in victims
                if victim.unkillable == "vfork"
                and os.getpgid(victim.process.pid) == holder.pid
                and family[victim.process.ppid].rank
            ]
            time.sleep(0.1)
        assert len(found) == 1
    finally:
        os.killpg(holder.pid, 9)
        holder.wait()
