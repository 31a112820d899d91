"""uname -r: which kernel this is, and whose.

    6.12.117+deb13-cloud-amd64
    2.6.32-754.35.1.el6.x86_64
    5.15.167.4-microsoft-standard-WSL2

Source: uname(2); /proc/sys/kernel/osrelease.
"""

import re
from typing import NamedTuple

from guardian.kernel.errors import Unparsable
from guardian.kernel.tree import Tree

_VERSION = re.compile(r"\s*([0-9]{1,9})\.([0-9]{1,9})(?:\.([0-9]{1,9}))?(\S*)", re.ASCII)
_ENTERPRISE = re.compile(r"\.el([0-9]{1,2})(?![0-9])|\.EL(?:smp|hugemem|largesmp|xenU|\b)", re.ASCII)


class KernelRelease(NamedTuple):
    """A kernel's version; `tail` is what its builder appended.

    Ordered by version first, so `release >= (5, 9)` asks what it says.
    """

    major: int
    minor: int
    patch: int
    tail: str = ""

    @property
    def version(self) -> tuple[int, int, int]:
        """Major, minor and patch, to compare with."""
        return self[:3]

    @property
    def enterprise(self) -> int | None:
        """Red Hat's major release ("el8"), whose kernels carry much of later ones; None for all others."""
        found = _ENTERPRISE.search(self.tail)
        if found is None:
            return None
        return int(found[1]) if found[1] else 4

    @property
    def microsoft(self) -> bool:
        """Whether it runs Linux inside Windows."""
        return "-microsoft" in self.tail.lower()

    @property
    def android(self) -> bool:
        """Whether it is a phone's, with a selection of its own."""
        return "android" in self.tail.lower()

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}{self.tail}"


def parse_release(text: str) -> KernelRelease:
    """The value of uname -r; a missing patch level is 0.  Raises Unparsable."""
    found = _VERSION.match(text)
    if found is None:
        raise Unparsable("proc/sys/kernel/osrelease", f"no version in {text[:40]!r}")
    return KernelRelease(int(found[1]), int(found[2]), int(found[3] or 0), found[4])


def read_release(tree: Tree) -> KernelRelease:
    """The release of a machine or of a recording's.  Raises Vanished where it was not recorded, Unparsable."""
    return parse_release(tree.read("proc/sys/kernel/osrelease"))
