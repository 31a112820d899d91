"""The table as a file or on the clipboard: CSV and JSON of what is shown, tab-separated rows of the selection."""

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path

from guardian.fields import Field, Row, Value
from guardian.protocol.printable import encodable, printable
from guardian.ui.columns import BAR, PID

# A spreadsheet takes texts that begin so for formulas; a name of a program must not become one.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "'")
_GUARD = "'"


def exported_fields(fields: Sequence[Field]) -> list[Field]:
    """The columns that hold values of their own: all but the drawn bar."""
    return [field for field in fields if field.name != BAR]


def guarded(value: Value) -> str | int | float:
    """A value for a CSV cell: numbers as they are, texts on one line and with an apostrophe before what could be a formula."""
    if value is None:
        return ""
    if not isinstance(value, str):
        return value
    return f"{_GUARD}{printable(value)}" if value.startswith(_FORMULA) else printable(value)


def unguarded(text: str) -> str:
    """The text as it was before `guarded`."""
    return text[1:] if text.startswith(_GUARD) else text


def table_as_csv(rows: Sequence[Row], fields: Sequence[Field]) -> str:
    """All rows with a line of column names: bytes, bytes per second and seconds since the epoch, as in JSON."""
    wanted = exported_fields(fields)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([field.name for field in wanted])
    writer.writerows([[guarded(_value(field, row)) for field in wanted] for row in rows])
    return text.getvalue()


def table_as_json(rows: Sequence[Row], fields: Sequence[Field], time: float, release: str) -> str:
    """All rows as objects by column name, with the moment and the kernel they are from."""
    lines = [{field.name: _carried(_value(field, row)) for field in exported_fields(fields)} for row in rows]
    whole = {"schema": 1, "time": time, "kernel": {"release": release}, "processes": lines}
    return json.dumps(whole, ensure_ascii=False, indent=1)


def _value(field: Field, row: Row) -> Value:
    """The field's value; a group of processes has no PID."""
    return None if field.name == PID and row.key.pid == 0 else field.value(row)


def _carried(value: Value) -> Value:
    return encodable(value) if isinstance(value, str) else value


def rows_as_text(cells: Sequence[Sequence[str]]) -> str:
    """Rows for the clipboard: cells as shown, parted by tabs."""
    return "\n".join("\t".join(printable(cell) for cell in row) for row in cells)


def write_export(path: Path, rows: Sequence[Row], fields: Sequence[Field], time: float, release: str) -> None:
    """Write the rows into a file, as JSON where its name ends so, else as CSV.  Raises OSError."""
    as_json = path.suffix.lower() == ".json"
    text = table_as_json(rows, fields, time, release) + "\n" if as_json else table_as_csv(rows, fields)
    path.write_text(text, encoding="utf-8", errors="replace", newline="")
