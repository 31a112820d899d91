"""One process as /proc tells it.

    /proc/PID/stat    4242 (Web Content) S 4100 4100 4100 0 -1 4194560 101 0 0 0 70 20 0 0 20 0 31 0 85258 3133440 358 …
    /proc/PID/status  Name: Web Content … VmRSS: 1672 kB … VmPTE: 52 kB … VmSwap: 0 kB …

Names are hostile: up to 15 bytes of anything, ")" and newlines and halves of characters among them.
Source: Documentation/filesystems/proc.rst, proc_pid_stat(5), proc_pid_status(5), proc_pid_oom_score(5).
"""

from sys import intern
from typing import NamedTuple

from guardian.kernel.errors import Unparsable

PF_EXITING = 0x00000004
PF_KTHREAD = 0x00200000
SIGKILL_BIT = 1 << 8
CAP_SYS_ADMIN = 21
CAP_SYS_RAWIO = 17
CAP_SYS_RESOURCE = 24


class ProcessKey(NamedTuple):
    """The identity of a process: its pid may be reused, the pair may not.

    `start_ticks` is field 22 of /proc/PID/stat: clock ticks (USER_HZ) since boot.
    """

    pid: int
    start_ticks: int


class ProcessMemory(NamedTuple):
    """What one mm holds, in bytes, as /proc/PID/status counts it.

    `swap` leaves out swapped shmem; `page_tables` is VmPTE, with VmPMD added on kernels that have one (4.0-4.14).
    Source: fs/proc/task_mmu.c:task_mem().
    """

    rss_anon: int
    rss_file: int
    rss_shmem: int
    swap: int
    page_tables: int

    @property
    def rss(self) -> int:
        """Resident bytes: the sum of the three kinds (VmRSS)."""
        return self.rss_anon + self.rss_file + self.rss_shmem

    @property
    def frees(self) -> int:
        """Bytes that ending the process gives back for certain: anon, swap and page tables."""
        return self.rss_anon + self.swap + self.page_tables


class Process(NamedTuple):
    """One process (thread group) of a sample.

    `memory` is None where it has no mm (kernel thread, zombie) or where it may not be read; `oom_score_adj`, `oom_score`,
    `uid`, `cgroup` and the last block are None where unknown.  `state` is the letter of stat field 3, `flags` its field 9.
    `cgroup` is the path below the memory hierarchy's mount (v2, or v1's memory controller).
    `cpu_ticks` is utime + stime of the group (USER_HZ); `vm_size` is the virtual size in bytes.  `kill_pending` says whether
    SIGKILL was sent and not yet obeyed.
    """

    key: ProcessKey
    name: str
    ppid: int
    state: str
    flags: int
    threads: int
    uid: int | None = None
    memory: ProcessMemory | None = None
    oom_score_adj: int | None = None
    oom_score: int | None = None
    cgroup: str | None = None
    nice: int = 0
    cpu_ticks: int = 0
    vm_size: int | None = None
    cap_effective: int | None = None
    mems_allowed: str | None = None
    oom_adj: int | None = None
    kill_pending: bool | None = None

    @property
    def pid(self) -> int:
        """The pid alone, for showing; never an identity."""
        return self.key.pid

    @property
    def kernel_thread(self) -> bool:
        """Whether it is a thread of the kernel, which has no memory and is never a victim."""
        return bool(self.flags & PF_KTHREAD)

    @property
    def exiting(self) -> bool:
        """Whether its leader has begun to exit (zombies included)."""
        return bool(self.flags & PF_EXITING)


class ProcessStat(NamedTuple):
    """/proc/PID/stat; `vsize` in bytes, `rss_pages` in pages, ticks in USER_HZ, None where this kernel prints no such field.

    `threads` is 0 on kernels before 2.6.  Source: fs/proc/array.c:do_task_stat().
    """

    pid: int
    comm: str
    state: str
    ppid: int
    pgrp: int
    session: int
    tty: int
    flags: int
    minor_faults: int
    major_faults: int
    utime_ticks: int
    stime_ticks: int
    nice: int
    threads: int
    start_ticks: int
    vsize: int
    rss_pages: int
    exit_signal: int | None = None
    kill_pending: bool | None = None


class ProcessStatus(NamedTuple):
    """/proc/PID/status; sizes in bytes, None where this kernel prints no such line.

    `memory` is None without an mm.  `uid` and `effective_uid` are the ids in the reader's user namespace.  `ns_pids` are
    the pids from the outermost namespace visible to the reader inwards.  `locked` is VmLck, `hugetlb` HugetlbPages.
    Source: fs/proc/array.c:proc_pid_status(), fs/proc/task_mmu.c:task_mem().
    """

    name: str
    state: str | None
    tgid: int | None
    ppid: int | None
    uid: int | None
    effective_uid: int | None
    threads: int | None
    memory: ProcessMemory | None
    vm_size: int | None
    locked: int | None
    hugetlb: int | None
    cap_effective: int | None
    mems_allowed: str | None
    ns_pids: tuple[int, ...] | None
    kernel_thread: bool | None


class Statm(NamedTuple):
    """/proc/PID/statm in pages; all 0 without an mm.  Source: fs/proc/array.c:proc_pid_statm()."""

    size: int
    resident: int
    shared: int


def parse_stat(text: str) -> ProcessStat:
    """The value of /proc/PID/stat; the name ends at the *last* ")".  Raises Unparsable."""
    begin, end = text.find("("), text.rfind(")")
    fields = text[end + 1 :].split()
    if begin < 0 or end < begin or len(fields) < 22:
        raise Unparsable("proc/PID/stat", "no name in brackets followed by 22 fields")
    try:
        number = [int(field) for field in fields[1:22]]
        exit_signal = int(fields[35]) if len(fields) > 35 else None
        kill_pending = bool(int(fields[28]) & SIGKILL_BIT) if len(fields) > 28 else None
        pid = int(text[:begin])
    except ValueError as error:
        raise Unparsable("proc/PID/stat", str(error)) from error
    return ProcessStat(
        pid=pid, comm=text[begin + 1 : end], state=fields[0], ppid=number[0], pgrp=number[1], session=number[2],
        tty=number[3], flags=number[5], minor_faults=number[6], major_faults=number[8], utime_ticks=number[10],
        stime_ticks=number[11], nice=number[15], threads=number[16], start_ticks=number[18], vsize=number[19],
        rss_pages=number[20], exit_signal=exit_signal, kill_pending=kill_pending,
    )  # fmt: skip


def parse_memory(text: bytes) -> ProcessMemory | None:
    """What /proc/PID/status says of memory, None without an mm; made for every tick.  Raises Unparsable.

    Kernels before 4.5 do not tell anon, file and shmem apart: there `rss_anon` is all of VmRSS and the others are 0.
    """
    find = text.find
    try:
        at = find(b"\nRssAnon:")
        if at < 0:
            at = find(b"\nVmRSS:")
            if at < 0:
                return None
            anon, file, shmem = int(text[at + 7 : find(b"k", at + 7)]), 0, 0
        else:
            anon = int(text[at + 9 : find(b"k", at + 9)])
            at = find(b"\nRssFile:", at)
            file = int(text[at + 9 : find(b"k", at + 9)])
            at = find(b"\nRssShmem:", at)
            shmem = int(text[at + 10 : find(b"k", at + 10)])
        at_tables, at_pmd, at_swap = find(b"\nVmPTE:", at), find(b"\nVmPMD:", at), find(b"\nVmSwap:", at)
        tables = int(text[at_tables + 7 : find(b"k", at_tables + 7)]) if at_tables >= 0 else 0
        if at_pmd >= 0:
            tables += int(text[at_pmd + 7 : find(b"k", at_pmd + 7)])
        swap = int(text[at_swap + 8 : find(b"k", at_swap + 8)]) if at_swap >= 0 else 0
    except ValueError as error:
        raise Unparsable("proc/PID/status", str(error)) from error
    return ProcessMemory(anon * 1024, file * 1024, shmem * 1024, swap * 1024, tables * 1024)


def parse_status(text: str) -> ProcessStatus:
    """The value of /proc/PID/status.  Raises Unparsable when it names no process or its memory makes no sense."""
    # Only "\n" ends a line here: names may hold any other character that str.splitlines() would take for an end.
    lines = dict(line.partition(":")[::2] for line in text.split("\n"))
    name = lines.get("Name")
    if name is None:
        raise Unparsable("proc/PID/status", "no line Name:")
    uids = [_whole(word) for word in lines.get("Uid", "").split()]
    return ProcessStatus(
        name=_unescaped(name.removeprefix("\t")),
        state=lines.get("State", "").strip()[:1] or None,
        tgid=_whole(lines.get("Tgid")),
        ppid=_whole(lines.get("PPid")),
        uid=uids[0] if uids else None,
        effective_uid=uids[1] if len(uids) > 1 else None,
        threads=_whole(lines.get("Threads")),
        memory=parse_memory(text.encode("utf-8", "replace")),
        vm_size=_size(lines.get("VmSize")),
        locked=_size(lines.get("VmLck")),
        hugetlb=_size(lines.get("HugetlbPages")),
        cap_effective=_whole(lines.get("CapEff"), 16),
        mems_allowed=lines.get("Mems_allowed_list", "").strip() or None,
        ns_pids=_pids(lines.get("NSpid")),
        kernel_thread={"0": False, "1": True}.get(lines.get("Kthread", "").strip()),
    )


def parse_statm(text: str) -> Statm:
    """The value of /proc/PID/statm.  Raises Unparsable."""
    try:
        size, resident, shared = map(int, text.split()[:3])
    except ValueError as error:
        raise Unparsable("proc/PID/statm", str(error)) from error
    return Statm(size, resident, shared)


def parse_oom_score(text: str) -> int | None:
    """The kernel's own score; the scale differs by era.  None when it is no number."""
    return _whole(text)


def parse_oom_score_adj(text: str) -> int | None:
    """The adjustment, -1000..1000 per mille of all memory; also reads oom_adj (-17..15).  None when it is no number."""
    return _whole(text)


def parse_comm(text: str) -> str:
    """The name of /proc/PID/comm, which is not escaped; only the kernel's own newline at the end is taken off."""
    return text.removesuffix("\n")


def parse_cmdline(text: str) -> tuple[str, ...]:
    """The arguments of /proc/PID/cmdline; empty for kernel threads and zombies.

    A title that the process wrote over its arguments is one argument with spaces, padded with NULs; so empty arguments at
    the end are left out.
    """
    text = text.rstrip("\0")
    return tuple(text.split("\0")) if text else ()


def assemble(
    stat: ProcessStat,
    status: ProcessStatus | None,
    *,
    oom_score_adj: int | None = None,
    oom_score: int | None = None,
    cgroup: str | None = None,
    oom_adj: int | None = None,
) -> Process:
    """One process from its files; `status` is None where it could not be had.

    Texts that many processes have in common are held once.
    """
    return Process(
        key=ProcessKey(stat.pid, stat.start_ticks),
        name=intern(stat.comm),
        ppid=stat.ppid,
        state=stat.state,
        flags=stat.flags,
        threads=stat.threads,
        uid=status.uid if status else None,
        memory=status.memory if status else None,
        oom_score_adj=oom_score_adj,
        oom_score=oom_score,
        cgroup=None if cgroup is None else intern(cgroup),
        nice=stat.nice,
        cpu_ticks=stat.utime_ticks + stat.stime_ticks,
        vm_size=stat.vsize,
        cap_effective=status.cap_effective if status else None,
        mems_allowed=status.mems_allowed if status else None,
        oom_adj=oom_adj,
        kill_pending=stat.kill_pending,
    )


def _whole(text: str | None, base: int = 10) -> int | None:
    """The whole number that a line holds, None when there is none."""
    try:
        return int(text, base) if text else None
    except ValueError:
        return None


def _size(text: str | None) -> int | None:
    """Bytes of a line in kB, None when it is missing or malformed."""
    kib = _whole(text.strip().removesuffix("kB") if text else None)
    return None if kib is None else kib * 1024


def _pids(text: str | None) -> tuple[int, ...] | None:
    """The pids of a line, None when it is missing or malformed."""
    pids = [_whole(word) for word in text.split()] if text is not None else []
    return tuple(pid for pid in pids if pid is not None) if pids and None not in pids else None


def _unescaped(name: str) -> str:
    """A name of /proc/PID/status, in which the kernel writes newline and backslash as two characters."""
    if "\\" not in name:
        return name
    return "\\".join(part.replace("\\n", "\n") for part in name.split("\\\\"))
