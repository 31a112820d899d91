"""Which killers in user space run here, and how they are configured.

Source: oomd.conf(5), systemd.resource-control(5); the command line of earlyoom(1); nohang.conf.
"""

import os
import re
from collections.abc import Iterable, Sequence

from guardian.kernel.process import Process
from guardian.model.killers import OomdRules, PercentRules, Rules

_UNIT_FOLDERS = ("usr/lib/systemd/system", "lib/systemd/system", "run/systemd/system", "etc/systemd/system")
_CONF_FOLDERS = ("usr/lib/systemd/oomd.conf.d", "run/systemd/oomd.conf.d", "etc/systemd/oomd.conf.d")
_MULTIPLES = {"ms": 0.001, "s": 1.0, "min": 60.0, "m": 60.0, "": 1.0}
_EARLYOOM_OPTIONS = ("--prefer", "--avoid", "--ignore")
_EARLYOOM_LIMITS = ("-m", "-s", "-M", "-S")


class KillersHere:
    """Looks below `root` for killers among the processes given; configuration is read anew at each look."""

    def __init__(self, root: str = "/") -> None:
        self._root = root

    def look(self, processes: Iterable[Process], cgroups: Sequence[str] = ()) -> tuple[Rules, ...]:
        """The rules of each killer that runs; `cgroups` are the paths there are, for what oomd watches of users."""
        found: list[Rules] = []
        for process in processes:
            # The kernel cuts names at 15 bytes; this one has 12.
            if process.name == "systemd-oomd":
                found.append(self._oomd(cgroups))
            elif process.name == "earlyoom":
                found.append(earlyoom_rules(self.command_line(process.pid)))
            elif process.name in ("nohang", "nohang-desktop"):
                found.append(self._nohang())
        return tuple(dict.fromkeys(found))

    def command_line(self, pid: int) -> list[str]:
        """The arguments that a process was started with, its program first; empty where it is gone."""
        try:
            return self._text(f"proc/{pid}/cmdline").split("\0")
        except OSError:
            return []

    def _oomd(self, cgroups: Sequence[str]) -> OomdRules:
        manager = self._section(["etc/systemd/oomd.conf"], _CONF_FOLDERS, "OOM")
        limit = _share(manager.get("defaultmemorypressurelimit"), 0.60)
        swap, pressure = [], []
        for unit, path in (("-.slice", "/"), ("user.slice", "/user.slice"), ("system.slice", "/system.slice")):
            keys = self._unit(unit)
            if keys.get("managedoomswap") == "kill":
                swap.append(path)
            if keys.get("managedoommemorypressure") == "kill":
                pressure.append((path, _share(keys.get("managedoommemorypressurelimit"), limit)))
        users = self._unit("user@.service")
        for path in cgroups:
            if re.fullmatch(r"/user\.slice/user-\d+\.slice/user@\d+\.service", path):
                if users.get("managedoomswap") == "kill":
                    swap.append(path)
                if users.get("managedoommemorypressure") == "kill":
                    pressure.append((path, _share(users.get("managedoommemorypressurelimit"), limit)))
        return OomdRules(
            tuple(swap),
            tuple(pressure),
            _share(manager.get("swapusedlimit"), 0.90),
            _seconds(manager.get("defaultmemorypressuredurationsec"), 30.0),
        )

    def _unit(self, unit: str) -> dict[str, str]:
        """The resource control keys of a unit and its drop-ins, later ones stronger."""
        section = "Slice" if unit.endswith(".slice") else "Service"
        files = [f"{folder}/{unit}" for folder in _UNIT_FOLDERS]
        return self._section(files, tuple(f"{folder}/{unit}.d" for folder in _UNIT_FOLDERS), section)

    def _section(self, files: Sequence[str], folders: Sequence[str], section: str) -> dict[str, str]:
        from configparser import ConfigParser, Error

        drop_ins = sorted((path for folder in folders for path in self._conf_files(folder)), key=os.path.basename)
        found: dict[str, str] = {}
        for path in [*files, *drop_ins]:
            parser = ConfigParser(strict=False, interpolation=None, comment_prefixes=("#", ";"), allow_no_value=True)
            try:
                parser.read_string(self._text(path))
            except (OSError, Error):
                continue
            if parser.has_section(section):
                found |= {key: (value or "").strip() for key, value in parser.items(section)}
        return found

    def _conf_files(self, folder: str) -> list[str]:
        try:
            return [f"{folder}/{name}" for name in os.listdir(os.path.join(self._root, folder)) if name.endswith(".conf")]
        except OSError:
            return []

    def _text(self, path: str) -> str:
        """A file below the root.  Raises OSError."""
        with open(os.path.join(self._root, path), "rb") as file:
            return file.read().decode("utf-8", "replace")

    def _nohang(self) -> PercentRules:
        text = ""
        for name in ("nohang.conf", "nohang-desktop.conf"):
            try:
                text = self._text(f"etc/nohang/{name}")
                break
            except OSError:
                continue
        memory = re.search(r"^soft_threshold_min_mem\s*=\s*([\d.]+)\s*%", text, re.MULTILINE)
        swap = re.search(r"^soft_threshold_min_swap\s*=\s*([\d.]+)\s*%", text, re.MULTILINE)
        return PercentRules(
            "nohang", memory=float(memory[1]) / 100 if memory else 0.05, swap=float(swap[1]) / 100 if swap else 0.10
        )


def earlyoom_rules(arguments: Sequence[str]) -> PercentRules:
    """The rules of earlyoom by its command line; what is not given is its default.  Source: earlyoom(1)."""
    given = _earlyoom_options(arguments)
    memory_bytes, swap_bytes = _kib(given.get("-M")), _kib(given.get("-S"))
    # Beside a limit in bytes the default share is not in force.
    return PercentRules(
        "earlyoom",
        memory=_first_share(given.get("-m"), 0.10 if memory_bytes is None else 1.0),
        swap=_first_share(given.get("-s"), 0.10 if swap_bytes is None else 1.0),
        prefer=given.get("--prefer"),
        avoid=given.get("--avoid"),
        ignore=given.get("--ignore"),
        memory_bytes=memory_bytes,
        swap_bytes=swap_bytes,
    )


def _earlyoom_options(arguments: Sequence[str]) -> dict[str, str]:
    """The values of the options that say when and whom; the last of each counts."""
    given: dict[str, str] = {}
    values = iter(arguments[1:])
    for argument in values:
        option, _, attached = argument.partition("=")
        if option in _EARLYOOM_OPTIONS:
            given[option] = attached or next(values, "")
        elif argument[:2] in _EARLYOOM_LIMITS:
            given[argument[:2]] = argument[2:] or next(values, "")
    return given


def _first_share(text: str | None, otherwise: float) -> float:
    """The first of "10,5" in per cent: that of the gentler signal."""
    return otherwise if text is None else _share(text.split(",")[0] + "%", 0.10)


def _kib(text: str | None) -> int | None:
    size = (text or "").split(",")[0]
    return int(size[:18]) * 1024 if size.isascii() and size.isdecimal() else None


def _share(text: str | None, otherwise: float) -> float:
    """A fraction from "60%" or from per mille or per myriad marks."""
    found = re.fullmatch(r"\s*([\d.]+)\s*([%‰‱])\s*", text or "")
    if not found:
        return otherwise
    try:
        return float(found[1]) / {"%": 100, "‰": 1000, "‱": 10000}[found[2]]
    except ValueError:
        return otherwise


def _seconds(text: str | None, otherwise: float) -> float:
    found = re.fullmatch(r"\s*(\d+)\s*(ms|s|min|m|)\s*", text or "")
    return int(found[1]) * _MULTIPLES[found[2]] if found else otherwise
