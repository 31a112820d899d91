"""The machines in sight as a file: CSV of what the table says, or JSON by name."""

import csv
import io
import json
from pathlib import Path

from guardian.model.verdict import State
from guardian.policy.fleet import Machine, MachinePage
from guardian.policy.fleet_words import machine_json
from guardian.ui.export import guarded

_NUMBERS = ("room", "memory", "swap", "swap_free", "pressure", "heard")


def fleet_as_csv(page: MachinePage) -> str:
    """A line a machine with a line of names above: bytes, shares and seconds since the epoch."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["rank", "machine", "instance", "state", *_NUMBERS, "earliest", "latest", "next", "ends", "last_kill"])
    for rank, machine in enumerate(page.machines, start=page.before + 1):
        writer.writerow([rank, *(guarded(value) for value in _values(machine))])
    return text.getvalue()


def _values(machine: Machine) -> list[str | int | float | None]:
    left, one, kill = machine.forecast, machine.next_of_kernel, machine.last_kill
    return [
        machine.name,
        machine.instance,
        machine.state.value,
        *(getattr(machine, name) for name in _NUMBERS),
        left[0] if left else None,
        left[2] if left else None,
        one.name if one else None,
        one.processes if one else None,
        kill.time if kill else None,
    ]


def fleet_as_json(page: MachinePage, server: str) -> str:
    """The page as `guardian fleet --json` writes it."""
    whole = {
        "schema": 1,
        "time": page.asked,
        "server": server,
        "counts": {state.value: page.counts.get(state, 0) for state in State},
        "found": page.found,
        "machines": [machine_json(machine, rank) for rank, machine in enumerate(page.machines, start=page.before + 1)],
    }
    return json.dumps(whole, ensure_ascii=False, indent=1)


def write_fleet(path: Path, page: MachinePage, server: str) -> None:
    """Write a page, as JSON where the file's name ends so, else as CSV.  Raises OSError."""
    text = fleet_as_json(page, server) + "\n" if path.suffix.lower() == ".json" else fleet_as_csv(page)
    path.write_text(text, encoding="utf-8", errors="replace", newline="")
