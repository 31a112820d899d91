"""Which columns the table of processes has, in which order, and what goes first when there is no room."""

from collections.abc import Mapping, Sequence

from guardian.fields import COLUMNS, Field
from guardian.protocol.i18n import _

NAME, BAR, RANK, PID = "name", "points_bar", "rank", "pid"
DEFAULT_SORT = "points"

# Left out, in this order, while the table is too narrow for all that were chosen.
SPARED_FIRST = ("oomd_swap_rank", "oomd_pressure_rank", "user", "score")
_ALWAYS = frozenset({NAME})
# What still reads well in less than its usual width, and how wide it must be.
_LEAST_WIDTHS = {NAME: 118, BAR: 96}


def default_columns() -> tuple[str, ...]:
    """Names of the columns that are there until somebody chooses others."""
    return tuple(field.name for field in COLUMNS if not field.hidden)


def chosen_columns(names: Sequence[str]) -> tuple[Field, ...]:
    """The fields of these names in the table's own order; unknown names are left out, the program's name never is."""
    wanted = _ALWAYS.union(names)
    return tuple(field for field in COLUMNS if field.name in wanted)


def fitting_columns(fields: Sequence[Field], room: float, least: Mapping[str, float]) -> tuple[str, ...]:
    """Names of those columns that fit into `room` pixels, without first what can be spared.

    `least` is by name how narrow each may become.  What is not on the list of spared ones always stays.
    """
    needed = sum(least.values())
    left_out = set()
    for name in SPARED_FIRST:
        if needed <= room:
            break
        if name in least:
            left_out.add(name)
            needed -= least[name]
    return tuple(field.name for field in fields if field.name not in left_out)


def least_width(field: Field, width: float, scale: float = 1.0) -> float:
    """How narrow a column of that usual width may become before others have to go."""
    least = _LEAST_WIDTHS.get(field.name)
    return width if least is None else min(width, least * scale)


def head_lines(field: Field) -> tuple[str, str]:
    """Both lines of a column's head, translated; the second is empty where there is none."""
    return _(field.title), _(field.unit) if field.unit else ""


def head_name(field: Field) -> str:
    """The head as one text, as a screen reader says it and a copied table shows it: "Memory, GiB"."""
    return ", ".join(line for line in head_lines(field) if line)
