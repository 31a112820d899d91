"""Which file decides what a sysctl is at boot.  Pure: texts go in.

A name in a folder further up masks the same name below; of all names the last in their order wins.  A pattern counts only for
keys that nobody names.  systemd-sysctl leaves /etc/sysctl.conf alone; where procps does its work, that file comes last.
Source: sysctl.d(5), systemd-sysctl(8); procps' sysctl(8), --system; Documentation/admin-guide/kernel-parameters.txt, "sysctl.*=".
"""

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from typing import NamedTuple

# Relative to the root; the first has precedence.
FOLDERS = ("etc/sysctl.d", "run/sysctl.d", "usr/local/lib/sysctl.d", "usr/lib/sysctl.d", "lib/sysctl.d")
LAST_FILE = "etc/sysctl.conf"
COMMAND_LINE = "proc/cmdline"


class BootFile(NamedTuple):
    """One file: its path relative to the root, and its text ("" for a link to /dev/null)."""

    path: str
    text: str

    @property
    def name(self) -> str:
        """The last part of the path, which orders and masks."""
        return self.path.rpartition("/")[2]


class BootValue(NamedTuple):
    """What decides a sysctl at boot: the value, the file (relative to the root) and the line, 0 on the kernel's command line.

    `beaten` are files that set it too and lose, the nearest first.  `unread` is a file that sets it and is not read here.
    """

    value: str
    path: str
    line: int
    beaten: tuple[str, ...] = ()
    unread: str = ""


class _Entry(NamedTuple):
    pattern: str
    value: str | None
    path: str
    line: int


def read_order(files: Iterable[BootFile]) -> list[BootFile]:
    """The files of the folders as they are read: masked ones left out, by name."""
    rank = {folder: at for at, folder in enumerate(FOLDERS)}
    chosen: dict[str, BootFile] = {}
    for file in sorted(files, key=lambda one: rank.get(one.path.rpartition("/")[0], len(rank))):
        if file.name.endswith(".conf"):
            chosen.setdefault(file.name, file)
    return [chosen[name] for name in sorted(chosen)]


def boot_value(
    key: str, files: Sequence[BootFile], *, last: BootFile | None = None, reads_last: bool = False, command_line: str = ""
) -> BootValue | None:
    """What decides `key`, None where nothing does.

    `files` are in the order of `read_order`; `last` is /etc/sysctl.conf and `reads_last` whether it is read at boot here.
    """
    unread = ""
    if last is not None:
        if reads_last:
            files = (*files, last)
        elif _deciding(key, [last]) is not None:
            unread = last.path
    found = _deciding(key, files)
    if found is None or found.value is None:
        given = _on_command_line(key, command_line)
        if given is None:
            return BootValue("", "", 0, unread=unread) if unread else None
        return BootValue(given, COMMAND_LINE, 0, unread=unread)
    losers = [one.path for file in reversed(files) for one in _entries(file)[::-1] if _names(one, key) and one.path != found.path]
    return BootValue(found.value, found.path, found.line, tuple(dict.fromkeys(losers)), unread)


def _names(entry: _Entry, key: str) -> bool:
    return entry.pattern == key and entry.value is not None


def _deciding(key: str, files: Sequence[BootFile]) -> _Entry | None:
    entries = [entry for file in files for entry in _entries(file)]
    named = [entry for entry in entries if entry.pattern == key]
    if named:
        # A name without a value keeps patterns away and sets nothing.
        return next((entry for entry in reversed(named) if entry.value is not None), None)
    return next((entry for entry in reversed(entries) if entry.value is not None and fnmatchcase(key, entry.pattern)), None)


def _entries(file: BootFile) -> list[_Entry]:
    found = []
    for number, line in enumerate(file.text.split("\n"), start=1):
        text = line.strip()
        if not text or text[0] in "#;":
            continue
        name, equals, value = text.partition("=")
        name = name.strip()
        if not equals and not name.startswith("-"):
            continue
        found.append(_Entry(_dotted(name.removeprefix("-").strip()), value.strip() if equals else None, file.path, number))
    return found


def _dotted(name: str) -> str:
    """The key with dots between its parts; where the first separator is a slash, dots are part of names."""
    first = next((sign for sign in name if sign in "./"), ".")
    return name if first == "." else name.translate(str.maketrans("./", "/."))


def _on_command_line(key: str, line: str) -> str | None:
    found = None
    for word in line.split():
        name, equals, value = word.partition("=")
        if equals and name.startswith("sysctl.") and _dotted(name.removeprefix("sysctl.")) == key:
            found = value
    return found
