"""How many descriptors this process may hold: raised for the kept ones, given back to children.

Source: getrlimit(2), prlimit(2).  select() in other programs breaks above 1024, so a raised soft limit must not be inherited.
"""

import resource

WANTED = 4096
_UNLIMITED = 1 << 30


class FileLimit:
    """The soft limit of open files, raised to min(hard, `wanted`) while this is held, and as it was after `restore`.

    Where it cannot be raised everything goes on with what there is; `soft` says how many that are.
    """

    def __init__(self, wanted: int = WANTED) -> None:
        self._original = resource.getrlimit(resource.RLIMIT_NOFILE)
        soft, hard = (_UNLIMITED if limit == resource.RLIM_INFINITY else limit for limit in self._original)
        self.soft = soft
        goal = min(hard, wanted)
        if soft < goal:
            try:
                resource.setrlimit(resource.RLIMIT_NOFILE, (goal, self._original[1]))
                self.soft = goal
            except (OSError, ValueError):
                pass

    def restore(self) -> None:
        """Put back what was; also what a child calls between fork and exec."""
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, self._original)
        except (OSError, ValueError):
            return
        soft = self._original[0]
        self.soft = _UNLIMITED if soft == resource.RLIM_INFINITY else soft

    def restore_in(self, pid: int) -> None:
        """Give a child that was just started the limit that this process was started with."""
        try:
            resource.prlimit(pid, resource.RLIMIT_NOFILE, self._original)
        except (OSError, ValueError):
            return
