"""One process as /proc tells it.

Source: Documentation/filesystems/proc.rst, proc_pid_stat(5), proc_pid_status(5), proc_pid_oom_score(5).
"""

from typing import NamedTuple

PF_EXITING = 0x00000004
PF_KTHREAD = 0x00200000
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
    `cpu_ticks` is utime + stime of the group (USER_HZ); `vm_size` is the virtual size in bytes.
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
