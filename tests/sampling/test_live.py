"""The sampler that goes on looking."""

import os
import time
from collections.abc import Callable
from typing import Any

from guardian.kernel.tree import KernelTree
from guardian.sampling.live import CGROUP_SECONDS, LiveSampler
from guardian.sampling.sampler import take_sample
from guardian.sampling.snapshot import interpret

PAGE = os.sysconf("SC_PAGE_SIZE")


def test_it_says_what_the_plain_pass_says(farm: Callable[[int], Any]) -> None:
    herd = farm(6)
    with LiveSampler(KernelTree(), PAGE) as sampler:
        sampler.take(realtime=time.time(), monotonic=0.0)
        herd.tell(2, f"grow {64 << 20}")
        live = sampler.take(realtime=time.time(), monotonic=1.0)
        plain = take_sample(KernelTree(), realtime=time.time(), monotonic=1.0, page_size=PAGE)
    assert live.processes is not None
    assert plain.processes is not None
    mine = {process.key: process.memory for process in live.processes if process.pid in herd.pids}
    assert mine == {process.key: process.memory for process in plain.processes if process.pid in herd.pids}
    assert live.memory.mem_total == plain.memory.mem_total
    assert (live.zones is None, live.vmstat is None, live.swaps) == (plain.zones is None, plain.vmstat is None, plain.swaps)
    assert {group.path for group in live.cgroups or ()} == {group.path for group in plain.cgroups or ()}


def test_a_glance_reads_no_table(farm: Callable[[int], Any]) -> None:
    with LiveSampler(KernelTree(), PAGE) as sampler:
        glance = sampler.glance(realtime=1.0, monotonic=2.0)
        assert glance.processes is None
        assert glance.memory.mem_total > 0
        assert sampler.limit is None
        assert sampler.take(realtime=1.0, monotonic=3.0, table=False).processes is None
        assert sampler.limit is None


def test_cgroups_are_not_read_each_second(fake_tree: Any) -> None:
    fake_tree.write("proc/self/mountinfo", "29 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n")
    fake_tree.write("sys/fs/cgroup/cgroup.controllers", "memory\n")
    fake_tree.write("sys/fs/cgroup/a/cgroup.controllers", "memory\n")
    fake_tree.write("sys/fs/cgroup/a/memory.current", "4096\n")
    with LiveSampler(fake_tree, PAGE) as sampler:
        seen = []
        for at in range(int(CGROUP_SECONDS) + 1):
            fake_tree.write("sys/fs/cgroup/a/memory.current", f"{at}\n")
            groups = sampler.take(realtime=0.0, monotonic=float(at), table=False).cgroups
            assert groups is not None
            seen.append(groups[0].current)
    assert seen == [0] * int(CGROUP_SECONDS) + [int(CGROUP_SECONDS)]


def test_everything_is_given_back_and_taken_again() -> None:
    before = len(os.listdir("/proc/self/fd"))
    sampler = LiveSampler(KernelTree(), PAGE)
    first = interpret(sampler.take(realtime=0.0, monotonic=0.0), None, sampler.kernel)
    sampler.release_table()
    sampler.close()
    assert len(os.listdir("/proc/self/fd")) == before
    again = interpret(sampler.take(realtime=1.0, monotonic=1.0), first, sampler.kernel)
    sampler.close()
    assert len(os.listdir("/proc/self/fd")) == before
    assert again.release == os.uname().release
    assert again.victims
