"""Kills by programs that act before the kernel does, as their own logs tell them.

    Killed /user.slice/…/app.scope due to memory pressure for /user.slice being 62.10% > 50.00% for > 20s with reclaim activity
    Marked /system.slice/x.service for killing due to memory used (1) / total (2) and swap used (3) / total (4) being …
    sending SIGTERM to process 29410 uid 1000 "cluster": badness 1264, VmRSS 23964 MiB
    killing process 28367 "python3" with signal 15: badness 698, VmRSS 11793 MiB
    PID: 12297, Name: tail, badness: 727 … Implement a corrective action: … Sending SIGTERM to the victim

Source: systemd-oomd of 252 and 262, earlyoom 1.2 to 1.9, nohang 0.1 to 0.3.
"""

import re
from typing import NamedTuple

from guardian.kernel.log_prefix import LogLine
from guardian.kernel.oomd_table import OomdRow, OomdTable

_OOMD_KILL = re.compile(
    r"(?:Killed|Marked) (/\S{0,4096}|\S{1,4096}\.(?:scope|service|slice)) (?:for killing )?due to (memory (?:pressure|used).*)"
)
_OOMD_TRY = re.compile(r"oomd attempting to kill (\d{1,10}) with KILL")
_UNIT_LOST = re.compile(
    r"(\S{1,256}): (?:systemd-oomd killed (\d{1,10}) process|A process of this unit has been killed by the OOM killer)"
)
_EARLYOOM = re.compile(
    r'(?:sending SIG(TERM|KILL) to|killing) process (\d{1,10})(?: uid (\d{1,10}))? "(.*)"(?: with signal (\d{1,2}))?: '
    r"(?:badness|oom_score) (\d{1,10})(?:, oom_score_adj -?\d{1,4})?, VmRSS (\d{1,10}) MiB",
    re.DOTALL,
)
_NOHANG_VICTIM = re.compile(r"PID: (\d{1,10}), [Nn]ame: (.{0,16}), badness: (\d{1,10})$", re.DOTALL)
_NOHANG_ACT = re.compile(r"(?:Sending|Send) SIG(\w{1,8}) to the victim|Run the command: (.*)")
_SIGNALS = {"15": "TERM", "9": "KILL"}


class UserspaceKill(NamedTuple):
    """One decision of a user-space killer to end a process or a whole cgroup; None where it does not tell.

    `killer` is "systemd-oomd", "earlyoom" or "nohang".  `pids` are all processes of the cgroup that oomd named.
    `weighed` are the groups that oomd wrote down, the first of the `considered` ones.  `ended` tells whether the victim was seen
    to end: False when the killer says it did not.
    """

    killer: str
    pid: int | None
    name: str
    cgroup: str | None = None
    signal: str | None = None
    reason: str | None = None
    score: int | None = None
    rss: int | None = None
    uid: int | None = None
    pids: tuple[int, ...] = ()
    ended: bool | None = None
    seconds: float | None = None
    time: float | None = None
    weighed: tuple[OomdRow, ...] = ()
    considered: int = 0


class UnitNotice(NamedTuple):
    """systemd noticed that a unit lost processes: `killer` "kernel" or "systemd-oomd"; a witness, not a kill of its own."""

    killer: str
    unit: str
    processes: int | None
    seconds: float | None = None
    time: float | None = None


class UserspaceParser:
    """Follows the lines of all such programs at once; a kill is told when what became of it is known."""

    def __init__(self) -> None:
        self._held: UserspaceKill | None = None
        self._tried: list[int] = []
        self._oomd_table = OomdTable()
        self._candidate: tuple[int, str, int] | None = None
        self._acting = False

    @property
    def busy(self) -> bool:
        """Whether the next lines may say more of something begun."""
        return self._held is not None or self._acting

    def feed(self, line: LogLine) -> list[UserspaceKill | UnitNotice]:
        """What a line completes."""
        sender, text = line.sender or "", line.text
        if sender in ("systemd-oomd", ""):
            if found := _OOMD_KILL.match(text):
                return [self._by_oomd(found, line)]
            if found := _OOMD_TRY.match(text):
                self._tried = [*self._tried[-4096:], int(found[1])]
                return []
            if self._oomd_table.feed(text):
                return []
            if text.startswith(("Failed to kill", "Memory pressure for ", "Memory used")):
                self._tried = []
                self._oomd_table.take()
        if sender in ("systemd", "") and (found := _UNIT_LOST.match(text)):
            killer = "systemd-oomd" if found[2] else "kernel"
            return [UnitNotice(killer, found[1], int(found[2]) if found[2] else None, line.seconds, line.time)]
        if sender in ("earlyoom", ""):
            return [*self._earlyoom(line), *(self._nohang(line) if not sender else ())]
        return [*self._nohang(line)] if sender.startswith("nohang") else []

    def finish(self) -> list[UserspaceKill | UnitNotice]:
        """What is still held back: nothing more comes."""
        held, self._held, self._acting = self._held, None, False
        return [held] if held is not None else []

    def _by_oomd(self, found: re.Match[str], line: LogLine) -> UserspaceKill:
        pids, self._tried = tuple(self._tried), []
        path = found[1]
        name = path.rstrip("/").rpartition("/")[2] or path
        kill = UserspaceKill("systemd-oomd", None, name, path, "KILL", found[2], pids=pids, seconds=line.seconds, time=line.time)
        weighed, considered = self._oomd_table.take()
        return kill._replace(weighed=weighed, considered=considered)

    def _earlyoom(self, line: LogLine) -> list[UserspaceKill]:
        held, text = self._held, line.text
        if found := _EARLYOOM.match(text):
            kill = UserspaceKill(
                "earlyoom",
                int(found[2]),
                found[4],
                signal=found[1] or _SIGNALS.get(found[5] or ""),
                score=int(found[6]),
                rss=int(found[7]) << 20,
                uid=int(found[3]) if found[3] else None,
                seconds=line.seconds,
                time=line.time,
            )
            self._held = kill
            if held is None or (held.pid == kill.pid and held.ended is None):
                # SIGKILL after SIGTERM to the same one is still one kill, begun when it began.
                self._held = kill if held is None else kill._replace(seconds=held.seconds, time=held.time)
                return []
            return [held]
        if held is None or held.killer != "earlyoom":
            return []
        if text.startswith("escalating to SIGKILL"):
            self._held = held._replace(signal="KILL")
            return []
        if text.startswith("dryrun"):
            self._held = None
            return []
        ended = text.startswith("process ") and " exited" in text
        if ended or text.startswith("kill failed"):
            self._held = None
            return [held._replace(ended=ended)]
        return []

    def _nohang(self, line: LogLine) -> list[UserspaceKill]:
        text = line.text
        if found := _NOHANG_VICTIM.match(text):
            self._candidate = int(found[1]), found[2], int(found[3])
        elif text.startswith("Implement") and "corrective action:" in text:
            self._acting = self._candidate is not None
        elif self._acting and self._candidate is not None and (found := _NOHANG_ACT.match(text)):
            pid, name, badness = self._candidate
            self._candidate, self._acting = None, False
            signal = found[1] or ("KILL" if "KILL" in found[2] else "TERM" if "TERM" in found[2] else None)
            return [UserspaceKill("nohang", pid, name, signal=signal, score=badness, seconds=line.seconds, time=line.time)]
        return []
