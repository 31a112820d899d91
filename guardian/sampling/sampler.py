"""The plain, exact pass: every file of one moment read once, of the live machine or of a recording alike."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from guardian.kernel.cgroup import MemoryCgroup, parse_membership, read_memory_cgroups
from guardian.kernel.errors import Denied, Unparsable, Vanished
from guardian.kernel.keyed import parse_number
from guardian.kernel.meminfo import parse_meminfo
from guardian.kernel.mounts import Mount, read_mounts
from guardian.kernel.pressure import parse_pressure
from guardian.kernel.process import (
    Process,
    ProcessMemory,
    ProcessStatus,
    assemble,
    parse_memory,
    parse_oom_score,
    parse_oom_score_adj,
    parse_stat,
    parse_status,
)
from guardian.kernel.swaps import parse_swaps
from guardian.kernel.tree import Tree
from guardian.kernel.vmstat import parse_vmstat
from guardian.kernel.zoneinfo import parse_zoneinfo
from guardian.kernel.zram import read_zram
from guardian.sampling.parsed import ParsedTexts
from guardian.sampling.sample import Sample

Value = TypeVar("Value")

_PROCESS_FILES = ("stat", "status", "oom_score_adj", "oom_score", "cgroup")


def take_sample(
    tree: Tree,
    *,
    realtime: float,
    monotonic: float,
    page_size: int,
    table: bool = True,
    cgroups: bool = True,
    parsed: ParsedTexts | None = None,
) -> Sample:
    """One look at the whole machine.  Raises KernelFileError when even meminfo cannot be had.

    `table` and `cgroups` say whether processes and memory cgroups are read.  `parsed` spares unchanged texts of the look before.
    """
    processes, unreadable = read_table(tree, parsed) if table else (None, 0)
    groups = read_cgroups(tree, None, parsed) if cgroups else None
    sample = read_machine(tree, realtime=realtime, monotonic=monotonic, page_size=page_size, parsed=parsed)
    if parsed is not None:
        parsed.turn()
    return sample._replace(cgroups=groups, processes=processes, unreadable=unreadable)


def read_machine(tree: Tree, *, realtime: float, monotonic: float, page_size: int, parsed: ParsedTexts | None = None) -> Sample:
    """The machine's own files; without processes and cgroups.  Raises KernelFileError when meminfo cannot be had."""

    def value(path: str, parse: Callable[[str], Value]) -> Value | None:
        return _value(tree, path, parse, parsed)

    memory = tree.read("proc/meminfo")
    return Sample(
        time=realtime,
        monotonic=monotonic,
        page_size=page_size,
        memory=parse_meminfo(memory) if parsed is None else parsed.value("proc/meminfo", memory, lambda: parse_meminfo(memory)),
        vmstat=value("proc/vmstat", parse_vmstat),
        zones=value("proc/zoneinfo", parse_zoneinfo),
        pressure=value("proc/pressure/memory", parse_pressure),
        swaps=value("proc/swaps", parse_swaps),
        zram=read_zram(tree),
        cgroups=None,
        processes=None,
        overcommit_mode=value("proc/sys/vm/overcommit_memory", parse_number),
    )


def read_calm(tree: Tree, *, realtime: float, monotonic: float, page_size: int) -> Sample:
    """The cheapest look: meminfo and pressure alone, all else None.  Raises KernelFileError when meminfo cannot be had."""
    return Sample(
        time=realtime,
        monotonic=monotonic,
        page_size=page_size,
        memory=parse_meminfo(tree.read("proc/meminfo")),
        vmstat=None,
        zones=None,
        pressure=_value(tree, "proc/pressure/memory", parse_pressure, None),
        swaps=None,
        zram=None,
        cgroups=None,
        processes=None,
    )


def read_cgroups(
    tree: Tree, mounts: Sequence[Mount] | None = None, parsed: ParsedTexts | None = None
) -> tuple[MemoryCgroup, ...] | None:
    """The memory cgroups, None where there is no such hierarchy; `mounts` spares reading them again."""
    if mounts is None:
        text = tree.read_or_none("proc/self/mountinfo")
        mounts = read_mounts(tree) if parsed is None or text is None else parsed.value("mounts", text, lambda: read_mounts(tree))
    return read_memory_cgroups(tree, mounts) or None


def read_table(tree: Tree, parsed: ParsedTexts | None = None) -> tuple[tuple[Process, ...], int]:
    """All processes by pid, and how many are listed but may not be read; those that vanish meanwhile are left out."""
    processes, unreadable = [], 0
    for pid in sorted(tree.pids()):
        try:
            processes.append(read_process(tree, pid, parsed))
        except Denied:
            unreadable += 1
        except (Vanished, Unparsable):
            continue
    return tuple(processes), unreadable


def read_process(tree: Tree, pid: int, parsed: ParsedTexts | None = None) -> Process:
    """One process from all of its files.  Raises Vanished when it has ended, Denied when it may not be read, Unparsable."""
    stat = tree.read(f"proc/{pid}/stat")
    texts = (stat, *(tree.read_or_none(f"proc/{pid}/{name}") for name in _PROCESS_FILES[1:]))
    process = _assembled(texts) if parsed is None else parsed.value(pid, texts, lambda: _assembled(texts))
    if process.oom_score_adj is None:
        process = process._replace(oom_adj=parse_oom_score_adj(tree.read_or_none(f"proc/{pid}/oom_adj") or ""))
    if process.memory is None and process.threads > 1 and process.state in "ZX":
        process = process._replace(memory=read_thread_memory(tree, pid))
    return process


def read_thread_memory(tree: Tree, pid: int) -> ProcessMemory | None:
    """What a process holds whose leader has ended while other threads live on: the kernel scores it by any of them."""
    try:
        threads = tree.names(f"proc/{pid}/task")
    except (Vanished, Denied):
        return None
    for thread in threads:
        memory = parse_memory((tree.read_or_none(f"proc/{pid}/task/{thread}/status") or "").encode("utf-8", "replace"))
        if memory is not None:
            return memory
    return None


def _assembled(texts: Sequence[str | None]) -> Process:
    """The process of its files' texts, in the order of _PROCESS_FILES."""
    stat, status, adj, score, cgroup = texts
    return assemble(
        parse_stat(stat or ""),
        _parsed_status(status),
        oom_score_adj=parse_oom_score_adj(adj or ""),
        oom_score=parse_oom_score(score or ""),
        cgroup=parse_membership(cgroup) if cgroup else None,
    )


def _parsed_status(text: str | None) -> ProcessStatus | None:
    return parse_status(text) if text else None


def _value(tree: Tree, path: str, parse: Callable[[str], Value], parsed: ParsedTexts | None) -> Value | None:
    """What one file says, None where this kernel has none or writes what nobody knows."""
    text = tree.read_or_none(path)
    if text is None:
        return None
    try:
        return parse(text) if parsed is None else parsed.value(path, text, lambda: parse(text))
    except Unparsable:
        return None
