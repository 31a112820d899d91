"""Files of one process: every field, every era, every name that a process may give itself."""

import os
import string
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardian.kernel import process
from guardian.kernel.errors import Unparsable
from guardian.kernel.process import ProcessKey, ProcessMemory
from guardian.kernel.tree import KernelTree, RecordedTree

HOSTILE = [
    b"",
    b" ",
    b"   leading",
    b"trailing   ",
    b")",
    b"(",
    b"()()())",
    b"foo) Z ",
    b"a) R 1 1 1 0 -1",
    b"new\nline",
    b"\nVmRSS: 1 kB",
    b"\n\n\n",
    b"tab\tin it",
    b"back\\slash",
    b"back\\nslash",
    b"\\\\n\\",
    b"Web Content",
    b"\xff\xfe\x80",
    "火狐浏览器".encode(),
    "火狐浏览器火".encode()[:15],
    "x火狐浏览器".encode()[:15],
    b"\x1b[31mred",
    b"\r\x0b\x0c\x1c\x1d\x1e",
    "\x85\u2028\u2029".encode(),
    b"kworker/u4:1-ev",
    b"(sd-pam)",
]

STAT_TAIL = "S 1 42 42 0 -1 4194560 101 5 7 0 70 20 0 0 20 5 31 0 85258 3133440 358 18446744073709551615"
STATUS = """\
Name:\t{name}
Umask:\t0022
State:\tS (sleeping)
Tgid:\t42
Ngid:\t0
Pid:\t42
PPid:\t1
TracerPid:\t0
Uid:\t1000\t1001\t1000\t1000
Gid:\t1000\t1000\t1000\t1000
NSpid:\t42\t7
Kthread:\t0
VmPeak:\t    9999 kB
VmSize:\t    3060 kB
VmLck:\t      64 kB
VmPin:\t       0 kB
VmHWM:\t    9999 kB
VmRSS:\t    1432 kB
RssAnon:\t     116 kB
RssFile:\t    1300 kB
RssShmem:\t      16 kB
VmData:\t     224 kB
VmStk:\t     132 kB
VmExe:\t      24 kB
VmLib:\t    1528 kB
VmPTE:\t      52 kB
VmSwap:\t     700 kB
HugetlbPages:\t    2048 kB
CoreDumping:\t0
Threads:\t31
CapEff:\t000001ffffffffff
Mems_allowed:\t00000000,00000001
Mems_allowed_list:\t0-1
"""
MEMORY = ProcessMemory(116 * 1024, 1300 * 1024, 16 * 1024, 700 * 1024, 52 * 1024)


def shown(name: bytes) -> str:
    """A name as the tree decodes it."""
    return name.decode("utf-8", "replace")


def without(*starts: str) -> str:
    """A status in which the lines that start so are missing."""
    return "".join(line for line in STATUS.format(name="a").splitlines(keepends=True) if not line.startswith(starts))


def escaped(name: bytes) -> str:
    """A name as /proc/PID/status prints it."""
    return shown(name.replace(b"\\", b"\\\\").replace(b"\n", b"\\n"))


@pytest.mark.parametrize("name", HOSTILE, ids=repr)
def test_hostile_names_are_read_whole(name: bytes) -> None:
    stat = process.parse_stat(f"42 ({shown(name)}) {STAT_TAIL}\n")
    assert (stat.pid, stat.comm, stat.state, stat.ppid) == (42, shown(name), "S", 1)
    status = process.parse_status(STATUS.format(name=escaped(name)))
    assert status.name == shown(name)
    assert status.memory == MEMORY
    assert process.parse_comm(shown(name) + "\n") == shown(name)


RENAMER = """
import ctypes, sys
libc = ctypes.CDLL(None)
for line in sys.stdin:
    print(libc.prctl(15, bytes.fromhex(line), 0, 0, 0), flush=True)
"""


@pytest.fixture(scope="module")
def renamed() -> Iterator[Callable[[bytes], int]]:
    """Gives the pid of a process that has just taken a name."""
    with subprocess.Popen([sys.executable, "-c", RENAMER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdin is not None
        assert child.stdout is not None

        def rename(name: bytes) -> int:
            child.stdin.write(name.hex() + "\n")
            child.stdin.flush()
            assert child.stdout.readline() == "0\n"
            return child.pid

        yield rename
        child.stdin.close()


@pytest.mark.parametrize("name", HOSTILE, ids=repr)
def test_the_kernel_prints_hostile_names_as_we_read_them(name: bytes, renamed: Callable[[bytes], int]) -> None:
    pid = renamed(name)
    tree = KernelTree()
    expected = shown(name[:15])
    assert process.parse_stat(tree.read(f"proc/{pid}/stat")).comm == expected
    assert process.parse_status(tree.read(f"proc/{pid}/status")).name == expected
    assert process.parse_comm(tree.read(f"proc/{pid}/comm")) == expected


def test_stat_tells_every_field() -> None:
    stat = process.parse_stat(f"42 (a) {STAT_TAIL}\n")
    assert (stat.pgrp, stat.session, stat.tty, stat.flags) == (42, 42, 0, 4194560)
    assert (stat.minor_faults, stat.major_faults) == (101, 7)
    assert (stat.utime_ticks, stat.stime_ticks) == (70, 20)
    assert (stat.nice, stat.threads, stat.start_ticks) == (5, 31, 85258)
    assert (stat.vsize, stat.rss_pages, stat.exit_signal) == (3133440, 358, None)


def test_stat_of_this_process_agrees_with_the_system() -> None:
    stat = process.parse_stat(KernelTree().read(f"proc/{os.getpid()}/stat"))
    assert (stat.pid, stat.ppid, stat.pgrp) == (os.getpid(), os.getppid(), os.getpgrp())
    assert stat.session == os.getsid(0)
    assert stat.nice == os.nice(0)
    assert 0 < stat.rss_pages * os.sysconf("SC_PAGE_SIZE") < stat.vsize
    # 17 is SIGCHLD, which every fork without clone flags of its own sends.
    assert stat.exit_signal == 17


@pytest.mark.parametrize(
    "text", ["", "42", "42 (a", "42 a) S", "42 (a) S 1", f"x (a) {STAT_TAIL}", f"42 (a) {STAT_TAIL}".replace("85258", "?")]
)
def test_stat_of_no_kernel_is_refused(text: str) -> None:
    with pytest.raises(Unparsable):
        process.parse_stat(text)


def test_status_tells_every_field() -> None:
    status = process.parse_status(STATUS.format(name="a"))
    assert (status.state, status.tgid, status.ppid, status.threads) == ("S", 42, 1, 31)
    assert (status.uid, status.effective_uid) == (1000, 1001)
    assert (status.vm_size, status.locked, status.hugetlb) == (3060 * 1024, 64 * 1024, 2 << 20)
    assert status.cap_effective == (1 << 41) - 1
    assert status.mems_allowed == "0-1"
    assert status.ns_pids == (42, 7)
    assert status.kernel_thread is False


def test_status_of_a_kernel_thread_has_no_memory() -> None:
    status = process.parse_status(without("Vm", "Rss", "Huge").replace("Kthread:\t0", "Kthread:\t1"))
    assert status.memory is None
    assert status.vm_size is None
    assert status.hugetlb is None
    assert status.kernel_thread is True


def test_status_of_2_4_leaves_out_what_it_does_not_know() -> None:
    text = "Name:\tinit\nState:\tS (sleeping)\nTgid:\t1\nPid:\t1\nPPid:\t0\nUid:\t0\t0\t0\t0\nVmSize:\t1372 kB\nVmRSS:\t476 kB\n"
    status = process.parse_status(text)
    assert status.memory == ProcessMemory(476 * 1024, 0, 0, 0, 0)
    assert (status.threads, status.cap_effective, status.mems_allowed, status.ns_pids, status.kernel_thread) == (None,) * 5


def test_malformed_lines_of_status_are_unknown() -> None:
    lines = ("Name:\ta", "State:", "Tgid:\t?", "PPid:", "Uid:\tx", "Threads:\tmany", "VmSize:\t1 MB", "CapEff:\tzz")
    text = "\n".join((*lines, "Mems_allowed_list:\t", "NSpid:\t1\tx", "Kthread:\t?"))
    assert process.parse_status(text)[1:] == (None,) * 14


def test_status_without_a_name_is_refused() -> None:
    with pytest.raises(Unparsable):
        process.parse_status("State:\tS\n")


def test_memory_counts_the_middle_tables_where_they_are_apart() -> None:
    text = STATUS.format(name="a").replace("VmSwap:", "VmPMD:\t      12 kB\nVmSwap:")
    assert process.parse_memory(text.encode()) == MEMORY._replace(page_tables=64 * 1024)


def test_memory_before_4_5_is_all_anon() -> None:
    assert process.parse_memory(without("Rss").encode()) == ProcessMemory(1432 * 1024, 0, 0, 700 * 1024, 52 * 1024)


def test_memory_above_a_terabyte() -> None:
    text = STATUS.format(name="a").replace("     116 kB", "12345678901 kB")
    memory = process.parse_memory(text.encode())
    assert memory is not None
    assert memory.rss_anon == 12345678901 * 1024


@pytest.mark.parametrize("line", ["RssAnon", "RssFile", "RssShmem", "VmPTE", "VmSwap"])
def test_memory_that_is_no_number_is_refused(line: str) -> None:
    text = STATUS.format(name="a").replace(f"{line}:\t", f"{line}:\t? ")
    with pytest.raises(Unparsable):
        process.parse_memory(text.encode())


def test_memory_and_statm_of_this_process_agree() -> None:
    tree = KernelTree()
    memory = process.parse_memory(tree.read_bytes("proc/self/status"))
    statm = process.parse_statm(tree.read("proc/self/statm"))
    assert memory is not None
    assert memory.rss == pytest.approx(statm.resident * os.sysconf("SC_PAGE_SIZE"), rel=0.1)
    assert statm.size > statm.resident > statm.shared > 0


def test_statm_of_no_kernel_is_refused() -> None:
    for text in ("", "1 2", "a b c"):
        with pytest.raises(Unparsable):
            process.parse_statm(text)


def test_scores() -> None:
    assert process.parse_oom_score("666\n") == 666
    assert process.parse_oom_score_adj("-1000\n") == -1000
    assert process.parse_oom_score("") is None
    assert process.parse_oom_score_adj("none\n") is None


@pytest.mark.parametrize(
    "text, arguments",
    [
        ("", ()),
        ("\0\0\0", ()),
        ("sleep\x0010\0", ("sleep", "10")),
        ("sh\0-c\0\0echo\0", ("sh", "-c", "", "echo")),
        ("sshd: anna@pts/0\0\0\0\0\0", ("sshd: anna@pts/0",)),
        ("postgres: writer process   ", ("postgres: writer process   ",)),
        ("a\nb\0c d\0", ("a\nb", "c d")),
    ],
)
def test_command_lines(text: str, arguments: tuple[str, ...]) -> None:
    assert process.parse_cmdline(text) == arguments


def test_the_parts_make_one_process() -> None:
    stat = process.parse_stat(f"42 (a) {STAT_TAIL}\n")
    status = process.parse_status(STATUS.format(name="a"))
    whole = process.assemble(stat, status, oom_score_adj=200, oom_score=800, cgroup="/user.slice", oom_adj=3)
    assert whole.key == ProcessKey(42, 85258)
    assert (whole.pid, whole.name, whole.uid, whole.memory) == (42, "a", 1000, MEMORY)
    assert (whole.oom_score_adj, whole.oom_score, whole.cgroup, whole.oom_adj) == (200, 800, "/user.slice", 3)
    assert (whole.cpu_ticks, whole.vm_size, whole.nice, whole.mems_allowed) == (90, 3133440, 5, "0-1")
    assert whole.cap_effective == (1 << 41) - 1
    bare = process.assemble(stat, None)
    assert (bare.uid, bare.memory, bare.oom_score_adj, bare.cap_effective, bare.mems_allowed) == (None,) * 5


@given(st.text())
def test_no_text_is_too_odd(text: str) -> None:
    for parse in (process.parse_stat, process.parse_status, process.parse_statm):
        with suppress(Unparsable):
            parse(text)
    for tolerant in (process.parse_oom_score, process.parse_oom_score_adj, process.parse_comm, process.parse_cmdline):
        tolerant(text)


@given(st.text(alphabet="0123456789 ()-SZ\n", max_size=200))
def test_nearly_a_stat_is_read_or_refused(text: str) -> None:
    try:
        stat = process.parse_stat(text)
    except Unparsable:
        return
    assert f"({stat.comm})" in text


@given(st.binary())
def test_no_bytes_are_too_odd(text: bytes) -> None:
    for noise in (
        text,
        b"\nRssAnon:" + text,
        b"\nVmRSS:" + text,
        b"\nRssAnon: 1 kB\nRssFile: 1 kB\nRssShmem: 1 kB\nVmPTE:" + text,
    ):
        try:
            memory = process.parse_memory(noise)
        except Unparsable:
            continue
        assert memory is None or memory.rss == sum(memory[:3])


NAMES = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=15)
SIZES = st.integers(0, 1 << 44)


@given(NAMES, st.tuples(SIZES, SIZES, SIZES, SIZES, SIZES), st.integers(0, 1 << 32 - 1), st.integers(0, 1 << 62))
def test_what_was_written_is_read(name: str, kib: tuple[int, int, int, int, int], uid: int, start: int) -> None:
    anon, file, shmem, swap, tables = kib
    name_in_status = name.replace("\\", "\\\\").replace("\n", "\\n")
    text = (
        f"Name:\t{name_in_status}\nState:\tD (disk sleep)\nUid:\t{uid}\t0\t0\t0\n"
        f"VmRSS:\t{anon + file + shmem:8} kB\nRssAnon:\t{anon:8} kB\n"
        f"RssFile:\t{file:8} kB\nRssShmem:\t{shmem:8} kB\nVmPTE:\t{tables:8} kB\nVmSwap:\t{swap:8} kB\n"
    )
    status = process.parse_status(text)
    assert (status.name, status.uid, status.state) == (name, uid, "D")
    assert status.memory == ProcessMemory(*(size * 1024 for size in kib))
    stat = process.parse_stat(f"7 ({name}) {STAT_TAIL.replace('85258', str(start))}")
    assert (stat.comm, stat.start_ticks) == (name, start)


@given(st.lists(st.text(string.printable, max_size=10).map(lambda text: text.replace("\0", "")), max_size=6))
def test_command_lines_come_back(arguments: list[str]) -> None:
    while arguments and not arguments[-1]:
        arguments.pop()
    assert process.parse_cmdline("".join(f"{argument}\0" for argument in arguments)) == tuple(arguments)


def test_every_process_of_this_machine_is_read() -> None:
    tree = KernelTree()
    read = 0
    for pid in tree.pids():
        stat, status = tree.read_or_none(f"proc/{pid}/stat"), tree.read_or_none(f"proc/{pid}/status")
        if stat and status:
            whole = process.assemble(process.parse_stat(stat), process.parse_status(status))
            assert whole.pid == pid
            assert whole.memory is None or not whole.kernel_thread
            read += 1
    assert read > 1


def test_every_process_of_a_recording_is_read(each_recording: Path, moments: Callable[[Path], Iterator[RecordedTree]]) -> None:
    read = 0
    for tree in moments(each_recording):
        for pid in tree.pids():
            stat, status = tree.read_or_none(f"proc/{pid}/stat"), tree.read_or_none(f"proc/{pid}/status")
            if stat is None or status is None:
                continue
            whole = process.assemble(process.parse_stat(stat), process.parse_status(status))
            statm = process.parse_statm(tree.read(f"proc/{pid}/statm"))
            assert process.parse_oom_score(tree.read(f"proc/{pid}/oom_score")) is not None
            assert process.parse_oom_score_adj(tree.read(f"proc/{pid}/oom_score_adj")) is not None
            assert (whole.memory is None) <= (statm.resident == 0 or whole.exiting)
            read += 1
    assert read
