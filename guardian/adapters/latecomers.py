"""Processes that an application has started since somebody looked: an act on the whole of it means them too."""

import os
from collections.abc import Collection

from guardian.kernel.cgroup import parse_membership
from guardian.kernel.errors import KernelFileError, Unparsable
from guardian.kernel.process import Process, ProcessKey, parse_stat
from guardian.kernel.tree import KernelTree
from guardian.policy.applications import Group, group_of


def latecomers(group: Group, uid: int | None, known: Collection[ProcessKey], root: str = "/") -> list[Process]:
    """The living processes of a user that belong to an application or unit and are not among the known ones."""
    tree, found = KernelTree(root), []
    for pid in tree.pids():
        try:
            path = parse_membership(tree.read(f"proc/{pid}/cgroup"))
            if group_of(path) != group or os.stat(os.path.join(root, f"proc/{pid}")).st_uid != uid:
                continue
            stat = parse_stat(tree.read(f"proc/{pid}/stat"))
        except (KernelFileError, Unparsable, OSError):
            continue
        key = ProcessKey(pid, stat.start_ticks)
        if key not in known and stat.state not in "ZX":
            found.append(Process(key, stat.comm, stat.ppid, stat.state, stat.flags, stat.threads, uid=uid, cgroup=path))
    return found
