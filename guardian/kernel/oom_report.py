"""One OOM kill as the kernel's log tells it: who asked, under which limit, what memory was, who could die, who did.

    renderer invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0
    …
    oom-kill:constraint=CONSTRAINT_MEMCG,…,oom_memcg=/app/inner,task_memcg=/app/inner,task=renderer,pid=128,uid=0
    Memory cgroup out of memory: Killed process 128 (renderer) total-vm:67964kB, …

Any part may be missing: the dump is limited in rate, kill lines are not.  Source: mm/oom_kill.c:dump_header().
"""

import re
from typing import Any, NamedTuple

from guardian.kernel import oom_lines
from guardian.kernel.log_prefix import LogLine
from guardian.kernel.oom_lines import Choice, Invocation, KillLine, Verdict
from guardian.kernel.oom_memory import MemoryAtKill, MemoryCollector
from guardian.kernel.oom_table import TaskRow, TaskTable, is_row, parse_row

_CONSTRAINTS = {"none": "global", "memcg": "memcg", "cpuset": "cpuset", "memory_policy": "mempolicy"}
_ASKER = re.compile(
    r"(?:CPU: \d+ .*)?(?:PID|Pid): (\d{1,10}),? .*?[Cc]omm: (.{1,15}?) (?:Kdump: loaded )?(?:Not tainted|Tainted:)"
    r".*? (\d+\.\d+\S*) #"
)
_PAGE_SIZES = (4096, 8192, 16384, 65536)
# More rows or victims than any report has; what a made-up log may cost.
_MOST = 1 << 16
# A dump over a slow serial line takes a while.
_LONGEST_SECONDS = 120
_CPUSET = re.compile(r".{1,16} cpuset=(\S+) mems_allowed=(\S+)")


class OomReport(NamedTuple):
    """One time that the kernel ran out of memory, whole or in part; None where the log does not tell.

    `seconds` since boot, `time` since the epoch.  `invoker` is the task that asked, `gfp_mask` and `order` what for (order
    -1: by SysRq).  `constraint` is "global", "memcg", "cpuset" or "mempolicy"; `memcg` the group whose limit was hit,
    `task_memcg` the victim's.  `allocating_task`: the asker was taken instead of the worst.  `group`: all of it died.
    `outcome` is "killed", "nobody", "panic", or None for a report without an end.  `reaped` are (pid, name) of all whose
    memory the reaper took back, also of those whose kill line is missing.
    """

    seconds: float | None = None
    time: float | None = None
    invoker: str | None = None
    invoker_pid: int | None = None
    invoker_adj: int | None = None
    gfp_mask: int | None = None
    order: int | None = None
    release: str | None = None
    constraint: str | None = None
    memcg: str | None = None
    task_memcg: str | None = None
    cpuset: str | None = None
    mems_allowed: str | None = None
    nodemask: str | None = None
    allocating_task: bool = False
    group: str | None = None
    memory: MemoryAtKill | None = None
    table: TaskTable | None = None
    kills: tuple[KillLine, ...] = ()
    outcome: str | None = None
    reaped: tuple[tuple[int, str], ...] = ()

    @property
    def page_size(self) -> int | None:
        """Bytes of a page: from a victim's size in both units, else the smallest free block; None when neither is there."""
        rows = {row.pid: row for row in self.table.rows} if self.table else {}
        for kill in self.kills:
            row = rows.get(kill.pid) if kill.pid is not None else None
            if row and row.total_vm and kill.total_vm:
                # The victim may have mapped a little between table and kill, so the size is the nearest that exists.
                for size in _PAGE_SIZES:
                    if abs(kill.total_vm / row.total_vm / size - 1) < 0.05:
                        return size
        return self.memory.page_size if self.memory else None


class ReportBuilder:
    """Gathers one report, message by message."""

    def __init__(self, line: LogLine, memory: MemoryCollector | None = None) -> None:
        self.kills: list[KillLine] = []
        self.choice: Choice | None = None
        self.asked: Invocation | None = None
        self.verdict: Verdict | None = None
        self.columns: tuple[str, ...] = ()
        self._report = OomReport(line.seconds, line.time)
        self._memory = memory or MemoryCollector()
        self._rows: list[TaskRow] = []
        self._reaped: list[tuple[int, str]] = []
        self._broken = 0

    @property
    def telling(self) -> bool:
        """Whether this is worth handing out: anything but a table or memory on their own."""
        return bool(self.kills or self.asked or self.verdict or self.choice or self._report.outcome)

    @property
    def group(self) -> str | None:
        """The group that dies as a whole, once that was said."""
        return self._report.group

    def is_older(self, line: LogLine) -> bool:
        """Whether this line cannot be of the same report: written long after it began, or before."""
        began = self._report.seconds
        return began is not None and line.seconds is not None and not -1 <= line.seconds - began <= _LONGEST_SECONDS

    def set_invocation(self, asked: Invocation) -> None:
        """Who asked for memory."""
        self.asked = asked
        self._set(invoker=asked.name, invoker_adj=asked.adj, gfp_mask=asked.gfp_mask, order=asked.order)

    def set_group(self, path: str) -> None:
        """All tasks of this group die."""
        self._set(group=path)

    def set_outcome(self, outcome: str) -> None:
        """How it ended without a victim."""
        self._set(outcome=outcome)

    def add_kill(self, kill: KillLine, line: LogLine) -> None:
        """One that died."""
        choice = self.choice
        if choice is not None:
            how = "child" if choice.pid != kill.pid and kill.how == "victim" else kill.how
            kill = kill._replace(chosen_pid=choice.pid, chosen_name=choice.name, score=choice.score, how=how)
            kill = kill._replace(reason=kill.reason or choice.reason)
        if len(self.kills) < _MOST:
            self.kills.append(kill._replace(seconds=line.seconds, time=line.time))

    def add_reaped(self, pid: int, name: str) -> None:
        """One whose memory was taken back."""
        if len(self._reaped) < _MOST:
            self._reaped.append((pid, name))
        self.kills = [kill._replace(reaped=True) if kill.pid == pid else kill for kill in self.kills]

    def add_row(self, text: str, columns: tuple[str, ...]) -> None:
        """One row of the table."""
        row = parse_row(text, columns)
        if row is None or len(self._rows) == _MOST:
            self._broken += 1
        else:
            self.columns = columns
            self._rows.append(row)

    def add_text(self, text: str) -> bool:
        """Any other line; whether it belongs to a report."""
        if is_row(text):
            self._broken += 1
            return True
        if found := _ASKER.match(text):
            if self._report.release is None:
                self._set(release=found[3], invoker_pid=int(found[1]), invoker=self._report.invoker or found[2])
            return True
        if limit := oom_lines.parse_limit_of(text):
            self._set(task_memcg=limit[0], memcg=limit[1], constraint="memcg")
            return True
        if found := _CPUSET.match(text):
            self._set(cpuset=found[1], mems_allowed=found[2])
            return True
        return not self.kills and self._memory.add(text)

    def taken(self) -> OomReport:
        """The report as far as it was told."""
        kills, verdict = self.kills or self._named(), self.verdict
        if verdict is not None:
            self._set(
                **{
                    name: value
                    for name in ("task_memcg", "cpuset", "mems_allowed", "nodemask")
                    if (value := getattr(verdict, name))
                }
            )
        reasons = " ".join(kill.reason or "" for kill in kills)
        table = TaskTable(self.columns, tuple(self._rows), not self._broken) if self._rows else None
        return self._report._replace(
            constraint=_constraint(verdict, self._report.constraint, reasons, self._report.outcome),
            memcg=(verdict.oom_memcg if verdict else None) or self._report.memcg,
            allocating_task="oom_kill_allocating_task" in reasons,
            memory=self._memory.taken(),
            table=table,
            kills=tuple(kills),
            reaped=tuple(self._reaped),
            outcome="killed" if kills else self._report.outcome,
        )

    def _named(self) -> list[KillLine]:
        """The victim as named just before it died, where the kill line itself is missing."""
        verdict, choice, told = self.verdict, self.choice, self._report
        if told.outcome is not None:
            return []
        named = None
        if verdict is not None and verdict.pid is not None:
            named = KillLine(verdict.pid, verdict.name or "?", uid=verdict.uid)
        elif choice is not None:
            named = KillLine(choice.pid, choice.name, choice.reason)
            named = named._replace(chosen_pid=choice.pid, chosen_name=choice.name, score=choice.score)
        return [named._replace(how="named", seconds=told.seconds, time=told.time)] if named is not None else []

    def _set(self, **fields: Any) -> None:
        self._report = self._report._replace(**fields)


def _constraint(verdict: Verdict | None, told: str | None, reasons: str, outcome: str | None) -> str | None:
    """Under which limit it happened; before 5.0 only the words of the kill line tell."""
    # Kernels 5.2 to 5.4 call a group's limit NONE; only a group's has oom_memcg.
    if verdict is not None and verdict.oom_memcg is not None:
        return "memcg"
    if told is not None:
        return told
    if "Memory cgroup" in reasons:
        return "memcg"
    if verdict is not None and verdict.constraint is not None:
        return _CONSTRAINTS.get(verdict.constraint)
    if "MPOL_BIND" in reasons:
        return "mempolicy"
    if "cpuset" in reasons:
        return "cpuset"
    return "global" if "ut of" in reasons or outcome == "panic" else None
