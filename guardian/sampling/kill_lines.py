"""The kills that a recording's own kernel log tells of: when, whom, and in which scope.

    [   42.733865] renderer invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0
    [   42.745461] Memory cgroup out of memory: Killed process 128 (renderer) total-vm:67964kB, anon-rss:66048kB, …

Names may hold any character, so lines are taken apart from the right.
Source: mm/oom_kill.c:dump_header(), __oom_kill_process(), oom_kill_memcg_member().
"""

import re
from collections.abc import Iterable
from typing import NamedTuple

from guardian.model.domain import Constraint

_STAMP = re.compile(r"^(?:<\d+>)?\[ *(\d{1,10})\.(\d{1,9})\](?:\[ *[TC]\d+\])? ?(.*)$")
_INVOKED = re.compile(r"^(.*) invoked oom-killer: ")
_SUMMARY = re.compile(r"^oom-kill:constraint=CONSTRAINT_(\w+),.*?mems_allowed=([0-9,-]*)")
_MEMCG = re.compile(r",oom_memcg=(.*),task_memcg=")
_GROUP = re.compile(r"^Tasks in .* are going to be killed due to memory\.oom\.group set")
_KILLED = re.compile(r"^(?P<why>.*?)[Kk]illed process (?P<pid>\d{1,10}) \((?P<name>.*)\),? (?:UID \d+, )?total-vm:")
_MARK = re.compile(r"\] oomlab: mark monotonic_ns=(\d{1,19})")
_GROUP_SECONDS = 2.0  # all members of a group are struck in one go
_CONSTRAINTS: dict[str, Constraint] = {"NONE": "global", "MEMCG": "memcg", "CPUSET": "cpuset", "MEMORY_POLICY": "mempolicy"}


class KillLine(NamedTuple):
    """One process that the kernel's killer ended, as its log says.

    Times are seconds of the log's own clock; `invoked` is when the killer began to choose, `time` when it struck.  `reported`
    is False where the report was left out (the kernel prints ten in five seconds), so that `invoked` is `time` and `memcg` is
    that of the report before.  `group` marks those that die with another because of memory.oom.group.  `asker`: the kernel
    killed whoever asked (oom_kill_allocating_task).  `mems` is the node list of a cpuset or memory policy.
    """

    time: float
    invoked: float
    pid: int
    name: str
    constraint: Constraint
    memcg: str | None
    mems: str | None
    reported: bool
    group: bool
    asker: bool


class _Report:
    """What the lines before a kill have said of it."""

    def __init__(self) -> None:
        self.invoked: float | None = None
        self.constraint: Constraint = "global"
        self.memcg: str | None = None
        self.mems: str | None = None
        self.fresh = self.group = False
        self.last = 0.0
        self.struck: set[int] = set()


def parse_kill_lines(lines: Iterable[str]) -> list[KillLine]:
    """The kills of a kernel log, oldest first, each process once; lines of other kinds are passed over."""
    report, kills = _Report(), []
    for line in lines:
        stamped = _STAMP.match(line)
        if stamped:
            seconds = _seconds(stamped)
            report = _read_head(report, seconds, stamped[3])
            kill = _read_kill(report, seconds, stamped[3])
            if kill is not None:
                kills.append(kill)
    return kills


def _seconds(stamped: re.Match[str]) -> float:
    return float(f"{stamped[1]}.{stamped[2]}")


def _read_head(report: _Report, seconds: float, text: str) -> _Report:
    """Note what a line says of the kill to come; a new report begins a new one."""
    if _INVOKED.match(text):
        report = _Report()
        report.invoked, report.fresh = seconds, True
    elif summary := _SUMMARY.match(text):
        report.constraint = _CONSTRAINTS.get(summary[1], "global")
        report.mems = summary[2].strip(",") or None
        memcg = _MEMCG.search(text)
        report.memcg = memcg[1] if memcg and report.constraint == "memcg" else None
    elif _GROUP.match(text):
        report.group = True
    return report


def _read_kill(report: _Report, seconds: float, text: str) -> KillLine | None:
    """The kill that a line tells of, None for other lines and for a process that the report has named before."""
    killed = _KILLED.match(text)
    if not killed:
        return None
    pid, reported = int(killed["pid"]), report.fresh
    member = report.group and not reported and seconds - report.last <= _GROUP_SECONDS
    report.last = seconds
    if reported or not member:
        report.struck.clear()
    if pid in report.struck:
        return None
    report.struck.add(pid)
    report.fresh = False
    known = (reported or member) and report.invoked is not None
    constraint: Constraint = report.constraint
    if not known:
        constraint = "memcg" if "emory cgroup" in killed["why"] else "global"
    return KillLine(
        seconds,
        report.invoked if known and report.invoked is not None else seconds,
        pid,
        killed["name"],
        constraint,
        report.memcg if constraint == "memcg" else None,
        report.mems if constraint in ("cpuset", "mempolicy") else None,
        known,
        member,
        "oom_kill_allocating_task" in killed["why"],
    )


def clock_offset(log: str) -> float | None:
    """CLOCK_MONOTONIC minus the log's clock in seconds, from a mark that the recorder left in the log; None without one."""
    for line in log.splitlines():
        mark, stamped = _MARK.search(line), _STAMP.match(line)
        if mark and stamped:
            return int(mark[1]) / 1e9 - _seconds(stamped)
    return None
