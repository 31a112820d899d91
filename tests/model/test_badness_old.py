"""The products of 2.4 and of 2.6 before the rewrite, computed by hand."""

import pytest

from guardian.kernel.process import Process, ProcessKey
from guardian.model.badness import badness
from guardian.model.badness_old import OldKernel, badness_24, badness_26
from guardian.model.domain import OomDomain
from guardian.model.era import Era
from tests.model.conftest import process_of

VM = 100_000
ADMIN, RAWIO, RESOURCE = 1 << 21, 1 << 17, 1 << 24
USED = 102_400  # ticks of CPU time: 100 of the formula's units


def aged(lived: int, cpu: int = USED, now: int = 1 << 40, **more: object) -> Process:
    """A process of 100 000 virtual pages that has lived so many ticks of 10 ms."""
    process = process_of(100, 5, vm_size=VM * 4096, cpu_ticks=cpu, **more)
    return process._replace(key=ProcessKey(100, now - lived))


@pytest.mark.parametrize(
    "more,points",
    [
        # 100 000 / 9 = 11 111, / 3 = 3703: the rough roots of 100 units of CPU and of 256 of life, twice.
        ({}, 3703),
        ({"nice": 5}, 7406),
        ({"nice": -5}, 3703),
        ({"uid": 0}, 925),
        ({"cap_effective": ADMIN}, 925),
        ({"cap_effective": RAWIO}, 925),
        ({"nice": 1, "cap_effective": ADMIN | RAWIO}, 462),
        ({"uid": 0, "cap_effective": None}, 231),
    ],
)
def test_points_of_24(more: dict[str, object], points: int) -> None:
    assert badness_24(aged(256 << 17, **more), 4096, OldKernel(1 << 40)) == points


def test_a_newborn_of_24_keeps_all_its_points() -> None:
    assert badness_24(aged(0, cpu=0), 4096, OldKernel(1 << 40)) == VM


LIVED = 16 * 1024 * 100  # 16 units of 1024 s: the fourth root is 2


@pytest.mark.parametrize(
    "more,points",
    [
        ({}, 5000),
        ({"nice": 1}, 10_000),
        ({"uid": 0}, 1250),
        ({"cap_effective": ADMIN | RAWIO}, 312),
        ({"cap_effective": RESOURCE}, 5000),
        ({"oom_adj": 1}, 10_000),
        ({"oom_adj": 3}, 40_000),
        ({"oom_adj": -3}, 625),
        ({"oom_adj": -16}, 0),
        ({"mems_allowed": "1"}, 625),
        ({"mems_allowed": "0-1"}, 5000),
    ],
)
def test_points_of_2624(more: dict[str, object], points: int) -> None:
    assert badness_26(aged(LIVED, **more), (), 4096, OldKernel(1 << 40), mems="0") == points


@pytest.mark.parametrize("release,points", [((2, 6, 11), 6000), ((2, 6, 24), 5500)])
def test_children_count_whole_first_and_half_later(release: tuple[int, int, int], points: int) -> None:
    children = [process_of(200 + n, 5, vm_size=10_000 * 4096) for n in range(2)]
    assert badness_26(aged(LIVED), children, 4096, OldKernel(1 << 40, release=release)) == points


@pytest.mark.parametrize(
    "caps,uid,release,points",
    [
        (RESOURCE, 1000, (2, 6, 32), 1250),
        (0, 0, (2, 6, 32), 5000),
        (0, 0, (2, 6, 24), 1250),
    ],
)
def test_who_was_root_changed_in_2626(caps: int, uid: int, release: tuple[int, int, int], points: int) -> None:
    process = aged(LIVED, cap_effective=caps, uid=uid)
    assert badness_26(process, (), 4096, OldKernel(1 << 40, release=release)) == points


@pytest.mark.parametrize("release,points", [((2, 6, 11), 0), ((2, 6, 24), 4)])
def test_a_shift_of_nothing(release: tuple[int, int, int], points: int) -> None:
    process = aged(LIVED, oom_adj=2)._replace(vm_size=0)
    assert badness_26(process, (), 4096, OldKernel(1 << 40, release=release)) == points


def test_units_follow_the_tick_rate() -> None:
    # 102 400 ticks of user space are 1 024 000 jiffies of 1 ms: 125 units of 8192, root 11; life is counted in seconds.
    assert badness_26(aged(LIVED), (), 4096, OldKernel(1 << 40, hz=1000)) == 100_000 // 11 // 2


def test_who_is_never_chosen_and_that_init_once_was(million: OomDomain) -> None:
    old = OldKernel(1 << 40)
    init, protected = aged(LIVED)._replace(key=ProcessKey(1, 0), oom_score=None), aged(LIVED, oom_adj=-17)
    assert badness(init, million, Era.E2, old=old) is None
    assert badness(protected, million, Era.E2, old=old) is None
    assert badness(init, million, Era.E1, old=old) is not None
    assert badness(aged(LIVED, memory=None), million, Era.E1, old=old) is None


def test_without_an_uptime_the_old_formulas_say_so(million: OomDomain) -> None:
    with pytest.raises(ValueError, match="uptime"):
        badness(aged(LIVED), million, Era.E1)
