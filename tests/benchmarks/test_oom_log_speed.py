"""How fast and how small a large log is read, beside grep.  Run with: pytest -m bench tests/benchmarks"""

import random
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

MIB = 1 << 20
LOG_MIB = 1024
READ = """
import resource, sys, time
from guardian.kernel.oom_log import read_events
def pieces():
    with open(sys.argv[1], "rb") as log:
        while piece := log.read(1 << 20):
            yield piece
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
begun = time.process_time()
events = sum(1 for _ in read_events(pieces()))
print(events, time.process_time() - begun, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
KILL = (
    b"Nov 23 10:00:00 host kernel: [    7.745461] Out of memory: Killed process 128 (renderer) total-vm:67964kB, "
    b"anon-rss:66048kB, file-rss:0kB, shmem-rss:796kB, UID:0 pgtables:168kB oom_score_adj:0\n"
)


@pytest.fixture
def large_log(tmp_path: Path) -> Path:
    """A log of 1 GiB of what machines write day by day, with one kill in it."""
    if shutil.disk_usage(tmp_path).free < 2 * LOG_MIB * MIB:
        pytest.skip(f"no room for a log of {LOG_MIB} MiB in {tmp_path}")
    rng = random.Random(7)
    kinds = (
        "Nov 23 10:00:{:02} host systemd[1]: Started session {} of user anna, in her room.\n",
        "Nov 23 10:00:{:02} host nginx: 192.168.0.9 GET /zoom/index.html?id={} HTTP/1.1 200 612 Mozilla/5.0 (X11)\n",
        "Nov 23 10:00:{:02} host systemd[1]: x{}.service: Main process exited, code=exited, status=0/SUCCESS\n",
        "Nov 23 10:00:{:02} host kernel: [20401616.476879] [UFW BLOCK] IN=eth0 OUT= SRC=89.248.165.{} LEN=40\n",
    )
    lines = [rng.choice(kinds).format(rng.randrange(60), rng.randrange(10**6)) for _ in range(4 * MIB // 90)]
    block = "".join(lines).encode()
    path = tmp_path / "large.log"
    with path.open("wb") as log:
        for number in range(LOG_MIB * MIB // len(block)):
            log.write(KILL if number == 100 else b"")
            log.write(block)
    return path


@pytest.mark.bench
def test_a_large_log_is_read_fast_in_little_memory(large_log: Path, checkout: Path, say: Callable[[str], None]) -> None:
    told = subprocess.run([sys.executable, "-c", READ, large_log], cwd=checkout, capture_output=True, text=True, check=True)
    events, seconds, grown = told.stdout.split()
    begun = time.perf_counter()
    subprocess.run(["grep", "-c", "oom", large_log], capture_output=True, check=True)
    grep = time.perf_counter() - begun
    size = large_log.stat().st_size / 1e6
    say(f"log of {size:.0f} MB: ours {size / float(seconds):.0f} MB/s, grep {size / grep:.0f} MB/s, memory grew by {grown} KiB")
    assert events == "1"
    assert size / float(seconds) >= 100
    assert int(grown) < 32 << 10
