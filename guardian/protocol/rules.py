"""Lasting pins: which processes a rule means, what it wishes for them, and who may have it.

A rule names processes by one of four things and gives them an oom_score_adj.  Rules that only raise are harmless; a negative
one is a privilege, so what it matches must not be something a user can make at will.
"""

import re
from collections.abc import Mapping
from typing import Literal, NamedTuple

Kind = Literal["exe", "unit", "app", "name"]

ADJ_MIN, ADJ_MAX = -1000, 1000
COMM_BYTES = 15
RULE_KEYS = {"exe": str, "unit": str, "app": str, "name": str, "user": str, "adj": int, "immortal": bool, "insist": bool}

_UNIT = re.compile(r"[A-Za-z0-9:_.\\@-]{1,240}\.(service|slice|scope|socket|mount|swap)")
# "foo-.service" is no unit: its drop-ins hold for every unit whose name begins with "foo-".
_PREFIX = re.compile(r"[^@]*-(@.*)?\.[a-z]+\Z")
_APP = re.compile(r"[A-Za-z0-9_.-]{1,200}")
_USER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}\$?")
_ID = re.compile(r"[a-z0-9-]{1,64}")
_EXE = re.compile(r"(/[^/\x00-\x1f\x7f]+)+")
_INTERPRETERS = re.compile(
    r"(python|pypy|perl|ruby|node|nodejs|deno|bun|lua|luajit|php|tclsh|wish|guile|java|mono|dotnet|gjs|osascript|R|Rscript|julia|"
    r"bash|sh|dash|zsh|ksh|mksh|fish|tcsh|csh|busybox|toybox|env|xargs|nohup|setsid|nice|ionice|timeout|sudo|su|doas|pkexec|runuser|"
    r"setpriv|chroot|unshare|nsenter|bwrap|flatpak|snap|wine|wine64|wine-preloader|qemu|gdb|strace|ltrace|valgrind|awk|gawk|mawk|"
    r"sed|ed|ex|vi|view|vim|nvim|emacs|make|ld|ld-linux|ld-musl|libc|chrt|taskset|numactl|setarch|linux32|linux64|i386|"
    r"x86_64|prlimit|choom|flock|newgrp|sg|login|parallel|expect|rbash|pwsh|octave|fakeroot|firejail|dbus-run-session|perf|rr|"
    r"gdbserver|docker|podman|runc|crun|systemd-run|screen|tmux|script|stdbuf|watch|find|ssh)"
    r"([-.]?[0-9]+[a-z]*)*([-.].*)?"
)


class RuleError(ValueError):
    """A rule that cannot be taken; the message says what is wrong with it."""


class Rule(NamedTuple):
    """One lasting wish.  `kind` and `target` say whom, `user` (a login name) narrows it, None is everybody.

    `id` is empty until the rule was stored.  `immortal` is the explicit wish for -1000.  `insist`: a value that the program set
    itself since is not left to it.
    """

    kind: Kind
    target: str
    adj: int
    user: str | None = None
    immortal: bool = False
    id: str = ""
    insist: bool = False

    def as_mapping(self) -> dict[str, str | int | bool]:
        """The rule by its keys, as on the bus and in its file."""
        found: dict[str, str | int | bool] = {self.kind: self.target, "adj": self.adj}
        if self.user is not None:
            found["user"] = self.user
        if self.immortal:
            found["immortal"] = True
        if self.insist:
            found["insist"] = True
        return found


class Subject(NamedTuple):
    """What of a process rules look at; None where unknown.

    `exe` is the path /proc/PID/exe names, `name` its comm, `unit` the systemd unit of its cgroup, `system` whether that unit
    lies below system.slice, `app` the application of its unit, `user` the login name of its real uid when all its uids match.
    """

    exe: str | None
    name: str
    unit: str | None
    system: bool
    app: str | None
    user: str | None


def parse_rule(keys: Mapping[str, object], rule_id: str = "") -> Rule:
    """The rule of those keys.  RuleError where a key is unknown, missing, doubled, of the wrong type or out of range."""
    for key, value in keys.items():
        if key not in RULE_KEYS:
            raise RuleError(f"unknown key {key!r}; a rule has {', '.join(RULE_KEYS)}")
        wanted = RULE_KEYS[key]
        if not isinstance(value, wanted) or (wanted is int and isinstance(value, bool)):
            raise RuleError(f"{key} is not {'a text' if wanted is str else 'a number' if wanted is int else 'true or false'}")
    kinds: list[Kind] = [kind for kind in ("exe", "unit", "app", "name") if kind in keys]
    if len(kinds) != 1:
        raise RuleError("a rule names exactly one of exe, unit, app, name")
    if "adj" not in keys:
        raise RuleError("adj is missing")
    adj, target, user = keys["adj"], keys[kinds[0]], keys.get("user")
    assert isinstance(adj, int)
    assert isinstance(target, str)
    assert user is None or isinstance(user, str)
    immortal = keys.get("immortal") is True
    _check_target(kinds[0], target)
    _check_value(adj, immortal, kinds[0])
    if user is not None and not _USER.fullmatch(user):
        raise RuleError("user is not a login name")
    if adj < 0 and kinds[0] in ("name", "app") and user is None:
        raise RuleError(f"a negative adj by {kinds[0]} needs a user, since anybody can start a program of that name")
    return Rule(kinds[0], target, adj, user, immortal, rule_id, keys.get("insist") is True)


def _check_target(kind: Kind, target: str) -> None:
    if kind == "exe":
        if len(target) > 1000 or not _EXE.fullmatch(target) or any(part in (".", "..") for part in target.split("/")):
            raise RuleError("exe is not an absolute, plain path")
    elif kind == "unit":
        check_unit(target)
    elif kind == "app":
        if not _APP.fullmatch(target) or target.startswith("."):
            raise RuleError("app is not an application id")
    elif not target or len(target.encode()) > COMM_BYTES or any(ord(char) < 32 or ord(char) == 127 for char in target):
        raise RuleError(f"name is not a process name of 1 to {COMM_BYTES} bytes")


def _check_value(adj: int, immortal: bool, kind: Kind) -> None:
    if not ADJ_MIN <= adj <= ADJ_MAX:
        raise RuleError(f"adj {adj} is outside {ADJ_MIN} to {ADJ_MAX}")
    if immortal != (adj == ADJ_MIN):
        raise RuleError("adj -1000 and immortal go together, one is not had without the other")
    if immortal and kind != "unit":
        raise RuleError("immortal is for system units only")


def check_unit(unit: str) -> str:
    """The unit's name itself.  RuleError where it is no plain name of a systemd unit.  Source: systemd.unit(5)."""
    if not _UNIT.fullmatch(unit) or ".." in unit or unit.startswith((".", "-")) or _PREFIX.match(unit):
        raise RuleError("this is not the name of a systemd unit, such as postgresql.service")
    return unit


def check_rule_id(rule_id: str) -> str:
    """The id itself.  RuleError where no rule can have it."""
    if not _ID.fullmatch(rule_id) or rule_id.startswith("-"):
        raise RuleError("this is not the id of a rule")
    return rule_id


def is_interpreter(path: str) -> bool:
    """Whether a program runs what others hand it, so that protecting it would protect anything."""
    return _INTERPRETERS.fullmatch(path.rsplit("/", 1)[-1]) is not None


def matches(rule: Rule, subject: Subject) -> bool:
    """Whether the rule means this process.  `exe` is compared by path here; root compares device and inode as well."""
    if rule.user is not None and rule.user != subject.user:
        return False
    if rule.kind == "exe":
        return subject.exe == rule.target
    if rule.kind == "unit":
        return subject.unit == rule.target and (rule.adj >= 0 or subject.system)
    if rule.kind == "app":
        return subject.app == rule.target
    return subject.name == rule.target
