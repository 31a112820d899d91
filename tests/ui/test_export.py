"""What is written can be read back, and no name of a program becomes a formula."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardian.fields import BY_NAME, COLUMNS, rows_of
from guardian.kernel.process import Process
from guardian.protocol.printable import printable
from guardian.sampling.snapshot import Snapshot
from guardian.ui.export import guarded, rows_as_text, table_as_csv, table_as_json, unguarded, write_export

HOSTILE = [
    '=HYPERLINK("http://x")',
    "+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(A1)",
    'a"b,c;d',
    "two\nlines\tx",
    "\u202egnp.exe",
    "'tick",
    "",
]
Make = Callable[..., Process]
SnapshotOf = Callable[..., Snapshot]


def test_csv_round_trip_with_hostile_names(make_process: Make, snapshot: SnapshotOf) -> None:
    shown = snapshot([make_process(pid, name, 100 * pid, adj=-pid) for pid, name in enumerate(HOSTILE, 2)])
    rows = rows_of(shown)
    lines = list(csv.DictReader(io.StringIO(table_as_csv(rows, COLUMNS))))
    assert len(lines) == len(rows)
    for line, row in zip(lines, rows, strict=True):
        assert unguarded(line["name"]) == printable(row.victim.process.name)
        assert not line["name"].startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
        assert int(line["memory"]) == BY_NAME["memory"].value(row)
        assert int(line["oom_score_adj"]) == row.victim.process.oom_score_adj
        assert "\n" not in line["name"]
    assert "points_bar" not in lines[0]


@given(st.text(max_size=40))
def test_no_text_becomes_a_formula(text: str) -> None:
    shown = guarded(text)
    assert isinstance(shown, str)
    assert not shown.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
    assert unguarded(shown) == printable(text)


@pytest.mark.parametrize("value", [None, 0, -500, 2.5])
def test_numbers_stay_numbers(value: float | None) -> None:
    assert guarded(value) == ("" if value is None else value)


def test_json_round_trip(make_process: Make, snapshot: SnapshotOf) -> None:
    shown = snapshot([make_process(pid, name, 100 * pid) for pid, name in enumerate([*HOSTILE, "\udcff"], 2)])
    rows = rows_of(shown)
    text = table_as_json(rows, COLUMNS, 1.5, "6.12.9")
    read = json.loads(text.encode("utf-8"))
    assert (read["schema"], read["time"], read["kernel"]) == (1, 1.5, {"release": "6.12.9"})
    names = [row.victim.process.name for row in rows]
    assert [line["name"] for line in read["processes"]] == [name.replace("\udcff", "\ufffd") for name in names]
    assert [line["points"] for line in read["processes"]] == [BY_NAME["points"].value(row) for row in rows]


def test_the_suffix_chooses_the_format(make_process: Make, snapshot: SnapshotOf, tmp_path: Path) -> None:
    rows = rows_of(snapshot([make_process(2, "grün")]))
    write_export(tmp_path / "a.json", rows, COLUMNS, 0.0, "6.1")
    write_export(tmp_path / "a.csv", rows, COLUMNS, 0.0, "6.1")
    assert json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))["processes"][0]["name"] == "grün"
    assert (tmp_path / "a.csv").read_text(encoding="utf-8").splitlines()[0].startswith("rank,name,pid")


def test_copied_rows_keep_their_columns() -> None:
    assert rows_as_text([["1", "two\twords", "a\nb"], ["2", "x", "y"]]) == "1\ttwo\\twords\ta\\nb\n2\tx\ty"
