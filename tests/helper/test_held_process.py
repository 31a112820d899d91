"""A process that is held: only the one that was meant, and never the first or the kernel's own."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from guardian.helper.errors import Gone, Refused
from guardian.helper.held_process import HeldProcess
from guardian.kernel.process import parse_stat


def ticks(pid: int) -> int:
    return parse_stat(Path(f"/proc/{pid}/stat").read_text()).start_ticks


@pytest.fixture
def target() -> Iterator["subprocess.Popen[bytes]"]:
    with subprocess.Popen(["/bin/sleep", "60"]) as process:
        yield process
        process.kill()


def test_it_is_raised_and_read_back(target: "subprocess.Popen[bytes]") -> None:
    with HeldProcess(target.pid, ticks(target.pid)) as held:
        held.write_adj(900)
        assert held.read_adj() == 900
    held.close()  # twice does no harm


@pytest.mark.parametrize("off", [-1, 1])
def test_another_start_time_is_another_process(target: "subprocess.Popen[bytes]", off: int) -> None:
    with pytest.raises(Gone):
        HeldProcess(target.pid, ticks(target.pid) + off)


def test_one_that_ended_while_held_is_gone(target: "subprocess.Popen[bytes]") -> None:
    with HeldProcess(target.pid, ticks(target.pid)) as held:
        target.kill()
        os.waitid(os.P_PID, target.pid, os.WEXITED | os.WNOWAIT)
        with pytest.raises(Gone):  # a zombie
            held.compare()
        target.wait()
        for act in (held.compare, held.read_adj, lambda: held.write_adj(900)):
            with pytest.raises(Gone):
                act()


@pytest.mark.parametrize("pid", [0, 2**22 + 1, 2**32 - 1])
def test_pids_that_nobody_has(pid: int) -> None:
    with pytest.raises(Gone):
        HeldProcess(pid, 1)


def test_the_first_process_is_refused() -> None:
    with pytest.raises(Refused):
        HeldProcess(1, ticks(1))


def test_no_descriptor_is_left_after_a_refusal() -> None:
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(20):
        with pytest.raises(Gone):
            HeldProcess(os.getpid(), 1)
    assert len(os.listdir("/proc/self/fd")) == before
