"""Columns: which there are, and which step back first."""

import pytest

from guardian.fields import BY_NAME, COLUMNS
from guardian.ui.columns import SPARED_FIRST, chosen_columns, default_columns, fitting_columns, head_lines, head_name, least_width

WIDTHS = {field.name: float(field.width) for field in COLUMNS}


def test_the_usual_columns_are_those_of_the_look() -> None:
    assert default_columns() == (
        "rank", "name", "pid", "user", "points_bar", "points", "memory", "oom_score_adj", "score", "growth",
        "oomd_swap_rank", "oomd_pressure_rank", "ends",
    )  # fmt: skip


def test_the_programs_name_is_always_there_and_unknown_names_never() -> None:
    assert [field.name for field in chosen_columns(("pid", "nonsense", "unit"))] == ["name", "pid", "unit"]


@pytest.mark.parametrize("missing", range(len(SPARED_FIRST) + 1))
def test_what_can_be_spared_goes_first_and_in_order(missing: int) -> None:
    fields = chosen_columns(default_columns())
    least = {field.name: WIDTHS[field.name] for field in fields}
    room = sum(least.values()) - sum(least[name] for name in SPARED_FIRST[:missing])
    left_out = set(default_columns()) - set(fitting_columns(fields, room, least))
    assert left_out == set(SPARED_FIRST[:missing])
    assert set(default_columns()) - set(fitting_columns(fields, 10, least)) == set(SPARED_FIRST)


def test_only_name_and_bar_may_shrink() -> None:
    assert least_width(BY_NAME["points"], 64) == 64
    assert least_width(BY_NAME["name"], 400) < 400
    assert least_width(BY_NAME["points_bar"], 50) == 50


def test_heads_have_two_lines_and_one_name() -> None:
    assert head_lines(BY_NAME["memory"]) == ("Memory", "GiB")
    assert head_name(BY_NAME["memory"]) == "Memory, GiB"
    assert head_lines(BY_NAME["pid"]) == ("PID", "")
