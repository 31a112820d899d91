"""Taking names, users and command lines out of a recording, each replaced by the same stand-in throughout.

Kept are sizes, pids, times, the names of kernel threads, and those of slices that every systemd machine has.
"""

import re
from collections.abc import Mapping

from guardian.kernel.process import PF_KTHREAD

_COMMON = frozenset({
    "", "user.slice", "system.slice", "machine.slice", "init.scope", "session.slice", "app.slice", "background.slice",
    "sys", "fs", "cgroup", "memory", "unified",
})  # fmt: skip
_KINDS = (".slice", ".scope", ".service", ".socket", ".mount", ".swap", ".timer", ".path")
_CGROUP_FILES = ("memory.", "cgroup.", "cpu.", "io.", "pids.")
_FIRST_USER, _NOBODY = 1000, 65534
_PARAMETERS = re.compile(
    r"^(psi|zswap\.\w+|cgroup\w*|swapaccount|systemd\.unified_cgroup_hierarchy|transparent_hugepage|mem|hugepages?z?|vm\.\w+)="
)
_UIDS = re.compile(r"^((?:Uid|Gid|Groups):[\t ]*)([\d\t ]*)$", re.MULTILINE)
_LOGGED_UID = re.compile(r"(\bUID[: ])(\d+)")
_LOG_LINES = (
    re.compile(r"^(?P<a>)(?P<name>.*)(?P<b> invoked oom-killer: .*)$"),
    re.compile(r"^(?P<a>.*[Kk]illed process \d+ \()(?P<name>.*)(?P<b>\),? (?:UID \d+, )?total-vm:.*)$"),
    re.compile(r"^(?P<a>.*[Kk]ill process \d+ \()(?P<name>.*)(?P<b>\) (?:score|sharing).*)$"),
    re.compile(r"^(?P<a>oom_reaper: .*process \d+ \()(?P<name>.*)(?P<b>\), now .*)$"),
)
_PLAIN_LOG = re.compile(
    r"^(Mem-Info:|Tasks state|memory: usage|swap: usage|Free swap|Total swap|\d+ pages |active_anon:|Node \d+ "
    r"|oomlab: mark |Out of memory and no killable|Kernel panic - not syncing: (Out of memory|System is deadlocked))"
)
_HEADER = re.compile(r"^\[ +pid +\](.*)$")
_ROW = re.compile(r"^(\[ *\d+\])(.*)$")
_SUMMARY = re.compile(r"^(oom-kill:constraint=\w+,nodemask=[^,]*),cpuset=.*?,(mems_allowed=.*)$")
_STAMP = re.compile(r"^((?:<\d+>)?\[ *\d+\.\d+\](?:\[ *[TC]\d+\])? ?)(.*)$")


class Redaction:
    """Stand-ins for one recording; the same name, user or group always gets the same one."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._users: dict[int, int] = {}
        self._groups: dict[str, str] = {}
        self._done: dict[str, tuple[str, str]] = {}
        self._columns = 0

    def texts(self, texts: Mapping[str, str]) -> dict[str, str]:
        """The files of one sample, paths and texts, without names."""
        out: dict[str, str] = {}
        done: dict[str, tuple[str, str]] = {}
        for path, text in texts.items():
            known = self._done.get(path)
            new = known[1] if known is not None and known[0] == text else self._text(path, text)
            done[path] = (text, new)
            out[self._path(path)] = new
        self._done = done
        return out

    def log(self, text: str) -> str:
        """A kernel log reduced to what it says of running out of memory, without names."""
        kept = []
        for line in text.split("\n"):
            stamped = _STAMP.match(line)
            said = self._log_line(stamped[2]) if stamped else None
            if stamped and said is not None:
                kept.append(stamped[1] + said + "\n")
        return "".join(kept)

    def name(self, name: str) -> str:
        """The stand-in of a process's name."""
        return self._names.setdefault(name, f"name-{len(self._names) + 1}")

    def uid(self, uid: int) -> int:
        """The stand-in of a user or group id; those of the system stay as they are."""
        if uid < _FIRST_USER or uid >= _NOBODY:
            return uid
        return self._users.setdefault(uid, _FIRST_USER + len(self._users))

    def cgroup(self, path: str) -> str:
        """The stand-in of a cgroup's path, part by part; kinds of units stay recognisable."""
        return "/".join(self._part(part) for part in path.split("/"))

    def _part(self, part: str) -> str:
        if part in _COMMON:
            return part
        user = re.fullmatch(r"(user-|user@)(\d+)(\.slice|\.service)", part)
        if user:
            return f"{user[1]}{self.uid(int(user[2]))}{user[3]}"
        kind = next((kind for kind in _KINDS if part.endswith(kind)), "")
        return self._groups.setdefault(part, f"group-{len(self._groups) + 1}{kind}")

    def _path(self, path: str) -> str:
        if not path.startswith("/sys/fs/cgroup/"):
            return path
        folder, _, file = path.rpartition("/")
        return f"{self.cgroup(folder)}/{file}"

    def _text(self, path: str, text: str) -> str:
        parts = path.split("/")
        if path.startswith("/proc/") and len(parts) >= 4 and parts[2].isdigit():
            return self._process_text(parts[-1], text)
        if path == "/proc/swaps":
            return re.sub(r"^/(?!dev/)\S*", "/swap", text, flags=re.MULTILINE)
        if path == "/proc/version":
            return re.sub(r"\([^()\s]*@[^()\s]*\)", "(name@host)", text)
        if path == "/proc/cmdline":
            return " ".join(word for word in text.split() if _PARAMETERS.match(word)) + "\n"
        if path in {"/proc/self/mountinfo", "/proc/mounts"}:
            return self._mounts(text)
        return text

    def _process_text(self, file: str, text: str) -> str:
        if file == "stat":
            begin, end = text.find("(") + 1, text.rfind(")")
            flags = text[end + 1 :].split()[6:7]
            if flags and flags[0].isdigit() and int(flags[0]) & PF_KTHREAD:
                self._names.setdefault(text[begin:end], text[begin:end])
            return text[:begin] + self.name(text[begin:end]) + text[end:]
        if file == "status":
            head, _, rest = text.partition("\n")
            name = head.removeprefix("Name:\t").replace("\\n", "\n").replace("\\\\", "\\")
            return f"Name:\t{self.name(name)}\n" + _UIDS.sub(self._ids, rest)
        if file == "cgroup":
            return "\n".join(self._membership(line) for line in text.split("\n"))
        return text

    def _ids(self, found: re.Match[str]) -> str:
        return found[1] + "\t".join(str(self.uid(int(word))) for word in found[2].split())

    def _membership(self, line: str) -> str:
        number, _, rest = line.partition(":")
        controllers, colon, path = rest.partition(":")
        return f"{number}:{controllers}:{self.cgroup(path)}" if colon else line

    def _mounts(self, text: str) -> str:
        """The mounts of cgroups alone: no other says anything that a replay needs."""
        return "\n".join(line for line in text.split("\n") if " - cgroup" in line or line.split(" ")[2:3] == ["cgroup2"]) + "\n"

    def _log_line(self, said: str) -> str | None:
        for pattern in _LOG_LINES:
            found = pattern.match(said)
            if found:
                return found["a"] + self.name(found["name"]) + _LOGGED_UID.sub(self._logged_uid, found["b"])
        header, row = _HEADER.match(said), _ROW.match(said)
        if header:
            self._columns = len(header[1].split()) - 1
            return said
        if row and self._columns:
            return row[1] + self._task(row[2])
        summary = _SUMMARY.match(said)
        if summary:
            return f"{summary[1]},cpuset=/,{self._summary(summary[2])}"
        if said.startswith("Tasks in ") and " are going to be killed" in said:
            path, _, rest = said.removeprefix("Tasks in ").rpartition(" are going to be killed")
            return f"Tasks in {self.cgroup(path)} are going to be killed{rest}"
        return said if _PLAIN_LOG.match(said) else None

    def _logged_uid(self, found: re.Match[str]) -> str:
        return found[1] + str(self.uid(int(found[2])))

    def _task(self, row: str) -> str:
        """The rest of a row of the task table: numbers, the first of them the user, and the name."""
        words = row.split(None, self._columns)
        numbers, name = words[: self._columns], words[self._columns :]
        user = [str(self.uid(int(word))) for word in numbers[:1] if word.isdigit()]
        return " " + " ".join([*user, *numbers[1:], self.name("".join(name))])

    def _summary(self, text: str) -> str:
        """The end of a summary line: groups, task and user."""
        text, _, uid = text.rpartition(",uid=")
        text, _, pid = text.rpartition(",pid=")
        text, _, task = text.rpartition(",task=")
        head, _, member = text.rpartition(",task_memcg=")
        head, limited, group = head.partition(",oom_memcg=")
        limit = f"{limited}{self.cgroup(group)}" if limited else ""
        uid = str(self.uid(int(uid))) if uid.isdigit() else uid
        return f"{head}{limit},task_memcg={self.cgroup(member)},task={self.name(task)},pid={pid},uid={uid}"
