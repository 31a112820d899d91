"""The control groups that systemd-oomd had to choose from, as it writes them down before it ends one.

    Considered 19 cgroups for killing, top candidates were:
            Path: /system.slice/systemd-journald.service
                    Memory Pressure Limit: 80.00%
                    Pressure: Avg10: 85.03, Avg60: 20.10, Avg300: 4.02, Total: 3s
                    Current Memory Usage: 55.5M
                    Pgscan: 3025
                    Last Pgscan: 1821

By swap there is "Swap Usage: 1.2G" instead of the pressure.  The first is the first it tries.
Source: systemd of 249 to 262, oomd-util.c and oomd-manager.c, and its recorded logs.
"""

import re
from typing import NamedTuple

_HEADING = re.compile(r"Considered (\d{1,9}) cgroups? for killing")
_PATH = re.compile(r"Path: (/\S{0,4096}|\S{1,4096})$")
_SIZE = re.compile(r"(Swap Usage|Current Memory Usage): (\d{1,20}(?:\.\d{1,6})?)([BKMGTPE]?)$")
_PRESSURE = re.compile(r"Pressure: Avg10: (\d{1,3}(?:\.\d{1,6})?)")
_SCANNED = re.compile(r"(Last )?Pgscan: (\d{1,20})$")
_POWERS = {"": 0, "B": 0, "K": 10, "M": 20, "G": 30, "T": 40, "P": 50, "E": 60}
_MOST_ROWS = 64


class OomdRow(NamedTuple):
    """One group: bytes of memory and swap, stalled share of the last 10 s (0…1), pages scanned lately; None where not told."""

    path: str
    memory: int | None = None
    swap: int | None = None
    pressure: float | None = None
    scanned: int | None = None


class OomdTable:
    """Follows the lines of one such table.  `considered` is how many groups there were, of which it names the first."""

    def __init__(self) -> None:
        self.considered = 0
        self.rows: list[OomdRow] = []
        self._before = 0

    def feed(self, text: str) -> bool:
        """Whether the line is one of a table's."""
        text = text.strip()
        if found := _HEADING.match(text):
            self.considered, self.rows, self._before = int(found[1]), [], 0
            return True
        if not self.considered:
            return False
        if found := _PATH.match(text):
            if len(self.rows) < _MOST_ROWS:
                self.rows.append(OomdRow(found[1]))
            return True
        return bool(self.rows) and self._value(text)

    def _value(self, text: str) -> bool:
        row = self.rows[-1]
        if found := _SIZE.match(text):
            size = int(float(found[2]) * (1 << _POWERS[found[3]]))
            row = row._replace(swap=size) if found[1].startswith("Swap") else row._replace(memory=size)
        elif found := _PRESSURE.match(text):
            row = row._replace(pressure=float(found[1]) / 100)
        elif found := _SCANNED.match(text):
            # What it sorts by is what came since it looked before.
            self._before = self._before if found[1] else int(found[2])
            row = row._replace(scanned=max(0, self._before - int(found[2])) if found[1] else int(found[2]))
        else:
            return text.startswith(("Memory ", "Swap "))
        self.rows[-1] = row
        return True

    def take(self) -> tuple[tuple[OomdRow, ...], int]:
        """The table, and how many groups there were; another begins."""
        taken = tuple(self.rows), self.considered
        self.considered, self.rows, self._before = 0, [], 0
        return taken
