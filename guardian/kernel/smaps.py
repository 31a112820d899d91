"""/proc/PID/smaps and smaps_rollup: what each mapping of a process holds, and what of it is shared.

    7f2a1c000000-7f2a1c021000 rw-p 00000000 00:00 0                          [anon:malloc]
    Rss:                 132 kB
    Pss:                 132 kB
    Private_Dirty:       132 kB
    Swap:                  0 kB
    …

Asking makes the kernel walk the page tables of the whole process, so this is for one process at a time, on demand.
Source: Documentation/filesystems/proc.rst (smaps), fs/proc/task_mmu.c:show_smap().
"""

import re
from typing import NamedTuple

from guardian.kernel.tree import Tree

_HEAD = re.compile(r"([0-9a-f]+)-([0-9a-f]+) (\S{4}) [0-9a-f]+ \S+ (\d+) *(.*)")
_SIZES = frozenset({"Rss", "Pss", "Private_Clean", "Private_Dirty", "Private_Hugetlb", "Swap", "SwapPss"})


class Mapping(NamedTuple):
    """One mapping; sizes in bytes.

    `name` is the file's path, a name in brackets, or empty for anonymous memory.  `private` is what no other process has (USS),
    `pss` counts each shared page by its share; `swap` is swapped out.
    """

    start: int
    end: int
    perms: str
    name: str
    rss: int
    pss: int
    private: int
    swap: int

    @property
    def held(self) -> int:
        """Bytes that ending the process gives back: private, in RAM and in swap."""
        return self.private + self.swap


class Footprint(NamedTuple):
    """What a process holds in all, in bytes: resident, by share, alone, and swapped out."""

    rss: int
    pss: int
    uss: int
    swap: int


def parse_smaps(text: str) -> tuple[Mapping, ...]:
    """The mappings in order of address; lines that make no sense are left out."""
    found: list[Mapping] = []
    head: re.Match[str] | None = None
    sizes: dict[str, int] = {}
    for line in text.split("\n"):
        begins = _HEAD.fullmatch(line)
        if begins is None:
            name, mark, value = line.partition(":")
            if mark and name in _SIZES:
                sizes[name] = _bytes(value)
            continue
        if head is not None:
            found.append(_mapping(head, sizes))
        head, sizes = begins, {}
    if head is not None:
        found.append(_mapping(head, sizes))
    return tuple(found)


def parse_rollup(text: str) -> Footprint | None:
    """The sums of smaps_rollup; None where there are none."""
    sizes: dict[str, int] = {}
    for line in text.split("\n"):
        name, mark, value = line.partition(":")
        if mark and name in _SIZES:
            sizes[name] = _bytes(value)
    if "Pss" not in sizes:
        return None
    return Footprint(sizes.get("Rss", 0), sizes["Pss"], _private(sizes), sizes.get("Swap", 0))


def footprint_of(mappings: tuple[Mapping, ...]) -> Footprint:
    """The sums over all mappings, for kernels before 4.14, which have no smaps_rollup."""
    rss, pss, private, swap = (sum(values) for values in zip(*((m.rss, m.pss, m.private, m.swap) for m in mappings), strict=True))
    return Footprint(rss, pss, private, swap)


def read_smaps(tree: Tree, pid: int) -> tuple[Mapping, ...]:
    """The mappings of a process; empty for one without memory of its own.  Raises Vanished, Denied or KernelFileError."""
    return parse_smaps(tree.read(f"proc/{pid}/smaps"))


def _mapping(head: re.Match[str], sizes: dict[str, int]) -> Mapping:
    start, end, perms, _inode, name = head.groups()
    return Mapping(
        int(start, 16), int(end, 16), perms, name, sizes.get("Rss", 0), sizes.get("Pss", 0), _private(sizes), sizes.get("Swap", 0)
    )


def _private(sizes: dict[str, int]) -> int:
    return sum(sizes.get(name, 0) for name in ("Private_Clean", "Private_Dirty", "Private_Hugetlb"))


def _bytes(text: str) -> int:
    try:
        return int(text.strip().removesuffix("kB")) * 1024
    except ValueError:
        return 0
