"""What goes to stdout: JSON alone, or tables and sentences for a terminal.  Always UTF-8; colours only on a terminal."""

import io
import json
import os
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NoReturn, TextIO

from guardian.cli.failure import CommandFailed
from guardian.protocol.i18n import _

if TYPE_CHECKING:
    from rich.console import Console

SCHEMA = 1
# A pipe has no width; wide enough that no column is cut.
_PIPE_WIDTH = 200


def use_utf8() -> None:
    """Make stdout and stderr carry UTF-8, whatever the locale says."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def opened_stdout() -> TextIO:
    """The standard output.  Raises CommandFailed where it was closed before the start."""
    # The interpreter sets None there when descriptor 1 is closed; the stubs do not say so.
    stream: TextIO | None = sys.stdout
    if stream is None:
        raise CommandFailed(_("Nothing printed: standard output is closed. Send it to a file or a terminal"))
    return stream


def json_line(value: Mapping[str, Any]) -> str:
    """A JSON object on one line, with `"schema": 1` first."""
    return json.dumps({"schema": SCHEMA, **value}, ensure_ascii=False, allow_nan=False, separators=(", ", ": "))


def write_json(value: Mapping[str, Any]) -> None:
    """Print one JSON object, alone on its line."""
    out = opened_stdout()
    out.write(json_line(value) + "\n")
    out.flush()


def write_line(text: str = "") -> None:
    """Print one plain line."""
    opened_stdout().write(text + "\n")


def warn(text: str) -> None:
    """Say something on stderr, in one line."""
    if sys.stderr is not None:
        sys.stderr.write(text + "\n")
        sys.stderr.flush()


def make_console() -> "Console":
    """A terminal to print tables on: no colours in pipes or under NO_COLOR, no markup read from names."""
    from rich.console import Console

    class Terminal(Console):
        """A console that leaves a closed pipe to the program's entry, as every other output does."""

        def on_broken_pipe(self) -> NoReturn:
            raise BrokenPipeError

    out = opened_stdout()
    width = None if out.isatty() or os.environ.get("COLUMNS") else _PIPE_WIDTH
    return Terminal(file=out, width=width, markup=False, highlight=False, emoji=False, soft_wrap=False)
