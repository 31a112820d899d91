"""Which mappings of a process grew between two looks."""

from guardian.kernel.smaps import Mapping
from guardian.model.mapping_growth import ANONYMOUS, compare_mappings

MIB = 1 << 20


def mapping(name: str, private: int, start: int = 0, swap: int = 0) -> Mapping:
    return Mapping(start, start + 4096, "rw-p", name, private, private, private, swap)


def test_growth_is_told_by_kind_of_memory() -> None:
    before = [mapping("[heap]", 10 * MIB), mapping("", 5 * MIB), mapping("/lib/a.so", MIB)]
    # The kernel has split one anonymous mapping in two, and another came.
    now = [mapping("[heap]", 12 * MIB, swap=MIB), mapping("", 3 * MIB), mapping("", 2 * MIB, 1), mapping("", 4 * MIB, 2)]
    look = compare_mappings([*before], [*now, mapping("/lib/a.so", MIB - 100)], 10.0)
    assert [(row.name, row.mappings, row.held, row.grown) for row in look.growing] == [
        (ANONYMOUS, 3, 9 * MIB, 4 * MIB),
        ("[heap]", 1, 13 * MIB, 3 * MIB),
    ]
    assert look.rest == -100
    assert look.grown == 7 * MIB - 100
    assert look.before.uss == 16 * MIB


def test_what_is_gone_counts_against_and_the_breathing_of_small_ones_is_left_out() -> None:
    look = compare_mappings([mapping("/tmp/x", 8 * MIB)], [mapping("[heap]", 1000)], 1.0)
    assert look.growing == ()
    assert look.grown == look.rest == 1000 - 8 * MIB


def test_a_process_without_memory() -> None:
    assert compare_mappings([], [], 1.0).grown == 0
