"""Recordings: what is written comes back, cut at any byte what is whole comes back, and no name survives redaction."""

import gzip
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardian.kernel.tree import KernelTree
from guardian.sampling.recording import Clocks, NotWritable, Recorder, difference
from guardian.sampling.redaction import Redaction
from guardian.sampling.replay import LOG, RESULT, SAMPLES, NotARecording, Recording, patched
from guardian.sampling.replay_verdict import replayed_samples
from guardian.sampling.sampler import take_sample

HERE = Clocks(time.monotonic_ns, time.time_ns)
HOSTILE = (") R 1 (x", "two\nlines", "back\\slash\\n", "名字 √", "{\"t\": 1}", "1234 5")  # fmt: skip


class TickingClock:
    """A second a look."""

    def __init__(self) -> None:
        self.now = 0

    def __call__(self) -> int:
        self.now += 10**9
        return self.now


def ticking() -> Clocks:
    return Clocks(TickingClock(), TickingClock())


def write_machine(folder: Path, tree: Any, samples: int = 6) -> Path:
    """A recording of a small made machine, in which something happens from sample to sample."""
    tree.add(1, name="init")
    with Recorder(folder, tree, ticking(), page_size=4096) as recorder:
        for at in range(samples):
            tree.add(100 + at, name=HOSTILE[at % len(HOSTILE)], rss=(at + 1) << 20)
            tree.write("proc/meminfo", f"MemTotal: 900000 kB\nMemFree: {900 - at} kB\nSwapTotal: 0 kB\n")
            recorder.take()
    return folder


def test_a_recording_replays_what_live_use_saw(tmp_path: Path, farm: Callable[[int], Any]) -> None:
    herd = farm(5)
    seen = []
    with Recorder(tmp_path / "r", KernelTree(), HERE, page_size=os.sysconf("SC_PAGE_SIZE")) as recorder:
        for at in range(4):
            herd.tell(at, f"grow {(at + 1) << 20}")
            herd.tell(4 - at, f"adj {100 * (at + 1)}")
            recorder.take()
            live = take_sample(KernelTree(), realtime=0, monotonic=0, page_size=4096)
            assert live.processes is not None
            seen.append({process.key: process for process in live.processes if process.pid in herd.pids})
        herd.tell(4, "exit")
        recorder.take()
    recording = Recording(tmp_path / "r")
    samples = [sample for _, sample in replayed_samples(recording)]
    assert recording.gap is None
    assert recording.page_size == os.sysconf("SC_PAGE_SIZE")
    assert recording.release == os.uname().release
    for sample, live in zip(samples, seen, strict=False):
        assert sample.processes is not None
        replayed = {process.key: process for process in sample.processes if process.pid in herd.pids}
        assert {key: one.memory for key, one in replayed.items()} == {key: one.memory for key, one in live.items()}
        assert {key: one[8:12] for key, one in replayed.items()} == {key: one[8:12] for key, one in live.items()}
    assert samples[-1].processes is not None
    assert herd.pids[4] not in {process.pid for process in samples[-1].processes}
    assert (herd.pids[4], "exit") in {(birth.pid, birth.kind) for birth in recording.births}
    assert samples[0].time == pytest.approx(time.time(), abs=120)


def test_every_value_comes_back(tmp_path: Path, fake_tree: Any) -> None:
    write_machine(tmp_path / "r", fake_tree)
    recording = Recording(tmp_path / "r")
    for _, sample in replayed_samples(recording):
        last = sample
    now = take_sample(fake_tree, realtime=last.time, monotonic=last.monotonic, page_size=4096)
    assert last == now
    assert recording.result["samples"] == 6
    assert recording.result["complete"] is True


def test_births_are_told_by_name(tmp_path: Path, fake_tree: Any) -> None:
    recording = Recording(write_machine(tmp_path / "r", fake_tree))
    list(recording.moments())
    assert [(birth.pid, birth.name) for birth in recording.births] == [(100 + at, HOSTILE[at]) for at in range(1, 6)]


def test_light_samples_leave_the_rest_as_it_was(tmp_path: Path, fake_tree: Any) -> None:
    fake_tree.add(1)
    with Recorder(tmp_path / "r", fake_tree, ticking(), page_size=4096, detail_every=3) as recorder:
        for at in range(4):
            fake_tree.add(50 + at)
            fake_tree.write("proc/meminfo", f"MemTotal: 1000 kB\nMemFree: {at} kB\n")
            recorder.take()
    seen = [(len(sample.processes or ()), sample.memory.mem_free) for _, sample in replayed_samples(Recording(tmp_path / "r"))]
    assert seen == [(2, 0), (2, 1024), (2, 2048), (5, 3072)]


def test_cut_at_any_byte_it_replays_what_is_whole(tmp_path: Path, fake_tree: Any) -> None:
    whole = write_machine(tmp_path / "whole", fake_tree)
    data = (whole / SAMPLES).read_bytes()
    complete = [sample for _, sample in replayed_samples(Recording(whole))]
    cut = tmp_path / "cut"
    cut.mkdir()
    lengths = set()
    for size in range(0, len(data), 13):
        (cut / SAMPLES).write_bytes(data[:size])
        try:
            recording = Recording(cut)
        except NotARecording:
            lengths.add(0)
            continue
        samples = [sample for _, sample in replayed_samples(recording)]
        assert samples == complete[: len(samples)]
        assert recording.gap is not None
        lengths.add(len(samples))
    assert lengths == set(range(7))


@pytest.mark.parametrize(
    "line",
    [b"{", b"[1, 2]", b"null", b'{"set": 3, "t": 1}', b'{"set": {}}', b'{"t": "x", "set": {}}',
     b'{"t": 1, "set": {"/x": [[5, "y"]]}}', b'{"t": 1, "set": {"/x": [["a", 1]]}}',
     b'{"static": 7}', b'{"event": "start"}', b"[" * 3000, b"\xff\xfe"],
)  # fmt: skip
def test_a_broken_line_is_a_marked_gap(tmp_path: Path, fake_tree: Any, line: bytes) -> None:
    whole = write_machine(tmp_path / "whole", fake_tree)
    lines = gzip.decompress((whole / SAMPLES).read_bytes()).split(b"\n")
    at = len(lines) - 3
    lines[at] = line
    with gzip.open(whole / SAMPLES, "wb") as out:
        out.write(b"\n".join(lines))
    recording = Recording(whole)
    samples = list(replayed_samples(recording))
    assert 3 <= len(samples) < 6
    assert recording.gap is not None
    assert recording.gap.line == at + 1
    assert recording.gap.reason


@pytest.mark.parametrize(
    "content", [b"", b"not gzip at all", gzip.compress(b""), gzip.compress(b"hello\n"), gzip.compress(b'{"static": {}}\n')]
)
def test_what_is_no_recording_says_so(tmp_path: Path, content: bytes) -> None:
    (tmp_path / SAMPLES).write_bytes(content)
    with pytest.raises(NotARecording, match=SAMPLES):
        Recording(tmp_path)


@pytest.mark.parametrize("place", ["", "nowhere", "file"])
def test_a_folder_without_samples_says_so(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(NotARecording, match=r"samples\.jsonl\.gz"):
        Recording(tmp_path / place)


@pytest.mark.parametrize("broken", [b"{", b"[]", b"\xff", b'{"clock_offset_ns": "x"}', b"[" * 100_000])
def test_a_broken_result_or_log_does_not_hurt(tmp_path: Path, fake_tree: Any, broken: bytes) -> None:
    folder = write_machine(tmp_path / "r", fake_tree)
    (folder / RESULT).write_bytes(broken)
    (folder / LOG).write_bytes(broken)
    recording = Recording(folder)
    assert recording.kills() == []
    assert recording.log_offset == 0.0
    assert len(list(recording.moments())) == 6


def test_the_file_itself_may_be_named(tmp_path: Path, fake_tree: Any) -> None:
    folder = write_machine(tmp_path / "r", fake_tree)
    assert Recording(folder / SAMPLES).folder == folder


RECORD = """
import sys, time
from guardian.kernel.tree import KernelTree
from guardian.sampling.recording import Clocks, Recorder
recorder = Recorder(sys.argv[1], KernelTree(), Clocks(time.monotonic_ns, time.time_ns), page_size=4096)
while True:
    recorder.take()
    print("took", flush=True)
"""


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_killed_in_the_middle_it_replays_up_to_there(tmp_path: Path, checkout: Path, how: signal.Signals) -> None:
    environment = {**os.environ, "PYTHONPATH": str(checkout)}
    with subprocess.Popen(
        [sys.executable, "-c", RECORD, str(tmp_path / "r")], env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as recorder:
        assert recorder.stdout is not None
        for _ in range(3):
            assert recorder.stdout.readline() == b"took\n"
        recorder.send_signal(how)
    assert len(list(replayed_samples(Recording(tmp_path / "r")))) >= 3


def test_a_recording_is_never_written_over(tmp_path: Path, fake_tree: Any) -> None:
    folder = write_machine(tmp_path / "r", fake_tree)
    before = (folder / SAMPLES).read_bytes()
    with pytest.raises(NotWritable, match="holds a recording already"):
        Recorder(folder, fake_tree, ticking(), page_size=4096)
    assert (folder / SAMPLES).read_bytes() == before


def test_a_folder_that_cannot_be_made_says_why(tmp_path: Path, fake_tree: Any) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(NotWritable, match="cannot be written"):
        Recorder(tmp_path / "file" / "r", fake_tree, ticking(), page_size=4096)


def test_a_full_disk_says_so(fake_tree: Any, tmp_path: Path) -> None:
    (tmp_path / "r").mkdir()
    fake_tree.add(1)
    recorder = Recorder(tmp_path / "r", fake_tree, ticking(), page_size=4096)
    full = os.open("/dev/full", os.O_WRONLY)
    os.dup2(full, recorder._file.fileno())
    os.close(full)
    with pytest.raises(NotWritable, match="No space left"):
        recorder.take()
    with pytest.raises(NotWritable, match="No space left"):
        recorder.close()


@given(st.text(alphabet="ab\n"), st.text(alphabet="ab\n"))
def test_a_difference_undone_gives_the_text(old: str, new: str) -> None:
    change = json.loads(json.dumps(difference(old, new)))
    assert (change if isinstance(change, str) else patched(old, change)) == new


SECRETS = ("anna-secret", "mydocs", "payroll", "hunter2", "4711", "annabox", "swapfile-anna", "luks-anna")
SCOPE = "mems_allowed=0,oom_memcg=/mydocs,task_memcg=/mydocs/x.scope"
LOGGED = f"""[    1.000000] usb 1-1: SerialNumber: hunter2
[   10.000000] payroll invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0
[   10.000001] CPU: 0 PID: 70 Comm: payroll Not tainted
[   10.000002] Hardware name: annabox
[   10.000003] [  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name
[   10.000004] [     70]  4711    70      526     2627    81920        0             0 payroll
[   10.000005] oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=anna-secret,{SCOPE},task=payroll,pid=70,uid=4711
[   10.100000] Memory cgroup out of memory: Killed process 70 (payroll) total-vm:4kB, anon-rss:1kB, UID:4711 pgtables:4kB
[   10.200000] Tasks in /mydocs are going to be killed due to memory.oom.group set
[   10.300000] oom_reaper: reaped process 70 (payroll), now anon-rss:0kB, file-rss:0kB, shmem-rss:0kB
"""


def test_redaction_leaves_no_name_user_or_place(tmp_path: Path, fake_tree: Any) -> None:
    fake_tree.write("proc/version", "Linux version 6.12.0 (anna-secret@annabox) (gcc 14) #1 SMP\n")
    fake_tree.write("proc/cmdline", "root=/dev/mapper/luks-anna psi=1 quiet hunter2=1\n")
    fake_tree.write("proc/swaps", "Filename Type Size Used Priority\n/home/swapfile-anna file 8388604 0 -2\n")
    fake_tree.write(
        "proc/self/mountinfo",
        "29 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n30 23 0:9 / /mnt/mydocs rw - ext4 /dev/sda rw\n",
    )
    fake_tree.write("sys/fs/cgroup/cgroup.controllers", "memory\n")
    for file, text in (("cgroup.controllers", "memory\n"), ("memory.current", "4096\n"), ("memory.max", "8192\n")):
        fake_tree.write(f"sys/fs/cgroup/mydocs.slice/{file}", text)
    fake_tree.add(2, name="kthreadd", rss=None, flags=0x208040, uid=0)
    fake_tree.add(70, name="payroll", rss=9 << 20, uid=4711, cgroup="/user.slice/user-4711.slice/app-mydocs.scope")
    fake_tree.add(71, name="payroll", rss=1 << 20, uid=4711, cgroup="/mydocs.slice")
    with Recorder(tmp_path / "r", fake_tree, ticking(), page_size=4096, redaction=Redaction()) as recorder:
        recorder.take()
        recorder.take()
        recorder.close(LOGGED)
    written = gzip.decompress((tmp_path / "r" / SAMPLES).read_bytes()).decode() + "".join(
        (tmp_path / "r" / name).read_text() for name in (LOG, RESULT)
    )
    assert [secret for secret in SECRETS if secret in written] == []
    recording = Recording(tmp_path / "r")
    (_, sample), *_ = replayed_samples(recording)
    assert sample.processes is not None
    assert sample.cgroups is not None
    by_pid = {process.pid: process for process in sample.processes}
    assert by_pid[2].name == "kthreadd"
    assert by_pid[70].name == by_pid[71].name == recording.kills()[0].name
    assert by_pid[70].uid == by_pid[71].uid
    assert by_pid[70].memory is not None
    assert by_pid[70].memory.rss == 9 << 20
    assert by_pid[71].cgroup in {group.path for group in sample.cgroups}
    assert by_pid[70].cgroup is not None
    assert by_pid[70].cgroup.startswith(f"/user.slice/user-{by_pid[70].uid}.slice/")
