"""From what a log tells to what history shows: who died, who caused it, what came free, whether our choice is the kernel's.

Source: guardian/kernel/oom_report.py, guardian/kernel/userspace_kill.py.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import cast

from guardian.kernel.oom_lines import KillLine
from guardian.kernel.oom_report import OomReport
from guardian.kernel.oom_table import TaskRow
from guardian.kernel.userspace_kill import UnitNotice, UserspaceKill
from guardian.model.domain import Constraint
from guardian.model.history import Kill, KillerName, Party, Rescored, Weighed
from guardian.model.memory_at_kill import composition_at_kill, real_cause
from guardian.model.rescoring import pages_of, rescore
from guardian.protocol.i18n import _

Event = OomReport | UserspaceKill | UnitNotice

# A victim may stay in the tables of the reports that follow while it dies.
_DYING_SECONDS = 120.0
_MOST_DEAD = 4096


class Forensics:
    """Turns the events of one log, in its order, into kills."""

    def __init__(self, source: str = "kernel log") -> None:
        self._source = source
        self._dead: dict[int, float | None] = {}
        self._swap: int | None = None

    def judge(self, event: Event) -> Kill | None:
        """The kill that an event tells of; None where nobody was ended."""
        if isinstance(event, OomReport):
            return self._of_report(event)
        if isinstance(event, UserspaceKill):
            return kill_of_userspace(event)
        return kill_of_notice(event)

    def _of_report(self, report: OomReport) -> Kill | None:
        if report.memory is not None and report.memory.swap_total is not None:
            self._swap = report.memory.swap_total
        if not report.kills:
            return None
        kill = kill_of_report(report, self._lately(report.seconds), self._swap, self._source)
        self._dead.update((one.pid, report.seconds) for one in report.kills if one.pid is not None)
        while len(self._dead) > _MOST_DEAD:
            del self._dead[next(iter(self._dead))]
        return kill

    def _lately(self, now: float | None) -> frozenset[int]:
        """Those killed shortly before; a log that goes back in time has begun another boot."""
        return frozenset(
            pid for pid, then in self._dead.items() if now is None or then is None or 0 <= now - then <= _DYING_SECONDS
        )


def kill_of_report(report: OomReport, dead: Collection[int] = (), swap: int | None = None, source: str = "kernel log") -> Kill:
    """The kill of a report that names somebody.  `dead` and `swap` as in `rescore`."""
    first = report.kills[0]
    page = report.page_size or 4096
    rows = _rows_by_pid(report)
    largest = _largest_user(report, page)
    cause = real_cause(report, None if largest is None else largest.memory)
    victims = tuple(_victim(kill, rows.get(kill.pid or 0), report, page) for kill in report.kills)
    return Kill(
        first.seconds if first.seconds is not None else report.seconds,
        first.time if first.time is not None else report.time,
        "kernel",
        victims,
        processes=len(victims),
        group=report.group is not None,
        constraint=cast("Constraint | None", report.constraint),
        memcg=report.memcg if report.constraint == "memcg" else None,
        invoker=None if report.invoker is None else Party(report.invoker_pid, report.invoker),
        culprit=largest if cause is None else None,
        freed=_freed(report.kills, rows, page),
        reason=first.reason,
        rescored=_asker_taken(report) or rescore(report, dead, swap),
        cause=cause,
        composition=composition_at_kill(report),
        sources=(source,),
        release=report.release,
        unfinished=first.how == "named",
        signal="KILL",
    )


def kill_of_userspace(event: UserspaceKill) -> Kill | None:
    """The kill of a program that acts before the kernel; None where it says that nothing ended."""
    if event.ended is False:
        return None
    named = tuple(Party(pid, event.name, event.cgroup) for pid in event.pids)
    own_rules = _("{killer} has rules of its own; the kernel's points did not decide.").format(killer=event.killer)
    victims = named or (Party(event.pid, event.name, event.cgroup, event.rss, uid=event.uid),)
    return Kill(
        event.seconds,
        event.time,
        cast("KillerName", event.killer),
        victims,
        processes=max(1, len(event.pids)),
        group=event.cgroup is not None,
        freed=event.rss,
        reason=event.reason,
        rescored=Rescored(None, own_rules),
        sources=(event.killer,),
        signal=event.signal,
        weighed=tuple(Weighed(*row, ended=row.path == event.cgroup) for row in event.weighed),
        considered=event.considered,
    )


def kill_of_notice(event: UnitNotice) -> Kill:
    """What systemd noticed of a unit: a kill by somebody else that only it may have seen."""
    return Kill(
        event.seconds,
        event.time,
        cast("KillerName", event.killer),
        (Party(None, event.unit, event.unit),),
        processes=event.processes or 1,
        group=event.killer == "systemd-oomd",
        rescored=Rescored(None, _("Only systemd's notice is there, which does not tell what the killer had to choose from.")),
        sources=("systemd",),
    )


def _rows_by_pid(report: OomReport) -> dict[int, TaskRow]:
    return {row.pid: row for row in report.table.rows} if report.table is not None and report.table.known else {}


def _victim(kill: KillLine, row: TaskRow | None, report: OomReport, page: int) -> Party:
    """One that died; its size is the kill line's, with what the table says of its swap."""
    resident = _sum((kill.anon_rss, kill.file_rss, kill.shmem_rss))
    swap = (row.swap_entries or 0) * page if row is not None else 0
    memory = resident + swap if resident is not None else None if row is None else row.rss * page + swap
    return Party(kill.pid, kill.name, report.group or report.task_memcg, memory, uid=kill.uid)


def _sum(sizes: Iterable[int | None]) -> int | None:
    known = [size for size in sizes if size is not None]
    return sum(known) if known else None


def _freed(kills: Sequence[KillLine], rows: dict[int, TaskRow], page: int) -> int | None:
    """Bytes that only the dead held: anonymous memory, swap and page tables; file pages could be dropped before."""
    known = [kill for kill in kills if kill.anon_rss is not None]
    if not known:
        return None
    swapped = sum((rows[kill.pid].swap_entries or 0) * page for kill in known if kill.pid in rows)
    return swapped + sum((kill.anon_rss or 0) + (kill.page_tables or 0) for kill in known if kill.how != "sharer")


def _largest_user(report: OomReport, page: int) -> Party | None:
    """Who used most, adjustment or not."""
    table = report.table
    if table is None or not table.known or not table.rows:
        return None
    row = max(table.rows, key=lambda one: pages_of(one, page))
    return Party(row.pid, row.name, memory=(row.rss + (row.swap_entries or 0)) * page, uid=row.uid)


def _asker_taken(report: OomReport) -> Rescored | None:
    """Where the kernel was set to end whoever asks: whether it did."""
    if not report.allocating_task:
        return None
    first = report.kills[0]
    same = report.invoker is not None and (first.pid == report.invoker_pid or first.name == report.invoker)
    words = _("The kernel was set to end whoever asks for memory (oom_kill_allocating_task); points did not count.")
    return Rescored(True if same else None, words)
