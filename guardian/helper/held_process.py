"""A process held open, so that its pid cannot become another's unnoticed between the question and the act.

Source: proc(5): a directory of /proc/PID that is held open gives ESRCH once its process was reaped, even when another process
gets the same pid.
"""

import contextlib
import os
import pwd
from types import TracebackType
from typing import Self

from guardian.helper.errors import Failed, Gone, Refused
from guardian.kernel.errors import Unparsable
from guardian.kernel.process import PF_KTHREAD, ProcessStat, parse_stat

_GONE = "The process has already ended; nothing was changed."


class HeldProcess:
    """The open directory of one process; a context manager.

    Opening raises Gone where the pid is not there or started at another time, Refused for pid 1 and kernel threads.
    """

    def __init__(self, pid: int, start_ticks: int, root: str = "/") -> None:
        if pid == 0:
            raise Gone(_GONE)
        try:
            self._folder = os.open(f"{root}proc/{pid}", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC | os.O_NOFOLLOW)
        except OSError:
            raise Gone(_GONE) from None
        self.pid, self.start_ticks = pid, start_ticks
        try:
            self.compare()
            if pid == 1:
                raise Refused("Process 1 is never changed: without it the system stops.")
            if self.stat.flags & PF_KTHREAD:
                raise Refused("Kernel threads have no memory of their own and are never ended; nothing to change.")
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Let the process go; twice does no harm."""
        if self._folder >= 0:
            os.close(self._folder)
            self._folder = -1

    def compare(self) -> None:
        """Read stat anew.  Gone unless it is still the process that was meant, and alive."""
        try:
            self.stat: ProcessStat = parse_stat(self._read("stat"))
        except (OSError, Unparsable):
            raise Gone(_GONE) from None
        if self.stat.start_ticks != self.start_ticks or self.stat.state in "ZXx":
            raise Gone(_GONE)

    @property
    def name(self) -> str:
        """Its comm, as hostile as any."""
        return self.stat.comm

    @property
    def uid(self) -> int | None:
        """The owner of its /proc directory: its effective uid, or 0 where it is not dumpable."""
        try:
            return os.fstat(self._folder).st_uid
        except OSError:
            return None

    @property
    def user(self) -> str:
        """Its owner's login name, else the uid as text."""
        uid = self.uid
        with contextlib.suppress(KeyError, TypeError):
            return pwd.getpwuid(uid).pw_name  # type: ignore[arg-type]
        return "?" if uid is None else str(uid)

    @property
    def exe(self) -> str | None:
        """The path of its program, None where it may not be read."""
        try:
            return os.readlink("exe", dir_fd=self._folder)
        except OSError:
            return None

    def read_adj(self) -> int:
        """Its oom_score_adj.  Gone where it ended."""
        try:
            return int(self._read("oom_score_adj"))
        except (OSError, ValueError):
            raise Gone(_GONE) from None

    def write_adj(self, value: int) -> None:
        """Write its oom_score_adj.  Gone where it ended, Failed where the kernel does not allow it.

        Source: fs/proc/base.c:__set_oom_adj(): below oom_score_adj_min only with CAP_SYS_RESOURCE.
        """
        try:
            file = os.open("oom_score_adj", os.O_WRONLY | os.O_CLOEXEC, dir_fd=self._folder)
        except ProcessLookupError:
            raise Gone(_GONE) from None
        except OSError as error:
            raise Failed(f"The kernel did not open oom_score_adj: {error.strerror}.") from None
        try:
            os.write(file, str(value).encode())
        except ProcessLookupError:
            raise Gone(_GONE) from None
        except PermissionError:
            raise Failed(
                f"Not held: the kernel refused {value}; lowering needs CAP_SYS_RESOURCE, which is missing here (container?)."
            ) from None
        except OSError as error:
            raise Failed(f"The kernel refused {value}: {error.strerror}.") from None
        finally:
            os.close(file)

    def _read(self, name: str) -> str:
        file = os.open(name, os.O_RDONLY | os.O_CLOEXEC, dir_fd=self._folder)
        try:
            return os.read(file, 4096).decode("utf-8", "replace")
        finally:
            os.close(file)
