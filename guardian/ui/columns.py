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
_LEAST_WIDTHS = {NAME: 118, BAR: 142}


def default_columns() -> tuple[str, ...]:
    """Names of the columns that are there until somebody chooses others."""
    return tuple(field.name for field in COLUMNS if not field.hidden)


def chosen_columns(names: Sequence[str]) -> tuple[Field, ...]:
    """The fields of these names in the table's own order; unknown names are left out, the program's name never is."""
    wanted = _ALWAYS.union(names)
    return tuple(field for field in COLUMNS if field.name in wanted)


def fitting_columns(names: Sequence[str], room: float, widths: Mapping[str, float], scale: float = 1.0) -> tuple[str, ...]:
    """Those of the chosen columns that fit into `room` pixels, without first what can be spared.

    `widths` are the columns' own by name, `scale` the size of the text over that of the tokens.  What is not on the list of
    spared ones always stays.
    """
    fields = chosen_columns(names)
    least = {field.name: least_width(field, widths[field.name], scale) for field in fields}
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
    return min(width, _LEAST_WIDTHS.get(field.name, width / scale) * scale)


def head_lines(field: Field) -> tuple[str, str]:
    """Both lines of a column's head, translated; the second is empty where there is none."""
    return _(field.title), _(field.unit) if field.unit else ""


def head_name(field: Field) -> str:
    """The head as one text, as a screen reader says it and a copied table shows it: "Memory, GiB"."""
    return ", ".join(line for line in head_lines(field) if line)
