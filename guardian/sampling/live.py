"""Samples of the running machine, tick after tick, with everything kept between them that makes a tick cheap."""

from collections.abc import Sequence
from types import TracebackType
from typing import Self

from guardian.kernel.cgroup import MemoryCgroup
from guardian.kernel.mounts import Mount, read_mounts
from guardian.kernel.process import Process
from guardian.kernel.tree import KernelTree
from guardian.sampling.file_limit import FileLimit
from guardian.sampling.machine_files import MachineFiles
from guardian.sampling.sample import Sample
from guardian.sampling.sampler import read_calm, read_cgroups, read_machine
from guardian.sampling.scan import TableScan
from guardian.sampling.scoring import KernelScoring, read_release, scoring_of

CGROUP_SECONDS = 5.0
MOUNT_SECONDS = 60.0


class LiveSampler:
    """The sampler of a program that goes on looking: agent, window, watch.  Use it as a context manager, or close it.

    Not for two threads at once.  `kernel` is what `interpret` wants to know of the machine.
    """

    def __init__(self, tree: KernelTree, page_size: int) -> None:
        self._tree = tree
        self._page_size = page_size
        self._files = MachineFiles(tree)
        self._scan: TableScan | None = None
        self._mounts: Sequence[Mount] = ()
        self._mounts_at = self._cgroups_at = float("-inf")
        self._cgroups: tuple[MemoryCgroup, ...] | None = None
        self.kernel: KernelScoring = scoring_of(read_release(tree))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close all descriptors; a later look opens them again."""
        self._files.close()
        self.release_table()

    def release_table(self) -> None:
        """Close what the table of processes keeps open, for a time in which nobody looks at it."""
        if self._scan is not None:
            self._scan.close()
            self._scan = None

    @property
    def limit(self) -> FileLimit | None:
        """The raised limit of open files, for giving children the original; None while no table was taken."""
        return self._scan.limit if self._scan is not None else None

    def take(self, *, realtime: float, monotonic: float, table: bool = True) -> Sample:
        """One sample of everything; memory cgroups are read each CGROUP_SECONDS.  Raises KernelFileError without meminfo."""
        processes, unreadable = self._read_table(monotonic) if table else (None, 0)
        self._read_cgroups(monotonic)
        sample = read_machine(self._files, realtime=realtime, monotonic=monotonic, page_size=self._page_size)
        return sample._replace(cgroups=self._cgroups, processes=processes, unreadable=unreadable)

    def glance(self, *, realtime: float, monotonic: float) -> Sample:
        """The cheapest look: meminfo and pressure alone, all else None.  Raises KernelFileError without meminfo."""
        return read_calm(self._files, realtime=realtime, monotonic=monotonic, page_size=self._page_size)

    def _read_table(self, now: float) -> tuple[tuple[Process, ...], int]:
        if self._scan is None:
            self._scan = TableScan(self._tree)
        return self._scan.read(now)

    def _read_cgroups(self, now: float) -> None:
        if now - self._mounts_at >= MOUNT_SECONDS:
            self._mounts, self._mounts_at = read_mounts(self._tree), now
        if now - self._cgroups_at >= CGROUP_SECONDS:
            self._cgroups, self._cgroups_at = read_cgroups(self._tree, self._mounts), now
