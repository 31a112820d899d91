"""The lines of the kernel's log in which an OOM kill is told, of every era.

    Out of Memory: Killed process 2592 (mysqld).
    Out of memory: Kill process 1234 (firefox) score 905 or sacrifice child
    Killed process 1240 (Web Content) total-vm:2500000kB, anon-rss:1800000kB, file-rss:1200kB, shmem-rss:0kB
    Out of memory: Killed process 1240 (x) total-vm:1kB, …, shmem-rss:0kB, UID:1000 pgtables:4512kB oom_score_adj:300

A message counts only when it begins so: texts about kills quote such lines in the middle.  Names may hold anything; what
follows them is what they are told by.  Source: mm/oom_kill.c of 2.4 to 7.2, printk()s of oom_kill_process() and dump_header().
"""

import re
from typing import NamedTuple


class Invocation(NamedTuple):
    """Who asked for memory when there was none; `adj` is that task's own, `order` -1 asked by SysRq."""

    name: str | None
    gfp_mask: int | None
    order: int | None
    adj: int | None


class Verdict(NamedTuple):
    """The kernel's own summary since 5.0; `pid` may be a thread's, the kill line tells the process."""

    constraint: str | None
    oom_memcg: str | None
    task_memcg: str | None
    cpuset: str | None
    mems_allowed: str | None
    nodemask: str | None
    name: str | None
    pid: int | None
    uid: int | None


class Choice(NamedTuple):
    """Before 5.2: whom the score chose, though a child may die instead; `reason` is what stands before it."""

    reason: str | None
    pid: int
    name: str
    score: int | None
    sharing: bool


class KillLine(NamedTuple):
    """One process that the kernel killed; sizes in bytes, None where its era does not print them.

    `reason` is what stands before it ("Memory cgroup out of memory").  `seconds` and `time` as in LogLine.
    `how`: "victim"; "child" of the one whose score it was; "member" of a group that dies together; "sharer" of the victim's
    memory; "named" in a verdict whose kill line is missing.  `chosen_pid` and `score` are of the one that was chosen.
    """

    pid: int | None
    name: str
    reason: str | None = None
    how: str = "victim"
    seconds: float | None = None
    time: float | None = None
    total_vm: int | None = None
    anon_rss: int | None = None
    file_rss: int | None = None
    shmem_rss: int | None = None
    page_tables: int | None = None
    uid: int | None = None
    oom_score_adj: int | None = None
    chosen_pid: int | None = None
    chosen_name: str | None = None
    score: int | None = None
    reaped: bool = False


REASON = r"(?:(Out of [Mm]emory(?: \(\w{1,40}\))?|Memory cgroup out of memory|No available memory[^:]{0,40}): )?"
_INVOCATION = re.compile(r"(?:(.{1,16}?) invoked )?oom-killer(?:: *(.*)|$)", re.DOTALL)
_KILLED = re.compile(REASON + r"Killed process (\d{1,10})(?:, UID (\d{1,10}),)? \((.*)", re.DOTALL)
_NAME_END = re.compile(r"\),? (?:UID (\d{1,10}),? )?(?=total-vm:)")
_CHOICE = re.compile(
    REASON + r"[Kk]ill process (\d{1,10}) \((.*)\)(?:,? UID \d{1,10},?)? "
    r"(?:score (-?\d{1,20}) (?:or sacrifice child|or a child|and children)|(sharing same memory))",
    re.DOTALL,
)
_SIZES = re.compile(r"(total-vm|anon-rss|file-rss|shmem-rss|pgtables): ?(\d{1,15})kB")
_UID = re.compile(r"\bUID:(\d{1,10})\b")
_ADJ = re.compile(r"\boom_score_adj:(-?\d{1,4})(?!\d)")
_GFP = re.compile(r"gfp_mask=(0x[0-9a-fA-F]{1,16})")
_ORDER = re.compile(r"\border=(-?\d{1,3})(?!\d)")
_ASKER_ADJ = re.compile(r"\boom_score_adj=(-?\d{1,4})(?!\d)")
_VERDICT = re.compile(r"oom-kill: ?constraint=(CONSTRAINT_\w{1,20})")
_VERDICT_TASK = re.compile(r",task=(.{0,40}),pid= ?(\d{1,10}) ?,(?:uid=? ?(\d{1,10}))?", re.DOTALL)
_VERDICT_FIELD = re.compile(r",(nodemask|cpuset|mems_allowed|oom_memcg|task_memcg)=")
_REAPED = re.compile(r"oom_reaper: reaped process (\d{1,10}) \((.*)\)", re.DOTALL)
_GROUP = re.compile(r"Tasks in (.{1,4096}) are going to be killed due to memory\.oom\.group set", re.DOTALL)
_LIMIT = re.compile(r"Task in (\S{1,4096}) killed as a result of limit of (\S{0,4096})")
# 2.6 printed no newline after a kill, so the next message follows at once.
_GLUED = re.compile(r"(?<=\)|d)(?=(?:Out of [Mm]emory: )?(?:Killed|[Kk]ill) process \d)")


def split_glued(text: str) -> list[str]:
    """The messages of a line in which the newlines between them were lost."""
    return _GLUED.split(text) if "process" in text else [text]


def parse_invocation(text: str) -> Invocation | None:
    """The line "X invoked oom-killer: gfp_mask=…", or 2.6's bare "oom-killer: gfp_mask=…"; None when it is neither."""
    found = _INVOCATION.match(text)
    if found is None:
        return None
    rest = found[2] or ""
    gfp = _GFP.match(rest)
    # Source code and prose have the words too, but no number after them.
    if gfp is None and (rest or found[1] is None):
        return None
    return Invocation(found[1], int(gfp[1], 16) if gfp else None, _number(_ORDER, rest), _number(_ASKER_ADJ, rest))


def parse_verdict(text: str) -> Verdict | None:
    """The line "oom-kill:constraint=…"; fields that a cut line lacks are None, and so is a pid that may be cut itself."""
    found = _VERDICT.match(text)
    if found is None:
        return None
    # Names and paths are not escaped, so each field ends where a later one is known to begin.
    task = _VERDICT_TASK.search(text)
    head = text[: task.start()] if task else text
    marks = list(_VERDICT_FIELD.finditer(head))
    ends = [mark.start() for mark in marks[1:]] + [len(head)]
    fields = {mark[1]: head[mark.end() : end].removesuffix(",global_oom") for mark, end in zip(marks, ends, strict=False)}
    return Verdict(
        found[1].removeprefix("CONSTRAINT_").lower(),
        fields.get("oom_memcg"),
        fields.get("task_memcg"),
        fields.get("cpuset"),
        fields.get("mems_allowed"),
        None if fields.get("nodemask") == "(null)" else fields.get("nodemask"),
        task[1] if task else None,
        int(task[2]) if task else None,
        int(task[3]) if task and task[3] else None,
    )


def parse_choice(text: str) -> Choice | None:
    """The line "Kill process N (x) score S or sacrifice child" and its like; None when it is not."""
    found = _CHOICE.match(text)
    if found is None:
        return None
    return Choice(found[1], int(found[2]), found[3], int(found[4]) if found[4] else None, found[5] is not None)


def parse_kill(text: str) -> KillLine | None:
    """The line "Killed process N (x) …"; None when it is not, or when it breaks off before the name ends."""
    found = _KILLED.match(text)
    if found is None:
        return None
    rest = found[4]
    # The name may hold ")" itself, so it ends at the last one that what follows allows.
    ends = list(_NAME_END.finditer(rest))
    end = ends[-1].start() if ends else rest.rfind(")")
    if end < 0:
        return None
    tail = rest[end:]
    sizes = {name: int(kib) * 1024 for name, kib in _SIZES.findall(tail)}
    uid = found[3] or (ends[-1][1] if ends else None)
    return KillLine(
        int(found[2]),
        rest[:end],
        found[1],
        total_vm=sizes.get("total-vm"),
        anon_rss=sizes.get("anon-rss"),
        file_rss=sizes.get("file-rss"),
        shmem_rss=sizes.get("shmem-rss"),
        page_tables=sizes.get("pgtables"),
        uid=int(uid) if uid else _number(_UID, tail),
        oom_score_adj=_number(_ADJ, tail),
    )


def parse_reaped(text: str) -> tuple[int, str] | None:
    """Pid and name of a victim whose memory the reaper has taken back."""
    found = _REAPED.match(text)
    return (int(found[1]), found[2]) if found else None


def parse_group(text: str) -> str | None:
    """The cgroup whose tasks all die because of memory.oom.group."""
    found = _GROUP.match(text)
    return found[1] if found else None


def parse_limit_of(text: str) -> tuple[str, str] | None:
    """Before 5.0: the victim's cgroup and the one whose limit was hit."""
    found = _LIMIT.match(text)
    return (found[1], found[2]) if found else None


def _number(pattern: re.Pattern[str], text: str) -> int | None:
    """The first number that the pattern finds."""
    found = pattern.search(text)
    return int(found[1]) if found else None
