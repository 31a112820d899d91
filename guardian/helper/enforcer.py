"""Applies lasting rules to processes as they are born; a unit of its own, started at boot where rules exist.

An exec is looked at once: the program's file by device and inode, its name, or its cgroup, whatever the rules ask.  Only a
difference is written.  A value that the program set itself since is left to it; where the rule insists, it is set again, though
not oftener than once a minute.
"""

import contextlib
import os
import pwd
import re
import select
import time
from collections.abc import Iterable
from typing import NamedTuple

from guardian.helper import journal
from guardian.helper.errors import HelperError
from guardian.helper.held_process import HeldProcess
from guardian.helper.proc_events import ProcessEvents
from guardian.helper.rule_store import RuleStore, check_grant
from guardian.kernel.cgroup import parse_unit_membership
from guardian.kernel.errors import Unparsable
from guardian.kernel.process import PF_KTHREAD, parse_stat
from guardian.protocol.application import application_of
from guardian.protocol.rules import Rule, Subject, matches

GATHER_SECONDS = 0.08
RULES_LOOK_SECONDS = 1.0
WHOLE_LOOK_SECONDS = 30.0
SAMPLE_SECONDS = 1.0
INSIST_SECONDS = 60.0
_USER_MANAGER = re.compile(r"user@[0-9]+\.service")
_UNITS = (".service", ".scope", ".socket", ".mount", ".swap")


class _Held(NamedTuple):
    """The value that a process was found with or given, and when (monotonic)."""

    value: int
    time: float


class _Wanted(NamedTuple):
    rules: tuple[Rule, ...]
    files: dict[tuple[int, int], tuple[Rule, ...]]
    others: tuple[Rule, ...]


class Enforcer:
    """Holds what the rules ask for; `apply` looks at processes by pid."""

    def __init__(self, root: str = "/") -> None:
        self._root, self._store = root, RuleStore(root)
        self._stamp: tuple[int, ...] = ()
        self._wanted = _Wanted((), {}, ())
        self._told: set[tuple[int, int]] = set()
        self._held: dict[tuple[int, int], _Held] = {}

    def reload(self) -> bool:
        """Read the rules anew if the folder changed; whether they did."""
        try:
            found = os.stat(self._store.folder)
            stamp: tuple[int, ...] = (found.st_mtime_ns, found.st_ino)
        except OSError:
            stamp = (0,)
        if stamp == self._stamp:
            return False
        self._stamp = stamp
        rules, complaints = self._store.read()
        files: dict[tuple[int, int], tuple[Rule, ...]] = {}
        for rule in rules:
            if rule.kind != "exe":
                continue
            try:
                target = os.stat(check_grant(rule).target)
            except (OSError, HelperError) as error:
                complaints.append(f"rule {rule.id} rests: {error}")
                continue
            place = (target.st_dev, target.st_ino)
            files[place] = (*files.get(place, ()), rule)
        self._wanted = _Wanted(tuple(rules), files, tuple(rule for rule in rules if rule.kind != "exe"))
        for complaint in complaints:
            journal.note(complaint, {}, refused=True, root=self._root)
        return True

    @property
    def idle(self) -> bool:
        """Whether there is no rule to apply."""
        return not self._wanted.rules

    def apply(self, pids: Iterable[int]) -> int:
        """Write what the rules wish for these processes; how many were changed."""
        wanted = self._wanted
        if wanted.others:
            return sum(self._apply_one(pid) for pid in pids)
        # Rules of programs alone, the common case: one stat tells that a birth is none of ours.
        changed, files, base = 0, wanted.files, f"{self._root}proc/"
        for pid in pids:
            try:
                found = os.stat(f"{base}{pid}/exe")
            except OSError:
                continue
            if (found.st_dev, found.st_ino) in files:
                changed += self._apply_one(pid)
        return changed

    def apply_all(self) -> int:
        """The same for every process there is."""
        pids = {int(name) for name in os.listdir(f"{self._root}proc") if name.isdigit()}
        self._told = {key for key in self._told if key[0] in pids}
        self._held = {key: held for key, held in self._held.items() if key[0] in pids}
        return self.apply(pids)

    def _apply_one(self, pid: int) -> bool:
        rule = self._rule_for(pid)
        if rule is None:
            return False
        try:
            with open(f"{self._root}proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
                stat = parse_stat(file.read())
            if stat.flags & PF_KTHREAD:
                return False
            with HeldProcess(pid, stat.start_ticks, self._root) as held:
                key, before, time_now = (pid, stat.start_ticks), held.read_adj(), time.monotonic()
                known = self._held.get(key)
                if before == rule.adj:
                    self._held[key] = known if known and known.value == before else _Held(before, -INSIST_SECONDS)
                    return False
                if known and known.value == rule.adj and not (rule.insist and time_now - known.time >= INSIST_SECONDS):
                    return False
                if self._rule_for(pid) != rule:
                    return False
                held.write_adj(rule.adj)
                self._held[key] = _Held(rule.adj, time_now)
                now = held.read_adj()
        except (OSError, Unparsable, HelperError) as error:
            self._tell(pid, 0, f"rule {rule.id} not held for {pid}: {error}", refused=True)
            return False
        self._tell(pid, stat.start_ticks, f"rule {rule.id}: {stat.comm} ({pid}) {before} -> {now}", refused=now != rule.adj)
        return now == rule.adj

    def _tell(self, pid: int, start_ticks: int, text: str, *, refused: bool) -> None:
        if (pid, start_ticks) not in self._told:
            self._told.add((pid, start_ticks))
            journal.note(text, {"pid": pid}, refused=refused, root=self._root)

    def _rule_for(self, pid: int) -> Rule | None:
        """The first rule that means this process; rules of programs come before those of names."""
        base = f"{self._root}proc/{pid}"
        if self._wanted.files:
            place = (0, 0)
            with contextlib.suppress(OSError):
                found = os.stat(f"{base}/exe")
                place = (found.st_dev, found.st_ino)
            for rule in self._wanted.files.get(place, ()):
                if rule.user is None or rule.user == _sole_user(base):
                    return rule
        if not self._wanted.others:
            return None
        subject = _subject(base, self._wanted.others)
        return None if subject is None else next((rule for rule in self._wanted.others if matches(rule, subject)), None)


def _sole_user(base: str) -> str | None:
    """The login name where real, effective, saved and filesystem uid are all the same; None else."""
    try:
        with open(f"{base}/status", encoding="utf-8", errors="replace") as file:
            line = next((line for line in file if line.startswith("Uid:")), "")
        uids = set(line.split()[1:])
        return pwd.getpwuid(int(uids.pop())).pw_name if len(uids) == 1 else None
    except (OSError, KeyError, ValueError):
        return None


def _subject(base: str, rules: tuple[Rule, ...]) -> Subject | None:
    try:
        with open(f"{base}/comm", encoding="utf-8", errors="replace") as file:
            name = file.read().rstrip("\n")
        path = ""
        if any(rule.kind in ("unit", "app") for rule in rules):
            with open(f"{base}/cgroup", encoding="utf-8", errors="replace") as file:
                path = parse_unit_membership(file.read()) or ""
    except OSError:
        return None
    unit, system = unit_of(path)
    app = application_of(unit) if unit else None
    user = _sole_user(base) if any(rule.user for rule in rules) else None
    return Subject(None, name, unit, system, app, user)


def unit_of(path: str) -> tuple[str | None, bool]:
    """The unit of a cgroup path, None without one, and whether the system manager started it below system.slice.

    The outermost counts: what lies below a unit was named by whoever it was handed to, such as the systemd of a container.
    Below user@UID.service it is the user manager's unit.  Source: systemd, cg_path_get_unit(), cg_path_get_user_unit().
    """
    parts = [part for part in path.split("/") if part]
    units = (number for number, part in enumerate(parts) if not part.endswith(".slice"))
    at = next(units, None)
    if at is not None and _USER_MANAGER.fullmatch(parts[at]):
        at = next(units, at)
    unit = parts[at] if at is not None and parts[at].endswith(_UNITS) else None
    return unit, parts[:1] == ["system.slice"]


def enforce(root: str = "/") -> None:
    """Run until ended; leaves when the last rule is gone.  Without process events every process is looked at each second."""
    enforcer = Enforcer(root)
    enforcer.reload()
    try:
        events: ProcessEvents | None = ProcessEvents()
    except OSError as error:
        events = None
        journal.note(f"No process events here ({error.strerror}); looking once a second instead", {}, refused=True, root=root)
    enforcer.apply_all()
    looked = read = time.monotonic()
    while not enforcer.idle:
        _wait(events)
        now = time.monotonic()
        pids, lost = events.pids() if events else ([], now - looked >= SAMPLE_SECONDS)
        if now - read >= RULES_LOOK_SECONDS:
            read = now
            lost |= enforcer.reload()
        if lost or now - looked >= WHOLE_LOOK_SECONDS:
            looked = now
            enforcer.apply_all()
        else:
            enforcer.apply(dict.fromkeys(pids))


def _wait(events: ProcessEvents | None) -> None:
    """Sleep until something happened, then a moment longer, so that many births cost one waking."""
    if events is None:
        time.sleep(SAMPLE_SECONDS)
    elif select.select([events], [], [], RULES_LOOK_SECONDS)[0]:
        time.sleep(GATHER_SECONDS)
