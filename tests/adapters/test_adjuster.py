"""Raising one's own adjustment really happens, is read back, and never hits another process."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from guardian.adapters.adjuster import SACRIFICE, Adjuster, NotAdjusted
from guardian.kernel.process import ProcessKey, parse_stat


def key_of(pid: int) -> ProcessKey:
    text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    return ProcessKey(pid, parse_stat(text).start_ticks)


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen([sys.executable, "-S", "-c", "import time; time.sleep(60)"]) as process:
        yield process
        process.kill()


def adjustment_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/oom_score_adj").read_text(encoding="ascii"))


def test_a_sacrifice_is_written_and_read_back(sleeper: subprocess.Popen[bytes]) -> None:
    before = adjustment_of(sleeper.pid)
    done = Adjuster().sacrifice(key_of(sleeper.pid))
    assert (done.before, done.now) == (before, SACRIFICE)
    assert adjustment_of(sleeper.pid) == SACRIFICE
    assert done.name.startswith("python")


def test_it_can_be_taken_back(sleeper: subprocess.Popen[bytes]) -> None:
    adjuster, key = Adjuster(), key_of(sleeper.pid)
    before = adjuster.sacrifice(key).before
    assert adjuster.adjust(key, before).now == before
    assert adjustment_of(sleeper.pid) == before


def test_a_reused_pid_is_not_touched(sleeper: subprocess.Popen[bytes]) -> None:
    before = adjustment_of(sleeper.pid)
    other = ProcessKey(sleeper.pid, key_of(sleeper.pid).start_ticks + 1)
    with pytest.raises(NotAdjusted, match="already ended"):
        Adjuster().sacrifice(other)
    assert adjustment_of(sleeper.pid) == before


def test_a_process_that_ended_is_said_to_have(sleeper: subprocess.Popen[bytes]) -> None:
    key = key_of(sleeper.pid)
    sleeper.kill()
    # Not waited for: a zombie is gone too.
    os.waitid(os.P_PID, sleeper.pid, os.WEXITED | os.WNOWAIT)
    with pytest.raises(NotAdjusted, match=f"{key.pid}.* already ended"):
        Adjuster().sacrifice(key)
    sleeper.wait()
    with pytest.raises(NotAdjusted, match="already ended"):
        Adjuster().sacrifice(key)


@pytest.mark.parametrize("value", [-1000, -1001, 1001, 99999])
def test_what_no_adjustment_may_be_is_refused(sleeper: subprocess.Popen[bytes], value: int) -> None:
    with pytest.raises(NotAdjusted, match="between −999 and \\+1000"):
        Adjuster().adjust(key_of(sleeper.pid), value)


def test_the_first_process_is_refused() -> None:
    before = adjustment_of(1)
    with pytest.raises(NotAdjusted, match="never ends"):
        Adjuster().sacrifice(key_of(1))
    assert adjustment_of(1) == before


def test_what_the_kernel_forbids_is_said_with_a_way_out(sleeper: subprocess.Popen[bytes]) -> None:
    effective = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("CapEff"))
    if int(effective.split()[1], 16) >> 24 & 1:
        pytest.skip("CAP_SYS_RESOURCE is held here: the kernel forbids nothing")
    with pytest.raises(NotAdjusted, match="needs the helper"):
        Adjuster().adjust(key_of(sleeper.pid), -500)


def test_another_root_is_another_machine(tmp_path: Path) -> None:
    folder = tmp_path / "proc" / "77"
    folder.mkdir(parents=True)
    stat = "77 (odd ) name) S 1 77 77 0 -1 4194304 0 0 0 0 1 1 0 0 20 0 1 0 555 1000 10 " + "0 " * 28
    (folder / "stat").write_text(stat, encoding="ascii")
    (folder / "oom_score_adj").write_text("0\n", encoding="ascii")
    done = Adjuster(str(tmp_path)).adjust(ProcessKey(77, 555), 300)
    assert (done.before, done.now, done.name) == (0, 300, "odd ) name")
